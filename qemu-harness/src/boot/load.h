/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a guest is made to do, so that its bugs show. A new load is a file of its own
 * and a line in load.c.
 */
#ifndef IRQSAN_LOAD_H
#define IRQSAN_LOAD_H

#include <stdbool.h>

struct image;

/**
 * struct load - one of them
 * @name: for --workload and run.json
 * @add: puts its files and orders into a guest; 0 or a negative errno, the reason
 *	 was printed
 * @offered: users may choose it by name
 * @pv: it is there to reach kvm_wait(), where the guest has it
 * @counts: it counts what it does: none is a load that did nothing
 * @exits: it is a program of the user's, whose exit status is a finding
 * @loads_detector: it loads the detector itself, and makes it report
 */
struct load {
	const char *name;
	int (*add)(struct image *image);
	bool offered;
	bool pv;
	bool counts;
	bool exits;
	bool loads_detector;
};

extern const struct load load_none;
extern const struct load load_mkdir_storm;
extern const struct load load_lock_storm;
extern const struct load load_command;
extern const struct load load_selftest;
extern const struct load load_bench;

const struct load *load_find(const char *name);

#endif
