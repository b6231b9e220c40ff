// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of verify.c: verdicts on boots made up, and thousands of simulated
 * verifications whose errors are held against what the rule promises.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/stats.h"
#include "verify/verify-doc.h"

#define BUG "WARNING in kvm_wait"
#define OTHER "WARNING in other"
#define NEW "BUG: new"

/*
 * Boots as a string, a letter each: '.' OK, 'b' the bug, 'o' another finding,
 * 'O' another finding that ended the boot, 'n' a new one, 'B' bug and new one,
 * 'h' hung, 'f' boot failed, 'l' lost, 'i' inconclusive; 'p' to 'y' others.
 */
static void add_boot(struct verify_side *side, char c)
{
	struct verdict v = {};

	v.outcome = strchr("boOnB", c) || c >= 'p' ? OUTCOME_CRASHED : c == 'h' ? OUTCOME_HUNG :
		    c == 'f' ? OUTCOME_BOOT_FAILED : c == 'l' ? OUTCOME_LOST :
		    c == 'i' ? OUTCOME_INCONCLUSIVE : OUTCOME_OK;
	v.done = strchr(".boB", c);
	if (c == 'b' || c == 'B')
		strv_push(&v.titles, BUG);
	if (c == 'o' || c == 'O')
		strv_push(&v.titles, OTHER);
	if (c == 'n' || c == 'B')
		strv_push(&v.titles, NEW);
	if (c >= 'p')
		strv_push(&v.titles, (const char []){ c, '\0' });
	if (c == 'h' || c == 'f')
		v.title = xasprintf("no progress, after %d ms", rand());
	verify_add(side, &v);
	verdict_free(&v);
}

static struct verify_side side_of(const char *boots)
{
	struct verify_side side = {};

	for (; *boots; boots++)
		add_boot(&side, *boots);
	return side;
}

static struct verify_decision decide(const struct verify_plan *plan, unsigned int look,
				     const char *title, const char *before, const char *after)
{
	struct verify_side b = side_of(before), a = side_of(after);
	struct verify_decision d;

	verify_decide(plan, look, title, &b, &a, &d);
	verify_side_free(&b);
	verify_side_free(&a);
	return d;
}

static void test_plan(void **state)
{
	struct verify_plan plan;
	double sum = 0;
	char *text;

	(void)state;
	verify_plan(&plan, 0, 0.01);
	assert_int_equal(plan.nr, VERIFY_LOOKS_MAX);
	for (unsigned int i = 0; i < plan.nr; i++) {
		assert_int_equal(plan.look[i].runs, 5u << i);
		sum += plan.look[i].alpha;
	}
	assert_true(fabs(sum - 0.01) < 1 / 1e12);
	text = verify_plan_text(&plan);
	assert_non_null(strstr(text, "0.005 after 5+5 runs, 0.0025 after 10+10 runs"));
	free(text);
	verify_plan(&plan, 3, 0.05);
	assert_int_equal(plan.nr, 1);
	assert_int_equal(plan.look[0].runs, 3);
	assert_true(plan.look[0].alpha == 0.05);
	for (double alpha = 0.4; alpha > 1 / 1e9; alpha /= 3) {
		unsigned int n;

		verify_plan(&plan, 0, alpha);
		n = plan.look[0].runs;
		assert_true(stats_significant(stats_fisher(n, n, 0, n), alpha / 2));
		assert_false(stats_significant(stats_fisher(n - 1, n - 1, 0, n - 1), alpha / 2));
	}
}

/**
 * struct example - boots and what they are to mean
 * @runs: as for verify_plan(), with an alpha of 0.05
 * @look: which
 * @title: what is looked for
 * @before: boots
 * @after: boots
 * @answer: the verdict; -1: more runs
 */
struct example {
	unsigned int runs;
	unsigned int look;
	const char *title;
	const char *before;
	const char *after;
	int answer;
};

