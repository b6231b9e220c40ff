/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Logs that a dying kernel left in a store that survives it.
 */
#ifndef IRQSAN_PSTORE_H
#define IRQSAN_PSTORE_H

#include "base/util.h"

void pstore_order(struct buf *log);

#endif
