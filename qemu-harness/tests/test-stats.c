// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of stats.c against published values, against sums written out, and at
 * the edges.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/stats.h"
#include "base/util.h"

/* Two ways to the same number, and a number as published. */
#define EXACT (1 / 1e9)
#define PRINTED (5 / 1e8)

static void assert_near(double got, double want, double error)
{
	if (!(fabs(got - want) <= error))
		fail_msg("%.9g is not %.9g", got, want);
}

static double choose(unsigned int n, unsigned int k)
{
	double c = 1;

	if (k > n)
		return 0;
	for (unsigned int i = 1; i <= k; i++)
		c *= (double)(n - k + i) / i;
	return c;
}

/* The tail written out. */
static double fisher(unsigned int a, unsigned int n_a, unsigned int b, unsigned int n_b)
{
	double sum = 0;

	for (unsigned int x = a; x <= n_a && x <= a + b; x++)
		sum += choose(n_a, x) * choose(n_b, a + b - x);
	return sum / choose(n_a + n_b, a + b);
}

static void test_fisher(void **state)
{
	(void)state;
	/* Fisher's tea taster, The Design of Experiments, 1935. */
	assert_near(stats_fisher(4, 4, 0, 4), 1.0 / 70, EXACT);
	assert_near(stats_fisher(3, 4, 1, 4), 17.0 / 70, EXACT);
	/* Convictions of like-sex twins of criminals, Fisher 1962. */
	assert_near(stats_fisher(10, 13, 2, 17), 0.0004652, PRINTED);
	assert_near(stats_fisher(3, 3, 0, 3), 0.05, EXACT);
	assert_near(stats_fisher(5, 5, 0, 5), 1.0 / 252, EXACT);
	for (unsigned int n_a = 1; n_a <= 12; n_a++)
		for (unsigned int n_b = 1; n_b <= 12; n_b++)
			for (unsigned int a = 0; a <= n_a; a++)
				for (unsigned int b = 0; b <= n_b; b++)
					assert_near(stats_fisher(a, n_a, b, n_b),
						    fisher(a, n_a, b, n_b), EXACT);
}

static void test_fisher_edges(void **state)
{
	(void)state;
	assert_near(stats_fisher(0, 0, 0, 0), 1, 0);
	assert_near(stats_fisher(0, 5, 0, 5), 1, 0);
	assert_near(stats_fisher(5, 5, 5, 5), 1, EXACT);
	assert_near(stats_fisher(0, 5, 5, 5), 1, 0);
	assert_near(stats_fisher(5, 5, 0, 0), 1, 0);
	assert_near(stats_fisher(0, 0, 5, 5), 1, 0);
	assert_near(stats_fisher(1, 1, 0, 1), 0.5, EXACT);
	assert_true(stats_fisher(5000, 10000, 4000, 10000) < 1 / 1e40);
	assert_true(stats_fisher(5000, 10000, 4000, 10000) > 0);
	assert_true(stats_significant(stats_fisher(3, 3, 0, 3), 0.05));
	assert_false(stats_significant(0.0501, 0.05));
}

static void assert_range(struct stats_range r, double low, double mid, double high)
{
	assert_near(r.low, low, PRINTED);
	assert_near(r.mid, mid, PRINTED);
	assert_near(r.high, high, PRINTED);
}

static void test_rate(void **state)
{
	(void)state;
	/* Conover, Practical Nonparametric Statistics, 1971: Mendel's ratio. */
	assert_range(stats_rate(682, 925, 0.95), 0.7076683, 682.0 / 925, 0.7654066);
	assert_range(stats_rate(1, 10, 0.95), 0.0025286, 0.1, 0.4450161);
	/* All or nothing: a power of the tail. */
	for (unsigned int n = 1; n <= 10000; n = n * 3 + 1) {
		double tail = pow(0.025, 1.0 / n);

		assert_range(stats_rate(0, n, 0.95), 0, 0, 1 - tail);
		assert_range(stats_rate(n, n, 0.95), tail, 1, 1);
	}
	assert_range(stats_rate(0, 0, 0.95), 0, 0.5, 1);
}

/* At each end of the interval the tail of the binomial sum is what was promised. */
static void test_rate_tails(void **state)
{
	(void)state;
	for (unsigned int n = 2; n <= 40; n++) {
		for (unsigned int k = 1; k < n; k++) {
			struct stats_range r = stats_rate(k, n, 0.9);
			double above = 0, below = 0;

			for (unsigned int x = 0; x <= n; x++) {
				if (x >= k)
					above += choose(n, x) * pow(r.low, x) *
						 pow(1 - r.low, n - x);
				if (x <= k)
					below += choose(n, x) * pow(r.high, x) *
						 pow(1 - r.high, n - x);
			}
			assert_near(above, 0.05, EXACT);
			assert_near(below, 0.05, EXACT);
		}
	}
}

static double power(double p, double q, unsigned int n, double alpha)
{
	double sum = 0;

	for (unsigned int a = 0; a <= n; a++)
		for (unsigned int b = 0; b <= n; b++)
			if (fisher(a, n, b, n) <= alpha * (1 + EXACT))
				sum += choose(n, a) * pow(p, a) * pow(1 - p, n - a) *
				       choose(n, b) * pow(q, b) * pow(1 - q, n - b);
	return sum;
}

