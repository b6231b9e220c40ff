// SPDX-License-Identifier: GPL-2.0
/*
 * False friends: code that does unusual things to the IRQ flags, and rightly.
 * A checker that reports any of them is wrong. Each ends in a restore, in a
 * function that bears its name, so that one can see that it was looked at.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/spinlock.h>
#include <asm/apic.h>
#include <asm/nmi.h>

#include "compat.h"
#include "zoo.h"

#define NMI_TIMEOUT_MS 1000
#define EXPIRY_NS 100000

static DEFINE_RAW_SPINLOCK(lock);

/*
 * Lai Jiangshan on f4e61f0c9add (Aug 2021): the fix enables what safe_halt()
 * has enabled already. Untidy, but nobody is misled.
 */
static noinline __noclone void zoo_redundant_enable(void)
{
	unsigned long flags;

	local_irq_disable();
	local_irq_enable();
	local_irq_enable();
	local_irq_save(flags);
	zoo_irq_restore(flags);
}

static noinline __noclone void zoo_nested_save(void)
{
	unsigned long flags, more;

	local_irq_save(flags);
	local_irq_save(more);
	zoo_irq_restore(more);
	zoo_irq_restore(flags);
}

/* Runs with IRQs off: so they are in the flags, and so they stay. */
static noinline __noclone void zoo_saved_off(void)
{
	unsigned long flags;

	local_irq_save(flags);
	zoo_irq_restore(flags);
}

static noinline __noclone void zoo_locked_callback(void)
{
	unsigned long flags;

	local_irq_save(flags);
	zoo_irq_restore(flags);
}

static void (*callback)(void) = zoo_locked_callback;

static void run_locked_callback(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&lock, flags);
	READ_ONCE(callback)();
	raw_spin_unlock_irqrestore(&lock, flags);
}

/**
 * struct expiry - a timer that somebody waits for
 * @timer: it
 * @done: it went off
 */
struct expiry {
	struct hrtimer timer;
	struct completion done;
};

/* A timer interrupt with a section of its own, behind a section of the task's. */
static noinline __noclone enum hrtimer_restart zoo_hrtimer(struct hrtimer *timer)
{
	struct expiry *expiry = container_of(timer, struct expiry, timer);
	unsigned long flags;

	local_irq_save(flags);
	complete(&expiry->done);
	zoo_irq_restore(flags);
	return HRTIMER_NORESTART;
}

static void run_hrtimer(void)
{
	struct expiry expiry;
	unsigned long flags;

	init_completion(&expiry.done);
	zoo_hrtimer_setup(&expiry.timer, zoo_hrtimer);
	local_irq_save(flags);
	hrtimer_start(&expiry.timer, ns_to_ktime(EXPIRY_NS), HRTIMER_MODE_REL_HARD);
	udelay(2 * EXPIRY_NS / NSEC_PER_USEC);
	zoo_irq_restore(flags);
	wait_for_completion(&expiry.done);
	hrtimer_cancel(&expiry.timer);
	destroy_hrtimer_on_stack(&expiry.timer);
}

/* As cond_local_irq_enable() and its counterpart do around an exception's work. */
static noinline __noclone void zoo_cond_enable(void)
{
	unsigned long flags;

	local_irq_save(flags);
	if (!irqs_disabled_flags(flags))
		local_irq_enable();
	cpu_relax();
	if (!irqs_disabled_flags(flags))
		local_irq_disable();
	zoo_irq_restore(flags);
}

/* hv_qlock_wait(): sleeps with IRQs off, and an interrupt only wakes it. */
static noinline __noclone void zoo_hv_qlock_wait(void)
{
	unsigned long flags;

	local_irq_save(flags);
	cpu_relax();
	zoo_irq_restore(flags);
}

/*
 * "locking/lockdep: skip irq save/restore in hardirq context in lock_release()"
 * (2026) takes such a pair, whose flags have IRQs off, for what enables them.
 */
static noinline __noclone void zoo_lock_release(struct irq_work *unused)
{
	unsigned long flags;

	local_irq_save(flags);
	zoo_irq_restore(flags);
}

static void run_lock_release(void)
{
	struct irq_work work = IRQ_WORK_INIT_HARD(zoo_lock_release);

	irq_work_queue(&work);
	irq_work_sync(&work);
}

/* NMIs that this has sent and not seen yet. */
static atomic_t nmis;

