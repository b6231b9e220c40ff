// SPDX-License-Identifier: GPL-2.0
/*
 * Shows boots: their grid, what their sites have counted, and each with its time
 * line, crash report and console.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/json-text.h"
#include "base/util.h"
#include "report/report-parts.h"

/* Sites without a violation are there for comparison: so many will do. */
#define QUIET_SITES 12

#define SITES_NOTE \
	"Checks and violations, summed over boots and over the sites of a function, of all that " \
	"had violations and of the busiest others, as the guests told them last (a boot that is " \
	"ended at its first violation: when it was seen). Boots: those with violations, of those " \
	"that told of the function. A dash: no boot did."

#define SITE_COLUMNS 4

/* Of each group */
static const char *const site_columns[SITE_COLUMNS] = { "violations", "checked", "boots", "sites" };

static const struct {
	const char *outcome;
	enum tone tone;
} outcomes[] = {
	{ "OK", TONE_GOOD }, { "crashed", TONE_BAD }, { "hung", TONE_BAD },
	{ "boot failed", TONE_FAILED }, { "lost", TONE_DOUBT }, { "inconclusive", TONE_DOUBT },
};

static enum tone tone_of(const char *outcome)
{
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
		if (!strcmp(outcomes[i].outcome, outcome))
			return outcomes[i].tone;
	return TONE_NONE;
}

/* "crashed: WARNING in kvm_wait"; the caller frees it. */
static char *line_of(const json_t *run)
{
	const char *title = text_of(run, "title");

	return xasprintf("%s%s%s", text_of(run, "outcome"), *title ? ": " : "", title);
}

/**
 * report_run_grid() - the grid of groups by runs
 * @s: the section
 * @groups: the groups
 * @n: how many
 */
void report_run_grid(const struct report_section *s, const struct report_group *groups, size_t n)
{
	xmlNode *grid = html_add(s->at, "div", "grid", NULL), *row;
	const json_t *run;
	size_t j;

	for (size_t i = 0; i < n; i++) {
		row = report_grid_row(grid, groups[i].name, false);
		json_array_foreach(groups[i].runs, j, run) {
			char *number __cleanup(free_ptr) = xasprintf("#%d", int_of(run, "run"));
			char *href __cleanup(free_ptr) =
				xasprintf("#%s-%srun%d", s->id, groups[i].key, int_of(run, "run"));
			char *line __cleanup(free_ptr) = line_of(run);

			report_cell(row, tone_of(text_of(run, "outcome")), number,
				    text_of(run, "outcome"), line, href);
		}
	}
}

/**
 * struct site_sum - what a group's boots say of a function's sites
 * @at: their offsets; owned
 * @bad: of those with violations; owned
 * @boots: boots that mention any
 * @shown: of these, how many have violations there
 * @run: the boot that was added last
 * @run_shown: and it has violations there
 * @hits: sum of its checks
 * @violations: sum of the violations
 */
struct site_sum {
	struct strv at;
	struct strv bad;
	int boots;
	int shown;
	const json_t *run;
	bool run_shown;
	long long hits;
	long long violations;
};

/**
 * struct site_row - the sites of a function: their offsets differ from kernel to kernel
 * @function: its name; owned
 * @all: of all groups
 * @sums: a sum a group; owned
 */
struct site_row {
	char *function;
	struct site_sum all;
	struct site_sum *sums;
};

static void add_sum(struct site_sum *sum, const json_t *run, const json_t *site)
{
	const char *offset = strchrnul(text_of(site, "site"), '+');

	if (!strv_has(&sum->at, offset))
		strv_push(&sum->at, offset);
	if (long_of(site, "violations") > 0 && !strv_has(&sum->bad, offset))
		strv_push(&sum->bad, offset);
	if (sum->run != run) {
		sum->run = run;
		sum->run_shown = false;
		sum->boots++;
	}
	if (long_of(site, "violations") > 0 && !sum->run_shown) {
		sum->run_shown = true;
		sum->shown++;
	}
	sum->hits += long_of(site, "hits");
	sum->violations += long_of(site, "violations");
}

static int by_counts(const void *a, const void *b)
{
	const struct site_row *x = a, *y = b;

	if (x->all.violations != y->all.violations)
		return x->all.violations < y->all.violations ? 1 : -1;
	if (x->all.hits != y->all.hits)
		return x->all.hits < y->all.hits ? 1 : -1;
	return strcmp(x->function, y->function);
}

