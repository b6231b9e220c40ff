/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What happened when in a boot, by the guest's own clock, and what its sites
 * have counted: from its records, for people.
 */
#ifndef IRQSAN_TIMELINE_H
#define IRQSAN_TIMELINE_H

#include <jansson.h>

#include "boot/record.h"

/**
 * struct timeline_event - one event
 * @what: "t" of the record that told of it; "crash": the console did; "end": the
 *	  last sign of life
 * @up: guest uptime in seconds
 * @text: title of a violation or crash, name of a chore, or NULL; owned
 * @site: of a violation, or NULL; owned
 */
struct timeline_event {
	const char *what;
	double up;
	char *text;
	char *site;
};

/**
 * struct timeline - of one boot
 * @events: in the order in which they were told
 * @n: how many
 * @sites: the last word on what the busiest sites have counted
 * @nr_sites: how many
 */
struct timeline {
	struct timeline_event *events;
	size_t n;
	struct record_site *sites;
	size_t nr_sites;
};

void timeline_take(struct timeline *t, struct record *r);
void timeline_add(struct timeline *t, const char *what, double up, const char *text,
		  const char *site);
json_t *timeline_json(const struct timeline *t);
json_t *timeline_sites_json(const struct timeline *t);
void timeline_free(struct timeline *t);

#endif
