// SPDX-License-Identifier: GPL-2.0
/*
 * Reads results and makes the page of them.
 */
#include <errno.h>
#include <limits.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "base/json-text.h"
#include "base/util.h"
#include "judge/result.h"
#include "report/report-kinds.h"
#include "report/report.h"

#define STYLE "qemu-harness/report.css"

static const char *const runs_only[] = { "runs", NULL };
static const char *const bisect_arrays[] = { "kernels", "revisions", NULL };
static const char *const none[] = { NULL };

static const struct report_kind kinds[] = {
	{ "irqsan-result/", 2, "run", runs_only, report_show_run },
	{ "irqsan-reproduce/", 2, "reproduce", none, report_show_reproduce },
	{ "irqsan-verify/", 2, "verify", runs_only, report_show_verify },
	{ "irqsan-bisect/", 1, "bisect", bisect_arrays, report_show_bisect },
};

/* The kind of a document, or NULL after a message. */
static const struct report_kind *kind_of(const char *path, const json_t *doc)
{
	const char *format = text_of(doc, "format"), *number;
	unsigned int version;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strncmp(format, kinds[i].format, strlen(kinds[i].format)))
			continue;
		number = format + strlen(kinds[i].format);
		if (parse_uint(number, 1, UINT_MAX, &version))
			break;
		if (version <= kinds[i].version)
			return &kinds[i];
		pr_err("%s: is of a newer irqsan (%s; %s%u is the newest that is known here)",
		       path, format, kinds[i].format, kinds[i].version);
		return NULL;
	}
	pr_err("%s: is no result of run, reproduce, verify or bisect (\"format\" is \"%.40s\")",
	       path, format);
	return NULL;
}

/**
 * report_load() - read a document
 * @path: its file; must outlive @source
 * @source: filled on success; for report_free()
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int report_load(const char *path, struct report_source *source)
{
	const char *const *member;
	struct buf text = {};
	json_error_t error;
	int rc;

	*source = (struct report_source){ .path = path };
	rc = read_file(path, &text);
	if (rc < 0) {
		buf_free(&text);
		return rc;
	}
	source->doc = json_loadb(text.data ?: "", text.len, JSON_REJECT_DUPLICATES, &error);
	buf_free(&text);
	if (!source->doc) {
		pr_err("%s: not JSON: line %d: %s", path, error.line, error.text);
		return -EINVAL;
	}
	source->kind = kind_of(path, source->doc);
	for (member = source->kind ? source->kind->arrays : none; *member; member++) {
		if (json_is_array(json_object_get(source->doc, *member)))
			continue;
		pr_err("%s: damaged: \"%s\" is missing", path, *member);
		source->kind = NULL;
		break;
	}
	if (source->kind)
		return 0;
	report_free(source);
	return -EINVAL;
}

/**
 * report_free() - free what report_load() filled in
 * @source: the document; may be freed twice
 */
void report_free(struct report_source *source)
{
	json_decref(source->doc);
	source->doc = NULL;
}

static char *directory_of(const char *path)
{
	char *copy = xstrdup(path), *dir = xstrdup(dirname(copy));

	free(copy);
	return dir;
}

static void add_contents(xmlNode *body, const struct report_source *sources, size_t n)
{
	xmlNode *nav, *list, *item, *a;
	size_t i;

	if (n < 2)
		return;
	nav = html_add(body, "nav", NULL, NULL);
	list = html_add(nav, "ol", NULL, NULL);
	for (i = 0; i < n; i++) {
		item = html_add(list, "li", NULL, NULL);
		a = html_addf(item, "a", NULL, "%s: ", sources[i].kind->name);
		html_attrf(a, "href", "#d%zu", i);
		html_add(a, "code", NULL, sources[i].path);
	}
}

static void add_section(xmlNode *body, const struct report_source *source, size_t number,
			const char *to)
{
	char *from = directory_of(source->path), *id = xasprintf("d%zu", number);
	struct report_section s = { .id = id, .from = from, .to = to };
	xmlNode *title;

	s.at = html_add(body, "section", "doc", NULL);
	html_attr(s.at, "id", id);
	title = html_addf(s.at, "h2", NULL, "%s ", source->kind->name);
	html_add(title, "code", "file", source->path);
	source->kind->show(&s, source->doc);
	free(from);
	free(id);
}

/**
 * report_write() - make the page
 * @sources: what it shows
 * @n: how many; at least 1
 * @out: its file, which is whole or isn't changed; "-" for standard output
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int report_write(const struct report_source *sources, size_t n, const char *out)
{
	char *path = xasprintf("%s/" STYLE, irqsan_root()), *dir = directory_of(out), *to;
	struct buf style = {};
	struct html page;
	xmlNode *header;
	size_t i;
	int rc;

	rc = read_file(path, &style);
	free(path);
	if (rc < 0) {
		buf_free(&style);
		free(dir);
		return rc;
	}
	to = strcmp(out, "-") ? realpath(dir, NULL) : NULL;
	html_open(&page, "irqsan report", style.data ?: "");
	header = html_add(page.body, "header", NULL, NULL);
	html_add(header, "h1", NULL, "irqsan report");
	html_add(header, "p", "version", "irqsan " IRQSAN_VERSION);
	add_contents(page.body, sources, n);
	for (i = 0; i < n; i++)
		add_section(page.body, &sources[i], i, to);
	rc = html_write(&page, out);
	html_close(&page);
	buf_free(&style);
	free(dir);
	free(to);
	return rc;
}
