// SPDX-License-Identifier: GPL-2.0
/*
 * Names a crash report whose lines are together: reads stack traces and instruction
 * pointers, chooses the function to name, and writes the title.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "crash/crash-name.h"
/* Behind util.h, which has an ARRAY_SIZE, too. */
#include <libiberty/demangle.h>

#define TITLE_MAX 120
/* A trace that hasn't shown a frame this many lines below its first one is cut off. */
#define TRACE_REACH 15
/* KSYM_NAME_LEN since 6.1: what is longer is no symbol, and may take ages to read. */
#define SYMBOL_MAX 512
#define SMP_CALL "smp_call_function"

static struct span span_of(const char *text)
{
	return (struct span){ .at = text, .len = strlen(text) };
}

static bool like(const char *text, const char *pattern)
{
	return pattern_find(pattern, span_of(text), NULL);
}

/* A function's name as its source has it; kernels print Rust's as the linker has them. */
static char *source_name(struct span name)
{
	char *linked = xasprintf("%.*s", (int)name.len, name.at);
	char *source = name.len < SYMBOL_MAX ? rust_demangle(linked, DMGL_NO_OPTS) : NULL;

	if (!source)
		return linked;
	free(linked);
	return source;
}

/*
 * Does @line look like @pattern? The functions in it are added to @frames, which may be
 * NULL, but for those that are never meant.
 */
static bool take(const char *pattern, struct span line, const char *skip, struct strv *frames)
{
	struct span groups[PATTERN_GROUPS];
	int i;

	if (!pattern_find(pattern, line, groups))
		return false;
	for (i = 1; frames && i < PATTERN_GROUPS; i++) {
		char *fn;

		if (!groups[i].at)
			continue;
		fn = source_name(groups[i]);
		if (!like(fn, re_skip) && !(skip && like(fn, skip)))
			strv_push(frames, fn);
		free(fn);
	}
	return true;
}

/* The same for any line of a stack trace. */
static bool take_frame(struct span line, const char *skip, struct strv *frames)
{
	int i;

	for (i = 0; re_frame_lines[i]; i++)
		if (take(re_frame_lines[i], line, skip, frames))
			return true;
	return false;
}

static bool is_frame(struct span line)
{
	return take_frame(line, NULL, NULL) ||
	       pattern_find("\\(stack is not available\\)", line, NULL);
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

			if (pattern_find(re_foreign_frame, line, NULL)) {
				clean = false;
				break;
			}
			if (!in_trace && take(trail[step], line, skip, frames))
				break;
			if (!in_trace)
				continue;
			if ((pattern_find(re_trace_start, line, NULL) && !is_frame(line)) ||
			    (next && take(next, line, skip, frames)))
				break;
			take_frame(line, skip, frames);
		}
	}
	return clean;
}

/* A function's name without what tells the entries of a system call apart. */
static const char *plain_name(const char *function)
{
	struct span groups[PATTERN_GROUPS];

	if (pattern_find(re_syscall_prefix, span_of(function), groups))
		function += function[groups[0].len] ? groups[0].len : 0;
	return function;
}

/* The first of @fns that looks like @pattern, or doesn't; @fns->n: there is none. */
static size_t first_like(const struct strv *fns, const char *pattern, bool looks)
{
	size_t i;

	for (i = 0; i < fns->n && like(plain_name(fns->v[i]), pattern) != looks; i++)
		;
	return i;
}

/* Which of @fns names the report; @fns->n: none. */
static size_t pick(enum crash_pick how, const struct strv *fns)
{
	size_t i = 0;

	if (how == PICK_HUNG) {
		i = first_like(fns, re_hung_bucket, true);
		return i < fns->n ? i : first_like(fns, re_hung_wait, false);
	}
	if (how == PICK_STALLED || how == PICK_LOOP) {
		i = first_like(fns, re_stall_anchor, true);
		if (how == PICK_LOOP && i == fns->n)
			return 0;
		/* This one waits for other CPUs itself. */
		if (i && i < fns->n && !strstr(fns->v[i], SMP_CALL))
			i--;
	}
	return i;
}

/* The name that a picked function has in a title: some have many. */
static const char *title_name(enum crash_pick how, const char *function)
{
	function = plain_name(function);
	if (how == PICK_HUNG && like(function, re_hung_rcu))
		return "synchronize_rcu";
	if ((how == PICK_STALLED || how == PICK_LOOP) && strstr(function, SMP_CALL))
		return SMP_CALL;
	return function;
}

/*
 * The function that @trail leads to, to be freed; NULL: to none. @sure: the report led
 * there as its form says.
 */
static char *try_trail(const struct crash_form *form, const char *const trail[],
		       const struct span *lines, size_t n, bool *sure)
{
	struct strv fns __cleanup(strv_free) = {};
	bool clean = follow(trail, form->skip, lines, n, &fns);
	size_t i = pick(form->pick, &fns);

	*sure = clean && i < fns.n;
	return i < fns.n ? xstrdup(fns.v[i]) : NULL;
}

/* Has a report stack traces, and each of them at least one frame? */
static bool trace_whole(const struct span *lines, size_t n)
{
	bool whole = false;
	size_t i, j;

	for (i = 0; i < n; i++) {
		if (!pattern_find(re_trace_start, lines[i], NULL))
			continue;
		for (j = i + 1; j < n && j <= i + TRACE_REACH; j++)
			if (is_frame(lines[j]) ||
			    pattern_find(re_trace_start, lines[j], NULL))
				break;
		if (j < n && is_frame(lines[j]))
			whole = true;
		else if (!pattern_find(re_trace_maybe, lines[i], NULL))
			return false;
	}
	return whole;
}

