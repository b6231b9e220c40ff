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
 *	   catches those of a stack trace
 * @trail2: tried when @trail leads nowhere
 * @skip: pattern for functions that are not meant, besides those of crash_re
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

/* Ends with a mark without words; the first one that fits a line is the line's. */
extern const struct crash_mark crash_marks[];

/* That of a report which has lost its first line. */
extern const struct crash_mark crash_rest;

/**
 * struct crash_patterns - what is the same in all reports
 * @escape: what is for the terminal
 * @entity: a character as a web page spells it
 * @prefix: "[  12.345678][ T123] " in front of a line, whatever stands before it:
 *	    group 1, group 2 is the time, group 3 is T123
 * @context: T123 in what others put in front of a line
 * @begins: words that are the first ones of their line
 * @ends: words that are the last ones of theirs, and what stands behind them all the
 *	  same
 * @logger: what may stand in front of a report of a single line
 * @broken: the end of a line that goes on in the next one
 * @open: the end of a first line that may do so
 * @guess: frames that the unwinder found on the stack without knowing that they
 *	   belong there
 * @frame_lines: a line of a stack trace; the groups are functions, in the order
 *		 in which they count. Up to NULL
 * @trace_start: the line above a stack trace
 * @trace_maybe: one of those that may also stand above something else
 * @foreign_frame: fault injection's stack is in between
 * @skip: functions that report, check, copy, allocate or lock for others
 * @syscall_prefix: what the layers of a system call's entry put before its name
 * @stall_anchor: functions that call for work, see PICK_STALLED
 * @hung_bucket: what everybody waits for, see PICK_HUNG
 * @hung_rcu: those of them that are one
 * @hung_wait: functions that wait
 * @goes_on: first lines that are often part of a report that has begun already
 * @chatter: messages that have a stack trace and are no crash
 * @remains: what such a report is seen by. Group 1: no doubt; group 2: a stack
 *	     follows that is no report's; group 3: what is once above each stack
 * @varies: a title that differs from boot to boot may have it
 * @replay: the line behind one that printk repeats
 * @end: the last line of a report
 */
struct crash_patterns {
	const char *escape;
	const char *entity;
	const char *prefix;
	const char *context;
	const char *begins;
	const char *ends;
	const char *logger;
	const char *broken;
	const char *open;
	const char *guess;
	const char *frame_lines[4];
	const char *trace_start;
	const char *trace_maybe;
	const char *foreign_frame;
	const char *skip;
	const char *syscall_prefix;
	const char *stall_anchor;
	const char *hung_bucket;
	const char *hung_rcu;
	const char *hung_wait;
	const char *goes_on;
	const char *chatter;
	const char *remains;
	const char *varies;
	const char *replay;
	const char *end;
};

extern const struct crash_patterns crash_re;

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
