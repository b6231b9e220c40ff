/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs one make of a kernel build: its words go into the log, how far it is to
 * the terminal, and why it failed to the caller.
 */
#ifndef IRQSAN_BUILD_RUN_H
#define IRQSAN_BUILD_RUN_H

#include "kernel/build-log.h"

/**
 * struct build_run - one run
 * @what: what is done, for messages
 * @argv: NULL-terminated command
 * @log: file that its words are appended to
 * @deadline_s: seconds
 * @expected: how many files will be compiled; 0 if not known
 * @compiled: how many were; filled
 * @failure: filled when it failed; @failure.line to be freed
 */
struct build_run {
	const char *what;
	const char *const *argv;
	const char *log;
	double deadline_s;
	unsigned int expected;
	unsigned int compiled;
	struct build_failure failure;
};

int build_run(struct build_run *r);

#endif
