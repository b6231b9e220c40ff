/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a command has found, as one document ("irqsan-result/2"), as a summary
 * for people, and as an exit code.
 */
#ifndef IRQSAN_RESULT_H
#define IRQSAN_RESULT_H

#include <jansson.h>
#include <stdio.h>

#include "judge/judge.h"

#define RESULT_FORMAT "irqsan-result/2"

/**
 * struct result_attempt - one boot
 * @dir: its directory; owned
 * @verdict: on it
 */
struct result_attempt {
	char *dir;
	struct verdict verdict;
};

/**
 * struct result_run - one run: a boot, and before it those that were lost
 * @attempts: all of them; the last one counts
 * @n: how many; 0: never started
 */
struct result_run {
	struct result_attempt *attempts;
	unsigned int n;
};

/**
 * struct result - the runs of one kernel
 * @facts: what was run (command, kernel, accelerator, hashes): copied into the
 *	   document as it is; owned
 * @runs: by number
 * @n: how many were asked for
 * @interrupted: the user ended it early
 */
struct result {
	json_t *facts;
	struct result_run *runs;
	unsigned int n;
	bool interrupted;
};

/**
 * struct result_totals - sums over the runs
 * @outcome: runs by outcome
 * @lost_boots: boots that were lost, whether a later attempt made up for them or not
 * @retried: boots that repeated a lost one
 * @count: some of the counters
 */
struct result_totals {
	unsigned int outcome[OUTCOME_INCONCLUSIVE + 1];
	unsigned int lost_boots;
	unsigned int retried;
	struct record_counters count;
};

void result_init(struct result *r, unsigned int runs);
void result_extend(struct result *r, unsigned int runs);
void result_free(struct result *r);
struct result_attempt *result_add(struct result *r, unsigned int number, const char *dir);
const char *result_dir(const struct result *r, unsigned int number);
const struct verdict *result_verdict(const struct result *r, unsigned int number);
void result_totals(const struct result *r, struct result_totals *t);
json_t *result_verdict_json(const struct verdict *v);
json_t *result_json(const struct result *r);
void result_summary(const struct result *r, FILE *out);
int result_exit(const struct result *r);

#endif
