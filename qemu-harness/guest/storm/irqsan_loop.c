// SPDX-License-Identifier: GPL-2.0
/*
 * A fixed number of lock/unlock pairs on one spinlock that nobody else takes:
 * write the number to /sys/module/irqsan_loop/parameters/run; the write returns
 * when they are done. What a probe in the unlock costs shows here undiluted.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/spinlock.h>

static DEFINE_SPINLOCK(loop_lock);

static int run_set(const char *val, const struct kernel_param *kp)
{
	unsigned long flags, ops;
	int rc;

	rc = kstrtoul(val, 0, &ops);
	if (rc)
		return rc;
	while (ops--) {
		spin_lock_irqsave(&loop_lock, flags);
		spin_unlock_irqrestore(&loop_lock, flags);
	}
	return 0;
}

static const struct kernel_param_ops run_ops = {
	.set = run_set,
};

module_param_cb(run, &run_ops, NULL, 0200);
MODULE_PARM_DESC(run, "lock and unlock so often, now");

MODULE_DESCRIPTION("a spinlock taken and released a fixed number of times");
MODULE_LICENSE("GPL");
