// SPDX-License-Identifier: GPL-2.0
/*
 * The positive controls: planted restores that are bogus on purpose, one for each
 * mechanism by which a CPU gets into the check. Each must leave a record.
 */
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/spinlock.h>

#include "irqsan.h"

/* The kthread looks every 100 ms; emulation may stall. */
#define SEEN_TIMEOUT_MS 5000
/* How long the kernel is given to make a jump of a kprobe. */
#define JUMP_TIMEOUT_MS 300
#define STEP_MS 20

static struct irqsan_range control_fns[IRQSAN_MECHANISMS];
static atomic_t control_seen[IRQSAN_MECHANISMS];
static struct irqsan_site *jump_site;
static DEFINE_MUTEX(control_lock);	/* one runs them at a time */
static DEFINE_RAW_SPINLOCK(control_spinlock);

/*
 * The arch_ functions, not the raw_ ones: a kernel with CONFIG_DEBUG_IRQFLAGS
 * would spend its one warning of the boot on us.
 */
static noinline void irqsan_control_breakpoint(void)
{
	unsigned long flags = arch_local_irq_save();

	arch_local_irq_enable();
	arch_local_irq_restore(flags);
}

/* Lockdep must know that IRQs go on. */
static noinline void irqsan_control_direct(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&control_spinlock, flags);
	local_irq_enable();
	raw_spin_unlock_irqrestore(&control_spinlock, flags);
	/* A call that is the last thing would be a jump, and not be this function's. */
	barrier();
}

/* In assembly, where a call through a pointer must not lead. */
static void run_jump(void)
{
	irqsan_control_jump();
}

/* A kprobe stays a breakpoint until the kernel finds time to optimise it. */
static bool jump_is_there(void)
{
	return jump_site && jump_site->state == IRQSAN_ARMED &&
	       *(u8 *)jump_site->addr == 0xe9;
}

/* Kprobes are always in use. */
static bool kprobe_active(void)
{
	return true;
}

/**
 * struct irqsan_control - a planted restore
 * @name: of the mechanism
 * @is_in_use: is there such a site now?
 * @run: does it once
 * @fn: the function that it lies in
 */
struct irqsan_control {
	const char *name;
	bool (*is_in_use)(void);
	void (*run)(void);
	unsigned long fn;
};

static const struct irqsan_control controls[IRQSAN_MECHANISMS] = {
	[IRQSAN_BREAKPOINT] = { "breakpoint", kprobe_active, irqsan_control_breakpoint,
				(unsigned long)irqsan_control_breakpoint },
	[IRQSAN_JUMP] = { "jump", jump_is_there, run_jump, (unsigned long)irqsan_control_jump },
	[IRQSAN_DIRECT] = { "direct", irqsan_direct_active, irqsan_control_direct,
			    (unsigned long)irqsan_control_direct },
	[IRQSAN_TRACEPOINT] = { "tracepoint", irqsan_tracepoint_active, irqsan_tracepoint_control,
				(unsigned long)irqsan_tracepoint_control },
};

/**
 * irqsan_control_has() - is this code bogus on purpose?
 * @addr: where a violation comes from
 * Context: Any, NMI too.
 * Return: true if it is.
 */
bool __kprobes irqsan_control_has(unsigned long addr)
{
	unsigned int i;

	for (i = 0; i < IRQSAN_MECHANISMS; i++) {
		if (irqsan_range_has(&control_fns[i], addr))
			return true;
	}
	return false;
}

/**
 * irqsan_control_seen() - the record of a planted restore has come through
 * @caller: as in the record
 */
void irqsan_control_seen(unsigned long caller)
{
	unsigned int i;

	for (i = 0; i < IRQSAN_MECHANISMS; i++) {
		if (irqsan_range_has(&control_fns[i], caller))
			atomic_inc(&control_seen[i]);
	}
}

/**
 * irqsan_control_run() - run the planted restores and wait for their records
 *
 * One for each mechanism that is in use.
 * Context: Task, IRQs on. Sleeps.
 * Return: 0; -EBUSY while the check is switched off; -EIO when no record came
 * back, of which the log says the mechanism.
 */
