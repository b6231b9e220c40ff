/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What was ordered of a boot. The guest's image, run.json and the judge read the same
 * struct.
 */
#ifndef IRQSAN_PLAN_H
#define IRQSAN_PLAN_H

#include <jansson.h>
#include <stdbool.h>

#include "base/util.h"
#include "boot/accel.h"

struct detector;
struct load;

/**
 * struct plan - what was ordered of a boot; owns its strings
 * @accel: of the guest; ACCEL_AUTO until it is chosen
 * @detector: what is to find bugs
 * @load: what is to trigger them
 * @args: the load's own arguments, see its file
 * @repeat: how often a command is run, one time after the other; 0: as long as the load
 *	    lasts
 * @procs: how many of it run at once
 * @cpus: of the guest
 * @memory_mb: of the guest, MiB
 * @seconds: how long the load runs, in guest time
 * @scale: patience with the guest, in percent of what its accelerator gets
 * @timeout: host seconds after which a boot is ended, whatever it does; 0: no limit
 * @reload: how often irqsan.ko is taken out and put back meanwhile
 * @icount: the guest's clock counts its instructions, and jumps where it is idle
 * @proof: the detector is to report a planted bug, or the boot says nothing
 * @planted: run the planted bogus restores before the load, and find all of them
 * @tracers: perf, trace-cmd and bpftrace are in the guest
 * @expect_pv: the load must reach kvm_wait()
 * @until_first: end the boot at its first finding that counts; not with @planted, nor
 *		 with a load that makes the detector report
 * @chores: what else is done beside the load or after it
 * @add: files of this machine that are put into the guest, FILE or FILE:PATH
 * @insmod: modules to load before the load: FILE.ko, or the directory of their source,
 *	    DIR or DIR@REV, and ",PARAMETERS"
 * @modprobe: the kernel's own modules to load before the load
 * @devices: more devices of the guest, in QEMU's words
 * @qemu_args: more arguments of QEMU
 * @ignore: findings with such titles don't count (PCRE2)
 * @cmdline: more of the kernel's command line, or NULL
 * @qemu: QEMU binary, or NULL for the one in PATH
 * @module: irqsan.ko to load, or NULL for a fresh one
 * @params: its parameters, or NULL
 * @syz: directory of the user's syz-execprog and syz-executor, or NULL
 * @livepatch: livepatch module to load before it, or the directory of its source, or
 *	       NULL
 * @root: the guest's userland (docs/userland.md), or NULL for init alone
 */
struct plan {
	enum accel accel;
	const struct detector *detector;
	const struct load *load;
	struct strv args;
	unsigned int repeat;
	unsigned int procs;
	unsigned int cpus;
	unsigned int memory_mb;
	unsigned int seconds;
	unsigned int scale;
	unsigned int timeout;
	unsigned int reload;
	bool icount;
	bool proof;
	bool planted;
	bool tracers;
	bool expect_pv;
	bool until_first;
	struct strv chores;
	struct strv add;
	struct strv insmod;
	struct strv modprobe;
	struct strv devices;
	struct strv qemu_args;
	struct strv ignore;
	char *cmdline;
	char *qemu;
	char *module;
	char *params;
	char *syz;
	char *livepatch;
	char *root;
};

void plan_init(struct plan *plan);
void plan_set(char **member, const char *value);
void plan_copy(struct plan *to, const struct plan *from);
int plan_to_json(const struct plan *plan, json_t **doc);
int plan_from_json(const json_t *run, struct plan *plan);
void plan_free(struct plan *plan);

#endif
