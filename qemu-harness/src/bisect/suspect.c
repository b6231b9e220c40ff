// SPDX-License-Identifier: GPL-2.0
/*
 * Odds of commits, by Bayes' rule. The model:
 *
 * - One commit of the range began (or ended) the bug. Before anything was seen,
 *   all are equally likely, and all of them together as likely as "none": that
 *   the end that is said to be free of the bug has it as well.
 * - A boot of a kernel with the bug shows it at an unknown rate, the same for
 *   all kernels that have it; before anything was seen the rate follows
 *   Jeffreys' prior, Beta(1/2, 1/2).
 * - A kernel without the bug never shows it.
 *
 * With H hits in all, and S silent runs of kernels that would have the bug if a
 * suspect was the one, its weight is the mean of rate^H (1 - rate)^S, which is
 * B(1/2 + H, 1/2 + S) / B(1/2, 1/2). It is 0 if a kernel that would not have the
 * bug showed it, or if it lies between two revisions whose kernels are equal.
 */
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

#include "bisect/suspect.h"

#define PRIOR 0.5
#define PRIOR_NONE 0.5

/* Does a revision have the bug if suspect @k is the one? */
static bool buggy(const struct suspects *s, const bool *contains, size_t k)
{
	return k == s->n || contains[k] != s->fix;
}

/* Silent runs that speak against @k; -1 when it is out of the question. */
static long against(const struct suspects *s, size_t k)
{
	long silent = 0;
	size_t i;

	for (i = 0; i < s->nr_tests; i++) {
		const struct suspect_test *t = &s->tests[i];
		bool bad = buggy(s, t->contains, k);

		if (t->same >= 0 && bad != buggy(s, s->tests[t->same].contains, k))
			return -1;
		if (t->hits && !bad)
			return -1;
		if (bad)
			silent += t->silent;
	}
	return silent;
}

/**
 * suspects_odds() - the odds of each suspect
 * @s: the range and what was seen
 * @odds: filled with @s->n + 1 probabilities that sum up to 1
 */
void suspects_odds(const struct suspects *s, double *odds)
{
	double hits = 0, most = -INFINITY, sum = 0;
	size_t i, k;

	for (i = 0; i < s->nr_tests; i++)
		hits += s->tests[i].hits;
	for (k = 0; k <= s->n; k++) {
		long silent = against(s, k);

		odds[k] = -INFINITY;
		if (silent < 0)
			continue;
		odds[k] = gsl_sf_lnbeta(PRIOR + hits, PRIOR + (double)silent) +
			  log(k == s->n ? PRIOR_NONE : (1 - PRIOR_NONE) / (double)s->n);
		most = fmax(most, odds[k]);
	}
	/* Never empty: what was seen of kernels can't rule out that all have the bug. */
	for (k = 0; k <= s->n; k++) {
		odds[k] = exp(odds[k] - most);
		sum += odds[k];
	}
	for (k = 0; k <= s->n; k++)
		odds[k] /= sum;
}

/**
 * suspects_buggy() - how likely a revision has the bug
 * @s: the range
 * @odds: from suspects_odds()
 * @contains: the commits that the revision has
 *
 * Return: a probability
 */
double suspects_buggy(const struct suspects *s, const double *odds, const bool *contains)
{
	double sum = 0;
	size_t k;

	for (k = 0; k <= s->n; k++)
		if (buggy(s, contains, k))
			sum += odds[k];
	return sum;
}
