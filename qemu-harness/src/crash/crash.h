/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a console log to the report of the crash in it: its title, in the form
 * that kernel CI systems use ("WARNING in kvm_wait"), and what else it says.
 * Pure: text in, report out.
 */
#ifndef IRQSAN_CRASH_H
#define IRQSAN_CRASH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/util.h"

/**
 * struct crash - the first crash of a log
 * @title: owned; NULL where the log holds none
 * @alts: other titles that the same bug may get, most likely one first
 * @kind: a word for its kind ("warning", "lockdep", …); a constant
 * @frame: the function to blame, as the report writes it; owned, NULL where it
 *	   isn't known
 * @start: offset of its first line in the log
 * @end: offset just behind its last line
 * @lines: its lines, those of other CPUs and tasks left out, without time
 *	   stamps and contexts
 * @corrupted: why the report is known to be cut or mixed up, so that title and
 *	       frame are guesses; a constant, NULL where it is whole
 */
struct crash {
	char *title;
	struct strv alts;
	const char *kind;
	char *frame;
	size_t start;
	size_t end;
	struct strv lines;
	const char *corrupted;
};

int crash_find(const char *text, size_t len, struct crash *crash);
int crash_find_rest(const char *text, size_t len, struct crash *crash);
void crash_free(struct crash *crash);

#endif
