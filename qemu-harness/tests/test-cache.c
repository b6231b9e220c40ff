// SPDX-License-Identifier: GPL-2.0
/*
 * Entries of the cache: made once, whole or absent whoever is killed, and left as
 * they are while somebody uses them.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cache.h"
#include "base/child.h"
#include "base/util.h"

#define FILES 20

/**
 * struct thing - an entry of files that all hold the same word
 * @word: what they are to hold, or NULL: don't make it
 * @pause: seconds between two files
 * @found: what they hold; owned
 */
struct thing {
	const char *word;
	double pause;
	char *found;
};

static char top[] = "/tmp/irqsan-test-XXXXXX";

static int find(void *ctx, const char *dir)
{
	json_t *o = manifest_read(dir);
	struct thing *t = ctx;

	free(t->found);
	t->found = xstrdup(json_string_value(json_object_get(o, "word")));
	json_decref(o);
	for (int i = 0; t->found && i < FILES; i++) {
		char *path = xasprintf("%s/%d", dir, i);
		struct buf text = { 0 };

		assert_int_equal(read_file(path, &text), 0);
		assert_string_equal(text.data, t->found);
		buf_free(&text);
		free(path);
	}
	return t->found ? 0 : -ENOENT;
}

static int make(void *ctx, const char *work, const char *dest)
{
	char *scratch = xasprintf("%s/scratch", work), *left = xasprintf("%s/left", dest);
	const struct thing *t = ctx;
	int rc = 0;

	assert_false(file_exists(left));
	assert_false(file_exists(scratch));
	if (!t->word)
		rc = -EIO;
	for (int i = 0; !rc && i < FILES; i++) {
		char *path = xasprintf("%s/%d", dest, i);

		rc = write_file(path, t->word, strlen(t->word));
		if (!rc)
			rc = write_file(scratch, t->word, strlen(t->word));
		if (t->pause)
			usleep(t->pause * 1e6);
		free(path);
	}
	if (!rc)
		rc = manifest_write(dest, json_pack("{ss}", "word", t->word));
	free(scratch);
	free(left);
	return rc;
}

static int get(const char *key, struct thing *t, bool refresh, int *held)
{
	return cache_get(&(struct cache_entry){
		.key = key, .refresh = refresh, .find = find, .make = make, .ctx = t,
	}, held);
}

/* In a process of its own, which ends with 0 when it has got it. */
static pid_t start(const char *key, const char *word, double pause, bool refresh)
{
	struct thing t = { .word = word, .pause = pause };
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		_exit(get(key, &t, refresh, NULL) ? 1 : 0);
	return pid;
}

