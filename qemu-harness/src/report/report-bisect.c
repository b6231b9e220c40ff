// SPDX-License-Identifier: GPL-2.0
/*
 * Shows results of bisect.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json-text.h"
#include "base/util.h"
#include "report/report-parts.h"

static const struct {
	const char *seen;
	const char *word;
	enum tone tone;
} sights[] = {
	{ "nothing", "OK", TONE_GOOD },
	{ "crash", "crashed", TONE_BAD },
	{ "failure", "failed", TONE_FAILED },
	{ "void", "inconclusive", TONE_DOUBT },
};

static char *duration(double s)
{
	unsigned int h = (unsigned int)(s / 3600), m = (unsigned int)(s / 60) % 60;

	if (h)
		return xasprintf("%u h %u min", h, m);
	return m ? xasprintf("%u min %.0f s", m, s - 60 * m) : xasprintf("%.1f s", s);
}

/**
 * report_bisect_verdict() - what a bisection came to
 * @doc: its document
 * @tone: set to that of the verdict
 * @why: set to the rest of it in one line; the caller frees it
 *
 * Return: the verdict, as words for people
 */
const char *report_bisect_verdict(const json_t *doc, enum tone *tone, char **why)
{
	static const char *const others[][3] = {
		{ "not reproduced", "NOT REPRODUCED", "the bad revision doesn't show the bug" },
		{ "outside", "OUTSIDE", "the good revision shows the bug as well" },
		{ "merge base", "MERGE BASE",
		  "where good and bad parted it is as on the later one" },
	};
	const json_t *result = json_object_get(doc, "result");
	bool fix = json_is_true(json_object_get(doc, "fix"));
	const char *verdict = text_of(result, "verdict");
	double percent = 100 * real_of(result, "odds");

	*tone = TONE_DOUBT;
	if (!strcmp(verdict, "named")) {
		*tone = fix ? TONE_GOOD : TONE_BAD;
		*why = xasprintf("%.12s %s (odds that this is right: %.2f %%)",
				 text_of(result, "commit"), text_of(result, "subject"), percent);
		return fix ? "FIRST GOOD COMMIT" : "FIRST BAD COMMIT";
	}
	if (!strcmp(verdict, "inconclusive")) {
		*why = xasprintf("it could be any of %zu commits (odds that it is one of them: "
				 "%.2f %%)", json_array_size(json_object_get(result, "commits")),
				 percent);
		return "INCONCLUSIVE";
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (!strcmp(verdict, others[i][0])) {
			*why = xstrdup(others[i][2]);
			return others[i][1];
		}
	}
	*tone = TONE_NONE;
	*why = xstrdup("no result yet");
	return "UNFINISHED";
}

static void show_facts(const struct report_section *s, const json_t *doc)
{
	const json_t *result = json_object_get(doc, "result"), *value, *rev;
	double build = 0, test = 0;
	xmlNode *facts = report_facts(s, NULL);
	const char *name;
	int tested = 0;
	size_t i;

	json_array_foreach(json_object_get(doc, "revisions"), i, rev) {
		tested += strcmp(text_of(rev, "mark"), "none") != 0;
		build += real_of(rev, "build_s");
		test += real_of(rev, "test_s");
	}
	report_fact(facts, "commit", text_of(result, "commit"), true);
	json_array_foreach(json_object_get(doc, "good"), i, value)
		report_fact(facts, "good", json_string_value(value) ?: "", true);
	report_fact(facts, "bad", text_of(doc, "bad"), true);
	report_fact(facts, "looked for", text_of(doc, "looked_for"), true);
	report_fact_free(facts, "runs", int_of(doc, "runs") ?
			 xasprintf("%d", int_of(doc, "runs")) : xstrdup("as many as it takes"),
			 false);
	report_fact_free(facts, "revisions tested", xasprintf("%d", tested), false);
	report_fact_free(facts, "total time", duration(real_of(doc, "seconds")), false);
	report_fact_free(facts, "of this, builds", duration(build), false);
	report_fact_free(facts, "and tests", duration(test), false);
	report_fact(facts, "compiler", text_of(doc, "compiler"), false);
	report_fact_free(facts, "to", report_joined(json_object_get(result, "to")), true);
	report_fact_free(facts, "cc", report_joined(json_object_get(result, "cc")), true);
	report_fact_free(facts, "could be", report_joined(json_object_get(result, "commits")),
			 true);
	json_object_foreach((json_t *)json_object_get(doc, "facts"), name, value) {
		if (json_is_null(value))
			continue;
		report_fact_free(facts, name, json_is_string(value) || json_is_array(value) ?
				 report_joined(value) : json_dumps(value, JSON_ENCODE_ANY), true);
	}
}

static const json_t *kernel_of(const json_t *doc, const char *signature)
{
	const json_t *kernel;
	size_t i;

	json_array_foreach(json_object_get(doc, "kernels"), i, kernel)
		if (*signature && !strcmp(text_of(kernel, "signature"), signature))
			return kernel;
	return NULL;
}

/* The first revision with this kernel: its place in the list. */
static size_t first_with(const json_t *doc, const char *signature)
{
	const json_t *rev;
	size_t i;

	json_array_foreach(json_object_get(doc, "revisions"), i, rev)
		if (!strcmp(text_of(rev, "signature"), signature))
			break;
	return i;
}

