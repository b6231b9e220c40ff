// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps the events of a boot and the counts of its sites.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json-text.h"
#include "base/util.h"
#include "judge/timeline.h"

/* A guest that makes up sites must not fill the result. */
#define EVENTS_MAX 256

/* What belongs in it, and what that is called there. */
static const char *const kinds[RECORD_OTHER + 1] = {
	[RECORD_BOOT] = "boot",
	[RECORD_LIVEPATCH] = "livepatch",
	[RECORD_MODULE] = "module",
	[RECORD_CONTROL] = "control",
	[RECORD_LOAD] = "load",
	[RECORD_VIOLATION] = "violation",
	[RECORD_CHORE] = "chore",
	[RECORD_DONE] = "done",
};

/**
 * timeline_add() - one more event
 * @t: the time line
 * @what: a constant string
 * @up: guest uptime in seconds
 * @text: what belongs to it, or NULL
 * @site: the site, or NULL
 */
void timeline_add(struct timeline *t, const char *what, double up, const char *text,
		  const char *site)
{
	if (t->n == EVENTS_MAX)
		return;
	t->events = xrealloc(t->events, (t->n + 1) * sizeof(*t->events));
	t->events[t->n++] = (struct timeline_event){
		.what = what, .up = up, .text = text ? xstrdup(text) : NULL,
		.site = site ? xstrdup(site) : NULL,
	};
}

/**
 * timeline_take() - what a record of the guest says
 * @t: the time line
 * @r: the record; its sites are taken away
 */
void timeline_take(struct timeline *t, struct record *r)
{
	bool named = r->kind == RECORD_VIOLATION || r->kind == RECORD_CHORE;

	if (kinds[r->kind])
		timeline_add(t, kinds[r->kind], r->up, named ? r->text : NULL, r->site);
	if (r->kind != RECORD_COUNTS)
		return;
	record_sites_free(t->sites, t->nr_sites);
	t->sites = r->sites;
	t->nr_sites = r->nr_sites;
	r->sites = NULL;
	r->nr_sites = 0;
}

/**
 * timeline_json() - the events
 * @t: the time line
 *
 * Return: a new reference
 */
json_t *timeline_json(const struct timeline *t)
{
	json_t *list = json_array(), *doc;
	size_t i;

	for (i = 0; i < t->n; i++) {
		const struct timeline_event *e = &t->events[i];

		doc = json_pack("{s:s, s:f}", "t", e->what, "up", e->up);
		if (e->text)
			json_object_set_new(doc, "text", json_text(e->text));
		if (e->site)
			json_object_set_new(doc, "site", json_text(e->site));
		json_array_append_new(list, doc);
	}
	return list;
}

/**
 * timeline_sites_json() - what the sites have counted
 * @t: the time line
 *
 * Return: a new reference
 */
json_t *timeline_sites_json(const struct timeline *t)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < t->nr_sites; i++) {
		const struct record_site *s = &t->sites[i];

		json_array_append_new(list, json_pack("{s:o, s:I, s:I}",
						      "site", json_text(s->site),
						      "hits", (json_int_t)s->hits,
						      "violations", (json_int_t)s->violations));
	}
	return list;
}

/**
 * timeline_free() - free what a time line holds
 * @t: the time line; may be freed twice
 */
void timeline_free(struct timeline *t)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		free(t->events[i].text);
		free(t->events[i].site);
	}
	free(t->events);
	record_sites_free(t->sites, t->nr_sites);
	memset(t, 0, sizeof(*t));
}
