/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Boots a guest many times, several at once; each boot leaves a run directory, which
 * others judge (judge/series.h).
 */
#ifndef IRQSAN_RUN_H
#define IRQSAN_RUN_H

#include <jansson.h>

#include "boot/plan.h"
#include "boot/vm.h"

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
 * @name: printed with the number of its runs, or NULL
 * @plan: what is ordered of it
 * @vm: the guest; its @dir is ignored
 * @facts: of what it was made: "facts" of each run.json; may be NULL
 * @conf: text of the guest's orders, kept in each directory; may be NULL
 */
struct run_guest {
	const char *name;
	const struct plan *plan;
	struct vm_config vm;
	json_t *facts;
	const char *conf;
};

/**
 * enum run_next - what is to happen when a boot has ended
 * @RUN_NEXT: the run is done
 * @RUN_AGAIN: the run is to be repeated
 * @RUN_ENOUGH: the boots that still run are ended, and no more are started
 */
enum run_next {
	RUN_NEXT,
	RUN_AGAIN,
	RUN_ENOUGH,
};

/**
 * struct run_config - how often to boot, and how
 * @guests: booted in turn: run N is of guest N modulo @nr_guests
 * @nr_guests: how many; at least 1
 * @first: number of the first run
 * @runs: how many runs
 * @jobs: how many at once
 * @limits: patience
 * @scale: of this accelerator
 * @dir: directory of the runs; must exist
 * @verbose: tell each guest's phases
 * @counts: where a plan is to end at its first finding: does what @dir holds so far
 *	    have one that counts?
 * @ended: a boot has ended, its directory @dir is complete; returns enum run_next
 *	   or a negative errno. With @last there is no next boot, whatever it returns
 * @ctx: for both
 */
struct run_config {
	const struct run_guest *guests;
	unsigned int nr_guests;
	unsigned int first;
	unsigned int runs;
	unsigned int jobs;
	const struct run_limits *limits;
	double scale;
	const char *dir;
	bool verbose;
	bool (*counts)(void *ctx, const char *dir);
	int (*ended)(void *ctx, unsigned int number, unsigned int attempt, const char *dir,
		     bool last);
	void *ctx;
};

const char *run_phase_name(enum run_phase phase);
int run_boots(const struct run_config *config);

#endif
