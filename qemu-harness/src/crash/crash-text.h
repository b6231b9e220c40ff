/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A crash report as text for people, with what a vmlinux says about its frames.
 */
#ifndef IRQSAN_CRASH_TEXT_H
#define IRQSAN_CRASH_TEXT_H

#include "crash/crash.h"
#include "crash/symbolize.h"

char *crash_text(const struct crash *crash, struct symbols *symbols);

#endif
