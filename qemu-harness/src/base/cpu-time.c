// SPDX-License-Identifier: GPL-2.0
/*
 * What a process had of this machine's CPUs, by the scheduler's own account of its
 * threads. A kernel that keeps none says 0, and nobody has waited then.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cpu-time.h"
#include "base/util.h"

/* CPUs are given often: so many times a second. */
#define OFTEN 5

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
	char *pattern __cleanup(free_ptr) = xasprintf("/proc/%d/task/*", pid);
	glob_t found = { 0 };

	*t = (struct cpu_time){ .at = now() };
	glob(pattern, 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++)
		add_thread(found.gl_pathv[i], t);
	globfree(&found);
}

/**
 * cpu_time_since() - what a process has had of late
 * @pid: the process
 * @from: since when; as filled by cpu_time_read()
 *
 * Return: the difference. The scheduler counts a wait when it ends: a thread that is ready
 * now is taken to have waited all the time of which nothing is known, unless CPUs were
 * given so often that it can't have been for long
 */
struct cpu_time cpu_time_since(pid_t pid, const struct cpu_time *from)
{
	struct cpu_time t;

	cpu_time_read(pid, &t);
	t.at -= from->at;
	t.ran -= from->ran;
	t.waited -= from->waited;
	t.slices -= from->slices;
	if (t.ready && t.slices < t.at * OFTEN && t.waited < t.at - t.ran)
		t.waited = t.at - t.ran;
	return t;
}

/**
 * cpu_time_starved() - is this too little to blame the process for doing nothing?
 * @t: a difference
 *
 * Who sleeps waits for no CPU, and who spins has one where others don't.
 *
 * Return: true if it had less than half a CPU, while one thread or more wanted one for
 * more than half of the time
 */
bool cpu_time_starved(const struct cpu_time *t)
{
	return t->ran < t->at / 2 && t->waited > t->at / 2;
}
