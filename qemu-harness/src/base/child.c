// SPDX-License-Identifier: GPL-2.0
/*
 * Starts child processes, follows and ends them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/printable.h"
#include "base/util.h"

/* Reads that a pipe's content (1 MB at most) takes. */
#define READS_MAX 64

static const int caught_signals[] = { SIGINT, SIGTERM, SIGHUP };

static volatile sig_atomic_t signal_seen;
static bool catching;
/* The mask we were started with: in force during waits and in children. */
static sigset_t wait_mask;

/* Pids of children not yet reaped; not their struct child, which may be gone. */
static pid_t *running;
static size_t nr_running;

static void on_signal(int sig)
{
	signal_seen = sig;
}

/**
 * child_catch_signals() - make SIGINT, SIGTERM and SIGHUP end every wait
 *
 * They are blocked outside of waits, so that no file is left half-written
 * and no child unregistered. What is inherited of SIGCHLD and SIGPIPE is set right:
 * with SIGCHLD ignored no child's status is known, and a reader of our output that
 * goes away must not keep us from writing the results.
 */
void child_catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t block;

	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);

	sigemptyset(&block);
	for (size_t i = 0; i < ARRAY_SIZE(caught_signals); i++)
		sigaddset(&block, caught_signals[i]);
	sigprocmask(SIG_BLOCK, &block, &wait_mask);
	for (size_t i = 0; i < ARRAY_SIZE(caught_signals); i++) {
		struct sigaction old;

		/* nohup and the like asked for a signal to be ignored. */
		sigaction(caught_signals[i], NULL, &old);
		if (old.sa_handler != SIG_IGN)
			sigaction(caught_signals[i], &sa, NULL);
		sigdelset(&wait_mask, caught_signals[i]);
	}
	catching = true;
}

/**
 * child_interrupted() - has the user asked us to stop?
 *
 * Long work without waits polls this; a signal that is blocked but has come
 * counts too.
 *
 * Return: the signal, or 0
 */
int child_interrupted(void)
{
	sigset_t pending;

	if (signal_seen || !catching)
		return signal_seen;
	sigpending(&pending);
	for (size_t i = 0; i < ARRAY_SIZE(caught_signals); i++)
		if (sigismember(&pending, caught_signals[i]))
			signal_seen = caught_signals[i];
	return signal_seen;
}

/**
 * child_ppoll() - poll(2) that a caught signal ends at once
 * @fds: as for poll
 * @n: how many
 * @until: when (now()) it gives up, also if there is something to read: who talks
 *	   without a pause has no more time than others; INFINITY for never
 *
 * Return: as poll, 0 from @until on; -EINTR when a caught signal came
 */
int child_ppoll(struct pollfd *fds, unsigned int n, double until)
{
	for (;;) {
		struct timespec ts = { 0 };
		double left = until - now();
		int rc;

		if (child_interrupted())
			return -EINTR;
		if (left <= 0)
			return 0;
		if (!isinf(left)) {
			ts.tv_sec = left;
			ts.tv_nsec = (left - ts.tv_sec) * 1e9;
		}
		rc = ppoll(fds, n, isinf(left) ? NULL : &ts, catching ? &wait_mask : NULL);
		if (rc >= 0)
			return rc;
		if (errno != EINTR)
			return -errno;
	}
}

static bool unregister_pid(pid_t pid)
{
	for (size_t i = 0; i < nr_running; i++) {
		if (running[i] == pid) {
			running[i] = running[--nr_running];
			return true;
		}
	}
	return false;
}

static void __attribute__((noreturn)) child_main(const struct child_opts *opts, pid_t parent,
						 int report)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	int in, out, err, code;
	sigset_t none;

	/* A group of its own, and no terminal to type into. */
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The parent may have died before the line above took effect. */
	if (getppid() != parent)
		_exit(127);
	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &dfl, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);

	/* Above 2 first: @out and @err may themselves be among 0-2. */
	in = open("/dev/null", O_RDWR | O_CLOEXEC);
	out = fcntl(opts->out >= 0 ? opts->out : in, F_DUPFD_CLOEXEC, 3);
	err = fcntl(opts->err >= 0 ? opts->err : opts->err == CHILD_AS_OUT ? out : in,
		    F_DUPFD_CLOEXEC, 3);
	if (in < 0 || out < 0 || err < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 ||
	    dup2(err, 2) < 0)
		goto fail;
	if (opts->cwd && chdir(opts->cwd))
		goto fail;
	for (const char *const *e = opts->env; e && *e; e++)
		putenv((char *)*e);
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	for (unsigned int i = 0; i < opts->nr_keep; i++)
		fcntl(opts->keep[i], F_SETFD, 0);
	execvp(opts->argv[0], (char *const *)opts->argv);
