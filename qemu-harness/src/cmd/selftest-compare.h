/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's own check for bogus restores (CONFIG_DEBUG_IRQFLAGS) beside
 * irqsan, on the same zoo.
 */
#ifndef IRQSAN_COMPARE_H
#define IRQSAN_COMPARE_H

#include "cmd/request.h"

int compare_checks(const struct request *rq);

#endif