static const struct example examples[] = {
	{ 3, 0, NULL, "bbb", "...", VERIFY_FIXED },
	{ 3, 0, BUG, "bbb", "...", VERIFY_FIXED },
	{ 3, 0, "any", "bbb", "...", VERIFY_FIXED },
	{ 3, 0, NULL, "bbb", "bbb", VERIFY_NOT_FIXED },
	{ 3, 0, NULL, "bbb", "b..", VERIFY_NOT_FIXED },
	{ 1, 0, NULL, "b", "b", VERIFY_NOT_FIXED },
	{ 8, 0, NULL, "bbbbbbbb", ".......b", VERIFY_NOT_FIXED },
	{ 3, 0, NULL, "...", "...", VERIFY_NOT_REPRODUCED },
	{ 3, 0, BUG, "ooo", "...", VERIFY_NOT_REPRODUCED },
	{ 3, 0, NULL, "bb.", "...", VERIFY_INCONCLUSIVE },
	{ 2, 0, NULL, "bb", "..", VERIFY_INCONCLUSIVE },
	/*
	 * Something new. That three boots show one thing before and another after is
	 * 2 of 20 ways to deal them out; four boots, 2 of 70.
	 */
	{ 3, 0, NULL, "bbb", "nnn", VERIFY_INCONCLUSIVE },
	{ 4, 0, NULL, "bbbb", "nnnn", VERIFY_WORSE },
	{ 3, 0, BUG, "bbb", "nnn", VERIFY_INCONCLUSIVE },
	{ 3, 0, NULL, "...", "nnn", VERIFY_WORSE },
	{ 3, 0, NULL, "bbb", "..n", VERIFY_INCONCLUSIVE },
	{ 3, 0, NULL, "bbb", "b.n", VERIFY_NOT_FIXED },
	{ 8, 0, NULL, "bbbbbbbb", "bnnnnnnn", VERIFY_WORSE },
	{ 3, 0, NULL, "...", "..n", VERIFY_INCONCLUSIVE },
	{ 3, 0, "any", "...", "..n", VERIFY_NOT_FIXED },
	{ 3, 0, "any", "...", "nfh", VERIFY_WORSE },
	{ 3, 0, BUG, "...", "..b", VERIFY_NOT_FIXED },
	{ 3, 0, BUG, "...", "bbb", VERIFY_WORSE },
	{ 3, 0, BUG, "bbb", "..n", VERIFY_INCONCLUSIVE },
	{ 4, 0, NULL, "bbbb", "hhhh", VERIFY_WORSE },
	{ 4, 0, NULL, "bbbb", "ffff", VERIFY_WORSE },
	{ 3, 0, NULL, "bbh", "fff", VERIFY_WORSE },
	/* What comes with the bug may come of it. */
	{ 3, 0, NULL, "bbb", "bBb", VERIFY_NOT_FIXED },
	/* If any finding is the bug, none is new. */
	{ 3, 0, "any", "bbb", "nnn", VERIFY_NOT_FIXED },
	/* A hang is a bug like others. */
	{ 3, 0, NULL, "hhh", "...", VERIFY_FIXED },
	{ 3, 0, NULL, "hhh", "..h", VERIFY_NOT_FIXED },
	{ 3, 0, "hung", "hhh", "...", VERIFY_FIXED },
	/* Noise of both sides. */
	{ 3, 0, BUG, "BBB", "nnn", VERIFY_INCONCLUSIVE },
	{ 4, 0, BUG, "bbbo", ".oo.", VERIFY_INCONCLUSIVE },
	{ 5, 0, BUG, "bbbbo", "ooooo", VERIFY_FIXED },
	{ 5, 0, BUG, "bbbbO", "OOOOO", VERIFY_INCONCLUSIVE },
	/* Boots that say nothing. */
	{ 3, 0, NULL, "lll", "...", VERIFY_INCONCLUSIVE },
	{ 3, 0, NULL, "bbb", "lll", VERIFY_INCONCLUSIVE },
	{ 3, 0, NULL, "bbb", "iii", VERIFY_INCONCLUSIVE },
	{ 3, 0, NULL, "bbb", "..l", VERIFY_INCONCLUSIVE },
	{ 3, 0, NULL, "iii", "iii", VERIFY_INCONCLUSIVE },
	{ 3, 0, NULL, ".ll", "...", VERIFY_INCONCLUSIVE },
	{ 3, 0, NULL, "..l", "...", VERIFY_NOT_REPRODUCED },
	{ 3, 0, NULL, "lll", "nnn", VERIFY_INCONCLUSIVE },
	{ 4, 0, NULL, "bbbl", "...i", VERIFY_FIXED },
	{ 3, 0, NULL, "bbl", "bii", VERIFY_NOT_FIXED },
	/* Looks: 4, 8, 16, 32 runs, alpha 0.025, 0.0125, 0.00625, 0.00625. */
	{ 0, 0, NULL, "bbbb", "....", VERIFY_FIXED },
	{ 0, 0, NULL, "bbb.", "....", -1 },
	{ 0, 0, NULL, "....", "....", -1 },
	{ 0, 0, NULL, "....", "...b", -1 },
	{ 0, 0, NULL, "....", "bbbb", VERIFY_WORSE },
	{ 0, 0, NULL, "bbbb", "...n", -1 },
	{ 0, 0, BUG, "....", "...b", -1 },
	{ 0, 0, BUG, "....", "bbbb", VERIFY_WORSE },
	{ 0, 0, NULL, "bbbb", "nnnn", -1 },
	{ 0, 1, NULL, "bbbbbbbb", "nnnnnnnn", VERIFY_WORSE },
	{ 0, 0, BUG, "bbbb", "nnnn", -1 },
	{ 0, 3, NULL, "bbbb............................", "n...............................",
	  VERIFY_INCONCLUSIVE },
	{ 0, 3, NULL, "bbbb............................", "nnnnnnnnn.......................",
	  VERIFY_WORSE },
	/* Of many titles, some are on one side only: each letter from p on is one more. */
	{ 5, 0, NULL, "pqrst", "uvwxy", VERIFY_INCONCLUSIVE },
	{ 5, 0, BUG, "pqrst", "uvwxy", VERIFY_INCONCLUSIVE },
	{ 5, 0, "any", "pqrst", "uvwxy", VERIFY_NOT_FIXED },
	{ 5, 0, NULL, ".....", "uvwxy", VERIFY_WORSE },
	{ 5, 0, NULL, "bbbbb", "uvwxy", VERIFY_WORSE },
	{ 5, 0, NULL, "pqrst", "nnnnn", VERIFY_WORSE },
	{ 0, 1, NULL, "........", "........", VERIFY_NOT_REPRODUCED },
	{ 0, 1, NULL, "bbbbb...", "........", -1 },
	{ 0, 1, NULL, "bbbbbb..", "........", VERIFY_FIXED },
	{ 0, 3, NULL, "bbb.............................", "................................",
	  VERIFY_INCONCLUSIVE },
};

