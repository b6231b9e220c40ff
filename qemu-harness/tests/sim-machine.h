/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A history and a machine for bisect() that exist on paper only: a straight
 * line of commits, one of which begins (or ends) a bug that runs show at some
 * rate. What a run shows is settled by seed, kernel and number of the run, so
 * that a bisection which was interrupted sees the same again.
 */
#ifndef IRQSAN_SIM_MACHINE_H
#define IRQSAN_SIM_MACHINE_H

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bisect/bisect.h"

#define SIM_MAX 64
#define SIM_JOBS_MAX 16
#define SIM_TITLE "WARNING in kvm_wait"
/* Seconds that a run takes when it ends with a hit (from, to), and else. */
#define SIM_HIT_S 4
#define SIM_LATE_HIT_S 10
#define SIM_SILENT_S 20

/**
 * struct sim - the machine
 * @n: commits, number 0 is the old end
 * @culprit: number of the commit that began or ended the bug; @n: none did
 * @fix: it ended it
 * @rate: share of runs of a kernel with the bug that show it
 * @seed: of chance
 * @broken: commits that don't build
 * @mute: commits that don't boot
 * @other: commits whose runs crash with another title
 * @beside: commits whose runs crash with another title first when they have the bug
 * @noop: commits that change nothing that runs
 * @lost: the machine loses all runs
 * @pause_us: how long a run takes
 * @jobs: runs at once; 0: one
 * @clock: seconds of the simulated time that runs took
 * @builds: builds so far
 * @runs: runs so far
 * @silent: of these, silent
 */
struct sim {
	unsigned int n;
	unsigned int culprit;
	bool fix;
	double rate;
	uint64_t seed;
	bool broken[SIM_MAX];
	bool mute[SIM_MAX];
	bool other[SIM_MAX];
	bool beside[SIM_MAX];
	bool noop[SIM_MAX];
	bool lost;
	unsigned int pause_us;
	unsigned int jobs;
	double clock;
	unsigned int builds;
	unsigned int runs;
	unsigned int silent;
};

/* Sebastiano Vigna's splitmix64: every number its own chance, in [0, 1). */
static inline double sim_chance(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	x ^= x >> 31;
	return (double)(x >> 11) / 9007199254740992.0;
}

/* Hashes differ in their first digits, which is what people are shown of them. */
static inline void sim_hash(unsigned int number, char hash[41])
{
	snprintf(hash, 41, "%08x%032x", number + 0xc0ffee00u, 0);
}

static inline unsigned int sim_number(const char *hash)
{
	unsigned int number = 0;

	sscanf(hash, "%8x", &number);
	return number - 0xc0ffee00u;
}

/* The commit that last changed what runs. */
static inline unsigned int sim_kernel(const struct sim *s, unsigned int number)
{
	while (number && s->noop[number])
		number--;
	return number;
}

static inline int sim_commits(const struct bisect_git *g, const struct strv *from,
			      const char *to, struct strv *list)
{
	unsigned int a = sim_number(from->v[0]), b = sim_number(to);
	char hash[41];

	(void)g;
	for (; b > a; b--) {
		sim_hash(b, hash);
		strv_push(list, hash);
	}
	return 0;
}

static inline int sim_bases(const struct bisect_git *g, const char *a, const char *b,
			    struct strv *list)
{
	(void)g;
	strv_push(list, sim_number(a) < sim_number(b) ? a : b);
	return 0;
}

static inline bool sim_skipped(const struct strv *skip, unsigned int number)
{
	for (size_t i = 0; i < skip->n; i++)
		if (sim_number(skip->v[i]) == number)
			return true;
	return false;
}

static inline int sim_next(const struct bisect_git *g, const char *bad, const struct strv *good,
			   const struct strv *skip, struct bisect_next *next)
{
	unsigned int low = 0, high = sim_number(bad), mid, away, i;
	char hash[41];

	(void)g;
	for (i = 0; i < good->n; i++)
		if (sim_number(good->v[i]) > low)
			low = sim_number(good->v[i]);
	if (low >= high) {
		pr_err("the marks contradict each other");
		return -EINVAL;
	}
	next->where = high - low == 1 ? BISECT_FOUND : BISECT_NEXT;
	mid = next->where == BISECT_FOUND ? high : low + (high - low) / 2;
	for (away = 0; next->where == BISECT_NEXT && sim_skipped(skip, mid); away++) {
		/* mid + 1, mid - 1, mid + 2 and so on, as far as there are any */
		mid = low + (high - low) / 2;
		mid = away % 2 ? mid - (away + 1) / 2 : mid + away / 2 + 1;
		if (away > 2 * (high - low))
			next->where = BISECT_LEFT;
		else if (mid <= low || mid >= high)
			mid = sim_number(skip->v[0]);
	}
	if (next->where == BISECT_LEFT) {
		for (i = low + 1; i <= high; i++) {
			sim_hash(i, hash);
			strv_push(&next->revs, hash);
		}
		next->text = xstrdup("There are only 'skip'ped commits left to test.\n");
		return 0;
	}
	sim_hash(mid, hash);
	strv_push(&next->revs, hash);
	next->text = next->where == BISECT_FOUND ?
		xasprintf("%s is the first bad commit\n", hash) :
		xasprintf("Bisecting: %u revisions left to test after this (roughly 1 step)\n"
			  "[%s] subject\n", (high - low) / 2, hash);
	return 0;
}

