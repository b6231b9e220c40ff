// SPDX-License-Identifier: GPL-2.0
/*
 * Bugs that really happened, of the kind that no check at a restore sees: IRQs are off
 * again there, or there is no restore. As in bugs.c otherwise.
 */
#include <linux/bottom_half.h>
#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/spinlock.h>
#include <asm/processor-flags.h>

#include "compat.h"
#include "zoo.h"

static DEFINE_RAW_SPINLOCK(outer);
static DEFINE_RAW_SPINLOCK(inner);

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
 * b794918961516 "dma-buf/sw-sync: don't enable IRQ from sync_print_obj()" (May 2024):
 * a pair without flags within another. IRQs come on in the outer section, and nobody
 * restores any flags.
 */
static noinline __noclone void zoo_irq_in_irq_obj(void)
{
	raw_spin_lock_irq(&inner);
	raw_spin_unlock_irq(&inner);
}

static noinline __noclone void zoo_irq_in_irq(void)
{
	raw_spin_lock_irq(&outer);
	zoo_irq_in_irq_obj();
	raw_spin_unlock_irq(&outer);
}

static noinline __noclone void zoo_irq_in_irq_fixed(void)
{
	raw_spin_lock_irq(&outer);
	raw_spin_lock(&inner);
	raw_spin_unlock(&inner);
	raw_spin_unlock_irq(&outer);
}

/*
 * 3948b6f2b767 "libata: fix unbalanced spin_lock_irqsave/spin_unlock_irq() in
 * ata_scsi_park_show()" (Feb 2016): the flags are never restored, which is wrong
 * for a caller who has IRQs off.
 */
static noinline __noclone void zoo_mixed_pair(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&outer, flags);
	raw_spin_unlock_irq(&outer);
}

static noinline __noclone void zoo_mixed_pair_fixed(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&outer, flags);
	raw_spin_unlock_irqrestore(&outer, flags);
}

/*
 * 7cca85dff2d2 "scsi: elx: libefc: Fix IRQ restore in efc_domain_dispatch_frame()" (Jun
 * 2021): two sections, one variable. What is restored last has IRQs off.
 */
static noinline __noclone void zoo_flags_reused(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&outer, flags);
	raw_spin_lock_irqsave(&inner, flags);
	raw_spin_unlock_irqrestore(&inner, flags);
	raw_spin_unlock_irqrestore(&outer, flags);
	/* The bug leaves them off, which our caller can't stand. */
	local_irq_enable();
}

static noinline __noclone void zoo_flags_reused_fixed(void)
{
	unsigned long flags, more;

	raw_spin_lock_irqsave(&outer, flags);
	raw_spin_lock_irqsave(&inner, more);
	raw_spin_unlock_irqrestore(&inner, more);
	raw_spin_unlock_irqrestore(&outer, flags);
}

/*
 * "scsi: fnic: Handle NVMe LS frames" (Jun 2026, found in review): a helper drops its
 * caller's lock with flags that lie beside the lock, and the caller keeps his own.
 * What lies there is somebody else's: IRQs come on for a caller who has them off.
 * The twin is what pm80xx does since b27a40534ef7: all use those beside the lock.
 */
static unsigned long shared_flags = X86_EFLAGS_FIXED | X86_EFLAGS_IF;

static noinline __noclone void zoo_shared_flags_helper(void)
{
	raw_spin_unlock_irqrestore(&outer, shared_flags);
	raw_spin_lock_irqsave(&outer, shared_flags);
}

static noinline __noclone void zoo_shared_flags(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&outer, flags);
	zoo_shared_flags_helper();
	raw_spin_unlock_irqrestore(&outer, flags);
}

static noinline __noclone void zoo_shared_flags_fixed(void)
{
	unsigned long before = shared_flags;

	raw_spin_lock_irqsave(&outer, shared_flags);
	zoo_shared_flags_helper();
	raw_spin_unlock_irqrestore(&outer, shared_flags);
	shared_flags = before;
}

/*
 * 5b6547ed97f4 "sched/core: Fix forceidle balancing" (Mar 2022): a callback that one
 * function has queued is run by another, which holds one more lock, and drops the
 * lock that it knows of.
 */
static noinline __noclone void zoo_core_balance(void)
{
	raw_spin_unlock_irq(&inner);
	raw_spin_lock_irq(&inner);
}

static noinline __noclone void zoo_core_balance_fixed(void)
{
}

static noinline __noclone void zoo_balance_callback(void (*queued)(void))
{
	unsigned long flags;

	raw_spin_lock_irqsave(&outer, flags);
	raw_spin_lock(&inner);
	queued();
	raw_spin_unlock(&inner);
	raw_spin_unlock_irqrestore(&outer, flags);
}

static void run_balance_callback(void)
{
	zoo_balance_callback(zoo_core_balance);
}

static void run_balance_callback_fixed(void)
{
	zoo_balance_callback(zoo_core_balance_fixed);
}

