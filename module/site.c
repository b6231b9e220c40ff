// SPDX-License-Identifier: GPL-2.0
/*
 * The table of sites and their counts. Changed under a mutex, by load and
 * unload, by the module notifier and by writes to the "sites" file; the hot
 * path has its site already and never looks here.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat.h"
#include "irqsan.h"

static LIST_HEAD(sites);
static DEFINE_MUTEX(sites_lock);

static const char * const kind_names[] = {
	[KIND_RESTORE] = "restore",
	[KIND_CONTROL] = "control",
	[KIND_BALANCE] = "balance",
	[KIND_ENABLE] = "enable",
	[KIND_HOOK] = "hook",
};

static const char * const state_names[] = {
	[SITE_NEW] = "new",
	[SITE_DENIED] = "denied",
	[SITE_REFUSED] = "refused",
	[SITE_NO_INSN] = "no-insn",
	[SITE_FAILED] = "failed",
};

/**
 * struct find_ctx - what the scanner's callbacks need
 * @kind: of the restores to add
 * @text: what is scanned
 * @mod: the module that it belongs to, or NULL
 * @init: its init text
 * @found: how many restores there were
 */
struct find_ctx {
	enum irqsan_kind kind;
	const struct irqsan_range *text;
	const struct module *mod;
	bool init;
	int found;
};

static struct irqsan_site *site_alloc(enum irqsan_kind kind, unsigned long addr)
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
	site->handler = kind == KIND_ENABLE ? irqsan_enable_hit : irqsan_site_hit;
	if (addr)
		memcpy(site->code, (void *)addr, sizeof(site->code));
	list_add_tail(&site->node, &sites);
	return site;
}

static struct irqsan_site *site_at(unsigned long addr)
{
	struct irqsan_site *site;

	list_for_each_entry(site, &sites, node) {
		if (site->addr == addr)
			return site;
	}
	return NULL;
}

static int add_restore(void *data, const struct irqsan_found *found)
{
	struct find_ctx *ctx = data;
	struct irqsan_site *site;

	site = site_alloc(ctx->kind, ctx->text->start + found->offset);
	if (!site)
		return -ENOMEM;
	site->enable = ctx->text->start + found->enable;
	site->saved = found->saved;
	site->reg = found->reg;
	site->mod = ctx->mod;
	site->init = ctx->init;
	ctx->found++;
	return 0;
}

static int add_enable(void *data, size_t offset)
{
	struct find_ctx *ctx = data;
	struct irqsan_site *site;
	unsigned long addr = ctx->text->start + offset;

	/* The sti of a restore is no news: the restore's own check comes first. */
	list_for_each_entry(site, &sites, node) {
		if (site->enable == addr)
			return 0;
	}
	site = site_alloc(KIND_ENABLE, addr);
	if (!site)
		return -ENOMEM;
	site->mod = ctx->mod;
	site->init = ctx->init;
	return 0;
}

static void arm_new(void)
{
	struct irqsan_site *site;

	list_for_each_entry(site, &sites, node) {
		if (site->state != SITE_NEW)
			continue;
		irqsan_arm(site);
		/* Each one stops all CPUs for a moment: let others run between. */
		cond_resched();
	}
}

static bool is_scanned(const struct module *mod, bool init)
{
	struct irqsan_site *site;

	list_for_each_entry(site, &sites, node) {
		if (site->kind == KIND_RESTORE && site->mod == mod && site->init == init)
			return true;
	}
	return false;
}

/**
 * irqsan_sites_of() - find and arm every site in a range of text
 * @kind: KIND_RESTORE or KIND_CONTROL
 * @text: where to look
 * @mod: the module that it belongs to; NULL for the kernel
 * @init: it is a module's init text
 *
 * With track=1 also what turns IRQs on there. A site that can't be armed stays
 * in the table with the reason. A module that has been searched already is left
 * alone. Sleeps.
 *
 * Return: how many restores were found, or -ENOMEM.
 */
int irqsan_sites_of(enum irqsan_kind kind, const struct irqsan_range *text,
		    const struct module *mod, bool init)
{
	struct find_ctx ctx = { .kind = kind, .text = text, .mod = mod, .init = init };
	struct irqsan_style style = irqsan_text_style(text->start);
	int rc = 0;

	mutex_lock(&sites_lock);
	/* A module may come while those that are loaded are being walked. */
	if (mod && is_scanned(mod, init))
		goto out;
	/* All of it before anything is armed: a breakpoint hides the instruction. */
	rc = irqsan_scan((const u8 *)text->start, text->len, &style, add_restore, &ctx);
	if (!rc && irqsan_track && kind == KIND_RESTORE)
		rc = irqsan_scan_enables((const u8 *)text->start, text->len, add_enable, &ctx);
	if (!rc)
		arm_new();
out:
	mutex_unlock(&sites_lock);
	return rc ?: ctx.found;
}

