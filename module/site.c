// SPDX-License-Identifier: GPL-2.0
/*
 * The table of sites and their counts. Changed under a mutex, by load and unload, by
 * the module notifier and by writes to the "sites" file; the check doesn't use it.
 */
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "irqsan.h"

static LIST_HEAD(site_list);
static DEFINE_MUTEX(sites_lock);

static const char * const kind_names[] = {
	[IRQSAN_RESTORE] = "restore",
	[IRQSAN_CONTROL] = "control",
	[IRQSAN_BALANCE] = "balance",
	[IRQSAN_ENABLE] = "enable",
	[IRQSAN_ENTRY] = "entry",
};

static const char * const state_names[] = {
	[IRQSAN_NEW] = "new",
	[IRQSAN_DENIED] = "denied",
	[IRQSAN_REFUSED] = "refused",
	[IRQSAN_NO_INSN] = "no-insn",
	[IRQSAN_FAILED] = "failed",
};

/* Breakpoints that may be somebody else's, in one range of text: 40 on 7.2, all its own. */
#define FOREIGN_MAX 128U

static unsigned long foreign[FOREIGN_MAX];

/**
 * struct irqsan_search - what the scanner's callbacks need
 * @kind: of the restores to add
 * @only: the address of the one to add; 0: all
 * @text: what is scanned
 * @code: its bytes; NULL: as they are in memory
 * @mod: the module that it belongs to, or NULL
 * @init: its init text
 * @found: how many restores there were
 * @nr_foreign: how many @foreign breakpoints there may be
 */
struct irqsan_search {
	enum irqsan_kind kind;
	unsigned long only;
	const struct irqsan_range *text;
	const u8 *code;
	const struct module *mod;
	bool init;
	int found;
	unsigned int nr_foreign;
};

/* @code: the bytes at @addr; NULL: to be read from there. */
static struct irqsan_site *site_alloc(enum irqsan_kind kind, unsigned long addr,
				      const struct module *mod, const u8 *code)
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
	site->mod = mod;
	site->handler = kind == IRQSAN_ENABLE ? irqsan_enable_hit : irqsan_site_hit;
	copy_from_kernel_nofault(site->code, code ?: (const void *)addr, sizeof(site->code));
	list_add_tail(&site->node, &site_list);
	return site;
}

static struct irqsan_site *site_at(unsigned long addr)
{
	struct irqsan_site *site;

	list_for_each_entry(site, &site_list, node) {
		if (site->addr == addr)
			return site;
	}
	return NULL;
}

static int add_restore(void *data, const struct irqsan_found *found)
{
	struct irqsan_search *search = data;
	unsigned long addr = search->text->start + found->offset;
	struct irqsan_site *site;

	/* Not wanted, or of a function that is looked at for the second time. */
	if ((search->only && search->only != addr) || (search->code && site_at(addr)))
		return 0;
	site = site_alloc(search->kind, addr, search->mod,
			  search->code ? search->code + found->offset : NULL);
	if (!site)
		return -ENOMEM;
	site->enable = search->text->start + found->enable;
	site->saved = found->saved;
	site->reg = found->reg;
	site->init = search->init;
	search->found++;
	return 0;
}

static int add_enable(void *data, size_t offset)
{
	struct irqsan_search *search = data;
	struct irqsan_site *site;
	unsigned long addr = search->text->start + offset;

	/* The sti of a restore is no news: the restore's own check comes first. */
	list_for_each_entry(site, &site_list, node) {
		if (site->enable == addr)
			return 0;
	}
	site = site_alloc(IRQSAN_ENABLE, addr, search->mod, NULL);
	if (!site)
		return -ENOMEM;
	site->init = search->init;
	return 0;
}

/*
 * A breakpoint in the middle of code, or a jump to where no text is: a kprobe of
 * somebody else, which hides what was there.
 */
