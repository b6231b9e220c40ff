// SPDX-License-Identifier: GPL-2.0
/*
 * Arms a site with the cheapest means that it allows.
 */
#include <linux/kernel.h>

#include "irqsan.h"

static int notrace site_hit(struct kprobe *kp, struct pt_regs *regs)
{
	irqsan_check(container_of(kp, struct irqsan_site, kp), regs);
	return 0;
}

NOKPROBE_SYMBOL(site_hit);

/**
 * irqsan_arm() - put a kprobe on a site
 * @site: not armed yet
 *
 * May sleep.
 *
 * Return: 0 or the kprobe layer's error: -EINVAL where the kernel forbids
 * probes, -EILSEQ where no instruction begins at the address.
 */
int irqsan_arm(struct irqsan_site *site)
{
	int rc;

	site->kp.addr = (kprobe_opcode_t *)site->addr;
	site->kp.pre_handler = site_hit;
	rc = register_kprobe(&site->kp);
	site->armed = !rc;
	return rc;
}
