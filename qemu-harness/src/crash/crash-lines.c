// SPDX-License-Identifier: GPL-2.0
/*
 * Reads the lines of a log: takes off what loggers, mailers and terminals put in
 * front of the kernel's words, and tells which lines have words of a report.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "crash/crash-lines.h"

/* More of a line is not looked at: no message of a kernel is longer. */
#define LINE_MAX_LEN 4096
/* Lines of a report that are looked at to learn what its log puts in front of lines. */
#define LEARN_LINES 64
/* Longer ones are none. */
#define PREFIX_MAX 100
/* A prefix that no certain words tell stands in front of one of so many lines, too. */
#define ALONE_LINES 4
/* Mailers break lines between these columns. */
#define WRAP_MIN 40
#define WRAP_MAIL 72
/* Bytes that tell loggers' lines from others. */
#define FRONT 3
/* Lines whose meaning is remembered: each one is asked for time and again. */
#define MEANINGS 16

/**
 * span_has() - is a text part of another?
 * @s: where to look
 * @text: what for
 *
 * Return: true if so.
 */
bool span_has(struct span s, const char *text)
{
	return memmem(s.at, s.len, text, strlen(text));
}

/* @s without its first @len bytes. */
static struct span span_skip(struct span s, size_t len)
{
	return (struct span){ .at = s.at + len, .len = s.len - len };
}

static size_t blanks(struct span s)
{
	size_t n = 0;

	while (n < s.len && s.at[n] == ' ')
		n++;
	return n;
}

/* @s without the blanks that it begins with. */
static struct span span_unblank(struct span s)
{
	return span_skip(s, blanks(s));
}

/**
 * replace_all() - replace all that a table says
 * @what: the table
 * @text: the text; freed
 *
 * Return: the new text; the caller frees it.
 */
char *replace_all(const struct crash_neutral *what, char *text)
{
	for (; what->pattern; what++) {
		char *old __cleanup(free_ptr) = text;

		text = pattern_replace(what->pattern, old, what->with);
	}
	return text;
}

/**
 * any_mark() - the pattern that finds a line with any of the marks' words
 *
 * Return: the pattern, for ever.
 */
const char *any_mark(void)
{
	static struct buf pattern;
	const struct crash_mark *m;

	if (pattern.data)
		return pattern.data;
	for (m = crash_marks; m->words; m++)
		buf_addf(&pattern, "%s%s", pattern.len ? "|" : "", m->words);
	return pattern.data;
}

static struct meaning find_meaning(struct span text)
{
	struct span groups[PATTERN_GROUPS];
	const struct crash_form *f;
	const struct crash_mark *m;
	struct meaning means = {
		.goes_on = pattern_find(re_goes_on, text, NULL),
		.open = pattern_find(re_open, text, NULL),
	};

	for (m = crash_marks; m->words && !means.mark; m++) {
		if (!pattern_find(m->words, text, groups))
			continue;
		for (f = m->forms; f->title && !pattern_find(f->header, text, NULL); f++)
			;
		means.form = f->title ? f : NULL;
		if (means.form || (m->any && groups[0].at == text.at))
			means.mark = m;
	}
	return means;
}

/**
 * meaning_of() - what the words of a line say
 * @text: the line
 *
 * Return: the answer, which depends on nothing else.
 */
struct meaning meaning_of(struct span text)
{
	static struct {
		struct buf text;
		struct meaning means;
	} known[MEANINGS];
	static size_t oldest;
	size_t i;

	for (i = 0; i < MEANINGS; i++)
		if (known[i].text.len == text.len &&
		    !memcmp(known[i].text.data ?: "", text.at, text.len))
			return known[i].means;
	i = oldest++ % MEANINGS;
	known[i].text.len = 0;
	buf_add(&known[i].text, text.at, text.len);
	known[i].means = find_meaning(text);
	return known[i].means;
}

/**
 * is_sure() - is a line one that begins a report, and whole?
 * @m: what it says
 *
 * Return: true if so; else it needs another look.
 */
bool is_sure(struct meaning m)
{
	return m.form && !m.form->cut;
}

/* @text for as long as @log is open. */
static struct span own(struct log *log, const char *text)
{
	strv_push(&log->owned, text);
	return (struct span){ .at = log->owned.v[log->owned.n - 1], .len = strlen(text) };
}

/* @text without NULs, which would end a title, and what is for terminals and browsers. */
static struct span plain(struct log *log, struct span text)
{
	bool coded = memchr(text.at, '&', text.len) && pattern_find(re_entity, text, NULL);
	struct buf copy __cleanup(buf_free) = {};
	char *out __cleanup(free_ptr) = NULL;
	size_t i;