static int add_foreign(void *data, size_t offset, size_t target)
{
	struct irqsan_search *search = data;
	struct irqsan_range fn;

	if (target != offset) {
		target += search->text->start;
		if (irqsan_range_has(&irqsan_kernel_text, target) ||
		    !irqsan_text_around(target, &fn))
			return 0;
	}
	if (search->nr_foreign < FOREIGN_MAX)
		foreign[search->nr_foreign] = search->text->start + offset;
	search->nr_foreign++;
	return 0;
}

/* Only a planted one that can't be armed is an error. */
static int arm_new(enum irqsan_kind kind)
{
	struct irqsan_site *site;
	int rc = 0;

	list_for_each_entry(site, &site_list, node) {
		if (site->state != IRQSAN_NEW)
			continue;
		rc = irqsan_arm(site);
		/* Each one stops all CPUs for a moment: let others run between. */
		cond_resched();
	}
	return kind == IRQSAN_CONTROL ? rc : 0;
}

/* A module without any site is searched again when it goes live: no harm. */
static bool is_searched(const struct module *mod, bool init)
{
	struct irqsan_site *site;

	list_for_each_entry(site, &site_list, node) {
		if (site->mod == mod && site->init == init)
			return true;
	}
	return false;
}

/*
 * Searches a function again without somebody else's kprobe at @addr. A second kprobe
 * with a post handler makes a breakpoint of a jump, and knows the byte behind it. If it
 * can't be set, the breakpoint is the code's own. Ours go beside theirs.
 */
static int look_behind(const struct irqsan_search *around, unsigned long addr)
{
	struct kprobe *kp = kzalloc(sizeof(*kp), GFP_KERNEL);
	struct irqsan_search search = *around;
	struct irqsan_style style;
	struct irqsan_range fn;
	u8 *code = NULL;
	int rc = 0;

	if (!kp)
		return -ENOMEM;
	kp->addr = (kprobe_opcode_t *)addr;
	kp->post_handler = irqsan_no_post;
	if (irqsan_text_around(addr, &fn) || register_kprobe(kp))
		goto out;
	code = irqsan_sites_original(&fn, true);
	if (code) {
		code[addr - fn.start] = kp->opcode;
		search.text = &fn;
		search.code = code;
		style = irqsan_text_style(fn.start);
		rc = irqsan_scan(code, fn.len, &style, add_restore, &search);
		pr_info("%pS: somebody else's kprobe was looked through\n", (void *)addr);
	} else {
		rc = -ENOMEM;
	}
	unregister_kprobe(kp);
	kvfree(code);
out:
	kfree(kp);
	return rc;
}

/**
 * irqsan_sites_of() - find and arm every site in a range of text
 * @kind: IRQSAN_RESTORE or IRQSAN_CONTROL
 * @text: where to look
 * @mod: the module that it belongs to; NULL for the kernel
 * @init: it is a module's init text
 *
 * With track=1 also what turns IRQs on there. A site that can't be armed stays in the
 * table with the reason. A module that has been searched already is left alone.
 * Context: Sleeps.
 * Return: how many restores were found; -ENOMEM; or for IRQSAN_CONTROL what arming
 * it gave.
 */
int irqsan_sites_of(enum irqsan_kind kind, const struct irqsan_range *text,
		    const struct module *mod, bool init)
{
	struct irqsan_search search = { .kind = kind, .text = text, .mod = mod, .init = init };
	struct irqsan_style style = irqsan_text_style(text->start);
	unsigned int i;
	int rc = 0;

	style.foreign = add_foreign;
	mutex_lock(&sites_lock);
	if (mod && kind == IRQSAN_RESTORE && is_searched(mod, init))
		goto out;
	/* All of it before anything is armed: a breakpoint hides the instruction. */
	rc = irqsan_scan((const u8 *)text->start, text->len, &style, add_restore, &search);
	for (i = 0; !rc && i < min(search.nr_foreign, FOREIGN_MAX); i++)
		rc = look_behind(&search, foreign[i]);
	if (search.nr_foreign > FOREIGN_MAX)
		pr_warn("%u kprobes of others may hide restores\n",
			search.nr_foreign - FOREIGN_MAX);
	if (!rc && irqsan_track && kind == IRQSAN_RESTORE)
		rc = irqsan_scan_enables((const u8 *)text->start, text->len, add_enable, &search);
	if (!rc)
		rc = arm_new(kind);
out:
	mutex_unlock(&sites_lock);
	return rc ?: search.found;
}

