// SPDX-License-Identifier: GPL-2.0
/*
 * Runs one make of a kernel build: its words go into the log, how far it is to
 * the terminal, and why it failed to the caller.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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
 * @start: when it began
 * @told: when progress was told last
 * @every: seconds between
 */
struct following {
	struct build_run *r;
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

/* Passes what is there to the log and to @c; false at the end of the stream. */
static bool pass_on(int from, int log, struct console *c)
{
	char data[16384];
	ssize_t n = 1;

	for (int i = 0; n > 0 && i < CHILD_READS; i++) {
		n = read(from, data, sizeof(data));
		if (n > 0)
			console_feed(c, data, n);
		/* A log that can't be written is missed when the build fails. */
		if (n > 0 && write(log, data, n) < 0)
			continue;
	}
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* 0 at its end, -ETIMEDOUT, or -EINTR. */
static int follow(struct following *f, struct child *child, int from, int log)
{
	struct console c = { .fn = on_line, .ctx = f };
	double end = f->start + f->r->deadline_s;
	bool open = true;
	int rc = 0;

	while (!rc && (open || !child_poll(child))) {
		struct pollfd fds[] = {
			{ .fd = open ? from : -1, .events = POLLIN },
			{ .fd = child->pidfd, .events = POLLIN },
		};

		rc = child_ppoll(fds, 2, end);
		if (!rc)
			rc = -ETIMEDOUT;
		if (rc < 0)
			break;
		rc = 0;
		if (fds[0].revents)
			open = pass_on(from, log, &c);
		/* Nobody is left to write. */
		if (open && child_poll(child))
			open = pass_on(from, log, &c) && false;
	}
	console_end(&c);
	return rc;
}

static int explain(struct build_run *r, off_t start, int status)
{
	struct buf log = { 0 };
	int rc = read_file(r->log, &log);

	if (!rc)
		build_failure_find(log.data + start, status, &r->failure);
	if (!rc)
		rc = -EIO;
	buf_free(&log);
	return rc;
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
	struct following f = { .r = r, .start = now(), .told = now() };
	struct child_opts opts = { .argv = r->argv };
	int fds[2] = { -1, -1 }, log, rc, status;
	struct child child;
	off_t start;

	f.every = isatty(STDERR_FILENO) ? TERMINAL_S : LOG_S;
	r->compiled = 0;
	r->failure = (struct build_failure){ 0 };
	log = open(r->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (log < 0 || pipe2(fds, O_CLOEXEC)) {
		rc = -errno;
		pr_err("%s failed: can't write %s: %s", r->what, r->log, strerror(-rc));
		if (log >= 0)
			close(log);
		return rc;
	}
	start = lseek(log, 0, SEEK_END);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	opts.out = fds[1];
	opts.err = fds[1];
	rc = child_spawn(&child, &opts);
	close(fds[1]);
	if (!rc) {
		rc = follow(&f, &child, fds[0], log);
		child_kill(&child);
	}
	pr_progress_end();
	close(fds[0]);
	close(log);
	if (rc == -ETIMEDOUT)
		pr_err("%s did not end within %g s; killed", r->what, r->deadline_s);
	if (rc)
		return rc;
	status = WIFEXITED(child.status) ? WEXITSTATUS(child.status) :
					   128 + WTERMSIG(child.status);
	return status ? explain(r, start, status) : 0;
}
