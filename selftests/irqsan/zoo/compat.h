/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every difference between the kernel versions that irqsan_zoo builds for
 * (5.10 to 7.2), and nothing else.
 */
#ifndef IRQSAN_ZOO_COMPAT_H
#define IRQSAN_ZOO_COMPAT_H

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

#endif
