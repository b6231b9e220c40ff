/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a boot showed: a list of bugs, each once, whoever reported it.
 */
#ifndef IRQSAN_FINDING_H
#define IRQSAN_FINDING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/util.h"
#include "boot/run.h"

/* A guest that makes up titles must not fill our memory. */
#define FINDINGS_MAX 256

/**
 * enum finding_source - who saw it
 * @FINDING_DETECTOR: the detector that was ordered
 * @FINDING_KERNEL: the kernel under test, by a report on its console
 * @FINDING_LOAD: the load, a program of the user's: it failed
 * @FINDING_HARNESS: the harness, from what the guest did or didn't do
 */
enum finding_source {
	FINDING_DETECTOR,
	FINDING_KERNEL,
	FINDING_LOAD,
	FINDING_HARNESS,
};

/**
 * struct finding - one bug in one boot
 * @title: its name, the same in each boot; owned
 * @alternatives: names that another report of the same bug may get; owned
 * @site: detector: FUNC+0xOFF of the restore, or NULL; owned
 * @caller: detector: who came to it, or NULL; owned
 * @source: who saw it
 * @phase: when
 * @up: guest uptime in seconds; -1 where it isn't known
 * @report: what was printed of it, or NULL; owned
 * @ignored: the user's list says so
 * @counts: the outcome goes by it
 */
struct finding {
	char *title;
	struct strv alternatives;
	char *site;
	char *caller;
	enum finding_source source;
	enum run_phase phase;
	double up;
	char *report;
	bool ignored;
	bool counts;
};

/**
 * struct findings - all of one boot, each once
 * @v: the detector's first, then the others as they came; owned
 * @n: how many
 */
struct findings {
	struct finding *v;
	size_t n;
};

struct finding *findings_add(struct findings *list, const struct finding *like);
struct finding *findings_by_title(struct findings *list, enum finding_source source,
				  const char *title);
int findings_ignore(struct findings *list, const struct strv *patterns);
const struct finding *findings_first(const struct findings *list);
json_t *findings_json(const struct findings *list);
void findings_free(struct findings *list);

#endif
