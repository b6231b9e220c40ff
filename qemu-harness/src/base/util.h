/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Small helpers shared by every part of the harness: messages, checked
 * allocation, files, numbers, time.
 *
 * The error convention of the whole harness: a function that can fail returns
 * 0 or a positive value on success and a negative errno on failure, and the
 * place that first sees the failure prints the one line (pr_err) that says
 * what failed and what to do. Callers only pass the number on.
 */
#ifndef IRQSAN_UTIL_H
#define IRQSAN_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/**
 * enum irqsan_exit - exit codes of every command
 * @EXIT_OK: the command did its work and found nothing wrong
 * @EXIT_FOUND: a violation or crash was found
 * @EXIT_INFRA: wrong usage, or the machine could not do the work
 * @EXIT_SKIP: this revision can't be judged ("git bisect run")
 * @EXIT_BROKEN: the machine could not do the work, where EXIT_INFRA would be a
 *		 verdict ("git bisect run" stops)
 */
enum irqsan_exit {
	EXIT_OK = 0,
	EXIT_FOUND = 1,
	EXIT_INFRA = 2,
	EXIT_SKIP = 125,
	EXIT_BROKEN = 128,
};

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* As in the kernel: @func gets the address of the variable at the end of its scope. */
#define __cleanup(func) __attribute__((cleanup(func)))

static inline void free_ptr(void *pointer)
{
	free(*(void **)pointer);
}

static inline void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

void pr_err(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* What is odd but does not stop the work; and plain progress. */
#define pr_warn(fmt, ...) pr_err("warning: " fmt, ##__VA_ARGS__)
#define pr_info(fmt, ...) pr_err(fmt, ##__VA_ARGS__)

void pr_progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void pr_progress_end(void);

void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool ends_with(const char *s, const char *end);

/**
 * struct strv - a growing, NULL-terminated vector of owned strings
 * @v: the strings; @v[@n] is NULL (also when empty, after strv_push or
 *     strv_pushf was called once)
 * @n: how many
 */
struct strv {
	char **v;
	size_t n;
};

void strv_push(struct strv *sv, const char *s);
void strv_pushf(struct strv *sv, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strv_add(struct strv *sv, ...) __attribute__((sentinel));
void strv_extend(struct strv *sv, const char *const *more);
void strv_lines(struct strv *sv, const char *text);
int strv_glob(struct strv *sv, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strv_free(struct strv *sv);
bool strv_has(const struct strv *sv, const char *s);

/**
 * struct buf - a growing byte buffer, always NUL-terminated
 * @data: the bytes (NULL until something was added)
 * @len: bytes in use, without the NUL
 * @cap: bytes allocated
 */
struct buf {
	char *data;
	size_t len;
	size_t cap;
};

void buf_add(struct buf *b, const void *data, size_t len);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_free(struct buf *b);

int file_err(const char *what, const char *path, int err);
int read_file(const char *path, struct buf *out);
char *read_first_line(const char *path);
int create_file(const char *path);
int write_file(const char *path, const void *data, size_t len);
int write_file_atomic(const char *path, const void *data, size_t len);
int write_output(const char *path, const void *data, size_t len);
int copy_file(const char *from, const char *to);
int mkdir_p(const char *path);
int mkdir_for(const char *path);
int remove_tree(const char *path);
bool file_exists(const char *path);
bool file_holds(const char *path, const char *text);
bool is_directory(const char *path);
int list_directory(const char *dir, struct strv *names);
int for_each_file(const char *dir, bool links,
		  int (*fn)(void *ctx, const char *path, const char *below), void *ctx);
uint64_t tree_size(const char *path);
int sha256_file(const char *path, char hex[65]);
int sha256_data(const void *data, size_t len, char hex[65]);
char *find_program(const char *name);

const char *irqsan_root(void);
const char *irqsan_cache(void);

int parse_uint(const char *s, unsigned int min, unsigned int max, unsigned int *out);
double now(void);
unsigned int cpus_available(void);
unsigned int memory_available_mb(void);

#endif
