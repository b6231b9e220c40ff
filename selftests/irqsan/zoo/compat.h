/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every difference between the kernel versions that irqsan_zoo builds for
 * (5.10 to 7.2), and nothing else.
 */
#ifndef IRQSAN_ZOO_COMPAT_H
#define IRQSAN_ZOO_COMPAT_H

#ifdef __ASSEMBLER__

/* 5.18 (commit 156ff4a544ae): a target of indirect calls begins with it. */
#ifndef ENDBR
#define ENDBR
#endif

/* 6.2 (commit 5d8213864ade): what is called by ftrace counts its own call. */
#ifndef CALL_DEPTH_ACCOUNT
#define CALL_DEPTH_ACCOUNT
#endif

#else

#include <linux/ftrace.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/spinlock.h>
#include <linux/version.h>

/* Since 5.11: an irq_work that is run in hardirq context by PREEMPT_RT too. */
#ifndef IRQ_WORK_INIT_HARD
#define IRQ_WORK_INIT_HARD(f) { .flags = ATOMIC_INIT(IRQ_WORK_HARD_IRQ), .func = (f) }
#endif

/* Since 6.5 (commit 54da6a092431): locks that a scope holds. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#define zoo_guard_irq(lock) guard(raw_spinlock_irq)(lock)
#else
static inline raw_spinlock_t *zoo_guard_irq_enter(raw_spinlock_t *lock)
{
	raw_spin_lock_irq(lock);
	return lock;
}

static inline void zoo_guard_irq_exit(raw_spinlock_t **lock)
{
	raw_spin_unlock_irq(*lock);
}

#define zoo_guard_irq(lock) \
	raw_spinlock_t *zoo_guarded __attribute__((cleanup(zoo_guard_irq_exit), unused)) = \
		zoo_guard_irq_enter(lock)
#endif

/* 7.3 (commit 1b0866874833): such a lock may be taken with IRQs off. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 3, 0)
#define ZOO_GUARD_UNSUPPORTED "since 7.3 a guard leaves IRQs as it found them"
#else
#define ZOO_GUARD_UNSUPPORTED NULL
#endif

/* 6.13 made it one call, 6.15 removed the other way. */
static inline void zoo_hrtimer_setup(struct hrtimer *timer,
				     enum hrtimer_restart (*fn)(struct hrtimer *timer))
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup_on_stack(timer, fn, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
#else
	hrtimer_init_on_stack(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	timer->function = fn;
#endif
}

#ifdef CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS
/* 6.5 (commit da8bdfbd4223): a direct call has an ops of its own. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
static inline int zoo_direct_register(struct ftrace_ops *ops, unsigned long ip,
				      unsigned long addr)
{
	int rc = ftrace_set_filter_ip(ops, ip, 0, 0);

	return rc ?: register_ftrace_direct(ops, addr);
}

static inline int zoo_direct_unregister(struct ftrace_ops *ops, unsigned long ip,
					unsigned long addr)
{
	return unregister_ftrace_direct(ops, addr, true);
}
#else
static inline int zoo_direct_register(struct ftrace_ops *ops, unsigned long ip,
				      unsigned long addr)
{
	return register_ftrace_direct(ip, addr);
}

static inline int zoo_direct_unregister(struct ftrace_ops *ops, unsigned long ip,
					unsigned long addr)
{
	return unregister_ftrace_direct(ip, addr);
}
#endif
#else
static inline int zoo_direct_register(struct ftrace_ops *ops, unsigned long ip,
				      unsigned long addr)
{
	return -EOPNOTSUPP;
}

static inline int zoo_direct_unregister(struct ftrace_ops *ops, unsigned long ip,
					unsigned long addr)
{
	return 0;
}
#endif

#endif /* __ASSEMBLER__ */

#endif
