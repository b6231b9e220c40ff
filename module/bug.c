// SPDX-License-Identifier: GPL-2.0
/*
 * The table of bugs: a site and who came to it with IRQs on. It has a fixed size
 * and no lock: a violation may be in NMI, or below any lock of the kernel. The
 * first violation of a bug fills the record in its slot, all are counted.
 *
 * Nothing is printed where a violation happens: IRQs are on there and locks are
 * held, of which printing may need one. A kthread prints what the table has, and the
 * panic notifier what is left. A splat is written line for line as the kernel's own
 * WARNING, so that crash parsers find title and stack where they expect them.
 */
#include <linux/ctype.h>
#include <linux/hash.h>
#include <linux/kallsyms.h>
#include <linux/kthread.h>
#include <linux/notifier.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>
#include <linux/vmalloc.h>
#include <asm/segment.h>
#include <asm/unwind.h>

#include "compat.h"
#include "irqsan.h"

/* No prefix: parsers know the lines of a splat as they are. */
#undef pr_fmt
#define pr_fmt(fmt) fmt

#define CREATE_TRACE_POINTS
#include "irqsan_trace.h"

#define IRQSAN_BUG_BITS 9
#define IRQSAN_BUGS BIT(IRQSAN_BUG_BITS)

/*
 * A key is the lower halves of the two addresses: text lies in the uppermost 2 GB.
 * These are none.
 */
#define KEY_FREE 0ULL
#define KEY_GONE 1ULL	/* was in a module that is gone, or cleared: may be taken */
#define KEY_GOING 2ULL	/* being emptied */

/* Frames that are looked at for the caller of an unlock. */
#define CALLER_REACH 6
/* Return addresses that a report shows. */
#define STACK_ENTRIES 40
/* Bugs of modules that are gone, whose lines are kept. */
#define GONE_LINES 256
/* How often the kthread looks. */
#define LOOK_MS 100
/* As the kernel's Code: line: bytes before the instruction pointer, and in all. */
#define CODE_PROLOGUE 42
#define CODE_BYTES 64
/* A bug's first splat is always printed; report=all prints this many more. */
#define SPLATS_A_BURST 10
#define BURST_SECONDS 5
#define SILENCED_MAX 32

enum irqsan_bug_state {
	IRQSAN_BUG_EMPTY,	/* the next violation fills the record */
	IRQSAN_BUG_FILLING,	/* a violation does */
	IRQSAN_BUG_WAITING,	/* to be printed */
	IRQSAN_BUG_REPORTED,	/* printed */
	IRQSAN_BUG_SILENCED,	/* not to be printed */
};

/**
 * struct irqsan_bug - a site and who came to it with IRQs on
 * @key: site and caller; 0 while the slot is free
 * @state: of the record, enum irqsan_bug_state
 * @count: violations
 * @first_ns: when the first one was, monotonic nanoseconds
 * @last_ns: and the last one
 * @printed: how often it was
 * @kind: of the site. This and what follows is the record of one violation, valid
 *	  from IRQSAN_BUG_WAITING on
 * @site: its address
 * @caller: who came to it, see irqsan_bug_hit()
 * @where: source file and line of the check, for the splat
 * @flags: restore kinds: the flags being restored; IRQSAN_BALANCE: the state at entry
 * @cpu: on which CPU
 * @pid: of the task that ran there
 * @comm: its name
 * @time_ns: monotonic nanoseconds
 * @regs: registers at the site; @regs.sp is 0 where nobody knows them
 * @code: the bytes at the site without a probe
 * @enabler: who turned IRQs on in this context (track=1)
 * @nr_entries: valid entries of @stack
 * @stack: the site, then return addresses, the nearest first
 */
struct irqsan_bug {
	u64 key;
	atomic_t state;
	atomic_long_t count;
	u64 first_ns;
	u64 last_ns;
	unsigned int printed;
	enum irqsan_kind kind;
	unsigned long site;
	unsigned long caller;
	const char *where;
	enum irqsan_flags flags;
	unsigned int cpu;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	u64 time_ns;
	struct pt_regs regs;
	u8 code[IRQSAN_PATCHED_BYTES];
	struct irqsan_enabler enabler;
	unsigned int nr_entries;
	unsigned long stack[STACK_ENTRIES];
};

