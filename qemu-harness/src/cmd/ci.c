// SPDX-License-Identifier: GPL-2.0
/*
 * Makes test cases of the documents of run, verify and bisect, and writes them for
 * CI systems.
 */
#include <libxml/xmlwriter.h>
#include <stdlib.h>
#include <string.h>

#include "base/json-text.h"
#include "base/printable.h"
#include "base/util.h"
#include "bisect/bisect.h"
#include "cmd/ci.h"
#include "report/report-parts.h"
#include "verify/verify-doc.h"

enum status { PASS, FAIL, ERROR, SKIP };

/**
 * struct ci_case - a test case
 * @name: words of ours; owned
 * @seconds: that it took
 * @status: its result
 * @message: one line; owned
 * @text: more lines, or empty; owned
 */
struct ci_case {
	char *name;
	double seconds;
	enum status status;
	char *message;
	char *text;
};

/**
 * struct cases - all that a document says
 * @suite: the command, "irqsan run"
 * @v: owned
 * @n: how many
 */
struct cases {
	const char *suite;
	struct ci_case *v;
	size_t n;
};

/* Outcomes of boots, and verdicts. */
static const struct {
	const char *word;
	enum status status;
} words[] = {
	{ "OK", PASS },
	{ "crashed", FAIL },
	{ "boot failed", FAIL },
	{ "hung", FAIL },
	{ "lost", ERROR },
	{ "inconclusive", SKIP },
	{ "FIXED", PASS },
	{ "NOT FIXED", FAIL },
	{ "WORSE", FAIL },
	{ "NOT REPRODUCED", SKIP },
	{ "INCONCLUSIVE", SKIP },
};

/* What has no word here hasn't come to its end. */
static enum status status_of(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].word, word))
			return words[i].status;
	return ERROR;
}

/* Takes and frees @name and @message. */
static void add(struct cases *list, enum status status, double seconds, char *name,
		char *message, const char *text)
{
	list->v = xrealloc(list->v, (list->n + 1) * sizeof(*list->v));
	list->v[list->n++] = (struct ci_case){
		.name = name, .seconds = seconds, .status = status,
		.message = printable_line(message), .text = printable_text(text),
	};
	free(message);
}

/* Titles and reports of what counts. */
static void add_findings(const json_t *run, struct buf *text)
{
	const json_t *finding;
	size_t i;

	json_array_foreach(json_object_get(run, "findings"), i, finding)
		if (json_is_true(json_object_get(finding, "counts")))
			buf_addf(text, "%s\n%s\n", text_of(finding, "title"),
				 text_of(finding, "report"));
}

/*
 * Boots of a verification (@evidence) are what its verdict is made of: that one shows
 * the bug, or is lost, is no failure of its own.
 */
static void add_runs(struct cases *list, const json_t *doc, bool evidence)
{
	const json_t *run;
	size_t i;

	json_array_foreach(json_object_get(doc, "runs"), i, run) {
		const char *outcome = text_of(run, "outcome"), *title = text_of(run, "title");
		const char *side = text_of(run, "side");
		enum status status = status_of(outcome);
		struct buf text = {};

		if (evidence)
			status = status == ERROR || status == SKIP ? SKIP : PASS;
		buf_add(&text, "", 0);
		add_findings(run, &text);
		add(list, status, real_of(run, "wall_s"),
		    xasprintf("run %zu%s%s", i, *side ? " " : "", side),
		    xasprintf("%s%s%s", outcome, *title ? ": " : "", title), text.data);
		buf_free(&text);
	}
}

static void add_verdict(struct cases *list, const json_t *doc)
{
	const char *verdict = text_of(doc, "verdict");
	char *text __cleanup(free_ptr) = verify_text(doc);

	add(list, status_of(verdict), 0, xstrdup("verdict"),
	    xasprintf("%s: %s", verdict, text_of(doc, "why")), text);
}

static void add_bisection(struct cases *list, const json_t *doc)
{
	const json_t *result = json_object_get(doc, "result");
	enum tone tone;
	char *why;
	const char *verdict = report_bisect_verdict(doc, &tone, &why);

	add(list, strcmp(text_of(result, "verdict"), "named") ? FAIL : PASS,
	    real_of(doc, "seconds"), xstrdup("bisection"), xasprintf("%s: %s", verdict, why),
	    text_of(result, "report"));
	free(why);
}

static struct cases cases_of(const json_t *doc)
{
	const char *format = text_of(doc, "format");
	struct cases list = { .suite = "irqsan run" };

