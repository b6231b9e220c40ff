// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the first crash report in a console log, puts its lines together and
 * gives it its title. What reports look like is in crash-table.c.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "crash-frames.h"
#include "crash-table.h"
#include "crash.h"
#include "pattern.h"
#include "util.h"

/* More of a line is not looked at: no message of a kernel is longer. */
#define LINE_MAX_LEN 4096
/* Lines behind the first one that may belong to a report. */
#define GATHER_MAX 20000
/* How many lines above its header a report's "cut here" line may be. */
#define CUT_HERE_REACH 4
/* How far back a kernel that was running before must have left a message, in bytes. */
#define REBOOT_REACH 4096
/* A report with fewer lines may have its stack behind the panic that follows it. */
#define PANIC_LINES 22
#define PANIC_LINES_KMSAN 16
#define TITLE_MAX 120

#define CUT_HERE "[ cut here ]"

/**
 * struct line - one line of a log
 * @text: what it says, behind time stamp and context
 * @stamped: it has a time stamp
 * @ctx: its "T123" or "C1"; NULL when the log has none
 * @offset: where the whole line starts in the log
 * @next: where the next line starts
 */
struct line {
	struct span text;
	bool stamped;
	struct span ctx;
	size_t offset;
	size_t next;
};

/**
 * struct gathered - the lines that go with a report's first one
 * @line: of the same context, from the first one on
 * @n: how many
 * @titled: so many of them may be looked at for the title: behind them begins
 *	    another report
 * @own: so many of them are the report
 */
struct gathered {
	struct line *line;
	size_t n;
	size_t titled;
	size_t own;
};

static bool has(struct span s, const char *text)
{
	return memmem(s.at, s.len, text, strlen(text));
}

/* The line of @log at @offset, which is inside of it. */
static struct line line_at(const char *log, size_t len, size_t offset)
{
	const char *nl = memchr(log + offset, '\n', len - offset);
	struct line l = { .offset = offset, .text.at = log + offset };
	struct span groups[PATTERN_GROUPS];

	l.text.len = nl ? (size_t)(nl - l.text.at) : len - offset;
	l.next = offset + l.text.len + (nl ? 1 : 0);
	if (l.text.len > LINE_MAX_LEN)
		l.text.len = LINE_MAX_LEN;
	while (l.text.len && isspace((unsigned char)l.text.at[l.text.len - 1]))
		l.text.len--;
	if (!pattern_find(crash_re.prefix, l.text, groups))
		return l;
	l.stamped = true;
	l.ctx = groups[1];
	l.text.at += groups[0].len;
	l.text.len -= groups[0].len;
	return l;
}

/* Is it a frame that may not belong to the stack? */
static bool is_guess(const struct line *l)
{
	return l->stamped && !has(l->text, "<EOI>") &&
	       pattern_find(crash_re.guess, l->text, NULL);
}

static bool same_context(const struct line *a, const struct line *b)
{
	return a->stamped == b->stamped && a->ctx.len == b->ctx.len &&
	       (!a->ctx.len || !memcmp(a->ctx.at, b->ctx.at, a->ctx.len));
}

/* Did a kernel run above @offset, and was it not told to start another one? */
static bool rebooted(const char *log, size_t offset)
{
	size_t from = offset > REBOOT_REACH ? offset - REBOOT_REACH : 0;
	struct span above = { .at = log + from, .len = offset - from };

	return pattern_find("(?m)^\\[ *\\d+\\.\\d+\\]", above, NULL) &&
	       !pattern_find("Starting new kernel|Restarting system", above, NULL);
}

/* The pattern that finds a line with any of the marks' words. */
static const char *any_mark(void)
{
	static char *pattern;
	struct buf b = {};
	size_t i;

	if (pattern)
		return pattern;
	for (i = 0; crash_marks[i].text; i++) {
		char *one = xasprintf("%s\\Q%s\\E", i ? "|" : "", crash_marks[i].text);

		buf_add(&b, one, strlen(one));
		free(one);
	}
	pattern = b.data;
	return pattern;
}

