// SPDX-License-Identifier: GPL-2.0
/*
 * A burst of violations that nobody reports: one CPU is held at the entry of
 * the function that reports, while another one violates. So how many records
 * are kept, and how many are lost, can be told beforehand.
 */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/ftrace.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "compat.h"
#include "zoo.h"

/* Far longer than anything here takes: ends a hold that went wrong. */
#define HOLD_NS (10 * NSEC_PER_SEC)

static bool hold, held;

/*
 * Called by ftrace, for it comes where a kprobe is missed: on a kernel with PREEMPT
 * the irq_work that reports may interrupt the very probe that recorded.
 */
static void notrace hold_here(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			      struct zoo_ftrace_regs *regs)
{
	u64 start = ktime_get_mono_fast_ns();

	WRITE_ONCE(held, true);
	while (READ_ONCE(hold) && ktime_get_mono_fast_ns() - start < HOLD_NS)
		cpu_relax();
}

static struct ftrace_ops hold_ops = { .func = hold_here };

static int start_holding(void)
{
	static unsigned char reporter[] = "irqsan_report";
	int rc = ftrace_set_filter(&hold_ops, reporter, strlen(reporter), 1);

	return rc ?: register_ftrace_function(&hold_ops);
}

static void stop_holding(void)
{
	unregister_ftrace_function(&hold_ops);
	/* Or the filter's memory stays behind when the module goes. */
	ftrace_set_filter(&hold_ops, NULL, 0, 1);
}

static int be_held(void *exhibit)
{
	zoo_run_here(exhibit, false, 1);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

/* With somebody to report and nobody to wait for it: no timer here, it might be the other CPU's. */
static int burst(struct task_struct *other, const struct exhibit *exhibit, unsigned int count)
{
	u64 start = ktime_get_mono_fast_ns();
	int rc = 0;

	WRITE_ONCE(held, false);
	WRITE_ONCE(hold, true);
	wake_up_process(other);
	while (!READ_ONCE(held) && !rc) {
		if (ktime_get_mono_fast_ns() - start > HOLD_NS)
			rc = -ETIME;
		cond_resched();
	}
	if (!rc)
		rc = zoo_run_here(exhibit, false, count);
	WRITE_ONCE(hold, false);
	return rc;
}

/**
 * zoo_burst() - violations in a row on one CPU while nobody reports any
 * @exhibit: which
 * @count: how many
 *
 * One more run, on another CPU, is what is being reported meanwhile. Sleeps.
 *
 * Return: 0; -EOPNOTSUPP with one CPU only; -EINVAL without irqsan; -ETIME when
 * nothing came to be reported; or as zoo_run_here().
 */
int zoo_burst(const struct exhibit *exhibit, unsigned int count)
{
	unsigned int here = cpumask_first(cpu_online_mask);
	unsigned int there = cpumask_next(here, cpu_online_mask);
	struct task_struct *other;
	cpumask_var_t allowed;
	int rc;

	if (there >= nr_cpu_ids)
		return -EOPNOTSUPP;
	if (!alloc_cpumask_var(&allowed, GFP_KERNEL))
		return -ENOMEM;
	cpumask_copy(allowed, current->cpus_ptr);
	rc = set_cpus_allowed_ptr(current, cpumask_of(here));
	if (rc)
		goto out;
	rc = start_holding();
	if (rc)
		goto out_allowed;
	other = kthread_create(be_held, (void *)exhibit, "irqsan_zoo/held");
	rc = PTR_ERR_OR_ZERO(other);
	if (!rc) {
		kthread_bind(other, there);
		rc = burst(other, exhibit, count);
		kthread_stop(other);
	}
	stop_holding();
out_allowed:
	set_cpus_allowed_ptr(current, allowed);
out:
	free_cpumask_var(allowed);
	return rc;
}
