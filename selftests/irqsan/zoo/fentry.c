// SPDX-License-Identifier: GPL-2.0
/*
 * A direct call from the entry of _raw_spin_unlock_irqrestore(), as a BPF program there
 * would be: a function has room for one, so that a checker which comes later has
 * to do without.
 */
#include <linux/ftrace.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "compat.h"
#include "zoo.h"

static struct ftrace_ops ops;

/**
 * zoo_fentry_start() - be called first by the unlock
 *
 * Return: 0; -EOPNOTSUPP where the kernel has no direct calls; -EBUSY where
 * somebody else is there, or ftrace is switched off
 */
int zoo_fentry_start(void)
{
	return zoo_direct_register(&ops, (unsigned long)_raw_spin_unlock_irqrestore,
				   (unsigned long)zoo_fentry_entry);
}

/**
 * zoo_fentry_stop() - undo zoo_fentry_start()
 *
 * On return nobody is in the code that was called. Sleeps.
 */
void zoo_fentry_stop(void)
{
	zoo_direct_unregister(&ops, (unsigned long)_raw_spin_unlock_irqrestore,
			      (unsigned long)zoo_fentry_entry);
	synchronize_rcu_tasks();
}
