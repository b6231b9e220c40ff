// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the parts of a report that have nothing to do with boots: verdict, facts,
 * tables, the cells of a grid, links to consoles.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/json-text.h"
#include "base/util.h"
#include "report/report-parts.h"

/* A sign as well as a colour: not everybody tells colours apart. */
static const struct {
	const char *class;
	const char *sign;
} tones[] = {
	[TONE_GOOD] = { "good", "\u2713" },
	[TONE_BAD] = { "bad", "\u2717" },
	[TONE_FAILED] = { "failed", "!" },
	[TONE_DOUBT] = { "doubt", "?" },
	[TONE_NONE] = { "none", "\u2013" },
};

/**
 * report_verdict() - what it all comes to
 * @s: the section
 * @tone: how that is to be taken
 * @word: in one word
 * @sentence: in one sentence
 */
void report_verdict(const struct report_section *s, enum tone tone, const char *word,
		    const char *sentence)
{
	char *class __cleanup(free_ptr) = xasprintf("verdict %s", tones[tone].class);
	xmlNode *box = html_add(s->at, "p", class, NULL);
	xmlNode *strong = html_add(box, "strong", NULL, NULL);
	html_add(strong, "span", "sign", tones[tone].sign);
	html_textf(strong, " %s", word);
	html_text(box, " ");
	html_add(box, "span", "why", sentence);
}

/**
 * report_part() - a part of a section
 * @s: the section
 * @title: its title
 * @note: what is to be known to read it, or NULL
 *
 * Return: the element to put it into
 */
xmlNode *report_part(const struct report_section *s, const char *title, const char *note)
{
	xmlNode *part = html_add(s->at, "div", "part", NULL);

	html_add(part, "h3", NULL, title);
	if (note)
		html_add(part, "p", "note", note);
	return part;
}

/**
 * report_facts() - a list of what was run
 * @s: the section
 * @name: what the facts are of, or NULL
 *
 * Return: the list, for report_fact()
 */
xmlNode *report_facts(const struct report_section *s, const char *name)
{
	if (name)
		html_add(s->at, "h3", "of", name);
	return html_add(s->at, "dl", "facts", NULL);
}

/**
 * report_fact() - one fact
 * @facts: the list
 * @name: what it is
 * @value: the fact; an empty one is left out
 * @code: it is something that is typed, or a hash
 */
void report_fact(xmlNode *facts, const char *name, const char *value, bool code)
{
	xmlNode *pair;

	if (!*value)
		return;
	pair = html_add(facts, "div", NULL, NULL);
	html_add(pair, "dt", NULL, name);
	html_add(html_add(pair, "dd", NULL, NULL), code ? "code" : "span", NULL, value);
}

/* The first digits of a hash: they will do to tell it from others. */
static void hash_fact(xmlNode *facts, const char *name, const char *hash)
{
	report_fact_free(facts, name, xasprintf("%.16s", hash), true);
}

/**
 * report_fact_free() - one fact
 * @facts: the list
 * @name: what it is
 * @value: as for report_fact(); freed
 * @code: as there
 */
void report_fact_free(xmlNode *facts, const char *name, char *value, bool code)
{
	report_fact(facts, name, value, code);
	free(value);
}

/**
 * report_joined() - a list as text
 * @list: array of strings; a string stands for itself
 *
 * Return: "a, b"; the caller frees it
 */
char *report_joined(const json_t *list)
{
	struct buf out = {};
	const json_t *one;
	size_t i;

	buf_addf(&out, "%s", json_string_value(list) ?: "");
	json_array_foreach(list, i, one)
		buf_addf(&out, "%s%s", i ? ", " : "", json_string_value(one) ?: "");
	return out.data;
}

/**
 * report_run_facts() - what was booted, and how
 * @facts: the list
 * @doc: object with the facts of a run.json
 */
