/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A load that makes CPUs contend for spinlocks.
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
 * @stop: end it and wait until it has ended
 */
struct workload {
	const char *name;
	int (*start)(const struct conf *conf, unsigned int cpus);
	uint64_t (*ops)(void);
	void (*stop)(void);
};

extern const struct workload mkdir_storm;
extern const struct workload lock_storm;

#endif