static void show_cells(const struct report_section *s, xmlNode *row, const json_t *kernel,
		       size_t rev)
{
	const json_t *run;
	size_t i;

	json_array_foreach(json_object_get(kernel, "runs"), i, run) {
		const char *seen = text_of(run, "seen"), *word = seen;
		char *number __cleanup(free_ptr) = xasprintf("#%zu", i);
		char *href __cleanup(free_ptr) = NULL;
		enum tone tone = TONE_NONE;

		for (size_t j = 0; j < ARRAY_SIZE(sights); j++) {
			if (strcmp(sights[j].seen, seen))
				continue;
			word = sights[j].word;
			tone = sights[j].tone;
		}
		if (*text_of(run, "report") || *text_of(run, "dir"))
			href = xasprintf("#%s-rev%zu-run%zu", s->id, rev, i);
		report_cell(row, tone, number, word, text_of(run, "text"), href);
	}
}

static bool is_result(const json_t *doc, const json_t *rev)
{
	const char *commit = text_of(json_object_get(doc, "result"), "commit");

	return *commit && !strcmp(commit, text_of(rev, "commit"));
}

static void show_grid(const struct report_section *s, const json_t *doc)
{
	const json_t *revs = json_object_get(doc, "revisions"), *rev, *kernel;
	xmlNode *grid, *row, *name;
	size_t i, first;

	grid = html_add(report_part(s, "Revisions", "In the order of testing. Revisions with the "
				    "same kernel signature are the same kernel, and share its "
				    "runs."), "div", "grid", NULL);
	json_array_foreach(revs, i, rev) {
		char *hash __cleanup(free_ptr) = xasprintf("%.12s", text_of(rev, "commit"));
		const char *mark = text_of(rev, "mark");
		char *class __cleanup(free_ptr) = xasprintf("mark-%s", mark);

		row = report_grid_row(grid, hash, true);
		html_attrf(row->parent, "id", "%s-rev%zu", s->id, i);
		name = row->parent->children;
		html_add(name, "span", class, mark);
		if (is_result(doc, rev))
			html_add(name, "strong", NULL, "the commit");
		html_add(name, "span", "subject", text_of(rev, "subject"));
		html_addf(name, "span", "note", "build %.0f s, test %.0f s",
			  real_of(rev, "build_s"), real_of(rev, "test_s"));
		kernel = kernel_of(doc, text_of(rev, "signature"));
		first = first_with(doc, text_of(rev, "signature"));
		if (!kernel)
			html_add(row, "li", "words", *text_of(rev, "error") ?
				 text_of(rev, "error") : "not built");
		else if (first != i)
			html_addf(row, "li", "words", "the same kernel as %.12s",
				  text_of(json_array_get(revs, first), "commit"));
		else if (!json_array_size(json_object_get(kernel, "runs")))
			html_add(row, "li", "words", "not run");
		else
			show_cells(s, row, kernel, i);
	}
}

static void show_rates(const struct report_section *s, const json_t *doc)
{
	static const char *const head[] = { "kernel of", "showed it", "rate", "95 % interval", "" };
	const json_t *revs = json_object_get(doc, "revisions"), *rev;
	const json_t *all = json_object_get(doc, "rate");
	xmlNode *table, *row;
	size_t i;

	table = report_table(s, "Rates", "Runs that showed what is looked for, of those that say "
			     "either; interval after Clopper and Pearson.", head,
			     ARRAY_SIZE(head));
	json_array_foreach(revs, i, rev) {
		const json_t *kernel = kernel_of(doc, text_of(rev, "signature"));
		const json_t *rate = json_object_get(kernel, "rate");

		if (int_of(rate, "runs") && first_with(doc, text_of(rev, "signature")) == i) {
			row = report_row(table, "");
			html_addf(row->children, "code", NULL, "%.12s", text_of(rev, "commit"));
			report_rate(row, rate, rate);
		}
	}
	if (!all)
		return;
	row = report_row(table, "all that showed it");
	report_rate(row, all, all);
}

static void show_runs(const struct report_section *s, const json_t *doc)
{
	const json_t *revs = json_object_get(doc, "revisions"), *rev, *kernel, *run;
	xmlNode *part = NULL, *article, *p;
	size_t i, j;

	json_array_foreach(revs, i, rev) {
		kernel = kernel_of(doc, text_of(rev, "signature"));
		if (!kernel || first_with(doc, text_of(rev, "signature")) != i)
			continue;
		json_array_foreach(json_object_get(kernel, "runs"), j, run) {
			if (!*text_of(run, "report") && !*text_of(run, "dir"))
				continue;
			part = part ?: report_part(s, "Runs", NULL);
			article = html_add(part, "article", "run", NULL);
			html_attrf(article, "id", "%s-rev%zu-run%zu", s->id, i, j);
			p = html_add(article, "p", "meta", NULL);
			html_addf(html_add(p, "span", "item", NULL), "code", NULL, "%.12s",
				  text_of(rev, "commit"));
			html_addf(p, "span", "item", "#%zu %s", j, text_of(run, "text"));
			report_console(s, p, text_of(run, "dir"));
			report_crash(article, "crash report", text_of(run, "report"));
		}
	}
}

/** report_show_bisect() - a result of bisect, or what there is of it so far */
void report_show_bisect(const struct report_section *s, const json_t *doc)
{
	const json_t *result = json_object_get(doc, "result");
	char *summary __cleanup(free_ptr) = xasprintf("crash: %s", text_of(result, "crash"));
	char *why __cleanup(free_ptr) = NULL;
	const char *verdict;
	enum tone tone;

	verdict = report_bisect_verdict(doc, &tone, &why);
	report_verdict(s, tone, verdict, why);
	report_crash(s->at, summary, text_of(result, "report"));
	show_facts(s, doc);
	show_grid(s, doc);
	show_rates(s, doc);
	show_runs(s, doc);
}
