// SPDX-License-Identifier: GPL-2.0
/*
 * The engine for kernels with the hooks (patches/): the kernel's own check at
 * every restore tells of violations, the paravirtualised spinlock of its waits.
 * Nothing is probed.
 */
#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/hash.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <asm/processor-flags.h>
#include <asm/ptrace.h>

#include "compat.h"
#include "irqsan.h"

/* Places that can break a contract; there is one site for each. */
#define SITE_BITS 8
#define SITES BIT(SITE_BITS)

static struct irqsan_site *sites[SITES];
static bool active;
static atomic_long_t homeless;	/* violations for which no site was left */
static DEFINE_PER_CPU(bool, controlling);	/* a task runs the control here */

static notrace struct irqsan_site *site_at(unsigned long ip, enum irqsan_kind kind)
{
	unsigned int at = hash_long(ip, SITE_BITS), i;

	for (i = 0; i < SITES; i++) {
		struct irqsan_site *site = sites[(at + i) % SITES];
		unsigned long old = READ_ONCE(site->addr);

		if (!old) {
			old = cmpxchg(&site->addr, 0, ip);
			if (!old)
				site->kind = kind;
		}
		if (!old || old == ip)
			return site;
	}
	atomic_long_inc(&homeless);
	return NULL;
}

NOKPROBE_SYMBOL(site_at);

/* As in a probe's handler, IRQs are off while a violation is recorded. */
static notrace void violation(unsigned long ip, enum irqsan_kind kind, bool irqs_on,
			      enum irqsan_flag_state state)
{
	struct pt_regs regs = { .ip = ip, .flags = irqs_on ? X86_EFLAGS_IF : 0 };
	unsigned long flags = arch_local_irq_save();
	struct irqsan_site *site;

	if (READ_ONCE(irqsan_enabled)) {
		site = site_at(ip, kind);
		if (site) {
			this_cpu_inc(site->count->hits);
			irqsan_violation(site, &regs, state, IRQSAN_HERE);
		}
	}
	arch_local_irq_restore(flags);
}

NOKPROBE_SYMBOL(violation);

/* What interrupts the control is not the control. */
static void notrace bogus_restore(unsigned long ip, unsigned long flags)
{
	violation(ip, this_cpu_read(controlling) && in_task() ? KIND_CONTROL : KIND_RESTORE, true,
		  flags & X86_EFLAGS_IF ? FLAGS_ON : FLAGS_OFF);
}

static void notrace imbalance(unsigned long ip, bool irqs_were_on)
{
	irqsan_pv_imbalance();
	violation(ip, KIND_BALANCE, !irqs_were_on, irqs_were_on ? FLAGS_ON : FLAGS_OFF);
}

/* An interrupt that waits too must not come in between. */
static void notrace wait_begins(bool irqs_on)
{
	unsigned long flags = arch_local_irq_save();

	irqsan_pv_enter(0, irqs_on);
	arch_local_irq_restore(flags);
}

static void notrace wait_ends(void)
{
	unsigned long flags = arch_local_irq_save();
	struct irqsan_pv_call call;

	irqsan_pv_leave(0, 0, &call);
	arch_local_irq_restore(flags);
}

static const struct irqflags_reporter reporter = {
	.bogus_restore = bogus_restore,
	.imbalance = imbalance,
	.pv_queue = irqsan_pv_slowpath,
	.pv_wait = wait_begins,
	.pv_woken = wait_ends,
	.pv_kick = irqsan_pv_kick,
};

/*
 * What another module has at these addresses is another site. Init functions go
 * once they have run.
 */
static int module_event(struct notifier_block *nb, unsigned long event, void *mod)
{
	unsigned int i;

	if (event != MODULE_STATE_LIVE && event != MODULE_STATE_GOING)
		return NOTIFY_DONE;
	for (i = 0; i < SITES; i++) {
		unsigned long addr = READ_ONCE(sites[i]->addr);

		if (!(event == MODULE_STATE_LIVE ? within_module_init(addr, mod) :
						   within_module(addr, mod)))
			continue;
		/* It doesn't run any more; records of it still want its symbols. */
		irqsan_record_flush();
		WRITE_ONCE(sites[i]->addr, IRQSAN_ADDR_GONE);
	}
	return NOTIFY_OK;
}

static struct notifier_block module_nb = { .notifier_call = module_event };

/**
 * irqsan_hooks_control() - a restore that is bogus on purpose, through the hooks
 */
noinline void irqsan_hooks_control(void)
{
	unsigned long flags;

	preempt_disable();
	this_cpu_write(controlling, true);
	flags = arch_local_irq_save();
	arch_local_irq_enable();
	raw_local_irq_restore(flags);
	this_cpu_write(controlling, false);
	preempt_enable();
}

/**
 * irqsan_hooks_active() - is this the engine?
 *
 * Return: true once irqsan_hooks_start() has succeeded.
 */
bool irqsan_hooks_active(void)
{
	return active;
}

/**
 * irqsan_hooks_lost() - violations at more sites than there is room for
 *
 * Return: their number since the module was loaded.
 */
u64 irqsan_hooks_lost(void)
{
	return atomic_long_read(&homeless);
}

/**
 * irqsan_hooks_start() - become the reporter of the kernel's checks
 *
 * Sleeps.
 *
 * Return: 0; -EOPNOTSUPP on a kernel without hooks; -EBUSY while there is
 * another reporter; -ENOMEM.
 */
int irqsan_hooks_start(void)
{
	unsigned int i;
	int rc;

	if (!COMPAT_HOOKS)
		return -EOPNOTSUPP;
	for (i = 0; i < SITES; i++) {
		sites[i] = irqsan_site_reserve();
		if (!sites[i])
			return -ENOMEM;
	}
	rc = register_module_notifier(&module_nb);
	if (rc)
		return rc;
	rc = irqflags_register_reporter(&reporter);
	if (rc)
		unregister_module_notifier(&module_nb);
	active = !rc;
	return rc;
}

/**
 * irqsan_hooks_stop() - leave the reports to the kernel again
 *
 * On return nothing of us is called any more; the sites go with the others.
 * Sleeps.
 */
void irqsan_hooks_stop(void)
{
	if (!active)
		return;
	irqflags_unregister_reporter(&reporter);
	unregister_module_notifier(&module_nb);
	active = false;
}
