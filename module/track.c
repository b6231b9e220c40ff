// SPDX-License-Identifier: GPL-2.0
/*
 * Remembers who turned IRQs on last, per CPU and per context, since an interrupt has
 * harmless enables of its own. Whether an enable is to blame for a violation is decided
 * at the report: its stack must lead to the function that restores.
 */
#include <linux/hardirq.h>
#include <linux/kallsyms.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "irqsan.h"

/* "call *disp32(%r12,%r8,8)" */
#define CALL_LEN_MAX 8
/* An ENDBR may stand in front of what is called. */
#define ENTRY_SLACK 4

enum irqsan_context {
	IRQSAN_TASK,
	IRQSAN_SOFTIRQ,
	IRQSAN_HARDIRQ,
	IRQSAN_NMI,
	IRQSAN_CONTEXTS,
};

static DEFINE_PER_CPU(struct irqsan_enabler[IRQSAN_CONTEXTS], irqsan_enablers);

/*
 * The context that the probe interrupted. A breakpoint counts as an NMI with a hardirq
 * in it (irqentry_nmi_enter()), which is taken off. An ftrace or optimised probe in a
 * real NMI is taken for what the NMI interrupted: rare, and its stack shows it. On
 * PREEMPT_RT a softirq is part of its task.
 */
static __kprobes enum irqsan_context interrupted_context(void)
{
	unsigned int count = preempt_count();

	if (count & NMI_MASK)
		count -= NMI_OFFSET + HARDIRQ_OFFSET;
	if (count & NMI_MASK)
		return IRQSAN_NMI;
	if (count & HARDIRQ_MASK)
		return IRQSAN_HARDIRQ;
	return count & SOFTIRQ_OFFSET ? IRQSAN_SOFTIRQ : IRQSAN_TASK;
}

/* Not beyond the page, which is mapped. KASAN would complain about memcpy() here. */
static __always_inline unsigned int copy_stack(unsigned long *to, unsigned long sp)
{
	unsigned long words = min_t(unsigned long, IRQSAN_ENABLER_WORDS,
				    (PAGE_SIZE - offset_in_page(sp)) / sizeof(*to));
	unsigned long left = words;

	asm volatile("rep movsq" : "+c" (left), "+S" (sp), "+D" (to) : : "memory");
	return words;
}

/**
 * irqsan_enable_hit() - kprobe handler of an instruction that turns IRQs on
 * @kp: the site's
 * @regs: registers there
 * Context: Any, NMI too.
 * Return: 0, which lets the instruction run.
 */
int __kprobes irqsan_enable_hit(struct kprobe *kp, struct pt_regs *regs)
{
	struct irqsan_site *site = container_of(kp, struct irqsan_site, kp);
	struct irqsan_enabler *enabler;

	this_cpu_inc(site->count->hits);
	/* On already: this one changes nothing. */
	if (regs->flags & X86_EFLAGS_IF)
		return 0;
	enabler = this_cpu_ptr(&irqsan_enablers[interrupted_context()]);
	enabler->addr = site->addr;
	enabler->time_ns = ktime_get_mono_fast_ns();
	enabler->task = current;
	enabler->nr = copy_stack(enabler->stack, regs->sp);
	return 0;
}

/**
 * irqsan_enabler_now() - who turned IRQs on in the context of a violation
 *
 * From a probe's handler, preemption off.
 * Context: Any, NMI too.
 * Return: the last one that was seen, if this task did it; or NULL. Only its
 * stack tells whether the violation is its doing (irqsan_enabler_stack()).
 */
const struct irqsan_enabler __kprobes *irqsan_enabler_now(void)
{
	const struct irqsan_enabler *enabler;

	if (!irqsan_track)
		return NULL;
	enabler = this_cpu_ptr(&irqsan_enablers[interrupted_context()]);
	return enabler->addr && enabler->task == current ? enabler : NULL;
}

