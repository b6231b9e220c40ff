// SPDX-License-Identifier: GPL-2.0
/*
 * Judges boots as they end, and prints their verdicts.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "boot/rundir.h"
#include "judge/series.h"

/* A boot that is lost three times isn't bad luck. */
#define RETRIES_MAX 2

/**
 * struct progress - a series that runs
 * @series: what was ordered
 * @result: filled as boots end
 * @next: the next run whose verdict is to be printed
 * @final: for each run from the first, whether its verdict stands
 */
struct progress {
	const struct series *series;
	struct result *result;
	unsigned int next;
	bool *final;
};

/* A load that failed has said why. */
static void print_output(const struct progress *p)
{
	const struct finding *first =
		findings_first(&result_verdict(p->result, p->next)->findings);
	struct strv lines __cleanup(strv_free) = {};

	if (!p->series->out || !first || first->source != FINDING_LOAD || !first->report)
		return;
	strv_lines(&lines, first->report);
	for (size_t i = 0; i < lines.n; i++)
		fprintf(p->series->out, "  | %s\n", lines.v[i]);
	fflush(p->series->out);
}

/* Prints the verdicts that are next in order. */
static void print_verdicts(struct progress *p)
{
	const struct run_config *run = &p->series->run;

	while (p->next < run->first + run->runs && p->final[p->next - run->first]) {
		const char *name = run->guests[p->next % run->nr_guests].name;
		char *line __cleanup(free_ptr) = verdict_line(result_verdict(p->result, p->next));

		pr_progress_end();
		if (p->series->out) {
			fprintf(p->series->out, "run #%u%s%s: %s\n", p->next, name ? " " : "",
				name ?: "", line);
			fflush(p->series->out);
		}
		print_output(p);
		p->next++;
	}
}

/*
 * Is there a finding that ends a boot? A report from before the load isn't: the load
 * may still come.
 */
static bool counts(void *ctx, const char *dir)
{
	struct verdict v __cleanup(verdict_free) = {};
	bool yes = false;

	(void)ctx;
	if (judge_dir(dir, NULL, &v))
		return true;
	for (size_t i = 0; i < v.findings.n; i++) {
		const struct finding *f = &v.findings.v[i];

		yes |= f->counts && (f->source == FINDING_DETECTOR || f->phase >= PHASE_LOAD);
	}
	return yes;
}

static int ended(void *ctx, unsigned int number, unsigned int attempt, const char *dir, bool last)
{
	struct progress *p = ctx;
	const struct series *series = p->series;
	struct result_attempt *a = result_add(p->result, number, dir);
	const struct verdict *v = &a->verdict;
	int rc = judge_dir(dir, NULL, &a->verdict);
	json_auto_t *doc = rc ? NULL : result_verdict_json(v);

	rc = rc ?: rundir_write_json(dir, "verdict.json", doc);
	if (rc)
		return rc;
	if (v->outcome == OUTCOME_LOST && attempt < RETRIES_MAX && !last) {
		pr_progress_end();
		pr_info("run #%u: lost: %s; trying again", number, v->title);
		return RUN_AGAIN;
	}
	p->final[number - series->run.first] = true;
	print_verdicts(p);
	return !last && series->enough && series->enough(series->ctx, number, v) ? RUN_ENOUGH :
										   RUN_NEXT;
}

/**
 * series_of() - boots of one plan
 * @plan: what is ordered of each; its accelerator is chosen
 * @runs: how many
 * @jobs: how many at once; 0: as many as this machine can
 * @dir: directory of the runs
 *
 * Return: for series_run(), but for the guests
 */
struct series series_of(const struct plan *plan, unsigned int runs, unsigned int jobs,
			const char *dir)
{
	struct series series = {
		.run = {
			.runs = runs, .limits = &run_limits_default,
			.scale = accel_scale(plan->accel), .dir = dir,
			.jobs = jobs ?: accel_parallel(plan->accel, plan->cpus, plan->memory_mb),
		},
	};

	/* Verifications don't know yet how many there will be. */
	if (runs && series.run.jobs > runs)
		series.run.jobs = runs;
	return series;
}

/**
 * series_run() - boot and judge
 * @series: what and how often
 * @result: with room for the runs from the first on; one or more boots are added to each
 *
 * Prints each verdict when it and all before it stand. No guest is left running,
 * whatever happens.
 *
 * Return: 0 when all runs have their verdict, or the user ended it early
 * (@result->interrupted); a negative errno when the machine couldn't do it,
 * the reason was printed
 */
int series_run(const struct series *series, struct result *result)
{
	struct progress p = {
		.series = series, .result = result, .next = series->run.first,
	};
	struct run_config run = series->run;
	int rc;

	p.final = xcalloc(run.runs, sizeof(*p.final));
	run.counts = counts;
	run.ended = ended;
	run.ctx = &p;
	rc = run_boots(&run);
	result->interrupted = rc == -EINTR;
	free(p.final);
	return result->interrupted ? 0 : rc;
}
