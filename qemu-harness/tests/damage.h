/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Damages files in the same ways every time: bytes changed, lines dropped, doubled
 * and swapped. Each result goes to the function that a fuzzer calls, which is
 * included in front of this.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>

#include "base/util.h"

static uint32_t seed = 1;

/* Numerical Recipes' generator; its high bits are good enough. */
static uint32_t any(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)seed * below) >> 32);
}

static size_t line_start(const struct buf *log, size_t at)
{
	while (at && log->data[at - 1] != '\n')
		at--;
	return at;
}

static size_t line_end(const struct buf *log, size_t at)
{
	while (at < log->len && log->data[at] != '\n')
		at++;
	return at < log->len ? at + 1 : at;
}

/* @from with one part of it changed. */
static void damage(const struct buf *from, struct buf *to)
{
	size_t at = any((uint32_t)from->len), start = line_start(from, at);
	size_t end = line_end(from, at);

	switch (any(4)) {
	case 0:
		buf_add(to, from->data, from->len);
		to->data[at] = (char)any(256);
		break;
	case 1:
		buf_add(to, from->data, start);
		buf_add(to, from->data + end, from->len - end);
		break;
	case 2:
		buf_add(to, from->data, end);
		buf_add(to, from->data + start, from->len - start);
		break;
	default:
		buf_add(to, from->data, at);
		buf_add(to, from->data + end, from->len - end);
		buf_add(to, from->data + start, end - start);
	}
}

static void damage_file(const char *path)
{
	struct buf log = {};
	unsigned int i;

	assert_int_equal(read_file(path, &log), 0);
	for (i = 0; i < ROUNDS && log.len; i++) {
		struct buf worse = {};
		uint8_t *copy;

		damage(&log, &worse);
		/* Exactly as large: the sanitizer sees each byte read behind it. */
		copy = xcalloc(1, worse.len + !worse.len);
		if (worse.len)
			memcpy(copy, worse.data, worse.len);
		assert_int_equal(LLVMFuzzerTestOneInput(copy, worse.len), 0);
		free(copy);
		buf_free(&log);
		log = worse;
	}
	buf_free(&log);
}

/* Every file of tests/NAME, and what becomes of it. */
static void damage_all(const char *name)
{
	char *dir = xasprintf("%s/qemu-harness/tests/%s", irqsan_root(), name);
	struct dirent **entries;
	int i, total;

	total = scandir(dir, &entries, NULL, versionsort);
	assert_true(total > 2);
	for (i = 0; i < total; i++) {
		if (entries[i]->d_name[0] != '.') {
			char *path = xasprintf("%s/%s", dir, entries[i]->d_name);

			damage_file(path);
			free(path);
		}
		free(entries[i]);
	}
	free(entries);
	free(dir);
}
