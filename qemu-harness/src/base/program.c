// SPDX-License-Identifier: GPL-2.0
/*
 * Runs programs of this machine: for what they print, or for what they do.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/printable.h"
#include "base/program.h"

/* apt indexes its lists anew when it is asked first. */
#define DEADLINE_S 60

static int run(const char *const *argv, struct strv *lines, int *status)
{
	struct child_opts opts = { .argv = argv, .out = -1, .err = -1 };
	struct buf out __cleanup(buf_free) = { 0 };
	int rc = child_run(&opts, DEADLINE_S, &out, status);

	if (!rc && !*status)
		strv_lines(lines, out.data);
	return rc;
}

/**
 * program_ask() - run a program that may have no answer
 * @argv: NULL-terminated command
 * @lines: the lines that it prints are added
 *
 * Return: 0 or a negative errno; -ENOENT (silently) when the program failed
 */
int program_ask(const char *const *argv, struct strv *lines)
{
	int status, rc = run(argv, lines, &status);

	return rc ?: status ? -ENOENT : 0;
}

/**
 * program_lines() - run a program for what it prints
 * @argv: NULL-terminated command
 * @lines: the lines that it prints are added
 *
 * Return: 0 or a negative errno, also when the program failed; the reason was
 * printed
 */
int program_lines(const char *const *argv, struct strv *lines)
{
	int status, rc = run(argv, lines, &status);

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
	struct strv lines __cleanup(strv_free) = { 0 };

	return program_ask(argv, &lines) || !lines.n ? NULL : xstrdup(lines.v[0]);
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
	struct strv lines __cleanup(strv_free) = { 0 };
	/* ldd fails where there are none. */
	int rc = program_ask(argv, &lines);

	for (size_t i = 0; i < lines.n; i++) {
		const char *path = strchr(lines.v[i], '/');
		const char *end = path ? strstr(path, " (") : NULL;

		/* The kernel's own vdso has no path. */
		if (end)
			strv_pushf(files, "%.*s", (int)(end - path), path);
	}
	return rc == -ENOENT ? 0 : rc;
}

static const char *const full_disk[] = {
	"No space left on device", "enough free space", "Disk quota exceeded", NULL,
};

/* The line of @log around the first occurrence of a mark, or NULL; caller frees. */
static char *telling_line(const char *log, const char *const *marks)
{
	char *raw __cleanup(free_ptr) = NULL;
	const char *at = NULL;

	for (; *marks && !at; marks++)
		at = strstr(log, *marks);
	if (!at)
		return NULL;
	while (at > log && at[-1] != '\n')
		at--;
	at += strspn(at, " \t");
	raw = strndup(at, strcspn(at, "\r\n"));
	return printable_line(raw);
}

/**
 * tool_run() - run a program; of one that fails, print the line of its log that says why
 * @t: what to run
 *
 * Return: 0; -ENOSPC when it failed for a full disk, -EIO when it failed for
 * anything else; a negative errno when it could not run
 */
int tool_run(const struct tool *t)
{
	int fd __cleanup(close_fd) = create_file(t->log);
	struct child_opts opts = { .argv = t->argv, .cwd = t->cwd, .out = fd, .err = fd };
	struct buf log __cleanup(buf_free) = { 0 };
	char *line __cleanup(free_ptr) = NULL;
	int rc, status = 0;

	if (fd < 0)
		return fd;
	rc = child_run(&opts, t->deadline_s, NULL, &status);
	if (rc || !status)
		return rc;
	if (read_file(t->log, &log))
		return -EIO;
	line = telling_line(log.data, full_disk);
	if (line) {
		pr_err("%s failed: the disk is full (%s); free some space and run again",
		       t->what, line);
		return -ENOSPC;
	}
	line = telling_line(log.data, t->marks);
	pr_err("%s failed: %s (all of it: %s)", t->what, line ?: "its log says no more", t->log);
	return -EIO;
}
