// SPDX-License-Identifier: GPL-2.0
/*
 * The bodies of the tracepoints.
 */
#include <linux/types.h>

#define CREATE_TRACE_POINTS
#include "irqsan_trace.h"
