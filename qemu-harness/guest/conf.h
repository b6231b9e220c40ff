/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The orders of this guest: /etc/irqsan.conf (docs/guest-protocol.md).
 */
#ifndef IRQSAN_CONF_H
#define IRQSAN_CONF_H

#include <stdbool.h>
#include <stdint.h>

#define CONF_MODULES_MAX 64
#define CONF_BENCH_MAX 8
#define CONF_CHORES_MAX 8
#define CONF_SELFTESTS_MAX 32

/**
 * struct conf_module - a module to load
 * @path: the .ko in the initramfs; NULL when there is none
 * @params: its parameters; "" for none
 */
struct conf_module {
	const char *path;
	const char *params;
};

/**
 * struct conf_bench - fixed work to measure
 * @name: which; NULL when there is none
 * @ops: how often
 */
struct conf_bench {
	const char *name;
	uint64_t ops;
};

/**
 * struct conf - the orders
 * @module: modules to load first, in order; ends at the first without a path
 * @livepatch: a livepatch to put in force before @irqsan
 * @irqsan: the module under test
 * @storm: the lock-storm test module
 * @workload: name of the load
 * @planted: the module of planted bogus restores
 * @churn: modules to load in this order and unload in the other one, over and
 *	   over; ends at the first without a path
 * @chore: names of chores; ends with a NULL
 * @disk: ext4 image for the storm, or NULL
 * @root: file system of the disk that holds a userland, or NULL
 * @seconds: how long the load runs
 * @reload: how often @irqsan is taken out and put back under the load
 * @bench: work to measure instead of a load, in order; ends at the first
 *	   without a name
 * @events: file of sites to watch with kprobe events, or NULL
 * @tell_sites: send the list of the module's sites
 * @builtin: the kernel's own check is the detector
 * @control: the module of planted restores that proves it, behind the load
 * @insmod: modules of the user's to load before the load, in order; ends at the first
 *	    without a path
 * @command: file of a user's command: its words, each ended by a NUL; or NULL
 * @repeat: how often it is run, one time after the other; 0: as long as the load lasts
 * @procs: how many of it run at once
 * @until_first: the first that fails ends the load
 * @selftest: names of selftests to run instead of a load, which load the modules
 *	      themselves; ends with a NULL
 */
struct conf {
	struct conf_module module[CONF_MODULES_MAX + 1];
	struct conf_module livepatch;
	struct conf_module irqsan;
	struct conf_module storm;
	struct conf_module planted;
	struct conf_module churn[CONF_MODULES_MAX + 1];
	const char *chore[CONF_CHORES_MAX + 1];
	const char *workload;
	const char *disk;
	const char *root;
	unsigned int seconds;
	unsigned int reload;
	struct conf_bench bench[CONF_BENCH_MAX + 1];
	const char *events;
	bool tell_sites;
	bool builtin;
	struct conf_module control;
	struct conf_module insmod[CONF_MODULES_MAX + 1];
	const char *command;
	unsigned int repeat;
	unsigned int procs;
	bool until_first;
	const char *selftest[CONF_SELFTESTS_MAX + 1];
};

/* 0, or -errno with the reason recorded. */
int conf_read(const char *path, struct conf *conf);

#endif
