// SPDX-License-Identifier: GPL-2.0
/*
 * Crash titles of hostile console logs: reading one must end, touch nothing
 * beyond it, and say only what can be said of any report. For libFuzzer ("make
 * fuzz-crash"), and included by test-crash-random.c.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crash/crash-report.h"
#include "crash/crash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool ok, const char *what, const struct crash *crash)
{
	if (ok)
		return;
	fprintf(stderr, "%s: \"%s\" at %zu to %zu, %zu lines\n", what, crash->title ?: "",
		crash->start, crash->end, crash->lines.n);
	abort();
}

static void check_crash(const struct crash *crash, size_t len)
{
	const char *p;
	json_t *doc;

	expect(crash->title && *crash->title, "no title", crash);
	expect(strlen(crash->title) <= 120, "a long title", crash);
	for (p = crash->title; *p; p++)
		expect(*p >= 0x20 && *p < 0x7f, "not printable", crash);
	expect(crash->kind, "no kind", crash);
	expect(crash->start < crash->end && crash->end <= len, "lies outside", crash);
	expect(crash->lines.n > 0, "no lines", crash);
	doc = crash_json(crash, NULL);
	expect(doc, "no JSON", crash);
	json_decref(doc);
}

/**
 * LLVMFuzzerTestOneInput() - find all crashes of a log
 * @data: the log
 * @size: its length
 *
 * Return: 0; what is wrong ends the program.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t from = 0, n = 0;
	struct crash crash;

	while (crash_find((const char *)data + from, size - from, &crash)) {
		check_crash(&crash, size - from);
		from += crash.end;
		crash_free(&crash);
		n++;
	}
	if (!n && crash_find_rest((const char *)data, size, &crash)) {
		check_crash(&crash, size);
		crash_free(&crash);
	}
	return 0;
}
