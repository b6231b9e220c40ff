// SPDX-License-Identifier: GPL-2.0
/*
 * The fix of kvm_wait() (5.10/0002) for a 5.10 that is running: the function is
 * replaced by one that restores no flags.
 *
 *	insmod livepatch_kvm_wait.ko
 *	cat /sys/kernel/livepatch/livepatch_kvm_wait/transition	(0: done)
 *
 * To take it out again, write 0 to "enabled" in that directory, wait for it to
 * go, and rmmod. irqsan.ko may be loaded before or after: it finds the waits of
 * the replacement by the name.
 */
#include <linux/compiler.h>
#include <linux/irqflags.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/types.h>
#include <linux/version.h>

/* Later kernels have the fix. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 0) || LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
#error "this replaces the kvm_wait() of 5.10"
#endif

static void livepatch_kvm_wait(u8 *ptr, u8 val)
{
	if (in_nmi())
		return;

	/*
	 * With IRQs on the halt has them on too: an interrupt that takes the same
	 * lock's slowpath may overwrite what the kick goes by, and then nothing
	 * else wakes us.
	 */
	if (irqs_disabled()) {
		if (READ_ONCE(*ptr) == val)
			halt();
		return;
	}

	/* A kick between the test and the halt must stay pending for the halt. */
	local_irq_disable();
	if (READ_ONCE(*ptr) == val)
		safe_halt();	/* returns with IRQs on */
	else
		local_irq_enable();
}

static struct klp_func funcs[] = {
	{
		.old_name = "kvm_wait",
		.new_func = livepatch_kvm_wait,
	}, { }
};

static struct klp_object objs[] = {
	{
		.funcs = funcs,		/* no name: the kernel itself */
	}, { }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int __init livepatch_kvm_wait_init(void)
{
	return klp_enable_patch(&patch);
}

/* Without it the module could not be unloaded; livepatch has disabled it by then. */
static void __exit livepatch_kvm_wait_exit(void)
{
}

module_init(livepatch_kvm_wait_init);
module_exit(livepatch_kvm_wait_exit);
MODULE_DESCRIPTION("kvm_wait() of 5.10 without the bogus restore");
MODULE_INFO(livepatch, "Y");
MODULE_LICENSE("GPL");
