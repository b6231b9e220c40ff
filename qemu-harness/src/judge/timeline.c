// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps the events of a boot and the counts of its sites.
 */
#include "base/json-text.h"
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
 * @v: the verdict that it is put into
 * @what: "t" of the record that told of it; "crash": the console did; "end": the last
 *	  sign of life
 * @up: guest uptime in seconds
 * @text: title of a violation or crash, name of a chore, or NULL
 * @site: of a violation, or NULL
 */
void timeline_add(struct verdict *v, const char *what, double up, const char *text,
		  const char *site)
{
	if (json_array_size(v->timeline) < EVENTS_MAX)
		json_array_append_new(v->timeline,
				      json_pack("{s:s, s:f, s:o*, s:o*}", "t", what, "up", up,
						"text", text ? json_text(text) : NULL,
						"site", site ? json_text(site) : NULL));
}

/**
 * timeline_take() - what a record of the guest says
 * @v: the verdict that it is put into
 * @r: the record
 */
void timeline_take(struct verdict *v, const struct record *r)
{
	bool named = r->kind == RECORD_VIOLATION || r->kind == RECORD_CHORE;

	if (kinds[r->kind])
		timeline_add(v, kinds[r->kind], r->up, named ? r->text : NULL, r->site);
	if (r->kind != RECORD_COUNTS)
		return;
	json_array_clear(v->sites);
	for (size_t i = 0; i < r->nr_sites; i++)
		json_array_append_new(v->sites,
				      json_pack("{s:o, s:I, s:I}",
						"site", json_text(r->sites[i].site),
						"hits", (json_int_t)r->sites[i].hits, "violations",
						(json_int_t)r->sites[i].violations));
}
