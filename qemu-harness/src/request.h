/* SPDX-License-Identifier: GPL-2.0 */
/*
 * "Test this kernel like that": from what a user asks for to boots and their
 * result. Shared by the commands that boot.
 */
#ifndef IRQSAN_REQUEST_H
#define IRQSAN_REQUEST_H

#include <argp.h>

#include "accel.h"
#include "result.h"

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
 * @accel: as asked for
 * @cpus: of the guest
 * @memory_mb: of the guest
 * @workload: its load
 * @seconds: how long, in guest time
 * @runs: how many
 * @until_first: end a boot at its first finding
 * @reload: how often the module is taken out and put back
 * @planted: run the planted bogus restores, and find all of them
 * @chores: names of chores with commas between, or NULL
 * @module: irqsan.ko to load instead of a fresh one, or NULL
 * @params: its parameters, or NULL
 * @jobs: boots at once; 0: as many as this machine can
 * @qemu: QEMU binary, or NULL
 * @json: file for the result, "-" for standard output, or NULL
 * @keep: directory for the runs, or NULL
 * @pv: whether kvm_wait() is expected
 * @verbose: tell more
 */
struct request {
	const char *command;
	const char *kernel;
	enum accel accel;
	unsigned int cpus;
	unsigned int memory_mb;
	const char *workload;
	unsigned int seconds;
	unsigned int runs;
	bool until_first;
	unsigned int reload;
	bool planted;
	const char *chores;
	const char *module;
	const char *params;
	unsigned int jobs;
	const char *qemu;
	const char *json;
	const char *keep;
	enum request_pv pv;
	bool verbose;
};

#define REQUEST_DEFAULTS { \
	.cpus = 4, .memory_mb = 512, .workload = "mkdir-storm", .seconds = 30, .runs = 1, \
	.until_first = true, \
}

/* Options that every command that boots has; input: struct request. */
extern const struct argp request_argp;

unsigned int request_number(const struct argp_state *state, const char *option, const char *arg,
			    unsigned int min, unsigned int max);
FILE *request_out(const struct request *rq);
int request_run(const struct request *rq, struct result *result);

#endif
