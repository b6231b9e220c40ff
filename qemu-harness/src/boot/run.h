/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Boots a guest many times, several at once, and has each boot judged.
 */
#ifndef IRQSAN_RUN_H
#define IRQSAN_RUN_H

#include <stdio.h>

#include "boot/vm.h"
#include "judge/result.h"

/**
 * enum run_phase - where a guest is, by its own records
 * @PHASE_BOOT: from power on to init's first word
 * @PHASE_INSMOD: to the start of the load: module in, planted bug reported
 * @PHASE_LOAD: to its end
 * @PHASE_FINISH: to the end of QEMU
 */
enum run_phase {
	PHASE_BOOT,
	PHASE_INSMOD,
	PHASE_LOAD,
	PHASE_FINISH,
};

/**
 * struct run_limits - patience, in seconds; all but @outer and @quiet are multiplied by the scale
 * @phase: how long each phase may take; for the load: longer than ordered
 * @stall: how long a guest may show no sign of progress at all
 * @tail: how long a crash may take to be told to its end
 * @outer: how long the outer guest of the nested mode may be silent
 * @quiet: a crash report with no new byte for so long has been told
 */
struct run_limits {
	double phase[PHASE_FINISH + 1];
	double stall;
	double tail;
	double outer;
	double quiet;
};

extern const struct run_limits run_limits_default;

/**
 * struct run_guest - what to boot
 * @name: told with the number of its runs, or NULL
 * @vm: the guest; its @dir is ignored
 * @expect_pv: the load must reach kvm_wait()
 * @facts: copied into every run.json, may be NULL
 * @conf: text of the guest's orders, kept in each directory; may be NULL
 */
struct run_guest {
	const char *name;
	struct vm_config vm;
	bool expect_pv;
	json_t *facts;
	const char *conf;
};

/**
 * struct run_config - how often to boot, and how
 * @guests: booted in turn: run N is of guest N modulo @nr_guests
 * @nr_guests: how many; at least 1
 * @first: number of the first run
 * @runs: how many runs
 * @jobs: how many at once
 * @until_first: end a boot at its first finding
 * @seconds: how long the load is ordered to run, in guest time
 * @reload: how often the module is taken out and put back meanwhile
 * @limits: patience
 * @scale: of this accelerator
 * @dir: directory of the runs; must exist
 * @out: where verdicts are printed; NULL: nowhere
 * @verbose: tell each guest's phases
 * @enough: told each verdict that stands, in the order in which boots end; when
 *	    it returns true, the boots that still run are ended and no more are
 *	    started; NULL: all are run
 * @ctx: for @enough
 */
struct run_config {
	const struct run_guest *guests;
	unsigned int nr_guests;
	unsigned int first;
	unsigned int runs;
	unsigned int jobs;
	bool until_first;
	unsigned int seconds;
	unsigned int reload;
	const struct run_limits *limits;
	double scale;
	const char *dir;
	FILE *out;
	bool verbose;
	bool (*enough)(void *ctx, unsigned int number, const struct verdict *v);
	void *ctx;
};

int run_boots(const struct run_config *config, struct result *result);

#endif
