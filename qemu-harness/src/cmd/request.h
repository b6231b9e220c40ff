/* SPDX-License-Identifier: GPL-2.0 */
/*
 * "Test this kernel like that": from what a user asks for to boots and their
 * result. Shared by the commands that boot.
 */
#ifndef IRQSAN_REQUEST_H
#define IRQSAN_REQUEST_H

#include "boot/plan.h"
#include "cmd/options.h"
#include "judge/series.h"

/**
 * enum request_pv - must the load reach kvm_wait()?
 * @REQUEST_PV_AUTO: yes, unless accelerator or workload can't
 * @REQUEST_PV_ON: yes
 * @REQUEST_PV_OFF: no
 */
enum request_pv {
	REQUEST_PV_AUTO,
	REQUEST_PV_ON,
	REQUEST_PV_OFF,
};

/**
 * struct request - what is asked for
 * @command: the verb, for the result
 * @kernel: name of the kernel
 * @plan: what is ordered of each boot
 * @memory_given: the user said how much memory the guest has
 * @seconds_given: the user said how long the load may run
 * @runs: how many
 * @jobs: boots at once; 0: as many as this machine can
 * @json: file for the result, "-" for standard output, or NULL
 * @junit: the same as JUnit's XML
 * @ktap: the same as KTAP; of selftest: what the tests said
 * @keep: directory for the runs, or NULL
 * @pv: whether kvm_wait() is expected
 * @verbose: print each guest's phases
 */
struct request {
	const char *command;
	const char *kernel;
	struct plan plan;
	bool memory_given;
	bool seconds_given;
	unsigned int runs;
	unsigned int jobs;
	const char *json;
	const char *junit;
	const char *ktap;
	const char *keep;
	enum request_pv pv;
	bool verbose;
};

/* Options that every command that boots has; of a struct request. */
extern const struct verb_option request_options[];
/* How many boots, for commands that don't find that out; of a struct request. */
extern const struct verb_option request_runs_options[];
/* Options of the load, of the module, and for CI systems; of a struct request. */
extern const struct verb_option request_load_options[];
/* Titles that don't count, for commands that judge; of a struct strv. */
extern const struct verb_option request_ignore_options[];

void request_init(struct request *rq, const char *command);
void request_check_load(const struct argp_state *state, void *to);
FILE *request_out(const struct request *rq);
int request_accel(struct request *rq);
struct series request_series(const struct request *rq, const char *dir);
int request_write(const struct request *rq, const json_t *doc);
int request_run(struct request *rq, struct result *result);

#endif
