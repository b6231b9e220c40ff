// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the selftests (selftests/irqsan) in the guest and passes on what they
 * say, a record a line: the console belongs to the kernel, which is told to
 * warn a lot.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf.h"
#include "guest.h"
#include "selftest.h"
#include "userland.h"

#define BUSYBOX "/bin/busybox"
#define RUNNER "/selftests/irqsan/run.sh"

static char *const environment[] = {
	"PATH=/bin", "HOME=/", "LC_ALL=C",
	"IRQSAN_KO=/modules/irqsan.ko", "IRQSAN_ZOO_KO=/modules/irqsan_zoo.ko",
	/* A guest may. */
	"IRQSAN_TEST_PANIC=1",
	NULL
};

/* Starts a program with its output at @out; its pid or -errno. */
static pid_t start(const char *const *argv, int out)
{
	pid_t pid = fork();

	if (pid)
		return pid < 0 ? -errno : pid;
	if (out >= 0) {
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
	}
	execve(argv[0], (char *const *)argv, environment);
	dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* Its exit status, or 128 and the signal that ended it. */
static int status_of(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void pass_on(int fd)
{
	FILE *lines = fdopen(fd, "r");
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	json_t *text;

	while (lines && (len = getline(&line, &size, lines)) > 0) {
		if (line[len - 1] == '\n')
			line[--len] = '\0';
		/* NULL if it isn't UTF-8. */
		text = json_stringn(line, (size_t)len);
		guest_record("ktap", json_pack("{s:o}", "line", text ?: json_string("# ?")));
	}
	free(line);
	if (lines)
		fclose(lines);
}

/**
 * selftest_run() - run the tests that were ordered
 * @conf: the orders
 *
 * Return: 0 when they ran to their end, whatever they said; or -errno, the
 * reason was recorded.
 */
int selftest_run(const struct conf *conf)
{
	const char *argv[CONF_SELFTESTS_MAX + 4] = { BUSYBOX, "sh", RUNNER };
	unsigned int n = 3;
	int pipes[2], rc;
	pid_t pid;

	for (const char *const *test = conf->selftest; *test; test++)
		argv[n++] = *test;
	rc = userland_install();
	if (rc)
		return rc;
	if (pipe2(pipes, O_CLOEXEC)) {
		guest_error("pipe: %s", strerror(errno));
		return -errno;
	}
	pid = start(argv, pipes[1]);
	close(pipes[1]);
	pass_on(pipes[0]);
	rc = pid < 0 ? pid : status_of(pid);
	if (rc)
		guest_error(RUNNER ": status %d", rc);
	return rc ? -EIO : 0;
}