static struct site_row *row_of(struct site_row **rows, size_t *nr, const char *site, size_t n)
{
	size_t len = strcspn(site, "+"), i;

	for (i = 0; i < *nr; i++)
		if (!strncmp((*rows)[i].function, site, len) && !(*rows)[i].function[len])
			return &(*rows)[i];
	*rows = xrealloc(*rows, (*nr + 1) * sizeof(**rows));
	(*rows)[*nr] = (struct site_row){
		.function = xasprintf("%.*s", (int)len, site),
		.sums = xcalloc(n, sizeof(struct site_sum)),
	};
	return &(*rows)[(*nr)++];
}

static void rows_free(struct site_row *rows, size_t nr, size_t n)
{
	for (size_t i = 0; i < nr; i++) {
		for (size_t j = 0; j <= n; j++) {
			struct site_sum *sum = j < n ? &rows[i].sums[j] : &rows[i].all;

			strv_free(&sum->at);
			strv_free(&sum->bad);
		}
		free(rows[i].sums);
		free(rows[i].function);
	}
	free(rows);
}

static struct site_row *sum_sites(const struct report_group *groups, size_t n, size_t *nr)
{
	const json_t *run, *site;
	struct site_row *rows = NULL;
	size_t j, k;

	*nr = 0;
	for (size_t i = 0; i < n; i++) {
		json_array_foreach(groups[i].runs, j, run) {
			json_array_foreach(json_object_get(run, "sites"), k, site) {
				struct site_row *row = row_of(&rows, nr, text_of(site, "site"), n);

				add_sum(&row->sums[i], run, site);
				add_sum(&row->all, run, site);
			}
		}
	}
	if (rows)
		qsort(rows, *nr, sizeof(*rows), by_counts);
	return rows;
}

static void show_site(xmlNode *table, const struct site_row *site, size_t n)
{
	xmlNode *row = report_row(table, ""), *at;

	html_add(row->children, "code", NULL, site->function);
	for (size_t i = 0; i < n; i++) {
		const struct site_sum *sum = &site->sums[i];

		if (!sum->boots) {
			at = html_add(row, "td", "first", "\u2013");
			html_attrf(at, "colspan", "%d", SITE_COLUMNS);
			continue;
		}
		html_addf(row, "td", sum->violations ? "number first bad" : "number first", "%lld",
			  sum->violations);
		html_addf(row, "td", "number", "%lld", sum->hits);
		html_addf(row, "td", "number", "%d of %d", sum->shown, sum->boots);
		at = html_add(row, "td", "at", NULL);
		for (size_t j = 0; j < sum->at.n; j++)
			html_addf(at, "code", strv_has(&sum->bad, sum->at.v[j]) ? "bad" : NULL,
				  "%s%s", j ? " " : "", sum->at.v[j]);
	}
}

/**
 * report_sites() - what the sites have counted, group by group
 * @s: the section
 * @groups: the groups
 * @n: how many
 */
void report_sites(const struct report_section *s, const struct report_group *groups, size_t n)
{
	const char **head __cleanup(free_ptr) = xcalloc(1 + SITE_COLUMNS * n, sizeof(*head));
	size_t i, nr, quiet;
	struct site_row *rows = sum_sites(groups, n, &nr);
	xmlNode *table, *names, *th;

	if (!nr)
		return;
	head[0] = "function";
	for (i = 0; i < n; i++)
		memcpy(&head[1 + SITE_COLUMNS * i], site_columns, sizeof(site_columns));
	table = report_table(s, "Sites", SITES_NOTE, head, 1 + SITE_COLUMNS * n);
	html_attr(table->parent, "class", "sites");
	if (n > 1) {
		names = xmlNewDocNode(table->doc, NULL, BAD_CAST "tr", NULL);
		html_add(names, "td", NULL, NULL);
		for (i = 0; i < n; i++) {
			th = html_add(names, "th", "group", groups[i].name);
			html_attrf(th, "colspan", "%d", SITE_COLUMNS);
			html_attr(th, "scope", "colgroup");
		}
		xmlAddPrevSibling(table->parent->children->children, names);
	}
	for (i = 0, quiet = 0; i < nr; i++)
		if (rows[i].all.violations || quiet++ < QUIET_SITES)
			show_site(table, &rows[i], n);
	rows_free(rows, nr, n);
}

