// SPDX-License-Identifier: GPL-2.0
/*
 * The hot path: a CPU has reached a site. Runs in any context, NMI and the
 * inside of printk and of the scheduler's locks among them: no locks, no
 * allocation, no printk.
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <asm/processor-flags.h>
#include <asm/ptrace.h>

#include "irqsan.h"
#include "irqsan_trace.h"

/* By register number as instructions encode it. */
static const u8 reg_offset[] = {
	offsetof(struct pt_regs, ax), offsetof(struct pt_regs, cx),
	offsetof(struct pt_regs, dx), offsetof(struct pt_regs, bx),
	offsetof(struct pt_regs, sp), offsetof(struct pt_regs, bp),
	offsetof(struct pt_regs, si), offsetof(struct pt_regs, di),
	offsetof(struct pt_regs, r8), offsetof(struct pt_regs, r9),
	offsetof(struct pt_regs, r10), offsetof(struct pt_regs, r11),
	offsetof(struct pt_regs, r12), offsetof(struct pt_regs, r13),
	offsetof(struct pt_regs, r14), offsetof(struct pt_regs, r15),
};

static enum irqsan_flag_state notrace saved_state(const struct irqsan_site *site,
						  struct pt_regs *regs)
{
	unsigned long flags;

	switch (site->saved) {
	case SAVED_REG:
		flags = *(unsigned long *)((char *)regs + reg_offset[site->reg & 15]);
		return flags & X86_EFLAGS_IF ? FLAGS_ON : FLAGS_OFF;
	case SAVED_ZF:
		return regs->flags & X86_EFLAGS_ZF ? FLAGS_OFF : FLAGS_ON;
	case SAVED_CF:
		return regs->flags & X86_EFLAGS_CF ? FLAGS_ON : FLAGS_OFF;
	default:
		return FLAGS_UNKNOWN;
	}
}

NOKPROBE_SYMBOL(saved_state);

/**
 * irqsan_violation() - count and record a broken contract
 * @site: where
 * @regs: registers there
 * @state: KIND_RESTORE: the flags being restored; KIND_BALANCE: the state at
 *	   entry
 * @where: IRQSAN_HERE of the check
 *
 * Preemption is off. Any context, NMI too.
 */
void notrace irqsan_violation(struct irqsan_site *site, struct pt_regs *regs,
			      enum irqsan_flag_state state, const char *where)
{
	struct irqsan_enabler enabler = { .addr = 0 };

	if (irqsan_track)
		irqsan_enabler_now(&enabler);
	this_cpu_inc(site->count->violations);
	if (site->kind == KIND_RESTORE)
		trace_bogus_irq_restore(site->addr, state, enabler.addr);
	else if (site->kind == KIND_BALANCE)
		trace_irq_imbalance(site->addr, state, enabler.addr);
	irqsan_record(site, regs, state, &enabler, where);
}

NOKPROBE_SYMBOL(irqsan_violation);

/**
 * irqsan_check() - a CPU has reached a restore
 * @site: the restore
 * @regs: its registers. The handler itself may run with IRQs off, so what
 *	  counts is the flag in these, never irqs_disabled()
 *
 * Preemption is off. Any context, NMI too.
 */
void notrace irqsan_check(struct irqsan_site *site, struct pt_regs *regs)
{
	if (unlikely(!READ_ONCE(irqsan_enabled)))
		return;
	this_cpu_inc(site->count->hits);
	if (unlikely(regs->flags & X86_EFLAGS_IF))
		irqsan_violation(site, regs, saved_state(site, regs), IRQSAN_HERE);
}

NOKPROBE_SYMBOL(irqsan_check);
