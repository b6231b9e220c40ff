// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the first crash report in a console log, puts its lines together and
 * gives it its title. What reports look like is in crash-table.c.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"
#include "base/util.h"
#include "crash/crash-frames.h"
#include "crash/crash-table.h"
#include "crash/crash.h"

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
/* Lines of a report that are looked at to learn what its log puts in front of lines. */
#define LEARN_LINES 64
/* So many prefixes are told apart; longer ones are none. */
#define PREFIXES 4
#define PREFIX_MAX 100
/* Lines by which those of one report may be out of order. */
#define SWAP_REACH 3
/* A report has ended when so many lines are none of its own, */
#define OTHERS_MAX 1024
/* or so many of them where other reports begin. */
#define OTHERS_REPORT 64
/* A panic that a report ends in follows within so many lines. */
#define AFTER_MAX 32

#define CUT_HERE "[ cut here ]"

/**
 * struct log - a log that is being read
 * @at: the text
 * @len: its length
 * @prefix: an example of what stands in front of the kernel's words, besides its
 *	    own time stamp and context: a logger's time, a mail's quote marks
 * @junk: one that only stands in front of time stamps, and of lines that lost theirs
 * @learned: where the part ends in which they were looked for
 * @bare: its lines have no time stamps, so that a prefix is as good as one
 * @owned: the texts of lines that can't be read from the log as it is
 */
struct log {
	const char *at;
	size_t len;
	struct span prefix;
	struct span junk;
	size_t learned;
	bool bare;
	struct strv owned;
};

/**
 * struct line - one line of a log
 * @text: what it says, behind time stamp and context
 * @stamped: it has a time stamp
 * @time: the kernel's seconds, if it has them
 * @junk: what stands in front of them
 * @ctx: its "T123" or "C1"; NULL when the log has none
 * @offset: where the whole line starts in the log
 * @next: where the next line starts
 */
struct line {
	struct span text;
	bool stamped;
	struct span time;
	struct span junk;
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

static struct span skip(struct span s, size_t len)
{
	return (struct span){ .at = s.at + len, .len = s.len - len };
}

/* @text for as long as @log is open. */
static struct span own(struct log *log, const char *text)
{
	strv_push(&log->owned, text);
	return (struct span){ .at = log->owned.v[log->owned.n - 1], .len = strlen(text) };
}

/* @text without what moves a terminal's cursor and sets its colours. */
static struct span plain(struct log *log, struct span text)
{
	struct buf copy = {};
	char *out;

	if (!memchr(text.at, '\033', text.len))
		return text;
	add_text(&copy, text);
	out = pattern_replace(crash_re.escape, copy.data, "");
	text = own(log, out);
	free(out);
	buf_free(&copy);
	return text;
}

/* The line of @log at @offset, which is inside of it; prefixes are left in it. */
static struct line read_line(struct log *log, size_t offset)
{
	struct line l = { .offset = offset, .text.at = log->at + offset };
	const char *nl = memchr(l.text.at, '\n', log->len - offset);
	struct span groups[PATTERN_GROUPS];

