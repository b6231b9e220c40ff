// SPDX-License-Identifier: GPL-2.0
/*
 * PID 1 of the outer guest (L1) of nested runs: loads KVM, starts the inner
 * QEMU that it was given, and carries that one's channels to the host.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

/* Ports of the virtio serial device, in the order of QEMU's nr=. */
#define CONSOLE_PORT	"/dev/vport0p1"
#define RECORD_PORT	"/dev/vport0p2"
#define PORT_WAIT_MS	10000

/* The fds that the inner QEMU is told to write to, see nested.h. */
#define CONSOLE_FD	3
#define RECORD_FD	4

#define TICK_MS		5000
#define LINE_MAX_LEN	65536

/*
 * The inner guest writes byte by byte, and each wakeup of ours takes the only
 * CPU from it: bytes are let gather for this long.
 */
#define GATHER_MS	20

/**
 * struct stream - a pipe whose bytes go to a port
 * @in: read end
 * @out: the port
 * @lines: only whole lines go out, so that two streams can share a port
 * @buffer: what has not gone out yet
 * @len: how much of it
 * @eof: all writers are gone
 */
struct stream {
	int in;
	int out;
	bool lines;
	char buffer[LINE_MAX_LEN];
	size_t len;
	bool eof;
};

static struct stream console = { .in = -1, .out = -1 };
static struct stream inner = { .in = -1, .out = -1, .lines = true };
static struct stream own = { .in = -1, .out = -1, .lines = true };

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *fmt, ...);

/* False when the host is gone. */
static bool write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* Carries on what is there; the rest of a line stays unless @all. */
static void carry(struct stream *s, bool all)
{
	for (;;) {
		ssize_t n = read(s->in, s->buffer + s->len, sizeof(s->buffer) - s->len);
		size_t whole;

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			s->eof = true;
		if (n > 0)
			s->len += (size_t)n;
		whole = s->len;
		if (s->lines && !all && s->len < sizeof(s->buffer)) {
			const char *last = memrchr(s->buffer, '\n', s->len);

			whole = last ? (size_t)(last - s->buffer) + 1 : 0;
		}
		if (!write_all(s->out, s->buffer, whole))
			s->eof = true;
		s->len -= whole;
		memmove(s->buffer, s->buffer + whole, s->len);
		if (n <= 0 || s->eof)
			return;
	}
}

/* One record of our own, past whatever line the inner guest is just writing. */
static void say(const char *kind, json_t *members)
{
	guest_record_from("l1", kind, members);
	carry(&own, false);
}

static void die(const char *fmt, ...)
{
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	dprintf(STDERR_FILENO, "irqsan-l1: %s\n", what);
	if (own.in >= 0)
		say("error", json_pack("{s:s}", "what", what));
	guest_power_off();
}

static void load_modules(void)
{
	char list[8192];
	char *save, *path;

	if (guest_read("/l1/modules", list, sizeof(list)) < 0)
		die("/l1/modules can't be read");
	for (path = strtok_r(list, "\n", &save); path; path = strtok_r(NULL, "\n", &save)) {
		int rc = guest_insmod(path, NULL);

		if (rc && rc != -EEXIST)
			die("%s does not load: %s", path, strerror(-rc));
	}
}

/* Ports appear some time after the driver. */
static int open_port(const char *path)
{
	for (unsigned int ms = 0; ms < PORT_WAIT_MS; ms += 10) {
		int fd = open(path, O_WRONLY | O_CLOEXEC);

		if (fd >= 0)
			return fd;
		guest_sleep_ms(10);
	}
	die("%s does not appear", path);
}

static int make_pipe(struct stream *s)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		die("pipe: %s", strerror(errno));
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	s->in = fds[0];
	return fds[1];
}

/*
 * Our own records take the same way as the inner guest's: through a pipe, of
 * which only whole lines reach the port that both share.
 */
static void open_own_records(int port)
{
	int writer = make_pipe(&own);
	char path[32];
	int rc;

	own.out = port;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", writer);
	rc = guest_record_open(path);
	close(writer);
	if (rc)
		die("own records: %s", strerror(-rc));
}

static char **read_argv(void)
{
	static char text[16384];
	static char *argv[256];
	long len = guest_read("/l2/argv", text, sizeof(text));
	size_t n = 0;

	if (len <= 0)
		die("/l2/argv can't be read");
	for (char *p = text; p < text + len && n < 255; p += strlen(p) + 1)
		argv[n++] = p;
	return argv;
}

static pid_t start_inner(int console_w, int record_w)
{
	char **argv = read_argv();
	pid_t pid = fork();

	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (!pid) {
		/* First out of the way of each other, then where they belong. */
		int c = fcntl(console_w, F_DUPFD, 10);
		int r = fcntl(record_w, F_DUPFD, 10);

		setpriority(PRIO_PROCESS, 0, 0);
		if (c < 0 || r < 0 || dup2(c, CONSOLE_FD) < 0 || dup2(r, RECORD_FD) < 0)
			_exit(126);
		close(c);
		close(r);
		execv(argv[0], argv);
		dprintf(STDERR_FILENO, "irqsan-l1: %s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	close(console_w);
	close(record_w);
	return pid;
}

/* Until the inner QEMU ends; its wait status. */
static int carry_until_end(pid_t pid)
{
	uint64_t next = guest_now_ns() + TICK_MS * 1000000ULL;

	for (;;) {
		struct pollfd fds[] = {
			{ .fd = console.eof ? -1 : console.in, .events = POLLIN },
			{ .fd = inner.eof ? -1 : inner.in, .events = POLLIN },
		};
		int64_t left = (int64_t)(next - guest_now_ns()) / 1000000;
		int status;

		/* It closes its ends a moment before it can be waited for. */
		if (left < 0 || (console.eof && inner.eof))
			left = 0;
		poll(fds, 2, (int)left);
		guest_sleep_ms(GATHER_MS);
		carry(&console, false);
		carry(&inner, false);
		if (guest_now_ns() >= next) {
			next += TICK_MS * 1000000ULL;
			say("tick", NULL);
		}
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
	}
}

int main(void)
{
	int console_w, record_w, port, status;
	pid_t pid;

	guest_mount_base();
	load_modules();
	console.out = open_port(CONSOLE_PORT);
	port = open_port(RECORD_PORT);
	open_own_records(port);
	say("boot", NULL);

	inner.out = port;
	console_w = make_pipe(&console);
	record_w = make_pipe(&inner);
	/* The inner guest's CPUs are busy all the time; its words shall get out. */
	setpriority(PRIO_PROCESS, 0, -10);
	pid = start_inner(console_w, record_w);
	say("l2", json_pack("{s:i}", "pid", (int)pid));

	status = carry_until_end(pid);
	carry(&console, true);
	carry(&inner, true);
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	say("exit", json_pack("{s:i}", "status", status));
	/* The host takes what a port was given before it takes the power-off. */
	close(console.out);
	close(port);
	guest_power_off();
}
