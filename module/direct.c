// SPDX-License-Identifier: GPL-2.0
/*
 * The hottest site of all, the restore in _raw_spin_unlock_irqrestore(), is
 * checked at the function's entry with a direct ftrace call: from there to the
 * restore nothing changes the IRQ state. It costs ten instructions; a
 * breakpoint takes 300.
 */
#include <linux/errno.h>
#include <linux/ftrace.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <asm/ptrace.h>

#include "compat.h"
#include "irqsan.h"

/* Register number of RSI, the second argument: the flags. */
#define REG_RSI 6

static const char function[] = "_raw_spin_unlock_irqrestore";

static struct irqsan_site *site;
static struct compat_direct direct;

/* Counted into by direct_entry.S. */
u64 __percpu *irqsan_direct_hits;

/**
 * irqsan_direct_bogus() - the function was entered with IRQs on
 * @regs: registers at its entry
 *
 * Called by direct_entry.S in whatever context the unlock is in, with IRQs on.
 * They are off while the violation is recorded, as in a probe's handler. With
 * the arch_ functions: a kernel that checks raw_local_irq_restore() itself need
 * not check this one.
 */
void notrace irqsan_direct_bogus(struct pt_regs *regs)
{
	unsigned long flags = arch_local_irq_save();

	/* NULL: the call outlives its site for a moment. */
	if (READ_ONCE(site))
		irqsan_check(site, regs);
	arch_local_irq_restore(flags);
}

NOKPROBE_SYMBOL(irqsan_direct_bogus);

/* Its restores: the site at @arg, and no second one? */
static int other(void *arg, const struct irqsan_found *found)
{
	size_t *offset = arg;

	return found->offset != *offset;
}

/**
 * irqsan_direct_arm() - watch a site at the entry of its function
 * @new: the site, with nothing armed in its function yet
 *
 * May sleep.
 *
 * Return: 0; -ENOENT where the site isn't the one that this file is about;
 * otherwise why it can't be (no direct calls in this kernel; -EBUSY: ftrace is
 * switched off, or a BPF program sits there). A kprobe can do it then.
 */
int irqsan_direct_arm(struct irqsan_site *new)
{
	char symbol[KSYM_SYMBOL_LEN];
	struct irqsan_style style;
	struct irqsan_range fn;
	size_t offset;
	int rc;

	sprint_symbol_no_offset(symbol, new->addr);
	if (site || strcmp(symbol, function) || irqsan_text_around(new->addr, &fn))
		return -ENOENT;
	offset = new->addr - fn.start;
	style = irqsan_text_style(fn.start);
	if (irqsan_scan((u8 *)fn.start, fn.len, &style, other, &offset))
		return -ENOENT;
	new->entry = fn.start;
	new->saved = SAVED_REG;
	new->reg = REG_RSI;
	irqsan_direct_hits = &new->count->hits;
	WRITE_ONCE(site, new);
	rc = compat_direct_register(&direct, fn.start, (unsigned long)irqsan_direct_entry);
	if (rc) {
		new->entry = 0;
		WRITE_ONCE(site, NULL);
	}
	return rc;
}

/**
 * irqsan_direct_disarm() - undo irqsan_direct_arm()
 *
 * On return no CPU is in the code that is called. Sleeps.
 */
void irqsan_direct_disarm(void)
{
	compat_direct_unregister(&direct, site->entry, (unsigned long)irqsan_direct_entry);
	/* Whoever was preempted in there has come out. */
	synchronize_rcu_tasks();
	WRITE_ONCE(site, NULL);
}
