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
 * @run: argv[0] is "irqsan VERB"
 */
struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

int cmd_doctor(int argc, char **argv);
int cmd_kernel(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_reproduce(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_recheck(int argc, char **argv);
int cmd_sites(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_bisect(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_title(int argc, char **argv);
int cmd_selftest(int argc, char **argv);

#endif