fail:
	code = errno;
	if (write(report, &code, sizeof(code)) < 0)
		_exit(126);
	_exit(127);
}

/* The child has ended or was killed: take what is left of its group along. */
static void reap(struct child *c)
{
	if (unregister_pid(c->pid)) {
		pid_t pid;

		kill(-c->pid, SIGKILL);
		while ((pid = waitpid(c->pid, &c->status, 0)) < 0 && errno == EINTR)
			;
		/* Somebody else has reaped it: that it succeeded nobody can say. */
		if (pid < 0)
			c->status = SIGKILL;
	} else {
		/* kill_all() was there before us. */
		c->status = SIGKILL;
	}
	if (c->pidfd >= 0)
		close(c->pidfd);
	c->pidfd = -1;
	c->pid = 0;
}

static void kill_all(void)
{
	while (nr_running) {
		struct child c = { .pid = running[0], .pidfd = -1 };

		reap(&c);
	}
}

static void register_pid(pid_t pid)
{
	if (!running)
		atexit(kill_all);
	running = xrealloc(running, (nr_running + 1) * sizeof(*running));
	running[nr_running++] = pid;
}

/* @what can't be started for @err. */
static int start_err(const char *what, int err)
{
	pr_err("can't start %s: %s", what, strerror(err));
	return -err;
}

/**
 * child_spawn() - start a child
 * @c: filled
 * @opts: what to start
 *
 * Return: 0 or a negative errno; a program that can't be executed is an error
 * here, not an exit status
 */
int child_spawn(struct child *c, const struct child_opts *opts)
{
	pid_t parent = getpid();
	int report[2], code = 0;
	ssize_t n;

	*c = (struct child){ .pidfd = -1 };
	if (pipe2(report, O_CLOEXEC))
		return start_err(opts->argv[0], errno);
	c->pid = fork();
	if (c->pid < 0) {
		code = errno;
		close(report[0]);
		close(report[1]);
		c->pid = 0;
		return start_err(opts->argv[0], code);
	}
	/* One of 0-2 (our own were closed) becomes a standard stream of the child. */
	if (!c->pid)
		child_main(opts, parent, fcntl(report[1], F_DUPFD_CLOEXEC, 3));
	register_pid(c->pid);
	close(report[1]);
	/* Ends when the program has begun: the group is there by then. */
	do {
		n = read(report[0], &code, sizeof(code));
	} while (n < 0 && errno == EINTR);
	close(report[0]);
	if (n == sizeof(code)) {
		child_kill(c);
		if (code == ENOENT)
			pr_err("can't run %s: not found; \"make deps\" installs what is needed",
			       opts->argv[0]);
		else
			pr_err("can't run %s: %s", opts->argv[0], strerror(code));
		return -code;
	}
	c->pidfd = syscall(SYS_pidfd_open, c->pid, 0);
	if (c->pidfd < 0) {
		code = errno;
		child_kill(c);
		return start_err(opts->argv[0], code);
	}
	fcntl(c->pidfd, F_SETFD, FD_CLOEXEC);
	return 0;
}

/**
 * child_poll() - has the child ended?
 * @c: child; reaped if it has ended, and then @c->status is valid
 *
 * Return: true once it no longer runs
 */
bool child_poll(struct child *c)
{
	siginfo_t info = { 0 };

	if (!c->pid)
		return true;
	/* WNOWAIT: the group's id stays ours until reap() has killed the rest of it. */
	if (!waitid(P_PID, c->pid, &info, WEXITED | WNOHANG | WNOWAIT) && !info.si_pid)
		return false;
	reap(c);
	return true;
}

/**
 * child_kill() - end a child and its whole process group, and reap it
 * @c: child; nothing happens when it no longer runs
 */
void child_kill(struct child *c)
{
	if (c->pid)
		reap(c);
}

/* Reads what is there, a pipe's fill at most: one that talks ends nobody else's turn. */
static void drain(struct child_stream *s)
{
	char data[16384];
	ssize_t n = 1;

	for (int i = 0; s->fd >= 0 && n > 0 && i < READS_MAX; i++) {
		n = read(s->fd, data, sizeof(data));
		if (n > 0)
			s->fn(s->ctx, data, n);
	}
	if (!n || (n < 0 && errno != EAGAIN && errno != EINTR))
		s->fd = -1;
}

/**
 * child_follow() - pass on what a child says until it has ended
 * @c: child; has ended afterwards, whatever happens
 * @streams: what comes out of it
 * @n: how many, CHILD_STREAMS_MAX at most
 * @until: when (now()) it is killed; INFINITY for never
 *
 * Return: 0 when it ended by itself; -ETIMEDOUT, -EINTR when a caught signal came, or
 * another negative errno
 */
