/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every difference between the kernel versions that irqsan builds for
 * (5.10 to 7.2), and nothing else.
 */
#ifndef IRQSAN_COMPAT_H
#define IRQSAN_COMPAT_H

#include <linux/version.h>

#ifdef __ASSEMBLER__

/* 5.18 (commit 156ff4a544ae): a target of indirect calls begins with it. */
#ifdef ENDBR
#define COMPAT_ENDBR ENDBR
#else
#define COMPAT_ENDBR
#endif

/* 6.2 (commit 5d8213864ade): what is called by ftrace counts its own call. */
#ifdef CALL_DEPTH_ACCOUNT
#define COMPAT_CALL_DEPTH_ACCOUNT CALL_DEPTH_ACCOUNT
#else
#define COMPAT_CALL_DEPTH_ACCOUNT
#endif

#else

#include <linux/ftrace.h>
#include <linux/irqflags.h>
#include <linux/module.h>

#include "irqsan.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 0)
#error "irqsan needs Linux 5.10 or later"
#endif

/* Commit ab234a260b1f: what a restore is compiled to (scan.h). */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 12, 0)
#define IRQSAN_SHAPE IRQSAN_SHAPE_TEST
#else
#define IRQSAN_SHAPE IRQSAN_SHAPE_POPF
#endif

/* Functions that may be called between a restore's test and its sti; 0: none. */
#ifdef CONFIG_TRACE_IRQFLAGS
#define COMPAT_TRACE_HARDIRQS_ON ((unsigned long)trace_hardirqs_on)
#else
#define COMPAT_TRACE_HARDIRQS_ON 0UL
#endif

#ifdef CONFIG_KCOV
/* Older kernels leave the declaration to the compiler. */
void __sanitizer_cov_trace_pc(void);
#define COMPAT_COV_TRACE_PC ((unsigned long)__sanitizer_cov_trace_pc)
#else
#define COMPAT_COV_TRACE_PC 0UL
#endif

/* 5.14 moved add_taint(), test_taint() and the panic notifiers out of kernel.h. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 14, 0)
#include <linux/panic.h>
#include <linux/panic_notifier.h>
#else
#include <linux/kernel.h>
#endif

/* 6.4 (commit ac3b43283923) made the two layouts of a module one array. */
static inline struct irqsan_range compat_module_text(const struct module *mod, bool init)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	const struct module_memory *mem = &mod->mem[init ? MOD_INIT_TEXT : MOD_TEXT];

	return (struct irqsan_range){ (unsigned long)mem->base, mem->size };
#else
	const struct module_layout *layout = init ? &mod->init_layout : &mod->core_layout;

	return (struct irqsan_range){ (unsigned long)layout->base, layout->text_size };
#endif
}

/* Is there more of the module behind its text, or its init text? */
static inline bool compat_module_text_followed(const struct module *mod, bool init)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	return false;
#else
	const struct module_layout *layout = init ? &mod->init_layout : &mod->core_layout;

	return layout->size > layout->text_size;
#endif
}

/**
 * struct compat_direct - a direct call from a function's entry
 * @ops: what ftrace knows of it, from 6.5 on
 */
struct compat_direct {
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
	struct ftrace_ops ops;
#endif
};

/*
 * 6.5 (commit da8bdfbd4223). Before it all direct calls share one ftrace_ops, which
 * is permanent: while there is one, kernel.ftrace_enabled can't be set to 0. Without
 * CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS all of it fails.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
/* 6.12 frees the filter but keeps the pointers to it: the next use would free it again. */
static inline void compat_direct_free(struct compat_direct *direct)
{
	ftrace_free_filter(&direct->ops);
	direct->ops = (struct ftrace_ops){ .flags = 0 };
}

static inline int compat_direct_register(struct compat_direct *direct, unsigned long ip,
					 unsigned long addr)
{
	int rc = ftrace_set_filter_ip(&direct->ops, ip, 0, 0);

	if (rc)
		return rc;
	rc = register_ftrace_direct(&direct->ops, addr);
	if (rc)
		compat_direct_free(direct);
	else	/* Not before: it sets the flags anew. */
		direct->ops.flags |= FTRACE_OPS_FL_PERMANENT;
	return rc;
}

static inline int compat_direct_unregister(struct compat_direct *direct, unsigned long ip,
					   unsigned long addr)
{
	int rc = unregister_ftrace_direct(&direct->ops, addr, false);

	if (!rc)
		compat_direct_free(direct);
	return rc;
}
#else
static inline int compat_direct_register(struct compat_direct *direct, unsigned long ip,
					 unsigned long addr)
{
	return register_ftrace_direct(ip, addr);
}

static inline int compat_direct_unregister(struct compat_direct *direct, unsigned long ip,
					   unsigned long addr)
{
	return unregister_ftrace_direct(ip, addr);
}
#endif

#endif /* __ASSEMBLER__ */

#ifndef CONFIG_X86_64
#error "irqsan knows x86-64 code only"
#endif

#endif