static void test_examples(void **state)
{
	struct verify_plan plan;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(examples); i++) {
		const struct example *e = &examples[i];
		struct verify_decision d;

		verify_plan(&plan, e->runs, 0.05);
		d = decide(&plan, e->look, e->title, e->before, e->after);
		if ((d.done ? (int)d.answer : -1) != e->answer)
			fail_msg("\"%s\" to \"%s\", %s: %s", e->before, e->after,
				 e->title ?: "what was seen",
				 d.done ? verify_names[d.answer] : "more runs");
		assert_true(d.done == !!d.why);
		verify_decision_free(&d);
	}
}

static void test_counts(void **state)
{
	struct verify_plan plan;
	struct verify_decision d;

	(void)state;
	verify_plan(&plan, 8, 0.05);
	d = decide(&plan, 0, BUG, "bbBo.liO", "...oollf");
	assert_int_equal(d.before.hits, 3);
	assert_int_equal(d.before.runs, 5);
	assert_int_equal(d.before.others, 2);
	assert_int_equal(d.before.lost, 1);
	assert_int_equal(d.before.inconclusive, 1);
	assert_int_equal(d.after.hits, 0);
	assert_int_equal(d.after.runs, 5);
	assert_int_equal(d.after.others, 3);
	assert_int_equal(d.after.lost, 2);
	assert_true(d.p == stats_fisher(3, 5, 0, 5));
	assert_int_equal(d.nr_kinds, 4);
	for (size_t i = 0; i < d.nr_kinds; i++) {
		const struct verify_kind *k = &d.kinds[i];

		assert_int_equal(k->hit, !strcmp(k->name, BUG));
		if (!strcmp(k->name, OTHER)) {
			assert_int_equal(k->before, 2);
			assert_int_equal(k->after, 2);
		}
	}
	verify_decision_free(&d);
}