/* When an event of a boot was, or -1. */
static double time_of(const json_t *timeline, const char *what)
{
	const json_t *event;
	size_t i;

	json_array_foreach(timeline, i, event)
		if (!strcmp(text_of(event, "t"), what))
			return real_of(event, "up");
	return -1;
}

static double end_of(const json_t *run)
{
	const json_t *event;
	double end = 0;
	size_t i;

	json_array_foreach(json_object_get(run, "timeline"), i, event)
		if (real_of(event, "up") > end)
			end = real_of(event, "up");
	return end;
}

static double longest(const struct report_group *groups, size_t n)
{
	double most = 0;
	const json_t *run;
	size_t j;

	for (size_t i = 0; i < n; i++)
		json_array_foreach(groups[i].runs, j, run)
			if (end_of(run) > most)
				most = end_of(run);
	return most;
}

/* From @begin to @end on a line of @scale seconds; nothing if it never began. */
static void show_phase(xmlNode *bar, const char *name, double begin, double end, double scale)
{
	char *class __cleanup(free_ptr) = xasprintf("phase %s", name);
	xmlNode *phase;

	if (begin < 0 || end <= begin)
		return;
	phase = html_addf(bar, "span", class, "%s %.1f s", name, end - begin);
	html_attrf(phase, "style", "left:%.2f%%;width:%.2f%%", 100 * begin / scale,
		   100 * (end - begin) / scale);
	html_attrf(phase, "title", "%s: %.2f s to %.2f s", name, begin, end);
}

static void show_event(xmlNode *bar, xmlNode *list, const json_t *event, double up, bool exact,
		       double scale)
{
	const char *site = text_of(event, "site");
	xmlNode *mark = html_add(bar, "i", "mark", NULL), *item;

	html_attrf(mark, "style", "left:%.2f%%", 100 * up / scale);
	html_attrf(mark, "title", "%.2f s: %s", up, text_of(event, "text"));
	item = html_addf(list, "li", NULL, "%s %.2f s: ", exact ? "at" : "by", up);
	html_add(item, "code", NULL, *site ? site : text_of(event, "text"));
	html_textf(item, " (%s)", *site ? "first violation there" : "first report on the console");
}

/*
 * Phases and violations. Records of violations come with the next tick, but of the
 * first one the module knows the time itself.
 */
static void show_timeline(xmlNode *at, const json_t *run, double scale)
{
	const json_t *timeline = json_object_get(run, "timeline"), *event;
	double boot = time_of(timeline, "boot"), livepatch = time_of(timeline, "livepatch");
	double load = time_of(timeline, "load"), insmod = livepatch < 0 ? boot : livepatch;
	double done = time_of(timeline, "done"), end = end_of(run);
	xmlNode *bar, *list;
	bool first = true;
	size_t i;

	if (end <= 0)
		return;
	bar = html_add(at, "div", "timeline", NULL);
	show_phase(bar, "boot", 0, boot < 0 ? end : boot, scale);
	show_phase(bar, "livepatch", boot, livepatch, scale);
	show_phase(bar, "insmod", insmod, load < 0 ? end : load, scale);
	show_phase(bar, "load", load, done < 0 ? end : done, scale);
	show_phase(bar, "finish", done, end, scale);
	list = html_add(at, "ul", "events", NULL);
	json_array_foreach(timeline, i, event) {
		double up = real_of(event, "up"), exact = up;

		if (!strcmp(text_of(event, "t"), "crash")) {
			show_event(bar, list, event, up, true, scale);
		} else if (!strcmp(text_of(event, "t"), "violation")) {
			if (first && load >= 0 && long_of(run, "first_ms") > 0)
				exact = load + (double)long_of(run, "first_ms") / 1000;
			show_event(bar, list, event, exact < up ? exact : up, exact < up, scale);
			first = false;
		}
	}
	if (!list->children) {
		xmlUnlinkNode(list);
		xmlFreeNode(list);
	}
}

static void show_attempts(const struct report_section *s, xmlNode *at, const json_t *run)
{
	const json_t *attempts = json_object_get(run, "attempts"), *attempt;
	xmlNode *p;
	size_t i;

	json_array_foreach(attempts, i, attempt) {
		/* The last one is the run itself. */
		if (i + 1 == json_array_size(attempts))
			break;
		p = html_addf(at, "p", "meta", "boot %zu was lost: %s, and repeated. ", i + 1,
			      text_of(attempt, "title"));
		report_console(s, p, text_of(attempt, "dir"));
	}
}