static bool is_entry(unsigned long addr, const struct irqsan_range *fn)
{
	return addr - fn->start <= ENTRY_SLACK;
}

/* What a direct call in front of @addr calls, or 0; *@indirect: another kind of call is there. */
static unsigned long called_before(unsigned long addr, bool *indirect)
{
	char symbol[KSYM_SYMBOL_LEN];
	struct irqsan_insn insn;
	u8 code[CALL_LEN_MAX];
	unsigned long target;
	size_t len;

	*indirect = false;
	if (copy_from_kernel_nofault(code, (void *)(addr - sizeof(code)), sizeof(code)))
		return 0;
	for (len = 2; len <= sizeof(code); len++) {
		if (!irqsan_insn_decode(code + sizeof(code) - len, len, &insn) ||
		    insn.len != len || insn.map != IRQSAN_MAP_ONE)
			continue;
		/* "call *r/m" */
		*indirect |= insn.opcode == 0xff && (insn.modrm & 0x38) == 0x10;
		if (insn.opcode != 0xe8)
			continue;
		target = addr + (long)insn.imm;
		sprint_symbol(symbol, target);
		*indirect = strstr(symbol, "__x86_indirect_");
		return target;
	}
	return 0;
}

/**
 * struct irqsan_tail - looks for a jump from one function to another
 * @from: the one, as it is in memory
 * @to: the other
 */
struct irqsan_tail {
	const struct irqsan_range *from;
	const struct irqsan_range *to;
};

static int match_tail(void *ctx, size_t target)
{
	const struct irqsan_tail *tail = ctx;

	return is_entry(tail->from->start + target, tail->to);
}

/* Does the function at @target end in a jump to @to? Then it isn't on the stack. */
static bool jumps_to(unsigned long target, const struct irqsan_range *to)
{
	struct irqsan_tail tail = { .to = to };
	struct irqsan_range fn;
	bool found;
	u8 *text;

	if (irqsan_text_around(target, &fn) || !is_entry(target, &fn))
		return false;
	text = irqsan_sites_original(&fn, false);
	if (!text)
		return false;
	tail.from = &fn;
	found = irqsan_scan_calls(text, fn.len, match_tail, &tail) > 0;
	kvfree(text);
	return found;
}

/**
 * irqsan_enabler_stack() - the call chain from an enable to the function that restores
 * @enabler: the enable
 * @restorer: who came to the restore
 * @stack: gets the enabling instruction, then return addresses, nearest first
 * @max: room in @stack
 *
 * A word of the stack is taken for a return address only if a call stands in
 * front of it, of the function that the chain has come to, of one that jumps to
 * that, or through a register. A chain that doesn't come to the violation's
 * caller is somebody else's enable.
 * Context: Sleeps.
 * Return: entries of @stack, or 0: who turned IRQs on is not known.
 */
unsigned int irqsan_enabler_stack(const struct irqsan_enabler *enabler, unsigned long restorer,
				  unsigned long *stack, unsigned int max)
{
	struct irqsan_range fn, caller;
	unsigned int nr = 0, i;

	if (!enabler->addr || irqsan_text_around(enabler->addr, &fn) ||
	    irqsan_text_around(restorer, &caller))
		return 0;
	stack[nr++] = enabler->addr;
	for (i = 0; fn.start != caller.start && i < enabler->nr && nr + 1 < max; i++) {
		unsigned long addr = enabler->stack[i], target;
		struct irqsan_range next;
		bool indirect;

		if (irqsan_text_around(addr - 1, &next))
			continue;
		target = called_before(addr, &indirect);
		if (target && !indirect && !is_entry(target, &fn)) {
			if (!jumps_to(target, &fn))
				continue;
			stack[nr++] = target;
		} else if (!target && !indirect) {
			continue;
		}
		stack[nr++] = addr;
		fn = next;
	}
	return fn.start == caller.start ? nr : 0;
}
