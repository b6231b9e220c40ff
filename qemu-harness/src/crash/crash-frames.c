// SPDX-License-Identifier: GPL-2.0
/*
 * Reads stack traces and instruction pointers of crash reports, and chooses the
 * function that names the report.
 */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "crash/crash-frames.h"
#include "crash/demangle.h"

/* A trace that hasn't shown a frame this many lines below its first one is cut off. */
#define TRACE_REACH 15
/* KSYM_NAME_LEN since 6.1: what is longer is no symbol, and may take ages to read. */
#define SYMBOL_MAX 512

static struct span span_of(const char *text)
{
	return (struct span){ .at = text, .len = strlen(text) };
}

static bool like(const char *fn, const char *pattern)
{
	return pattern_find(pattern, span_of(fn), NULL);
}

/* A function's name as its source has it; kernels print Rust's as the linker has them. */
static char *source_name(struct span name)
{
	char *linked = xasprintf("%.*s", (int)name.len, name.at);
	char *source = name.len < SYMBOL_MAX ? demangle(linked) : NULL;

	if (!source)
		return linked;
	free(linked);
	return source;
}

/* The functions that @pattern catches in @line, those that are never meant left out. */
static bool take(const char *pattern, struct span line, const char *skip, struct strv *frames)
{
	struct span groups[PATTERN_GROUPS];
	int i;

	if (!pattern_find(pattern, line, groups))
		return false;
	for (i = 1; i < PATTERN_GROUPS; i++) {
		char *fn;

		if (!groups[i].at)
			continue;
		fn = source_name(groups[i]);
		if (!like(fn, crash_re.skip) && !(skip && like(fn, skip)))
			strv_push(frames, fn);
		free(fn);
	}
	return true;
}

static void take_frame(struct span line, const char *skip, struct strv *frames)
{
	int i;

	for (i = 0; crash_re.frame_lines[i]; i++)
		if (take(crash_re.frame_lines[i], line, skip, frames))
			return;
}

static bool is_frame(struct span line)
{
	int i;

	for (i = 0; crash_re.frame_lines[i]; i++)
		if (pattern_find(crash_re.frame_lines[i], line, NULL))
			return true;
	return pattern_find("\\(stack is not available\\)", line, NULL);
}

/*
 * Goes through the lines as @trail says; the functions on the way are added to
 * @frames. False where the stack of another report stands in between.
 */
static bool follow(const char *const trail[], const char *skip, const struct span *lines,
		   size_t n, struct strv *frames)
{
	bool clean = true, in_trace = false;
	size_t i = 0, step;

	for (step = 0; step < CRASH_TRAIL && trail[step]; step++) {
		const char *next = step + 1 < CRASH_TRAIL ? trail[step + 1] : NULL;

		/* What comes after the first trace tells who made the object, not who broke it. */
		if (in_trace)
			break;
		in_trace = !strcmp(trail[step], CRASH_FRAMES);
		while (i < n) {
			struct span line = lines[i++];

			if (pattern_find(crash_re.foreign_frame, line, NULL)) {
				clean = false;
				break;
			}
			if (!in_trace && take(trail[step], line, skip, frames))
				break;
			if (!in_trace)
				continue;
			if ((pattern_find(crash_re.trace_start, line, NULL) && !is_frame(line)) ||
			    (next && take(next, line, skip, frames)))
				break;
			take_frame(line, skip, frames);
		}
	}
	return clean;
}

static char *without_prefix(const char *fn)
{
	struct span groups[PATTERN_GROUPS];

	if (pattern_find(crash_re.syscall_prefix, span_of(fn), groups) && fn[groups[0].len])
		return xstrdup(fn + groups[0].len);
	return xstrdup(fn);
}

