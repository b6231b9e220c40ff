/* SPDX-License-Identifier: GPL-2.0 */
/*
 * "Test this kernel like that": from what a user asks for to boots and their
 * result. Shared by the commands that boot.
 */
#ifndef IRQSAN_REQUEST_H
#define IRQSAN_REQUEST_H

#include <argp.h>

#include "boot/accel.h"
#include "boot/guest-image.h"
#include "boot/run.h"
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
 * @accel: as asked for
 * @cpus: of the guest
 * @memory_mb: of the guest
 * @workload: its load
 * @seconds: how long, in guest time
 * @runs: how many
 * @until_first: end a boot at its first finding
 * @reload: how often the module is taken out and put back
 * @builtin: the kernel's own check is the detector, irqsan.ko isn't loaded
 * @planted: run the planted bogus restores, and find all of them
 * @chores: names of chores with commas between, or NULL
 * @selftests: names of selftests to run instead of a load, NULL-terminated; or NULL
 * @tracers: perf, trace-cmd and bpftrace are to be in the guest
 * @ignore: patterns of titles that don't count
 * @cmdline: more of the kernel's command line, or NULL
 * @module: irqsan.ko to load instead of a fresh one, or NULL
 * @params: its parameters, or NULL
 * @livepatch: livepatch module to load before it, or the directory of its source, or NULL
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
	bool builtin;
	bool planted;
	const char *chores;
	const char *const *selftests;
	bool tracers;
	struct strv ignore;
	const char *cmdline;
	const char *module;
	const char *params;
	const char *livepatch;
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

/**
 * struct request_guest - a guest that is ready to be booted
 * @guest: its initramfs and orders
 * @image: its kernel, a copy; owned
 * @cmdline: what its kernel is told besides; owned
 * @run: for run_boots(); points into the above
 */
struct request_guest {
	struct guest guest;
	char *image;
	char *cmdline;
	struct run_guest run;
};

/* Options that every command that boots has; input: struct request. */
extern const struct argp request_argp;
/* How many boots, for commands that don't find that out; input: struct request. */
extern const struct argp request_runs_argp;
/* Options of the load, and of the module; input: struct request. */
extern const struct argp request_load_argp;
/* Titles that don't count, for commands that judge; input: struct strv. */
extern const struct argp request_ignore_argp;

unsigned int request_number(const struct argp_state *state, const char *option, const char *arg,
			    unsigned int min, unsigned int max);
FILE *request_out(const struct request *rq);
int request_accel(const struct request *rq, enum accel *accel);
int request_guest_make(const struct request *rq, const struct kernel *k, enum accel accel,
		       const char *dir, struct request_guest *g);
void request_guest_free(struct request_guest *g);
struct series request_series(const struct request *rq, enum accel accel, const char *dir);
int request_run(const struct request *rq, struct result *result);

#endif