void report_run_facts(xmlNode *facts, const json_t *doc)
{
	const json_t *kernel = json_object_get(doc, "kernel");
	char *name __cleanup(free_ptr) =
		xasprintf("%s %s", text_of(kernel, "name"), text_of(kernel, "version"));

	report_fact(facts, "kernel", text_of(kernel, "release"), true);
	report_fact(facts, "from", *text_of(kernel, "version") ? name : text_of(kernel, "name"),
		    true);
	report_fact(facts, "source", text_of(doc, "source"), true);
	hash_fact(facts, "signature", text_of(doc, "signature"));
	report_fact(facts, "livepatch", text_of(doc, "livepatch_name"), true);
	report_fact(facts, "accelerator", text_of(doc, "accel"), false);
	if (int_of(doc, "cpus"))
		report_fact_free(facts, "guest", xasprintf("%d CPUs, %d MB", int_of(doc, "cpus"),
							   int_of(doc, "memory_mb")), false);
	if (*text_of(doc, "workload"))
		report_fact_free(facts, "load", xasprintf("%s for %d s", text_of(doc, "workload"),
							  int_of(doc, "seconds")), false);
	report_fact(facts, "detector", text_of(doc, "detector"), false);
	/* Documents of format 1 have a string. */
	report_fact_free(facts, "chores", report_joined(json_object_get(doc, "chores")), true);
	report_fact(facts, "parameters", text_of(doc, "params"), true);
	report_fact(facts, "command line", text_of(doc, "cmdline"), true);
	hash_fact(facts, "kernel sha256", text_of(doc, "kernel_sha256"));
	hash_fact(facts, "config sha256", text_of(doc, "config_sha256"));
	hash_fact(facts, "module sha256", text_of(doc, "module_sha256"));
}

/**
 * report_table() - a part of a section with an empty table
 * @s: the section
 * @title: title of the part
 * @note: what is to be known to read it, or NULL
 * @head: titles of its columns
 * @n: how many
 *
 * Return: its body, for report_row()
 */
xmlNode *report_table(const struct report_section *s, const char *title, const char *note,
		      const char *const *head, size_t n)
{
	xmlNode *scroll = html_add(report_part(s, title, note), "div", "scroll", NULL);
	xmlNode *table = html_add(scroll, "table", NULL, NULL);
	xmlNode *row = html_add(html_add(table, "thead", NULL, NULL), "tr", NULL, NULL);

	for (size_t i = 0; i < n; i++)
		html_attr(html_add(row, "th", NULL, head[i]), "scope", "col");
	return html_add(table, "tbody", NULL, NULL);
}

/**
 * report_row() - a row of a table
 * @table: its body
 * @name: what is in the first column
 *
 * Return: the row
 */
xmlNode *report_row(xmlNode *table, const char *name)
{
	xmlNode *row = html_add(table, "tr", NULL, NULL);

	html_attr(html_add(row, "th", NULL, name), "scope", "row");
	return row;
}

/**
 * report_rate() - cells for a rate with its interval, in numbers and drawn
 * @row: the row
 * @counts: object with hits and runs
 * @rate: object with low, mid and high, 0 to 1
 */
void report_rate(xmlNode *row, const json_t *counts, const json_t *rate)
{
	double low = real_of(rate, "low"), mid = real_of(rate, "mid");
	double high = real_of(rate, "high");
	int hits = int_of(counts, "hits"), runs = int_of(counts, "runs");
	xmlNode *bar;

	html_addf(row, "td", "number", "%d of %d", hits, runs);
	if (!runs) {
		html_add(row, "td", "number", "\u2013");
		html_add(row, "td", "number", "\u2013");
		html_add(row, "td", NULL, NULL);
		return;
	}
	html_addf(row, "td", "number", "%.0f %%", 100 * mid);
	html_addf(row, "td", "number interval", "%.0f\u2013%.0f %%", 100 * low, 100 * high);
	bar = html_add(html_add(row, "td", "bar", NULL), "div", "rate", NULL);
	html_attr(bar, "aria-hidden", "true");
	html_attrf(html_add(bar, "i", NULL, NULL), "style", "left:%.1f%%;width:%.1f%%", 100 * low,
		   100 * (high - low));
	html_attrf(html_add(bar, "b", NULL, NULL), "style", "left:%.1f%%", 100 * mid);
}

