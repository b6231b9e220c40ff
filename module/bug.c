// SPDX-License-Identifier: GPL-2.0
/*
 * The table of bugs: a site and who came to it with IRQs on. It has a fixed size
 * and no lock: a violation may be in NMI, or below any lock of the kernel. The
 * first violation of a bug fills the record in its slot, all are counted.
 */
#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/string_helpers.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>
#include <asm/unwind.h>

#include "compat.h"
#include "irqsan.h"

#define CREATE_TRACE_POINTS
#include "irqsan_trace.h"

/*
 * A key is the lower halves of the two addresses: text lies in the uppermost 2 GB.
 * These are none.
 */
#define KEY_FREE 0ULL
#define KEY_GONE 1ULL	/* was in a module that is gone, or cleared: may be taken */
#define KEY_GOING 2ULL	/* being emptied */

/* Frames that are looked at for the caller of an unlock. */
#define CALLER_REACH 6

/* Bugs of modules that are gone, whose lines are kept. */
#define GONE_LINES 256

/**
 * struct irqsan_gone - the line of a bug whose module is gone
 * @node: in gone_lines, the oldest first
 * @text: as irqsan_bugs_show() would have shown it
 */
struct irqsan_gone {
	struct list_head node;
	char *text;
};

/* IRQSAN_BUGS slots. */
struct irqsan_bug *irqsan_bugs;
/* One of them waits to be printed, or may. */
bool irqsan_bugs_waiting;
/* Held by who prints bugs, empties slots, or reads the lines of bugs. */
DEFINE_MUTEX(irqsan_bugs_lock);

static atomic_long_t violations, unlisted;
static u64 first_ns;

static LIST_HEAD(gone_lines);
static unsigned int nr_gone_lines;

static __kprobes u64 make_key(unsigned long site, unsigned long caller)
{
	return (u64)(u32)site << 32 | (u32)caller;
}

static unsigned long key_address(u32 half)
{
	return (unsigned long)(long)(s32)half;
}

static bool is_bug(u64 key)
{
	return key > KEY_GOING;
}

/* The slot of a bug, taken if there is none yet; NULL when all are taken. */
static __kprobes struct irqsan_bug *get_bug(u64 key)
{
	unsigned int at = hash_64(key, IRQSAN_BUG_BITS), i;

	for (i = 0; i < IRQSAN_BUGS; i++) {
		u64 old = READ_ONCE(irqsan_bugs[(at + i) % IRQSAN_BUGS].key);

		if (old == key)
			return &irqsan_bugs[(at + i) % IRQSAN_BUGS];
		if (old == KEY_FREE)
			break;
	}
	for (i = 0; i < IRQSAN_BUGS; i++) {
		struct irqsan_bug *bug = &irqsan_bugs[(at + i) % IRQSAN_BUGS];
		u64 old = READ_ONCE(bug->key);

		if (old == KEY_FREE || old == KEY_GONE) {
			u64 seen = cmpxchg(&bug->key, old, key);

			if (seen == old)
				return bug;
			old = seen;
		}
		/* Another CPU was faster, with the same bug. */
		if (old == key)
			return bug;
	}
	return NULL;
}

/*
 * From the registers, not from here: an optimised kprobe's detour buffer has no
 * unwind data, and what is nearer than the site is of no interest. Where there
 * are none (a tracepoint), from here, and what is nearer is passed over.
 */
static __kprobes unsigned int walk_stack(unsigned long site, struct pt_regs *regs,
					 unsigned long *entries, unsigned int max)
{
	struct unwind_state state;
	bool found = regs;
	unsigned int nr = 0;

	/* Some unwinders begin with the registers' own address, some behind it. */
	entries[nr++] = site;
	for (unwind_start(&state, current, regs, NULL); nr < max && !unwind_done(&state);
	     unwind_next_frame(&state)) {
		unsigned long addr = unwind_get_return_address(&state);

		if (!addr)
			break;
		if (!found) {
			found = addr == site;
			continue;
		}
		if (nr == 1 && regs && addr == regs->ip)
			continue;
		entries[nr++] = addr;
	}
	return nr;
}

