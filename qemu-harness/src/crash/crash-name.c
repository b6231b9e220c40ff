// SPDX-License-Identifier: GPL-2.0
/*
 * Names a crash report whose lines are together.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "crash/crash-frames.h"
#include "crash/crash-name.h"

#define TITLE_MAX 120

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
	size_t len;
	char *p;

	if (pattern_find(crash_re.varies, (struct span){ .at = title, .len = strlen(title) }, NULL))
		title = replace_all(crash_neutrals, title);
	len = strnlen(title, TITLE_MAX);
	while (len && title[len - 1] == ' ')
		len--;
	title[len] = '\0';
	p = xstrdup(title + strspn(title, " "));
	free(title);
	return p;
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
			value.at = fn ?: "corrupted";
			value.len = strlen(value.at);
			p++;
		} else if (*p == '%') {
			value = args[*++p - '0'];
			if (frame && value.len && out.len >= 4 &&
			    !strcmp(out.data + out.len - 4, " in ") &&
			    pattern_find("^\\w+", value, function))
				*frame = xasprintf("%.*s", (int)function->len, function->at);
		}
		add_span(&out, value);
	}
	return neutral(out.data);
}

static void add_alt(struct crash *crash, char *title)
{
	size_t i;

	for (i = 0; i < crash->alts.n && strcmp(crash->alts.v[i], title); i++)
		;
	if (i == crash->alts.n && strcmp(title, crash->title))
		strv_push(&crash->alts, title);
	free(title);
}

static void add_alts(const struct crash_form *f, const struct span args[PATTERN_GROUPS],
		     const char *fn, struct crash *crash)
{
	size_t i;

	for (i = 0; i < CRASH_ALTS && f->alts[i]; i++)
		add_alt(crash, write_title(f->alts[i], args, fn, NULL));
}

/* Title, other titles and frame of a report that is written as @f says. */
static void name_report(const struct crash_form *f, const struct span *lines, size_t n,
			const struct span args[PATTERN_GROUPS], struct crash *crash)
{
	struct guilty guilty = {};

	if (f->trail[0]) {
		crash_guilty(f, lines, n, &guilty);
		if (!guilty.sure)
			crash->corrupted = "no function found that it could be named by";
	}
	crash->title = write_title(f->title, args, guilty.name, f->trail[0] ? NULL : &crash->frame);
	add_alts(f, args, guilty.name, crash);
	if (guilty.raw) {
		/* Others may not take the prefix off. */
		add_alt(crash, write_title(f->title, args, guilty.raw, NULL));
		add_alts(f, args, guilty.raw, crash);
		crash->frame = xstrdup(guilty.raw);
	}
	crash_guilty_free(&guilty);
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
	struct span args[PATTERN_GROUPS], title;

	while (f && f->title && !fits(f, lines, titled, args))
		f++;
	if (f && f->title) {
		crash->kind = f->kind;
		name_report(f, lines, titled, args, crash);
		if (f->cut)
			crash->corrupted = "its beginning is missing";
		else if (!crash->corrupted && !f->no_trace && !crash_trace_whole(lines, n))
			crash->corrupted = "its stack trace is missing";
	} else {
		/* A report of no known form is still a report: its first line names it. */
		const char *at = memmem(lines[0].at, lines[0].len, means.mark->text,
					strlen(means.mark->text));

		args[1] = (struct span){ .at = at, .len = lines[0].len - (at - lines[0].at) };
		crash->kind = (known ?: means.mark->forms)->kind;
		crash->title = write_title("%1", args, NULL, NULL);
		if (!*crash->title) {
			/* What begins here stands in front of another message. */
			free(crash->title);
			crash->title = xstrdup("unnamed report");
		}
		if (known)
			crash->corrupted = "its end is missing";
	}
	title = (struct span){ .at = crash->title, .len = strlen(crash->title) };
	if (pattern_find("\\[ *\\d+\\.\\d+\\]", title, NULL))
		crash->corrupted = "another message is inside of its first line";
}