/* The first form of @m that @header fits, or NULL. */
static const struct crash_form *form_of(const struct crash_mark *m, struct span header)
{
	const struct crash_form *f;

	for (f = m->forms; f->title; f++)
		if (pattern_find(f->header, header, NULL))
			return f;
	return NULL;
}

/* Is @l the first line of a report with the words of @m? */
static bool marks(const struct crash_mark *m, const char *log, const struct line *l)
{
	if (!has(l->text, m->text) || (m->not && pattern_find(m->not, l->text, NULL)) ||
	    (m->again && !rebooted(log, l->offset)))
		return false;
	return form_of(m, l->text) ||
	       (m->any && !strncmp(l->text.at, m->text, strlen(m->text)));
}

/* The mark that makes @l, which has the words of one, begin a report; or NULL. */
static const struct crash_mark *begins(const char *log, size_t len, const struct line *l)
{
	const struct crash_mark *m;
	struct line next;

	for (m = crash_marks; m->text && !marks(m, log, l); m++)
		;
	if (!m->text)
		return NULL;
	if (l->next < len) {
		/* What printk repeats is whole only the second time. */
		next = line_at(log, len, l->next);
		if (pattern_find(crash_re.replay, next.text, NULL))
			return NULL;
	}
	return m;
}

/* The first line that begins a report; NULL: there is none. */
static const struct crash_mark *find_first(const char *log, size_t len, struct line *first)
{
	const struct crash_mark *m = NULL;
	size_t offset = 0;

	while (!m && offset < len) {
		struct span rest = { .at = log + offset, .len = len - offset };
		struct span groups[PATTERN_GROUPS];
		const char *nl;

		if (!pattern_find(any_mark(), rest, groups))
			break;
		nl = memrchr(rest.at, '\n', (size_t)(groups[0].at - rest.at));
		*first = line_at(log, len, nl ? (size_t)(nl + 1 - log) : offset);
		m = begins(log, len, first);
		offset = first->next;
	}
	return m;
}

/* The lines that go with @first, see struct gathered. */
static void gather(const char *log, size_t len, const struct line *first, struct gathered *g)
{
	size_t panic_lines = has(first->text, "BUG: KMSAN:") ? PANIC_LINES_KMSAN : PANIC_LINES;
	bool all_cpus = false, other = false, ended = false;
	size_t offset = first->offset, seen, cap = 0;

	memset(g, 0, sizeof(*g));
	for (seen = 0; offset < len && seen < GATHER_MAX; seen++) {
		struct line l = line_at(log, len, offset);
		bool mine = same_context(first, &l), new;

		offset = l.next;
		new = seen && pattern_find(any_mark(), l.text, NULL) &&
		      !pattern_find(crash_re.goes_on, l.text, NULL) && begins(log, len, &l);
		other |= new || (seen && pattern_find(crash_re.chatter, l.text, NULL));
		ended |= new && mine;
		mine |= all_cpus && l.ctx.len && l.ctx.at[0] == 'C';
		if (seen && (!mine || is_guess(&l)))
			continue;
		if (seen && has(l.text, "Disabling lock debugging due to kernel taint"))
			continue;
		if (has(l.text, "Sending NMI from CPU"))
			all_cpus = true;
		/*
		 * The panic that a report ends in repeats its stack, and the oops
		 * code's own locks are no news.
		 */
		if (g->n >= panic_lines &&
		    (has(l.text, "Kernel panic - not syncing") ||
		     has(l.text, "possible circular locking dependency detected")))
			break;
		if (g->n == cap) {
			cap = cap ? 2 * cap : 64;
			g->line = xrealloc(g->line, cap * sizeof(l));
		}
		g->line[g->n++] = l;
		if (!other || first->ctx.len)
			g->titled = g->n;
		if (!ended)
			g->own = g->n;
		ended |= pattern_find(crash_re.end, l.text, NULL);
	}
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
	const struct crash_neutral *n;
	size_t len;
	char *p;

	for (n = crash_neutrals; n->pattern; n++) {
		char *old = title;

		title = pattern_replace(n->pattern, old, n->with);
		free(old);
	}
	len = strnlen(title, TITLE_MAX);
	while (len && title[len - 1] == ' ')
		len--;
	title[len] = '\0';
	p = xstrdup(title + strspn(title, " "));
	free(title);
	return p;
}

