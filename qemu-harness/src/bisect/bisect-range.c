// SPDX-License-Identifier: GPL-2.0
/*
 * Which revision has which commits of the range, and the odds of the commits, by
 * Bayes' rule. The model:
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
#include <stdlib.h>
#include <string.h>

#include "bisect/bisect-range.h"

#define PRIOR 0.5
#define PRIOR_NONE 0.5

/**
 * bisect_range_init() - a range
 * @r: filled; for bisect_range_free()
 * @state: what was seen; it may change while the range is in use
 * @commits: its commits; moved
 */
void bisect_range_init(struct bisect_range *r, const struct bisect_state *state,
		       struct strv *commits)
{
	*r = (struct bisect_range){
		.state = state, .commits = *commits, .places = json_object(),
	};
	*commits = (struct strv){};
	r->odds = xcalloc(r->commits.n + 1, sizeof(*r->odds));
	for (size_t i = 0; i < r->commits.n; i++)
		json_object_set_new(r->places, r->commits.v[i], json_integer((json_int_t)i));
}

/** bisect_range_free() - free a range; may be done twice */
void bisect_range_free(struct bisect_range *r)
{
	strv_free(&r->commits);
	json_decref(r->places);
	free(r->odds);
	*r = (struct bisect_range){};
}

/* The index of a commit, or -1 when it is not in the range. */
static int place(const struct bisect_range *r, const char *hash)
{
	const json_t *at = json_object_get(r->places, hash);

	return at ? (int)json_integer_value(at) : -1;
}

/**
 * bisect_range_locate() - find a revision's place
 * @r: the range
 * @rev: the revision; its @at and @contains are filled
 * @has: the commits that it has and the older end hasn't
 */
void bisect_range_locate(const struct bisect_range *r, struct bisect_rev *rev,
			 const struct strv *has)
{
	int at;

	rev->at = place(r, rev->hash);
	rev->contains = xcalloc(r->commits.n, sizeof(*rev->contains));
	for (size_t i = 0; i < has->n; i++) {
		at = place(r, has->v[i]);
		if (at >= 0)
			rev->contains[at] = true;
	}
}

/* Does a revision have the bug if suspect @k is the one? */
static bool buggy(const struct bisect_range *r, const struct bisect_rev *rev, size_t k)
{
	return k == r->commits.n || rev->contains[k] != r->state->config->fix;
}

/* Silent runs that speak against suspect @k; -1 when it is out of the question. */
static long against(const struct bisect_range *r, size_t k)
{
	long silent = 0;

	for (size_t i = 0; i < r->state->nr_revs; i++) {
		const struct bisect_rev *rev = r->state->revs[i];
		const struct bisect_kernel *kernel = rev->kernel;
		bool bad;

		if (!rev->contains || !kernel || !kernel->used)
			continue;
		bad = buggy(r, rev, k);
		if (bad != buggy(r, kernel->rev, k) || (kernel->hits && !bad))
			return -1;
		if (bad && kernel->rev == rev)
			silent += kernel->silent;
	}
	return silent;
}

/* Finds the odds of all suspects: @r->commits.n + 1 probabilities that sum up to 1. */
static void weigh(struct bisect_range *r)
{
	double *odds = r->odds, most = -INFINITY, sum = 0;
	const size_t n = r->commits.n;
	unsigned int hits, runs;

	bisect_state_showed(r->state, &hits, &runs);
	for (size_t k = 0; k <= n; k++) {
		long silent = against(r, k);

		odds[k] = -INFINITY;
		if (silent < 0)
			continue;
		odds[k] = gsl_sf_lnbeta(PRIOR + hits, PRIOR + (double)silent) +
			  log(k == n ? PRIOR_NONE : (1 - PRIOR_NONE) / (double)n);
		most = fmax(most, odds[k]);
	}
	/* Never empty: what was seen of kernels can't rule out that all have the bug. */
	for (size_t k = 0; k <= n; k++) {
		odds[k] = exp(odds[k] - most);
		sum += odds[k];
	}
	for (size_t k = 0; k <= n; k++)
		odds[k] /= sum;
}

/**
 * bisect_range_buggy() - how likely a revision has the bug
 * @r: the range
 * @rev: the revision; it was located
 *
 * Return: a probability
 */
double bisect_range_buggy(struct bisect_range *r, const struct bisect_rev *rev)
{
	double sum = 0;

	weigh(r);
	for (size_t k = 0; k <= r->commits.n; k++)
		if (buggy(r, rev, k))
			sum += r->odds[k];
	return sum;
}

/**
 * bisect_range_odds() - how likely a commit is the one
 * @r: the range
 * @hash: the commit
 *
 * Return: a probability; 0 for a commit outside of the range
 */
double bisect_range_odds(struct bisect_range *r, const char *hash)
{
	int at = place(r, hash);

	weigh(r);
	return at < 0 ? 0 : r->odds[at];
}
