/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bytes in any of the compressions that kernels and their modules come in
 * (libarchive's filters), made plain.
 */
#ifndef IRQSAN_DECOMPRESS_H
#define IRQSAN_DECOMPRESS_H

#include <stddef.h>
#include "base/util.h"

int decompress(const void *data, size_t len, struct buf *out);

#endif
