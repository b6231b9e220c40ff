/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lines of a log as the kernel said them, and what their words say.
 */
#ifndef IRQSAN_CRASH_LINES_H
#define IRQSAN_CRASH_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/pattern.h"
#include "base/util.h"
#include "crash/crash-table.h"

/* Terminals break lines at this column. */
#define WRAP_SCREEN 80

/**
 * struct line - one line of a log
 * @text: what it says, behind time stamp and context
 * @width: how much of it the log has in one line, these and all
 * @stamped: it has a time stamp
 * @time: the kernel's seconds, if it has them
 * @junk: what stands in front of them
 * @ctx: its "T123" or "C1"; NULL when the log has none
 * @offset: where the whole line starts in the log
 * @next: where the next line starts
 */
struct line {
	struct span text;
	size_t width;
	bool stamped;
	struct span time;
	struct span junk;
	struct span ctx;
	size_t offset;
	size_t next;
};

/**
 * struct log - a log that is being read
 * @at: the text
 * @len: its length
 * @prefix: an example of what stands in front of the kernel's words, besides its
 *	    own time stamp and context: a logger's time, a mail's quote marks
 * @junk: one that only stands in front of time stamps, and of lines that lost theirs
 * @suffix: what stands behind them
 * @learned: where the part ends in which they were looked for
 * @bare: its lines have no time stamps, so that a prefix is as good as one
 * @owned: the texts of lines that can't be read from the log as it is
 */
struct log {
	const char *at;
	size_t len;
	struct span prefix;
	struct span junk;
	struct span suffix;
	size_t learned;
	bool bare;
	struct strv owned;
};

/**
 * struct meaning - what the words of a line say
 * @mark: that whose report begins here; NULL: none does
 * @form: the first one of the mark's that fits; NULL: it has no known form
 * @goes_on: as re_goes_on has it
 * @open: likewise
 */
struct meaning {
	const struct crash_mark *mark;
	const struct crash_form *form;
	bool goes_on;
	bool open;
};

bool span_has(struct span s, const char *text);
char *replace_all(const struct crash_neutral *what, char *text);

const char *any_mark(void);
struct meaning meaning_of(struct span text);
bool is_sure(struct meaning m);

struct line line_raw(struct log *log, size_t offset);
struct line line_at(struct log *log, size_t offset);
bool line_wrapped(const struct log *log, const struct line *l, const struct line *next);
void line_glue(struct log *log, struct line *to, const struct line *rest, const char *seam);
void log_forget(struct log *log, size_t n);
void log_learn(struct log *log, const struct line *first);

#endif
