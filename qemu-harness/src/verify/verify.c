// SPDX-License-Identifier: GPL-2.0
/*
 * The rule by which "irqsan verify" stops and says what it does: a group
 * sequential Fisher's test whose error is shared out among the looks.
 */
#include <stdlib.h>
#include <string.h>

#include "base/stats.h"
#include "verify/verify.h"

/* What "runs needed" is good for. */
#define POWER 0.9
/* More runs than anybody will wait for. */
#define NEEDED_MAX 500
/* Boots that failed without a word have these for a title. */
#define KIND_HUNG "hung"
#define KIND_BOOT_FAILED "boot failed"

const char *const verify_names[] = {
	[VERIFY_FIXED] = "FIXED",
	[VERIFY_NOT_FIXED] = "NOT FIXED",
	[VERIFY_WORSE] = "WORSE",
	[VERIFY_NOT_REPRODUCED] = "NOT REPRODUCED",
	[VERIFY_INCONCLUSIVE] = "INCONCLUSIVE",
};

/**
 * verify_exit() - the exit code that a verdict deserves
 * @answer: the verdict
 *
 * Return: EXIT_OK for FIXED, EXIT_FOUND for NOT FIXED and WORSE, EXIT_SKIP for
 * those that say nothing about the change
 */
int verify_exit(enum verify_answer answer)
{
	if (answer == VERIFY_FIXED)
		return EXIT_OK;
	return answer == VERIFY_NOT_FIXED || answer == VERIFY_WORSE ? EXIT_FOUND : EXIT_SKIP;
}

/* The least runs of each side with which all against none is significant. */
static unsigned int least_runs(double alpha)
{
	unsigned int n = 1;

	while (!stats_significant(stats_fisher(n, n, 0, n), alpha))
		n++;
	return n;
}

/**
 * verify_plan() - fix the rule
 * @plan: filled
 * @runs: of each side, with one look at the end; 0: as many as it takes
 * @alpha: greatest chance of FIXED when nothing was
 *
 * With @runs 0 the first look is the earliest at which FIXED is possible, and
 * each further one doubles the runs. The first gets half of @alpha, the next
 * ones half of what is left, the last all of it: whatever the dependence of the
 * looks, the chances of a wrong FIXED add up to no more than @alpha
 * (Bonferroni's inequality). A bug that always shows is decided at the first
 * look, hence its large share.
 */
void verify_plan(struct verify_plan *plan, unsigned int runs, double alpha)
{
	double left = alpha;

	*plan = (struct verify_plan){ .alpha = alpha, .nr = 1 };
	if (runs) {
		plan->look[0] = (struct verify_look){ runs, alpha };
		return;
	}
	runs = least_runs(alpha / 2);
	for (plan->nr = 0; plan->nr < VERIFY_LOOKS_MAX; plan->nr++) {
		bool last = plan->nr == VERIFY_LOOKS_MAX - 1;

		plan->look[plan->nr] = (struct verify_look){ runs, last ? left : left / 2 };
		left /= 2;
		runs *= 2;
	}
}

/**
 * verify_plan_text() - the rule in words
 * @plan: the rule
 *
 * Return: one line; the caller frees it
 */
char *verify_plan_text(const struct verify_plan *plan)
{
	struct buf text = {};

	buf_addf(&text, "FIXED when Fisher's exact test (one-sided) gives p <=");
	for (unsigned int i = 0; i < plan->nr; i++)
		buf_addf(&text, "%s %.3g after %u+%u runs", i ? "," : "", plan->look[i].alpha,
			 plan->look[i].runs, plan->look[i].runs);
	buf_addf(&text, " (%g in all), and the bug isn't seen after, nor anything new",
		 plan->alpha);
	return text.data;
}

/**
 * verify_add() - one more boot of a side
 * @side: the side; for verify_side_free()
 * @v: verdict on the boot
 */