static struct irqsan_bug *bugs;	/* IRQSAN_BUGS slots */
static bool bugs_waiting;	/* one of them waits to be printed, or may */
static atomic_long_t violations, unlisted;
static u64 first_ns;

static DEFINE_RATELIMIT_STATE(again_limit, BURST_SECONDS * HZ, SPLATS_A_BURST);
static struct task_struct *reporter;
static bool notified;

/* Held by who prints bugs, empties slots, or reads the lines of bugs. */
static DEFINE_MUTEX(bugs_lock);
static char *silenced[SILENCED_MAX];
static char *gone_lines[GONE_LINES];	/* a ring */
static unsigned int nr_gone;

static const char * const flags_names[] = {
	[IRQSAN_OFF] = "off",
	[IRQSAN_ON] = "on",
	[IRQSAN_UNKNOWN] = "unknown",
};

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
		u64 old = READ_ONCE(bugs[(at + i) % IRQSAN_BUGS].key);

		if (old == key)
			return &bugs[(at + i) % IRQSAN_BUGS];
		if (old == KEY_FREE)
			break;
	}
	for (i = 0; i < IRQSAN_BUGS; i++) {
		struct irqsan_bug *bug = &bugs[(at + i) % IRQSAN_BUGS];
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
 * unwind data. Without registers (a tracepoint), from here, up to the site.
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
		if (!found)
			found = addr == site;
		else if (nr > 1 || !regs || addr != regs->ip)
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

/**
 * irqsan_bug_hit_at() - count, trace and record a violation
 * @kind: of the site
 * @site: its address
 * @caller: who came to it
 * @regs: registers there; NULL where nobody knows them
 * @flags: see struct irqsan_bug
 * @code: the bytes at the site without a probe; NULL where that doesn't matter
 * @where: see struct irqsan_bug; must stay valid while the module is loaded
 * Context: Any, NMI too, preemption off. Takes no lock; allocates, wakes, prints nothing.
 */
void __kprobes irqsan_bug_hit_at(enum irqsan_kind kind, unsigned long site, unsigned long caller,
				 struct pt_regs *regs, enum irqsan_flags flags, const u8 *code,
				 const char *where)
{
	const struct irqsan_enabler *enabler = irqsan_enabler_now();
	unsigned long enabled_at = enabler ? enabler->addr : 0;
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
			trace_irqsan_imbalance(site, caller, flags, enabled_at);
		else
			trace_irqsan_bogus_restore(site, caller, flags, enabled_at);
	}
	bug = get_bug(make_key(site, caller));
	if (!bug) {
		atomic_long_inc(&unlisted);
		return;
	}
	WRITE_ONCE(bug->last_ns, now);
	atomic_long_inc(&bug->count);
	state = atomic_read(&bug->state);
	if (state != IRQSAN_BUG_EMPTY && !(state == IRQSAN_BUG_REPORTED && irqsan_report_all))
		return;
	if (atomic_cmpxchg(&bug->state, state, IRQSAN_BUG_FILLING) != state)
		return;
	if (!bug->first_ns)
		bug->first_ns = now;
	bug->kind = kind;
	bug->site = site;
	bug->caller = caller;
	bug->where = where;
	bug->flags = flags;
	bug->cpu = raw_smp_processor_id();
	bug->pid = current->pid;
	memcpy(bug->comm, current->comm, sizeof(bug->comm));
	bug->comm[sizeof(bug->comm) - 1] = '\0';
	bug->time_ns = now;
	bug->enabler.addr = 0;
	if (enabler)
		bug->enabler = *enabler;
	if (code)
		memcpy(bug->code, code, sizeof(bug->code));
	bug->regs.sp = 0;
	if (regs)
		bug->regs = *regs;
	bug->nr_entries = walk_stack(site, regs, bug->stack, STACK_ENTRIES);
	/* Pairs with the acquire in next_bug(). */
	atomic_set_release(&bug->state, IRQSAN_BUG_WAITING);
	WRITE_ONCE(bugs_waiting, true);
}

