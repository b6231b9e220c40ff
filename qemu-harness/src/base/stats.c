// SPDX-License-Identifier: GPL-2.0
/*
 * Exact statistics of few boots, on the distributions of GSL.
 */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_combination.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/stats.h"
#include "base/util.h"

/* What a sum of rounded terms may be off: 1/20 is to be no more than 0.05. */
#define ROUNDING (1 / 1e9)
/* A permutation test has seen enough when so many drawn ways were no less unusual. */
#define PERMUTED_ENOUGH 50

/**
 * stats_fisher() - Fisher's exact test, one-sided
 * @hits_a: hits of side A
 * @runs_a: runs of side A
 * @hits_b: hits of side B
 * @runs_b: runs of side B
 *
 * Return: the chance that A gets at least so many of all hits if both sides hit
 * at the same rate (the tail of the hypergeometric distribution); 1 when one
 * side has no runs
 */
double stats_fisher(unsigned int hits_a, unsigned int runs_a, unsigned int hits_b,
		    unsigned int runs_b)
{
	unsigned int hits = hits_a + hits_b, misses = runs_a + runs_b - hits;

	if (!hits_a || !runs_b)
		return 1;
	return gsl_cdf_hypergeometric_Q(hits_a - 1, hits, misses, runs_a);
}

/**
 * stats_significant() - is a test's p small enough?
 * @p: of the test
 * @alpha: the bound
 *
 * Return: true when @p is at most @alpha, roundings apart
 */
bool stats_significant(double p, double alpha)
{
	return p <= alpha * (1 + ROUNDING);
}

static double permuted_exact(unsigned int n_a, unsigned int n, double least, bool *on_a,
			     double (*score)(const void *ctx, const bool *on_a), const void *ctx)
{
	gsl_combination *way = gsl_combination_calloc(n, n_a);
	double ways = 0, hits = 0;
	size_t i;

	do {
		for (i = 0; i < n; i++)
			on_a[i] = false;
		for (i = 0; i < n_a; i++)
			on_a[gsl_combination_get(way, i)] = true;
		hits += score(ctx, on_a) >= least;
		ways++;
	} while (!gsl_combination_next(way));
	gsl_combination_free(way);
	return hits / ways;
}

/* After Besag and Clifford: no greater chance of a small p than the exact one has. */
static double permuted_drawn(unsigned int n, double draws, double least, bool *on_a,
			     double (*score)(const void *ctx, const bool *on_a), const void *ctx)
{
	/* Always the same numbers: the same boots have the same p. */
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	double drawn, hits = 0;

	for (drawn = 0; drawn < draws && hits < PERMUTED_ENOUGH; drawn++) {
		gsl_ran_shuffle(rng, on_a, n, sizeof(*on_a));
		hits += score(ctx, on_a) >= least;
	}
	gsl_rng_free(rng);
	return hits < PERMUTED_ENOUGH ? (hits + 1) / (drawn + 1) : hits / drawn;
}

/**
 * stats_permuted() - how unusual is the way in which runs lie on two sides?
 * @n_a: runs of side A; they come first
 * @n: runs of both sides; at least 1
 * @alpha: p is to be compared with that
 * @score: the greater, the more unusual a way is; it is told which runs are on side A
 * @ctx: for @score
 *
 * A permutation test, one-sided: if the sides are equal, each choice of @n_a of the
 * runs was equally likely, whatever the runs show and however odd the score. All are
 * tried, or where they are too many, enough drawn ones.
 *
 * Return: the chance of a score as great as the true one if the sides are equal
 */
double stats_permuted(unsigned int n_a, unsigned int n, double alpha,
		      double (*score)(const void *ctx, const bool *on_a), const void *ctx)
{
	bool *on_a __cleanup(free_ptr) = xcalloc(n + 1, sizeof(*on_a));
	double draws = PERMUTED_ENOUGH / alpha, least;
	unsigned int i;

	for (i = 0; i < n_a; i++)
		on_a[i] = true;
	least = score(ctx, on_a);
	if (gsl_sf_lnchoose(n, n_a) <= log(draws))
		return permuted_exact(n_a, n, least, on_a, score, ctx);
	return permuted_drawn(n, draws, least, on_a, score, ctx);
}

/**
 * stats_rate() - a rate with its interval after Clopper and Pearson
 * @hits: how often it was seen
 * @runs: of how many
 * @confidence: of the interval, such as 0.95: each end is missed with at most
 *		half of the rest
 *
 * Return: the range; 0 to 1 around 0.5 when there are no runs
 */
