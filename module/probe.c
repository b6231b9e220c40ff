// SPDX-License-Identifier: GPL-2.0
/*
 * Arms and disarms sites, and checks the CPUs that get there. Each has a kprobe, but
 * for the hottest, the restore in _raw_spin_unlock_irqrestore(): it is checked at the
 * function's entry by a direct ftrace call, since from there to the restore nothing
 * changes the IRQ state. That costs ten instructions, a breakpoint 300.
 *
 * The checks run in NMIs, in printk and under the scheduler's locks, too: no locks,
 * no allocation, no printk, no wake-up.
 */
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/uaccess.h>
#include <asm/insn.h>

#include "compat.h"
#include "insn.h"
#include "irqsan.h"

/* How often it is tried to take out a direct call that can't be. */
#define RETRY_MS 1000
/* Somebody else's jump may stay where ours was. */
#define JUMPS_TIMEOUT_MS 5000
#define STEP_MS 20

static const char direct_function[] = "_raw_spin_unlock_irqrestore";

static struct irqsan_site *direct_site;
static struct compat_direct direct;

/* Counted into by entry.S. */
u64 __percpu *irqsan_direct_hits;

/* By register number as instructions encode it. */
static const u8 irqsan_reg_offset[] = {
	offsetof(struct pt_regs, ax), offsetof(struct pt_regs, cx),
	offsetof(struct pt_regs, dx), offsetof(struct pt_regs, bx),
	offsetof(struct pt_regs, sp), offsetof(struct pt_regs, bp),
	offsetof(struct pt_regs, si), offsetof(struct pt_regs, di),
	offsetof(struct pt_regs, r8), offsetof(struct pt_regs, r9),
	offsetof(struct pt_regs, r10), offsetof(struct pt_regs, r11),
	offsetof(struct pt_regs, r12), offsetof(struct pt_regs, r13),
	offsetof(struct pt_regs, r14), offsetof(struct pt_regs, r15),
};

static enum irqsan_flags __kprobes saved_flags(const struct irqsan_site *site, struct pt_regs *regs)
{
	unsigned long flags;

	switch (site->saved) {
	case IRQSAN_SAVED_REG:
		flags = *(unsigned long *)((char *)regs + irqsan_reg_offset[site->reg & 15]);
		return flags & X86_EFLAGS_IF ? IRQSAN_ON : IRQSAN_OFF;
	case IRQSAN_SAVED_ZF:
		return regs->flags & X86_EFLAGS_ZF ? IRQSAN_OFF : IRQSAN_ON;
	case IRQSAN_SAVED_CF:
		return regs->flags & X86_EFLAGS_CF ? IRQSAN_ON : IRQSAN_OFF;
	default:
		return IRQSAN_UNKNOWN;
	}
}

/**
 * irqsan_violation() - count and record a broken contract
 * @site: where
 * @regs: registers there
 * @flags: IRQSAN_RESTORE: the flags being restored; IRQSAN_BALANCE: the state at
 *	   entry
 * @where: IRQSAN_HERE of the check
 * Context: Any, NMI too, preemption off.
 */
void __kprobes irqsan_violation(struct irqsan_site *site, struct pt_regs *regs,
				enum irqsan_flags flags, const char *where)
{
	this_cpu_inc(site->count->violations);
	irqsan_bug_hit(site->kind, site->addr, regs, flags, site->code, where);
}

/**
 * irqsan_site_hit() - kprobe handler of a restore
 * @kp: the site's
 * @regs: registers there. The handler itself may run with IRQs off, so what
 *	  counts is the flag in these, never irqs_disabled()
 * Context: Any, NMI too.
 * Return: 0, which lets the instruction run.
 */
int __kprobes irqsan_site_hit(struct kprobe *kp, struct pt_regs *regs)
{
	struct irqsan_site *site = container_of(kp, struct irqsan_site, kp);

	if (unlikely(!READ_ONCE(irqsan_enabled)))
		return 0;
	this_cpu_inc(site->count->hits);
	if (unlikely(regs->flags & X86_EFLAGS_IF)) {
		/* kprobes sets ip behind the breakpoint: unwind data there count the push as done. */
		regs->ip -= INT3_INSN_SIZE;
		irqsan_violation(site, regs, saved_flags(site, regs), IRQSAN_HERE);
		regs->ip += INT3_INSN_SIZE;
	}
	return 0;
}

