// SPDX-License-Identifier: GPL-2.0
/*
 * The table of sites and their counts. It is built while the module loads and
 * taken down after everything is disarmed, so readers need no lock.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat.h"
#include "irqsan.h"

static LIST_HEAD(sites);

/**
 * struct find_ctx - what the scanner's callback needs
 * @kind: of the sites to add
 * @start: address of the scanned bytes
 * @found: how many sites there were
 */
struct find_ctx {
	enum irqsan_kind kind;
	unsigned long start;
	int found;
};

/**
 * irqsan_site_new() - add a site to the table
 * @kind: what is checked there
 * @addr: its address
 *
 * The site is not armed. May sleep.
 *
 * Return: the site; NULL without memory.
 */
struct irqsan_site *irqsan_site_new(enum irqsan_kind kind, unsigned long addr)
{
	struct irqsan_site *site = kzalloc(sizeof(*site), GFP_KERNEL);

	if (!site)
		return NULL;
	site->count = alloc_percpu(struct irqsan_count);
	if (!site->count) {
		kfree(site);
		return NULL;
	}
	site->kind = kind;
	site->addr = addr;
	memcpy(site->code, (void *)addr, sizeof(site->code));
	list_add_tail(&site->node, &sites);
	return site;
}

static int add_found(void *data, const struct irqsan_found *found)
{
	struct find_ctx *ctx = data;
	struct irqsan_site *site;

	site = irqsan_site_new(ctx->kind, ctx->start + found->offset);
	if (!site)
		return -ENOMEM;
	site->saved = found->saved;
	site->reg = found->reg;
	ctx->found++;
	return 0;
}

/**
 * irqsan_sites_of() - add every restore in a range of text
 * @kind: KIND_RESTORE or KIND_CONTROL
 * @start: first byte
 * @len: bytes
 *
 * Call it before anything in the range is armed: a breakpoint hides the
 * instruction under it. May sleep.
 *
 * Return: how many were found, or -ENOMEM.
 */
int irqsan_sites_of(enum irqsan_kind kind, unsigned long start, unsigned long len)
{
	struct find_ctx ctx = { .kind = kind, .start = start };
	int rc;

	rc = irqsan_scan((const u8 *)start, len, IRQSAN_SHAPE, add_found, &ctx);
	return rc ?: ctx.found;
}

/**
 * irqsan_site_sum() - add up a site's counts of all CPUs
 * @site: the site
 * @sum: the sums
 *
 * Counts of CPUs that are counting meanwhile may be in it or not.
 */
void irqsan_site_sum(const struct irqsan_site *site, struct irqsan_count *sum)
{
	unsigned int cpu;

	*sum = (struct irqsan_count){ 0 };
	for_each_possible_cpu(cpu) {
		const struct irqsan_count *count = per_cpu_ptr(site->count, cpu);

		sum->hits += READ_ONCE(count->hits);
		sum->violations += READ_ONCE(count->violations);
	}
}

/**
 * irqsan_sites_total() - counts of all sites but the planted one
 *
 * Return: the sums.
 */
struct irqsan_count irqsan_sites_total(void)
{
	struct irqsan_count total = { 0 }, sum;
	struct irqsan_site *site;

	list_for_each_entry(site, &sites, node) {
		if (site->kind == KIND_CONTROL)
			continue;
		irqsan_site_sum(site, &sum);
		total.hits += sum.hits;
		total.violations += sum.violations;
	}
	return total;
}

/**
 * irqsan_sites_nmissed() - hits that the kprobe layer had to drop
 *
 * A probe that is hit inside another probe's handler isn't run, only counted.
 *
 * Return: their sum over all sites.
 */
u64 irqsan_sites_nmissed(void)
{
	struct irqsan_site *site;
	u64 sum = 0;

	list_for_each_entry(site, &sites, node)
		sum += site->kp.nmissed;
	return sum;
}

/**
 * irqsan_sites_armed() - how many restore sites are armed
 *
 * Return: their number, the planted one not counted.
 */
unsigned int irqsan_sites_armed(void)
{
	struct irqsan_site *site;
	unsigned int armed = 0;

	list_for_each_entry(site, &sites, node)
		armed += site->kind == KIND_RESTORE && site->armed;
	return armed;
}

/**
 * irqsan_arm_all() - arm every restore site that isn't yet
 *
 * A site that can't be armed stays in the table, unarmed, and the log says
 * why. May sleep.
 *
 * Return: 0, or the last error.
 */
int irqsan_arm_all(void)
{
	struct irqsan_site *site;
	int rc, last = 0;

	list_for_each_entry(site, &sites, node) {
		if (site->kind == KIND_BALANCE || site->armed)
			continue;
		rc = irqsan_arm(site, irqsan_site_hit);
		if (rc) {
			pr_warn("%pS: can't be probed (%d)\n", (void *)site->addr, rc);
			last = rc;
		}
	}
	return last;
}

/**
 * irqsan_disarm_all() - disarm every site
 *
 * On return no handler runs any more. May sleep.
 */
void irqsan_disarm_all(void)
{
	struct irqsan_site *site;

	list_for_each_entry(site, &sites, node) {
		if (!site->armed)
			continue;
		unregister_kprobe(&site->kp);
		site->armed = false;
	}
}

/**
 * irqsan_sites_free() - empty the table
 *
 * Everything must be disarmed and the record ring stopped. May sleep.
 */
void irqsan_sites_free(void)
{
	struct irqsan_site *site, *next;

	list_for_each_entry_safe(site, next, &sites, node) {
		list_del(&site->node);
		free_percpu(site->count);
		kfree(site);
	}
}

/**
 * irqsan_sites_show() - the "sites" file
 * @m: where to
 * @unused: nothing
 *
 * Return: 0.
 */
int irqsan_sites_show(struct seq_file *m, void *unused)
{
	static const char * const kinds[] = {
		[KIND_RESTORE] = "restore",
		[KIND_CONTROL] = "control",
		[KIND_BALANCE] = "balance",
	};
	struct irqsan_site *site;
	struct irqsan_count sum;

	seq_puts(m, "# site kind engine hits violations nmissed\n");
	list_for_each_entry(site, &sites, node) {
		char symbol[KSYM_SYMBOL_LEN];

		sprint_symbol(symbol, site->addr);
		irqsan_site_sum(site, &sum);
		/* Without the size and the module: one word. */
		seq_printf(m, "%.*s %s %s %llu %llu %lu\n", (int)strcspn(symbol, "/ "), symbol,
			   kinds[site->kind],
			   site->armed ? "kprobe" : "none",
			   sum.hits, sum.violations, site->kp.nmissed);
	}
	return 0;
}