void verify_add(struct verify_side *side, const struct verdict *v)
{
	struct verify_boot *b;

	side->boot = xrealloc(side->boot, (side->n + 1) * sizeof(*side->boot));
	b = &side->boot[side->n++];
	*b = (struct verify_boot){ .outcome = v->outcome, .done = v->done };
	if (v->outcome != OUTCOME_CRASHED && v->outcome != OUTCOME_BOOT_FAILED &&
	    v->outcome != OUTCOME_HUNG)
		return;
	for (size_t i = 0; i < v->titles.n; i++)
		strv_push(&b->kinds, v->titles.v[i]);
	/* The reasons given instead of a title differ from boot to boot. */
	if (!b->kinds.n)
		strv_push(&b->kinds, v->outcome == OUTCOME_HUNG ? KIND_HUNG :
			  v->outcome == OUTCOME_BOOT_FAILED ? KIND_BOOT_FAILED : v->title);
}

/** verify_side_free() - free the boots of a side; may be done twice */
void verify_side_free(struct verify_side *side)
{
	for (unsigned int i = 0; i < side->n; i++)
		strv_free(&side->boot[i].kinds);
	free(side->boot);
	*side = (struct verify_side){};
}

static struct verify_kind *kind_of(struct verify_decision *d, const char *name)
{
	for (size_t i = 0; i < d->nr_kinds; i++)
		if (!strcmp(d->kinds[i].name, name))
			return &d->kinds[i];
	d->kinds = xrealloc(d->kinds, (d->nr_kinds + 1) * sizeof(*d->kinds));
	d->kinds[d->nr_kinds] = (struct verify_kind){ .name = xstrdup(name) };
	return &d->kinds[d->nr_kinds++];
}

/*
 * Counts what the boots of a side showed, and marks what is looked for: @title, or any,
 * or (NULL) all that was seen before.
 */
static void add_kinds(struct verify_decision *d, const struct verify_side *side, bool after,
		      const char *title)
{
	for (unsigned int i = 0; i < side->n; i++) {
		for (size_t k = 0; k < side->boot[i].kinds.n; k++) {
			struct verify_kind *kind = kind_of(d, side->boot[i].kinds.v[k]);

			(*(after ? &kind->after : &kind->before))++;
			kind->hit = title ? !strcmp(title, "any") || !strcmp(title, kind->name) :
					    kind->before;
		}
	}
}

static bool is_hit(const struct verify_decision *d, const struct verify_boot *b)
{
	for (size_t i = 0; i < d->nr_kinds; i++)
		if (d->kinds[i].hit && strv_has(&b->kinds, d->kinds[i].name))
			return true;
	return false;
}

static struct verify_tally tally(const struct verify_decision *d, const struct verify_side *side)
{
	struct verify_tally t = {};

	for (unsigned int i = 0; i < side->n; i++) {
		const struct verify_boot *b = &side->boot[i];
		bool hit = is_hit(d, b);

		if (b->outcome == OUTCOME_LOST) {
			t.lost++;
		} else if (b->outcome == OUTCOME_INCONCLUSIVE) {
			t.inconclusive++;
		} else {
			t.hits += hit;
			t.others += !hit && b->outcome != OUTCOME_OK;
			t.runs += hit || b->done;
		}
	}
	return t;
}

static void decide(struct verify_decision *d, enum verify_answer answer, char *why)
{
	d->done = true;
	d->answer = answer;
	d->why = why;
}

/* The least rate of a bug that silence in @runs boots speaks against, in percent. */
static double excluded(unsigned int runs)
{
	return 100 * stats_rate(0, runs, 2 * VERIFY_CONFIDENCE - 1).high;
}

static char *why_news(const struct verify_news *news)
{
	return xasprintf("%u of %u boots after showed what none of %u did before (%s); equal "
			 "kernels differ so much with p = %.2g", news->boots, news->of,
			 news->none_of, news->which, news->p);
}

static char *why_inconclusive(const struct verify_decision *d, unsigned int planned)
{
	const struct verify_tally *b = &d->before, *a = &d->after;

	if (2 * b->runs <= planned || 2 * a->runs <= planned)
		return xasprintf("of %u+%u boots only %u before and %u after say whether the bug "
				 "is there", planned, planned, b->runs, a->runs);
	return xasprintf("%u of %u before, 0 of %u after: p = %.2g is not enough", b->hits,
			 b->runs, a->runs, d->p);
}

