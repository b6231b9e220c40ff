// SPDX-License-Identifier: GPL-2.0
/*
 * The positive control: a restore that is bogus on purpose, found, armed and
 * recorded like any other. A detector that doesn't see this one sees nothing.
 */
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>

#include "irqsan.h"

/* Both have been fast enough wherever they were tried; emulation may stall. */
#define SEEN_TIMEOUT_MS 5000

static atomic_t seen;

/*
 * The arch_ functions, not the raw_ ones: a kernel with CONFIG_DEBUG_IRQFLAGS
 * would spend its one warning of the boot on us.
 */
static noinline void bogus_restore(void)
{
	unsigned long flags = arch_local_irq_save();

	arch_local_irq_enable();
	arch_local_irq_restore(flags);
}

/**
 * irqsan_control_seen() - a record of the planted restore has come through
 */
void irqsan_control_seen(void)
{
	atomic_inc(&seen);
}

/**
 * irqsan_control_count() - records of the planted restore so far
 *
 * Return: their number.
 */
unsigned int irqsan_control_count(void)
{
	return (unsigned int)atomic_read(&seen);
}

/**
 * irqsan_control_run() - run the planted restore and wait for its record
 *
 * Task context, IRQs on. Sleeps.
 *
 * Return: 0; -EBUSY while the check is switched off; -EIO when no record came
 * back.
 */
int irqsan_control_run(void)
{
	unsigned int before = irqsan_control_count(), waited;

	if (!READ_ONCE(irqsan_enabled))
		return -EBUSY;
	if (irqsan_hooks_active())
		irqsan_hooks_control();
	else
		bogus_restore();
	for (waited = 0; irqsan_control_count() == before; waited++) {
		if (waited == SEEN_TIMEOUT_MS)
			return -EIO;
		usleep_range(1000, 2000);
	}
	return 0;
}

/**
 * irqsan_control_start() - find and arm the planted restore, and run it
 *
 * Sleeps. Says what is wrong where something is.
 *
 * Return: 0 or a negative errno.
 */
int irqsan_control_start(void)
{
	struct irqsan_range fn;
	int rc;

	rc = irqsan_text_around((unsigned long)bogus_restore, &fn);
	if (rc) {
		pr_err("no symbols for the module's own text: CONFIG_KALLSYMS is needed\n");
		return rc;
	}
	rc = irqsan_sites_of(KIND_CONTROL, &fn, THIS_MODULE, false);
	if (rc < 0)
		return rc;
	if (rc != 1) {
		pr_err("self-test: %d restores found in a function that has one: this kernel's code is not understood\n",
		       rc);
		return -ENOEXEC;
	}
	rc = irqsan_sites_error(KIND_CONTROL);
	if (rc) {
		pr_err("no kprobe can be set (error %d): CONFIG_KPROBES and no lockdown are needed\n",
		       rc);
		return rc;
	}
	rc = irqsan_control_run();
	if (rc)
		pr_err("self-test: the planted bogus restore was not seen: are kprobes switched off (debugfs kprobes/enabled)?\n");
	return rc;
}
