// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps and presents what the boots of a command have found.
 */
#include <errno.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json-text.h"
#include "base/util.h"
#include "judge/result.h"

/**
 * result_init() - an empty result
 * @r: the result; for result_free()
 * @runs: how many runs were asked for
 */
void result_init(struct result *r, unsigned int runs)
{
	*r = (struct result){ .facts = json_object() };
	result_extend(r, runs);
}

/**
 * result_extend() - room for more runs
 * @r: the result
 * @runs: how many there are to be
 */
void result_extend(struct result *r, unsigned int runs)
{
	r->runs = xrealloc(r->runs, runs * sizeof(*r->runs));
	memset(r->runs + r->n, 0, (runs - r->n) * sizeof(*r->runs));
	r->n = runs;
}

/** result_free() - free a result and all that it holds */
void result_free(struct result *r)
{
	for (unsigned int i = 0; i < r->n; i++) {
		for (unsigned int j = 0; j < r->runs[i].n; j++) {
			verdict_free(&r->runs[i].attempts[j].verdict);
			free(r->runs[i].attempts[j].dir);
		}
		free(r->runs[i].attempts);
	}
	free(r->runs);
	json_decref(r->facts);
	memset(r, 0, sizeof(*r));
}

/**
 * result_add() - one more boot of a run
 * @r: the result
 * @number: the run
 * @dir: the boot's directory
 *
 * Return: where its verdict goes; valid until the next result_add()
 */
struct result_attempt *result_add(struct result *r, unsigned int number, const char *dir)
{
	struct result_run *run = &r->runs[number];
	struct result_attempt *a;

	run->attempts = xrealloc(run->attempts, (run->n + 1) * sizeof(*run->attempts));
	a = &run->attempts[run->n++];
	memset(a, 0, sizeof(*a));
	a->dir = xstrdup(dir);
	return a;
}

/**
 * result_verdict() - the verdict that counts for a run
 * @r: the result
 * @number: the run
 *
 * Return: the verdict, or NULL when the run never started
 */
const struct verdict *result_verdict(const struct result *r, unsigned int number)
{
	const struct result_run *run = &r->runs[number];

	return run->n ? &run->attempts[run->n - 1].verdict : NULL;
}

/**
 * result_dir() - the directory of the boot that counts for a run
 * @r: the result
 * @number: the run
 *
 * Return: its path, or NULL when the run never started
 */
const char *result_dir(const struct result *r, unsigned int number)
{
	const struct result_run *run = &r->runs[number];

	return run->n ? run->attempts[run->n - 1].dir : NULL;
}

/**
 * result_totals() - sums over all runs
 * @r: the result
 * @t: filled
 */
void result_totals(const struct result *r, struct result_totals *t)
{
	memset(t, 0, sizeof(*t));
	for (unsigned int i = 0; i < r->n; i++) {
		const struct result_run *run = &r->runs[i];
		const struct verdict *v = result_verdict(r, i);

		if (!v)
			continue;
		t->outcome[v->outcome]++;
		t->retried += run->n - 1;
		for (unsigned int j = 0; j < run->n; j++)
			t->lost_boots += run->attempts[j].verdict.outcome == OUTCOME_LOST;
		t->count.waits += v->count.waits;
		t->count.slow_pv += v->count.slow_pv;
		t->count.slow_native += v->count.slow_native;
		t->count.violations += v->count.violations;
	}
}

static unsigned int findings(const struct result_totals *t)
{
	return t->outcome[OUTCOME_CRASHED] + t->outcome[OUTCOME_BOOT_FAILED] +
	       t->outcome[OUTCOME_HUNG];
}

/**
 * result_verdict_json() - a verdict as verdict.json and the result hold it
 * @v: the verdict
 *
 * Return: a new reference
 */
json_t *result_verdict_json(const struct verdict *v)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:b, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
			 "s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:O, s:O}",
			 "outcome", outcome_names[v->outcome],
			 "title", json_text(v->title),
			 "findings", findings_json(&v->findings),
			 "skipped", json_texts(&v->skipped),
			 "release", json_text(v->release),
			 "pv", v->pv,
			 "control", v->control,
			 "done", v->done,
			 "waits", (json_int_t)v->count.waits,
			 "slow_pv", (json_int_t)v->count.slow_pv,
			 "slow_native", (json_int_t)v->count.slow_native,
			 "violations", (json_int_t)v->count.violations,
			 "longest_ns", (json_int_t)v->count.longest_ns,
			 "waited_ns", (json_int_t)v->count.waited_ns,
			 "lost", (json_int_t)v->count.lost,
			 "first_ms", (json_int_t)v->count.first_ms,
			 "load_ms", (json_int_t)v->count.load_ms,
			 "ops", (json_int_t)v->count.ops,
			 "load_runs", (json_int_t)v->load_runs,
			 "load_failed", (json_int_t)v->load_failed,
			 "load_killed", (json_int_t)v->load_killed,
			 "run_ms", (json_int_t)v->run_ms,
			 "boot_s", v->boot_s,
			 "wall_s", v->wall_s,
			 "timeline", v->timeline,
			 "sites", v->sites);
}

