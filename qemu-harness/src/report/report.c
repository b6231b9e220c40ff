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
#include "report/report-parts.h"
#include "report/report.h"

#define STYLE "qemu-harness/report.css"

/**
 * struct report_kind - a kind of document
 * @format: its "format", without the number
 * @version: the newest that is known
 * @name: the verb that writes it
 * @arrays: members that must be arrays
 * @show: puts a document into its section
 */
struct report_kind {
	const char *format;
	unsigned int version;
	const char *name;
	const char *arrays[3];
	void (*show)(const struct report_section *s, const json_t *doc);
};

static const struct report_kind kinds[] = {
	{ "irqsan-result/", 2, "run", { "runs" }, report_show_run },
	{ "irqsan-reproduce/", 2, "reproduce", { }, report_show_reproduce },
	{ "irqsan-verify/", 2, "verify", { "runs" }, report_show_verify },
	{ "irqsan-bisect/", 1, "bisect", { "kernels", "revisions" }, report_show_bisect },
};

/* The kind of a document, or NULL after a message. */
static const struct report_kind *kind_of(const char *path, const json_t *doc)
{
	const char *format = text_of(doc, "format"), *number;
	unsigned int version;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
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
 * @source: filled; for report_free(), also after a failure
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int report_load(const char *path, struct report_source *source)
{
	struct buf text __cleanup(buf_free) = {};
	json_error_t error;
	int rc;

	*source = (struct report_source){ .path = path };
	rc = read_file(path, &text);
	if (rc)
		return rc;
	source->doc = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &error);
	if (!source->doc) {
		pr_err("%s: not JSON: line %d: %s", path, error.line, error.text);
		return -EINVAL;
	}
	source->kind = kind_of(path, source->doc);
	if (!source->kind)
		return -EINVAL;
	for (const char *const *member = source->kind->arrays; *member; member++) {
		if (!json_is_array(json_object_get(source->doc, *member))) {
			pr_err("%s: damaged: \"%s\" is missing", path, *member);
			return -EINVAL;
		}
	}
	return 0;
}

/** report_free() - free what report_load() filled in; may be done twice */
void report_free(struct report_source *source)
{
	json_decref(source->doc);
	source->doc = NULL;
}

static char *directory_of(const char *path)
{
	char *copy __cleanup(free_ptr) = xstrdup(path);

	return xstrdup(dirname(copy));
}

static void add_contents(xmlNode *body, const struct report_source *sources, size_t n)
{
	xmlNode *list, *a;

	if (n < 2)
		return;
	list = html_add(html_add(body, "nav", NULL, NULL), "ol", NULL, NULL);
	for (size_t i = 0; i < n; i++) {
		a = html_addf(html_add(list, "li", NULL, NULL), "a", NULL, "%s: ",
			      sources[i].kind->name);
		html_attrf(a, "href", "#d%zu", i);
		html_add(a, "code", NULL, sources[i].path);
	}
}

static void add_section(xmlNode *body, const struct report_source *source, size_t number,
			const char *to)
{
	char *from __cleanup(free_ptr) = directory_of(source->path);
	char *id __cleanup(free_ptr) = xasprintf("d%zu", number);
	struct report_section s = { .id = id, .from = from, .to = to };
	xmlNode *title;

	s.at = html_add(body, "section", "doc", NULL);
	html_attr(s.at, "id", id);
	title = html_addf(s.at, "h2", NULL, "%s ", source->kind->name);
	html_add(title, "code", "file", source->path);
	source->kind->show(&s, source->doc);
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
	char *path __cleanup(free_ptr) = xasprintf("%s/" STYLE, irqsan_root());
	char *dir __cleanup(free_ptr) = directory_of(out);
	char *to __cleanup(free_ptr) = strcmp(out, "-") ? realpath(dir, NULL) : NULL;
	struct buf style __cleanup(buf_free) = {};
	xmlNode *body, *header;
	int rc = read_file(path, &style);

	if (rc)
		return rc;
	body = html_open("irqsan report", style.data);
	header = html_add(body, "header", NULL, NULL);
	html_add(header, "h1", NULL, "irqsan report");
	html_add(header, "p", "version", "irqsan " IRQSAN_VERSION);
	add_contents(body, sources, n);
	for (size_t i = 0; i < n; i++)
		add_section(body, &sources[i], i, to);
	rc = html_write(body, out);
	html_close(body);
	return rc;
}
