// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of crash.c: recorded and hand-written console logs with the titles
 * that they must give.
 *
 * A log file begins with "TITLE: …" (empty: no crash) and further "KEY: value"
 * lines up to an empty line. tests/logs holds ours; a larger corpus is read
 * from $IRQSAN_CRASH_LOGS, or ../shared/crash-logs beside the source tree.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crash.h"
#include "util.h"

/* The share of the corpus that must get its exact title, in percent. */
#define CORPUS_MIN 47

/* Splits a log file into expected title (owned) and log; false: not a log file. */
static bool split(const struct buf *file, char **title, const char **log, size_t *len)
{
	const char *p = file->data, *report;

	*title = NULL;
	while (p && *p && *p != '\n') {
		if (!*title && !strncmp(p, "TITLE:", 6)) {
			p += 6 + strspn(p + 6, " ");
			*title = xasprintf("%.*s", (int)strcspn(p, "\n"), p);
		}
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
	if (!p)
		return false;
	*log = p;
	report = strstr(p, "\nREPORT:\n");
	*len = report ? (size_t)(report - p) : strlen(p);
	return true;
}

/* Does @path give its title? Says so if not. */
static bool check_log(const char *path, bool *is_log)
{
	struct buf file = {};
	struct crash crash;
	const char *log;
	char *title;
	size_t len;
	bool same;
	int rc;

	assert_int_equal(read_file(path, &file), 0);
	*is_log = split(&file, &title, &log, &len);
	if (!*is_log) {
		buf_free(&file);
		return false;
	}
	rc = crash_find(log, len, &crash);
	assert_int_equal(rc, !!crash.title);
	if (crash.title) {
		assert_true(crash.start < crash.end);
		assert_true(crash.end <= len);
	}
	same = !strcmp(crash.title ?: "", title ?: "");
	if (!same)
		print_message("%s: \"%s\", not \"%s\"\n", path, crash.title ?: "", title ?: "");
	crash_free(&crash);
	free(title);
	buf_free(&file);
	return same;
}

static char *logs_dir(void)
{
	return xasprintf("%s/qemu-harness/tests/logs", irqsan_root());
}

static void test_own_logs(void **state)
{
	char *dir = logs_dir();
	unsigned int n = 0, good = 0;
	struct dirent **entries;
	int i, total;
	bool is_log;

	(void)state;
	total = scandir(dir, &entries, NULL, versionsort);
	assert_true(total > 2);
	for (i = 0; i < total; i++) {
		if (entries[i]->d_name[0] != '.') {
			char *path = xasprintf("%s/%s", dir, entries[i]->d_name);

			n++;
			good += check_log(path, &is_log);
			free(path);
		}
		free(entries[i]);
	}
	free(entries);
	free(dir);
	assert_int_equal(good, n);
}

/* Where the corpus is, or NULL; the caller frees it. */
static char *corpus_dir(void)
{
	const char *env = getenv("IRQSAN_CRASH_LOGS");
	char *dir = env ? xstrdup(env) : xasprintf("%s/../shared/crash-logs", irqsan_root());

	if (file_exists(dir))
		return dir;
	free(dir);
	return NULL;
}

static void test_corpus(void **state)
{
	char *dir = corpus_dir();
	unsigned int n = 0, good = 0;
	struct dirent **entries;
	int i, total;

	(void)state;
	if (!dir) {
		print_message("no crash log corpus (IRQSAN_CRASH_LOGS): skipped\n");
		skip();
	}
	total = scandir(dir, &entries, NULL, versionsort);
	assert_true(total > 2);
	for (i = 0; i < total; i++) {
		char *path = xasprintf("%s/%s", dir, entries[i]->d_name);
		bool is_log = false, same;

		/* Its logs are named by numbers. */
		if (strspn(entries[i]->d_name, "0123456789") == strlen(entries[i]->d_name)) {
			same = check_log(path, &is_log);
			n += is_log;
			good += same;
			if (!strcmp(entries[i]->d_name, "606"))
				assert_true(same);
		}
		free(path);
		free(entries[i]);
	}
	free(entries);
	free(dir);
	print_message("corpus: %u of %u titles\n", good, n);
	assert_true(good * 100 >= n * CORPUS_MIN);
}

static void test_where(void **state)
{
	static const char log[] =
		"[    1.0] before\n"
		"[    2.0] ------------[ cut here ]------------\n"
		"[    2.0] some reason\n"
		"[    2.0] WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\n"
		"[    2.0] ---[ end trace 1 ]---\n"
		"[    3.0] after\n";
	struct crash crash;

	(void)state;
	assert_int_equal(crash_find(log, strlen(log), &crash), 1);
	assert_int_equal(crash.start, strstr(log, "[    2.0] ---") - log);
	assert_int_equal(crash.end, strstr(log, "[    3.0]") - log);
	assert_false(crash.corrupted);
	crash_free(&crash);
}

static void test_empty(void **state)
{
	struct crash crash;

	(void)state;
	assert_int_equal(crash_find("", 0, &crash), 0);
	assert_null(crash.title);
	assert_int_equal(crash_find("\n\n", 2, &crash), 0);
}

/* The first of two reports is the one that counts. */
static void test_first_wins(void **state)
{
	static const char log[] =
		"WARNING: CPU: 0 PID: 1 at a.c:1 first+0x1/0x2\n"
		"---[ end trace 1 ]---\n"
		"BUG: kernel NULL pointer dereference, address: 0\n"
		"RIP: 0010:second+0x1/0x2\n";
	struct crash crash;

	(void)state;
	assert_int_equal(crash_find(log, strlen(log), &crash), 1);
	assert_string_equal(crash.title, "WARNING in first");
	crash_free(&crash);
}

/* Whatever a log is cut off at, it is read without fault. */
static void test_cut_off(void **state)
{
	char *dir = logs_dir(), *path = xasprintf("%s/irqsan-kvm-wait", dir);
	struct buf file = {};
	struct crash crash;
	size_t len;

	(void)state;
	assert_int_equal(read_file(path, &file), 0);
	for (len = 0; len < file.len; len++) {
		char *copy = xcalloc(1, len + 1);

		memcpy(copy, file.data, len);
		crash_find(copy, len, &crash);
		crash_free(&crash);
		free(copy);
	}
	buf_free(&file);
	free(path);
	free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_logs),
		cmocka_unit_test(test_corpus),
		cmocka_unit_test(test_where),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_first_wins),
		cmocka_unit_test(test_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
