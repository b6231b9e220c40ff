/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One HTML page that shows the results of run, reproduce, verify and bisect.
 */
#ifndef IRQSAN_REPORT_H
#define IRQSAN_REPORT_H

#include <jansson.h>

struct report_kind;

/**
 * struct report_source - a document that the page shows
 * @path: its file
 * @doc: the document; owned
 * @kind: what it is
 */
struct report_source {
	const char *path;
	json_t *doc;
	const struct report_kind *kind;
};

int report_load(const char *path, struct report_source *source);
int report_write(const struct report_source *sources, size_t n, const char *out);
void report_free(struct report_source *source);

#endif
