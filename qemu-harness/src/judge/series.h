/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Many boots, each judged when it has ended; what was lost is repeated.
 */
#ifndef IRQSAN_SERIES_H
#define IRQSAN_SERIES_H

#include <stdio.h>

#include "boot/run.h"
#include "judge/result.h"

/**
 * struct series - what to boot, and who hears of it
 * @run: the boots; its callbacks are set here
 * @out: where verdicts are printed, in the order of the runs; NULL: nowhere
 * @enough: called with each verdict that stands, in the order in which boots end;
 *	    when it returns true, no more boots are wanted; NULL: all are
 * @ctx: for @enough
 */
struct series {
	struct run_config run;
	FILE *out;
	bool (*enough)(void *ctx, unsigned int number, const struct verdict *v);
	void *ctx;
};

struct series series_of(const struct plan *plan, unsigned int runs, unsigned int jobs,
			const char *dir);
int series_run(const struct series *series, struct result *result);

#endif