/**
 * irqsan_site_new() - add and arm one site
 * @kind: what is checked there
 * @addr: its address
 * @mod: the module it lies in; NULL for the kernel
 * @handler: runs when a CPU reaches it
 * Context: Sleeps.
 * Return: the site, armed; NULL without memory or where it can't be armed.
 */
struct irqsan_site *irqsan_site_new(enum irqsan_kind kind, unsigned long addr,
				    const struct module *mod, kprobe_pre_handler_t handler)
{
	struct irqsan_site *site;

	mutex_lock(&sites_lock);
	site = site_alloc(kind, addr, mod, NULL);
	if (site) {
		site->handler = handler;
		irqsan_arm(site);
	}
	mutex_unlock(&sites_lock);
	return site && site->state == IRQSAN_ARMED ? site : NULL;
}

/* Disarms and frees the sites in a list, which are off the table already. */
static void drop_sites(struct list_head *gone)
{
	struct irqsan_site *site, *next;

	irqsan_disarm(gone);
	list_for_each_entry_safe(site, next, gone, node) {
		free_percpu(site->count);
		kfree(site);
	}
}

static void drop_site(struct irqsan_site *site)
{
	LIST_HEAD(gone);

	list_move(&site->node, &gone);
	drop_sites(&gone);
}

/**
 * irqsan_site_free() - disarm and forget one site
 * @site: the site
 * Context: Sleeps.
 */
void irqsan_site_free(struct irqsan_site *site)
{
	mutex_lock(&sites_lock);
	drop_site(site);
	mutex_unlock(&sites_lock);
}

/**
 * irqsan_sites_drop() - forget the sites of a module that goes
 * @mod: the module; NULL: all sites there are
 * @init_only: only its init text goes
 * Context: Sleeps.
 */
void irqsan_sites_drop(const struct module *mod, bool init_only)
{
	struct irqsan_site *site, *next;
	LIST_HEAD(gone);

	mutex_lock(&sites_lock);
	list_for_each_entry_safe(site, next, &site_list, node) {
		if (!mod || (site->mod == mod && (site->init || !init_only)))
			list_move(&site->node, &gone);
	}
	if (!list_empty(&gone))
		drop_sites(&gone);
	mutex_unlock(&sites_lock);
}

/**
 * irqsan_sites_original() - a copy of some text without our breakpoints
 * @text: the text
 * @locked: the caller has the lock of the table, as irqsan_arm()
 * Context: Sleeps.
 * Return: the bytes, to be given to kvfree(); NULL without memory, and where the text
 * can't be read.
 */
u8 *irqsan_sites_original(const struct irqsan_range *text, bool locked)
{
	/* Zeros behind it: a site near the end has IRQSAN_PATCHED_BYTES. */
	u8 *copy = kvzalloc(text->len + IRQSAN_PATCHED_BYTES, GFP_KERNEL);
	struct irqsan_site *site;

	if (!copy || copy_from_kernel_nofault(copy, (void *)text->start, text->len)) {
		kvfree(copy);
		return NULL;
	}
	if (!locked)
		mutex_lock(&sites_lock);
	list_for_each_entry(site, &site_list, node) {
		unsigned long at = site->addr - text->start;

		if (at < text->len)
			memcpy(copy + at, site->code,
			       min_t(unsigned long, text->len - at, sizeof(site->code)));
	}
	if (!locked)
		mutex_unlock(&sites_lock);
	return copy;
}

