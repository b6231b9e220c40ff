/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How likely is each commit of a range the one that brought a bug (or its
 * fix), by all that was seen of a detector that may stay silent. Pure.
 */
#ifndef IRQSAN_SUSPECT_H
#define IRQSAN_SUSPECT_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct suspect_test - what was seen of one revision
 * @contains: for each commit of the range, whether this revision has it
 * @same: an earlier test of the same kernel, as an index; -1 when there is none.
 *	  What was seen of a kernel is counted at the first of its tests
 * @hits: runs that showed the bug
 * @silent: runs that would have shown it, by chance, but didn't
 */
struct suspect_test {
	const bool *contains;
	int same;
	unsigned int hits;
	unsigned int silent;
};

/**
 * struct suspects - a range of commits and what is known of it
 * @n: commits in it. There is one suspect more, number @n: none of them, the
 *     bug is on both ends of the range
 * @fix: a fix is looked for: who has the commit doesn't have the bug
 * @tests: what was seen
 * @nr_tests: how many
 */
struct suspects {
	size_t n;
	bool fix;
	const struct suspect_test *tests;
	size_t nr_tests;
};

void suspects_odds(const struct suspects *s, double *odds);
double suspects_buggy(const struct suspects *s, const double *odds, const bool *contains);

#endif
