// SPDX-License-Identifier: GPL-2.0
/*
 * Programs of this machine: what they print, and the files they need elsewhere.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "base/child.h"
#include "base/program.h"

#define DEADLINE_S 20

/**
 * program_output() - run a program for what it prints
 * @argv: NULL-terminated command
 * @out: its standard output is added
 *
 * Return: 0 or a negative errno, also when the program failed; the reason was
 * printed
 */
int program_output(const char *const *argv, struct buf *out)
{
	struct child_opts opts = { .argv = argv, .out = -1, .err = -1 };
	int status;
	int rc = child_run(&opts, DEADLINE_S, out, &status);

	if (!rc && status) {
		pr_err("%s %s failed (exit status %d)", argv[0], argv[1], status);
		rc = -EIO;
	}
	return rc;
}

/**
 * program_first_line() - first line of what a program prints
 * @argv: NULL-terminated command
 *
 * Return: the line, which the caller frees; NULL when there is none or the program
 * failed, of which nothing is printed
 */
char *program_first_line(const char *const *argv)
{
	struct child_opts opts = { .argv = argv, .out = -1, .err = -1 };
	struct buf out = { 0 };
	char *line = NULL;
	int status;

	if (!child_run(&opts, DEADLINE_S, &out, &status) && !status && out.len)
		line = xasprintf("%.*s", (int)strcspn(out.data, "\n"), out.data);
	buf_free(&out);
	return line;
}

/**
 * program_libraries() - the shared libraries of a program
 * @program: its path
 * @files: their paths are added, the dynamic linker's too
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int program_libraries(const char *program, struct strv *files)
{
	const char *const argv[] = { "ldd", program, NULL };
	struct buf out = { 0 };
	char *save, *line;
	int rc = program_output(argv, &out);

	line = rc ? NULL : strtok_r(out.data, "\n", &save);
	for (; line; line = strtok_r(NULL, "\n", &save)) {
		char *path = strchr(line, '/');
		char *end = path ? strstr(path, " (") : NULL;

		/* The kernel's own vdso has no path. */
		if (!end)
			continue;
		*end = '\0';
		strv_push(files, path);
	}
	buf_free(&out);
	return rc;
}
