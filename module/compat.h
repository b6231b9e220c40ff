/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every difference between the kernel versions that irqsan builds for
 * (5.10 to 7.2), and nothing else.
 */
#ifndef IRQSAN_COMPAT_H
#define IRQSAN_COMPAT_H

#include <linux/module.h>
#include <linux/version.h>

#include "irqsan.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 0)
#error "irqsan needs Linux 5.10 or later"
#endif

/* Commit ab234a260b1f: what a restore is compiled to (scan.h). */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 12, 0)
#define IRQSAN_SHAPE SHAPE_TEST
#else
#define IRQSAN_SHAPE SHAPE_POPF
#endif

/* 5.14 moved add_taint() and test_taint() out of kernel.h. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 14, 0)
#include <linux/panic.h>
#else
#include <linux/kernel.h>
#endif

/* 6.4 (commit ac3b43283923) made the two layouts of a module one array. */
static inline struct irqsan_range compat_module_text(const struct module *mod)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	return (struct irqsan_range){ (unsigned long)mod->mem[MOD_TEXT].base,
				      mod->mem[MOD_TEXT].size };
#else
	return (struct irqsan_range){ (unsigned long)mod->core_layout.base,
				      mod->core_layout.text_size };
#endif
}

static inline struct irqsan_range compat_module_init_text(const struct module *mod)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	return (struct irqsan_range){ (unsigned long)mod->mem[MOD_INIT_TEXT].base,
				      mod->mem[MOD_INIT_TEXT].size };
#else
	return (struct irqsan_range){ (unsigned long)mod->init_layout.base,
				      mod->init_layout.text_size };
#endif
}

#ifndef CONFIG_X86_64
#error "irqsan knows x86-64 code only"
#endif

#endif
