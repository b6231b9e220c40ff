// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the first crash report in a console log, and puts its lines
 * together. What reports look like is in crash-table.c.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "crash/crash-lines.h"
#include "crash/crash-name.h"
#include "crash/crash.h"

/* Lines behind the first one that may belong to a report. */
#define GATHER_MAX 20000
/* How many lines above its header a report's "cut here" line may be. */
#define CUT_HERE_REACH 4
/* How far back a kernel that was running before must have left a message, in bytes. */
#define REBOOT_REACH 4096
/* A report with fewer lines may have its stack behind the panic that follows it. */
#define PANIC_LINES 22
/* Lines into which the rest of a first line may be broken. */
#define JOIN_MAX 2
/* Lines by which those of one report may be out of order. */
#define SWAP_REACH 3
/* A line isn't made longer than this. */
#define GLUED_MAX 1024
/* A report has ended when so many lines are none of its own, */
#define OTHERS_MAX 1024
/* or so many of them where other reports begin. */
#define OTHERS_REPORT 64
/* A message's stack ends within so many bytes. */
#define ANNOUNCED 8192
/* A panic that a report ends in follows within so many lines. */
#define AFTER_MAX 32

/**
 * struct gathered - the lines that go with a report's first one
 * @line: of the same context, from the first one on
 * @n: how many
 * @titled: so many of them may be looked at for the title: behind them begins
 *	    another report
 * @own: so many of them are the report
 * @wide: nobody broke them
 */
struct gathered {
	struct line *line;
	size_t n;
	size_t titled;
	size_t own;
	bool wide;
};

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

static struct meaning what_of(const struct log *log, const struct line *l)
{
	struct meaning means = meaning_of(l->text);

	if (means.mark && means.mark->again && !rebooted(log->at, l->offset))
		memset(&means, 0, sizeof(means));
	return means;
}

/*
 * Makes one line of @l and up to @more below it, if a report begins in all of them
 * together: a mailer breaks lines between words, a terminal anywhere, and the name
 * of a task may have a line feed in it. What is @known of @l tells that it's none of
 * these.
 */
static bool join(struct log *log, struct line *l, struct meaning *known, int more)
{
	static const char *const seams[] = { " ", "" };
	size_t owned, i;
	struct line next;

	if (l->next >= log->len)
		return false;
	next = line_at(log, l->next);
	if (!next.text.len || ((known->mark || more < JOIN_MAX) && next.time.len) ||
	    pattern_find(any_mark(), next.text, NULL))
		return false;
	owned = log->owned.n;
	for (i = 0; i < ARRAY_SIZE(seams); i++) {
		struct line whole = *l;
		struct meaning means;

		line_glue(log, &whole, &next, seams[i]);
		means = what_of(log, &whole);
		if (is_sure(means) || (more > 1 && join(log, &whole, &means, more - 1))) {
			*l = whole;
			*known = means;
			return true;
		}
		log_forget(log, owned);
	}
	return false;
}

/* Is the end of @text a part of the title? */
static bool ends_in(const struct crash_form *f, struct span text)
{
	struct span groups[PATTERN_GROUPS];
	int i = PATTERN_GROUPS;

	if (!pattern_find(f->header, text, groups))
		return false;
	while (--i && !(groups[i].at && groups[i].at + groups[i].len == text.at + text.len))
		;
	return i;
}

/*
 * What makes @l, which has the words of a mark, begin a report; without mark:
 * nothing. @l is made whole where it was broken.
 */
static struct meaning begins(struct log *log, struct line *l)
{
	struct meaning means = what_of(log, l);
	struct line next;

	if (l->next >= log->len)
		return means;
	next = line_at(log, l->next);
	if ((!is_sure(means) || means.open ||
	     (line_wrapped(log, l, &next) && ends_in(means.form, l->text))) &&
	    join(log, l, &means, JOIN_MAX) && l->next < log->len)
		next = line_at(log, l->next);
	/* What printk repeats is whole only the second time. */
	if (means.mark && pattern_find(re_replay, next.text, NULL))
		means.mark = NULL;
	return means;
}

/* What a report ends in came out above its beginning: that one counts. */
static void swap(struct log *log, struct line *first, struct meaning *means)
{
	double time = first->time.len ? strtod(first->time.at, NULL) : 0;
	struct line l = *first;
	int i;

	if (!means->goes_on)
		return;
	for (i = 0; i < SWAP_REACH && l.next < log->len; i++) {
		struct meaning other;

		l = line_at(log, l.next);
		if (!l.time.len || strtod(l.time.at, NULL) >= time ||
		    !pattern_find(any_mark(), l.text, NULL))
			continue;
		other = begins(log, &l);
		if (other.mark) {
			*first = l;
			*means = other;
			return;
		}
	}
}

/* The first line that begins a report, and what it says; without mark: there is none. */
static struct meaning find_first(struct log *log, struct line *first)
{
	struct meaning means = {};
	size_t offset = 0;

	while (!means.mark && offset < log->len) {
		struct span rest = { .at = log->at + offset, .len = log->len - offset };
		size_t owned = log->owned.n, learned = log->learned;
		struct span groups[PATTERN_GROUPS];
		const char *nl;

		if (!pattern_find(any_mark(), rest, groups))
			break;
		nl = memrchr(rest.at, '\n', (size_t)(groups[0].at - rest.at));
		offset = nl ? (size_t)(nl + 1 - log->at) : offset;
		*first = line_raw(log, offset);
		offset = first->next;
		if (!pattern_find(any_mark(), first->text, groups))
			continue;
		if (groups[0].at != first->text.at || first->junk.len)
			log_learn(log, first);
		*first = line_at(log, first->offset);
		means = begins(log, first);
		/* What was learned is a part of these texts. */
		if (!means.mark && log->learned == learned)
			log_forget(log, owned);
	}
	if (means.mark)
		swap(log, first, &means);
	return means;
}

