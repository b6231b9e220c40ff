// SPDX-License-Identifier: GPL-2.0
/*
 * Restores with IRQs on: the plain forms, and the shapes of bugs that really
 * happened, each beside a twin without the bug. Written anew from what the
 * commits and threads say; only the order of what is done to the IRQ flags is
 * the real thing's.
 *
 * Locks are raw ones, so that they turn IRQs off on PREEMPT_RT too. No
 * interrupt takes any of them: being interrupted with one held is harmless.
 */
#include <linux/bottom_half.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/spinlock.h>
#include <linux/version.h>
#include <asm/processor-flags.h>

#include "compat.h"
#include "zoo.h"

static DEFINE_RAW_SPINLOCK(outer);
static DEFINE_RAW_SPINLOCK(inner);

/* The plain form. */
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
	raw_spinlock_t own = __RAW_SPIN_LOCK_UNLOCKED(own);
	unsigned long flags;

	raw_spin_lock_irqsave(&own, flags);
	local_irq_enable();
	raw_spin_unlock_irqrestore(&own, flags);
}

/*
 * f4e61f0c9add "x86/kvm: Fix broken irq restoration in kvm_wait" (Mar 2021):
 * safe_halt() comes back with IRQs on.
 */
static noinline __noclone void zoo_kvm_wait(void)
{
	unsigned long flags;

	local_irq_save(flags);
	if (irqs_disabled_flags(flags))
		halt();
	else
		safe_halt();
	zoo_irq_restore(flags);
}

static noinline __noclone void zoo_kvm_wait_fixed(void)
{
	if (irqs_disabled()) {
		halt();
	} else {
		local_irq_disable();
		safe_halt();
	}
}

/*
 * The same where the compiler sees that the flags have IRQs on: the restore is
 * a plain sti then, which is what it does and not what it is.
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

/*
 * 74d315b5af18 "RDMA/hns: Fix spin_unlock_irqrestore() called with IRQs
 * enabled": the completion queues are locked for somebody who has IRQs off.
 */
static noinline __noclone void zoo_hns_roce_lock_cqs(void)
{
	raw_spin_lock_irq(&inner);
}

static noinline __noclone void zoo_hns_roce_unlock_cqs(void)
{
	raw_spin_unlock_irq(&inner);
}

static noinline __noclone void zoo_hns_roce(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&outer, flags);
	zoo_hns_roce_lock_cqs();
	zoo_hns_roce_unlock_cqs();
	raw_spin_unlock_irqrestore(&outer, flags);
}

static noinline __noclone void zoo_hns_roce_fixed(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&outer, flags);
	raw_spin_lock(&inner);
	raw_spin_unlock(&inner);
	raw_spin_unlock_irqrestore(&outer, flags);
}

/*
 * 221384df6123 "RDMA/cm: Fix IRQ restore in ib_send_cm_sidr_rep" (Mar 2021): a
 * step of the work has become a function, with a lock of its own.
 */
static noinline __noclone void zoo_cm_sidr_send(int *node)
{
	raw_spin_lock_irq(&inner);
	*node = 0;
	raw_spin_unlock_irq(&inner);
}

static noinline __noclone void zoo_cm_sidr(void)
{
	unsigned long flags;
	int node = 1;

	raw_spin_lock_irqsave(&outer, flags);
	if (node)
		zoo_cm_sidr_send(&node);
	raw_spin_unlock_irqrestore(&outer, flags);
}

static noinline __noclone void zoo_cm_sidr_fixed(void)
{
	unsigned long flags, more;
	int node = 1;

	raw_spin_lock_irqsave(&outer, flags);
	raw_spin_lock_irqsave(&inner, more);
	node = 0;
	raw_spin_unlock_irqrestore(&inner, more);
	raw_spin_unlock_irqrestore(&outer, flags);
	barrier_data(&node);
}

/*
 * 524bb1da785a "PM: core: keep irq flags in device_pm_check_callbacks()": only
 * where the power domain is locked by a spinlock. Later pairs of save and
 * restore, as here, must not hide who it was.
 */
static noinline __noclone void zoo_pm_check_callbacks(void)
{
	raw_spin_lock_irq(&inner);
	raw_spin_unlock_irq(&inner);
}

static noinline __noclone void zoo_pm_callbacks(void)
{
	unsigned long flags, later;

	raw_spin_lock_irqsave(&outer, flags);
	zoo_pm_check_callbacks();
	raw_spin_lock_irqsave(&inner, later);
	raw_spin_unlock_irqrestore(&inner, later);
	raw_spin_unlock_irqrestore(&outer, flags);
}

