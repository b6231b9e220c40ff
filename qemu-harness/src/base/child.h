/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Child processes that don't outlive us: each has its own session and process
 * group, dies with us (PR_SET_PDEATHSIG), and has a deadline.
 *
 * Their own children die with them when we end them. When we are killed ourselves
 * (SIGKILL), only those in a sandbox do.
 */
#ifndef IRQSAN_CHILD_H
#define IRQSAN_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct buf;

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
 * @err: fd for stderr, or -1 for /dev/null
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

/* SIGINT, SIGTERM, SIGHUP set a flag and end every wait with -EINTR. */
void child_catch_signals(void);
/* The signal that came, or 0. */
int child_interrupted(void);

int child_spawn(struct child *c, const struct child_opts *opts);
bool child_poll(struct child *c);
void child_kill(struct child *c);
void child_kill_all(void);

/**
 * struct child_result - what child_run() saw
 * @status: exit code, or 128 + signal
 */
int child_run(const struct child_opts *opts, double deadline_s, struct buf *out, int *status);

/*
 * child_run() with stdout and stderr appended to @log (may be NULL). On any
 * failure prints "@what failed: …" with the last line of the log.
 */
int child_run_logged(const char *what, const char *const *argv, const char *cwd,
		     double deadline_s, const char *log);

/* Reads of 4 KB and more that a pipe's content takes at most. */
#define CHILD_READS 64

/* poll(2) that a caught signal ends at once (-EINTR); 0 from the time @until on. */
struct pollfd;
int child_ppoll(struct pollfd *fds, unsigned int n, double until);

#endif
