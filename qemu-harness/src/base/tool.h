/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs a program that writes a long log and, when it fails, picks the one line
 * of the log that says why.
 */
#ifndef IRQSAN_TOOL_H
#define IRQSAN_TOOL_H

/**
 * struct tool - one run
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

int tool_run(const struct tool *t);

#endif