/* Under the lock of the table, with a reference to the module. */
static int add_by_hand(unsigned long addr, const struct module *mod)
{
	struct irqsan_range fn;
	struct irqsan_search search = { .text = &fn, .mod = mod, .only = addr };
	struct irqsan_site *site;
	struct irqsan_style style;
	u8 *text;
	int rc;

	if (site_at(addr))
		return -EEXIST;
	if (irqsan_text_around(addr, &fn))
		return -EINVAL;
	text = irqsan_sites_original(&fn, true);
	if (!text)
		return -ENOMEM;
	search.code = text;
	style = irqsan_text_style(fn.start);
	rc = irqsan_scan(text, fn.len, &style, add_restore, &search);
	kvfree(text);
	site = site_at(addr);
	/* The scanner doesn't know it. */
	if (!rc && !site) {
		site = site_alloc(IRQSAN_RESTORE, addr, mod, NULL);
		if (site)
			site->saved = IRQSAN_SAVED_UNKNOWN;
	}
	if (!site)
		return -ENOMEM;
	rc = irqsan_arm(site);
	if (rc)
		drop_site(site);
	return rc;
}

/**
 * irqsan_sites_add() - add a restore by its address
 * @addr: where IRQs must be off
 *
 * For sites that the scanner missed and debug information knows, in the text of the
 * kernel or of a live module. It goes with the module.
 * Context: Sleeps.
 * Return: 0; -EEXIST where there is one already; -EINVAL where no such text is;
 * -EPERM for denied code; otherwise the kprobe layer's error.
 */
int irqsan_sites_add(unsigned long addr)
{
	struct module *mod = NULL;
	int rc;

	if (!irqsan_range_has(&irqsan_kernel_text, addr)) {
		mod = irqsan_text_module(addr);
		if (!mod)
			return -EINVAL;
	}
	mutex_lock(&sites_lock);
	rc = add_by_hand(addr, mod);
	mutex_unlock(&sites_lock);
	if (mod)
		module_put(mod);
	return rc;
}

/**
 * irqsan_sites_remove() - remove a restore by its address
 * @addr: its address
 * Context: Sleeps.
 * Return: 0, or -ENOENT where there is none.
 */
int irqsan_sites_remove(unsigned long addr)
{
	struct irqsan_site *site;
	int rc = -ENOENT;

	mutex_lock(&sites_lock);
	site = site_at(addr);
	if (site && site->kind == IRQSAN_RESTORE) {
		drop_site(site);
		rc = 0;
	}
	mutex_unlock(&sites_lock);
	return rc;
}

/**
 * irqsan_sites_clear() - all counts to zero
 *
 * A count that changes meanwhile may keep its value.
 * Context: Sleeps.
 */
void irqsan_sites_clear(void)
{
	struct irqsan_site *site;
	unsigned int cpu;

	mutex_lock(&sites_lock);
	list_for_each_entry(site, &site_list, node) {
		for_each_possible_cpu(cpu)
			*per_cpu_ptr(site->count, cpu) = (struct irqsan_count){ 0 };
		site->kp.nmissed = 0;
	}
	mutex_unlock(&sites_lock);
}

/**
 * irqsan_sites_armed() - how many restores are armed
 * @text: of those in this range; NULL: of all, but for the planted ones
 * @found: set to how many there are, armed or not
 * Context: Sleeps.
 * Return: their number.
 */
