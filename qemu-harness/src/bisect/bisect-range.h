/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The commits between the two ends of a bisection, and the odds of each.
 */
#ifndef IRQSAN_BISECT_RANGE_H
#define IRQSAN_BISECT_RANGE_H

#include "bisect/bisect-state.h"

/**
 * struct bisect_place - a commit's place in the range
 * @hash: the commit
 * @at: its place
 */
struct bisect_place {
	const char *hash;
	size_t at;
};

/**
 * struct bisect_range - the commits
 * @commits: those that the newer end has and the older hasn't
 * @places: the same, sorted by hash
 * @fix: what is looked for ended the bug
 * @odds: of each commit, and of none
 */
struct bisect_range {
	struct strv commits;
	struct bisect_place *places;
	bool fix;
	double *odds;
};

void bisect_range_init(struct bisect_range *r, struct strv *commits, bool fix);
void bisect_range_free(struct bisect_range *r);
int bisect_range_place(const struct bisect_range *r, const char *hash);
void bisect_range_locate(const struct bisect_range *r, struct bisect_rev *rev,
			 const struct strv *has);
double bisect_range_buggy(struct bisect_range *r, const struct bisect_state *s,
			  const struct bisect_rev *rev);
double bisect_range_odds(struct bisect_range *r, const struct bisect_state *s,
			 const char *hash);

#endif