/**
 * irqsan_site_new() - add and arm one site
 * @kind: what is checked there
 * @addr: its address
 * @mod: the module it lies in; NULL for the kernel
 * @handler: runs when a CPU reaches it
 *
 * Sleeps.
 *
 * Return: the site, armed; NULL without memory or where it can't be armed.
 */
struct irqsan_site *irqsan_site_new(enum irqsan_kind kind, unsigned long addr,
				    const struct module *mod, kprobe_pre_handler_t handler)
{
	struct irqsan_site *site;

	mutex_lock(&sites_lock);
	site = site_alloc(kind, addr);
	if (site) {
		site->mod = mod;
		site->handler = handler;
		irqsan_arm(site);
	}
	mutex_unlock(&sites_lock);
	return site && site->state == SITE_ARMED ? site : NULL;
}

/**
 * irqsan_site_reserve() - add a site whose address is to be found out
 *
 * Whoever sets the address need not hold a lock (hooks.c). Sleeps.
 *
 * Return: the site, or NULL without memory.
 */
struct irqsan_site *irqsan_site_reserve(void)
{
	struct irqsan_site *site;

	mutex_lock(&sites_lock);
	site = site_alloc(KIND_RESTORE, 0);
	if (site)
		site->hooked = true;
	mutex_unlock(&sites_lock);
	return site;
}

/* Disarms and frees the @nr sites at @drop, which are off the list already. */
static void drop(struct irqsan_site **drop, unsigned int nr)
{
	unsigned int i;

	irqsan_disarm(drop, nr);
	/* No handler runs any more; a record may still point here. */
	irqsan_record_flush();
	for (i = 0; i < nr; i++) {
		free_percpu(drop[i]->count);
		kfree(drop[i]);
	}
}

static bool always(const struct irqsan_site *site, const void *unused)
{
	return true;
}

static void drop_if(bool (*match)(const struct irqsan_site *site, const void *arg),
		    const void *arg)
{
	struct irqsan_site *site, *next, **batch;
	unsigned int nr, max = 0;

	mutex_lock(&sites_lock);
	list_for_each_entry(site, &sites, node)
		max += match(site, arg);
	/* Without memory for all of them at once: one at a time. */
	batch = max ? kvmalloc_array(max, sizeof(*batch), GFP_KERNEL) : NULL;
	nr = 0;
	list_for_each_entry_safe(site, next, &sites, node) {
		if (!match(site, arg))
			continue;
		list_del(&site->node);
		if (batch)
			batch[nr++] = site;
		else
			drop(&site, 1);
	}
	if (nr)
		drop(batch, nr);
	kvfree(batch);
	mutex_unlock(&sites_lock);
}

static bool in_module(const struct irqsan_site *site, const void *mod)
{
	return site->mod == mod;
}

static bool in_module_init(const struct irqsan_site *site, const void *mod)
{
	return site->mod == mod && site->init;
}

/**
 * irqsan_sites_drop() - forget the sites of a module that goes
 * @mod: the module
 * @init_only: only its init text goes
 *
 * Sleeps.
 */
void irqsan_sites_drop(const struct module *mod, bool init_only)
{
	drop_if(init_only ? in_module_init : in_module, mod);
}

/**
 * irqsan_sites_drop_all() - disarm everything and empty the table
 *
 * Sleeps.
 */
void irqsan_sites_drop_all(void)
{
	drop_if(always, NULL);
}

/**
 * irqsan_sites_original_locked() - irqsan_sites_original() for who arms a site
 * @text: the text
 *
 * Under the lock of the table, as irqsan_arm() is. May sleep.
 *
 * Return: the bytes, to be given to kvfree(); NULL without memory.
 */
u8 *irqsan_sites_original_locked(const struct irqsan_range *text)
{
	u8 *copy = kvmalloc(text->len, GFP_KERNEL);
	struct irqsan_site *site;

	if (!copy)
		return NULL;
	memcpy(copy, (void *)text->start, text->len);
	list_for_each_entry(site, &sites, node) {
		unsigned long at = site->addr - text->start;

		if (at < text->len)
			memcpy(copy + at, site->code,
			       min_t(unsigned long, text->len - at, sizeof(site->code)));
	}
	return copy;
}

/**
 * irqsan_sites_original() - a copy of some text without our breakpoints
 * @text: the text
 *
 * Sleeps.
 *
 * Return: the bytes, to be given to kvfree(); NULL without memory.
 */
u8 *irqsan_sites_original(const struct irqsan_range *text)
{
	u8 *copy;

	mutex_lock(&sites_lock);
	copy = irqsan_sites_original_locked(text);
	mutex_unlock(&sites_lock);
	return copy;
}

