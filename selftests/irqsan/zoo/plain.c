// SPDX-License-Identifier: GPL-2.0
/*
 * The plain form of a restore with IRQs on, in each context and by each kind of
 * restore that a checker treats in a way of its own.
 */
#include <linux/compiler.h>
#include <linux/interrupt.h>
#include <linux/irqflags.h>
#include <linux/spinlock.h>
#include <linux/version.h>

#include "compat.h"
#include "zoo.h"

static noinline __noclone void zoo_plain(void)
{
	unsigned long flags;

	local_irq_save(flags);
	local_irq_enable();
	zoo_irq_restore(flags);
}

static noinline __noclone void zoo_plain_fixed(void)
{
	unsigned long flags;

	local_irq_save(flags);
	local_irq_enable();
	local_irq_disable();
	zoo_irq_restore(flags);
}

/* The same for a caller who has IRQs off. */
static noinline __noclone void zoo_hard(void)
{
	unsigned long flags;

	local_irq_save(flags);
	local_irq_enable();
	zoo_irq_restore(flags);
}

/* In a hardirq handler. */
static noinline __noclone void zoo_hardirq(struct irq_work *unused)
{
	unsigned long flags;

	local_irq_save(flags);
	local_irq_enable();
	zoo_irq_restore(flags);
	/* From 5.12 on the restore has left them on, which our caller can't stand. */
	local_irq_disable();
}

static void run_hardirq(void)
{
	struct irq_work work = IRQ_WORK_INIT_HARD(zoo_hardirq);

	irq_work_queue(&work);
	irq_work_sync(&work);
}

/* In a softirq handler. */
static noinline __noclone void zoo_softirq(struct tasklet_struct *unused)
{
	unsigned long flags;

	local_irq_save(flags);
	local_irq_enable();
	zoo_irq_restore(flags);
}

static void run_softirq(void)
{
	struct tasklet_struct tasklet;

	tasklet_setup(&tasklet, zoo_softirq);
	tasklet_schedule(&tasklet);
	/* Waits for one that is scheduled. */
	tasklet_kill(&tasklet);
}

/* Below a raw spinlock: the unlock restores, out of line. */
static noinline __noclone void zoo_rawlock(void)
{
	raw_spinlock_t own;
	unsigned long flags;

	raw_spin_lock_init(&own);
	raw_spin_lock_irqsave(&own, flags);
	local_irq_enable();
	raw_spin_unlock_irqrestore(&own, flags);
}

/* The same for a caller who has IRQs off. */
static noinline __noclone void zoo_rawlock_hard(void)
{
	raw_spinlock_t own;
	unsigned long flags;

	raw_spin_lock_init(&own);
	raw_spin_lock_irqsave(&own, flags);
	local_irq_enable();
	raw_spin_unlock_irqrestore(&own, flags);
}

/* The same below a read lock, whose unlock is another function. */
static noinline __noclone void zoo_readlock(void)
{
	unsigned long flags;
	rwlock_t own;

	rwlock_init(&own);
	read_lock_irqsave(&own, flags);
	local_irq_enable();
	read_unlock_irqrestore(&own, flags);
}

/*
 * Where the compiler sees that the flags have IRQs on, the restore is a plain sti,
 * which is what it does and not what it is.
 */
static noinline __noclone void zoo_known_flags(void)
{
	unsigned long flags;

	local_irq_save(flags);
	if (irqs_disabled_flags(flags))
		return;
	local_irq_enable();
	local_irq_restore(flags);
}

/* Before that a restore was a popf, whatever the flags (commit ab234a260b1f). */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 12, 0)
#define KNOWN_MISSED "the compiler knows the flags: the restore is a plain sti"
#else
#define KNOWN_MISSED NULL
#endif

#ifdef CONFIG_PREEMPT_RT
#define READ_UNSUPPORTED "read locks leave IRQs on where PREEMPT_RT is on"
#else
#define READ_UNSUPPORTED NULL
#endif

const struct exhibit zoo_plain_forms[] = {
	{
		.name = "plain", .run = zoo_plain, .fixed = zoo_plain_fixed, .violations = 1,
		.site = "zoo_plain", .enabler = "zoo_plain",
		.reference = "the plain form",
	}, {
		.name = "hard", .run = zoo_hard, .irqs_off = true, .violations = 1,
		.site = "zoo_hard", .hard = true, .enabler = "zoo_hard",
		.reference = "the plain form, called with IRQs off",
	}, {
		.name = "hardirq", .run = run_hardirq, .violations = 1,
		.site = "zoo_hardirq", .hard = true, .enabler = "zoo_hardirq",
		.reference = "the plain form in a hardirq handler",
	}, {
		.name = "softirq", .run = run_softirq, .violations = 1,
		.site = "zoo_softirq", .enabler = "zoo_softirq",
		.reference = "the plain form in a softirq handler",
	}, {
		.name = "rawlock", .run = zoo_rawlock, .violations = 1,
		.site = SITE_UNLOCK, .caller = "zoo_rawlock", .enabler = "zoo_rawlock",
		.reference = "the plain form below a raw spinlock",
	}, {
		.name = "rawlock_hard", .run = zoo_rawlock_hard, .irqs_off = true,
		.violations = 1, .site = SITE_UNLOCK, .caller = "zoo_rawlock_hard",
		.hard = true, .enabler = "zoo_rawlock_hard",
		.reference = "the plain form below a raw spinlock, called with IRQs off",
	}, {
		.name = "readlock", .run = zoo_readlock, .violations = 1,
		.site = "_raw_read_unlock_irqrestore", .caller = "zoo_readlock",
		.enabler = "zoo_readlock", .unsupported = READ_UNSUPPORTED,
		.reference = "the plain form below a read lock",
	}, {
		.name = "known_flags", .run = zoo_known_flags, .violations = 1,
		.site = "zoo_known_flags", .enabler = "zoo_known_flags", .missed = KNOWN_MISSED,
		.reference = "the plain form, with flags that are known to be on",
	},
	{ }
};
