// SPDX-License-Identifier: GPL-2.0
/*
 * From a plan to a verdict: boots until the rule says that it is enough.
 */
#include <errno.h>
#include <stdio.h>

#include "verify/verify-boots.h"

/* Boots both sides in turn until each has @runs runs, and sorts them to their sides. */
static int boot_to(const struct series *base, unsigned int runs, struct result *result,
		   struct verify_side side[VERIFY_SIDES])
{
	struct series series = *base;
	struct run_config *run = &series.run;
	int rc;

	run->first = result->n;
	run->runs = VERIFY_SIDES * runs - run->first;
	if (run->jobs > run->runs)
		run->jobs = run->runs;
	result_extend(result, VERIFY_SIDES * runs);
	rc = series_run(&series, result);
	if (!rc && result->interrupted)
		rc = -EINTR;
	for (unsigned int i = run->first; !rc && i < result->n; i++)
		verify_add(&side[i % VERIFY_SIDES], result_verdict(result, i));
	return rc;
}

/**
 * verify_boots() - boot and decide
 * @plan: the rule
 * @title: what counts as the bug, as for verify_decide()
 * @series: how to boot; its guests are the one before the change and the one
 *	    after it; its run numbers are set here
 * @result: empty; gets all boots
 * @d: filled on success; for verify_decision_free()
 *
 * Return: 0; -EINTR when the user ended it; or another negative errno, the
 * reason was printed
 */
int verify_boots(const struct verify_plan *plan, const char *title,
		 const struct series *series, struct result *result,
		 struct verify_decision *d)
{
	char *rule __cleanup(free_ptr) = verify_plan_text(plan);
	struct verify_side side[VERIFY_SIDES] = {};
	int rc = 0;

	*d = (struct verify_decision){};
	fprintf(series->out, "%s\n", rule);
	fflush(series->out);
	for (unsigned int look = 0; !rc && !d->done; look++) {
		if (look)
			pr_info("not decided yet: on to %u runs of each side",
				plan->look[look].runs);
		verify_decision_free(d);
		rc = boot_to(series, plan->look[look].runs, result, side);
		if (!rc)
			verify_decide(plan, look, title, &side[0], &side[1], d);
	}
	for (unsigned int i = 0; i < VERIFY_SIDES; i++)
		verify_side_free(&side[i]);
	return rc;
}