	l.text.len = nl ? (size_t)(nl - l.text.at) : log->len - offset;
	l.next = offset + l.text.len + (nl ? 1 : 0);
	if (l.text.len > LINE_MAX_LEN)
		l.text.len = LINE_MAX_LEN;
	/* A byte order mark. */
	if (!offset && l.text.len >= 3 && !memcmp(l.text.at, "\xef\xbb\xbf", 3))
		l.text = skip(l.text, 3);
	l.text = plain(log, l.text);
	while (l.text.len && isspace((unsigned char)l.text.at[l.text.len - 1]))
		l.text.len--;
	if (!pattern_find(crash_re.prefix, l.text, groups))
		return l;
	l.stamped = true;
	l.junk = groups[1];
	l.time = groups[2];
	l.ctx = groups[3];
	l.text = skip(l.text, groups[0].len);
	return l;
}

static size_t blanks(struct span s)
{
	size_t n = 0;

	while (n < s.len && s.at[n] == ' ')
		n++;
	return n;
}

/* How many letters, digits and "_" @s begins with. */
static size_t word(struct span s)
{
	size_t n = 0;

	while (n < s.len && (isalnum((unsigned char)s.at[n]) || s.at[n] == '_'))
		n++;
	return n;
}

/*
 * How much of @text is written in the way of @prefix: words may be others, and
 * padded to another width; all else is the same. 0: nothing.
 */
static size_t prefix_len(struct span prefix, struct span text)
{
	struct span p = prefix, t = text;

	while (p.len && t.len) {
		size_t gap = blanks(p), n = blanks(t);

		if (gap == p.len)
			/* The message may begin with blanks of its own. */
			return n < gap ? 0 : (size_t)(t.at - text.at) + gap;
		p = skip(p, gap);
		t = skip(t, n);
		gap = word(p);
		n = word(t);
		if (!gap != !n || (!gap && (!t.len || *p.at != *t.at)))
			return 0;
		p = skip(p, gap ?: 1);
		t = skip(t, n ?: 1);
	}
	return blanks(p) == p.len ? (size_t)(t.at - text.at) : 0;
}

/* Takes @prefix off @l. Was it there? */
static bool strip(struct line *l, struct span prefix)
{
	size_t len = prefix_len(prefix, l->text);
	struct span taken = { .at = l->text.at, .len = len }, groups[PATTERN_GROUPS];

	if (!len)
		return false;
	if (!l->ctx.len && pattern_find(crash_re.context, taken, groups))
		l->ctx = groups[1];
	l->text = skip(l->text, len);
	return true;
}

/* The line of @log at @offset, which is inside of it. */
static struct line line_at(struct log *log, size_t offset)
{
	struct line l = read_line(log, offset);

