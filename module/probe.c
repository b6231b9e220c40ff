// SPDX-License-Identifier: GPL-2.0
/*
 * Arms and disarms a site with the cheapest means that it allows.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "irqsan.h"

/**
 * irqsan_site_hit() - kprobe handler of a restore
 * @kp: the site's
 * @regs: registers there
 *
 * Any context, NMI too.
 *
 * Return: 0, which lets the instruction run.
 */
int notrace irqsan_site_hit(struct kprobe *kp, struct pt_regs *regs)
{
	irqsan_check(container_of(kp, struct irqsan_site, kp), regs);
	return 0;
}

NOKPROBE_SYMBOL(irqsan_site_hit);

static void notrace nothing(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
}

NOKPROBE_SYMBOL(nothing);

static int arm(struct irqsan_site *site)
{
	/* A check at the entry would come before the kernel's own, see builtin.c. */
	if (site->kind == KIND_RESTORE && !irqsan_builtin() && !irqsan_direct_arm(site))
		return 0;
	site->kp.addr = (kprobe_opcode_t *)site->addr;
	site->kp.pre_handler = site->handler;
	/*
	 * A kprobe with a post handler is never optimised. An optimised one is
	 * freed some time after it was unregistered; if its module has been
	 * unloaded and come back to the same address by then, 5.10 warns
	 * (kernel/kprobes.c, reuse_unused_kprobe()) and refuses the new one.
	 */
	if (site->kind == KIND_CONTROL)
		site->kp.post_handler = nothing;
	return register_kprobe(&site->kp);
}

/**
 * irqsan_arm() - have a site checked
 * @site: not armed yet; its state says what became of it
 *
 * May sleep.
 *
 * Return: 0; -EPERM for denied code; or the kprobe layer's error: -EINVAL where
 * the kernel forbids probes, -EILSEQ where no instruction begins there.
 */
int irqsan_arm(struct irqsan_site *site)
{
	int rc;

	if (irqsan_denied(site->addr)) {
		site->state = SITE_DENIED;
		return -EPERM;
	}
	rc = arm(site);
	site->error = rc;
	switch (rc) {
	case 0:
		site->state = SITE_ARMED;
		break;
	case -EINVAL:
		site->state = SITE_REFUSED;
		break;
	case -EILSEQ:
		site->state = SITE_NO_INSN;
		break;
	default:
		site->state = SITE_FAILED;
	}
	return rc;
}

/**
 * irqsan_disarm() - have some sites checked no longer
 * @sites: any; those that aren't armed are left alone
 * @nr: how many
 *
 * On return none of their handlers runs any more. One wait for all kprobes,
 * where there is memory to name them together. Sleeps.
 */
void irqsan_disarm(struct irqsan_site **sites, unsigned int nr)
{
	struct kprobe **kps = kvmalloc_array(nr, sizeof(*kps), GFP_KERNEL);
	unsigned int i, armed = 0;

	for (i = 0; i < nr; i++) {
		if (sites[i]->state != SITE_ARMED)
			continue;
		if (sites[i]->entry)
			irqsan_direct_disarm();
		else if (kps)
			kps[armed++] = &sites[i]->kp;
		else
			unregister_kprobe(&sites[i]->kp);
		sites[i]->state = SITE_NEW;
	}
	if (armed)
		unregister_kprobes(kps, armed);
	kvfree(kps);
}
