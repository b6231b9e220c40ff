/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loads: what makes the bugs of a kernel show.
 */
#ifndef IRQSAN_WORKLOAD_H
#define IRQSAN_WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

struct conf;

/**
 * struct workload - one kind of load
 * @name: as ordered in irqsan.conf
 * @start: begin; the number of processes or threads that run, or -errno
 *	   (the reason was recorded)
 * @ops: operations done since @start
 * @over: called ten times a second; true: it has ended by itself; NULL: it never does
 * @stop: end it and wait until it has ended
 */
struct workload {
	const char *name;
	int (*start)(const struct conf *conf, unsigned int cpus);
	uint64_t (*ops)(void);
	bool (*over)(void);
	void (*stop)(void);
};

extern const struct workload mkdir_storm;
extern const struct workload lock_storm;
extern const struct workload user_command;

#endif
