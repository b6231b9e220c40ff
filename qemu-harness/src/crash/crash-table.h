/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kernel crash reports look like, as data. crash.c says how it is used.
 */
#ifndef IRQSAN_CRASH_TABLE_H
#define IRQSAN_CRASH_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/* The part of a trail that is no pattern, see struct crash_form. */
#define CRASH_FRAMES "\n"

#define CRASH_NEEDS 2
#define CRASH_TRAIL 4

/**
 * enum crash_pick - which of the frames that a trail finds names the report
 * @PICK_FIRST: the first one
 * @PICK_STALLED: a loop is interrupted anywhere in it: the last frame above the
 *		  one that called for the work (the syscall, the timer, the
 *		  device's operation), which is the same every time
 * @PICK_LOOP: the same where it's known, else the first one
 * @PICK_HUNG: who waits for a lock is a victim: what all wait for if that is
 *	       known, else the first frame that isn't about waiting
 */
enum crash_pick {
	PICK_FIRST,
	PICK_STALLED,
	PICK_LOOP,
	PICK_HUNG,
};

/**
 * struct crash_form - one way in which a report is written
 * @kind: a word for its kind, for machines
 * @header: pattern for its first line, without time stamp and context
 * @needs: patterns for later lines, in this order. A report that lacks one is
 *	   not of this form
 * @title: "%1" to "%4" are groups of @header, then of @needs; "%F" is the
 *	   function that the trail leads to
 * @alt: another title that the same bug may have got, or NULL
 * @trail: how the function is found: patterns that lead through the report line
 *	   by line, each of which may catch a function, and CRASH_FRAMES, which
 *	   catches those of a stack trace. None: crash_trail, if the title has "%F"
 * @trail2: tried when @trail leads nowhere
 * @skip: pattern for functions that are not meant, besides those of re_skip
 * @pick: which function counts
 * @no_trace: reports of this form have no stack trace
 * @cut: a report of this form has lost its real first line, or more
 */
struct crash_form {
	const char *kind;
	const char *header;
	const char *needs[CRASH_NEEDS];
	const char *title;
	const char *alt;
	const char *trail[CRASH_TRAIL];
	const char *trail2[CRASH_TRAIL];
	const char *skip;
	enum crash_pick pick;
	bool no_trace;
	bool cut;
};

/**
 * struct crash_mark - words that a first line must have
 * @words: pattern for them, anywhere in the line
 * @any: a message that begins with these words is a report even if no form
 *	 knows it
 * @again: the line counts only if a kernel was running before, and nobody
 *	   asked for another one
 * @forms: up to one without title
 */
struct crash_mark {
	const char *words;
	bool any;
	bool again;
	const struct crash_form *forms;
};

extern const char *const crash_trail[CRASH_TRAIL];

/* Ends with a mark without words; the first one that fits a line is the line's. */
extern const struct crash_mark crash_marks[];

/* That of a report which has lost its first line. */
extern const struct crash_mark crash_rest;

/* Patterns that are the same in all reports; crash-table.c says what each is. */
extern const char re_escape[], re_entity[], re_prefix[], re_context[], re_begins[], re_ends[];
extern const char re_logger[], re_broken[], re_open[], re_guess[], re_trace_start[];
extern const char re_trace_maybe[], re_foreign_frame[], re_skip[], re_syscall_prefix[];
extern const char re_stall_anchor[], re_hung_bucket[], re_hung_rcu[], re_hung_wait[];
extern const char re_goes_on[], re_chatter[], re_remains[], re_varies[], re_replay[], re_end[];
/* Ends with NULL. */
extern const char *const re_frame_lines[];

/**
 * struct crash_neutral - a part of a text that is replaced
 * @pattern: what it looks like
 * @with: what is written instead, "$1" is a group
 */
struct crash_neutral {
	const char *pattern;
	const char *with;
};

/* Both end with one without pattern: what differs from boot to boot in titles, */
extern const struct crash_neutral crash_neutrals[];
/* and what web pages write for a character. */
extern const struct crash_neutral crash_entities[];

#endif