int child_follow(struct child *c, struct child_stream *streams, unsigned int n, double until)
{
	struct pollfd fds[CHILD_STREAMS_MAX + 1];
	bool gone;
	int rc = 0;

	do {
		if (rc)
			child_kill(c);
		/* Asked before the reads: what it said last is in the pipes by then. */
		gone = child_poll(c);
		for (unsigned int i = 0; i < n; i++) {
			drain(&streams[i]);
			fds[i] = (struct pollfd){ .fd = streams[i].fd, .events = POLLIN };
		}
		fds[n] = (struct pollfd){ .fd = c->pidfd, .events = POLLIN };
		if (!gone) {
			rc = child_ppoll(fds, n + 1, until);
			rc = rc > 0 ? 0 : rc ?: -ETIMEDOUT;
		}
	} while (!gone);
	return rc;
}

/**
 * child_read() - start a child and pass on what it says until it has ended
 * @opts: what to start
 * @until: as for child_follow()
 * @fn: gets its standard output, and @opts->out is not used; or NULL
 * @ctx: passed to @fn
 * @status: exit code, or 128 + signal; may be NULL
 *
 * Return: 0 when it ran to its end, whatever its exit code; -ETIMEDOUT (silently);
 * or another negative errno
 */
int child_read(const struct child_opts *opts, double until,
	       void (*fn)(void *ctx, const char *data, size_t len), void *ctx, int *status)
{
	struct child_opts o = *opts;
	struct child_stream stream;
	int fds[2] = { -1, -1 };
	struct child c;
	int rc;

	if (fn) {
		if (pipe2(fds, O_CLOEXEC))
			return start_err(o.argv[0], errno);
		fcntl(fds[0], F_SETFL, O_NONBLOCK);
		o.out = fds[1];
	}
	stream = (struct child_stream){ fds[0], fn, ctx };
	rc = child_spawn(&c, &o);
	if (fn)
		close(fds[1]);
	if (!rc)
		rc = child_follow(&c, &stream, 1, until);
	if (fn)
		close(fds[0]);
	if (!rc && status)
		*status = WIFEXITED(c.status) ? WEXITSTATUS(c.status) : 128 + WTERMSIG(c.status);
	return rc;
}

static void append(void *ctx, const char *data, size_t len)
{
	buf_add(ctx, data, len);
}

/**
 * child_run() - start a child and wait for its end
 * @opts: what to start
 * @deadline_s: seconds after which it is killed (-ETIMEDOUT); 0 for none
 * @out: if not NULL, its standard output is appended here and @opts->out is
 *	 not used
 * @status: exit code, or 128 + signal; may be NULL
 *
 * Return: 0 when it ran to its end, whatever its exit code, or a negative errno; the
 * reason was printed, unless the user ended it
 */
int child_run(const struct child_opts *opts, double deadline_s, struct buf *out, int *status)
{
	double until = deadline_s > 0 ? now() + deadline_s : INFINITY;
	int rc;

	if (out)
		append(out, "", 0);
	rc = child_read(opts, until, out ? append : NULL, out, status);
	if (rc == -ETIMEDOUT)
		pr_err("%s did not end within %g s; killed", opts->argv[0], deadline_s);
	return rc;
}

/**
 * child_last_line() - what a program said last
 * @text: all of it; loses empty lines at its end
 *
 * Return: the last line, fit to be printed; to be freed
 */
char *child_last_line(struct buf *text)
{
	char *line;

	while (text->len && strchr("\n\r ", text->data[text->len - 1]))
		text->data[--text->len] = '\0';
	line = strrchr(text->data, '\n');
	return printable_line(line ? line + 1 : text->data);
}

/**
 * child_run_quietly() - run a program whose words matter only if it fails
 * @what: what it does, for the message: "@what failed: …" with its last line
 * @argv: program and arguments
 * @cwd: working directory, or NULL
 * @deadline_s: as for child_run()
 *
 * Return: 0; -EIO when it ended with another exit code than 0; -ENOSPC when
 * it did so for a full disk; otherwise a negative errno
 */
int child_run_quietly(const char *what, const char *const *argv, const char *cwd,
		      double deadline_s)
{
	struct child_opts opts = { .argv = argv, .cwd = cwd, .err = CHILD_AS_OUT };
	struct buf said __cleanup(buf_free) = { 0 };
	int status = 0;
	int rc = child_run(&opts, deadline_s, &said, &status);

	if (!rc && status) {
		char *line __cleanup(free_ptr) = child_last_line(&said);

		rc = strstr(line, strerror(ENOSPC)) ? -ENOSPC : -EIO;
		if (*line)
			pr_err("%s failed: %s", what, line);
		else
			pr_err("%s failed: %s ended with status %d", what, argv[0], status);
	}
	return rc;
}
