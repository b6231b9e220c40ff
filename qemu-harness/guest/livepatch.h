/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Puts a livepatch in force.
 */
#ifndef IRQSAN_LIVEPATCH_H
#define IRQSAN_LIVEPATCH_H

#include <stdbool.h>

#include "conf.h"

/* Loads it and waits until every task runs the new code. False: it doesn't. */
bool livepatch_load(const struct conf_module *module);

#endif
