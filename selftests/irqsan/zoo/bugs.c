// SPDX-License-Identifier: GPL-2.0
/*
 * Bugs that really happened, of the kind that a check at the restore sees, each
 * beside a twin without the bug. Written anew from what the commits and threads
 * say; only the order of what is done to the IRQ flags is the real thing's.
 *
 * Locks are raw ones, so that they turn IRQs off on PREEMPT_RT too. No
 * interrupt takes any of them: being interrupted with one held is harmless.
 */
#include <linux/bottom_half.h>
#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/spinlock.h>
#include <asm/processor-flags.h>

#include "compat.h"
#include "zoo.h"

static DEFINE_RAW_SPINLOCK(outer);
static DEFINE_RAW_SPINLOCK(inner);

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

static __always_inline void its_affinity(int (*set_vcpu)(void))
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
 * 1b4cd55626b6 (rtlwifi, rtl8723be_hw_init(), Jul 2026), and its siblings of other
 * chips that still have it: saving doesn't turn IRQs off, the work is so long that
 * they are turned on for it, and the restore finds them so. The twin is what
 * rtl8192cu does since 8b144dedb928 (Dec 2021).
 */
static noinline __noclone void zoo_rtl_hw_init(void)
{
	unsigned long flags;

	local_save_flags(flags);
	local_irq_enable();
	cpu_relax();
	zoo_irq_restore(flags);
}

static noinline __noclone void zoo_rtl_hw_init_fixed(void)
{
	unsigned long flags;

	local_save_flags(flags);
	local_irq_enable();
	cpu_relax();
	local_irq_disable();
	zoo_irq_restore(flags);
}

/*
 * ac0a230f719b "net: ethernet: sungem: remove gem_poll_controller()": netpoll sends
 * with IRQs off, for a printk() that has turned them off already, and the driver's
 * callback waits for an interrupt handler to end, which sleeps.
 */
static noinline __noclone void zoo_gem_disable_irq(bool synchronously)
{
	if (synchronously)
		msleep(20);
}

static noinline __noclone void zoo_gem_poll_controller(void)
{
	zoo_gem_disable_irq(true);
}

static noinline __noclone void zoo_gem_poll_controller_fixed(void)
{
	zoo_gem_disable_irq(false);
}

static noinline __noclone void zoo_netpoll_send(void (*poll)(void))
{
	unsigned long flags;

	local_irq_save(flags);
	poll();
	zoo_irq_restore(flags);
}

static void run_netpoll_poll(void)
{
	local_irq_disable();
	zoo_netpoll_send(zoo_gem_poll_controller);
	local_irq_enable();
}

static void run_netpoll_poll_fixed(void)
{
	local_irq_disable();
	zoo_netpoll_send(zoo_gem_poll_controller_fixed);
	local_irq_enable();
}

/*
 * b794918961516 "dma-buf/sw-sync: don't enable IRQ from sync_print_obj()" for a list
 * whose lock was taken by irqsave: each object on it is printed below its own lock.
 */
static noinline __noclone void zoo_print_obj(int obj)
{
	raw_spin_lock_irq(&inner);
	barrier_data(&obj);
	raw_spin_unlock_irq(&inner);
}

static noinline __noclone void zoo_list_lock(void)
{
	unsigned long flags;
	int obj;

	raw_spin_lock_irqsave(&outer, flags);
	for (obj = 0; obj < 3; obj++)
		zoo_print_obj(obj);
	raw_spin_unlock_irqrestore(&outer, flags);
}

static noinline __noclone void zoo_print_obj_fixed(int obj)
{
	raw_spin_lock(&inner);
	barrier_data(&obj);
	raw_spin_unlock(&inner);
}

static noinline __noclone void zoo_list_lock_fixed(void)
{
	unsigned long flags;
	int obj;

	raw_spin_lock_irqsave(&outer, flags);
	for (obj = 0; obj < 3; obj++)
		zoo_print_obj_fixed(obj);
	raw_spin_unlock_irqrestore(&outer, flags);
}

/*
 * "rqspinlock in locktorture" (Nov 2025): taking such a lock may fail, and restores the
 * flags then. Who doesn't look restores them again when he unlocks what he doesn't
 * have. Here it always fails.
 */
static noinline __noclone int zoo_res_lock_irqsave(unsigned long *flags)
{
	local_irq_save(*flags);
	zoo_irq_restore(*flags);
	return -EDEADLK;
}

static noinline __noclone void zoo_failed_lock(void)
{
	unsigned long flags;

	zoo_res_lock_irqsave(&flags);
	zoo_irq_restore(flags);
}

static noinline __noclone void zoo_failed_lock_fixed(void)
{
	unsigned long flags;

	if (!zoo_res_lock_irqsave(&flags))
		zoo_irq_restore(flags);
}

/*
 * 2e898e4c0a38 "writeback: safer lock nesting" (Apr 2018): IRQs are off by one pair only
 * while a page moves to another memory cgroup, by the other only while its inode
 * switches its writeback. Only both together make the bug.
 */
static noinline __noclone void zoo_wb_inode(bool switching)
{
	if (switching)
		raw_spin_lock_irq(&inner);
	barrier();
	if (switching)
		raw_spin_unlock_irq(&inner);
}

static noinline __noclone void zoo_wb_page(bool moving, bool switching)
{
	unsigned long flags = 0;

	if (moving)
		raw_spin_lock_irqsave(&outer, flags);
	zoo_wb_inode(switching);
	if (moving)
		raw_spin_unlock_irqrestore(&outer, flags);
}

static void run_wb_switch(void)
{
	zoo_wb_page(false, false);
	zoo_wb_page(false, true);
	zoo_wb_page(true, false);
	zoo_wb_page(true, true);
}

