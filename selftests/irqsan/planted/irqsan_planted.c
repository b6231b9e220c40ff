// SPDX-License-Identifier: GPL-2.0
/*
 * Restores that are bogus on purpose, one for each place that a detector must
 * reach: a plain function, a hardirq handler, below a raw spinlock, and a
 * module's init function. Test only: a kernel that ran these has been lied to.
 *
 *	insmod irqsan_planted.ko init=1
 *	echo plain >/sys/module/irqsan_planted/parameters/run	(or hardirq, rawlock)
 *
 * Each write runs its restore once and returns when it has run.
 */
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "compat.h"

static bool init;
module_param(init, bool, 0444);
MODULE_PARM_DESC(init, "run the bogus restore of the init function");

/*
 * Saves, enables, restores. The compiler must not know the flags that it restores
 * for those that it saved: where CONFIG_TRACE_IRQFLAGS looks at them in between it
 * would make two paths of it, and no test would be left.
 */
static __always_inline void bogus(void)
{
	unsigned long flags;

	local_irq_save(flags);
	local_irq_enable();
	OPTIMIZER_HIDE_VAR(flags);
	local_irq_restore(flags);
}

/* Not inlined: the report must name these functions. */
static noinline void planted_plain(void)
{
	bogus();
}

static noinline void planted_hardirq(struct irq_work *unused)
{
	bogus();
	/* From 5.12 on the restore has left them on, which our caller can't stand. */
	local_irq_disable();
}

static struct irq_work hardirq_work = IRQ_WORK_INIT_HARD(planted_hardirq);

static DEFINE_RAW_SPINLOCK(planted_lock);

/* No interrupt takes the lock, so that being interrupted with it is harmless. */
static noinline void planted_rawlock(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&planted_lock, flags);
	local_irq_enable();
	raw_spin_unlock_irqrestore(&planted_lock, flags);
}

static noinline void __init planted_init(void)
{
	bogus();
}

static int run_set(const char *name, const struct kernel_param *kp)
{
	if (sysfs_streq(name, "plain")) {
		planted_plain();
	} else if (sysfs_streq(name, "hardirq")) {
		irq_work_queue(&hardirq_work);
		irq_work_sync(&hardirq_work);
	} else if (sysfs_streq(name, "rawlock")) {
		planted_rawlock();
	} else {
		return -EINVAL;
	}
	return 0;
}

static const struct kernel_param_ops run_ops = { .set = run_set };
module_param_cb(run, &run_ops, NULL, 0200);
MODULE_PARM_DESC(run, "write plain, hardirq or rawlock: run that bogus restore once");

static int __init planted_module_init(void)
{
	if (init)
		planted_init();
	return 0;
}

static void __exit planted_module_exit(void)
{
	irq_work_sync(&hardirq_work);
}

module_init(planted_module_init);
module_exit(planted_module_exit);
MODULE_DESCRIPTION("restores that are bogus on purpose, for testing irqsan");
MODULE_LICENSE("GPL");
