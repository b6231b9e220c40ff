/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The verdict on one boot, from nothing but its run directory: console.log,
 * records.jsonl and run.json. A run is judged by the same code right after it
 * and by "irqsan recheck" years later.
 */
#ifndef IRQSAN_JUDGE_H
#define IRQSAN_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include "boot/record.h"
#include "judge/finding.h"

/**
 * enum outcome - of one boot
 * @OUTCOME_OK: the load ran to its end and reached the code under test, no finding counts
 * @OUTCOME_CRASHED: the load came, and a finding counts: the detector's, or a report
 *		     of the kernel's under load
 * @OUTCOME_BOOT_FAILED: the load never came
 * @OUTCOME_HUNG: the guest stopped making progress under load
 * @OUTCOME_LOST: the harness's or L1's fault, or the detector didn't prove
 *		  itself; says nothing of the kernel
 * @OUTCOME_INCONCLUSIVE: ran to the end without reaching the code under test, or
 *			  without doing anything
 */
enum outcome {
	OUTCOME_OK,
	OUTCOME_CRASHED,
	OUTCOME_BOOT_FAILED,
	OUTCOME_HUNG,
	OUTCOME_LOST,
	OUTCOME_INCONCLUSIVE,
};

extern const char *const outcome_names[];

/**
 * struct verdict - what is known of one boot
 * @outcome: see above
 * @title: crash title (crashed, boot failed) or one line of reason (lost, hung,
 *	   inconclusive); NULL for OK; owned
 * @findings: all that the boot showed
 * @titles: titles of those that count, each once; owned
 * @skipped: chores that were not done, or only in part, "NAME: WHY" each; owned
 * @release: kernel release that the guest itself reported, or NULL; owned
 * @pv: the guest has PV spinlocks
 * @control: the planted violation came back
 * @done: the load ran to its end
 * @count: the last word of the counters; the control's violations are not in them
 * @load_runs: how often the user's command ended
 * @load_failed: and how often with another status than 0
 * @load_killed: how many of it still ran when its time was over
 * @run_ms: guest milliseconds that its first run took
 * @boot_s: guest seconds from the kernel's start to init's; 0 when init never started
 * @wall_s: host seconds of the whole boot
 * @timeline: what happened when, by the guest's own clock: an array, for people; owned
 * @sites: the last word on what the busiest sites have counted: likewise
 */
struct verdict {
	enum outcome outcome;
	char *title;
	struct findings findings;
	struct strv titles;
	struct strv skipped;
	char *release;
	bool pv;
	bool control;
	bool done;
	struct record_counters count;
	uint64_t load_runs;
	uint64_t load_failed;
	uint64_t load_killed;
	int64_t run_ms;
	double boot_s;
	double wall_s;
	json_t *timeline;
	json_t *sites;
};

int judge_dir(const char *dir, const struct strv *ignore, struct verdict *v);
void verdict_free(struct verdict *v);
/* "crashed: WARNING in kvm_wait", "OK", "boot failed: …"; caller frees. */
char *verdict_line(const struct verdict *v);

#endif
