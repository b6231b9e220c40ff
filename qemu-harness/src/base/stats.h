/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Odds of boots that hit a bug or don't: exact tests and intervals for rates, and
 * how many runs an answer takes.
 */
#ifndef IRQSAN_STATS_H
#define IRQSAN_STATS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct stats_range - an estimate with its interval
 * @low: lower end
 * @mid: the estimate
 * @high: upper end
 */
struct stats_range {
	double low;
	double mid;
	double high;
};

double stats_fisher(unsigned int hits_a, unsigned int runs_a, unsigned int hits_b,
		    unsigned int runs_b);
bool stats_significant(double p, double alpha);
double stats_permuted(unsigned int n_a, unsigned int n, double alpha,
		      double (*score)(const void *ctx, const bool *on_a), const void *ctx);
struct stats_range stats_rate(unsigned int hits, unsigned int runs, double confidence);
double stats_power(double rate_a, double rate_b, unsigned int runs, double alpha);
unsigned int stats_runs_needed(double rate_a, double rate_b, double alpha, double power,
			       unsigned int max);

struct stats_range stats_median(const double *values, size_t n, double confidence);
double stats_median_test(const double *a, size_t n_a, const double *b, size_t n_b);

#endif