/* What "runs needed" says is enough, nine times in ten. */
static void test_needed(void **state)
{
	struct verify_plan plan;
	struct verify_decision d;

	(void)state;
	verify_plan(&plan, 2, 0.05);
	d = decide(&plan, 0, NULL, "bb", "..");
	assert_int_equal(d.needed, 3);
	verify_decision_free(&d);
	d = decide(&plan, 0, NULL, "b.", "..");
	assert_true(stats_power(0.5, 0, d.needed, 0.05) >= 0.9);
	assert_true(stats_power(0.5, 0, d.needed - 1, 0.05) < 0.9);
	verify_decision_free(&d);
	d = decide(&plan, 0, NULL, "ll", "..");
	assert_int_equal(d.needed, 0);
	verify_decision_free(&d);
}

static void test_same_code(void **state)
{
	struct verify_decision d;

	(void)state;
	verify_same_code("0123456789abcdef0123", &d);
	assert_true(d.done);
	assert_int_equal(d.answer, VERIFY_NOT_FIXED);
	assert_non_null(strstr(d.why, "0123456789abcdef)"));
	assert_int_equal(d.before.runs + d.after.runs, 0);
	assert_float_equal(d.p, 1, 0);
	verify_decision_free(&d);
}

/* Four tests beside the verdict, at a look that has half of alpha: 0.005 / 4 each. */
static void test_change(void **state)
{
	json_t *doc = json_pack("{s:{s:f, s:i, s:[{s:f}]},"
				" s:[{s:f, s:{s:{s:f}}, s:{s:{s:f}}}, {}, {}]}", "rule",
				"alpha", 0.01, "ended_at", 0, "looks", "alpha", 0.005, "measures",
			        "p", 0.002, "before", "median", "mid", 1.0,
				"after", "median", "mid", 2.0);
	json_t *measure = json_array_get(json_object_get(doc, "measures"), 0);

	(void)state;
	assert_string_equal(verify_change(doc, measure), "");
	json_object_set_new(measure, "p", json_real(0.00125));
	assert_string_equal(verify_change(doc, measure), "LONGER");
	json_decref(doc);
}

static void test_exit(void **state)
{
	(void)state;
	assert_int_equal(verify_exit(VERIFY_FIXED), EXIT_OK);
	assert_int_equal(verify_exit(VERIFY_NOT_FIXED), EXIT_FOUND);
	assert_int_equal(verify_exit(VERIFY_WORSE), EXIT_FOUND);
	assert_int_equal(verify_exit(VERIFY_NOT_REPRODUCED), EXIT_SKIP);
	assert_int_equal(verify_exit(VERIFY_INCONCLUSIVE), EXIT_SKIP);
}

/**
 * struct world - what the boots of a simulation are like
 * @before: rate of the bug before the change
 * @after: and after it
 * @noise: rate of other findings, on both sides
 * @lost: rate of lost boots, on both sides
 */
struct world {
	double before;
	double after;
	double noise;
	double lost;
};

#define VERIFICATIONS 2000

static bool chance(unsigned short seed[3], double p)
{
	return erand48(seed) < p;
}

