/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A crash report as JSON and as text, with what a vmlinux says about its frames.
 */
#ifndef IRQSAN_CRASH_REPORT_H
#define IRQSAN_CRASH_REPORT_H

#include <jansson.h>

#include "crash/crash.h"
#include "crash/symbolize.h"

json_t *crash_json(const struct crash *crash, struct symbols *symbols);
char *crash_text(const struct crash *crash, struct symbols *symbols);

#endif
