/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fixed work, measured: what it takes, and which probes it hit.
 */
#ifndef IRQSAN_BENCH_H
#define IRQSAN_BENCH_H

#include <stdint.h>

/* 0, or -errno with the reason recorded. */
int bench_worker_start(void);
int bench_arm_events(const char *path);
int bench_run(const char *name, uint64_t ops);

/* Waits until the kernel has made of its probes what it can. */
void bench_settle(void);
/* "sites" records: every site that the module has armed. */
void bench_tell_sites(void);
/* What init does when it isn't process 1: the work itself. */
int bench_worker(void);

#endif