struct stats_range stats_rate(unsigned int hits, unsigned int runs, double confidence)
{
	double tail = (1 - confidence) / 2;
	struct stats_range r = { 0, 0.5, 1 };

	if (!runs)
		return r;
	r.mid = (double)hits / runs;
	if (hits)
		r.low = gsl_cdf_beta_Pinv(tail, hits, runs - hits + 1);
	if (hits < runs)
		r.high = gsl_cdf_beta_Qinv(tail, hits + 1, runs - hits);
	return r;
}

/**
 * stats_power() - how surely stats_fisher() will tell two sides apart
 * @rate_a: hit rate of side A
 * @rate_b: hit rate of side B
 * @runs: of each side
 * @alpha: greatest p that counts
 *
 * Return: the chance that p is at most @alpha
 */
double stats_power(double rate_a, double rate_b, unsigned int runs, double alpha)
{
	unsigned int a, b = 0;
	double power = 0;

	/* @b: as many hits of B as are too many next to @a of A; it grows with @a. */
	for (a = 0; a <= runs; a++) {
		while (b <= runs && stats_significant(stats_fisher(a, runs, b, runs), alpha))
			b++;
		if (b)
			power += gsl_ran_binomial_pdf(a, rate_a, runs) *
				 gsl_cdf_binomial_P(b - 1, rate_b, runs);
	}
	return power;
}

/**
 * stats_runs_needed() - how many runs of each side tell them apart
 * @rate_a: hit rate of side A
 * @rate_b: hit rate of side B
 * @alpha: greatest p that counts
 * @power: how surely it is to be reached
 * @max: look no further
 *
 * Return: the least number of runs of each side that has that power, or 0 when
 * @max has it not
 */
unsigned int stats_runs_needed(double rate_a, double rate_b, double alpha, double power,
			       unsigned int max)
{
	unsigned int runs;

	for (runs = 1; runs <= max; runs++)
		if (stats_power(rate_a, rate_b, runs, alpha) >= power * (1 - ROUNDING))
			return runs;
	return 0;
}

/**
 * stats_median() - a median with an interval that assumes no distribution
 * @values: what was measured
 * @n: how many; at least 1
 * @confidence: of the interval
 *
 * The ends are measured values, by rank from the binomial distribution. Five or
 * fewer can't reach 95 %: the interval is their whole range then.
 *
 * Return: the range
 */
struct stats_range stats_median(const double *values, size_t n, double confidence)
{
	double *v __cleanup(free_ptr) = xcalloc(n, sizeof(*v));
	size_t out = 0;

	memcpy(v, values, n * sizeof(*v));
	gsl_sort(v, 1, n);
	/* So many values lie outside of the interval on each side. */
	while (2 * gsl_cdf_binomial_P((unsigned int)out + 1, 0.5, (unsigned int)n) <=
	       1 - confidence)
		out++;
	return (struct stats_range){ v[out], gsl_stats_median_from_sorted_data(v, 1, n),
				     v[n - 1 - out] };
}

/**
 * stats_median_test() - do two samples have different medians?
 * @a: what was measured on side A
 * @n_a: how many
 * @b: what was measured on side B
 * @n_b: how many
 *
 * Mood's test with Fisher's in it: how the values above the common median are
 * shared.
 *
 * Return: the two-sided p (twice the lesser tail); 1 when a side is empty
 */
double stats_median_test(const double *a, size_t n_a, const double *b, size_t n_b)
{
	double *all __cleanup(free_ptr) = NULL, median, p, q;
	unsigned int above_a = 0, above_b = 0;
	size_t i;

	if (!n_a || !n_b)
		return 1;
	all = xcalloc(n_a + n_b, sizeof(*all));
	memcpy(all, a, n_a * sizeof(*all));
	memcpy(all + n_a, b, n_b * sizeof(*all));
	median = gsl_stats_median(all, 1, n_a + n_b);
	for (i = 0; i < n_a; i++)
		above_a += a[i] > median;
	for (i = 0; i < n_b; i++)
		above_b += b[i] > median;
	p = stats_fisher(above_a, (unsigned int)n_a, above_b, (unsigned int)n_b);
	q = stats_fisher(above_b, (unsigned int)n_b, above_a, (unsigned int)n_a);
	return fmin(1, 2 * fmin(p, q));
}
