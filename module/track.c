// SPDX-License-Identifier: GPL-2.0
/*
 * Remembers who turned IRQs on last, per CPU and per context: an interrupt
 * between the culprit and the restore must not overwrite the culprit with its
 * own harmless enable.
 */
#include <linux/hardirq.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <asm/processor-flags.h>
#include <asm/ptrace.h>

#include "irqsan.h"

enum context {
	CONTEXT_TASK,
	CONTEXT_SOFTIRQ,
	CONTEXT_HARDIRQ,
	CONTEXT_NMI,
	CONTEXTS,
};

static DEFINE_PER_CPU(struct irqsan_enabler[CONTEXTS], enablers);

/* Functions that turn IRQs on for their caller: he is the one to name. */
static const char * const helpers[] = {
	"_raw_spin_unlock_irq", "_raw_read_unlock_irq", "_raw_write_unlock_irq",
	"raw_spin_rq_unlock_irq", "__local_bh_enable_ip", "native_safe_halt",
	"arch_local_irq_enable", "native_irq_enable", "finish_lock_switch",
};

/*
 * The context that the probe interrupted. A breakpoint counts as an NMI with a
 * hardirq in it (irqentry_nmi_enter()), which has to be taken off; an ftrace
 * or optimised probe doesn't. One that is hit in a real NMI by the latter means
 * is taken for what the NMI interrupted: rare, and no worse than unknown.
 */
static notrace enum context context(void)
{
	unsigned int count = preempt_count();

	if (count & NMI_MASK)
		count -= NMI_OFFSET + HARDIRQ_OFFSET;
	if (count & NMI_MASK)
		return CONTEXT_NMI;
	if (count & HARDIRQ_MASK)
		return CONTEXT_HARDIRQ;
	return count & SOFTIRQ_OFFSET ? CONTEXT_SOFTIRQ : CONTEXT_TASK;
}

NOKPROBE_SYMBOL(context);

/**
 * irqsan_enable_hit() - kprobe handler of an instruction that turns IRQs on
 * @kp: the site's
 * @regs: registers there
 *
 * Any context, NMI too.
 *
 * Return: 0, which lets the instruction run.
 */
int notrace irqsan_enable_hit(struct kprobe *kp, struct pt_regs *regs)
{
	struct irqsan_site *site = container_of(kp, struct irqsan_site, kp);
	struct irqsan_enabler *enabler;

	this_cpu_inc(site->count->hits);
	/* On already: this one changes nothing. */
	if (regs->flags & X86_EFLAGS_IF)
		return 0;
	enabler = this_cpu_ptr(&enablers[context()]);
	enabler->addr = site->addr;
	enabler->time_ns = ktime_get_mono_fast_ns();
	if (copy_from_kernel_nofault(enabler->stack, (void *)regs->sp, sizeof(enabler->stack)))
		enabler->stack[0] = 0;
	return 0;
}

NOKPROBE_SYMBOL(irqsan_enable_hit);

/**
 * irqsan_enabler_now() - who turned IRQs on in the context of a violation
 * @enabler: the answer; its address is 0 when nobody is known
 *
 * From a probe's handler, preemption off. Any context, NMI too.
 */
void notrace irqsan_enabler_now(struct irqsan_enabler *enabler)
{
	*enabler = *this_cpu_ptr(&enablers[context()]);
}

NOKPROBE_SYMBOL(irqsan_enabler_now);

static bool is_helper(const char *symbol)
{
	size_t len = strcspn(symbol, "+");
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(helpers); i++) {
		if (strlen(helpers[i]) == len && !strncmp(symbol, helpers[i], len))
			return true;
	}
	return false;
}

/**
 * irqsan_enabler_string() - an enabler in words
 * @enabler: with an address
 * @buf: for "FUNCTION+OFF", or for a helper "FUNCTION+OFF called from CALLER+OFF"
 * @size: of @buf
 *
 * The caller is the first word of the stack that is an address in some
 * function: a helper has no frame to speak of.
 */
void irqsan_enabler_string(const struct irqsan_enabler *enabler, char *buf, size_t size)
{
	char symbol[KSYM_SYMBOL_LEN];
	unsigned int i;
	size_t at;

	sprint_symbol(symbol, enabler->addr);
	at = scnprintf(buf, size, "%s", symbol);
	if (!is_helper(symbol))
		return;
	for (i = 0; i < IRQSAN_ENABLER_STACK; i++) {
		sprint_symbol(symbol, enabler->stack[i]);
		if (!strchr(symbol, '+'))
			continue;
		scnprintf(buf + at, size - at, " called from %s", symbol);
		return;
	}
}
