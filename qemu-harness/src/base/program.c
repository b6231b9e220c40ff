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
	struct buf out __cleanup(buf_free) = { 0 };
	int status;

	if (child_run(&opts, DEADLINE_S, &out, &status) || status || !out.len)
		return NULL;
	return xasprintf("%.*s", (int)strcspn(out.data, "\n"), out.data);
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
	struct buf out __cleanup(buf_free) = { 0 };
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
	return rc;
}

static const char *const full_disk[] = {
	"No space left on device", "enough free space", "Disk quota exceeded", NULL,
};

/* The line of @log around the first occurrence of a mark, or NULL; caller frees. */
static char *telling_line(const char *log, const char *const *marks)
{
	for (; *marks; marks++) {
		char *raw __cleanup(free_ptr) = NULL;
		const char *hit = strstr(log, *marks);
		const char *start = hit;

		if (!hit)
			continue;
		while (start > log && start[-1] != '\n')
			start--;
		start += strspn(start, " \t");
		raw = strndup(start, strcspn(start, "\r\n"));
		return printable_line(raw);
	}
	return NULL;
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
	int fd = open(t->log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
	struct child_opts opts = { .argv = t->argv, .cwd = t->cwd, .out = fd, .err = fd };
	struct buf log __cleanup(buf_free) = { 0 };
	char *line __cleanup(free_ptr) = NULL;
	int rc, status = 0;

	if (fd < 0) {
		rc = -errno;
		pr_err("can't create %s: %s", t->log, strerror(-rc));
		return rc;
	}
	rc = child_run(&opts, t->deadline_s, NULL, &status);
	close(fd);
	if (rc || !status)
		return rc;
	if (read_file(t->log, &log))
		return -EIO;
	line = telling_line(log.data, full_disk);
	if (line) {
		rc = -ENOSPC;
		pr_err("%s failed: the disk is full (%s); free some space and run again",
		       t->what, line);
	} else {
		rc = -EIO;
		line = telling_line(log.data, t->marks);
		pr_err("%s failed: %s (all of it: %s)", t->what,
		       line ? line : "its log says no more", t->log);
	}
	return rc;
}
