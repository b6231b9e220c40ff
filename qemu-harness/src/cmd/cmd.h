/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The verbs of the irqsan program. One file a verb, cmd-VERB.c, which parses
 * its own options and returns an exit code (enum irqsan_exit).
 */
#ifndef IRQSAN_CMD_H
#define IRQSAN_CMD_H

/**
 * struct command - one verb
 * @name: as typed
 * @summary: one line for "irqsan --help"
 * @run: argv[0] is "irqsan VERB"; returns an exit code
 */
struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

extern const struct command cmd_doctor;
extern const struct command cmd_kernel;
extern const struct command cmd_run;
extern const struct command cmd_reproduce;
extern const struct command cmd_verify;
extern const struct command cmd_recheck;
extern const struct command cmd_sites;
extern const struct command cmd_bench;
extern const struct command cmd_bisect;
extern const struct command cmd_report;
extern const struct command cmd_title;
extern const struct command cmd_selftest;

#endif
