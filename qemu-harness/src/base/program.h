/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs of this machine: what they print, the files they need elsewhere, and the
 * line of their log that says why they failed.
 */
#ifndef IRQSAN_PROGRAM_H
#define IRQSAN_PROGRAM_H

#include "base/util.h"

/**
 * struct tool - one run of a program that writes a long log
 * @what: what it does, for messages
 * @argv: NULL-terminated command
 * @cwd: working directory, or NULL
 * @log: file for stdout and stderr, replaced
 * @deadline_s: seconds, 0 for none
 * @marks: NULL-terminated: the line that counts is the first one that holds
 *	   the first of these that occurs at all
 */
struct tool {
	const char *what;
	const char *const *argv;
	const char *cwd;
	const char *log;
	double deadline_s;
	const char *const *marks;
};

int program_ask(const char *const *argv, struct strv *lines);
int program_lines(const char *const *argv, struct strv *lines);
char *program_first_line(const char *const *argv);
int program_libraries(const char *program, struct strv *files);
int tool_run(const struct tool *t);

#endif