static noinline __noclone void zoo_wb_switch_fixed(void)
{
	unsigned long flags, more;

	raw_spin_lock_irqsave(&outer, flags);
	raw_spin_lock_irqsave(&inner, more);
	raw_spin_unlock_irqrestore(&inner, more);
	raw_spin_unlock_irqrestore(&outer, flags);
}

#ifdef CONFIG_TRACE_IRQFLAGS
#define BH_MISSED NULL
#else
#define BH_MISSED "without TRACE_IRQFLAGS the end of a bh lock leaves IRQs off"
#endif

#define HALT_UNBLAMED "an inlined sti; hlt can't be watched"
#define RESTORE_UNBLAMED "restores aren't watched as enables"

const struct exhibit zoo_bugs[] = {
	{
		.name = "kvm_wait", .run = zoo_kvm_wait, .fixed = zoo_kvm_wait_fixed,
		.violations = 1, .site = "zoo_kvm_wait", .enabler = "zoo_kvm_wait",
		.unblamed = HALT_UNBLAMED,
		.reference = "f4e61f0c9add",
	}, {
		.name = "hns_roce", .run = zoo_hns_roce, .fixed = zoo_hns_roce_fixed,
		.violations = 1, .site = SITE_UNLOCK, .caller = "zoo_hns_roce",
		.enabler = "zoo_hns_roce_unlock_cqs",
		.reference = "74d315b5af18",
	}, {
		.name = "cm_sidr", .run = zoo_cm_sidr, .fixed = zoo_cm_sidr_fixed,
		.violations = 1, .site = SITE_UNLOCK, .caller = "zoo_cm_sidr",
		.enabler = "zoo_cm_sidr_send",
		.reference = "221384df6123",
	}, {
		.name = "pm_callbacks", .run = zoo_pm_callbacks, .fixed = zoo_pm_callbacks_fixed,
		.violations = 1, .site = SITE_UNLOCK, .caller = "zoo_pm_callbacks",
		.enabler = "zoo_pm_check_callbacks",
		.reference = "524bb1da785a",
	}, {
		.name = "its_affinity", .run = zoo_its_affinity, .fixed = zoo_its_affinity_fixed,
		.violations = 1, .site = SITE_UNLOCK, .caller = "zoo_its_affinity",
		.enabler = "zoo_its_set_vcpu", .unsupported = ZOO_GUARD_UNSUPPORTED,
		.reference = "35cb2c6ce7da",
	}, {
		.name = "scx_bypass", .run = zoo_scx_bypass, .fixed = zoo_scx_bypass_fixed,
		.violations = 1, .site = SITE_UNLOCK, .caller = "zoo_scx_bypass",
		.enabler = "zoo_scx_bypass_skip", .unblamed = RESTORE_UNBLAMED,
		.reference = "18b2093f4598",
	}, {
		.name = "rxe_bh", .run = zoo_rxe_bh, .fixed = zoo_rxe_bh_fixed,
		.violations = 1, .site = SITE_UNLOCK, .caller = "zoo_rxe_bh",
		.enabler = "zoo_rxe_bh_pool", .missed = BH_MISSED,
		.unsupported = ZOO_BH_UNSUPPORTED,
		.reference = "a099b08599e6",
	}, {
		.name = "sockmap", .run = zoo_sockmap, .fixed = zoo_sockmap_fixed,
		.violations = 1, .site = "zoo_sockmap", .enabler = "zoo_rxe_bh_pool",
		.missed = BH_MISSED, .unsupported = ZOO_BH_UNSUPPORTED,
		.reference = "ff9105993240",
	}, {
		.name = "fbcon", .run = zoo_fbcon, .fixed = zoo_fbcon_fixed, .irqs_off = true,
		.violations = 1, .site = "zoo_fbcon", .hard = true,
		.enabler = "zoo_fbcon_flush_work",
		.reference = "6.16-rcX: crashing way too often on thinkpad X220 (Jul 2025)",
	}, {
		.name = "snd_timer", .run = zoo_snd_timer, .fixed = zoo_snd_timer_fixed,
		.violations = 1, .site = SITE_UNLOCK, .caller = "zoo_snd_timer",
		.enabler = ENABLER_SLEEP,
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
		.name = "rtl_hw_init", .run = zoo_rtl_hw_init, .fixed = zoo_rtl_hw_init_fixed,
		.violations = 1, .site = "zoo_rtl_hw_init", .enabler = "zoo_rtl_hw_init",
		.unblamed = "its enable finds IRQs on and changes nothing",
		.reference = "1b4cd55626b6",
	}, {
		.name = "netpoll_poll", .run = run_netpoll_poll, .fixed = run_netpoll_poll_fixed,
		.violations = 1, .site = "zoo_netpoll_send", .hard = true,
		.enabler = ENABLER_SLEEP,
		.reference = "ac0a230f719b",
	}, {
		.name = "list_lock", .run = zoo_list_lock, .fixed = zoo_list_lock_fixed,
		.violations = 1, .site = SITE_UNLOCK, .caller = "zoo_list_lock",
		.enabler = "zoo_print_obj",
		.reference = "b794918961516, below a list's irqsave",
	}, {
		.name = "failed_lock", .run = zoo_failed_lock, .fixed = zoo_failed_lock_fixed,
		.violations = 1, .site = "zoo_failed_lock", .enabler = "zoo_res_lock_irqsave",
		.unblamed = RESTORE_UNBLAMED,
		.reference = "rqspinlock in locktorture (Nov 2025)",
	}, {
		.name = "wb_switch", .run = run_wb_switch, .fixed = zoo_wb_switch_fixed,
		.violations = 1, .site = SITE_UNLOCK, .caller = "zoo_wb_page",
		.enabler = "zoo_wb_inode",
		.reference = "2e898e4c0a38",
	},
	{ }
};