static json_t *run_json(const struct result *r, unsigned int number)
{
	const struct result_run *run = &r->runs[number];
	json_t *attempts = json_array(), *doc;

	for (unsigned int i = 0; i < run->n; i++) {
		const struct result_attempt *a = &run->attempts[i];

		json_array_append_new(attempts, json_pack("{s:s, s:s, s:o}", "dir", a->dir,
							  "outcome",
							  outcome_names[a->verdict.outcome],
							  "title", json_text(a->verdict.title)));
	}
	doc = run->n ? result_verdict_json(result_verdict(r, number)) :
		       json_pack("{s:s}", "outcome", "not run");
	json_object_set_new(doc, "run", json_integer(number));
	json_object_set_new(doc, "attempts", attempts);
	return doc;
}

/**
 * result_json() - the whole document
 * @r: the result
 *
 * Return: a new reference
 */
json_t *result_json(const struct result *r)
{
	json_t *doc = json_pack("{s:s}", "format", RESULT_FORMAT);
	json_t *runs = json_array(), *totals, *outcomes = json_object();
	struct result_totals t;
	unsigned int found;

	for (unsigned int i = 0; i < r->n; i++)
		json_array_append_new(runs, run_json(r, i));
	result_totals(r, &t);
	found = findings(&t);
	for (unsigned int i = 0; i < ARRAY_SIZE(t.outcome); i++)
		json_object_set_new(outcomes, outcome_names[i], json_integer(t.outcome[i]));
	totals = json_pack("{s:o, s:o, s:i, s:i, s:I, s:I, s:I, s:I}", "outcomes", outcomes,
			   /* Of the runs that say either. */
			   "rate", json_rate(found, found + t.outcome[OUTCOME_OK]),
			   "lost_boots", (int)t.lost_boots, "retried", (int)t.retried,
			   "waits", (json_int_t)t.count.waits,
			   "slow_pv", (json_int_t)t.count.slow_pv,
			   "slow_native", (json_int_t)t.count.slow_native,
			   "violations", (json_int_t)t.count.violations);
	json_object_update(doc, r->facts);
	json_object_set_new(doc, "interrupted", json_boolean(r->interrupted));
	json_object_set_new(doc, "runs", runs);
	json_object_set_new(doc, "totals", totals);
	return doc;
}

/**
 * result_summary() - say what the boots have seen
 * @r: the result
 * @out: where to
 */
void result_summary(const struct result *r, FILE *out)
{
	double *first __cleanup(free_ptr) = xcalloc(r->n, sizeof(*first));
	unsigned int n = 0, found;
	struct result_totals t;

	result_totals(r, &t);
	for (unsigned int i = 0; i < r->n; i++) {
		const struct verdict *v = result_verdict(r, i);

		if (v && v->count.first_ms >= 0)
			first[n++] = (double)v->count.first_ms / 1000;
	}
	gsl_sort(first, 1, n);
	found = findings(&t);
	fprintf(out, "%u runs: %u OK, %u with a finding, %u inconclusive, %u lost\n", r->n,
		t.outcome[OUTCOME_OK], found, t.outcome[OUTCOME_INCONCLUSIVE],
		t.outcome[OUTCOME_LOST]);
	fprintf(out,
		"kvm_wait calls %llu, slow path entries %llu pv, %llu native, violations %llu\n",
		(unsigned long long)t.count.waits, (unsigned long long)t.count.slow_pv,
		(unsigned long long)t.count.slow_native, (unsigned long long)t.count.violations);
	if (n)
		fprintf(out,
			"seconds of load to the first violation: min %.1f, median %.1f, max %.1f\n",
			first[0], gsl_stats_median_from_sorted_data(first, 1, n), first[n - 1]);
	if (t.lost_boots)
		fprintf(out, "boots lost: %u, retried: %u\n", t.lost_boots, t.retried);
}

/**
 * result_exit() - the exit code that a result deserves
 * @r: the result
 *
 * A finding outweighs lost boots: it was seen, whatever else went wrong. Good
 * needs every run to be OK.
 *
 * Return: EXIT_OK, EXIT_FOUND or EXIT_INFRA
 */
int result_exit(const struct result *r)
{
	struct result_totals t;

	result_totals(r, &t);
	if (r->interrupted)
		return EXIT_INFRA;
	if (findings(&t))
		return EXIT_FOUND;
	return t.outcome[OUTCOME_OK] == r->n ? EXIT_OK : EXIT_INFRA;
}