static int end(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void expect(const char *key, const char *word)
{
	struct thing t = { 0 };

	assert_int_equal(get(key, &t, false, NULL), 0);
	assert_string_equal(t.found, word);
	free(t.found);
}

static size_t count(const char *what)
{
	char *pattern = xasprintf("%s/%s", irqsan_cache(), what);
	glob_t found = { 0 };
	size_t n;

	glob(pattern, 0, NULL, &found);
	n = found.gl_pathc;
	globfree(&found);
	free(pattern);
	return n;
}

static void test_once(void **state)
{
	pid_t one = start("things/once", "one", 0.02, false);
	pid_t two = start("things/once", "two", 0.02, false);
	struct thing t = { 0 };

	(void)state;
	assert_int_equal(end(one), 0);
	assert_int_equal(end(two), 0);
	/* Whichever came first, and not one after the other. */
	assert_int_equal(get("things/once", &t, false, NULL), 0);
	assert_int_equal(end(start("things/once", "three", 0, false)), 0);
	expect("things/once", t.found);
	free(t.found);
}

static void test_failed(void **state)
{
	struct thing t = { 0 };

	(void)state;
	assert_int_equal(get("things/failed", &t, false, NULL), -EIO);
	assert_int_equal(count("things/failed*"), 0);
	assert_int_equal(end(start("things/failed", "one", 0, false)), 0);
	assert_int_equal(get("things/failed", &t, true, NULL), -EIO);
	expect("things/failed", "one");
	free(t.found);
}

/* Whatever was left by who was interrupted is no part of the entry. */
static void test_left(void **state)
{
	char *dir = xasprintf("%s/things/left.tmp/entry", irqsan_cache());
	char *path = xasprintf("%s/left", dir);

	(void)state;
	assert_int_equal(mkdir_p(dir), 0);
	assert_int_equal(write_file(path, "x", 1), 0);
	assert_int_equal(end(start("things/left", "one", 0, false)), 0);
	assert_int_equal(count("things/left*"), 1);
	expect("things/left", "one");
	free(path);
	free(dir);
}

/* Two replace it at once, and are killed: it is always whole, and never gone. */
static void test_kill(void **state)
{
	static const char *const words[] = { "alpha", "beta", "gamma", "delta" };
	unsigned int seed = getpid();
	struct thing t = { 0 };

	(void)state;
	print_message("seed %u\n", seed);
	assert_int_equal(end(start("things/kill", "first", 0, false)), 0);
	for (int i = 0; i < 20; i++) {
		pid_t one = start("things/kill", words[i % 4], 0.002, true);
		pid_t two = start("things/kill", words[(i + 1) % 4], 0.002, true);

		usleep(rand_r(&seed) % 120000);
		kill(one, SIGKILL);
		assert_int_equal(get("things/kill", &t, false, NULL), 0);
		usleep(rand_r(&seed) % 60000);
		kill(two, SIGKILL);
		end(one);
		end(two);
		assert_int_equal(get("things/kill", &t, false, NULL), 0);
	}
	assert_int_equal(end(start("things/kill", "last", 0, true)), 0);
	expect("things/kill", "last");
	assert_int_equal(count("things/kill*"), 1);
	free(t.found);
}

/* Who uses an entry has it as it is; who would replace it says that he waits. */
static void test_held(void **state)
{
	char *said = xasprintf("%s/said", top), *dir;
	int status, held, other, err = dup(STDERR_FILENO), fd;
	struct thing t = { .word = "old" };
	struct buf text = { 0 };
	pid_t pid;

	(void)state;
	dir = xasprintf("%s/things/held", irqsan_cache());
	assert_int_equal(get("things/held", &t, false, &held), 0);
	assert_int_equal(get("things/held", &t, false, &other), 0);
	fd = open(said, O_WRONLY | O_CREAT | O_APPEND, 0666);
	assert_true(fd >= 0);
	dup2(fd, STDERR_FILENO);
	pid = fork();
	if (!pid) {
		/* Its own are no others'. */
		close(held);
		close(other);
		t.word = "new";
		_exit(get("things/held", &t, true, NULL) ? 1 : 0);
	}
	dup2(err, STDERR_FILENO);
	usleep(500000);
	close(held);
	usleep(500000);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	assert_int_equal(find(&t, dir), 0);
	assert_string_equal(t.found, "old");
	close(other);
	assert_int_equal(end(pid), 0);
	expect("things/held", "new");
	assert_int_equal(read_file(said, &text), 0);
	free(t.found);
	free(dir);
	dir = xasprintf("irqsan: waiting for another irqsan that uses %s/things/held\n",
			irqsan_cache());
	assert_string_equal(text.data, dir);
	buf_free(&text);
	free(dir);
	free(said);
	close(fd);
	close(err);
}

/* What was not used for long goes, unless somebody holds it. */
static void test_remove(void **state)
{
	char *dir = xasprintf("%s/things/old", irqsan_cache()), *pattern, *file;
	const struct timespec old[] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	struct thing t = { .word = "old" };
	glob_t found = { 0 };
	int held;

	(void)state;
	assert_int_equal(get("things/old", &t, false, &held), 0);
	assert_int_equal(utimensat(AT_FDCWD, dir, old, 0), 0);
	assert_false(cache_remove(dir, 60));
	pattern = xasprintf("%s/locks/*.used", irqsan_cache());
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		assert_int_equal(utimensat(AT_FDCWD, found.gl_pathv[i], old, 0), 0);
	globfree(&found);
	assert_false(cache_remove(dir, 60));
	assert_int_equal(find(&t, dir), 0);
	close(held);
	assert_true(cache_remove(dir, 60));
	assert_int_equal(count("things/old*"), 0);
	file = xasprintf("%s/things/file", irqsan_cache());
	assert_int_equal(write_file(file, "x", 1), 0);
	assert_false(cache_remove(file, 60));
	assert_int_equal(utimensat(AT_FDCWD, file, old, 0), 0);
	assert_true(cache_remove(file, 60));
	assert_false(file_exists(file));
	free(t.found);
	free(file);
	free(pattern);
	free(dir);
}

static int group_setup(void **state)
{
	(void)state;
	/* A lock that is never given free must not hold up all other tests. */
	alarm(120);
	return mkdtemp(top) ? setenv("XDG_CACHE_HOME", top, 1) : -1;
}

static int group_teardown(void **state)
{
	(void)state;
	return remove_tree(top);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_left),
		cmocka_unit_test(test_kill),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_remove),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