/*
 * Puts the groups of the form's header and needs into @args. False where the
 * report lacks something.
 */
static bool fits(const struct crash_form *f, const struct span *lines, size_t n,
		 struct span args[PATTERN_GROUPS])
{
	struct span groups[PATTERN_GROUPS];
	size_t i = 0, need, arg = 1, k;

	memset(args, 0, PATTERN_GROUPS * sizeof(args[0]));
	if (!pattern_find(f->header, lines[0], groups))
		return false;
	for (need = 0;; need++) {
		for (k = 1; k < PATTERN_GROUPS && groups[k].at && arg < PATTERN_GROUPS; k++)
			args[arg++] = groups[k];
		if (need == CRASH_NEEDS || !f->needs[need])
			return true;
		for (i++; i < n && !pattern_find(f->needs[need], lines[i], groups); i++)
			;
		if (i >= n)
			return false;
	}
}

/* Replaces what differs from boot to boot. @title is freed. */
static char *neutral(char *title)
{
	size_t len, blank;

	if (like(title, re_varies))
		title = replace_all(crash_neutrals, title);
	len = strnlen(title, TITLE_MAX);
	while (len && title[len - 1] == ' ')
		len--;
	title[len] = '\0';
	blank = strspn(title, " ");
	return memmove(title, title + blank, len + 1 - blank);
}

/* Writes a title; a group that follows "in" is a function, of which @frame gets a copy. */
static char *write_title(const char *format, const struct span args[PATTERN_GROUPS],
			 const char *fn, char **frame)
{
	struct buf out = {};
	const char *p;

	buf_add(&out, "", 0);
	for (p = format; *p; p++) {
		struct span value = { .at = p, .len = 1 }, function[PATTERN_GROUPS];

		if (*p == '%' && p[1] == 'F') {
			value = span_of(fn ?: "corrupted");
			p++;
		} else if (*p == '%') {
			value = args[*++p - '0'];
			if (frame && value.len && out.len >= 4 &&
			    !strcmp(out.data + out.len - 4, " in ") &&
			    pattern_find("^\\w+", value, function))
				*frame = xasprintf("%.*s", (int)function->len, function->at);
		}
		buf_add(&out, value.at, value.len);
	}
	return neutral(out.data);
}

static void add_alt(struct crash *crash, const char *format, const struct span args[PATTERN_GROUPS],
		    const char *fn)
{
	char *title __cleanup(free_ptr) = format ? write_title(format, args, fn, NULL) : NULL;

	if (title && !strv_has(&crash->alts, title) && strcmp(title, crash->title))
		strv_push(&crash->alts, title);
}

/* Title, other titles and frame of a report that is written as @f says. */
static void name_report(const struct crash_form *f, const struct span *lines, size_t n,
			const struct span args[PATTERN_GROUPS], struct crash *crash)
{
	bool search = strstr(f->title, "%F"), sure = true;
	const char *name = NULL;

	if (search)
		crash->frame = try_trail(f, f->trail[0] ? f->trail : crash_trail, lines, n, &sure);
	if (!sure && f->trail2[0]) {
		free(crash->frame);
		crash->frame = try_trail(f, f->trail2, lines, n, &sure);
	}
	if (!sure)
		crash->corrupted = "no function found that it could be named by";
	if (crash->frame)
		name = title_name(f->pick, crash->frame);
	crash->title = write_title(f->title, args, name, search ? NULL : &crash->frame);
	add_alt(crash, f->alt, args, name);
	if (name) {
		/* Others may not take the prefix off. */
		add_alt(crash, f->title, args, crash->frame);
		add_alt(crash, f->alt, args, crash->frame);
	}
}

/**
 * crash_name() - name a crash report
 * @means: what its first line says
 * @lines: its lines; those of another report may follow
 * @n: how many
 * @titled: so many of them may be looked at for the title
 * @crash: title, frame, kind and what is wrong with it are filled in
 */
void crash_name(struct meaning means, const struct span *lines, size_t n, size_t titled,
		struct crash *crash)
{
	const struct crash_form *known = means.form, *f = known;
	struct span args[PATTERN_GROUPS];

	while (f && f->title && !fits(f, lines, titled, args))
		f++;
	if (f && f->title) {
		crash->kind = f->kind;
		name_report(f, lines, titled, args, crash);
		if (f->cut)
			crash->corrupted = "its beginning is missing";
		else if (!crash->corrupted && !f->no_trace && !trace_whole(lines, n))
			crash->corrupted = "its stack trace is missing";
	} else {
		/* A report of no known form is still a report: its first line names it. */
		struct span words[PATTERN_GROUPS];

		args[1] = lines[0];
		if (pattern_find(means.mark->words, lines[0], words)) {
			args[1].at = words[0].at;
			args[1].len -= words[0].at - lines[0].at;
		}
		crash->kind = (known ?: means.mark->forms)->kind;
		crash->title = write_title("%1", args, NULL, NULL);
		if (known)
			crash->corrupted = "its end is missing";
	}
	if (like(crash->title, "\\[ *\\d+\\.\\d+\\]"))
		crash->corrupted = "another message is inside of its first line";
}
