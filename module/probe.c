// SPDX-License-Identifier: GPL-2.0
/*
 * Arms a site with the cheapest means that it allows.
 */
#include <linux/kernel.h>

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

/**
 * irqsan_arm() - put a kprobe on a site
 * @site: not armed yet
 * @handler: what runs there
 *
 * May sleep.
 *
 * Return: 0 or the kprobe layer's error: -EINVAL where the kernel forbids
 * probes, -EILSEQ where no instruction begins at the address.
 */
int irqsan_arm(struct irqsan_site *site, kprobe_pre_handler_t handler)
{
	int rc;

	site->kp.addr = (kprobe_opcode_t *)site->addr;
	site->kp.pre_handler = handler;
	rc = register_kprobe(&site->kp);
	site->armed = !rc;
	return rc;
}
