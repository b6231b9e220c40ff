/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kinds of documents that a report shows: one file a kind.
 */
#ifndef IRQSAN_REPORT_KINDS_H
#define IRQSAN_REPORT_KINDS_H

#include "report/report-parts.h"

/**
 * struct report_kind - a kind of document
 * @format: its "format", without the number
 * @version: the newest that is known
 * @name: the verb that writes it
 * @arrays: members that must be arrays, ended by NULL
 * @show: puts a document into its section
 */
struct report_kind {
	const char *format;
	unsigned int version;
	const char *name;
	const char *const *arrays;
	void (*show)(const struct report_section *s, const json_t *doc);
};

void report_show_run(const struct report_section *s, const json_t *doc);
void report_show_reproduce(const struct report_section *s, const json_t *doc);
void report_show_verify(const struct report_section *s, const json_t *doc);
void report_show_bisect(const struct report_section *s, const json_t *doc);
const char *report_bisect_verdict(const json_t *doc, enum tone *tone, char **why);

#endif