	if (!coded && !memchr(text.at, '\033', text.len) && !memchr(text.at, '\0', text.len))
		return text;
	for (i = 0; i < text.len; i++)
		buf_add(&copy, text.at + i, text.at[i] != '\0');
	out = pattern_replace(re_escape, copy.data ?: "", "");
	out = coded ? replace_all(crash_entities, out) : out;
	return own(log, out);
}

/**
 * line_raw() - a line of a log with all that is in front of it but time and context
 * @log: the log
 * @offset: where it starts, inside of @log
 *
 * Return: the line.
 */
struct line line_raw(struct log *log, size_t offset)
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
		l.text = span_skip(l.text, 3);
	l.text = plain(log, l.text);
	while (l.text.len && isspace((unsigned char)l.text.at[l.text.len - 1]))
		l.text.len--;
	l.width = l.text.len;
	if (!pattern_find(re_prefix, l.text, groups))
		return l;
	l.stamped = true;
	l.junk = groups[1];
	l.time = groups[2];
	l.ctx = groups[3];
	l.text = span_skip(l.text, groups[0].len);
	return l;
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
		p = span_skip(p, gap);
		t = span_skip(t, n);
		gap = word(p);
		n = word(t);
		if (!gap != !n || (!gap && (!t.len || *p.at != *t.at)))
			return 0;
		p = span_skip(p, gap ?: 1);
		t = span_skip(t, n ?: 1);
	}
	return blanks(p) == p.len ? (size_t)(t.at - text.at) : 0;
}

/* How much of the end of @text is written in the way of @suffix. */
static size_t suffix_len(struct span suffix, struct span text)
{
	for (; text.len; text = span_skip(text, 1))
		if (*text.at == *suffix.at && prefix_len(suffix, text) == text.len)
			return text.len;
	return 0;
}

/* Takes @prefix off @l. Was it there? */
static bool strip(struct line *l, struct span prefix)
{
	size_t len = prefix_len(prefix, l->text);
	struct span taken = { .at = l->text.at, .len = len }, groups[PATTERN_GROUPS];

	if (!len)
		return false;
	if (!l->ctx.len && pattern_find(re_context, taken, groups))
		l->ctx = groups[1];
	l->text = span_skip(l->text, len);
	return true;
}

/**
 * line_at() - a line of a log
 * @log: the log, which is known to put certain things in front of lines
 * @offset: where it starts, inside of @log
 *
 * Return: the line.
 */
struct line line_at(struct log *log, size_t offset)
{
	struct line l = line_raw(log, offset);

	/* Where a mailer broke a line the rest has its marks, and no time. */
	if (log->junk.len && !l.stamped)
		strip(&l, log->junk);
	if (strip(&l, log->prefix))
		l.stamped |= log->bare;
	if (log->suffix.len)
		l.text.len -= suffix_len(log->suffix, l.text);
	return l;
}

/**
 * line_wrapped() - was a line broken by a mailer or a terminal?
 * @log: a log with time stamps, or a prefix
 * @l: the line
 * @next: the one below it
 *
 * Return: true when @next, which is nothing of its own, had no room in @l.
 */
bool line_wrapped(const struct log *log, const struct line *l, const struct line *next)
{
	size_t room = WRAP_MAIL - (l->width < WRAP_MAIL ? l->width + 1 : WRAP_MAIL);
	const char *raw = log->at + next->offset;
	struct span rest;

	if (next->offset != l->next || !l->stamped || next->stamped || !next->text.len ||
	    l->width < WRAP_MIN || l->width > WRAP_SCREEN)
		return false;
	/* Another logger's line looks much like the kernel's. */
	if (log->bare && (*raw == ' ' ||
			  (next->width >= FRONT && log->prefix.len >= FRONT &&
			   !memcmp(raw, log->prefix.at, FRONT))))
		return false;
	rest = span_unblank(next->text);
	return rest.len > room && !memchr(rest.at, ' ', room + 1);
}

/**
 * line_glue() - make one line of two
 * @log: their log
 * @to: the first one; becomes the whole
 * @rest: the one below it
 * @seam: what comes between them; NULL: what @to was broken at
 */
