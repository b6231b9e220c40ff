/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a boot left in its run directory, read for the judge.
 */
#ifndef IRQSAN_EVIDENCE_H
#define IRQSAN_EVIDENCE_H

#include "base/cpu-time.h"
#include "boot/plan.h"
#include "judge/judge.h"

/* The restores of irqsan_planted.ko; all of them must be caught. */
#define PLANTS 4
extern const char *const evidence_plants[PLANTS];

/**
 * struct evidence - all that a run directory says
 * @v: verdict under construction; its counters are filled while reading
 * @plan: what was ordered
 * @ended: why the boot ended, in the words of run.json; owned
 * @truncated: more came from the guest than was kept
 * @stuck: of a guest that was given up: what its QEMU had of the CPUs meanwhile
 * @livepatched: the livepatch that was ordered was in force before the load
 * @caught: which of them were caught: a bit for each of evidence_plants[]
 * @plant_title: what is wrong with the first that was not; owned
 * @chores: chores that were ordered and haven't been recorded; owned, NULL at the end
 * @undone: how many were skipped
 * @chore_title: the first chore that failed; owned
 * @boot: the guest's init started
 * @module: a module record came
 * @module_rc: its result
 * @control: a control record came
 * @load: the load began
 * @boot_up: guest uptime at which init started
 * @load_up: and at which the load began
 * @up: greatest uptime in any record
 * @guest_up: of the guest itself
 * @done: the load ended as ordered
 * @done_up: guest uptime at which it did
 * @l1_exit: L1 saw the inner QEMU end
 * @l1_status: and how
 * @recorded: the detector told of a violation by a record
 * @command_error: why the user's command could not be run, or ""; owned; NULL: it has
 *		    no record
 * @status: the first exit status of its that isn't 0
 * @output: what it printed
 * @error: first error record of the guest; owned
 * @l1_error: first error record of L1; owned
 * @qemu_said: last line of qemu.log; owned
 * @console: console.log
 */
struct evidence {
	struct verdict *v;
	struct plan plan;
	char *ended;
	int truncated;
	struct cpu_time stuck;
	bool livepatched;
	unsigned int caught;
	char *plant_title;
	struct strv chores;
	size_t undone;
	char *chore_title;
	bool boot;
	bool module;
	int64_t module_rc;
	bool control;
	bool load;
	double boot_up;
	double load_up;
	double up;
	double guest_up;
	bool done;
	double done_up;
	bool l1_exit;
	int64_t l1_status;
	bool recorded;
	char *command_error;
	int64_t status;
	struct buf output;
	char *error;
	char *l1_error;
	char *qemu_said;
	struct buf console;
};

int evidence_read(const char *dir, struct evidence *e);
void evidence_free(struct evidence *e);
enum run_phase evidence_phase(const struct evidence *e, double up);
char *evidence_output(const struct evidence *e, unsigned int lines);
bool evidence_not_here(const struct evidence *e);

#endif