int irqsan_control_run(void)
{
	int before[IRQSAN_MECHANISMS], rc = 0;
	unsigned int i, waited = 0;

	if (!READ_ONCE(irqsan_enabled))
		return -EBUSY;
	mutex_lock(&control_lock);
	for (i = 0; jump_site && !jump_is_there() && i < JUMP_TIMEOUT_MS; i += STEP_MS)
		msleep(STEP_MS);
	for (i = 0; i < IRQSAN_MECHANISMS; i++) {
		/* No count is that: one that isn't run now is not waited for. */
		before[i] = -1;
		if (controls[i].is_in_use()) {
			before[i] = atomic_read(&control_seen[i]);
			controls[i].run();
		}
	}
	for (i = 0; i < IRQSAN_MECHANISMS; i++) {
		for (; atomic_read(&control_seen[i]) == before[i] && waited < SEEN_TIMEOUT_MS;
		     waited += STEP_MS)
			msleep(STEP_MS);
		if (atomic_read(&control_seen[i]) == before[i]) {
			pr_err("self-test: the planted bogus restore was not seen by %s\n",
			       controls[i].name);
			rc = -EIO;
		}
	}
	mutex_unlock(&control_lock);
	return rc;
}

/**
 * irqsan_control_show() - the "control" file: how often each was seen
 * @m: where to
 * @unused: nothing
 * Return: 0.
 */
int irqsan_control_show(struct seq_file *m, void *unused)
{
	unsigned int i;

	for (i = 0; i < IRQSAN_MECHANISMS; i++) {
		if (controls[i].is_in_use())
			seq_printf(m, "%s %d\n", controls[i].name,
				   atomic_read(&control_seen[i]));
	}
	return 0;
}

/**
 * irqsan_control_status() - the line of the "status" file that is about controls
 * @m: where to
 */
void irqsan_control_status(struct seq_file *m)
{
	unsigned int i;

	seq_puts(m, "proved:            ");
	for (i = 0; i < IRQSAN_MECHANISMS; i++) {
		if (atomic_read(&control_seen[i]))
			seq_printf(m, " %s", controls[i].name);
	}
	seq_putc(m, '\n');
}

/* Behind the ENDBR that assembly may begin with. */
static unsigned long jump_addr(void)
{
	const struct irqsan_range *fn = &control_fns[IRQSAN_JUMP];

	return fn->start + irqsan_scan_body((const u8 *)fn->start, fn->len);
}

static int arm_breakpoint(void)
{
	int rc;

	rc = irqsan_sites_of(IRQSAN_CONTROL, &control_fns[IRQSAN_BREAKPOINT], THIS_MODULE, false);
	if (rc < 0) {
		pr_err("self-test: no kprobe can be set (error %d)\n", rc);
		return rc;
	}
	if (rc != 1) {
		pr_err("self-test: %d restores found in a function that has one: this kernel's code is not understood\n",
		       rc);
		return -ENOEXEC;
	}
	return 0;
}

/**
 * irqsan_control_start() - find and arm the planted restores, and run the first
 * Context: Sleeps.
 * Return: 0, or a negative errno; the log says why.
 */
int irqsan_control_start(void)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; !rc && i < IRQSAN_MECHANISMS; i++)
		rc = irqsan_text_around(controls[i].fn, &control_fns[i]);
	if (rc) {
		pr_err("no symbols for the module's own text: CONFIG_KALLSYMS is needed\n");
		return rc;
	}
	rc = arm_breakpoint();
	if (rc)
		return rc;
	jump_site = irqsan_site_new(IRQSAN_CONTROL, jump_addr(), THIS_MODULE, irqsan_site_hit);
	/* All of them are run when everything is armed; this one says whether to go on. */
	irqsan_control_breakpoint();
	irqsan_bugs_flush();
	if (!atomic_read(&control_seen[IRQSAN_BREAKPOINT])) {
		pr_err("self-test: the planted bogus restore was not seen: are kprobes switched off (debugfs kprobes/enabled)?\n");
		return -EIO;
	}
	return 0;
}

/**
 * irqsan_control_stop() - forget the planted restores, whose sites go with all others
 */
void irqsan_control_stop(void)
{
	jump_site = NULL;
}