unsigned int irqsan_sites_armed(const struct irqsan_range *text, unsigned int *found)
{
	struct irqsan_site *site;
	unsigned int armed = 0;

	*found = 0;
	mutex_lock(&sites_lock);
	list_for_each_entry(site, &site_list, node) {
		if (site->kind != IRQSAN_RESTORE || (text && !irqsan_range_has(text, site->addr)))
			continue;
		armed += site->state == IRQSAN_ARMED;
		++*found;
	}
	mutex_unlock(&sites_lock);
	return armed;
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
static const char *mechanism_name(const struct irqsan_site *site)
{
	if (site->state != IRQSAN_ARMED)
		return state_names[site->state];
	if (!irqsan_site_intact(site))
		return "blind";
	return site->entry ? "direct" : "kprobe";
}

/**
 * irqsan_sites_show() - the "sites" file
 * @m: where to
 * @unused: nothing
 * Return: 0.
 */
int irqsan_sites_show(struct seq_file *m, void *unused)
{
	char name[KSYM_SYMBOL_LEN];
	struct irqsan_site *site;

	seq_puts(m, "# site kind mechanism hits violations nmissed\n");
	mutex_lock(&sites_lock);
	list_for_each_entry(site, &site_list, node) {
		struct irqsan_count sum = sum_counts(site);

		seq_printf(m, "%s %s %s %llu %llu %lu\n", irqsan_text_name(name, site->addr),
			   kind_names[site->kind], mechanism_name(site), sum.hits,
			   sum.violations, site->kp.nmissed);
	}
	mutex_unlock(&sites_lock);
	return 0;
}

static void show_blind(struct seq_file *m, unsigned int kprobes, unsigned int blind,
		       bool direct)
{
	seq_puts(m, "blind:              ");
	if (!blind && !direct)
		seq_puts(m, "no");
	else if (blind && blind == kprobes)
		seq_printf(m, "kprobes are switched off (debugfs kprobes/enabled), %u sites",
			   blind);
	else if (blind)
		seq_printf(m, "%u of %u probes have been taken out of the text", blind, kprobes);
	if (direct)
		seq_printf(m, "%sftrace is switched off (kernel.ftrace_enabled), the unlock",
			   blind ? "; " : "");
	seq_putc(m, '\n');
}

/**
 * irqsan_sites_status() - the lines of the "status" file that are about sites
 * @m: where to
 */
void irqsan_sites_status(struct seq_file *m)
{
	unsigned int restores[IRQSAN_STATES] = { 0 }, enables[IRQSAN_STATES] = { 0 };
	unsigned int kprobes = 0, blind = 0;
	struct irqsan_site *site;
	u64 hits = 0, nmissed = 0;
	bool direct = false;

	mutex_lock(&sites_lock);
	list_for_each_entry(site, &site_list, node) {
		nmissed += site->kp.nmissed;
		if (site->kind == IRQSAN_ENABLE)
			enables[site->state]++;
		if (site->kind == IRQSAN_RESTORE)
			restores[site->state]++;
		/* An entry that is only counted may be a matter of ftrace's. */
		if (site->state == IRQSAN_ARMED && site->kind != IRQSAN_ENTRY) {
			kprobes += !site->entry;
			blind += !site->entry && !irqsan_site_intact(site);
			direct |= site->entry && !irqsan_site_intact(site);
		}
		if (site->kind == IRQSAN_RESTORE || site->kind == IRQSAN_BALANCE)
			hits += sum_counts(site).hits;
	}
	mutex_unlock(&sites_lock);
	show_blind(m, kprobes, blind, direct);
	seq_printf(m, "sites armed:        %u\n", restores[IRQSAN_ARMED]);
	seq_printf(m, "sites denied:       %u\n", restores[IRQSAN_DENIED]);
	seq_printf(m, "sites refused:      %u\n", restores[IRQSAN_REFUSED]);
	seq_printf(m, "sites no insn:      %u\n", restores[IRQSAN_NO_INSN]);
	seq_printf(m, "sites failed:       %u\n", restores[IRQSAN_FAILED]);
	seq_printf(m, "enables armed:      %u\n", enables[IRQSAN_ARMED]);
	seq_printf(m, "enables not armed:  %u\n", enables[IRQSAN_DENIED] +
		   enables[IRQSAN_REFUSED] + enables[IRQSAN_NO_INSN] + enables[IRQSAN_FAILED]);
	seq_printf(m, "hits:               %llu\n", hits);
	seq_printf(m, "missed hits:        %llu\n", nmissed);
}
