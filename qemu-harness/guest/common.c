// SPDX-License-Identifier: GPL-2.0
/*
 * PID 1 duties, modules and the record channel, for every program that runs
 * inside a guest.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define SYSLOG_ACTION_READ_ALL 3

static int record_fd = -1;

/**
 * guest_mount_base() - mount the file systems that every program here needs
 *
 * Failures are not fatal: what is missing shows where it is used (a kernel
 * without debugfs is reported by the module's load, not here).
 */
void guest_mount_base(void)
{
	static const struct {
		const char *type;
		const char *dir;
	} mounts[] = {
		{ "devtmpfs", "/dev" },
		{ "proc", "/proc" },
		{ "sysfs", "/sys" },
		{ "tmpfs", "/run" },
		{ "debugfs", "/sys/kernel/debug" },
		{ "tracefs", "/sys/kernel/tracing" },
	};

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].dir, 0755);
		mount(mounts[i].type, mounts[i].dir, mounts[i].type, 0, NULL);
	}
}

/**
 * guest_record_open() - open the channel that guest_record() writes to
 * @path: a tty or other device; a tty is made raw, or the line discipline
 *	  would add carriage returns
 *
 * Return: 0 or -errno.
 */
int guest_record_open(const char *path)
{
	struct termios tio;

	record_fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	if (record_fd < 0)
		return -errno;
	if (tcgetattr(record_fd, &tio) == 0) {
		cfmakeraw(&tio);
		tio.c_cflag |= CLOCAL;
		tcsetattr(record_fd, TCSANOW, &tio);
	}
	return 0;
}

/**
 * guest_record_from() - send one record
 * @from: who speaks, or NULL for the guest under test
 * @kind: the record's "t"
 * @members: its other members; the reference is taken; may be NULL
 *
 * The line goes out in as few writes as the device takes; the channel has one
 * writer only, so lines can't mix.
 */
void guest_record_from(const char *from, const char *kind, json_t *members)
{
	json_t *line = json_object();
	const char *p;
	size_t left;
	char *text;

	if (from)
		json_object_set_new(line, "from", json_string(from));
	json_object_set_new(line, "t", json_string(kind));
	json_object_set_new(line, "up", json_real((double)(guest_now_ns() / 1000000) / 1000));
	if (members) {
		json_object_update(line, members);
		json_decref(members);
	}
	text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(9));
	json_decref(line);
	if (!text)
		return;
	left = strlen(text);
	text[left++] = '\n';
	for (p = text; left;) {
		ssize_t n = write(record_fd, p, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		p += n;
		left -= (size_t)n;
	}
	free(text);
}

/**
 * guest_record() - send one record of the guest under test
 * @kind: the record's "t"
 * @members: its other members; the reference is taken; may be NULL
 */
void guest_record(const char *kind, json_t *members)
{
	guest_record_from(NULL, kind, members);
}

/**
 * guest_record_drain() - wait until what was recorded has left the guest
 */
void guest_record_drain(void)
{
	if (record_fd >= 0)
		tcdrain(record_fd);
}

/**
 * guest_error() - report that an order could not be carried out
 * @fmt: printf format of the reason, one line
 */
void guest_error(const char *fmt, ...)
{
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	dprintf(STDERR_FILENO, "irqsan-init: %s\n", what);
	guest_record("error", json_pack("{s:s}", "what", what));
}

/**
 * guest_insmod() - load a kernel module
 * @path: the .ko, not compressed
 * @params: its parameters, or NULL
 *
 * Return: 0 or -errno. A module that is in already counts as loaded.
 */
int guest_insmod(const char *path, const char *params)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	long rc;

	if (fd < 0)
		return -errno;
	rc = syscall(SYS_finit_module, fd, params ?: "", 0);
	rc = rc && errno != EEXIST ? -errno : 0;
	close(fd);
	return (int)rc;
}

/**
 * guest_rmmod() - unload a kernel module
 * @name: its name
 *
 * Return: 0 or -errno.
 */
int guest_rmmod(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

/**
 * guest_read() - read a small file whole
 * @path: the file
 * @buf: where to; NUL-terminated
 * @size: of @buf
 *
 * Return: bytes read, or -errno.
 */
long guest_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	buf[0] = '\0';
	if (fd < 0)
		return -errno;
	while (len < size - 1) {
		n = read(fd, buf + len, size - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	buf[len] = '\0';
	close(fd);
	return (long)len;
}

/**
 * guest_write() - write a text to a file in one write
 * @path: the file; it must exist
 * @text: what to write
 *
 * Return: 0 or -errno.
 */
int guest_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

/**
 * guest_kernel_log() - what the kernel has logged
 *
 * Return: its log so far, valid until the next call; "" when it can't be read.
 */
const char *guest_kernel_log(void)
{
	static char log[1 << 20];
	int len = klogctl(SYSLOG_ACTION_READ_ALL, log, sizeof(log) - 1);

	log[len < 0 ? 0 : len] = '\0';
	return log;
}

/**
 * guest_now_ns() - CLOCK_MONOTONIC in nanoseconds
 *
 * Return: the same clock as ktime_get_mono_fast_ns() in the kernel.
 */
uint64_t guest_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/**
 * guest_sleep_ms() - sleep
 * @ms: milliseconds
 */
void guest_sleep_ms(unsigned int ms)
{
	struct timespec ts = { ms / 1000, (long)(ms % 1000) * 1000000 };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/**
 * guest_power_off() - end the guest
 *
 * A microvm has no power button: there the reset is what QEMU's -no-reboot
 * turns into an exit, so a power-off that comes back is followed by one.
 */
void guest_power_off(void)
{
	sync();
	guest_record_drain();
	reboot(RB_AUTOBOOT);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