	/* Where a mailer broke a line the rest has its marks, and no time. */
	if (log->junk.len && !l.stamped)
		strip(&l, log->junk);
	if (strip(&l, log->prefix))
		l.stamped |= log->bare;
	return l;
}

/**
 * struct votes - what stands in front of the lines of a report
 * @prefix: an example of each
 * @votes: lines with the same
 * @n: how many
 */
struct votes {
	struct span prefix[PREFIXES];
	unsigned int votes[PREFIXES];
	size_t n;
};

static void vote(struct votes *v, struct span prefix)
{
	size_t i;

	for (i = 0; i < v->n; i++) {
		size_t len = v->prefix[i].len;

		if (len ? prefix_len(v->prefix[i], prefix) == prefix.len : !prefix.len)
			break;
	}
	if (i == PREFIXES || prefix.len > PREFIX_MAX)
		return;
	if (i == v->n)
		v->prefix[v->n++] = prefix;
	v->votes[i]++;
}

/* A line alone: nothing but a time or the kernel's name tells. */
static void learn_alone(struct log *log, const struct line *l)
{
	struct span groups[PATTERN_GROUPS], front = { .at = l->text.at };

	/* It need not be in front of the other lines. */
	log->bare = false;
	if (!pattern_find(any_mark(), l->text, groups))
		return;
	front.len = (size_t)(groups[0].at - front.at);
	if (pattern_find(crash_re.logger, front, NULL))
		log->prefix = front;
}

/*
 * Learns from the lines of the report that may begin in @first what @log puts in
 * front of lines: some are known to begin with certain words, and what stands in
 * front of these is not the kernel's.
 */
static void learn(struct log *log, const struct line *first)
{
	struct span groups[PATTERN_GROUPS];
	size_t offset = first->offset, n, i, best = 0;
	struct votes v = {};

	if (offset < log->learned)
		return;
	log->bare = !first->stamped;
	log->junk = first->junk;
	for (n = 0; offset < log->len && n < LEARN_LINES; n++) {
		struct line l = read_line(log, offset);

		/* The next report has its own; "DEBUG:" is no mark. */
		if (n && pattern_find(any_mark(), l.text, groups) &&
		    (groups[0].at == l.text.at || !isalnum((unsigned char)groups[0].at[-1])))
			break;
		offset = l.next;
		log->learned = offset;
		if (l.stamped != first->stamped || !pattern_find(crash_re.begins, l.text, groups))
			continue;
		vote(&v, (struct span){ .at = l.text.at,
					.len = (size_t)(groups[0].at - l.text.at) });
	}
	for (i = 1; i < v.n; i++)
		if (v.votes[i] > v.votes[best])
			best = i;
	log->prefix = v.prefix[best];
	if (!v.n && log->bare)
		learn_alone(log, first);
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

/* The pattern that finds the first line of any of the forms of @m: most lines are of none. */
static const char *any_form(const struct crash_mark *m)
{
	static char **all;
	const struct crash_form *f;
	struct buf b = {};
	size_t n = 0;

	if (!m->forms[1].title)
		return m->forms[0].header;
	while (!all && crash_marks[n].text)
		n++;
	if (!all)
		all = xcalloc(n, sizeof(*all));
	if (all[m - crash_marks])
		return all[m - crash_marks];
	for (f = m->forms; f->title; f++)
		buf_addf(&b, "%s(?:%s)", b.len ? "|" : "", f->header);
	all[m - crash_marks] = b.data;
	return b.data;
}

/* The first form of @m that @header fits, or NULL. */
static const struct crash_form *form_of(const struct crash_mark *m, struct span header)
{
	const struct crash_form *f;

	if (!pattern_find(any_form(m), header, NULL))
		return NULL;
	for (f = m->forms; f->title; f++)
		if (pattern_find(f->header, header, NULL))
			return f;
	return NULL;
}

/* A form that is sure of a line with the words of @m; NULL: it needs another look. */
static bool is_sure(const struct crash_mark *m, struct span text)
{
	const struct crash_form *f = form_of(m, text);

	return f && !f->cut;
}

/* Has @text the words of @m, for no other reason that is known? */
static bool has_words(const struct crash_mark *m, struct span text)
{
	return has(text, m->text) && !(m->not && pattern_find(m->not, text, NULL));
}

static bool has_any_words(struct span text)
{
	const struct crash_mark *m;

	for (m = crash_marks; m->text && !has_words(m, text); m++)
		;
	return m->text;
}

/* Is @l the first line of a report with the words of @m? */
static bool marks(const struct crash_mark *m, const struct log *log, const struct line *l)
{
	if (!has_words(m, l->text) || (m->again && !rebooted(log->at, l->offset)))
		return false;
	return form_of(m, l->text) ||
	       (m->any && !strncmp(l->text.at, m->text, strlen(m->text)));
}

static const struct crash_mark *mark_of(const struct log *log, const struct line *l)
{
	const struct crash_mark *m;

	for (m = crash_marks; m->text && !marks(m, log, l); m++)
		;
	return m->text ? m : NULL;
}

/*
 * Makes one line of @l and the next one, if a report begins in both together: a
 * mailer breaks lines between words, a terminal anywhere, and the name of a task
 * may have a line feed in it. What is @known of @l tells that it's none of these.
 */
static const struct crash_mark *join(struct log *log, struct line *l, bool known)
{
	static const char *const seams[] = { " ", "" };
	const struct crash_mark *m = NULL;
	struct line next, whole = *l;
	size_t i;

	if (l->next >= log->len)
		return NULL;
	next = line_at(log, l->next);
	if (!next.text.len || (known && next.time.len) || pattern_find(any_mark(), next.text, NULL))
		return NULL;
	next.text = skip(next.text, blanks(next.text));
	whole.next = next.next;
	for (i = 0; !m && i < ARRAY_SIZE(seams); i++) {
		struct buf text = {};

		add_text(&text, l->text);
		buf_add(&text, seams[i], strlen(seams[i]));
		add_text(&text, next.text);
		whole.text = (struct span){ .at = text.data, .len = text.len };
		m = mark_of(log, &whole);
		if (m && is_sure(m, whole.text)) {
			whole.text = own(log, text.data);
			*l = whole;
		} else {
			m = NULL;
		}
		buf_free(&text);
	}
	return m;
}

/*
 * The mark that makes @l, which has the words of one, begin a report; or NULL. @l
 * is made whole where it was broken.
 */
static const struct crash_mark *begins(struct log *log, struct line *l)
{
	const struct crash_mark *m = mark_of(log, l), *joined = NULL;
	struct line next;

	if (!m || !is_sure(m, l->text))
		joined = join(log, l, m);
	m = joined ?: m;
	if (m && l->next < log->len) {
		/* What printk repeats is whole only the second time. */
		next = line_at(log, l->next);
		if (pattern_find(crash_re.replay, next.text, NULL))
			return NULL;
	}
	return m;
}

/* What a report ends in came out above its beginning: that one counts. */
static const struct crash_mark *swapped(struct log *log, struct line *first)
{
	double time = first->time.len ? strtod(first->time.at, NULL) : 0;
	struct line l = *first;
	int i;

	if (!pattern_find(crash_re.goes_on, first->text, NULL))
		return NULL;
	for (i = 0; i < SWAP_REACH && l.next < log->len; i++) {
		const struct crash_mark *m;

		l = line_at(log, l.next);
		if (!l.time.len || strtod(l.time.at, NULL) >= time ||
		    !pattern_find(any_mark(), l.text, NULL))
			continue;
		m = begins(log, &l);
		if (m) {
			*first = l;
			return m;
		}
	}
	return NULL;
}

/* The first line that begins a report; NULL: there is none. */
static const struct crash_mark *find_first(struct log *log, struct line *first)
{
	const struct crash_mark *m = NULL;
	size_t offset = 0;

	while (!m && offset < log->len) {
		struct span rest = { .at = log->at + offset, .len = log->len - offset };
		struct span groups[PATTERN_GROUPS];
		const char *nl;

		if (!pattern_find(any_mark(), rest, groups))
			break;
		nl = memrchr(rest.at, '\n', (size_t)(groups[0].at - rest.at));
		offset = nl ? (size_t)(nl + 1 - log->at) : offset;
		*first = read_line(log, offset);
		offset = first->next;
		if (!pattern_find(any_mark(), first->text, groups) || !has_any_words(first->text))
			continue;
		if (groups[0].at != first->text.at || first->junk.len)
			learn(log, first);
		*first = line_at(log, first->offset);
		m = begins(log, first);
	}
	if (!m)
		return NULL;
	/* Whatever stands in front of it: it is of the report. */
	first->stamped |= log->bare && log->prefix.len;
	return swapped(log, first) ?: m;
}

/* Does @l, behind @prev, have what got no room in it? */
static bool continues(const struct line *prev, const struct line *l)
{
	return l->offset == prev->next && l->text.len &&
	       pattern_find(crash_re.broken, prev->text, NULL);
}

static void glue(struct log *log, struct line *to, const struct line *rest)
{
	struct buf text = {};

	add_text(&text, to->text);
	buf_add(&text, " ", 1);
	add_text(&text, skip(rest->text, blanks(rest->text)));
	to->text = own(log, text.data);
	to->next = rest->next;
	buf_free(&text);
}

static void gather_add(struct gathered *g, const struct line *l)
{
	if (!(g->n & (g->n - 1)))
		g->line = xrealloc(g->line, 2 * (g->n ?: 1) * sizeof(*l));
	g->line[g->n++] = *l;
}

static bool is_panic(const struct line *l)
{
	return has(l->text, "Kernel panic - not syncing");
}

/*
 * Would @l be left out of a report of @n lines as the end of all? The panic that a
 * report ends in repeats its stack, and the oops code's own locks are no news.
 */
static bool is_repeated(const struct line *first, size_t n, const struct line *l)
{
	size_t least = has(first->text, "BUG: KMSAN:") ? PANIC_LINES_KMSAN : PANIC_LINES;

	return n >= least && (is_panic(l) ||
			      has(l->text, "possible circular locking dependency detected"));
}

/* Does another report than that of @first begin in @l? */
static bool is_new(struct log *log, const struct line *l)
{
	struct line copy = *l;

	return pattern_find(any_mark(), l->text, NULL) &&
	       !pattern_find(crash_re.goes_on, l->text, NULL) && begins(log, &copy);
}

/*
 * The lines that go with @first, see struct gathered. It takes as long as the
 * report is: what is behind it is for those who look for the next one.
 */
static void gather(struct log *log, const struct line *first, struct gathered *g)
{
	bool all_cpus = false, other = false, ended = false, traced = false, closed = false;
	size_t offset = first->next, seen, others = 0, followers = 0;

	memset(g, 0, sizeof(*g));
	gather_add(g, first);
	g->titled = 1;
	g->own = 1;
	for (seen = 1; offset < log->len && seen < GATHER_MAX && others < OTHERS_MAX; seen++) {
		struct line l = line_at(log, offset);
		bool mine = same_context(first, &l), new;

		offset = l.next;
		if (continues(&g->line[g->n - 1], &l)) {
			glue(log, &g->line[g->n - 1], &l);
			continue;
		}
		new = (!closed || first->ctx.len) && is_new(log, &l);
		others = mine && !closed ? 0 : others + (new ? OTHERS_REPORT : 1);
		other |= new || pattern_find(crash_re.chatter, l.text, NULL);
		if (new && mine) {
			/* What lacks its stack may share that of the report behind it. */
			if (traced || closed || followers++)
				break;
			ended = true;
		}
		mine |= all_cpus && l.ctx.len && l.ctx.at[0] == 'C';
		if (!mine || is_guess(&l) ||
		    has(l.text, "Disabling lock debugging due to kernel taint"))
			continue;
		if (is_repeated(first, g->n, &l))
			break;
		/* Only the panic that it ends in goes on with a report. */
		closed &= !is_panic(&l);
		if (closed)
			continue;
		all_cpus |= has(l.text, "Sending NMI from CPU");
		traced |= pattern_find(crash_re.trace_start, l.text, NULL);
		gather_add(g, &l);
		if (!other || first->ctx.len)
			g->titled = g->n;
		if (!ended)
			g->own = g->n;
		if (pattern_find(crash_re.end, l.text, NULL)) {
			ended = true;
			closed = true;
			others = OTHERS_MAX - AFTER_MAX;
		}
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
	for (f = m->forms; known && f->title && !fits(f, lines, g->titled, args); f++)
		;
	if (known && f->title) {
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

/* The report that begins with @first. */
static void read_report(struct log *log, const struct crash_mark *mark, const struct line *first,
			struct crash *crash)
{
	struct gathered g;
	size_t i;

	gather(log, first, &g);
	describe(mark, &g, crash);
	crash->start = report_start(log->at, first);
	crash->end = g.line[g.own - 1].next;
	for (i = crash->start; i < first->offset;) {
		struct line l = line_at(log, i);

		if (same_context(first, &l))
			add_line(crash, &l);
		i = l.next;
	}
	for (i = 0; i < g.own; i++)
		add_line(crash, &g.line[i]);
	free(g.line);
}

static void log_close(struct log *log)
{
	strv_free(&log->owned);
}

/**
 * crash_find() - the first crash of a console log
 * @text: lines, with or without time stamps, contexts and what else loggers and
 *	  mailers put in front of them; a single line is a log too
 * @len: its length
 * @crash: filled when there is one; for crash_free()
 *
 * Return: 1 when there is a crash, 0 when there is none.
 */
int crash_find(const char *text, size_t len, struct crash *crash)
{
	struct log log = { .at = text, .len = len };
	const struct crash_mark *mark;
	struct line first;

	memset(crash, 0, sizeof(*crash));
	mark = find_first(&log, &first);
	if (mark)
		read_report(&log, mark, &first, crash);
	log_close(&log);
	return !!mark;
}

/**
 * crash_find_rest() - what is left of a crash whose first line is lost or unknown
 * @text: a log in which crash_find() finds nothing
 * @len: its length
 * @crash: filled when there is one, which is corrupted; for crash_free()
 *
 * Return: 1 when there is something, 0 when there isn't.
 */
int crash_find_rest(const char *text, size_t len, struct crash *crash)
{
	struct log log = { .at = text, .len = len };
	struct span all = { .at = text, .len = len }, groups[PATTERN_GROUPS];
	struct line first;
	const char *nl;

	memset(crash, 0, sizeof(*crash));
	if (!pattern_find(crash_rest.forms[0].header, all, groups))
		return 0;
	nl = memrchr(text, '\n', (size_t)(groups[0].at - text));
	first = read_line(&log, nl ? (size_t)(nl + 1 - text) : 0);
	learn(&log, &first);
	first = line_at(&log, first.offset);
	first.stamped |= log.bare && log.prefix.len;
	read_report(&log, &crash_rest, &first, crash);
	log_close(&log);
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
