/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a kernel's debug information says about restores of the IRQ flags:
 * where the compiler put the inlined copies of the functions that do it.
 */
#ifndef IRQSAN_TRUTH_H
#define IRQSAN_TRUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct truth_range - addresses from @low up to, not including, @high
 * @low: first address
 * @high: first one behind
 */
struct truth_range {
	uint64_t low;
	uint64_t high;
};

/**
 * struct truth_ranges - a growing array of ranges
 * @v: the ranges
 * @n: how many
 */
struct truth_ranges {
	struct truth_range *v;
	size_t n;
};

/**
 * struct truth_restore - one inlined copy
 * @name: the function that is inlined
 * @function: the one that it is inlined into
 * @file: source file of the call, relative to the kernel tree; outside of
 *	  include/ if there is such a caller. NULL if not known
 * @line: its line
 * @entry: where the copy is entered; 0 if not known
 * @code: its instructions, none of zero length
 */
struct truth_restore {
	char *name;
	char *function;
	char *file;
	unsigned int line;
	uint64_t entry;
	struct truth_ranges code;
};

/**
 * struct truth - all of a kernel
 * @restores: inlined restores
 * @nr: how many
 * @bodies: code of the same functions that is not inlined
 * @enables: inlined copies of functions that enable IRQs, whatever was before,
 *	     outside of restores
 * @assembly: code of files in assembly language, which has no inlined functions
 */
struct truth {
	struct truth_restore *restores;
	size_t nr;
	struct truth_ranges bodies;
	struct truth_ranges enables;
	struct truth_ranges assembly;
};

int truth_read(const char *path, struct truth *truth);
void truth_free(struct truth *truth);
bool truth_covers(const struct truth_ranges *ranges, uint64_t addr);

#endif
