/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Child processes that don't outlive us: each has its own session and process
 * group, dies with us (PR_SET_PDEATHSIG), and has a deadline.
 *
 * Their own children die with them when we end them. When we are killed ourselves
 * (SIGKILL), those in a sandbox do: all that a build starts, and root's mmdebstrap.
 * The apt and dpkg of another user's mmdebstrap go on to their end.
 */
#ifndef IRQSAN_CHILD_H
#define IRQSAN_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct buf;
struct pollfd;

/**
 * struct child - one running child
 * @pid: its process (and process group) id; 0 when none is running
 * @pidfd: readable when it has ended; -1 when none is running
 * @status: wait status once reaped
 */
struct child {
	pid_t pid;
	int pidfd;
	int status;
};

/**
 * struct child_opts - how to start a child
 * @argv: NULL-terminated; argv[0] is looked up in PATH
 * @cwd: working directory, or NULL
 * @env: extra "NAME=VALUE" strings, NULL-terminated, or NULL
 * @out: fd for stdout, or -1 for /dev/null
 * @err: fd for stderr, or -1 for /dev/null, or CHILD_AS_OUT
 * @keep: fds that stay open in the child under the same number
 * @nr_keep: how many
 *
 * Standard input is always /dev/null.
 */
struct child_opts {
	const char *const *argv;
	const char *cwd;
	const char *const *env;
	int out;
	int err;
	const int *keep;
	unsigned int nr_keep;
};

/* Standard error goes where standard output goes. */
#define CHILD_AS_OUT -2

/**
 * struct child_stream - what comes out of a child
 * @fd: read end of a pipe, non-blocking; -1 once all was read (and not closed)
 * @fn: gets it as it comes
 * @ctx: passed to @fn
 */
struct child_stream {
	int fd;
	void (*fn)(void *ctx, const char *data, size_t len);
	void *ctx;
};

#define CHILD_STREAMS_MAX 4

void child_catch_signals(void);
int child_interrupted(void);

int child_spawn(struct child *c, const struct child_opts *opts);
bool child_poll(struct child *c);
void child_kill(struct child *c);

int child_follow(struct child *c, struct child_stream *streams, unsigned int n, double until);
int child_read(const struct child_opts *opts, double until,
	       void (*fn)(void *ctx, const char *data, size_t len), void *ctx, int *status);
int child_run(const struct child_opts *opts, double deadline_s, struct buf *out, int *status);
int child_run_quietly(const char *what, const char *const *argv, const char *cwd,
		      double deadline_s);
int child_ppoll(struct pollfd *fds, unsigned int n, double until);
char *child_last_line(struct buf *text);

#endif
