// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps the findings of a boot.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json-text.h"
#include "base/pattern.h"
#include "base/util.h"
#include "judge/finding.h"

static const char *const source_names[] = {
	[FINDING_DETECTOR] = "detector",
	[FINDING_KERNEL] = "kernel",
	[FINDING_LOAD] = "load",
	[FINDING_HARNESS] = "harness",
};

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* One title is one bug, but for the detector, which knows site and caller. */
static bool same_finding(const struct finding *a, const struct finding *b)
{
	return a->source == b->source && !strcmp(a->title, b->title) &&
	       same_text(a->site, b->site) && same_text(a->caller, b->caller);
}

/**
 * findings_add() - one more finding
 * @list: the list; for findings_free()
 * @like: what it is; its strings are copied, its report, alternatives and flags are not
 *
 * Return: the new finding; or NULL when the list has this one, or is full. Valid
 * until the next call
 */
struct finding *findings_add(struct findings *list, const struct finding *like)
{
	size_t i, at = list->n;
	struct finding *f;

	for (i = 0; i < list->n; i++)
		if (same_finding(&list->v[i], like))
			return NULL;
	if (list->n == FINDINGS_MAX)
		return NULL;
	if (like->source == FINDING_DETECTOR)
		for (at = 0; at < list->n && list->v[at].source == FINDING_DETECTOR;)
			at++;
	list->v = xrealloc(list->v, (list->n + 1) * sizeof(*list->v));
	f = &list->v[at];
	memmove(f + 1, f, (list->n++ - at) * sizeof(*f));
	*f = (struct finding){
		.title = xstrdup(like->title),
		.site = xstrdup(like->site), .caller = xstrdup(like->caller),
		.source = like->source, .phase = like->phase, .up = like->up,
	};
	return f;
}

/**
 * findings_by_title() - the finding that a report belongs to
 * @list: the list
 * @source: whose
 * @title: its title
 *
 * Return: the first such finding without a report, else the first that has one, or NULL
 */
struct finding *findings_by_title(struct findings *list, enum finding_source source,
				  const char *title)
{
	struct finding *found = NULL;

	for (size_t i = 0; i < list->n; i++) {
		struct finding *f = &list->v[i];

		if (f->source != source || strcmp(f->title, title))
			continue;
		if (!f->report)
			return f;
		found = found ?: f;
	}
	return found;
}

static bool matches(const struct finding *f, const char *pattern)
{
	struct span text = { f->title, strlen(f->title) };

	if (pattern_find(pattern, text, NULL))
		return true;
	for (size_t i = 0; i < f->alternatives.n; i++) {
		text = (struct span){ f->alternatives.v[i], strlen(f->alternatives.v[i]) };
		if (pattern_find(pattern, text, NULL))
			return true;
	}
	return false;
}

/**
 * findings_ignore() - mark what the user doesn't want to hear of
 * @list: the list
 * @patterns: regular expressions (PCRE2); one that matches the title or an
 *	      alternative is enough
 *
 * Return: 0, or -EINVAL when one of them is none; the reason was printed
 */
int findings_ignore(struct findings *list, const struct strv *patterns)
{
	for (size_t i = 0; i < patterns->n; i++) {
		const char *pattern = pattern_keep(patterns->v[i]);

		if (!pattern)
			return -EINVAL;
		for (size_t j = 0; j < list->n; j++)
			list->v[j].ignored |= matches(&list->v[j], pattern);
	}
	return 0;
}

/**
 * findings_first() - the finding that an outcome is named after
 * @list: the list
 *
 * Return: the first that counts, or NULL
 */
const struct finding *findings_first(const struct findings *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].counts)
			return &list->v[i];
	return NULL;
}

/**
 * findings_json() - the list as verdict.json and the result hold it
 * @list: the list
 *
 * Return: a new reference
 */
json_t *findings_json(const struct findings *list)
{
	json_t *doc = json_array();

	for (size_t i = 0; i < list->n; i++) {
		const struct finding *f = &list->v[i];

		json_array_append_new(doc,
				      json_pack("{s:o, s:o, s:o, s:o, s:s, s:s, s:f, s:b, s:b, s:o}",
						"title", json_text(f->title),
						"alternatives", json_texts(&f->alternatives),
						"site", json_text(f->site),
						"caller", json_text(f->caller),
						"source", source_names[f->source],
						"phase", run_phase_name(f->phase),
						"up", f->up,
						"ignored", f->ignored,
						"counts", f->counts,
						"report", json_text(f->report)));
	}
	return doc;
}

/** findings_free() - free a list; may be done twice */
void findings_free(struct findings *list)
{
	for (size_t i = 0; i < list->n; i++) {
		struct finding *f = &list->v[i];

		free(f->title);
		strv_free(&f->alternatives);
		free(f->site);
		free(f->caller);
		free(f->report);
	}
	free(list->v);
	*list = (struct findings){};
}
