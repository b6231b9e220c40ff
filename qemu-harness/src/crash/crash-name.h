/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a crash report is called.
 */
#ifndef IRQSAN_CRASH_NAME_H
#define IRQSAN_CRASH_NAME_H

#include "base/pattern.h"
#include "crash/crash-lines.h"
#include "crash/crash.h"

void crash_name(struct meaning means, const struct span *lines, size_t n, size_t titled,
		struct crash *crash);

#endif