static noinline __noclone void zoo_pm_callbacks_fixed(void)
{
	unsigned long flags, later;

	raw_spin_lock_irqsave(&outer, flags);
	raw_spin_lock_irqsave(&inner, later);
	raw_spin_unlock_irqrestore(&inner, later);
	raw_spin_unlock_irqrestore(&outer, flags);
}

/*
 * 35cb2c6ce7da "irqchip/gic-v3-its: Don't enable interrupts in
 * its_irq_set_vcpu_affinity()", CVE-2024-57949: a guard in a callback, at whose
 * scope's end IRQs come on.
 */
static noinline __noclone int zoo_its_set_vcpu(void)
{
	zoo_guard_irq(&inner);
	return 0;
}

static noinline __noclone int zoo_its_set_vcpu_fixed(void)
{
	raw_spin_lock(&inner);
	raw_spin_unlock(&inner);
	return 0;
}

static void its_affinity(int (*set_vcpu)(void))
{
	unsigned long flags;

	raw_spin_lock_irqsave(&outer, flags);
	set_vcpu();
	raw_spin_unlock_irqrestore(&outer, flags);
}

static noinline __noclone void zoo_its_affinity(void)
{
	its_affinity(zoo_its_set_vcpu);
}

static noinline __noclone void zoo_its_affinity_fixed(void)
{
	its_affinity(zoo_its_set_vcpu_fixed);
}

/*
 * "[ISSUE + PATCH] Interrupts were enabled early by spinlock guard" (Aug 2025),
 * irqchip/atmel-aic: the same in early boot, where IRQs are off and nobody has
 * saved any flags. There is no restore that could be looked at.
 */
static noinline __noclone void zoo_aic_xlate(void)
{
	zoo_guard_irq(&inner);
}

static noinline __noclone void zoo_aic_xlate_fixed(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&inner, flags);
	raw_spin_unlock_irqrestore(&inner, flags);
}

/*
 * 18b2093f4598 "sched_ext: Fix invalid irq restore in scx_ops_bypass()": flags
 * that were never saved are restored, and happen to have IRQs on.
 */
static noinline __noclone void zoo_scx_bypass_skip(unsigned long never_saved)
{
	raw_spin_lock(&inner);
	raw_spin_unlock_irqrestore(&inner, never_saved);
}

static noinline __noclone void zoo_scx_bypass(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&outer, flags);
	zoo_scx_bypass_skip(X86_EFLAGS_FIXED | X86_EFLAGS_IF);
	raw_spin_unlock_irqrestore(&outer, flags);
}

static noinline __noclone void zoo_scx_bypass_fixed(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&outer, flags);
	raw_spin_lock(&inner);
	raw_spin_unlock(&inner);
	raw_spin_unlock_irqrestore(&outer, flags);
}

/*
 * a099b08599e6 "RDMA/rxe: Revert changes from irqsave to bh locks": bh locks
 * for a caller who has IRQs off. What ends them turns IRQs on only where it is
 * built to trace IRQ flags.
 */
static noinline __noclone void zoo_rxe_bh_pool(void)
{
	local_bh_disable();
	local_bh_enable();
}

static noinline __noclone void zoo_rxe_bh(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&outer, flags);
	zoo_rxe_bh_pool();
	raw_spin_unlock_irqrestore(&outer, flags);
}

static noinline __noclone void zoo_rxe_bh_fixed(void)
{
	unsigned long flags, more;

	raw_spin_lock_irqsave(&outer, flags);
	raw_spin_lock_irqsave(&inner, more);
	raw_spin_unlock_irqrestore(&inner, more);
	raw_spin_unlock_irqrestore(&outer, flags);
}

/*
 * syzbot c1571e01da4f "possible deadlock in swake_up_one" and its siblings, and
 * ff9105993240 "bpf, sockmap: Prevent lock inversion deadlock in map delete
 * elem": a BPF program on a tracepoint takes a bh lock below any lock.
 */
static void (*zoo_sockmap_prog)(void) = zoo_rxe_bh_pool;

static noinline __noclone void zoo_sockmap(void)
{
	unsigned long flags;

	local_irq_save(flags);
	READ_ONCE(zoo_sockmap_prog)();
	zoo_irq_restore(flags);
}

static noinline __noclone void zoo_sockmap_fixed(void)
{
	unsigned long flags;

	local_irq_save(flags);
	if (!irqs_disabled())
		READ_ONCE(zoo_sockmap_prog)();
	zoo_irq_restore(flags);
}

/*
 * "6.16-rcX: crashing way too often on thinkpad X220" (Jul 2025): printk with
 * IRQs off, to a console whose cursor is hidden by cancelling a work.
 */
static noinline __noclone void zoo_fbcon_flush_work(void)
{
	raw_spin_lock_irq(&inner);
	raw_spin_unlock_irq(&inner);
}