static void test_power(void **state)
{
	static const double rates[] = { 0, 0.05, 0.3, 0.8, 1 };

	(void)state;
	for (unsigned int n = 1; n <= 20; n += 3)
		for (size_t i = 0; i < ARRAY_SIZE(rates); i++)
			for (size_t j = 0; j < ARRAY_SIZE(rates); j++)
				assert_near(stats_power(rates[i], rates[j], n, 0.05),
					    power(rates[i], rates[j], n, 0.05), EXACT);
	/* Under no difference it is the size of the test. */
	assert_true(stats_power(0.5, 0.5, 30, 0.05) <= 0.05);
}

static void test_runs_needed(void **state)
{
	unsigned int n;

	(void)state;
	/* All against none: the first n with 1 / C(2n, n) small enough. */
	assert_int_equal(stats_runs_needed(1, 0, 0.05, 0.9, 100), 3);
	assert_int_equal(stats_runs_needed(1, 0, 0.01, 0.9, 100), 5);
	assert_int_equal(stats_runs_needed(1, 0, 0.001, 1, 100), 7);
	n = stats_runs_needed(0.6, 0, 0.01, 0.9, 100);
	assert_true(power(0.6, 0, n, 0.01) >= 0.9);
	assert_true(power(0.6, 0, n - 1, 0.01) < 0.9);
	assert_int_equal(stats_runs_needed(0.5, 0.5, 0.01, 0.9, 60), 0);
	assert_int_equal(stats_runs_needed(0, 0, 0.01, 0.9, 60), 0);
	assert_int_equal(stats_runs_needed(1, 0, 0.01, 0.9, 4), 0);
}

static void test_median(void **state)
{
	double v[100];

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(v); i++)
		v[i] = (i * 37) % 100 + 1;
	/* Ranks from the tables of the sign test, such as Conover's: n, then the lower rank. */
	assert_range(stats_median(v, 100, 0.95), 40, 50.5, 61);
	for (unsigned int i = 0; i < 20; i++)
		v[i] = 20 - i;
	assert_range(stats_median(v, 20, 0.95), 6, 10.5, 15);
	assert_range(stats_median(v, 20, 0.99), 4, 10.5, 17);
	for (unsigned int i = 0; i < 6; i++)
		v[i] = i + 1;
	assert_range(stats_median(v, 6, 0.95), 1, 3.5, 6);
	assert_range(stats_median(v, 5, 0.95), 1, 3, 5);
	assert_range(stats_median(v, 2, 0.95), 1, 1.5, 2);
	assert_range(stats_median(v, 1, 0.95), 1, 1, 1);
	/* What was given stays as it was. */
	assert_near(v[5], 6, 0);
}

static void test_median_test(void **state)
{
	static const double low[] = { 1, 2, 3, 4, 5 }, high[] = { 6, 7, 8, 9, 10 };

	(void)state;
	assert_near(stats_median_test(low, 5, high, 5), 2.0 / 252, EXACT);
	assert_near(stats_median_test(high, 5, low, 5), 2.0 / 252, EXACT);
	assert_near(stats_median_test(low, 5, low, 5), 1, 0);
	assert_near(stats_median_test(low, 1, high, 1), 1, 0);
	assert_near(stats_median_test(low, 0, high, 5), 1, 0);
	assert_near(stats_median_test(low, 5, high, 0), 1, 0);
}

/* Hits of side A: Fisher's test is the permutation test of that. */
static double hits_on_a(const void *ctx, const bool *on_a)
{
	const char *runs = ctx;
	double hits = 0;

	for (size_t i = 0; runs[i]; i++)
		hits += on_a[i] && runs[i] == 'h';
	return hits;
}

static double permuted(const char *runs, unsigned int n_a, double alpha)
{
	return stats_permuted(n_a, (unsigned int)strlen(runs), alpha, hits_on_a, runs);
}

static void test_permuted(void **state)
{
	static const char many[] = "hhhhhhhhhhhhhhh..........hhhhhh..................";
	double p;

	(void)state;
	/* All ways: exact. */
	assert_float_equal(permuted("hhhhh.....", 5, 0.01), stats_fisher(5, 5, 0, 5), 1 / 1e9);
	assert_float_equal(permuted("hhh..h....", 4, 0.01), stats_fisher(3, 4, 1, 6), 1 / 1e9);
	assert_float_equal(permuted("hhh", 3, 0.01), 1, 0);
	/* Drawn ones: near to it, the same each time, and 0 is never claimed. */
	p = stats_fisher(15, 25, 6, 24);
	assert_true(fabs(permuted(many, 25, 0.001) - p) < p / 2);
	assert_true(permuted(many, 25, 0.001) == permuted(many, 25, 0.001));
	p = permuted("hhhhhhhhhhhhhhhhhhhhhhhhhhhhhh..............................", 30, 0.01);
	assert_true(p > 0 && p < 0.001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fisher),
		cmocka_unit_test(test_fisher_edges),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_rate_tails),
		cmocka_unit_test(test_power),
		cmocka_unit_test(test_runs_needed),
		cmocka_unit_test(test_median),
		cmocka_unit_test(test_median_test),
		cmocka_unit_test(test_permuted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