void line_glue(struct log *log, struct line *to, const struct line *rest, const char *seam)
{
	struct span end = span_unblank(rest->text);
	char *text __cleanup(free_ptr) = NULL;

	if (!seam)
		seam = to->width == WRAP_SCREEN && !blanks(rest->text) ? "" : " ";
	text = xasprintf("%.*s%s%.*s", (int)to->text.len, to->text.at, seam, (int)end.len, end.at);
	to->text = own(log, text);
	to->next = rest->next;
	to->width = rest->width;
}

/**
 * log_forget() - free texts of lines that nobody has
 * @log: their log
 * @n: so many texts are kept, those that came first
 */
void log_forget(struct log *log, size_t n)
{
	while (log->owned.n > n) {
		free(log->owned.v[--log->owned.n]);
		log->owned.v[log->owned.n] = NULL;
	}
}

static bool same_prefix(struct span a, struct span b)
{
	return a.len ? prefix_len(a, b) == b.len : !b.len;
}

/* Which of @prefixes most others are like; none: an empty one. */
static struct span most_frequent(const struct span *prefixes, size_t n)
{
	struct span best = {};
	size_t i, j, votes, most = 0;

	for (i = 0; i < n; i++) {
		for (j = 0, votes = 0; j < n; j++)
			votes += same_prefix(prefixes[i], prefixes[j]);
		if (votes > most) {
			most = votes;
			best = prefixes[i];
		}
	}
	return best;
}

/* Is @front in front of a line just below @l, too? */
static bool is_repeated(struct log *log, const struct line *l, struct span front)
{
	struct line next = *l;
	int i;

	for (i = 0; i < ALONE_LINES && next.next < log->len; i++) {
		next = line_raw(log, next.next);
		if (next.text.len && prefix_len(front, next.text))
			return true;
	}
	return false;
}

/*
 * No other line tells, or there is none: a time or the kernel's name does, or that
 * others have the same as one that begins a report.
 */
static void learn_alone(struct log *log, const struct line *l, struct span level)
{
	struct span groups[PATTERN_GROUPS], front = l->text, words = span_skip(front, level.len);
	bool bare = log->bare, logger, again;

	/* It need not be in front of the other lines. */
	log->bare = false;
	if (!pattern_find(any_mark(), words, groups))
		return;
	front.len = (size_t)(groups[0].at - front.at);
	logger = pattern_find(re_logger, front, NULL);
	again = is_sure(meaning_of(span_skip(l->text, front.len))) && is_repeated(log, l, front);
	if ((bare && logger) || again)
		log->prefix = front;
	log->bare = bare && logger && again;
}

/* A logger's own "INFO:" in front of words; of no length where there is none. */
static struct span level_of(struct span text)
{
	struct span groups[PATTERN_GROUPS], level = { .at = text.at };

	if (!pattern_find(any_mark(), text, groups))
		return level;
	text = span_skip(text, (size_t)(groups[0].at - text.at) + groups[0].len);
	if (pattern_find(any_mark(), text, NULL))
		level.len = (size_t)(text.at - level.at);
	return level;
}

/**
 * log_learn() - learn what a log puts in front of lines
 * @log: the log
 * @first: where a report may begin, by line_raw(): some lines of it are known to
 *	   begin with certain words, and what stands in front of these is not the
 *	   kernel's
 */
void log_learn(struct log *log, const struct line *first)
{
	struct span groups[PATTERN_GROUPS], prefixes[LEARN_LINES], level;
	size_t offset = first->offset, n, found = 0;

	if (offset < log->learned)
		return;
	log->bare = !first->stamped;
	log->junk = first->junk;
	log->suffix.len = 0;
	level = level_of(first->text);
	for (n = 0; offset < log->len && n < LEARN_LINES; n++) {
		struct line l = line_raw(log, offset);
		struct span words = l.text;

		if (level.len)
			words = span_skip(words, prefix_len(level, words));
		/* The next report has its own; "DEBUG:" is no mark. */
		if (n && pattern_find(any_mark(), words, groups) &&
		    (groups[0].at == words.at || !isalnum((unsigned char)groups[0].at[-1])))
			break;
		offset = l.next;
		log->learned = offset;
		if (!log->suffix.len && pattern_find(re_ends, l.text, groups))
			log->suffix = groups[1];
		if (l.stamped == first->stamped && pattern_find(re_begins, l.text, groups) &&
		    groups[0].at - l.text.at <= PREFIX_MAX)
			prefixes[found++] = (struct span){
				.at = l.text.at, .len = (size_t)(groups[0].at - l.text.at),
			};
	}
	log->prefix = most_frequent(prefixes, found);
	if (!found)
		learn_alone(log, first, level);
}