/**
 * report_grid_row() - the runs of one kernel
 * @grid: the grid
 * @name: of the kernel
 * @code: that is a hash, or something else that is typed
 *
 * Return: the row, for report_cell()
 */
xmlNode *report_grid_row(xmlNode *grid, const char *name, bool code)
{
	xmlNode *row = html_add(grid, "div", "gridrow", NULL);

	html_add(html_add(row, "div", "gridname", NULL), code ? "code" : "span", NULL, name);
	return html_add(row, "ol", "cells", NULL);
}

/**
 * report_cell() - one run
 * @row: its row
 * @tone: how its outcome is to be taken
 * @number: of the run
 * @word: its outcome
 * @title: all that there is to say
 * @href: where to find more, or NULL
 */
void report_cell(xmlNode *row, enum tone tone, const char *number, const char *word,
		 const char *title, const char *href)
{
	char *class __cleanup(free_ptr) = xasprintf("cell %s", tones[tone].class);
	xmlNode *cell = html_add(row, "li", class, NULL);

	if (href) {
		cell = html_add(cell, "a", NULL, NULL);
		html_attr(cell, "href", href);
	}
	html_attr(cell, "title", title);
	html_add(cell, "span", "no", number);
	html_textf(cell, " %s ", tones[tone].sign);
	html_add(cell, "span", "word", word);
}

static bool has_console(const char *dir)
{
	char *file __cleanup(free_ptr) = xasprintf("%s/console.log", dir);

	return file_exists(file);
}

/*
 * Where the boot that was in @dir is now: there still, or beside its document, if
 * they have been moved together: then the name of the document's directory is in
 * @dir, and behind it what is to be looked for. NULL: nowhere; the caller frees it.
 */
static char *find_boot(const char *from, const char *dir)
{
	char *here __cleanup(free_ptr) = realpath(from, NULL);
	const char *name = here ? strrchr(here, '/') + 1 : "", *at;
	size_t len = strlen(name);

	if (has_console(dir))
		return realpath(dir, NULL);
	for (at = len ? strstr(dir, name) : NULL; at; at = strstr(at + 1, name)) {
		char *there __cleanup(free_ptr) = xasprintf("%s%s", here, at + len);

		if ((at == dir || at[-1] == '/') && at[len] == '/' && has_console(there))
			return realpath(there, NULL);
	}
	return NULL;
}

/* @path as seen from the directory @to, both absolute; the caller frees it. */
static char *relative(const char *to, const char *path)
{
	size_t same = 0, i;
	struct buf out = {};

	for (i = 0; to[i] && to[i] == path[i]; i++)
		if (to[i] == '/')
			same = i + 1;
	if (!to[i] && path[i] == '/')
		same = i + 1;
	buf_add(&out, "", 0);
	for (i = same; i < strlen(to); i++)
		if (i == same || to[i] == '/')
			buf_addf(&out, "../");
	buf_addf(&out, "%s", path + same);
	return out.data;
}

/**
 * report_console() - a link to the console log of a boot, if it is still there
 * @s: the section
 * @at: where to
 * @dir: the boot's directory, as its document has it
 */
void report_console(const struct report_section *s, xmlNode *at, const char *dir)
{
	char *boot __cleanup(free_ptr) = s->to && *dir ? find_boot(s->from, dir) : NULL;
	char *file __cleanup(free_ptr) = NULL, *path __cleanup(free_ptr) = NULL;

	if (!*dir)
		return;
	if (!boot) {
		html_addf(at, "span", "item", "console log not found (%s)", dir);
		return;
	}
	file = xasprintf("%s/console.log", boot);
	path = relative(s->to, file);
	html_link(html_add(html_add(at, "span", "item", NULL), "a", "console", "console log"),
		  path);
}

/**
 * report_crash() - a crash report, folded
 * @at: where to
 * @summary: what is seen of it
 * @report: its lines; nothing is added when there are none
 */
void report_crash(xmlNode *at, const char *summary, const char *report)
{
	xmlNode *details;

	if (!*report)
		return;
	details = html_add(at, "details", "crash", NULL);
	html_add(details, "summary", NULL, summary);
	html_add(details, "pre", NULL, report);
}