/* An out-of-line unlock restores for its caller; elsewhere it is the site that does. */
static __kprobes unsigned long find_caller(unsigned long site, struct pt_regs *regs)
{
	unsigned long entries[CALLER_REACH];
	unsigned int nr, i;

	if (!irqsan_text_unlocks(site))
		return site;
	nr = walk_stack(site, regs, entries, CALLER_REACH);
	for (i = 1; i < nr; i++) {
		if (!irqsan_text_unlocks(entries[i]))
			return entries[i];
	}
	return site;
}

static __kprobes void fill_record(struct irqsan_bug *bug, unsigned long site, unsigned long caller,
				  struct pt_regs *regs, enum irqsan_flags flags, const u8 *code,
				  const struct irqsan_enabler *enabler, const char *where)
{
	struct irqsan_record *record = &bug->record;

	record->kind = bug->kind;
	record->site = site;
	record->caller = caller;
	record->where = where;
	record->flags = flags;
	record->cpu = raw_smp_processor_id();
	record->pid = current->pid;
	memcpy(record->comm, current->comm, sizeof(record->comm));
	record->comm[sizeof(record->comm) - 1] = '\0';
	record->time_ns = bug->last_ns;
	record->enabler.addr = 0;
	if (enabler)
		record->enabler = *enabler;
	if (code)
		memcpy(record->code, code, sizeof(record->code));
	record->regs.sp = 0;
	if (regs)
		record->regs = *regs;
	record->nr_entries = walk_stack(site, regs, record->stack, IRQSAN_STACK_ENTRIES);
	/* The splat is about the site, wherever its probe is. */
	record->regs.ip = site;
}

/**
 * irqsan_bug_hit_at() - a violation has happened
 * @kind: of the site
 * @site: its address
 * @caller: who came to it
 * @regs: registers there; NULL where nobody knows them
 * @flags: see struct irqsan_record
 * @code: the bytes at the site without a probe; NULL where that doesn't matter
 * @where: see struct irqsan_record; must stay valid while the module is loaded
 *
 * Counts, traces, and leaves a record where one is wanted. Preemption is off. Any
 * context, NMI too; takes no lock, allocates, wakes and prints nothing.
 */
void __kprobes irqsan_bug_hit_at(enum irqsan_kind kind, unsigned long site, unsigned long caller,
				 struct pt_regs *regs, enum irqsan_flags flags, const u8 *code,
				 const char *where)
{
	const struct irqsan_enabler *enabler = irqsan_enabler_now();
	u64 now = ktime_get_mono_fast_ns();
	struct irqsan_bug *bug;
	int state;

	if (irqsan_control_has(caller)) {
		kind = IRQSAN_CONTROL;
	} else {
		atomic_long_inc(&violations);
		if (!READ_ONCE(first_ns))
			cmpxchg(&first_ns, 0, now);
		if (kind == IRQSAN_BALANCE)
			trace_irqsan_imbalance(site, caller, flags, enabler ? enabler->addr : 0);
		else
			trace_irqsan_bogus_restore(site, caller, flags,
						   enabler ? enabler->addr : 0);
	}
	bug = get_bug(make_key(site, caller));
	if (!bug) {
		atomic_long_inc(&unlisted);
		return;
	}
	WRITE_ONCE(bug->kind, kind);
	WRITE_ONCE(bug->last_ns, now);
	atomic_long_inc(&bug->count);
	state = atomic_read(&bug->state);
	if (state != IRQSAN_BUG_EMPTY && !(state == IRQSAN_BUG_REPORTED && irqsan_report_all))
		return;
	if (atomic_cmpxchg(&bug->state, state, IRQSAN_BUG_FILLING) != state)
		return;
	if (!bug->first_ns)
		bug->first_ns = now;
	fill_record(bug, site, caller, regs, flags, code, enabler, where);
	/* Pairs with the acquire in next_bug(). */
	atomic_set_release(&bug->state, IRQSAN_BUG_WAITING);
	WRITE_ONCE(irqsan_bugs_waiting, true);
}

