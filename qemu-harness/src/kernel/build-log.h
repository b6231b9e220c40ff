/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the log of a kernel build that failed: the line that says why, and
 * whether the source is to blame or this machine.
 */
#ifndef IRQSAN_BUILD_LOG_H
#define IRQSAN_BUILD_LOG_H

#include <stdbool.h>

/**
 * struct build_failure - why a build failed
 * @line: what was said of it first; owned
 * @ours: the machine's fault (disk, memory, sandbox), not the source's
 */
struct build_failure {
	char *line;
	bool ours;
};

void build_failure_find(const char *log, int status, struct build_failure *f);
bool build_compiles(const char *line);

#endif