/* Adds @text without the NULs that logs hold: a title is a string. */
static void add_text(struct buf *out, struct span text)
{
	while (text.len) {
		size_t len = strnlen(text.at, text.len);

		buf_add(out, text.at, len);
		len += len < text.len;
		text.at += len;
		text.len -= len;
	}
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
		add_text(&out, value);
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

static void describe(const struct crash_mark *m, const struct gathered *g, struct crash *crash)
{
	struct span *lines = xcalloc(g->n, sizeof(*lines)), args[PATTERN_GROUPS];
	const struct crash_form *f, *known = form_of(m, g->line[0].text);
	struct span title;
	size_t i;

	for (i = 0; i < g->n; i++)
		lines[i] = g->line[i].text;
	for (f = m->forms; f->title && !fits(f, lines, g->titled, args); f++)
		;
	if (f->title) {
		crash->kind = f->kind;
		name_report(f, lines, g->titled, args, crash);
		if (f->cut)
			crash->corrupted = "its beginning is missing";
		else if (!crash->corrupted && !f->no_trace && !crash_trace_whole(lines, g->n))
			crash->corrupted = "its stack trace is missing";
	} else {
		/* A report of no known form is still a report: its first line names it. */
		const char *at = memmem(lines[0].at, lines[0].len, m->text, strlen(m->text));

		args[1] = (struct span){ .at = at, .len = lines[0].len - (at - lines[0].at) };
		crash->kind = known ? known->kind : m->forms[0].kind;
		crash->title = write_title("%1", args, NULL, NULL);
		if (known)
			crash->corrupted = "its end is missing";
	}
	title = (struct span){ .at = crash->title, .len = strlen(crash->title) };
	if (pattern_find("\\[ *\\d+\\.\\d+\\]", title, NULL))
		crash->corrupted = "another message is inside of its first line";
	free(lines);
}

/* Where the report of @first begins: at its "cut here" line, if one stands just above. */
static size_t report_start(const char *log, const struct line *first)
{
	size_t start = first->offset;
	int i;

	for (i = 0; i < CUT_HERE_REACH && start; i++) {
		const char *nl = memrchr(log, '\n', start - 1);
		struct span above = { .at = nl ? nl + 1 : log };

		above.len = (size_t)(log + start - above.at);
		start -= above.len;
		if (has(above, CUT_HERE))
			return start;
	}
	return first->offset;
}

static void add_line(struct crash *crash, const struct line *l)
{
	/* A NUL would end the line for those who read it. */
	size_t len = strnlen(l->text.at, l->text.len);

	strv_pushf(&crash->lines, "%.*s", (int)len, l->text.at);
}

/**
 * crash_find() - the first crash of a console log
 * @log: the text, lines with or without time stamps and contexts; a single
 *	 line is a log too
 * @len: its length
 * @crash: filled when there is one; for crash_free()
 *
 * Return: 1 when there is a crash, 0 when there is none.
 */
int crash_find(const char *log, size_t len, struct crash *crash)
{
	const struct crash_mark *mark;
	struct gathered g;
	struct line first;
	size_t i;

	memset(crash, 0, sizeof(*crash));
	mark = find_first(log, len, &first);
	if (!mark)
		return 0;
	gather(log, len, &first, &g);
	describe(mark, &g, crash);

	crash->start = report_start(log, &first);
	crash->end = g.line[g.own - 1].next;
	for (i = crash->start; i < first.offset;) {
		struct line l = line_at(log, len, i);

		if (same_context(&first, &l))
			add_line(crash, &l);
		i = l.next;
	}
	for (i = 0; i < g.own; i++)
		add_line(crash, &g.line[i]);
	free(g.line);
	return 1;
}

/**
 * crash_free() - free what crash_find() filled in
 * @crash: the crash; may be freed twice
 */
void crash_free(struct crash *crash)
{
	free(crash->title);
	free(crash->frame);
	strv_free(&crash->alts);
	strv_free(&crash->lines);
	memset(crash, 0, sizeof(*crash));
}