	if (!strcmp(format, VERIFY_FORMAT)) {
		list.suite = "irqsan verify";
		add_verdict(&list, doc);
		add_runs(&list, doc, true);
	} else if (!strcmp(format, BISECT_FORMAT)) {
		list.suite = "irqsan bisect";
		add_bisection(&list, doc);
	} else {
		add_runs(&list, doc, false);
	}
	return list;
}

static void cases_free(struct cases *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->v[i].name);
		free(list->v[i].message);
		free(list->v[i].text);
	}
	free(list->v);
}

static void attribute(xmlTextWriter *w, const char *name, const char *value)
{
	xmlTextWriterWriteAttribute(w, BAD_CAST name, BAD_CAST value);
}

static void junit_case(xmlTextWriter *w, const char *suite, const struct ci_case *c)
{
	static const char *const tags[] = {
		[FAIL] = "failure", [ERROR] = "error", [SKIP] = "skipped",
	};

	xmlTextWriterStartElement(w, BAD_CAST "testcase");
	attribute(w, "classname", suite);
	attribute(w, "name", c->name);
	xmlTextWriterWriteFormatAttribute(w, BAD_CAST "time", "%.3f", c->seconds);
	if (c->status != PASS) {
		xmlTextWriterStartElement(w, BAD_CAST tags[c->status]);
		attribute(w, "message", c->message);
		if (c->status != SKIP)
			xmlTextWriterWriteString(w, BAD_CAST c->text);
		xmlTextWriterEndElement(w);
	}
	if (c->status == PASS || c->status == SKIP)
		xmlTextWriterWriteFormatElement(w, BAD_CAST "system-out", "%s\n%s", c->message,
						c->text);
	xmlTextWriterEndElement(w);
}

/**
 * ci_junit() - a result as JUnit's XML
 * @doc: document of run, verify or bisect
 *
 * Return: the text; the caller frees it
 */
char *ci_junit(const json_t *doc)
{
	struct cases list __cleanup(cases_free) = cases_of(doc);
	xmlBuffer *buffer = xmlBufferCreate();
	xmlTextWriter *w = xmlNewTextWriterMemory(buffer, 0);
	unsigned int count[SKIP + 1] = {};
	double seconds = 0;
	char *text;

	for (size_t i = 0; i < list.n; i++) {
		count[list.v[i].status]++;
		seconds += list.v[i].seconds;
	}
	xmlTextWriterSetIndent(w, 1);
	xmlTextWriterStartDocument(w, NULL, "UTF-8", NULL);
	xmlTextWriterStartElement(w, BAD_CAST "testsuites");
	xmlTextWriterStartElement(w, BAD_CAST "testsuite");
	attribute(w, "name", list.suite);
	xmlTextWriterWriteFormatAttribute(w, BAD_CAST "tests", "%zu", list.n);
	xmlTextWriterWriteFormatAttribute(w, BAD_CAST "failures", "%u", count[FAIL]);
	xmlTextWriterWriteFormatAttribute(w, BAD_CAST "errors", "%u", count[ERROR]);
	xmlTextWriterWriteFormatAttribute(w, BAD_CAST "skipped", "%u", count[SKIP]);
	xmlTextWriterWriteFormatAttribute(w, BAD_CAST "time", "%.3f", seconds);
	for (size_t i = 0; i < list.n; i++)
		junit_case(w, list.suite, &list.v[i]);
	xmlTextWriterEndDocument(w);
	xmlFreeTextWriter(w);
	text = xstrdup((const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
	return text;
}

/**
 * ci_ktap() - a result as KTAP
 * @doc: document of run, verify or bisect
 *
 * Return: the text; the caller frees it
 */
char *ci_ktap(const json_t *doc)
{
	static const char *const directives[] = { [ERROR] = " # ERROR ", [SKIP] = " # SKIP " };
	struct cases list __cleanup(cases_free) = cases_of(doc);
	struct buf out = {};

	buf_addf(&out, "KTAP version 1\n1..%zu\n", list.n);
	for (size_t i = 0; i < list.n; i++) {
		const struct ci_case *c = &list.v[i];
		const char *directive = directives[c->status];
		struct strv lines __cleanup(strv_free) = {};

		/* Indented: a guest's line must not be one that means something. */
		strv_lines(&lines, c->text);
		for (size_t j = 0; j < lines.n; j++)
			buf_addf(&out, "#   %s\n", lines.v[j]);
		if (!directive)
			buf_addf(&out, "# %s\n", c->message);
		buf_addf(&out, "%s %zu %s%s%s\n",
			 c->status == FAIL || c->status == ERROR ? "not ok" : "ok", i + 1, c->name,
			 directive ?: "", directive ? c->message : "");
	}
	return out.data;
}