static void gather_add(struct gathered *g, const struct line *l)
{
	if (!(g->n & (g->n - 1)))
		g->line = xrealloc(g->line, 2 * (g->n ?: 1) * sizeof(*l));
	g->line[g->n++] = *l;
	g->wide |= l->width > WRAP_SCREEN;
}

/* Has @l what got no room in the last line? */
static bool goes_on(const struct log *log, const struct gathered *g, const struct line *l)
{
	const struct line *last = &g->line[g->n - 1];

	return l->offset == last->next && l->text.len && last->text.len < GLUED_MAX &&
	       (pattern_find(re_broken, last->text, NULL) ||
		(g->n > 1 && !g->wide && line_wrapped(log, last, l)));
}

static bool is_panic(const struct line *l)
{
	return span_has(l->text, "Kernel panic - not syncing");
}

/* Does another report than that of @first begin in @l? */
static bool is_new(struct log *log, const struct line *l)
{
	struct line copy = *l;

	return pattern_find(any_mark(), l->text, NULL) &&
	       !meaning_of(l->text).goes_on && begins(log, &copy).mark;
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
		if (goes_on(log, g, &l)) {
			line_glue(log, &g->line[g->n - 1], &l, NULL);
			continue;
		}
		new = (!closed || first->ctx.len) && is_new(log, &l);
		others = mine && !closed ? 0 : others + (new ? OTHERS_REPORT : 1);
		other |= new || pattern_find(re_chatter, l.text, NULL);
		if (new && mine) {
			/* What lacks its stack may share that of the report behind it. */
			if (traced || closed || followers++)
				break;
			ended = true;
		}
		mine |= all_cpus && l.ctx.len && l.ctx.at[0] == 'C';
		if (!mine || (l.stamped && pattern_find(re_guess, l.text, NULL)) ||
		    span_has(l.text, "Disabling lock debugging due to kernel taint"))
			continue;
		/* It repeats the report's stack. */
		if (g->n >= PANIC_LINES && is_panic(&l))
			break;
		/* Only the panic that it ends in goes on with a report. */
		closed &= !is_panic(&l);
		if (closed)
			continue;
		all_cpus |= span_has(l.text, "Sending NMI from CPU");
		traced |= pattern_find(re_trace_start, l.text, NULL);
		gather_add(g, &l);
		if (!other || first->ctx.len)
			g->titled = g->n;
		if (!ended)
			g->own = g->n;
		if (pattern_find(re_end, l.text, NULL)) {
			ended = true;
			closed = true;
			others = OTHERS_MAX - AFTER_MAX;
		}
	}
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
		if (span_has(above, "[ cut here ]"))
			return start;
	}
	return first->offset;
}

static void add_line(struct crash *crash, const struct line *l)
{
	strv_pushf(&crash->lines, "%.*s", (int)l->text.len, l->text.at);
}

/* The report that begins with @first, which says what it @means. */
static void read_report(struct log *log, struct meaning means, struct line *first,
			struct crash *crash)
{
	struct gathered g;
	struct span *text __cleanup(free_ptr) = NULL;
	size_t i;

	/* Whatever stands in front of the first line: it is of the report. */
	first->stamped |= log->bare && log->prefix.len;
	gather(log, first, &g);
	text = xcalloc(g.n, sizeof(*text));
	for (i = 0; i < g.n; i++)
		text[i] = g.line[i].text;
	crash_name(means, text, g.n, g.titled, crash);
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
	struct meaning means;
	struct line first;

	memset(crash, 0, sizeof(*crash));
	means = find_first(&log, &first);
	if (means.mark)
		read_report(&log, means, &first, crash);
	strv_free(&log.owned);
	return !!means.mark;
}

/*
 * The first words that tell of a report. A message that shows a stack and is no
 * report accounts for all that looks like one stack, up to ANNOUNCED bytes away.
 */
static const char *find_remains(struct span text)
{
	const char *announced = text.at;
	struct span groups[PATTERN_GROUPS];
	bool header = false;

	while (pattern_find(re_remains, text, groups)) {
		const char *at = groups[0].at;

		if (groups[1].at ||
		    (!groups[2].at && (at >= announced || (header && groups[3].at))))
			return at;
		header = !groups[2].at && (header || groups[3].at);
		announced = at + ANNOUNCED;
		text.len -= (size_t)(at + groups[0].len - text.at);
		text.at = at + groups[0].len;
	}
	return NULL;
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
	const char *at = find_remains((struct span){ .at = text, .len = len }), *nl;
	struct meaning means = { .mark = &crash_rest, .form = crash_rest.forms };
	struct log log = { .at = text, .len = len };
	struct line first;

	memset(crash, 0, sizeof(*crash));
	if (!at)
		return 0;
	nl = memrchr(text, '\n', (size_t)(at - text));
	first = line_raw(&log, nl ? (size_t)(nl + 1 - text) : 0);
	log_learn(&log, &first);
	first = line_at(&log, first.offset);
	read_report(&log, means, &first, crash);
	strv_free(&log.owned);
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
