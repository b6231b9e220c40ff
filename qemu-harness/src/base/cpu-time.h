/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a process had of this machine's CPUs, and how long it waited for one.
 */
#ifndef IRQSAN_CPU_TIME_H
#define IRQSAN_CPU_TIME_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct cpu_time - of all threads of a process together, in seconds
 * @at: when (now()) this was so; of a difference: how long it took
 * @ran: on a CPU
 * @waited: ready to run, but without a CPU; up to when they last got one
 * @slices: how often a CPU was given to them
 * @ready: one of them is ready to run now, or runs
 */
struct cpu_time {
	double at;
	double ran;
	double waited;
	unsigned long slices;
	bool ready;
};

void cpu_time_read(pid_t pid, struct cpu_time *t);
struct cpu_time cpu_time_since(pid_t pid, const struct cpu_time *from);
bool cpu_time_starved(const struct cpu_time *t);

#endif