/* With all counts in @d: is this the end? */
static void conclude(const struct verify_plan *plan, const struct verify_news *news,
		     struct verify_decision *d)
{
	const struct verify_tally *b = &d->before, *a = &d->after;
	const struct verify_look *look = &plan->look[d->look];
	bool last = d->look + 1 == plan->nr;
	bool rarer = stats_significant(d->p, look->alpha);

	/* What is seen after only may be rare before: the runs to come tell, if there are any. */
	if (stats_significant(news->p, look->alpha)) {
		decide(d, VERIFY_WORSE, why_news(news));
	} else if (a->hits && (b->hits || last)) {
		decide(d, VERIFY_NOT_FIXED,
		       xasprintf("%u of %u before, and %u of %u after%s", b->hits, b->runs,
				 a->hits, a->runs, rarer ? ": less often, but there" : ""));
	} else if (!news->boots && !a->hits && rarer) {
		decide(d, VERIFY_FIXED,
		       xasprintf("%u of %u before, 0 of %u after, p = %.2g; what is left shows in "
				 "less than %.0f %% of boots (%.0f %% sure)", b->hits, b->runs,
				 a->runs, d->p, excluded(a->runs), 100 * VERIFY_CONFIDENCE));
	} else if (!news->boots && !a->hits && !b->hits && (d->look || last) &&
		   2 * b->runs > look->runs) {
		decide(d, VERIFY_NOT_REPRODUCED,
		       xasprintf("0 of %u before: a bug in %.0f %% of boots or more would have "
				 "shown (%.0f %% sure)", b->runs, excluded(b->runs),
				 100 * VERIFY_CONFIDENCE));
	} else if (last) {
		decide(d, VERIFY_INCONCLUSIVE, news->boots ? why_news(news) :
		       why_inconclusive(d, look->runs));
		if (b->hits)
			d->needed = stats_runs_needed((double)b->hits / b->runs, 0, plan->alpha,
						      POWER, NEEDED_MAX);
	}
}

/**
 * verify_decide() - what the boots say at a look
 * @plan: the rule
 * @look: which look this is
 * @title: what counts as the bug: a title, "any" finding, or NULL for all that
 *	   is seen before the change
 * @before: boots before the change
 * @after: boots after it
 * @d: filled; for verify_decision_free()
 */
void verify_decide(const struct verify_plan *plan, unsigned int look, const char *title,
		   const struct verify_side *before, const struct verify_side *after,
		   struct verify_decision *d)
{
	struct verify_news news;

	*d = (struct verify_decision){ .look = look };
	add_kinds(d, before, false, title);
	add_kinds(d, after, true, title);
	d->before = tally(d, before);
	d->after = tally(d, after);
	d->p = stats_fisher(d->before.hits, d->before.runs, d->after.hits, d->after.runs);
	news = verify_news(d, title, plan->look[look].alpha, before, after);
	conclude(plan, &news, d);
}

/**
 * verify_same_code() - the verdict on a change that changes nothing that runs
 * @signature: of the kernel before the change and of the one after it
 * @d: filled, as by a last look at no boots; for verify_decision_free()
 *
 * Boots of the two would differ by chance only.
 */
void verify_same_code(const char *signature, struct verify_decision *d)
{
	*d = (struct verify_decision){ .p = 1 };
	decide(d, VERIFY_NOT_FIXED,
	       xasprintf("what runs is the same before and after (kernel signature %.16s)",
			 signature));
}

/** verify_decision_free() - free what verify_decide() filled in; may be done twice */
void verify_decision_free(struct verify_decision *d)
{
	for (size_t i = 0; i < d->nr_kinds; i++)
		free(d->kinds[i].name);
	free(d->kinds);
	free(d->why);
	*d = (struct verify_decision){};
}