/**
 * irqsan_bug_hit() - the same where a probe has seen it
 * @kind: of the site
 * @site: its address
 * @regs: registers there
 * @flags: see struct irqsan_record
 * @code: see irqsan_bug_hit_at()
 * @where: see irqsan_bug_hit_at()
 *
 * The caller is the first return address behind an out-of-line unlock, and the
 * site itself elsewhere. Context as irqsan_bug_hit_at().
 */
void __kprobes irqsan_bug_hit(enum irqsan_kind kind, unsigned long site, struct pt_regs *regs,
			      enum irqsan_flags flags, const u8 *code, const char *where)
{
	irqsan_bug_hit_at(kind, site, find_caller(site, regs), regs, flags, code, where);
}

/* The address as one word: without the function's size and the module. */
static size_t add_addr(char *buf, size_t size, unsigned long addr)
{
	char symbol[KSYM_SYMBOL_LEN];

	sprint_symbol(symbol, addr);
	return scnprintf(buf, size, "%.*s ", (int)strcspn(symbol, "/ "), symbol);
}

static const char *bug_state_name(const struct irqsan_bug *bug)
{
	switch (atomic_read(&bug->state)) {
	case IRQSAN_BUG_REPORTED:
		return "reported";
	case IRQSAN_BUG_SILENCED:
		return "silenced";
	default:
		return "waiting";
	}
}

/* The line of a bug, to be freed; NULL for one that has none, or without memory. */
static char *bug_line(const struct irqsan_bug *bug)
{
	const struct irqsan_record *record = &bug->record;
	u64 key = READ_ONCE(bug->key);
	const size_t size = 2 * KSYM_SYMBOL_LEN + 256;
	unsigned long count = atomic_long_read(&bug->count);
	char *line;
	size_t at;

	/* Not filled yet: it is a violation that is just happening. */
	if (!is_bug(key) || !count || bug->kind == IRQSAN_CONTROL || !record->where)
		return NULL;
	line = kmalloc(size, GFP_KERNEL);
	if (!line)
		return NULL;
	at = add_addr(line, size, key_address(key >> 32));
	at += add_addr(line + at, size - at, key_address(key));
	scnprintf(line + at, size - at, "%s %lu %llu %llu %s %u %d %s %*pEs\n",
		  bug->kind == IRQSAN_BALANCE ? "balance" : "restore", count, bug->first_ns,
		  bug->last_ns, irqsan_flags_name(record->flags), record->cpu, record->pid,
		  bug_state_name(bug), (int)strnlen(record->comm, sizeof(record->comm)),
		  record->comm);
	return line;
}

static void drop_gone_line(struct irqsan_gone *gone)
{
	list_del(&gone->node);
	nr_gone_lines--;
	kfree(gone->text);
	kfree(gone);
}

static void keep_line(const struct irqsan_bug *bug)
{
	struct irqsan_gone *gone = kmalloc(sizeof(*gone), GFP_KERNEL);

	if (!gone)
		return;
	gone->text = bug_line(bug);
	if (!gone->text) {
		kfree(gone);
		return;
	}
	list_add_tail(&gone->node, &gone_lines);
	if (++nr_gone_lines > GONE_LINES)
		drop_gone_line(list_first_entry(&gone_lines, struct irqsan_gone, node));
}

static bool lies_in(u32 half, const struct module *mod, bool init_only)
{
	unsigned long addr = key_address(half);

	return init_only ? within_module_init(addr, mod) : within_module(addr, mod);
}

