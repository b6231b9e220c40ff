// SPDX-License-Identifier: GPL-2.0
/*
 * Prints the bugs: from a kthread that looks at the table now and then, and once
 * more when the kernel panics. Nothing is printed where a violation happens:
 * IRQs are on there and locks are held, of which printing may need one. A splat
 * is written line for line as the kernel's own WARNING, so that crash parsers
 * find the title ("WARNING in FUNC") and the stack where they expect them.
 */
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>
#include <asm/segment.h>

#include "compat.h"
#include "irqsan.h"

/* No prefix: parsers know the lines of a splat as they are. */
#undef pr_fmt
#define pr_fmt(fmt) fmt

/* How often the kthread looks. */
#define LOOK_MS 100

/* As the kernel's Code: line: bytes before the instruction pointer, and in all. */
#define CODE_PROLOGUE 42
#define CODE_BYTES 64

/* A bug's first splat is always printed; report=all prints this many more. */
#define SPLATS_A_BURST 10
#define BURST_SECONDS 5

#define SILENCED_MAX 32

static DEFINE_RATELIMIT_STATE(again_limit, BURST_SECONDS * HZ, SPLATS_A_BURST);
static struct task_struct *reporter;

/* Under irqsan_bugs_lock. */
static char *silenced[SILENCED_MAX];
static bool notified;

/* "Not tainted", or the letters; get_taint() is exported to no module. */
static void taint_string(char *buf, size_t size)
{
	static const char letters[] = "PFSRMBUDAWCIOELKXTNJ";
	size_t at;
	unsigned int i;

	at = scnprintf(buf, size, "Tainted: ");
	for (i = 0; i < sizeof(letters) - 1 && at + 1 < size; i++) {
		if (test_taint(i))
			buf[at++] = letters[i];
		else if (!i)
			buf[at++] = 'G';
	}
	buf[at] = '\0';
	if (buf[at - 1] == 'G')
		scnprintf(buf, size, "Not tainted");
}

