/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a frame of a stack trace ("kvm_wait+0x41/0x60") is in the source, by
 * the debug information of a vmlinux.
 */
#ifndef IRQSAN_SYMBOLIZE_H
#define IRQSAN_SYMBOLIZE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct symbols;

int symbols_open(const char *vmlinux, struct symbols **symbols);
void symbols_close(struct symbols *symbols);
json_t *symbols_find(struct symbols *symbols, const char *function, uint64_t offset, uint64_t size,
		     bool returns);

const char *source_in_tree(const char *path, const char *dir);

#endif
