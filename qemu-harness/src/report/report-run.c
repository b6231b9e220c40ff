// SPDX-License-Identifier: GPL-2.0
/*
 * Shows results of run and reproduce.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json-text.h"
#include "base/util.h"
#include "report/report-parts.h"

#define STEPS_MAX 3

static int outcomes(const json_t *doc, const char *name)
{
	return int_of(json_object_get(json_object_get(doc, "totals"), "outcomes"), name);
}

/* The title that most of the runs with a finding have, or "". */
static const char *usual_title(const json_t *runs)
{
	const json_t *run, *other;
	const char *best = "";
	size_t i, j, most = 0, n;

	json_array_foreach(runs, i, run) {
		const char *outcome = text_of(run, "outcome");

		/* Of the others it is the reason that they say nothing. */
		if (strcmp(outcome, "crashed") && strcmp(outcome, "boot failed") &&
		    strcmp(outcome, "hung"))
			continue;
		n = 0;
		json_array_foreach(runs, j, other)
			n += !strcmp(text_of(run, "title"), text_of(other, "title"));
		if (n > most) {
			most = n;
			best = text_of(run, "title");
		}
	}
	return best;
}

static void show_verdict(const struct report_section *s, const json_t *doc)
{
	bool interrupted = json_is_true(json_object_get(doc, "interrupted"));
	size_t n = json_array_size(json_object_get(doc, "runs"));
	int crashed = outcomes(doc, "crashed"), failed = outcomes(doc, "boot failed");
	int hung = outcomes(doc, "hung"), ok = outcomes(doc, "OK"), found;
	int lost = outcomes(doc, "lost"), inconclusive = outcomes(doc, "inconclusive");
	char *why __cleanup(free_ptr) = NULL;

	found = crashed + failed + hung;
	if (found) {
		why = xasprintf("%d of %zu runs with a finding (%d crashed, %d hung, %d failed to "
				"boot%s), most often: %s", found, n, crashed, hung, failed,
				interrupted ? "; interrupted" : "",
				usual_title(json_object_get(doc, "runs")));
		report_verdict(s, TONE_BAD, "FOUND", why);
	} else if (ok && (size_t)ok == n && !interrupted) {
		why = xasprintf("all %zu runs are OK", n);
		report_verdict(s, TONE_GOOD, "NOTHING FOUND", why);
	} else {
		why = xasprintf("of %zu runs, %d are OK, %d were lost, %d never reached the code "
				"under test%s", n, ok, lost, inconclusive,
				interrupted ? "; interrupted" : "");
		report_verdict(s, TONE_DOUBT, "NOT PROVED", why);
	}
}

static void rate_row(xmlNode *table, const char *name, const json_t *doc)
{
	const json_t *totals = json_object_get(doc, "totals");
	const json_t *rate = json_object_get(totals, "rate");
	xmlNode *row = report_row(table, name);

	report_rate(row, rate, rate);
	html_addf(row, "td", "number", "%lld", long_of(totals, "waits"));
	html_addf(row, "td", "number", "%lld", long_of(totals, "violations"));
	html_addf(row, "td", "number", "%d", int_of(totals, "lost_boots"));
}

static void show_rates(const struct report_section *s, const struct report_group *groups,
		       const json_t *const *docs, size_t n)
{
	static const char *const head[] = {
		"", "findings", "rate", "95 % interval", "", "kvm_wait", "violations", "boots lost",
	};
	xmlNode *table = report_table(s, "Rates", "Runs with a finding, of those that say either; "
				      "interval after Clopper and Pearson.", head,
				      ARRAY_SIZE(head));

	for (size_t i = 0; i < n; i++)
		rate_row(table, groups[i].name, docs[i]);
}

/** report_show_run() - a result of run */
void report_show_run(const struct report_section *s, const json_t *doc)
{
	const char *release = text_of(json_object_get(doc, "kernel"), "release");
	struct report_group group = {
		.name = *release ? release : "kernel", .key = "",
		.runs = json_object_get(doc, "runs"),
	};

	show_verdict(s, doc);
	report_run_facts(report_facts(s, NULL), doc);
	report_run_grid(s, &group, 1);
	show_rates(s, &group, &doc, 1);
	report_sites(s, &group, 1);
	report_runs(s, &group, 1);
}

/** report_show_reproduce() - a result of reproduce */
void report_show_reproduce(const struct report_section *s, const json_t *doc)
{
	static const char *const steps[STEPS_MAX] = { "buggy", "fixed", "livepatched" };
	struct report_group groups[STEPS_MAX];
	const json_t *docs[STEPS_MAX];
	bool reproduced = json_is_true(json_object_get(doc, "reproduced"));
	char *keys[STEPS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < STEPS_MAX; i++) {
		const json_t *step = json_object_get(doc, steps[i]);
		json_t *runs = json_object_get(step, "runs");

		if (!json_array_size(runs))
			continue;
		keys[n] = xasprintf("%s-", steps[i]);
		docs[n] = step;
		groups[n] = (struct report_group){
			.name = steps[i], .key = keys[n], .runs = runs,
		};
		n++;
	}
	report_verdict(s, reproduced ? TONE_GOOD : TONE_DOUBT,
		       reproduced ? "REPRODUCED" : "NOT AS EXPECTED", text_of(doc, "verdict"));
	for (size_t i = 0; i < n; i++)
		report_run_facts(report_facts(s, groups[i].name), docs[i]);
	report_run_grid(s, groups, n);
	show_rates(s, groups, docs, n);
	report_sites(s, groups, n);
	report_runs(s, groups, n);
	for (size_t i = 0; i < n; i++)
		free(keys[i]);
}