/**
 * struct pick_ctx - looks for one address among the sites of a function
 * @addr: the address
 * @start: of the function
 * @site: gets what the scanner knows of it
 */
struct pick_ctx {
	unsigned long addr;
	unsigned long start;
	struct irqsan_site *site;
};

static int pick(void *data, const struct irqsan_found *found)
{
	struct pick_ctx *ctx = data;

	if (ctx->start + found->offset != ctx->addr)
		return 0;
	ctx->site->saved = found->saved;
	ctx->site->reg = found->reg;
	return 1;
}

/**
 * irqsan_sites_add() - add a restore by its address
 * @addr: where IRQs must be off
 *
 * For sites that the scanner missed and debug information knows. Sleeps.
 *
 * Return: 0; -EEXIST where there is one already; -EPERM for denied code;
 * -EOPNOTSUPP where the hooks watch everything; otherwise the kprobe layer's
 * error.
 */
int irqsan_sites_add(unsigned long addr)
{
	struct irqsan_range fn;
	struct irqsan_site *site;
	struct pick_ctx ctx = { .addr = addr };
	struct irqsan_style style;
	u8 *text;
	int rc;

	if (irqsan_hooks_active())
		return -EOPNOTSUPP;
	if (irqsan_text_around(addr, &fn))
		return -EINVAL;
	mutex_lock(&sites_lock);
	rc = -EEXIST;
	if (site_at(addr))
		goto out;
	rc = -ENOMEM;
	text = irqsan_sites_original_locked(&fn);
	site = text ? site_alloc(KIND_RESTORE, addr) : NULL;
	if (!site)
		goto out_text;
	site->saved = SAVED_UNKNOWN;
	ctx.start = fn.start;
	ctx.site = site;
	style = irqsan_text_style(fn.start);
	irqsan_scan(text, fn.len, &style, pick, &ctx);
	rc = irqsan_arm(site);
	if (rc) {
		list_del(&site->node);
		drop(&site, 1);
	}
out_text:
	kvfree(text);
out:
	mutex_unlock(&sites_lock);
	return rc;
}

/**
 * irqsan_sites_remove() - remove a restore by its address
 * @addr: its address
 *
 * Sleeps.
 *
 * Return: 0, or -ENOENT where there is none.
 */
int irqsan_sites_remove(unsigned long addr)
{
	struct irqsan_site *site;
	int rc = -ENOENT;

	mutex_lock(&sites_lock);
	site = site_at(addr);
	if (site && site->kind == KIND_RESTORE) {
		list_del(&site->node);
		drop(&site, 1);
		rc = 0;
	}
	mutex_unlock(&sites_lock);
	return rc;
}

/**
 * irqsan_sites_clear() - all counts to zero, every site may splat again
 *
 * A count that changes meanwhile may keep its value. Sleeps.
 */
void irqsan_sites_clear(void)
{
	struct irqsan_site *site;
	unsigned int cpu;

	mutex_lock(&sites_lock);
	list_for_each_entry(site, &sites, node) {
		for_each_possible_cpu(cpu)
			*per_cpu_ptr(site->count, cpu) = (struct irqsan_count){ 0 };
		site->kp.nmissed = 0;
		WRITE_ONCE(site->reported, false);
	}
	mutex_unlock(&sites_lock);
}

/**
 * irqsan_sites_armed_in() - is a restore armed in a range?
 * @text: the range
 * @found: set to the number of restores there, armed or not
 *
 * Sleeps.
 *
 * Return: true if one is.
 */
bool irqsan_sites_armed_in(const struct irqsan_range *text, unsigned int *found)
{
	struct irqsan_site *site;
	bool armed = false;

	*found = 0;
	mutex_lock(&sites_lock);
	list_for_each_entry(site, &sites, node) {
		if (site->kind != KIND_RESTORE || site->addr - text->start >= text->len)
			continue;
		armed |= site->state == SITE_ARMED;
		++*found;
	}
	mutex_unlock(&sites_lock);
	return armed;
}

/**
 * irqsan_sites_armed() - how many restores are armed
 *
 * Sleeps.
 *
 * Return: their number, the planted one not counted.
 */
unsigned int irqsan_sites_armed(void)
{
	struct irqsan_site *site;
	unsigned int armed = 0;

	mutex_lock(&sites_lock);
	list_for_each_entry(site, &sites, node)
		armed += site->kind == KIND_RESTORE && site->state == SITE_ARMED;
	mutex_unlock(&sites_lock);
	return armed;
}

/**
 * irqsan_sites_error() - is every site of a kind armed?
 * @kind: the kind
 *
 * Sleeps.
 *
 * Return: 0, or the error of one that isn't.
 */
