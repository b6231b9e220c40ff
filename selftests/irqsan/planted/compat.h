/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every difference between the kernel versions that irqsan_planted builds for
 * (5.10 to 7.2), and nothing else.
 */
#ifndef IRQSAN_PLANTED_COMPAT_H
#define IRQSAN_PLANTED_COMPAT_H

#include <linux/irq_work.h>

/* Since 5.11: an irq_work that is run in hardirq context by PREEMPT_RT too. */
#ifndef IRQ_WORK_INIT_HARD
#define IRQ_WORK_INIT_HARD(f) { .flags = ATOMIC_INIT(IRQ_WORK_HARD_IRQ), .func = (f) }
#endif

#endif
