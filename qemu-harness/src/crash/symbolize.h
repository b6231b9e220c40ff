/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a frame of a stack trace ("kvm_wait+0x41/0x60") is in the source, by
 * the debug information of a vmlinux.
 */
#ifndef IRQSAN_SYMBOLIZE_H
#define IRQSAN_SYMBOLIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbols;

/**
 * struct source - one function that an address is in
 * @function: its name; owned
 * @file: the place in it, relative to the kernel tree; owned, NULL if not known
 * @line: the line there
 * @inlined: it is inlined into the next one
 */
struct source {
	char *function;
	char *file;
	unsigned int line;
	bool inlined;
};

/**
 * struct sources - the functions that an address is in
 * @v: the innermost one first, the last one is a function of its own
 * @n: how many
 */
struct sources {
	struct source *v;
	size_t n;
};

int symbols_open(const char *vmlinux, struct symbols **symbols);
void symbols_close(struct symbols *symbols);
void symbols_find(struct symbols *symbols, const char *function, uint64_t offset, uint64_t size,
		  bool returns, struct sources *sources);
void sources_free(struct sources *sources);

const char *source_in_tree(const char *path, const char *dir);

#endif