static noinline __noclone void zoo_fbcon_flush_work_fixed(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&inner, flags);
	raw_spin_unlock_irqrestore(&inner, flags);
}

static void (*zoo_fbcon_write)(void) = zoo_fbcon_flush_work;
static void (*zoo_fbcon_write_fixed)(void) = zoo_fbcon_flush_work_fixed;

static noinline __noclone void zoo_fbcon(void)
{
	unsigned long flags;

	local_irq_save(flags);
	READ_ONCE(zoo_fbcon_write)();
	zoo_irq_restore(flags);
}

static noinline __noclone void zoo_fbcon_fixed(void)
{
	unsigned long flags;

	local_irq_save(flags);
	READ_ONCE(zoo_fbcon_write_fixed)();
	zoo_irq_restore(flags);
}

/*
 * syzbot 4cb9fad08389 "sleeping function called from invalid context in
 * snd_card_locked": the timer's lock is dropped for a callback, its flags stay,
 * and the callback sleeps.
 */
static noinline __noclone void zoo_snd_timer_callback(void)
{
	msleep(20);
}

static noinline __noclone void zoo_snd_timer(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&outer, flags);
	raw_spin_unlock(&outer);
	zoo_snd_timer_callback();
	raw_spin_lock(&outer);
	raw_spin_unlock_irqrestore(&outer, flags);
}

static noinline __noclone void zoo_snd_timer_fixed(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&outer, flags);
	raw_spin_unlock_irqrestore(&outer, flags);
	zoo_snd_timer_callback();
	raw_spin_lock_irqsave(&outer, flags);
	raw_spin_unlock_irqrestore(&outer, flags);
}

/*
 * 187ad460b841 "mm/page_alloc: avoid page allocator recursion with pagesets.lock
 * held": page_owner allocates for its stack, and may sleep, with IRQs off.
 */
static noinline __noclone void zoo_bulk_alloc_page_owner(bool may_sleep)
{
	if (may_sleep)
		msleep(20);
}

static noinline __noclone void zoo_bulk_alloc(void)
{
	unsigned long flags;

	local_irq_save(flags);
	zoo_bulk_alloc_page_owner(true);
	zoo_irq_restore(flags);
}

static noinline __noclone void zoo_bulk_alloc_fixed(void)
{
	unsigned long flags;

	local_irq_save(flags);
	zoo_bulk_alloc_page_owner(false);
	zoo_irq_restore(flags);
}

/*
 * 26f29b149169 (net: backlog lock on PREEMPT_RT, Feb 2026): a lock that doesn't
 * turn IRQs off there, with a restore that stands alone. Saving without
 * turning off stands for that lock.
 */
static noinline __noclone void zoo_backlog(void)
{
	unsigned long flags;

	local_save_flags(flags);
	raw_spin_lock(&outer);
	raw_spin_unlock(&outer);
	zoo_irq_restore(flags);
}

static noinline __noclone void zoo_backlog_fixed(void)
{
	unsigned long flags;

	local_irq_save(flags);
	raw_spin_lock(&outer);
	raw_spin_unlock(&outer);
	zoo_irq_restore(flags);
}

/*
 * openzfs/spl pull request 299 (2013): IRQs are on while the cache is refilled,
 * on which the task may sleep and move, and off again at the restore.
 */
static noinline __noclone void zoo_spl_cache_refill(void)
{
	local_irq_enable();
	msleep(20);
	local_irq_disable();
}

static noinline __noclone void zoo_spl_cache(void)
{
	unsigned long flags;

	local_irq_save(flags);
	zoo_spl_cache_refill();
	zoo_irq_restore(flags);
}

static noinline __noclone void zoo_spl_cache_fixed(void)
{
	unsigned long flags;

	local_irq_save(flags);
	zoo_irq_restore(flags);
	msleep(20);
	local_irq_save(flags);
	zoo_irq_restore(flags);
}

#ifdef CONFIG_TRACE_IRQFLAGS
#define BH_MISSED NULL
#else
#define BH_MISSED "without TRACE_IRQFLAGS the end of a bh lock leaves IRQs off"
#endif

/* There a task that is preempted in its bh section would lose its protection. */
#ifdef CONFIG_PREEMPT_RT
#define BH_UNSUPPORTED "bh sections belong to a task on PREEMPT_RT"
#else
#define BH_UNSUPPORTED NULL
#endif

/* Before that a restore was a popf, whatever the flags (commit ab234a260b1f). */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 12, 0)
#define KNOWN_MISSED "the compiler knows the flags: the restore is a plain sti"
#else
#define KNOWN_MISSED NULL
#endif