/* The bytes as they were before a probe was put there. */
static void show_code(const struct irqsan_record *record)
{
	char line[CODE_BYTES * 3 + 3];
	u8 code[CODE_BYTES];
	size_t at = 0;
	int i;

	if (copy_from_kernel_nofault(code, (void *)(record->site - CODE_PROLOGUE), sizeof(code)))
		return;
	memcpy(code + CODE_PROLOGUE, record->code, sizeof(record->code));
	for (i = 0; i < CODE_BYTES; i++)
		at += scnprintf(line + at, sizeof(line) - at,
				i == CODE_PROLOGUE ? "<%02x> " : "%02x ", code[i]);
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

/**
 * irqsan_flags_name() - what is known of flags, in a word
 * @flags: them
 *
 * Return: "on", "off" or "unknown".
 */
const char *irqsan_flags_name(enum irqsan_flags flags)
{
	switch (flags) {
	case IRQSAN_ON:
		return "on";
	case IRQSAN_OFF:
		return "off";
	default:
		return "unknown";
	}
}

static void show_enabler(const struct irqsan_record *record)
{
	unsigned long stack[IRQSAN_STACK_ENTRIES];
	unsigned int nr = irqsan_enabler_stack(record, stack, ARRAY_SIZE(stack));

	if (!nr) {
		pr_warn("irqsan: who enabled IRQs is not known\n");
		return;
	}
	pr_warn("irqsan: IRQs were last enabled %llu us earlier, at:\n",
		(record->time_ns - record->enabler.time_ns) / 1000);
	show_stack_trace(stack, nr);
}

/* @panicking: nothing may sleep. */
static void print_splat(const struct irqsan_record *record, bool panicking)
{
	bool balance = record->kind == IRQSAN_BALANCE;
	void *site = (void *)record->site;
	char taint[40];

	taint_string(taint, sizeof(taint));
	pr_warn("------------[ cut here ]------------\n");
	if (balance)
		pr_warn("%ps() entered with IRQs %s, left with IRQs %s\n", site,
			irqsan_flags_name(record->flags),
			record->regs.flags & X86_EFLAGS_IF ? "on" : "off");
	else
		pr_warn("raw_local_irq_restore() called with IRQs enabled\n");
	pr_warn("WARNING: CPU: %u PID: %d at %s %pS\n",
		record->cpu, record->pid, record->where, (void *)record->caller);
	pr_warn("CPU: %u PID: %d Comm: %s %s %s %.*s\n", record->cpu, record->pid,
		record->comm, taint, init_utsname()->release,
		(int)strcspn(init_utsname()->version, " "), init_utsname()->version);
	pr_warn("RIP: %04x:%pS\n", __KERNEL_CS, site);
	show_code(record);
	show_regs(&record->regs);
	pr_warn("Call Trace:\n");
	show_stack_trace(record->stack, record->nr_entries);
	if (!balance)
		pr_warn("irqsan: flags being restored have IRQs %s%s\n",
			irqsan_flags_name(record->flags),
			record->flags == IRQSAN_ON ? " (soft: the state stays as it is)" :
			record->flags == IRQSAN_OFF ?
			" (hard: the caller believes that they are off)" : "");
	if (irqsan_track && !panicking)
		show_enabler(record);
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

	if (!READ_ONCE(irqsan_bugs_waiting))
		return NULL;
	/* Whoever comes behind this sets it again. */
	xchg(&irqsan_bugs_waiting, false);
	for (bug = irqsan_bugs; bug < irqsan_bugs + IRQSAN_BUGS; bug++) {
		/* Pairs with the release in irqsan_bug_hit_at(). */
		if (atomic_read_acquire(&bug->state) == IRQSAN_BUG_WAITING &&
		    (!oldest || bug->record.time_ns < oldest->record.time_ns))
			oldest = bug;
	}
	if (oldest)
		WRITE_ONCE(irqsan_bugs_waiting, true);
	return oldest;
}

/*
 * Prints a bug that waits for it. It waits until it is printed to the end: a panic
 * meanwhile prints it again. The planted one is no splat, or every load would
 * look like a bug. What the kernel's own check has found, that reports.
 */
static bool print_bug(struct irqsan_bug *bug, bool panicking)
{
	const struct irqsan_record *record = &bug->record;
	bool print;

	if (record->kind == IRQSAN_CONTROL) {
		irqsan_control_seen(record->caller);
		atomic_set_release(&bug->state, IRQSAN_BUG_EMPTY);
		return false;
	}
	if (is_silenced(record->caller)) {
		atomic_set(&bug->state, IRQSAN_BUG_SILENCED);
		return false;
	}
	print = record->regs.sp && (!bug->printed || __ratelimit(&again_limit));
	if (print)
		print_splat(record, panicking);
	bug->printed++;
	atomic_set_release(&bug->state, IRQSAN_BUG_REPORTED);
	if (irqsan_panic && !panicking)
		panic("irqsan: panic=1 and a violation at %pS\n", (void *)record->caller);
	return print;
}

/* True: one was printed, and there may be more. */
static bool report_next(void)
{
	struct irqsan_bug *bug;
	bool printed = false;

	mutex_lock(&irqsan_bugs_lock);
	while (!printed && (bug = next_bug()))
		printed = print_bug(bug, false);
	mutex_unlock(&irqsan_bugs_lock);
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
 * irqsan_report_flush() - print what waits to be printed
 *
 * Sleeps.
 */
void irqsan_report_flush(void)
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
 * @function: the caller's name
 * @silent: no longer
 *
 * They are counted all the same. Brought back, the next violation of each is
 * printed. The function need not be there yet. Sleeps.
 *
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
	mutex_lock(&irqsan_bugs_lock);
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
		if (is_named(irqsan_bugs[i].record.caller, function))
			atomic_cmpxchg(&irqsan_bugs[i].state, from, to);
	}
	mutex_unlock(&irqsan_bugs_lock);
	return rc;
}

/**
 * irqsan_report_start() - print bugs from now on
 *
 * Sleeps.
 *
 * Return: 0 or a negative errno.
 */
int irqsan_report_start(void)
{
	int rc;

	reporter = kthread_run(report_thread, NULL, "irqsan");
	if (IS_ERR(reporter)) {
		rc = PTR_ERR(reporter);
		reporter = NULL;
		return rc;
	}
	rc = atomic_notifier_chain_register(&panic_notifier_list, &panic_nb);
	notified = !rc;
	return rc;
}

/**
 * irqsan_report_stop() - print what is left, and no more
 *
 * Everything must be disarmed. Sleeps.
 */
void irqsan_report_stop(void)
{
	unsigned int i;

	if (reporter) {
		kthread_stop(reporter);
		irqsan_report_flush();
	}
	reporter = NULL;
	if (notified)
		atomic_notifier_chain_unregister(&panic_notifier_list, &panic_nb);
	notified = false;
	for (i = 0; i < SILENCED_MAX; i++) {
		kfree(silenced[i]);
		silenced[i] = NULL;
	}
}
