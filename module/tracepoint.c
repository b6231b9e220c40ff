// SPDX-License-Identifier: GPL-2.0
/*
 * Attaches to tracepoints of the kernel. A kernel with the patches of patches/ has a
 * check of its own, with a tracepoint for each violation, which is on while somebody
 * is attached. Restores are not probed then.
 */
#include <linux/tracepoint.h>

#include "irqsan.h"

/**
 * struct irqsan_lookup - looks for a tracepoint
 * @name: its name
 * @tp: it, when it was found
 */
struct irqsan_lookup {
	const char *name;
	struct tracepoint *tp;
};

/* Those of the kernel's checks; both are there or none is. */
static struct tracepoint *restore_tp, *imbalance_tp;

static void match_tracepoint(struct tracepoint *tp, void *priv)
{
	struct irqsan_lookup *lookup = priv;

	if (!strcmp(tp->name, lookup->name))
		lookup->tp = tp;
}

/**
 * irqsan_tracepoint_attach() - have a function called by a tracepoint of the kernel
 * @name: of the tracepoint
 * @probe: the function; its arguments are @data and the tracepoint's. Called with
 *	   preemption off, in any context
 * @data: for @probe
 * Context: May sleep.
 * Return: the tracepoint, for irqsan_tracepoint_detach(); NULL on a kernel without it.
 */
struct tracepoint *irqsan_tracepoint_attach(const char *name, void *probe, void *data)
{
	struct irqsan_lookup lookup = { .name = name };

	if (!IS_ENABLED(CONFIG_TRACEPOINTS))
		return NULL;
	for_each_kernel_tracepoint(match_tracepoint, &lookup);
	if (lookup.tp && tracepoint_probe_register(lookup.tp, probe, data))
		return NULL;
	return lookup.tp;
}

/**
 * irqsan_tracepoint_detach() - undo irqsan_tracepoint_attach()
 * @tp: what it returned; NULL is fine
 * @probe: the function, which isn't called any more on return
 * @data: as it was
 * Context: Sleeps.
 */
void irqsan_tracepoint_detach(struct tracepoint *tp, void *probe, void *data)
{
	if (!tp)
		return;
	tracepoint_probe_unregister(tp, probe, data);
	tracepoint_synchronize_unregister();
}

static void __kprobes tracepoint_hit(void *kind, unsigned long ip, unsigned long caller,
				     bool irqs_on)
{
	if (READ_ONCE(irqsan_enabled))
		irqsan_bug_hit_at((unsigned long)kind, ip, caller, NULL,
				  irqs_on ? IRQSAN_ON : IRQSAN_OFF, NULL, IRQSAN_HERE);
}

/**
 * irqsan_tracepoint_control() - a violation that is planted, by the tracepoint
 *
 * As the kernel's check would call it, to all that are attached: a real violation
 * would be reported by the kernel as a bug.
 * Context: May sleep.
 */
noinline void irqsan_tracepoint_control(void)
{
	void (*iterator)(void *unused, unsigned long ip, unsigned long caller, bool irqs_on);
	unsigned long here = (unsigned long)irqsan_tracepoint_control;

	iterator = restore_tp->iterator;
	preempt_disable_notrace();
	iterator(NULL, here, here, true);
	preempt_enable_notrace();
}

/**
 * irqsan_tracepoint_active() - does the kernel's own check find the violations?
 * Context: Any.
 * Return: true once irqsan_tracepoint_start() has succeeded.
 */
bool irqsan_tracepoint_active(void)
{
	return restore_tp;
}

/**
 * irqsan_tracepoint_start() - attach to the kernel's own check, if it has the patches
 * Context: May sleep.
 */
void irqsan_tracepoint_start(void)
{
	imbalance_tp = irqsan_tracepoint_attach("irq_imbalance", tracepoint_hit,
						(void *)IRQSAN_BALANCE);
	if (imbalance_tp)
		restore_tp = irqsan_tracepoint_attach("bogus_irq_restore", tracepoint_hit,
						      (void *)IRQSAN_RESTORE);
}

/**
 * irqsan_tracepoint_stop() - detach from the kernel's own check
 *
 * On return it calls nothing of us.
 * Context: Sleeps.
 */
void irqsan_tracepoint_stop(void)
{
	irqsan_tracepoint_detach(restore_tp, tracepoint_hit, (void *)IRQSAN_RESTORE);
	irqsan_tracepoint_detach(imbalance_tp, tracepoint_hit, (void *)IRQSAN_BALANCE);
	restore_tp = NULL;
	imbalance_tp = NULL;
}