static void boot(struct verify_side *side, unsigned short seed[3], const struct world *w,
		 double rate)
{
	char c = '.';

	if (chance(seed, w->lost))
		c = 'l';
	else if (chance(seed, rate))
		c = 'b';
	else if (chance(seed, w->noise))
		c = 'o';
	add_boot(side, c);
}

/* One verification from the first boot to its verdict; adds its runs to @runs. */
static enum verify_answer verify(const struct verify_plan *plan, const char *title,
				 const struct world *w, unsigned short seed[3], unsigned int *runs)
{
	struct verify_side b = {}, a = {};
	struct verify_decision d = {};
	enum verify_answer answer;
	unsigned int look = 0;

	do {
		while (b.n < plan->look[look].runs) {
			boot(&b, seed, w, w->before);
			boot(&a, seed, w, w->after);
		}
		verify_decision_free(&d);
		verify_decide(plan, look++, title, &b, &a, &d);
	} while (!d.done);
	answer = d.answer;
	*runs += b.n;
	verify_decision_free(&d);
	verify_side_free(&b);
	verify_side_free(&a);
	return answer;
}

/* Shares of the verdicts in many verifications of @w. */
static void simulate(const struct verify_plan *plan, const char *title, const struct world *w,
		     double share[VERIFY_INCONCLUSIVE + 1])
{
	unsigned short seed[3] = { 5, 10, 2021 };
	unsigned int runs = 0;

	memset(share, 0, (VERIFY_INCONCLUSIVE + 1) * sizeof(*share));
	for (unsigned int i = 0; i < VERIFICATIONS; i++)
		share[verify(plan, title, w, seed, &runs)] += 1.0 / VERIFICATIONS;
	print_message("rate %.2f to %.2f, noise %.2f, lost %.2f: FIXED %.4f, NOT FIXED %.4f, "
		      "WORSE %.4f, NOT REPRODUCED %.4f, INCONCLUSIVE %.4f; %.1f runs a side\n",
		      w->before, w->after, w->noise, w->lost, share[VERIFY_FIXED],
		      share[VERIFY_NOT_FIXED], share[VERIFY_WORSE], share[VERIFY_NOT_REPRODUCED],
		      share[VERIFY_INCONCLUSIVE], (double)runs / VERIFICATIONS);
}

/* Four standard errors of a share that is to be @p: one test in 30000 fails by chance. */
static double slack(double p)
{
	return 4 * sqrt(p * (1 - p) / VERIFICATIONS);
}

/* Nothing has changed: FIXED at most alpha times, whatever the rate, and WORSE too. */
static void test_false_fixed(void **state)
{
	static const double alphas[] = { 0.2, 0.05, 0.01 };
	double share[VERIFY_INCONCLUSIVE + 1], worst;
	struct verify_plan plan;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(alphas); i++) {
		worst = 0;
		verify_plan(&plan, 0, alphas[i]);
		for (double rate = 0; rate <= 1.001; rate += 0.1) {
			const struct world w = { fmin(rate, 1), fmin(rate, 1), 0, 0.1 };

			simulate(&plan, BUG, &w, share);
			assert_true(share[VERIFY_FIXED] <= alphas[i] + slack(alphas[i]));
			assert_true(share[VERIFY_WORSE] <= alphas[i] + slack(alphas[i]));
			worst = fmax(worst, share[VERIFY_FIXED]);
		}
		print_message("alpha %g: FIXED at most %g\n", alphas[i], worst);
	}
}

/* Ten titles by turns, on both sides: each is seen on one side only now and then. */
static void test_false_worse(void **state)
{
	unsigned short seed[3] = { 5, 10, 2021 };
	unsigned int worse = 0;
	struct verify_plan plan;

	(void)state;
	verify_plan(&plan, 5, 0.01);
	for (unsigned int i = 0; i < VERIFICATIONS; i++) {
		char before[6] = "", after[6] = "";
		struct verify_decision d;

		for (unsigned int n = 0; n < 5; n++) {
			before[n] = (char)('p' + nrand48(seed) % 10);
			after[n] = (char)('p' + nrand48(seed) % 10);
		}
		d = decide(&plan, 0, i % 2 ? BUG : NULL, before, after);
		worse += d.answer == VERIFY_WORSE;
		verify_decision_free(&d);
	}
	print_message("ten titles: WORSE in %u of %u\n", worse, VERIFICATIONS);
	assert_true(worse <= VERIFICATIONS * (0.01 + slack(0.01)));
}