static noinline __noclone int zoo_nmi(unsigned int type, struct pt_regs *regs)
{
	unsigned long flags;

	if (atomic_read(&nmis) == 0)
		return NMI_DONE;
	raw_local_irq_save(flags);
	atomic_dec(&nmis);
	raw_local_irq_restore(flags);
	return NMI_HANDLED;
}

static void run_nmi(void)
{
	unsigned int waited;

	if (register_nmi_handler(NMI_LOCAL, zoo_nmi, 0, "irqsan_zoo"))
		return;
	atomic_set(&nmis, 1);
	preempt_disable();
	apic->send_IPI(smp_processor_id(), NMI_VECTOR);
	preempt_enable();
	for (waited = 0; atomic_read(&nmis) && waited < NMI_TIMEOUT_MS; waited++)
		usleep_range(1000, 2000);
	unregister_nmi_handler(NMI_LOCAL, "irqsan_zoo");
}

/*
 * A driver that hands an interrupt on with IRQs on, as lan78xx did before 0a29ac5bd3a9: the
 * kernel says that the handler enabled them, which did nothing of the kind.
 */
static noinline __noclone void zoo_handler_entry(void)
{
	unsigned long flags;

	local_irq_save(flags);
	cpu_relax();
	zoo_irq_restore(flags);
}

/* As kernel/stop_machine.c: saved long before somebody may turn them off. */
static noinline __noclone void zoo_multi_cpu_stop(void)
{
	unsigned long flags;
	int state;

	local_save_flags(flags);
	for (state = 0; state < 4; state++) {
		if (state == 2)
			local_irq_disable();
		cpu_relax();
	}
	zoo_irq_restore(flags);
}

/* As do_softirq(): softirqs run with IRQs on, within a section that doesn't mind. */
static noinline __noclone void zoo_do_softirq(void)
{
	unsigned long flags;

	local_irq_save(flags);
	local_irq_enable();
	cpu_relax();
	local_irq_disable();
	zoo_irq_restore(flags);
}

const struct exhibit zoo_friends[] = {
	{
		.name = "redundant_enable", .kind = ZOO_FRIEND, .run = zoo_redundant_enable,
		.site = "zoo_redundant_enable",
		.reference = "Lai Jiangshan on f4e61f0c9add (Aug 2021)",
	}, {
		.name = "nested_save", .kind = ZOO_FRIEND, .run = zoo_nested_save,
		.site = "zoo_nested_save", .reference = "save in save",
	}, {
		.name = "saved_off", .kind = ZOO_FRIEND, .run = zoo_saved_off, .irqs_off = true,
		.site = "zoo_saved_off", .reference = "flags that have IRQs off",
	}, {
		.name = "locked_callback", .kind = ZOO_FRIEND, .run = run_locked_callback,
		.site = "zoo_locked_callback", .reference = "a callback below spin_lock_irqsave",
	}, {
		.name = "hrtimer", .kind = ZOO_FRIEND, .run = run_hrtimer,
		.site = "zoo_hrtimer", .reference = "save in an hrtimer's callback",
	}, {
		.name = "cond_enable", .kind = ZOO_FRIEND, .run = zoo_cond_enable,
		.site = "zoo_cond_enable", .reference = "cond_local_irq_enable()",
	}, {
		.name = "hv_qlock_wait", .kind = ZOO_FRIEND, .run = zoo_hv_qlock_wait,
		.site = "zoo_hv_qlock_wait", .reference = "hv_qlock_wait()",
	}, {
		.name = "lock_release", .kind = ZOO_FRIEND, .run = run_lock_release,
		.site = "zoo_lock_release",
		.reference = "locking/lockdep: skip irq save/restore in hardirq context (2026)",
	}, {
		.name = "nmi", .kind = ZOO_FRIEND, .run = run_nmi, .alone = true,
		.site = "zoo_nmi", .reference = "save in an NMI handler",
	}, {
		.name = "handler_entry", .kind = ZOO_FRIEND, .run = zoo_handler_entry,
		.site = "zoo_handler_entry",
		.reference = "0a29ac5bd3a9: a handler that is called with IRQs on",
	}, {
		.name = "multi_cpu_stop", .kind = ZOO_FRIEND, .run = zoo_multi_cpu_stop,
		.site = "zoo_multi_cpu_stop", .reference = "multi_cpu_stop()",
	}, {
		.name = "do_softirq", .kind = ZOO_FRIEND, .run = zoo_do_softirq,
		.site = "zoo_do_softirq", .reference = "do_softirq()",
	},
	{ }
};