static inline int sim_commit(const struct bisect_git *g, const char *rev,
			     struct bisect_commit *commit)
{
	char hash[41];

	(void)g;
	commit->title = xasprintf("commit number %u", sim_number(rev));
	sim_hash(sim_number(rev) - 1, hash);
	strv_push(&commit->parents, hash);
	strv_push(&commit->to, "list@example.org");
	strv_push(&commit->cc, "someone@example.org");
	return 0;
}

static inline int sim_build(struct bisect_machine *m, const char *rev, struct bisect_build *build)
{
	struct sim *s = (struct sim *)m;
	unsigned int number = sim_number(rev);

	s->builds++;
	build->subject = xasprintf("commit number %u", number);
	usleep(s->pause_us);
	if (s->broken[number])
		build->error = xstrdup("kernel/x.c:1:1: error: no");
	else
		build->signature = xasprintf("%064x", sim_kernel(s, number));
	return 0;
}

/* Seconds that it took. */
static inline double sim_run(struct sim *s, unsigned int number, unsigned int run,
			     struct bisect_run *r)
{
	uint64_t chance = s->seed * 1000003 + number * 1009 + run;
	bool bug = (number >= s->culprit) != s->fix;

	s->runs++;
	if (s->lost) {
		r->seen = BISECT_SEEN_LOST;
		r->text = xstrdup("lost: no power");
	} else if (s->mute[number]) {
		r->seen = BISECT_SEEN_FAILURE;
		r->text = xstrdup("boot failed: no output from the kernel");
		strv_push(&r->titles, "no output from the kernel");
	} else if (s->other[number]) {
		r->seen = BISECT_SEEN_CRASH;
		r->text = xstrdup("crashed: BUG: something else");
		strv_push(&r->titles, "BUG: something else");
	} else if (bug && sim_chance(chance) < s->rate) {
		r->seen = BISECT_SEEN_CRASH;
		r->text = xstrdup("crashed: " SIM_TITLE);
		if (s->beside[number])
			strv_push(&r->titles, "BUG: something else");
		strv_push(&r->titles, SIM_TITLE);
		r->report = xstrdup("raw_local_irq_restore() called with IRQs enabled\n");
		return SIM_HIT_S + (SIM_LATE_HIT_S - SIM_HIT_S) * sim_chance(~chance);
	} else {
		r->text = xstrdup("OK");
		s->silent++;
	}
	return SIM_SILENT_S;
}

static inline int sim_test(struct bisect_machine *m, const char *rev, const char *signature,
			   unsigned int first, unsigned int max,
			   bool (*take)(void *arg, struct bisect_run *run), void *arg)
{
	struct sim *s = (struct sim *)m;
	unsigned int jobs = s->jobs ?: 1, started = 0, n = 0, i, next;
	struct bisect_run run[SIM_JOBS_MAX];
	double end[SIM_JOBS_MAX];
	bool done = false;

	(void)signature;

	while (!done && (n || started < max)) {
		for (; n < jobs && started < max; n++, started++) {
			run[n] = (struct bisect_run){ .number = started };
			end[n] = s->clock + sim_run(s, sim_kernel(s, sim_number(rev)),
						    first + started, &run[n]);
		}
		for (i = 1, next = 0; i < n; i++)
			if (end[i] < end[next])
				next = i;
		if (s->pause_us)
			usleep(s->pause_us);
		s->clock = end[next];
		done = take(arg, &run[next]);
		n--;
		run[next] = run[n];
		end[next] = end[n];
	}
	while (n)
		bisect_run_free(&run[--n]);
	return 0;
}

static const struct bisect_ops sim_ops = {
	.commits = sim_commits,
	.bases = sim_bases,
	.next = sim_next,
	.commit = sim_commit,
	.build = sim_build,
	.test = sim_test,
};

/* A whole bisection; the log goes to @log. */
static inline int sim_bisect(struct sim *s, unsigned int runs, const char *title,
			     const char *state, FILE *log, struct bisect_result *result)
{
	char old[41], new[41];
	int rc;
	struct bisect_config config = {
		.bad = s->fix ? old : new, .fix = s->fix,
		.title = title, .runs = runs, .compiler = "gcc 1", .state = state, .log = log,
	};

	sim_hash(0, old);
	sim_hash(s->n - 1, new);
	strv_push(&config.good, s->fix ? new : old);
	strv_push(&config.names, s->fix ? new : old);
	rc = bisect(&config, &sim_ops, NULL, (struct bisect_machine *)s, result);
	strv_free(&config.good);
	strv_free(&config.names);
	return rc;
}

#endif
