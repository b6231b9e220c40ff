/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts that the sections of a report are made of.
 */
#ifndef IRQSAN_REPORT_PARTS_H
#define IRQSAN_REPORT_PARTS_H

#include <jansson.h>
#include <stdbool.h>

#include "report/html.h"

/**
 * enum tone - how something is to be taken; each has a colour and a sign
 * @TONE_GOOD: as it should be
 * @TONE_BAD: a finding
 * @TONE_FAILED: a finding before the load
 * @TONE_DOUBT: says nothing
 * @TONE_NONE: there is nothing
 */
enum tone {
	TONE_GOOD,
	TONE_BAD,
	TONE_FAILED,
	TONE_DOUBT,
	TONE_NONE,
};

/**
 * struct report_section - where a document is shown
 * @at: the element that its parts are put into
 * @id: begins the ids of its elements, so that documents don't mix
 * @from: directory of its file
 * @to: directory of the page, absolute; NULL: unknown, then nothing is linked
 */
struct report_section {
	xmlNode *at;
	const char *id;
	const char *from;
	const char *to;
};

/**
 * struct report_group - runs that are shown together: a kernel, or a side
 * @name: of the group
 * @key: begins the ids of its runs
 * @runs: documents of its runs, as in a result; owned
 */
struct report_group {
	const char *name;
	const char *key;
	json_t *runs;
};

void report_verdict(const struct report_section *s, enum tone tone, const char *word,
		    const char *sentence);
xmlNode *report_part(const struct report_section *s, const char *title, const char *note);
xmlNode *report_facts(const struct report_section *s, const char *name);
void report_fact(xmlNode *facts, const char *name, const char *value, bool code);
void report_fact_free(xmlNode *facts, const char *name, char *value, bool code);
char *report_joined(const json_t *list);
void report_run_facts(xmlNode *facts, const json_t *doc);

xmlNode *report_table(const struct report_section *s, const char *title, const char *note,
		      const char *const *head, size_t n);
xmlNode *report_row(xmlNode *table, const char *name);
void report_rate(xmlNode *row, const json_t *counts, const json_t *rate);

xmlNode *report_grid_row(xmlNode *grid, const char *name, bool code);
void report_cell(xmlNode *row, enum tone tone, const char *number, const char *word,
		 const char *title, const char *href);

void report_console(const struct report_section *s, xmlNode *at, const char *dir);
void report_crash(xmlNode *at, const char *summary, const char *report);

void report_run_grid(const struct report_section *s, const struct report_group *groups, size_t n);
void report_sites(const struct report_section *s, const struct report_group *groups, size_t n);
void report_runs(const struct report_section *s, const struct report_group *groups, size_t n);

/* The kinds of documents: one file a kind. */
void report_show_run(const struct report_section *s, const json_t *doc);
void report_show_reproduce(const struct report_section *s, const json_t *doc);
void report_show_verify(const struct report_section *s, const json_t *doc);
void report_show_bisect(const struct report_section *s, const json_t *doc);
const char *report_bisect_verdict(const json_t *doc, enum tone *tone, char **why);

#endif