/**
 * irqsan_bug_hit() - the same where a probe has seen it
 * @kind: of the site
 * @site: its address
 * @regs: registers there
 * @flags: see struct irqsan_bug
 * @code: see irqsan_bug_hit_at()
 * @where: see irqsan_bug_hit_at()
 *
 * The caller is the first return address behind an out-of-line unlock, and the
 * site itself elsewhere.
 * Context: As irqsan_bug_hit_at().
 */
void __kprobes irqsan_bug_hit(enum irqsan_kind kind, unsigned long site, struct pt_regs *regs,
			      enum irqsan_flags flags, const u8 *code, const char *where)
{
	irqsan_bug_hit_at(kind, site, find_caller(site, regs), regs, flags, code, where);
}

/* get_taint() is exported to no module. */
static const char *taint_string(char *buf)
{
	static const char letters[] = "PFSRMBUDAWCIOELKXTNJ";
	size_t clean = sprintf(buf, "Tainted: %s", test_taint(0) ? "" : "G"), at = clean;
	unsigned int i;

	for (i = 0; i < sizeof(letters) - 1; i++) {
		if (test_taint(i))
			buf[at++] = letters[i];
	}
	buf[at] = '\0';
	return at == clean ? "Not tainted" : buf;
}

/* The bytes as they were before a probe was put there. */
static void show_code(const struct irqsan_bug *bug)
{
	char line[CODE_BYTES * 3 + 3];
	u8 code[CODE_BYTES];
	size_t at = 0;
	int i;

	if (copy_from_kernel_nofault(code, (void *)(bug->site - CODE_PROLOGUE), sizeof(code)))
		return;
	memcpy(code + CODE_PROLOGUE, bug->code, sizeof(bug->code));
	for (i = 0; i < CODE_BYTES; i++)
		at += sprintf(line + at, i == CODE_PROLOGUE ? "<%02x> " : "%02x ", code[i]);
	pr_warn("Code: %s\n", line);
}

static void show_regs(const struct pt_regs *regs)
{
	/* An optimised probe saves no SS. */
	pr_warn("RSP: %04x:%016lx EFLAGS: %08lx\n", __KERNEL_DS, regs->sp, regs->flags);
	pr_warn("RAX: %016lx RBX: %016lx RCX: %016lx\n", regs->ax, regs->bx, regs->cx);
	pr_warn("RDX: %016lx RSI: %016lx RDI: %016lx\n", regs->dx, regs->si, regs->di);
	pr_warn("RBP: %016lx R08: %016lx R09: %016lx\n", regs->bp, regs->r8, regs->r9);
	pr_warn("R10: %016lx R11: %016lx R12: %016lx\n", regs->r10, regs->r11, regs->r12);
	pr_warn("R13: %016lx R14: %016lx R15: %016lx\n", regs->r13, regs->r14, regs->r15);
}

static void show_stack_trace(const unsigned long *stack, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		pr_warn(" %pS\n", (void *)stack[i]);
}

static void show_enabler(const struct irqsan_bug *bug)
{
	unsigned long stack[STACK_ENTRIES];
	unsigned int nr = irqsan_enabler_stack(&bug->enabler, bug->caller, stack, STACK_ENTRIES);

	if (!nr) {
		pr_warn("irqsan: who enabled IRQs is not known\n");
		return;
	}
	pr_warn("irqsan: IRQs were last enabled %llu us earlier, at:\n",
		(bug->time_ns - bug->enabler.time_ns) / 1000);
	show_stack_trace(stack, nr);
}

