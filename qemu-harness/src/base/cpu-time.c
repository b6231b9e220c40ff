// SPDX-License-Identifier: GPL-2.0
/*
 * What a process had of this machine's CPUs, by the scheduler's own account of its
 * threads. A kernel that keeps none says 0, and nobody has waited then.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/cpu-time.h"
#include "base/util.h"

/* A thread that gets a CPU so many times a second never waits long for one. */
#define SLICES_PER_S 5

/* Adds what a thread has had; one that has ended meanwhile has no files. */
static void add_thread(const char *dir, struct cpu_time *t)
{
	char *schedstat __cleanup(free_ptr) = xasprintf("%s/schedstat", dir);
	char *stat __cleanup(free_ptr) = xasprintf("%s/stat", dir);
	double ran, waited;
	unsigned long slices;
	char state;
	FILE *f;

	f = fopen(schedstat, "re");
	if (f && fscanf(f, "%lf %lf %lu", &ran, &waited, &slices) == 3) {
		t->ran += ran / 1e9;
		t->waited += waited / 1e9;
		t->slices += slices;
	}
	if (f)
		fclose(f);
	f = fopen(stat, "re");
	if (f && fscanf(f, "%*d (%*[^)]) %c", &state) == 1)
		t->ready |= state == 'R';
	if (f)
		fclose(f);
}

/**
 * cpu_time_read() - what a process has had until now
 * @pid: the process
 * @t: filled
 */
void cpu_time_read(pid_t pid, struct cpu_time *t)
{
	struct strv threads __cleanup(strv_free) = {};

	*t = (struct cpu_time){ .at = now() };
	strv_glob(&threads, "/proc/%d/task/*", pid);
	for (size_t i = 0; i < threads.n; i++)
		add_thread(threads.v[i], t);
}

/**
 * cpu_time_since() - what a process has had of late
 * @pid: the process
 * @from: since when; as filled by cpu_time_read()
 *
 * Return: the difference. The scheduler counts a wait when it ends: a thread that is ready
 * now is taken to have waited all the time of which nothing is known, unless the threads
 * got a CPU more than SLICES_PER_S times a second
 */
struct cpu_time cpu_time_since(pid_t pid, const struct cpu_time *from)
{
	struct cpu_time t;

	cpu_time_read(pid, &t);
	t.at -= from->at;
	t.ran -= from->ran;
	t.waited -= from->waited;
	t.slices -= from->slices;
	if (t.ready && t.slices < t.at * SLICES_PER_S && t.waited < t.at - t.ran)
		t.waited = t.at - t.ran;
	return t;
}

/**
 * cpu_time_starved() - did a process do nothing because it got no CPU?
 * @t: a difference
 *
 * A process that sleeps waits for no CPU. One that spins runs, unless others want its CPU.
 *
 * Return: true if it had less than half a CPU, while one thread or more wanted one for
 * more than half of the time
 */
bool cpu_time_starved(const struct cpu_time *t)
{
	return t->ran < t->at / 2 && t->waited > t->at / 2;
}
