/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The commits between the two ends of a bisection, and how likely each of them is
 * the one that brought a bug (or its fix).
 */
#ifndef IRQSAN_BISECT_RANGE_H
#define IRQSAN_BISECT_RANGE_H

#include "bisect/bisect-state.h"

/**
 * struct bisect_range - the commits
 * @state: what was seen
 * @commits: those that the newer end has and the older hasn't
 * @places: of each commit in @commits
 * @odds: of each commit, and of none: the bug is on both ends of the range
 */
struct bisect_range {
	const struct bisect_state *state;
	struct strv commits;
	json_t *places;
	double *odds;
};

void bisect_range_init(struct bisect_range *r, const struct bisect_state *state,
		       struct strv *commits);
void bisect_range_free(struct bisect_range *r);
void bisect_range_locate(const struct bisect_range *r, struct bisect_rev *rev,
			 const struct strv *has);
double bisect_range_buggy(struct bisect_range *r, const struct bisect_rev *rev);
double bisect_range_odds(struct bisect_range *r, const char *hash);

#endif