/* @panicking: nothing may sleep. */
static void print_splat(const struct irqsan_bug *bug, bool panicking)
{
	static const char * const meaning[] = {
		[IRQSAN_ON] = " (soft: the state stays as it is)",
		[IRQSAN_OFF] = " (hard: the caller believes that they are off)",
		[IRQSAN_UNKNOWN] = "",
	};
	bool balance = bug->kind == IRQSAN_BALANCE;
	void *site = (void *)bug->site;
	char taint[40];

	pr_warn("------------[ cut here ]------------\n");
	if (balance)
		pr_warn("%ps() entered with IRQs %s, left with IRQs %s\n", site,
			flags_names[bug->flags], bug->regs.flags & X86_EFLAGS_IF ? "on" : "off");
	else
		pr_warn("raw_local_irq_restore() called with IRQs enabled\n");
	pr_warn("WARNING: CPU: %u PID: %d at %s %pS\n", bug->cpu, bug->pid, bug->where,
		(void *)bug->caller);
	pr_warn("CPU: %u PID: %d Comm: %s %s %s %.*s\n", bug->cpu, bug->pid, bug->comm,
		taint_string(taint), init_utsname()->release,
		(int)strcspn(init_utsname()->version, " "), init_utsname()->version);
	pr_warn("RIP: %04x:%pS\n", __KERNEL_CS, site);
	show_code(bug);
	show_regs(&bug->regs);
	pr_warn("Call Trace:\n");
	show_stack_trace(bug->stack, bug->nr_entries);
	if (!balance)
		pr_warn("irqsan: flags being restored have IRQs %s%s\n", flags_names[bug->flags],
			meaning[bug->flags]);
	if (irqsan_track && !panicking)
		show_enabler(bug);
	pr_warn("---[ end trace 0000000000000000 ]---\n");
	add_taint(TAINT_WARN, LOCKDEP_STILL_OK);
}

/* A name stands for its parts, too: foo for foo.cold. */
static bool is_named(unsigned long addr, const char *name)
{
	char symbol[KSYM_SYMBOL_LEN];
	size_t len = strlen(name);

	sprint_symbol_no_offset(symbol, addr);
	return !strncmp(symbol, name, len) && (!symbol[len] || strchr(" .", symbol[len]));
}

static bool is_silenced(unsigned long caller)
{
	unsigned int i;

	for (i = 0; i < SILENCED_MAX; i++) {
		if (silenced[i] && is_named(caller, silenced[i]))
			return true;
	}
	return false;
}

/* The bug that waits to be printed and has done so for longest, or NULL. */
static struct irqsan_bug *next_bug(void)
{
	struct irqsan_bug *bug, *oldest = NULL;

	if (!READ_ONCE(bugs_waiting))
		return NULL;
	/* Whoever comes behind this sets it again. */
	xchg(&bugs_waiting, false);
	for (bug = bugs; bug < bugs + IRQSAN_BUGS; bug++) {
		/* Pairs with the release in irqsan_bug_hit_at(). */
		if (atomic_read_acquire(&bug->state) == IRQSAN_BUG_WAITING &&
		    (!oldest || bug->time_ns < oldest->time_ns))
			oldest = bug;
	}
	if (oldest)
		WRITE_ONCE(bugs_waiting, true);
	return oldest;
}

/*
 * Prints a bug, which waits until it is printed to the end: a panic meanwhile prints
 * it again. The planted one is no splat, or every load would look like a bug. What
 * the kernel's own check has found, that reports. True: it was printed.
 */
static bool print_bug(struct irqsan_bug *bug, bool panicking)
{
	bool print;

	if (bug->kind == IRQSAN_CONTROL) {
		irqsan_control_seen(bug->caller);
		atomic_set_release(&bug->state, IRQSAN_BUG_EMPTY);
		return false;
	}
	if (is_silenced(bug->caller)) {
		atomic_set(&bug->state, IRQSAN_BUG_SILENCED);
		return false;
	}
	print = bug->regs.sp && (!bug->printed || __ratelimit(&again_limit));
	if (print)
		print_splat(bug, panicking);
	bug->printed++;
	atomic_set_release(&bug->state, IRQSAN_BUG_REPORTED);
	if (irqsan_panic && !panicking)
		panic("irqsan: panic=1 and a violation at %pS\n", (void *)bug->caller);
	return print;
}

/* True: one was printed, and there may be more. */
static bool report_next(void)
{
	struct irqsan_bug *bug;
	bool printed = false;

	mutex_lock(&bugs_lock);
	while (!printed && (bug = next_bug()))
		printed = print_bug(bug, false);
	mutex_unlock(&bugs_lock);
	return printed;
}

/* One at a time, which leaves the log time to be read. */
static int report_thread(void *unused)
{
	while (!kthread_should_stop()) {
		report_next();
		schedule_timeout_interruptible(msecs_to_jiffies(LOOK_MS));
	}
	return 0;
}