/**
 * irqsan_direct_bogus() - _raw_spin_unlock_irqrestore() was entered with IRQs on
 * @regs: registers at its entry
 *
 * Called by entry.S with IRQs on, which are off while the violation is recorded, as in
 * a probe's handler. By the arch_ functions: a kernel that checks
 * raw_local_irq_restore() itself need not check this one.
 * Context: Any, NMI too.
 */
void __kprobes irqsan_direct_bogus(struct pt_regs *regs)
{
	unsigned long flags = arch_local_irq_save();
	struct irqsan_site *site = READ_ONCE(direct_site);

	/* NULL: the call outlives its site for a moment. The flags are the second argument. */
	if (site && READ_ONCE(irqsan_enabled)) {
		this_cpu_inc(site->count->hits);
		irqsan_violation(site, regs, regs->si & X86_EFLAGS_IF ? IRQSAN_ON : IRQSAN_OFF,
				 IRQSAN_HERE);
	}
	arch_local_irq_restore(flags);
}

/**
 * irqsan_no_post() - a kprobe with a post handler is never optimised
 * @kp: the kprobe
 * @regs: registers behind the instruction
 * @flags: not used by anybody
 * Context: Any, NMI too.
 */
void __kprobes irqsan_no_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
}

/* Its restores: the site at @arg, and no second one? */
static int is_another(void *arg, const struct irqsan_found *found)
{
	size_t *offset = arg;

	return found->offset != *offset;
}

/*
 * On return no CPU is in the code that is called. It doesn't return while ftrace can't
 * take the call out, after an error of its own: the call would lead to freed memory.
 */
static void direct_disarm(void)
{
	int rc;

	while ((rc = compat_direct_unregister(&direct, direct_site->entry,
					      (unsigned long)irqsan_direct_entry))) {
		pr_err_once("the direct call can't be taken out (%d): the module stays until it can\n",
			    rc);
		msleep(RETRY_MS);
	}
	/* Whoever was preempted in there has come out. */
	synchronize_rcu_tasks();
	WRITE_ONCE(direct_site, NULL);
}

/*
 * 0, or why the site can't have a direct call but a kprobe: -ENOENT where it isn't the
 * one; no direct calls in this kernel; -EBUSY: ftrace is switched off, or a BPF program
 * sits there. With CONFIG_DEBUG_IRQFLAGS the planted restore would set off the kernel's
 * own check.
 */
static int direct_arm(struct irqsan_site *site)
{
	char symbol[KSYM_SYMBOL_LEN];
	struct irqsan_style style;
	struct irqsan_range fn;
	size_t offset;
	int rc;

	sprint_symbol_no_offset(symbol, site->addr);
	if (IS_ENABLED(CONFIG_DEBUG_IRQFLAGS) || direct_site || strcmp(symbol, direct_function) ||
	    irqsan_text_around(site->addr, &fn))
		return -ENOENT;
	offset = site->addr - fn.start;
	style = irqsan_text_style(fn.start);
	if (irqsan_scan((u8 *)fn.start, fn.len, &style, is_another, &offset))
		return -ENOENT;
	irqsan_direct_hits = &site->count->hits;
	WRITE_ONCE(direct_site, site);
	rc = compat_direct_register(&direct, fn.start, (unsigned long)irqsan_direct_entry);
	if (rc) {
		WRITE_ONCE(direct_site, NULL);
		return rc;
	}
	site->entry = fn.start;
	/* 6.12 takes it while ftrace is switched off, and patches nothing. */
	if (irqsan_site_intact(site))
		return 0;
	direct_disarm();
	site->entry = 0;
	return -EBUSY;
}

/**
 * irqsan_direct_active() - is a site watched by a direct call?
 * Context: Any.
 * Return: true if one is.
 */
bool irqsan_direct_active(void)
{
	return READ_ONCE(direct_site);
}

/*
 * Before it optimises a kprobe, the kernel decodes the function to its end
 * (can_optimize()), which for the last one of a module's text is the end of the page.
 * Two zeros are an instruction: with an odd number of them as padding, it reads the
 * page behind. Since 6.4 (commit ac3b43283923) there is none, and the kernel oopses.
 */
