/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every difference between the kernel versions that irqsan builds for
 * (5.10 to 7.2), and nothing else.
 */
#ifndef IRQSAN_COMPAT_H
#define IRQSAN_COMPAT_H

#include <linux/version.h>

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

#ifndef CONFIG_X86_64
#error "irqsan knows x86-64 code only"
#endif

#endif