/* The other CPUs have stopped, wherever they were: no lock. */
static int panic_event(struct notifier_block *nb, unsigned long event, void *unused)
{
	struct irqsan_bug *bug;

	while ((bug = next_bug()))
		print_bug(bug, true);
	return NOTIFY_DONE;
}

static struct notifier_block panic_nb = { .notifier_call = panic_event };

/**
 * irqsan_bugs_flush() - print what waits to be printed
 * Context: Sleeps.
 */
void irqsan_bugs_flush(void)
{
	while (report_next())
		cond_resched();
}

static bool is_function_name(const char *name)
{
	const char *p;

	for (p = name; *p; p++) {
		if (!isalnum(*p) && !strchr("_.$", *p))
			return false;
	}
	return p != name && p - name < KSYM_NAME_LEN;
}

/**
 * irqsan_silence() - print the bugs of a function no longer, or again
 * @function: the caller's name; it need not be loaded yet
 * @silent: no longer
 *
 * They are counted all the same. Brought back, the next violation of each is printed.
 * Context: Sleeps.
 * Return: 0; -EINVAL for what is no name; -EEXIST and -ENOENT where nothing changes;
 * -ENOSPC, -ENOMEM.
 */
int irqsan_silence(const char *function, bool silent)
{
	int from = silent ? IRQSAN_BUG_REPORTED : IRQSAN_BUG_SILENCED;
	int to = silent ? IRQSAN_BUG_SILENCED : IRQSAN_BUG_EMPTY;
	unsigned int i, slot = SILENCED_MAX, old = SILENCED_MAX;
	int rc = 0;

	if (!is_function_name(function))
		return -EINVAL;
	mutex_lock(&bugs_lock);
	for (i = 0; i < SILENCED_MAX; i++) {
		if (!silenced[i])
			slot = i;
		else if (!strcmp(silenced[i], function))
			old = i;
	}
	if (silent == !(old == SILENCED_MAX)) {
		rc = silent ? -EEXIST : -ENOENT;
	} else if (!silent) {
		kfree(silenced[old]);
		silenced[old] = NULL;
	} else if (slot == SILENCED_MAX) {
		rc = -ENOSPC;
	} else {
		silenced[slot] = kstrdup(function, GFP_KERNEL);
		rc = silenced[slot] ? 0 : -ENOMEM;
	}
	for (i = 0; !rc && i < IRQSAN_BUGS; i++) {
		if (is_named(bugs[i].caller, function))
			atomic_cmpxchg(&bugs[i].state, from, to);
	}
	mutex_unlock(&bugs_lock);
	return rc;
}

static const char *bug_state_name(const struct irqsan_bug *bug)
{
	int state = atomic_read(&bug->state);

	return state == IRQSAN_BUG_REPORTED ? "reported" :
	       state == IRQSAN_BUG_SILENCED ? "silenced" : "waiting";
}

/* The line of a bug, to be freed; NULL for one that has none, or without memory. */
static char *bug_line(const struct irqsan_bug *bug)
{
	char site[KSYM_SYMBOL_LEN], caller[KSYM_SYMBOL_LEN];
	unsigned long count = atomic_long_read(&bug->count);
	u64 key = READ_ONCE(bug->key);

	/* Not filled yet: it is a violation that is just happening. */
	if (!is_bug(key) || !count || bug->kind == IRQSAN_CONTROL || !bug->where)
		return NULL;
	return kasprintf(GFP_KERNEL, "%s %s %s %lu %llu %llu %s %u %d %s %*pEs\n",
			 irqsan_text_name(site, key_address(key >> 32)),
			 irqsan_text_name(caller, key_address(key)),
			 bug->kind == IRQSAN_BALANCE ? "balance" : "restore", count,
			 bug->first_ns, bug->last_ns, flags_names[bug->flags], bug->cpu, bug->pid,
			 bug_state_name(bug), (int)strnlen(bug->comm, sizeof(bug->comm)),
			 bug->comm);
}

static void keep_line(const struct irqsan_bug *bug)
{
	char *line = bug_line(bug);

	if (!line)
		return;
	kfree(gone_lines[nr_gone % GONE_LINES]);
	gone_lines[nr_gone++ % GONE_LINES] = line;
}