static bool decoding_leaves_text(const struct irqsan_site *site)
{
	struct irqsan_range text, fn;
	bool leaves;
	u8 *code;

	if (!site->mod || compat_module_text_followed(site->mod, site->init) ||
	    irqsan_text_around(site->addr, &fn))
		return false;
	text = compat_module_text(site->mod, site->init);
	if (fn.start + fn.len + MAX_INSN_SIZE <= PAGE_ALIGN(text.start + text.len))
		return false;
	code = irqsan_sites_original(&fn, true);
	leaves = !code || !irqsan_insn_ends(code, fn.len);
	kvfree(code);
	return leaves;
}

static int arm_site(struct irqsan_site *site)
{
	if (irqsan_denied(site->addr))
		return -EPERM;
	if (site->kind == IRQSAN_RESTORE && !direct_arm(site))
		return 0;
	if (decoding_leaves_text(site))
		return -EPERM;
	site->kp.addr = (kprobe_opcode_t *)site->addr;
	site->kp.pre_handler = site->handler;
	/* It stays a breakpoint; the planted restore of jumps is no restore by its code. */
	if (site->kind == IRQSAN_CONTROL && site->enable)
		site->kp.post_handler = irqsan_no_post;
	return register_kprobe(&site->kp);
}

/**
 * irqsan_arm() - have a site checked
 * @site: not armed yet; its state says what became of it
 *
 * Under the lock of the table of sites (site.c).
 * Context: May sleep.
 * Return: 0; -EPERM for denied code, and where the kernel can't look at a probe
 * without an oops; or the kprobe layer's error: -EINVAL where
 * the kernel forbids probes, -EILSEQ where no instruction begins there.
 */
int irqsan_arm(struct irqsan_site *site)
{
	int rc = arm_site(site);

	site->state = !rc ? IRQSAN_ARMED :
		      rc == -EPERM ? IRQSAN_DENIED :
		      rc == -EINVAL ? IRQSAN_REFUSED :
		      rc == -EILSEQ ? IRQSAN_NO_INSN : IRQSAN_FAILED;
	return rc;
}

/**
 * irqsan_site_intact() - does the text at an armed site hold what was put there?
 * @site: the site
 *
 * Under the lock of the table of sites. Any context otherwise.
 * Return: false where a CPU passes unseen: kprobes or ftrace have been switched off.
 */
bool irqsan_site_intact(const struct irqsan_site *site)
{
	unsigned long addr = site->addr;
	u8 byte;

	/* The call is the last of what stands in front of the function's own code. */
	if (site->entry)
		addr = site->entry + irqsan_scan_body((u8 *)site->entry, 2 * MAX_INSN_SIZE) -
		       IRQSAN_PATCHED_BYTES;
	if (copy_from_kernel_nofault(&byte, (void *)addr, sizeof(byte)))
		return false;
	return site->entry ? byte == 0xe8 : byte != site->code[0];
}

static bool has_jump(const struct irqsan_site *site)
{
	u8 byte;

	return !copy_from_kernel_nofault(&byte, (void *)site->addr, sizeof(byte)) &&
	       byte == 0xe9 && site->code[0] != 0xe9;
}

/**
 * irqsan_disarm() - have some sites checked no longer
 * @sites: a list of them; those that aren't armed are left alone
 *
 * On return none of their handlers runs any more. It also waits until the kernel has
 * taken out the jumps, which it does some time later: the next insmod would take them
 * for somebody else's, and 5.10 warns where a module comes back to the address of one
 * (kernel/kprobes.c, reuse_unused_kprobe()).
 * Context: Sleeps.
 */
void irqsan_disarm(struct list_head *sites)
{
	unsigned int nr = 0, armed = 0, waited = 0;
	struct irqsan_site *site;
	struct kprobe **kps;

	list_for_each_entry(site, sites, node)
		nr++;
	kps = kvmalloc_array(nr, sizeof(*kps), GFP_KERNEL);
	list_for_each_entry(site, sites, node) {
		if (site->state != IRQSAN_ARMED)
			continue;
		if (site->entry)
			direct_disarm();
		else if (kps)
			kps[armed++] = &site->kp;
		else
			unregister_kprobe(&site->kp);
		site->state = IRQSAN_NEW;
	}
	if (armed)
		unregister_kprobes(kps, armed);
	kvfree(kps);
	list_for_each_entry(site, sites, node) {
		while (site->kp.addr && has_jump(site) && waited < JUMPS_TIMEOUT_MS) {
			msleep(STEP_MS);
			waited += STEP_MS;
		}
	}
}