int irqsan_sites_error(enum irqsan_kind kind)
{
	struct irqsan_site *site;
	int rc = 0;

	mutex_lock(&sites_lock);
	list_for_each_entry(site, &sites, node) {
		if (site->kind == kind && site->state != SITE_ARMED)
			rc = site->error;
	}
	mutex_unlock(&sites_lock);
	return rc;
}

static struct irqsan_count sum_counts(const struct irqsan_site *site)
{
	struct irqsan_count sum = { 0 };
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		const struct irqsan_count *count = per_cpu_ptr(site->count, cpu);

		sum.hits += READ_ONCE(count->hits);
		sum.violations += READ_ONCE(count->violations);
	}
	return sum;
}

/* What checks a site, or why nothing does. */
static const char *engine_name(const struct irqsan_site *site)
{
	if (site->hooked)
		return "hook";
	if (site->state != SITE_ARMED)
		return state_names[site->state];
	return site->entry ? "direct" : "kprobe";
}

/* The address as one word: without the function's size and the module. */
static void show_addr(struct seq_file *m, unsigned long addr)
{
	char symbol[KSYM_SYMBOL_LEN];

	sprint_symbol(symbol, addr);
	seq_printf(m, "%.*s", (int)strcspn(symbol, "/ "), symbol);
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
	struct irqsan_site *site;

	seq_puts(m, "# site kind engine hits violations nmissed\n");
	mutex_lock(&sites_lock);
	list_for_each_entry(site, &sites, node) {
		struct irqsan_count sum = sum_counts(site);

		if (READ_ONCE(site->addr) <= IRQSAN_ADDR_GONE)
			continue;
		show_addr(m, site->addr);
		seq_printf(m, " %s %s %llu %llu %lu\n", kind_names[site->kind],
			   engine_name(site), sum.hits, sum.violations, site->kp.nmissed);
	}
	mutex_unlock(&sites_lock);
	return 0;
}

/**
 * irqsan_violations_show() - the "violations" file: sites that have any
 * @m: where to
 * @unused: nothing
 *
 * Return: 0.
 */
int irqsan_violations_show(struct seq_file *m, void *unused)
{
	struct irqsan_site *site;

	seq_puts(m, "# site kind violations last_ns last_flags last_cpu last_pid last_comm\n");
	mutex_lock(&sites_lock);
	list_for_each_entry(site, &sites, node) {
		struct irqsan_count sum = sum_counts(site);

		if (!sum.violations || site->kind == KIND_CONTROL)
			continue;
		show_addr(m, site->addr);
		seq_printf(m, " %s %llu %llu %s %u %d %s\n", kind_names[site->kind],
			   sum.violations, site->last.time_ns,
			   irqsan_flag_state_name(site->last.restoring), site->last.cpu,
			   site->last.pid, site->last.comm);
	}
	mutex_unlock(&sites_lock);
	return 0;
}

/**
 * irqsan_sites_status() - the lines of the "status" file that are about sites
 * @m: where to
 */
void irqsan_sites_status(struct seq_file *m)
{
	unsigned int restores[SITE_STATES] = { 0 }, enables[SITE_STATES] = { 0 };
	u64 hits = 0, violations = 0, nmissed = 0;
	struct irqsan_site *site;

	mutex_lock(&sites_lock);
	list_for_each_entry(site, &sites, node) {
		struct irqsan_count sum = sum_counts(site);

		nmissed += site->kp.nmissed;
		if (site->kind == KIND_ENABLE)
			enables[site->state]++;
		if (site->kind == KIND_RESTORE)
			restores[site->state]++;
		if (site->kind != KIND_RESTORE && site->kind != KIND_BALANCE)
			continue;
		hits += sum.hits;
		violations += sum.violations;
	}
	mutex_unlock(&sites_lock);
	seq_printf(m, "sites armed:        %u\n", restores[SITE_ARMED]);
	seq_printf(m, "sites denied:       %u\n", restores[SITE_DENIED]);
	seq_printf(m, "sites refused:      %u\n", restores[SITE_REFUSED]);
	seq_printf(m, "sites no insn:      %u\n", restores[SITE_NO_INSN]);
	seq_printf(m, "sites failed:       %u\n", restores[SITE_FAILED]);
	seq_printf(m, "enables armed:      %u\n", enables[SITE_ARMED]);
	seq_printf(m, "enables not armed:  %u\n", enables[SITE_DENIED] +
		   enables[SITE_REFUSED] + enables[SITE_NO_INSN] + enables[SITE_FAILED]);
	seq_printf(m, "hits:               %llu\n", hits);
	seq_printf(m, "violations:         %llu\n", violations);
	seq_printf(m, "missed hits:        %llu\n", nmissed);
}