static bool lies_in(u32 half, const struct module *mod, bool init_only)
{
	unsigned long addr = key_address(half);

	return init_only ? within_module_init(addr, mod) : within_module(addr, mod);
}

/* Empties the slots of a module's bugs, or with NULL all of them. */
static void empty_slots(const struct module *mod, bool init_only)
{
	struct irqsan_bug *bug;
	bool going = false;
	unsigned int i;

	mutex_lock(&bugs_lock);
	for (bug = bugs; bug < bugs + IRQSAN_BUGS; bug++) {
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
	for (bug = bugs; bug < bugs + IRQSAN_BUGS; bug++) {
		if (bug->key != KEY_GOING)
			continue;
		memset((char *)bug + sizeof(bug->key), 0, sizeof(*bug) - sizeof(bug->key));
		/* An empty slot before it may be taken. */
		smp_store_release(&bug->key, KEY_GONE);
	}
	for (i = 0; !mod && i < GONE_LINES; i++) {
		kfree(gone_lines[i]);
		gone_lines[i] = NULL;
	}
	mutex_unlock(&bugs_lock);
}

/**
 * irqsan_bugs_drop() - forget the bugs of a module that goes
 * @mod: the module, none of whose code runs any more
 * @init_only: only its init text goes
 *
 * What is to be printed is printed first, and the lines stay: later nobody could
 * tell the symbols.
 * Context: Sleeps.
 */
void irqsan_bugs_drop(const struct module *mod, bool init_only)
{
	irqsan_bugs_flush();
	empty_slots(mod, init_only);
}

/**
 * irqsan_bugs_clear() - forget all bugs; each may be reported again
 * Context: Sleeps.
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
 * Context: Sleeps.
 * Return: 0.
 */
int irqsan_bugs_show(struct seq_file *m, void *unused)
{
	unsigned int i;
	char *line;

	seq_puts(m, "# site caller kind violations first_ns last_ns flags cpu pid report comm\n");
	mutex_lock(&bugs_lock);
	for (i = 0; i < GONE_LINES; i++)
		seq_puts(m, gone_lines[(nr_gone + i) % GONE_LINES] ?: "");
	for (i = 0; i < IRQSAN_BUGS; i++) {
		line = bug_line(&bugs[i]);
		seq_puts(m, line ?: "");
		kfree(line);
	}
	mutex_unlock(&bugs_lock);
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
		nr += is_bug(READ_ONCE(bugs[i].key)) && bugs[i].kind != IRQSAN_CONTROL;
	seq_printf(m, "violations:         %lu\n", atomic_long_read(&violations));
	seq_printf(m, "bugs:               %u\n", nr);
	seq_printf(m, "unlisted violations: %lu\n", atomic_long_read(&unlisted));
	seq_printf(m, "first violation ns: %llu\n", READ_ONCE(first_ns));
}

/**
 * irqsan_bugs_start() - make the table, and print what comes into it
 * Context: Sleeps.
 * Return: 0 or a negative errno; then irqsan_bugs_stop() cleans up.
 */
int irqsan_bugs_start(void)
{
	struct task_struct *task;
	int rc;

	bugs = vzalloc(array_size(IRQSAN_BUGS, sizeof(*bugs)));
	if (!bugs)
		return -ENOMEM;
	task = kthread_run(report_thread, NULL, "irqsan");
	if (IS_ERR(task))
		return PTR_ERR(task);
	reporter = task;
	rc = atomic_notifier_chain_register(&panic_notifier_list, &panic_nb);
	notified = !rc;
	return rc;
}

/**
 * irqsan_bugs_stop() - print what is left, and free the table
 *
 * Everything must be disarmed.
 * Context: Sleeps.
 */
void irqsan_bugs_stop(void)
{
	unsigned int i;

	if (reporter) {
		kthread_stop(reporter);
		irqsan_bugs_flush();
	}
	reporter = NULL;
	if (notified)
		atomic_notifier_chain_unregister(&panic_notifier_list, &panic_nb);
	notified = false;
	for (i = 0; i < SILENCED_MAX; i++) {
		kfree(silenced[i]);
		silenced[i] = NULL;
	}
	if (bugs)
		empty_slots(NULL, false);
	vfree(bugs);
	bugs = NULL;
}
