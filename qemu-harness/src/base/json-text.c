// SPDX-License-Identifier: GPL-2.0
/*
 * Makes JSON strings of texts that may hold bytes that are no characters, and rates
 * with their intervals. Writes documents.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json-text.h"
#include "base/stats.h"

/**
 * json_text() - a text as a JSON string
 * @text: any bytes, or NULL
 *
 * Return: a new reference; a text that isn't UTF-8 has a '?' for each byte that
 * isn't ASCII; null for NULL
 */
json_t *json_text(const char *text)
{
	char *ascii __cleanup(free_ptr) = NULL, *p;
	json_t *value;

	if (!text)
		return json_null();
	value = json_string(text);
	if (value)
		return value;
	ascii = xstrdup(text);
	for (p = ascii; *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	return json_string(ascii);
}

/**
 * json_texts() - texts as a JSON array
 * @list: the texts
 *
 * Return: a new reference
 */
json_t *json_texts(const struct strv *list)
{
	json_t *doc = json_array();
	size_t i;

	for (i = 0; i < list->n; i++)
		json_array_append_new(doc, json_text(list->v[i]));
	return doc;
}

/**
 * json_strings() - append what json_texts() was given
 * @array: an array; anything else has no texts
 * @list: the texts
 */
void json_strings(const json_t *array, struct strv *list)
{
	json_t *text;
	size_t i;

	json_array_foreach(array, i, text)
		strv_push(list, json_string_value(text) ?: "");
}

/**
 * json_rate() - a rate with its interval after Clopper and Pearson
 * @hits: how often it was seen
 * @runs: of how many
 *
 * Return: an object with both, and low, mid and high between 0 and 1; a new
 * reference
 */
json_t *json_rate(unsigned int hits, unsigned int runs)
{
	struct stats_range rate = stats_rate(hits, runs, RATE_CONFIDENCE);

	return json_pack("{s:i, s:i, s:f, s:f, s:f}", "hits", (int)hits, "runs", (int)runs,
			 "low", rate.low, "mid", rate.mid, "high", rate.high);
}

/**
 * json_write() - write a document where the user wants it
 * @doc: the document
 * @path: file, or "-" for standard output
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int json_write(const json_t *doc, const char *path)
{
	char *text __cleanup(free_ptr) = json_dumps(doc, JSON_INDENT(2));
	char *lines __cleanup(free_ptr) = text ? xasprintf("%s\n", text) : NULL;

	if (lines)
		return write_output(path, lines, strlen(lines));
	pr_err("%s: no memory, or a text that is no UTF-8", path);
	return -ENOMEM;
}
