// SPDX-License-Identifier: GPL-2.0
/*
 * Prints how often simulated verifications say FIXED or WORSE of equal kernels, and
 * how surely they say WORSE of a change for the worse: the tables of docs/verify.md.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/verify.h"

#define VERIFICATIONS 2000
#define ALPHA 0.01
#define NEW "BUG: new"

/**
 * struct world - what boots are like
 * @titles: so many titles, equally likely; they are called 0, 1 and so on
 * @each: so many of them in each boot that crashes
 * @before: rate of crashes before the change
 * @after: and after it
 * @new: after it: rate of boots that show a new thing as well
 */
struct world {
	unsigned int titles;
	unsigned int each;
	double before;
	double after;
	double new;
};

static const struct world equal[] = {
	{ 1, 1, 0.1, 0.1, 0 }, { 1, 1, 0.3, 0.3, 0 }, { 1, 1, 0.6, 0.6, 0 }, { 1, 1, 1, 1, 0 },
	{ 2, 1, 0.1, 0.1, 0 }, { 2, 1, 0.3, 0.3, 0 }, { 2, 1, 0.6, 0.6, 0 }, { 2, 1, 1, 1, 0 },
	{ 10, 1, 0.1, 0.1, 0 }, { 10, 1, 0.3, 0.3, 0 }, { 10, 1, 0.6, 0.6, 0 }, { 10, 1, 1, 1, 0 },
	{ 100, 1, 0.1, 0.1, 0 }, { 100, 1, 0.3, 0.3, 0 }, { 100, 1, 0.6, 0.6, 0 },
	{ 100, 1, 1, 1, 0 }, { 10, 3, 0.3, 0.3, 0 }, { 100, 3, 1, 1, 0 },
};

static const struct world worse[] = {
	{ 1, 1, 0, 0, 1 }, { 1, 1, 0, 0, 0.5 }, { 1, 1, 1, 0, 1 }, { 1, 1, 0.6, 0, 1 },
	{ 1, 1, 1, 0, 0.5 }, { 10, 1, 0.6, 0.6, 1 }, { 10, 1, 1, 1, 1 }, { 100, 1, 1, 1, 1 },
	{ 100, 1, 1, 0, 1 }, { 100, 1, 0, 1, 0 },
};

static void boot(struct verify_side *side, unsigned short seed[3], const struct world *w,
		 double rate, double new)
{
	struct verdict v = { .done = true };
	unsigned int i;
	char title[32];

	if (erand48(seed) < rate) {
		v.outcome = OUTCOME_CRASHED;
		for (i = 0; i < w->each; i++) {
			snprintf(title, sizeof(title), "%ld", nrand48(seed) % w->titles);
			strv_push(&v.titles, title);
		}
	}
	if (erand48(seed) < new) {
		v.outcome = OUTCOME_CRASHED;
		strv_push(&v.titles, NEW);
	}
	verify_add(side, &v);
	verdict_free(&v);
}

static enum verify_answer verify(const struct world *w, const char *title,
				 unsigned short seed[3], unsigned long *runs)
{
	struct verify_side b = {}, a = {};
	struct verify_decision d = {};
	struct verify_plan plan;
	enum verify_answer answer;
	unsigned int look;

	verify_plan(&plan, 0, ALPHA);
	for (look = 0; !d.done; look++) {
		verify_decision_free(&d);
		while (b.n < plan.look[look].runs) {
			boot(&b, seed, w, w->before, 0);
			boot(&a, seed, w, w->after, w->new);
		}
		verify_decide(&plan, look, title, &b, &a, &d);
	}
	answer = d.answer;
	*runs += b.n;
	verify_decision_free(&d);
	verify_side_free(&b);
	verify_side_free(&a);
	return answer;
}

/* Prints the shares of FIXED and WORSE. False: more of one than was promised. */
static bool equal_row(const struct world *w)
{
	static const char *const titles[] = { NULL, "any", "0" };
	const double most = VERIFICATIONS * ALPHA + 3 * sqrt(VERIFICATIONS * ALPHA * (1 - ALPHA));
	bool kept = true;

	printf("| %u%s | %g |", w->titles, w->each > 1 ? ", three a boot" : "", w->before);
	for (size_t t = 0; t < ARRAY_SIZE(titles); t++) {
		unsigned short seed[3] = { 5, 10, 2021 };
		unsigned int n[VERIFY_INCONCLUSIVE + 1] = {};
		unsigned long runs = 0;

		for (unsigned int i = 0; i < VERIFICATIONS; i++)
			n[verify(w, titles[t], seed, &runs)]++;
		printf(" %.2f | %.2f |", 100.0 * n[VERIFY_WORSE] / VERIFICATIONS,
		       100.0 * n[VERIFY_FIXED] / VERIFICATIONS);
		kept &= n[VERIFY_WORSE] <= most && n[VERIFY_FIXED] <= most;
	}
	printf("\n");
	fflush(stdout);
	return kept;
}

static void worse_row(const struct world *w)
{
	unsigned short seed[3] = { 5, 10, 2021 };
	unsigned int n[VERIFY_INCONCLUSIVE + 1] = {};
	unsigned long runs = 0;

	for (unsigned int i = 0; i < VERIFICATIONS; i++)
		n[verify(w, NULL, seed, &runs)]++;
	printf("| %u | %g | %g | %g | %.1f | %.1f | %.1f |\n", w->titles, w->before, w->after,
	       w->new, 100.0 * n[VERIFY_WORSE] / VERIFICATIONS,
	       100.0 * n[VERIFY_NOT_FIXED] / VERIFICATIONS, (double)runs / VERIFICATIONS);
	fflush(stdout);
}

/**
 * main() - simulate and print
 *
 * Return: 0, or 1 when the promise wasn't kept
 */
int main(void)
{
	bool kept = true;

	printf("| titles | rate | WORSE, %% | FIXED, %% | `any`: WORSE | FIXED | "
	       "one title: WORSE | FIXED |\n"
	       "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
	for (size_t i = 0; i < ARRAY_SIZE(equal); i++)
		kept &= equal_row(&equal[i]);
	printf("\n| titles | rate before | after | of a new one | WORSE, %% | NOT FIXED, %% | "
	       "runs of each side |\n| ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
	for (size_t i = 0; i < ARRAY_SIZE(worse); i++)
		worse_row(&worse[i]);
	return !kept;
}
