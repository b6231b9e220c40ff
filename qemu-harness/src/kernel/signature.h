/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hash of what runs of a kernel, so that two builds of the same code are known
 * to be equal (docs/kernel-builds.md).
 */
#ifndef IRQSAN_SIGNATURE_H
#define IRQSAN_SIGNATURE_H

#include "base/util.h"

int kernel_signature(const char *vmlinux, const char *modules, const struct strv *boot,
		     char hex[65]);

#endif
