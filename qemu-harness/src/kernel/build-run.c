// SPDX-License-Identifier: GPL-2.0
/*
 * Runs one make of a kernel build: its words go into the log, how far it is to
 * the terminal, and why it failed to the caller.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>

#include "base/child.h"
#include "base/console.h"
#include "base/util.h"
#include "kernel/build-run.h"

/* Seconds between two words of progress: on a terminal, and in a log. */
#define TERMINAL_S	1
#define LOG_S		30

/**
 * struct following - a run under way
 * @r: the run
 * @log: its log
 * @lines: what it says, in lines
 * @start: when it began
 * @told: when progress was told last
 * @every: seconds between
 */
struct following {
	struct build_run *r;
	int log;
	struct console lines;
	double start;
	double told;
	double every;
};

static void on_line(void *ctx, const char *line, size_t len)
{
	struct following *f = ctx;
	struct build_run *r = f->r;

	(void)len;
	r->compiled += build_compiles(line);
	if (now() - f->told < f->every)
		return;
	f->told = now();
	if (r->expected)
		pr_progress("%s: %u of about %u files compiled, %.0f s", r->what, r->compiled,
			    r->expected, now() - f->start);
	else
		pr_progress("%s: %u files compiled, %.0f s", r->what, r->compiled,
			    now() - f->start);
}

static void on_output(void *ctx, const char *data, size_t len)
{
	struct following *f = ctx;

	console_feed(&f->lines, data, len);
	/* A log that can't be written is missed when the build fails. */
	if (write(f->log, data, len) < 0)
		return;
}

static int explain(struct build_run *r, off_t start, int status)
{
	struct buf log __cleanup(buf_free) = { 0 };
	int rc = read_file(r->log, &log);

	if (rc)
		return rc;
	build_failure_find(log.data + start, status, &r->failure);
	return -EIO;
}

/**
 * build_run() - run make to its end
 * @r: what to run
 *
 * Return: 0; -EIO when it failed, and @r->failure says why; -ETIMEDOUT when it
 * was killed at its deadline; another negative errno when it could not run, and
 * the reason was printed
 */
int build_run(struct build_run *r)
{
	struct following f = {
		.r = r, .lines = { .fn = on_line, .ctx = &f }, .start = now(), .told = now(),
	};
	struct child_opts opts = { .argv = r->argv, .err = CHILD_AS_OUT };
	int rc, status;
	off_t start;

	f.every = isatty(STDERR_FILENO) ? TERMINAL_S : LOG_S;
	r->compiled = 0;
	r->failure = (struct build_failure){ 0 };
	f.log = open(r->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (f.log < 0)
		return file_err("write", r->log, errno);
	start = lseek(f.log, 0, SEEK_END);
	rc = child_read(&opts, f.start + r->deadline_s, on_output, &f, &status);
	console_end(&f.lines);
	pr_progress_end();
	close(f.log);
	if (rc == -ETIMEDOUT)
		pr_err("%s did not end within %g s; killed", r->what, r->deadline_s);
	return rc || !status ? rc : explain(r, start, status);
}
