// SPDX-License-Identifier: GPL-2.0
/*
 * lock-storm: threads that hammer one spinlock, entering it with IRQs on and
 * with IRQs off in turn, so that a paravirtualised slowpath sees both kinds of
 * waiter. Test load only: it holds the lock for up to hold_ns on purpose.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static unsigned int threads;
module_param(threads, uint, 0444);
MODULE_PARM_DESC(threads, "how many threads (default 0: two a CPU)");

static unsigned int hold_ns = 2000;
module_param(hold_ns, uint, 0444);
MODULE_PARM_DESC(hold_ns, "nanoseconds to hold the lock each time");

static DEFINE_SPINLOCK(storm_lock);
static unsigned long ops;
module_param(ops, ulong, 0444);
MODULE_PARM_DESC(ops, "times that the lock was taken (to be read)");

static struct task_struct **tasks;

static int storm_thread(void *unused)
{
	unsigned long flags, n = 0;

	while (!kthread_should_stop()) {
		if (n++ & 1) {
			spin_lock_irqsave(&storm_lock, flags);
			ndelay(hold_ns);
			WRITE_ONCE(ops, ops + 1);
			spin_unlock_irqrestore(&storm_lock, flags);
		} else {
			spin_lock(&storm_lock);
			ndelay(hold_ns);
			WRITE_ONCE(ops, ops + 1);
			spin_unlock(&storm_lock);
		}
		cond_resched();
	}
	return 0;
}

static void storm_stop(void)
{
	unsigned int i;

	for (i = 0; i < threads; i++) {
		if (!IS_ERR_OR_NULL(tasks[i]))
			kthread_stop(tasks[i]);
	}
	kfree(tasks);
}

static int __init storm_init(void)
{
	unsigned int i;
	int rc;

	if (!threads)
		threads = 2 * num_online_cpus();
	tasks = kcalloc(threads, sizeof(*tasks), GFP_KERNEL);
	if (!tasks)
		return -ENOMEM;
	for (i = 0; i < threads; i++) {
		tasks[i] = kthread_run(storm_thread, NULL, "lock-storm/%u", i);
		if (IS_ERR(tasks[i])) {
			rc = PTR_ERR(tasks[i]);
			storm_stop();
			return rc;
		}
	}
	return 0;
}

static void __exit storm_exit(void)
{
	storm_stop();
}

module_init(storm_init);
module_exit(storm_exit);
MODULE_DESCRIPTION("spinlock contention for testing irqsan");
MODULE_LICENSE("GPL");