/*
 * nicstar's _ns_send(), and others: the lock is dropped to wait, IRQs are turned on
 * for that, whatever the flags say, and off again.
 */
static noinline __noclone void zoo_drop_wait(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&outer, flags);
	raw_spin_unlock_irq(&outer);
	msleep(20);
	raw_spin_lock_irq(&outer);
	raw_spin_unlock_irqrestore(&outer, flags);
}

static noinline __noclone void zoo_drop_wait_fixed(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&outer, flags);
	raw_spin_unlock_irqrestore(&outer, flags);
	msleep(20);
	raw_spin_lock_irqsave(&outer, flags);
	raw_spin_unlock_irqrestore(&outer, flags);
}

/*
 * luainkernel/lunatik#891 (Sep 2026): the end of a bh lock runs what softirqs are
 * pending, with IRQs on, and turns them off again for a caller who has them off.
 */
static noinline __noclone void zoo_window(struct tasklet_struct *unused)
{
}

static noinline __noclone void zoo_softirq_window(void)
{
	struct tasklet_struct pending;
	unsigned long flags;

	tasklet_setup(&pending, zoo_window);
	local_irq_save(flags);
	local_bh_disable();
	tasklet_schedule(&pending);
	local_bh_enable();
	zoo_irq_restore(flags);
	tasklet_kill(&pending);
}

static noinline __noclone void zoo_softirq_window_fixed(void)
{
	struct tasklet_struct pending;
	unsigned long flags;

	tasklet_setup(&pending, zoo_window);
	local_bh_disable();
	local_irq_save(flags);
	tasklet_schedule(&pending);
	zoo_irq_restore(flags);
	local_bh_enable();
	tasklet_kill(&pending);
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

#define OFF_AGAIN "IRQs are off again at the restore"
#define NO_RESTORE "no flags are restored behind the enable"

/* There the end of a bh lock leaves them on. */
#ifdef CONFIG_TRACE_IRQFLAGS
#define WINDOW_MISSED NULL
#else
#define WINDOW_MISSED OFF_AGAIN
#endif

const struct exhibit zoo_blind[] = {
	{
		.name = "aic_xlate", .run = zoo_aic_xlate, .fixed = zoo_aic_xlate_fixed,
		.irqs_off = true, .violations = 1, .missed = NO_RESTORE,
		.unsupported = ZOO_GUARD_UNSUPPORTED,
		.reference = "Interrupts were enabled early by spinlock guard (Aug 2025)",
	}, {
		.name = "irq_in_irq", .run = zoo_irq_in_irq, .fixed = zoo_irq_in_irq_fixed,
		.violations = 1, .missed = NO_RESTORE,
		.reference = "b794918961516",
	}, {
		.name = "mixed_pair", .run = zoo_mixed_pair, .fixed = zoo_mixed_pair_fixed,
		.irqs_off = true, .violations = 1, .missed = NO_RESTORE,
		.reference = "3948b6f2b767",
	}, {
		.name = "flags_reused", .run = zoo_flags_reused, .fixed = zoo_flags_reused_fixed,
		.violations = 1, .site = SITE_UNLOCK, .caller = "zoo_flags_reused",
		.missed = "what is restored leaves IRQs off, and so they are",
		.reference = "7cca85dff2d2",
	}, {
		.name = "shared_flags", .run = zoo_shared_flags, .fixed = zoo_shared_flags_fixed,
		.irqs_off = true, .alone = true, .violations = 1, .site = SITE_UNLOCK,
		.caller = "zoo_shared_flags", .hard = true, .missed = OFF_AGAIN,
		.reference = "scsi: fnic: Handle NVMe LS frames, v4 8/13 (Jun 2026)",
	}, {
		.name = "balance_callback", .run = run_balance_callback,
		.fixed = run_balance_callback_fixed, .violations = 1, .site = SITE_UNLOCK,
		.caller = "zoo_balance_callback", .missed = OFF_AGAIN,
		.reference = "5b6547ed97f4",
	}, {
		.name = "drop_wait", .run = zoo_drop_wait, .fixed = zoo_drop_wait_fixed,
		.violations = 1, .site = SITE_UNLOCK, .caller = "zoo_drop_wait",
		.missed = OFF_AGAIN,
		.reference = "nicstar, _ns_send()",
	}, {
		.name = "softirq_window", .run = zoo_softirq_window,
		.fixed = zoo_softirq_window_fixed, .violations = 1, .site = "zoo_softirq_window",
		.enabler = "zoo_softirq_window", .missed = WINDOW_MISSED,
		.unsupported = ZOO_BH_UNSUPPORTED,
		.reference = "luainkernel/lunatik#891 (Sep 2026)",
	}, {
		.name = "spl_cache", .run = zoo_spl_cache, .fixed = zoo_spl_cache_fixed,
		.violations = 1, .site = "zoo_spl_cache", .missed = OFF_AGAIN,
		.reference = "openzfs/spl pull request 299",
	},
	{ }
};
