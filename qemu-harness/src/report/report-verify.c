// SPDX-License-Identifier: GPL-2.0
/*
 * Shows results of verify.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json-text.h"
#include "base/stats.h"
#include "base/util.h"
#include "report/report-parts.h"
#include "verify/verify-doc.h"

#define SIDES 2

static const char *const sides[SIDES] = { "before", "after" };

static enum tone tone_of(const char *verdict)
{
	if (!strcmp(verdict, "FIXED"))
		return TONE_GOOD;
	return strcmp(verdict, "NOT FIXED") && strcmp(verdict, "WORSE") ? TONE_DOUBT : TONE_BAD;
}

static void show_verdict(const struct report_section *s, const json_t *doc)
{
	const char *verdict = text_of(doc, "verdict"), *why = text_of(doc, "why");
	char *more __cleanup(free_ptr) =
		xasprintf("%s. A new verification with --runs %d will tell, nine times in ten.",
			  why, int_of(doc, "needed"));

	report_verdict(s, tone_of(verdict), verdict, int_of(doc, "needed") ? more : why);
}

static void show_rates(const struct report_section *s, const json_t *doc)
{
	static const char *const head[] = {
		"", "the bug", "rate", "95 % interval", "", "other findings", "inconclusive",
		"lost", "lost boots", "kvm_wait",
	};
	static const char *const counts[] = { "others", "inconclusive", "lost", "lost_boots" };
	char *note __cleanup(free_ptr) =
		xasprintf("Fisher's exact test, one-sided: p = %.2g. The rule, fixed beforehand: "
			  "%s.", real_of(doc, "p"), text_of(json_object_get(doc, "rule"), "text"));
	xmlNode *table = report_table(s, "Rates", note, head, ARRAY_SIZE(head)), *row;

	for (size_t i = 0; i < SIDES; i++) {
		const json_t *side = json_object_get(doc, sides[i]);

		row = report_row(table, sides[i]);
		report_rate(row, side, json_object_get(side, "rate"));
		for (size_t j = 0; j < ARRAY_SIZE(counts); j++)
			html_addf(row, "td", "number", "%d", int_of(side, counts[j]));
		html_addf(row, "td", "number", "%lld", long_of(side, "waits"));
	}
}

static void show_findings(const struct report_section *s, const json_t *doc)
{
	static const char *const head[] = { "", "what", "before", "after" };
	const json_t *findings = json_object_get(doc, "findings"), *finding;
	xmlNode *table, *row;
	size_t i;

	if (!json_array_size(findings))
		return;
	table = report_table(s, "Findings", "Boots that showed it.", head, ARRAY_SIZE(head));
	json_array_foreach(findings, i, finding) {
		row = report_row(table, json_is_true(json_object_get(finding, "hit")) ? "the bug" :
				 "other");
		html_add(html_add(row, "td", NULL, NULL), "code", NULL, text_of(finding, "title"));
		html_addf(row, "td", "number", "%d", int_of(finding, "before"));
		html_addf(row, "td", "number", "%d", int_of(finding, "after"));
	}
}

static void sample_cells(xmlNode *row, const json_t *sample)
{
	const json_t *median = json_object_get(sample, "median");
	char *mid __cleanup(free_ptr) = verify_number(real_of(median, "mid"));
	char *low __cleanup(free_ptr) = verify_number(real_of(median, "low"));
	char *high __cleanup(free_ptr) = verify_number(real_of(median, "high"));

	if (!median) {
		html_attr(html_add(row, "td", "number", "\u2013"), "colspan", "2");
		return;
	}
	html_add(row, "td", "number", mid);
	html_addf(row, "td", "number interval", "%s\u2013%s", low, high);
}

static void show_measures(const struct report_section *s, const json_t *doc)
{
	static const char *const head[] = {
		"median", "before", "interval", "after", "interval", "p", "",
	};
	const json_t *measures = json_object_get(doc, "measures"), *measure;
	xmlNode *table, *row;
	size_t i;

	if (!json_array_size(measures))
		return;
	table = report_table(s, "What a fix may spoil", "Not part of the verdict. Mood's median "
			     "test.", head, ARRAY_SIZE(head));
	json_array_foreach(measures, i, measure) {
		char *name __cleanup(free_ptr) = xasprintf("%s, %s", text_of(measure, "name"),
							   text_of(measure, "unit"));

		row = report_row(table, name);
		sample_cells(row, json_object_get(measure, "before"));
		sample_cells(row, json_object_get(measure, "after"));
		html_addf(row, "td", "number", "%.2g", real_of(measure, "p"));
		html_add(row, "td", NULL, verify_change(doc, measure));
	}
}

/* The runs of a side; the caller drops it. */
static json_t *runs_of(const json_t *doc, const char *side)
{
	json_t *runs = json_array(), *run;
	size_t i;

	json_array_foreach(json_object_get(doc, "runs"), i, run)
		if (!strcmp(text_of(run, "side"), side))
			json_array_append(runs, run);
	return runs;
}

/** report_show_verify() - a result of verify */
void report_show_verify(const struct report_section *s, const json_t *doc)
{
	struct report_group groups[SIDES];

	show_verdict(s, doc);
	for (size_t i = 0; i < SIDES; i++) {
		groups[i] = (struct report_group){
			.name = sides[i], .key = "", .runs = runs_of(doc, sides[i]),
		};
		report_run_facts(report_facts(s, sides[i]), json_object_get(doc, sides[i]));
	}
	/* There are none of a change that changes nothing that runs. */
	if (json_array_size(json_object_get(doc, "runs"))) {
		report_run_grid(s, groups, SIDES);
		show_rates(s, doc);
		show_findings(s, doc);
		show_measures(s, doc);
		report_sites(s, groups, SIDES);
		report_runs(s, groups, SIDES);
	}
	for (size_t i = 0; i < SIDES; i++)
		json_decref(groups[i].runs);
}
