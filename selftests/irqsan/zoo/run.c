// SPDX-License-Identifier: GPL-2.0
/*
 * Runs an exhibit, on this CPU or on several at once, and makes sure that it
 * leaves them in order.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "zoo.h"

/**
 * struct party - CPUs that run the same exhibit at once
 * @exhibit: which
 * @fixed: its twin
 * @count: how often each runs it
 * @coming: threads that haven't begun yet
 * @running: threads that haven't ended yet
 * @over: all have ended
 * @rc: 0, or the error of one of them
 */
struct party {
	const struct exhibit *exhibit;
	bool fixed;
	unsigned int count;
	atomic_t coming;
	atomic_t running;
	struct completion over;
	int rc;
};

static int run_once(const struct exhibit *exhibit, void (*fn)(void))
{
	int before = preempt_count();
	int rc = 0;

	if (exhibit->irqs_off) {
		/* They may come on within: this task still must not move. */
		preempt_disable();
		local_irq_disable();
		fn();
		local_irq_enable();
		preempt_enable();
	} else {
		fn();
	}
	if (irqs_disabled()) {
		pr_err("irqsan_zoo: %s left IRQs off\n", exhibit->name);
		local_irq_enable();
		rc = -EIO;
	}
	if (preempt_count() != before) {
		pr_err("irqsan_zoo: %s left a preempt count of %#x, not %#x\n", exhibit->name,
		       preempt_count(), before);
		rc = -EIO;
	}
	return rc;
}

/**
 * zoo_run_here() - run an exhibit in this task
 * @exhibit: which
 * @fixed: its twin instead
 * @count: how often
 *
 * Sleeps.
 *
 * Return: 0; -EOPNOTSUPP when this kernel can't; -EINVAL without a twin; -EIO
 * when it left IRQs or the preempt count other than they were.
 */
int zoo_run_here(const struct exhibit *exhibit, bool fixed, unsigned int count)
{
	void (*fn)(void) = fixed ? exhibit->fixed : exhibit->run;
	int rc = 0;

	if (!fn)
		return -EINVAL;
	if (exhibit->unsupported)
		return -EOPNOTSUPP;
	while (!rc && count--) {
		rc = run_once(exhibit, fn);
		cond_resched();
	}
	return rc;
}

static int party_thread(void *data)
{
	struct party *party = data;
	int rc;

	atomic_dec(&party->coming);
	while (atomic_read(&party->coming))
		cond_resched();
	rc = zoo_run_here(party->exhibit, party->fixed, party->count);
	if (rc)
		WRITE_ONCE(party->rc, rc);
	if (atomic_dec_and_test(&party->running))
		complete(&party->over);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

/**
 * zoo_run_on() - run an exhibit on several CPUs at once
 * @cpus: online CPUs
 * @exhibit: which
 * @fixed: its twin instead
 * @count: how often on each
 *
 * The CPUs begin together. Sleeps.
 *
 * Return: 0, -ENOMEM, the error of making a thread, or as zoo_run_here().
 */
int zoo_run_on(const struct cpumask *cpus, const struct exhibit *exhibit, bool fixed,
	       unsigned int count)
{
	struct party party = { .exhibit = exhibit, .fixed = fixed, .count = count };
	unsigned int nr = cpumask_weight(cpus), made = 0, cpu, i;
	struct task_struct **tasks;

	tasks = kcalloc(nr, sizeof(*tasks), GFP_KERNEL);
	if (!tasks)
		return -ENOMEM;
	for_each_cpu(cpu, cpus) {
		tasks[made] = kthread_create(party_thread, &party, "irqsan_zoo/%u", cpu);
		if (IS_ERR(tasks[made])) {
			party.rc = PTR_ERR(tasks[made]);
			break;
		}
		kthread_bind(tasks[made++], cpu);
	}
	if (!party.rc) {
		atomic_set(&party.coming, nr);
		atomic_set(&party.running, nr);
		init_completion(&party.over);
		for (i = 0; i < nr; i++)
			wake_up_process(tasks[i]);
		wait_for_completion(&party.over);
	}
	for (i = 0; i < made; i++)
		kthread_stop(tasks[i]);
	kfree(tasks);
	return party.rc;
}