static void show_meta(const struct report_section *s, xmlNode *at, const json_t *run)
{
	const json_t *attempts = json_object_get(run, "attempts");
	xmlNode *p = html_add(at, "p", "meta", NULL);

	if (real_of(run, "wall_s") > 0)
		html_addf(p, "span", "item", "%.1f s in all", real_of(run, "wall_s"));
	html_addf(p, "span", "item", "kvm_wait %lld", long_of(run, "waits"));
	html_addf(p, "span", "item", "slow path %lld pv, %lld native", long_of(run, "slow_pv"),
		  long_of(run, "slow_native"));
	html_addf(p, "span", long_of(run, "violations") ? "item bad" : "item", "violations %lld",
		  long_of(run, "violations"));
	if (json_object_get(run, "first_ms") && long_of(run, "first_ms") >= 0)
		html_addf(p, "span", "item", "the first after %.2f s of load",
			  (double)long_of(run, "first_ms") / 1000);
	if (long_of(run, "lost"))
		html_addf(p, "span", "item", "not described %lld", long_of(run, "lost"));
	report_console(s, p, text_of(json_array_get(attempts, json_array_size(attempts) - 1),
				     "dir"));
}

static void show_report(xmlNode *at, const char *what, const char *report)
{
	char *summary __cleanup(free_ptr) = NULL;
	unsigned int lines = 0;

	for (const char *p = report; *p; p++)
		lines += *p == '\n';
	summary = xasprintf("%s, %u lines", what, lines);
	report_crash(at, summary, report);
}

/* "WARNING in foo, by the kernel, boot, doesn't count", and its report below. */
static void show_finding(xmlNode *at, const json_t *finding)
{
	const char *title = text_of(finding, "title"), *report = text_of(finding, "report");
	const char *why = json_is_true(json_object_get(finding, "ignored")) ? ", ignored" :
			  json_is_true(json_object_get(finding, "counts")) ? "" :
			  ", before the load";
	char *what __cleanup(free_ptr) = xasprintf("%s (%s, %s%s)", title,
						    text_of(finding, "source"),
						    text_of(finding, "phase"), why);

	if (*report)
		show_report(at, what, report);
	else
		html_add(at, "p", "finding", what);
}

static void show_run(const struct report_section *s, xmlNode *at, const struct report_group *g,
		     const json_t *run, double scale)
{
	xmlNode *article = html_add(at, "article", "run", NULL), *title;
	const char *words = text_of(run, "title");
	const json_t *finding;
	size_t i;

	html_attrf(article, "id", "%s-%srun%d", s->id, g->key, int_of(run, "run"));
	title = html_addf(article, "h4", NULL, "%s #%d ", g->name, int_of(run, "run"));
	report_cell(html_add(title, "span", "cells", NULL), tone_of(text_of(run, "outcome")), "",
		    text_of(run, "outcome"), text_of(run, "outcome"), NULL);
	if (*words)
		html_add(title, "code", "title", words);
	if (!strcmp(text_of(run, "outcome"), "not run"))
		return;
	show_attempts(s, article, run);
	show_meta(s, article, run);
	show_timeline(article, run, scale);
	/* Documents of format 1 have one report a boot. */
	show_report(article, "crash report", text_of(run, "report"));
	json_array_foreach(json_object_get(run, "findings"), i, finding)
		show_finding(article, finding);
}

/**
 * report_runs() - each boot by itself
 * @s: the section
 * @groups: the groups
 * @n: how many
 */
void report_runs(const struct report_section *s, const struct report_group *groups, size_t n)
{
	double scale = longest(groups, n);
	const json_t *run;
	char *note __cleanup(free_ptr) =
		xasprintf("Time lines are in seconds of the guest's own clock, all to one scale: "
			  "0 to %.1f s.", scale);
	xmlNode *part = report_part(s, "Runs", scale > 0 ? note : NULL);
	size_t j;

	for (size_t i = 0; i < n; i++)
		json_array_foreach(groups[i].runs, j, run)
			show_run(s, part, &groups[i], run, scale);
}
