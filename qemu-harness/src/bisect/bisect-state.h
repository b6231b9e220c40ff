/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that a bisection has seen, and the file that keeps it ("irqsan-bisect/1").
 */
#ifndef IRQSAN_BISECT_STATE_H
#define IRQSAN_BISECT_STATE_H

#include "bisect/bisect.h"

/**
 * struct bisect_kernel - one kernel; revisions that differ in nothing that runs share it
 * @signature: hash of what runs; owned
 * @runs: all runs of it, in the order in which they were started
 * @n: how many
 * @used: how many of them the bisection has come to
 * @hits: of these, those that showed the bug
 * @silent: of these, those that would have but didn't
 * @rev: the revision that was run
 */
struct bisect_kernel {
	char *signature;
	struct bisect_run *runs;
	unsigned int n;
	unsigned int used;
	unsigned int hits;
	unsigned int silent;
	struct bisect_rev *rev;
};

/**
 * struct bisect_rev - one revision
 * @hash: its name; owned
 * @subject: first line of its message; owned; NULL before it was built
 * @kernel: what it builds to; NULL before, and if it doesn't
 * @error: why it doesn't build; owned; or NULL
 * @build_s: seconds that building took
 * @test_s: seconds that runs took
 * @mark: verdict; of this call of bisect() and not kept
 * @order: counts up with each new mark: the latest has the greatest
 * @at: place in the range; -1 outside
 * @contains: for each commit of the range, whether this revision has it; NULL
 *	      until this call of bisect() has come to it
 */
struct bisect_rev {
	char *hash;
	char *subject;
	struct bisect_kernel *kernel;
	char *error;
	double build_s;
	double test_s;
	enum bisect_mark mark;
	unsigned int order;
	int at;
	bool *contains;
};

/**
 * struct bisect_state - of one bisection
 * @config: what it is about
 * @kernels: all that were built
 * @nr_kernels: how many
 * @revs: all that were looked at, in this order
 * @nr_revs: how many
 * @title: that is looked for; owned; NULL before it is known
 * @started: when it began, as if all calls of bisect() had followed each other at once
 * @result: for the document, or NULL; owned
 */
struct bisect_state {
	const struct bisect_config *config;
	struct bisect_kernel **kernels;
	size_t nr_kernels;
	struct bisect_rev **revs;
	size_t nr_revs;
	char *title;
	double started;
	json_t *result;
};

int bisect_state_load(struct bisect_state *s, const struct bisect_config *config);
int bisect_state_save(const struct bisect_state *s);
void bisect_state_free(struct bisect_state *s);
struct bisect_rev *bisect_state_rev(struct bisect_state *s, const char *hash);
struct bisect_kernel *bisect_state_kernel(struct bisect_state *s, const char *signature);
struct bisect_run *bisect_state_add(struct bisect_kernel *k);
void bisect_state_showed(const struct bisect_state *s, unsigned int *hits, unsigned int *runs);

#endif