/* Fixed rules with one look keep their promise too, and so does noise. */
static void test_false_fixed_otherwise(void **state)
{
	double share[VERIFY_INCONCLUSIVE + 1];
	struct verify_plan plan;

	(void)state;
	for (unsigned int runs = 3; runs <= 20; runs += 8) {
		verify_plan(&plan, runs, 0.05);
		for (double rate = 0.2; rate < 1; rate += 0.3) {
			const struct world w = { rate, rate, 0.2, 0 };

			simulate(&plan, BUG, &w, share);
			assert_true(share[VERIFY_FIXED] <= 0.05 + slack(0.05));
			simulate(&plan, NULL, &w, share);
			assert_true(share[VERIFY_FIXED] <= 0.05 + slack(0.05));
		}
	}
}

/* What is fixed is found fixed, and never said not to be. */
static void test_power(void **state)
{
	double share[VERIFY_INCONCLUSIVE + 1];
	struct verify_plan plan;

	(void)state;
	verify_plan(&plan, 0, 0.01);
	for (double rate = 0.4; rate <= 1.001; rate += 0.1) {
		const struct world w = { fmin(rate, 1), 0, 0, 0.05 };

		simulate(&plan, BUG, &w, share);
		assert_true(share[VERIFY_NOT_FIXED] == 0);
		assert_true(share[VERIFY_WORSE] == 0);
		assert_true(share[VERIFY_FIXED] >= 0.9);
	}
}

/* A bug that always shows: no patch that leaves it is FIXED, and none that isn't there. */
static void test_sure_bug(void **state)
{
	static const struct world not_fixed = { 1, 1, 0, 0 }, clean = { 0, 0, 0, 0 };
	static const struct world rarer = { 1, 0.5, 0, 0 };
	double share[VERIFY_INCONCLUSIVE + 1];
	struct verify_plan plan;

	(void)state;
	verify_plan(&plan, 0, 0.01);
	simulate(&plan, NULL, &not_fixed, share);
	assert_true(fabs(share[VERIFY_NOT_FIXED] - 1) < 1 / 1e9);
	simulate(&plan, NULL, &clean, share);
	assert_true(fabs(share[VERIFY_NOT_REPRODUCED] - 1) < 1 / 1e9);
	/* Five boots at half the rate are silent once in 32 times. */
	simulate(&plan, NULL, &rarer, share);
	assert_true(fabs(share[VERIFY_FIXED] - 1.0 / 32) < slack(1.0 / 32));
	assert_true(fabs(share[VERIFY_NOT_FIXED] - 31.0 / 32) < slack(1.0 / 32));
}

/* The bug shows in a quarter of boots or more: ten clean boots before are rare. */
static void test_false_not_reproduced(void **state)
{
	static const struct world w = { 0.25, 0, 0, 0 };
	double share[VERIFY_INCONCLUSIVE + 1], promise = pow(0.75, 10);
	struct verify_plan plan;

	(void)state;
	verify_plan(&plan, 0, 0.01);
	simulate(&plan, BUG, &w, share);
	assert_true(fabs(share[VERIFY_NOT_REPRODUCED] - promise) < slack(promise));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_needed),
		cmocka_unit_test(test_same_code),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_exit),
		cmocka_unit_test(test_false_fixed),
		cmocka_unit_test(test_false_worse),
		cmocka_unit_test(test_false_fixed_otherwise),
		cmocka_unit_test(test_power),
		cmocka_unit_test(test_sure_bug),
		cmocka_unit_test(test_false_not_reproduced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