#define HALT_UNBLAMED "an inlined sti; hlt can't be watched"

const struct exhibit zoo_bugs[] = {
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
		.site = SITE_UNLOCK, .enabler = "zoo_rawlock",
		.reference = "the plain form below a raw spinlock",
	}, {
		.name = "kvm_wait", .run = zoo_kvm_wait, .fixed = zoo_kvm_wait_fixed,
		.violations = 1, .site = "zoo_kvm_wait", .enabler = "zoo_kvm_wait",
		.unblamed = HALT_UNBLAMED,
		.reference = "f4e61f0c9add",
	}, {
		.name = "known_flags", .run = zoo_known_flags, .violations = 1,
		.site = "zoo_known_flags", .enabler = "zoo_known_flags", .missed = KNOWN_MISSED,
		.reference = "the plain form, with flags that are known to be on",
	}, {
		.name = "hns_roce", .run = zoo_hns_roce, .fixed = zoo_hns_roce_fixed,
		.violations = 1, .site = SITE_UNLOCK, .enabler = "zoo_hns_roce_unlock_cqs",
		.reference = "74d315b5af18",
	}, {
		.name = "cm_sidr", .run = zoo_cm_sidr, .fixed = zoo_cm_sidr_fixed,
		.violations = 1, .site = SITE_UNLOCK, .enabler = "zoo_cm_sidr_send",
		.reference = "221384df6123",
	}, {
		.name = "pm_callbacks", .run = zoo_pm_callbacks, .fixed = zoo_pm_callbacks_fixed,
		.violations = 1, .site = SITE_UNLOCK, .enabler = "zoo_pm_check_callbacks",
		.reference = "524bb1da785a",
	}, {
		.name = "its_affinity", .run = zoo_its_affinity, .fixed = zoo_its_affinity_fixed,
		.violations = 1, .site = SITE_UNLOCK, .enabler = "zoo_its_set_vcpu",
		.reference = "35cb2c6ce7da",
	}, {
		.name = "aic_xlate", .run = zoo_aic_xlate, .fixed = zoo_aic_xlate_fixed,
		.irqs_off = true, .violations = 1,
		.missed = "no flags are restored behind the enable",
		.reference = "Interrupts were enabled early by spinlock guard (Aug 2025)",
	}, {
		.name = "scx_bypass", .run = zoo_scx_bypass, .fixed = zoo_scx_bypass_fixed,
		.violations = 1, .site = SITE_UNLOCK, .enabler = "zoo_scx_bypass_skip",
		.unblamed = "restores aren't watched as enables",
		.reference = "18b2093f4598",
	}, {
		.name = "rxe_bh", .run = zoo_rxe_bh, .fixed = zoo_rxe_bh_fixed,
		.violations = 1, .site = SITE_UNLOCK, .enabler = "zoo_rxe_bh_pool",
		.missed = BH_MISSED, .unsupported = BH_UNSUPPORTED,
		.reference = "a099b08599e6",
	}, {
		.name = "sockmap", .run = zoo_sockmap, .fixed = zoo_sockmap_fixed,
		.violations = 1, .site = "zoo_sockmap", .enabler = "zoo_rxe_bh_pool",
		.missed = BH_MISSED, .unsupported = BH_UNSUPPORTED,
		.reference = "ff9105993240",
	}, {
		.name = "fbcon", .run = zoo_fbcon, .fixed = zoo_fbcon_fixed, .irqs_off = true,
		.violations = 1, .site = "zoo_fbcon", .hard = true,
		.enabler = "zoo_fbcon_flush_work",
		.reference = "6.16-rcX: crashing way too often on thinkpad X220 (Jul 2025)",
	}, {
		.name = "snd_timer", .run = zoo_snd_timer, .fixed = zoo_snd_timer_fixed,
		.violations = 1, .site = SITE_UNLOCK, .enabler = ENABLER_SLEEP,
		.reference = "syzbot 4cb9fad08389",
	}, {
		.name = "bulk_alloc", .run = zoo_bulk_alloc, .fixed = zoo_bulk_alloc_fixed,
		.violations = 1, .site = "zoo_bulk_alloc", .enabler = ENABLER_SLEEP,
		.reference = "187ad460b841",
	}, {
		.name = "backlog", .run = zoo_backlog, .fixed = zoo_backlog_fixed,
		.violations = 1, .site = "zoo_backlog",
		.reference = "26f29b149169",
	}, {
		.name = "spl_cache", .run = zoo_spl_cache, .fixed = zoo_spl_cache_fixed,
		.violations = 1, .site = "zoo_spl_cache",
		.missed = "IRQs are off again at the restore",
		.reference = "openzfs/spl pull request 299",
	},
	{ }
};
