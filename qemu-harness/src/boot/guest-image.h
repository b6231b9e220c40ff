/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Makes the initramfs of the guest under test: init, modules, orders.
 */
#ifndef IRQSAN_HOST_GUEST_H
#define IRQSAN_HOST_GUEST_H

#include <stdbool.h>

#include "kernel/kernel.h"

/**
 * struct guest_config - what the guest is to do
 * @kernel: its kernel
 * @module: irqsan.ko to load, or NULL to build one for @kernel
 * @params: parameters of irqsan.ko, or NULL
 * @livepatch: livepatch module to load first, or the directory of its source, or NULL
 * @workload: "mkdir-storm", "lock-storm" or "none"
 * @seconds: how long the load runs
 * @reload: how often the module is taken out and put back
 * @bare: without irqsan.ko
 * @builtin: the kernel's own check is the detector; with @bare
 * @bench: work to measure instead of a load, "NAME OPS" each, NULL-terminated;
 *	   or NULL
 * @events: sites to watch with kprobe events, one a line, or NULL
 * @tell_sites: it is to send the list of irqsan's sites
 * @planted: run the planted bogus restores before the load
 * @selftests: names of selftests to run, NULL-terminated; they load the modules
 *	       themselves, so there is no load; or NULL
 * @tracers: put perf, trace-cmd and bpftrace into it, those that this machine has
 * @chores: names of chores with commas between, or NULL
 */
struct guest_config {
	const struct kernel *kernel;
	const char *module;
	const char *params;
	const char *livepatch;
	const char *workload;
	unsigned int seconds;
	unsigned int reload;
	bool bare;
	bool builtin;
	const char *const *bench;
	const char *events;
	bool tell_sites;
	bool planted;
	const char *const *selftests;
	bool tracers;
	const char *chores;
};

/**
 * struct guest - an initramfs that was made
 * @initramfs: its path; owned
 * @conf: the orders in it; owned
 * @module: path of the irqsan.ko in it; owned; NULL for a bare one
 * @livepatch: path of the livepatch in it, or NULL; owned
 */
struct guest {
	char *initramfs;
	char *conf;
	char *module;
	char *livepatch;
};

bool guest_workload_known(const char *name);
bool guest_chores_known(const char *names);
int guest_build(const struct guest_config *config, const char *dir, struct guest *guest);
void guest_free(struct guest *guest);

#endif