/* Empties the slots of a module's bugs, or with NULL all of them. */
static void empty_slots(const struct module *mod, bool init_only)
{
	bool going = false;
	unsigned int i;

	mutex_lock(&irqsan_bugs_lock);
	for (i = 0; i < IRQSAN_BUGS; i++) {
		struct irqsan_bug *bug = &irqsan_bugs[i];
		u64 key = READ_ONCE(bug->key);

		if (!is_bug(key) || (mod && !lies_in(key >> 32, mod, init_only) &&
				     !lies_in(key, mod, init_only)))
			continue;
		if (mod)
			keep_line(bug);
		WRITE_ONCE(bug->key, KEY_GOING);
		going = true;
	}
	/* Whoever has found a slot still writes to it, with preemption off. */
	if (going)
		synchronize_rcu();
	for (i = 0; i < IRQSAN_BUGS; i++) {
		struct irqsan_bug *bug = &irqsan_bugs[i];

		if (bug->key != KEY_GOING)
			continue;
		memset((char *)bug + sizeof(bug->key), 0, sizeof(*bug) - sizeof(bug->key));
		/* An empty slot before it may be taken. */
		smp_store_release(&bug->key, KEY_GONE);
	}
	while (!mod && !list_empty(&gone_lines))
		drop_gone_line(list_first_entry(&gone_lines, struct irqsan_gone, node));
	mutex_unlock(&irqsan_bugs_lock);
}

/**
 * irqsan_bugs_drop() - forget the bugs of a module that goes
 * @mod: the module, none of whose code runs any more
 * @init_only: only its init text goes
 *
 * What is to be printed is printed first, and the lines stay: later nobody could
 * tell the symbols. Sleeps.
 */
void irqsan_bugs_drop(const struct module *mod, bool init_only)
{
	irqsan_report_flush();
	empty_slots(mod, init_only);
}

/**
 * irqsan_bugs_clear() - forget all bugs; each may be reported again
 *
 * Sleeps.
 */
void irqsan_bugs_clear(void)
{
	empty_slots(NULL, false);
	atomic_long_set(&violations, 0);
	atomic_long_set(&unlisted, 0);
	WRITE_ONCE(first_ns, 0);
}

/**
 * irqsan_bugs_show() - the "violations" file: a line a bug
 * @m: where to
 * @unused: nothing
 *
 * Return: 0.
 */
int irqsan_bugs_show(struct seq_file *m, void *unused)
{
	struct irqsan_gone *gone;
	unsigned int i;
	char *line;

	seq_puts(m, "# site caller kind violations first_ns last_ns flags cpu pid report comm\n");
	mutex_lock(&irqsan_bugs_lock);
	list_for_each_entry(gone, &gone_lines, node)
		seq_puts(m, gone->text);
	for (i = 0; i < IRQSAN_BUGS; i++) {
		line = bug_line(&irqsan_bugs[i]);
		if (line)
			seq_puts(m, line);
		kfree(line);
	}
	mutex_unlock(&irqsan_bugs_lock);
	return 0;
}

/**
 * irqsan_bugs_status() - the lines of the "status" file that are about bugs
 * @m: where to
 */
void irqsan_bugs_status(struct seq_file *m)
{
	unsigned int i, nr = 0;

	for (i = 0; i < IRQSAN_BUGS; i++)
		nr += is_bug(READ_ONCE(irqsan_bugs[i].key)) &&
		      irqsan_bugs[i].kind != IRQSAN_CONTROL;
	seq_printf(m, "violations:         %lu\n", atomic_long_read(&violations));
	seq_printf(m, "bugs:               %u\n", nr);
	seq_printf(m, "unlisted violations: %lu\n", atomic_long_read(&unlisted));
	seq_printf(m, "first violation ns: %llu\n", READ_ONCE(first_ns));
}

/**
 * irqsan_bugs_start() - make the table
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int irqsan_bugs_start(void)
{
	irqsan_bugs = vzalloc(array_size(IRQSAN_BUGS, sizeof(*irqsan_bugs)));
	return irqsan_bugs ? 0 : -ENOMEM;
}

/**
 * irqsan_bugs_stop() - free the table
 *
 * Everything must be disarmed, and nothing left to print. May sleep.
 */
void irqsan_bugs_stop(void)
{
	if (irqsan_bugs)
		empty_slots(NULL, false);
	vfree(irqsan_bugs);
	irqsan_bugs = NULL;
}
