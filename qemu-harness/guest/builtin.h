/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guests in which the kernel's own check (CONFIG_DEBUG_IRQFLAGS) is the detector.
 */
#ifndef IRQSAN_BUILTIN_H
#define IRQSAN_BUILTIN_H

#include "conf.h"
#include "counters.h"

/* Counts kvm_wait() calls from now on. Where that can't be done, none are counted. */
void builtin_count(void);

/* Adds the calls so far to @c. */
void builtin_add(struct counters *c);

/* Runs a planted restore and says in a "control" record whether the kernel warned. */
void builtin_control(const struct conf_module *planted);

#endif
