// SPDX-License-Identifier: GPL-2.0
/*
 * Knows which revision has which commits of the range, and weighs the commits
 * by all that the bisection has come to.
 */
#include <stdlib.h>
#include <string.h>

#include "bisect/bisect-range.h"
#include "bisect/suspect.h"

static int by_hash(const void *a, const void *b)
{
	const struct bisect_place *x = a, *y = b;

	return strcmp(x->hash, y->hash);
}

/**
 * bisect_range_init() - a range
 * @r: filled; for bisect_range_free()
 * @commits: its commits; moved
 * @fix: what is looked for ended the bug
 */
void bisect_range_init(struct bisect_range *r, struct strv *commits, bool fix)
{
	size_t i;

	*r = (struct bisect_range){ .commits = *commits, .fix = fix };
	*commits = (struct strv){};
	r->odds = xcalloc(r->commits.n + 1, sizeof(*r->odds));
	r->places = xcalloc(r->commits.n, sizeof(*r->places));
	for (i = 0; i < r->commits.n; i++)
		r->places[i] = (struct bisect_place){ r->commits.v[i], i };
	qsort(r->places, r->commits.n, sizeof(*r->places), by_hash);
}

/**
 * bisect_range_free() - free a range
 * @r: the range; may be freed twice
 */
void bisect_range_free(struct bisect_range *r)
{
	strv_free(&r->commits);
	free(r->places);
	free(r->odds);
	*r = (struct bisect_range){};
}

/**
 * bisect_range_place() - where a commit is
 * @r: the range
 * @hash: the commit
 *
 * Return: its place, or -1 when it is not in the range
 */
int bisect_range_place(const struct bisect_range *r, const char *hash)
{
	const struct bisect_place key = { .hash = hash };
	const struct bisect_place *hit = bsearch(&key, r->places, r->commits.n,
						 sizeof(*r->places), by_hash);

	return hit ? (int)hit->at : -1;
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
	size_t i;
	int at;

	rev->at = bisect_range_place(r, rev->hash);
	rev->contains = xcalloc(r->commits.n, sizeof(*rev->contains));
	for (i = 0; i < has->n; i++) {
		at = bisect_range_place(r, has->v[i]);
		if (at >= 0)
			rev->contains[at] = true;
	}
}

/* The first of @tests[0..@n-1] that was of the same kernel, or -1. */
static int same_kernel(const struct bisect_rev *const *revs, size_t n, const struct bisect_rev *r)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (revs[i]->kernel == r->kernel)
			return (int)i;
	return -1;
}

/* The odds of all commits, by what the bisection has come to. */
static struct suspects weigh(struct bisect_range *r, const struct bisect_state *s)
{
	struct suspect_test *tests = xcalloc(s->nr_revs, sizeof(*tests));
	const struct bisect_rev **revs = xcalloc(s->nr_revs, sizeof(*revs));
	struct suspects suspects = { .n = r->commits.n, .fix = r->fix, .tests = tests };
	size_t i;

	for (i = 0; i < s->nr_revs; i++) {
		const struct bisect_rev *rev = s->revs[i];
		size_t n = suspects.nr_tests;

		if (!rev->contains || !rev->kernel || !rev->kernel->used)
			continue;
		tests[n].contains = rev->contains;
		tests[n].same = same_kernel(revs, n, rev);
		if (tests[n].same < 0) {
			tests[n].hits = rev->kernel->hits;
			tests[n].silent = rev->kernel->silent;
		}
		revs[suspects.nr_tests++] = rev;
	}
	suspects_odds(&suspects, r->odds);
	suspects.tests = NULL;
	suspects.nr_tests = 0;
	free(revs);
	free(tests);
	return suspects;
}

/**
 * bisect_range_buggy() - how likely a revision has the bug
 * @r: the range
 * @s: what was seen
 * @rev: the revision
 *
 * Return: a probability
 */
double bisect_range_buggy(struct bisect_range *r, const struct bisect_state *s,
			  const struct bisect_rev *rev)
{
	const struct suspects suspects = weigh(r, s);

	return suspects_buggy(&suspects, r->odds, rev->contains);
}

/**
 * bisect_range_odds() - how likely a commit is the one
 * @r: the range
 * @s: what was seen
 * @hash: the commit
 *
 * Return: a probability; 0 for a commit outside of the range
 */
double bisect_range_odds(struct bisect_range *r, const struct bisect_state *s, const char *hash)
{
	int at = bisect_range_place(r, hash);

	weigh(r, s);
	return at < 0 ? 0 : r->odds[at];
}
