/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the static programs inside guests share: PID 1 duties, modules, and
 * the record channel.
 */
#ifndef IRQSAN_GUEST_H
#define IRQSAN_GUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Mounts /proc, /sys, /dev, /run and, where the kernel has them, debugfs and tracefs. */
void guest_mount_base(void);

/* The record channel: a tty (made raw) or any other character device or file. */
int guest_record_open(const char *path);
/* Sends one line: @members (stolen, may be NULL) with "t":@kind and "up". */
void guest_record(const char *kind, json_t *members);
/* The same with "from":@from, for programs that aren't the guest under test. */
void guest_record_from(const char *from, const char *kind, json_t *members);
/* Returns when what was recorded has left the guest. */
void guest_record_drain(void);
/* An "error" record, also said on the kernel's console. */
void guest_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* 0 or -errno. @params may be NULL. */
int guest_insmod(const char *path, const char *params);
int guest_rmmod(const char *name);

/* Reads a small file whole into @buf (NUL-terminated); its length or -errno. */
long guest_read(const char *path, char *buf, size_t size);
int guest_write(const char *path, const char *text);

/* The kernel's log so far; valid until the next call. "" when it can't be read. */
const char *guest_kernel_log(void);

/* Monotonic nanoseconds: the clock that the module's time stamps use. */
uint64_t guest_now_ns(void);
void guest_sleep_ms(unsigned int ms);

/* Ends the guest so that its QEMU ends too. Does not return. */
void guest_power_off(void) __attribute__((noreturn));

#endif
