// SPDX-License-Identifier: GPL-2.0
/*
 * Code that must not be probed although the kprobe layer allows it: a breakpoint
 * there is taken without an IDT or with a GS base that isn't the kernel's, and the
 * machine resets without a message.
 *
 * The roots are the few functions that bring a CPU up before it has its IDT, or take
 * the machine to sleep or into another kernel. What they call directly, to the depth
 * given, is denied with them. NMI and MCE entry need no root: that code is noinstr,
 * and the kprobe layer refuses it.
 */
#include <linux/slab.h>

#include "irqsan.h"

/* More functions than this are never within reach of the roots. */
#define DENIED_MAX 512

/**
 * struct irqsan_root - a function to start from
 * @name: its symbol; kernels that don't have it are fine
 * @depth: how many direct calls to follow
 */
struct irqsan_root {
	const char *name;
	unsigned int depth;
};

static const struct irqsan_root roots[] = {
	/* A CPU comes up: start_secondary() until load_current_idt(). */
	{ "cr4_init", 2 },
	{ "cpu_init_exception_handling", 2 },
	{ "cpu_init_fred_exceptions", 2 },
	{ "load_ucode_ap", 2 },
	/* Suspend and resume: GS, IDT and CR4 are restored one by one. */
	{ "x86_acpi_suspend_lowlevel", 0 },
	{ "do_suspend_lowlevel", 1 },
	{ "save_processor_state", 1 },
	{ "restore_processor_state", 1 },
	{ "__save_processor_state", 1 },
	{ "__restore_processor_state", 1 },
	{ "swsusp_arch_suspend", 1 },
	{ "swsusp_arch_resume", 1 },
	{ "restore_image", 1 },
	{ "restore_registers", 0 },
	/* Into another kernel: the IDT is invalidated on the way. */
	{ "machine_kexec", 1 },
	{ "relocate_kernel", 0 },
	{ "native_machine_crash_shutdown", 0 },
	{ "crash_nmi_callback", 0 },
	{ "native_machine_emergency_restart", 0 },
	{ "stop_this_cpu", 0 },
};

/*
 * Not followed: only failure paths print or stop the machine, and all of the kernel
 * is in reach from there. A root that takes a lock has its IDT.
 */
static const char * const stop_names[] = {
	"_printk", "printk", "vprintk", "panic", "__warn_printk", "warn_slowpath_fmt", "__warn",
	"_raw_spin_lock", "_raw_spin_lock_irqsave", "_raw_spin_unlock",
	"_raw_spin_unlock_irqrestore", "mutex_lock", "mutex_unlock", "__schedule", "schedule",
};

static struct irqsan_range *denied;
static unsigned int nr_denied;
static struct irqsan_range stops[ARRAY_SIZE(stop_names)];

static int add_function(unsigned long addr)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stops); i++) {
		if (irqsan_range_has(&stops[i], addr))
			return 0;
	}
	if (irqsan_denied(addr) || nr_denied == DENIED_MAX)
		return 0;
	/* A target without a symbol is no function: data that looked like a call. */
	if (!irqsan_text_around(addr, &denied[nr_denied]))
		nr_denied++;
	return 0;
}

static int add_target(void *text, size_t target)
{
	return add_function((unsigned long)text + target);
}

static void add_root(const struct irqsan_range *fn, unsigned int max_depth)
{
	unsigned int from = nr_denied, to, depth;

	if (!fn->len)
		return;
	add_function(fn->start);
	for (depth = 0; depth < max_depth; depth++) {
		to = nr_denied;
		for (; from < to; from++) {
			if (irqsan_scan_calls((const u8 *)denied[from].start, denied[from].len,
					      add_target, (void *)denied[from].start) < 0)
				pr_warn("%ps: code that isn't understood; what it calls may be probed although it must not be\n",
					(void *)denied[from].start);
		}
	}
}

/**
 * irqsan_denied() - may this place not be probed?
 * @addr: a text address
 * Return: true if it is in the denied class.
 */
bool irqsan_denied(unsigned long addr)
{
	unsigned int i;

	for (i = 0; i < nr_denied; i++) {
		if (irqsan_range_has(&denied[i], addr))
			return true;
	}
	return false;
}

/**
 * irqsan_deny_start() - work out the denied class
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int irqsan_deny_start(void)
{
	const char *names[ARRAY_SIZE(roots)];
	struct irqsan_range fns[ARRAY_SIZE(roots)];
	unsigned int i;
	int rc;

	denied = kcalloc(DENIED_MAX, sizeof(*denied), GFP_KERNEL);
	if (!denied)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(roots); i++)
		names[i] = roots[i].name;
	rc = irqsan_text_find(stop_names, ARRAY_SIZE(stop_names), stops) ?:
	     irqsan_text_find(names, ARRAY_SIZE(roots), fns);
	if (rc)
		return rc;
	for (i = 0; i < ARRAY_SIZE(roots); i++)
		add_root(&fns[i], roots[i].depth);
	return 0;
}

/**
 * irqsan_deny_stop() - forget the denied class
 */
void irqsan_deny_stop(void)
{
	nr_denied = 0;
	kfree(denied);
	denied = NULL;
}

/**
 * irqsan_deny_show() - the "denied" file: the functions of the class
 * @m: where to
 * @unused: nothing
 * Return: 0.
 */
int irqsan_deny_show(struct seq_file *m, void *unused)
{
	unsigned int i;

	for (i = 0; i < nr_denied; i++)
		seq_printf(m, "%ps\n", (void *)denied[i].start);
	return 0;
}
