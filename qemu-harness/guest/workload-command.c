// SPDX-License-Identifier: GPL-2.0
/*
 * A program of the user's as the load. Each of its processes has a supervisor that runs
 * it, again and again if so ordered, and reaps what it leaves behind; init passes on what
 * it prints and ends the load when all are done.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf.h"
#include "guest.h"
#include "root.h"
#include "userland.h"
#include "workload.h"

#define PROCS_MAX 256
#define WORDS_MAX 1024
#define WORDS_BYTES 65536
/* Of a line, and of all lines that are passed on; then only the last ones are. */
#define LINE_MAX_BYTES 1024
#define OUTPUT_MAX 262144

static char *environment[] = {
	"PATH=/usr/local/bin:/usr/local/sbin:/bin:/sbin:/usr/bin:/usr/sbin",
	"HOME=/root", "USER=root", "TERM=dumb", "LC_ALL=C", "TMPDIR=/tmp", NULL
};

/**
 * struct slot - one supervisor's account, in memory shared with init
 * @runs: how often the program has ended
 * @failed: how often with another status than 0
 * @status: exit status of the first that failed, 128 and its signal if that ended it
 * @error: errno of an exec that failed
 * @first_ms: how long the first run took
 */
struct slot {
	uint64_t runs;
	uint64_t failed;
	int status;
	int error;
	uint64_t first_ms;
};

static struct slot *slots;
static pid_t pids[PROCS_MAX];
static unsigned int nr_procs, running;
static bool until_first;
static char *words[WORDS_MAX + 1];

static int output = -1;
static char line[LINE_MAX_BYTES];
static size_t line_len, passed, dropped;
/* The last line that was not passed on. */
static char last[LINE_MAX_BYTES];

static void pass_line(void)
{
	json_t *text = json_stringn(line, line_len);

	if (!text) {
		/* It isn't UTF-8. */
		for (size_t i = 0; i < line_len; i++)
			if ((unsigned char)line[i] >= 0x80)
				line[i] = '?';
		text = json_stringn(line, line_len);
	}
	if (text)
		guest_record("output", json_pack("{s:o}", "line", text));
}

static void end_line(void)
{
	if (passed < OUTPUT_MAX) {
		passed += line_len + 1;
		pass_line();
	} else {
		dropped++;
		memcpy(last, line, line_len);
		last[line_len] = '\0';
	}
	line_len = 0;
}

/* Passes on what the programs have printed. */
static void drain(void)
{
	char data[16384];
	ssize_t n;

	while ((n = read(output, data, sizeof(data))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (data[i] != '\n')
				line[line_len++] = data[i];
			if (data[i] == '\n' || line_len == sizeof(line) - 1)
				end_line();
		}
	}
}

/* The exit status of @pid, or 128 and its signal; what it leaves behind is reaped, too. */
static int reap(pid_t pid)
{
	int status;
	pid_t got;

	for (;;) {
		got = waitpid(-1, &status, 0);
		if (got == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		if (got < 0 && errno != EINTR)
			return 127;
	}
}

static void run_once(struct slot *slot, int out)
{
	uint64_t start = guest_now_ns();
	int in, status;
	pid_t pid = fork();

	if (!pid) {
		setsid();
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		in = open("/dev/null", O_RDONLY);
		dup2(in, STDIN_FILENO);
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
		environ = environment;
		slot->error = -root_exec(words);
		_exit(127);
	}
	status = pid < 0 ? 127 : reap(pid);
	if (pid < 0)
		slot->error = EAGAIN;
	if (!slot->runs)
		slot->first_ms = (guest_now_ns() - start) / 1000000;
	if (status && !slot->failed)
		slot->status = status;
	slot->failed += status != 0;
	slot->runs++;
}

static void supervise(struct slot *slot, unsigned int repeat, int out)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	do {
		run_once(slot, out);
		if (slot->error || (until_first && slot->failed))
			break;
	} while (!repeat || slot->runs < repeat);
	_exit(0);
}

/* False after a message. */
static bool read_words(const char *path)
{
	static char text[WORDS_BYTES];
	long len = guest_read(path, text, sizeof(text));
	unsigned int n = 0;

	for (char *p = text; p < text + len && n < WORDS_MAX; p += strlen(p) + 1)
		words[n++] = p;
	if (!n)
		guest_error("%s: no command", path);
	return n;
}

static int command_start(const struct conf *conf, unsigned int cpus)
{
	unsigned int procs = conf->procs ?: 1;
	int pipes[2];

	(void)cpus;
	if (!read_words(conf->command) || (!conf->root && userland_install()))
		return -EINVAL;
	slots = mmap(NULL, sizeof(*slots) * PROCS_MAX, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (slots == MAP_FAILED || pipe2(pipes, O_CLOEXEC)) {
		guest_error("command: %s", strerror(errno));
		return -errno;
	}
	output = pipes[0];
	fcntl(output, F_SETFL, O_NONBLOCK);
	fcntl(output, F_SETPIPE_SZ, 1 << 20);
	until_first = conf->until_first;
	for (nr_procs = 0; nr_procs < procs && nr_procs < PROCS_MAX; nr_procs++) {
		pids[nr_procs] = fork();
		if (!pids[nr_procs])
			supervise(&slots[nr_procs], conf->repeat, pipes[1]);
		if (pids[nr_procs] < 0)
			break;
	}
	close(pipes[1]);
	running = nr_procs;
	return (int)nr_procs;
}

static uint64_t command_ops(void)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < nr_procs; i++)
		sum += slots[i].runs;
	return sum;
}

static bool command_over(void)
{
	bool failed = false;

	drain();
	for (unsigned int i = 0; i < nr_procs; i++) {
		if (pids[i] > 0 && waitpid(pids[i], NULL, WNOHANG) == pids[i]) {
			pids[i] = 0;
			running--;
		}
		failed |= slots[i].failed || slots[i].error;
	}
	return !running || (until_first && failed);
}

static const char *exec_error(int error)
{
	switch (error) {
	case ENOENT:
		return "no such program in the guest";
	case ELIBACC:
		return "its interpreter or dynamic linker is not in the guest";
	default:
		return strerror(error);
	}
}

/* One record sums up what became of the program. */
static void command_stop(void)
{
	struct slot sum = { 0 };
	unsigned int killed = 0;
	char error[PATH_MAX + 128] = "";

	for (unsigned int i = 0; i < nr_procs; i++) {
		if (!sum.failed)
			sum.status = slots[i].status;
		sum.runs += slots[i].runs;
		sum.failed += slots[i].failed;
		sum.error = sum.error ?: slots[i].error;
		sum.first_ms = sum.first_ms ?: slots[i].first_ms;
	}
	if (sum.error)
		snprintf(error, sizeof(error), "%s: %s", words[0], exec_error(sum.error));
	for (unsigned int i = 0; i < nr_procs; i++) {
		if (pids[i] <= 0)
			continue;
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
		killed++;
	}
	drain();
	if (line_len)
		end_line();
	if (dropped) {
		line_len = strlen(last);
		memcpy(line, last, line_len);
		pass_line();
	}
	guest_record("command",
		     json_pack("{s:s, s:I, s:I, s:i, s:i, s:I, s:I}", "error", error, "runs",
			       (json_int_t)sum.runs, "failed", (json_int_t)sum.failed, "status",
			       sum.status, "killed", (int)killed, "ms", (json_int_t)sum.first_ms,
			       "dropped", (json_int_t)dropped));
}

const struct workload user_command = {
	.name = "command",
	.start = command_start,
	.ops = command_ops,
	.over = command_over,
	.stop = command_stop,
};
