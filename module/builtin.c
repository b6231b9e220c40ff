// SPDX-License-Identifier: GPL-2.0
/*
 * Beside the check of CONFIG_DEBUG_IRQFLAGS, which warns once a boot: irqsan
 * adds all that comes later, and doesn't report again what the kernel has just
 * reported.
 */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/sched.h>
#include <asm/ptrace.h>

#include "compat.h"
#include "irqsan.h"

static struct irqsan_range warner;	/* the function that the kernel warns from */
static struct task_struct *warned;	/* what ran when it last did */

/* void __warn(const char *file, int line, void *caller, ...) */
static int notrace warn_entry(struct kprobe *kp, struct pt_regs *regs)
{
	if (regs->dx - warner.start < warner.len)
		WRITE_ONCE(warned, current);
	return 0;
}

NOKPROBE_SYMBOL(warn_entry);

/**
 * irqsan_builtin() - does this kernel have a check that warns once a boot?
 *
 * Return: true if it does; false also where the check has hooks.
 */
bool irqsan_builtin(void)
{
	return IS_ENABLED(CONFIG_DEBUG_IRQFLAGS) && !COMPAT_HOOKS;
}

/**
 * irqsan_builtin_told() - has the kernel warned of this violation?
 *
 * Its check comes in front of the restore, ours at it. Preemption is off. Any
 * context, NMI too.
 *
 * Return: true if it has, once for each warning.
 */
bool notrace irqsan_builtin_told(void)
{
	return READ_ONCE(warned) == current && cmpxchg(&warned, current, NULL) == current;
}

NOKPROBE_SYMBOL(irqsan_builtin_told);

/**
 * irqsan_builtin_start() - watch for the kernel's warning
 *
 * Without that, the first violation may be reported twice. Sleeps.
 */
void irqsan_builtin_start(void)
{
	static const char * const names[] = { "warn_bogus_irq_restore", "__warn" };
	struct irqsan_range fns[ARRAY_SIZE(names)];

	if (!irqsan_builtin())
		return;
	if (!irqsan_text_functions(names, ARRAY_SIZE(names), fns) && fns[0].len && fns[1].len) {
		warner = fns[0];
		if (irqsan_site_new(KIND_HOOK, fns[1].start, NULL, warn_entry))
			return;
	}
	pr_warn("the kernel's own warning can't be watched: one violation may be reported twice\n");
}