/* Puts the one that @fns, in their order, were called for into @guilty. */
static void pick_stalled(const struct strv *fns, const struct strv *frames, struct guilty *guilty)
{
	size_t i;

	for (i = 0; i < fns->n; i++) {
		if (!like(fns->v[i], crash_re.stall_anchor))
			continue;
		if (strstr(fns->v[i], "smp_call_function")) {
			/* The one that waits for other CPUs; it has many names. */
			guilty->name = xstrdup("smp_call_function");
		} else {
			i -= i ? 1 : 0;
			guilty->name = xstrdup(fns->v[i]);
		}
		guilty->raw = xstrdup(frames->v[i]);
		return;
	}
}

static void pick_hung(const struct strv *fns, const struct strv *frames, struct guilty *guilty)
{
	size_t i;

	for (i = 0; i < fns->n && !like(fns->v[i], crash_re.hung_bucket); i++)
		;
	if (i == fns->n)
		for (i = 0; i < fns->n && like(fns->v[i], crash_re.hung_wait); i++)
			;
	if (i == fns->n)
		return;
	guilty->name = xstrdup(like(fns->v[i], crash_re.hung_rcu) ? "synchronize_rcu" : fns->v[i]);
	guilty->raw = xstrdup(frames->v[i]);
}

static void pick(enum crash_pick how, const struct strv *frames, struct guilty *guilty)
{
	struct strv fns = {};
	size_t i;

	for (i = 0; i < frames->n; i++) {
		char *fn = without_prefix(frames->v[i]);

		strv_push(&fns, fn);
		free(fn);
	}
	if (how == PICK_STALLED || how == PICK_LOOP)
		pick_stalled(&fns, frames, guilty);
	if (how == PICK_HUNG)
		pick_hung(&fns, frames, guilty);
	if (fns.n && !guilty->name && (how == PICK_FIRST || how == PICK_LOOP)) {
		guilty->name = xstrdup(fns.v[0]);
		guilty->raw = xstrdup(frames->v[0]);
	}
	strv_free(&fns);
}

static void try_trail(const struct crash_form *form, const char *const trail[],
		      const struct span *lines, size_t n, struct guilty *guilty)
{
	struct strv frames = {};
	bool clean = follow(trail, form->skip, lines, n, &frames);

	pick(form->pick, &frames, guilty);
	guilty->sure = clean && guilty->name;
	strv_free(&frames);
}

/**
 * crash_guilty() - find the function that names a report
 * @form: how the report is written
 * @lines: its lines, without time stamp and context, from the one that
 *	   @form's header matched
 * @n: how many
 * @guilty: filled; for crash_guilty_free()
 */
void crash_guilty(const struct crash_form *form, const struct span *lines, size_t n,
		  struct guilty *guilty)
{
	memset(guilty, 0, sizeof(*guilty));
	try_trail(form, form->trail, lines, n, guilty);
	if (guilty->sure || !form->trail2[0])
		return;
	crash_guilty_free(guilty);
	try_trail(form, form->trail2, lines, n, guilty);
}

/**
 * crash_guilty_free() - free what crash_guilty() filled in
 * @guilty: may be freed twice
 */
void crash_guilty_free(struct guilty *guilty)
{
	free(guilty->name);
	free(guilty->raw);
	guilty->name = NULL;
	guilty->raw = NULL;
}

/**
 * crash_trace_whole() - has every stack trace of a report at least one frame?
 * @lines: the report
 * @n: how many lines
 *
 * Return: true if so, and if there is a trace at all.
 */
bool crash_trace_whole(const struct span *lines, size_t n)
{
	bool whole = false;
	size_t i, j;

	for (i = 0; i < n; i++) {
		if (!pattern_find(crash_re.trace_start, lines[i], NULL))
			continue;
		for (j = i + 1; j < n && j <= i + TRACE_REACH; j++)
			if (is_frame(lines[j]) ||
			    pattern_find(crash_re.trace_start, lines[j], NULL))
				break;
		if (j < n && is_frame(lines[j]))
			whole = true;
		else if (!pattern_find(crash_re.trace_maybe, lines[i], NULL))
			return false;
	}
	return whole;
}
