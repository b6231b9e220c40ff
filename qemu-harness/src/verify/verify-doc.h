/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A verification as one document ("irqsan-verify/2"), and from that the table
 * for a terminal and the text to paste under a patch.
 */
#ifndef IRQSAN_VERIFY_REPORT_H
#define IRQSAN_VERIFY_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "judge/result.h"
#include "verify/verify-boots.h"

#define VERIFY_FORMAT "irqsan-verify/2"

/**
 * struct verify_report - all that is known at the end of a verification
 * @plan: the rule
 * @decision: the verdict
 * @title: what was asked for, or NULL
 * @facts: what was booted on each side: as in run.json
 * @result: the boots; run N is of side N modulo 2
 */
struct verify_report {
	const struct verify_plan *plan;
	const struct verify_decision *decision;
	const char *title;
	json_t *facts[VERIFY_SIDES];
	const struct result *result;
};

json_t *verify_json(const struct verify_report *r);
char *verify_number(double x);
const char *verify_change(const json_t *doc, const json_t *measure);
void verify_table(const json_t *doc, FILE *out);
char *verify_text(const json_t *doc);

#endif
