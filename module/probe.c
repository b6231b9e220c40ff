// SPDX-License-Identifier: GPL-2.0
/*
 * Arms and disarms a site with the cheapest means that it allows.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <asm/insn.h>

#include "compat.h"
#include "insn.h"
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

/*
 * Before it optimises a kprobe, the kernel decodes the function to its end
 * (can_optimize()). The last one of a module's text goes to the end of the last page:
 * its symbol does. If the padding has an odd number of zeros, of which two are an
 * instruction, the last one is read on in the page behind. Since modules have their
 * text apart from their data (6.4, commit ac3b43283923) there is none, and the kernel
 * oopses.
 */
static bool decoding_leaves_text(const struct irqsan_site *site)
{
	struct irqsan_range text, fn;
	bool leaves;
	u8 *code;

	if (!site->mod || compat_module_text_followed(site->mod, site->init) ||
	    irqsan_text_around(site->addr, &fn))
		return false;
	text = site->init ? compat_module_init_text(site->mod) : compat_module_text(site->mod);
	if (fn.start + fn.len + MAX_INSN_SIZE <= PAGE_ALIGN(text.start + text.len))
		return false;
	code = irqsan_sites_original_locked(&fn);
	leaves = !code || !irqsan_insn_ends(code, fn.len);
	kvfree(code);
	return leaves;
}

static int arm(struct irqsan_site *site)
{
	/* A check at the entry would come before the kernel's own, see builtin.c. */
	if (site->kind == KIND_RESTORE && !irqsan_builtin() && !irqsan_direct_arm(site))
		return 0;
	if (decoding_leaves_text(site))
		return -EPERM;
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
 * Under the lock of the table of sites (site.c). May sleep.
 *
 * Return: 0; -EPERM for denied code, and where the kernel can't look at a probe
 * without an oops; or the kprobe layer's error: -EINVAL where
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
	case -EPERM:
		site->state = SITE_DENIED;
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
