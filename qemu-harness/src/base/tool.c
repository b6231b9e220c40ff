// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a program that writes a long log and, when it fails, picks the one line
 * of the log that says why.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/printable.h"
#include "base/tool.h"
#include "base/util.h"

static const char *const full_disk[] = {
	"No space left on device", "enough free space", "Disk quota exceeded", NULL,
};

/* The line of @log around the first occurrence of a mark, or NULL; caller frees. */
static char *telling_line(const char *log, const char *const *marks)
{
	for (; *marks; marks++) {
		const char *hit = strstr(log, *marks);
		const char *start = hit;
		char *raw, *line;

		if (!hit)
			continue;
		while (start > log && start[-1] != '\n')
			start--;
		start += strspn(start, " \t");
		raw = strndup(start, strcspn(start, "\r\n"));
		line = printable_line(raw);
		free(raw);
		return line;
	}
	return NULL;
}

/**
 * tool_run() - run a program to its end
 * @t: what to run
 *
 * Return: 0; -ENOSPC when it failed for a full disk, -EIO when it failed for
 * anything else; a negative errno when it could not run
 */
int tool_run(const struct tool *t)
{
	int fd = open(t->log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
	struct child_opts opts = { .argv = t->argv, .cwd = t->cwd, .out = fd, .err = fd };
	struct buf log = { 0 };
	int rc, status = 0;
	char *line = NULL;

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
	free(line);
	buf_free(&log);
	return rc;
}
