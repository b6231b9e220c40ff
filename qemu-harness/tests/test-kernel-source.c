// SPDX-License-Identifier: GPL-2.0
/*
 * Source trees: what is one, the order of a series, and patched copies that
 * leave the original alone.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/child.h"
#include "kernel/kernel-source.h"

static const char first[] =
	"From: A Developer <a@example.org>\nSubject: [PATCH 1/2] one\n\n---\n"
	"diff --git a/init/main.c b/init/main.c\n--- a/init/main.c\n+++ b/init/main.c\n"
	"@@ -1,2 +1,2 @@\n-one\n+two\n rest\n"
	"diff --git a/init/new.c b/init/new.c\nnew file mode 100644\n--- /dev/null\n"
	"+++ b/init/new.c\n@@ -0,0 +1 @@\n+new\n";
static const char second[] =
	"Subject: [PATCH 2/2] two\n\n---\n"
	"diff --git a/init/main.c b/init/main.c\n--- a/init/main.c\n+++ b/init/main.c\n"
	"@@ -1,2 +1,2 @@\n-two\n+three\n rest\n";

static void put(const char *dir, const char *file, const char *text)
{
	char *path = xasprintf("%s/%s", dir, file), *slash = strrchr(path, '/');

	*slash = '\0';
	assert_int_equal(mkdir_p(path), 0);
	*slash = '/';
	assert_int_equal(write_file(path, text, strlen(text)), 0);
	free(path);
}

static void assert_holds(const char *dir, const char *file, const char *text)
{
	char *path = xasprintf("%s/%s", dir, file);
	struct buf b = { 0 };

	assert_int_equal(read_file(path, &b), 0);
	assert_string_equal(b.data, text);
	buf_free(&b);
	free(path);
}

/**
 * struct fixture - what a test has
 * @top: directory of all of it
 * @tree: a source tree
 * @copy: where a copy is to be
 * @series: directory of a series
 */
struct fixture {
	char *top;
	char *tree;
	char *copy;
	char *series;
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	char dir[] = "/tmp/irqsan-test-XXXXXX";

	if (!mkdtemp(dir))
		return -1;
	f->top = xstrdup(dir);
	f->tree = xasprintf("%s/tree", dir);
	f->copy = xasprintf("%s/copies/copy", dir);
	f->series = xasprintf("%s/series", dir);
	put(f->tree, "Kconfig", "");
	put(f->tree, "scripts/kconfig/Makefile", "");
	put(f->tree, "init/main.c", "one\nrest\n");
	put(f->tree, ".git/HEAD", "ref: refs/heads/master\n");
	put(f->series, "0000-cover-letter.patch", "Subject: [PATCH 0/2] both\n");
	put(f->series, "0002-two.patch", second);
	put(f->series, "0001-one.patch", first);
	put(f->series, "README", "no patch");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	remove_tree(f->top);
	free(f->top);
	free(f->tree);
	free(f->copy);
	free(f->series);
	free(f);
	return 0;
}

static void test_directory(void **state)
{
	struct fixture *f = *state;
	struct kernel_source s;

	assert_int_equal(kernel_source_get(f->tree, NULL, &s), 0);
	assert_null(s.version);
	assert_null(s.suite);
	kernel_source_free(&s);
	assert_int_equal(kernel_source_get(f->series, NULL, &s), -EINVAL);
	assert_int_equal(kernel_source_get("/no/such/tree", NULL, &s), -ENOENT);
	assert_int_equal(kernel_source_get("debian-source:potato", NULL, &s), -EINVAL);
	assert_int_equal(kernel_source_get("debian-source:sid", "HEAD", &s), -EINVAL);
	assert_int_equal(kernel_source_get(f->tree, "HEAD", &s), -EINVAL);
	put(f->tree, ".config", "");
	assert_int_equal(kernel_source_get(f->tree, NULL, &s), -EINVAL);
}

/* A repository that the tree is only a part of doesn't know what is source there. */
static void test_part_of_repository(void **state)
{
	struct fixture *f = *state;
	const char *const argv[] = { "git", "init", "-q", f->top, NULL };
	struct kernel_source s;

	assert_int_equal(child_run_quietly("git init", argv, NULL, 60), 0);
	put(f->tree, ".config", "");
	assert_int_equal(kernel_source_get(f->tree, NULL, &s), -EINVAL);
}

static void test_series(void **state)
{
	struct fixture *f = *state;
	struct strv patches = { 0 };

	assert_int_equal(kernel_source_series(f->series, &patches), 0);
	assert_int_equal(patches.n, 2);
	assert_non_null(strstr(patches.v[0], "/0001-one.patch"));
	assert_non_null(strstr(patches.v[1], "/0002-two.patch"));
	strv_free(&patches);
	assert_int_equal(kernel_source_series(f->tree, &patches), -ENOENT);
	strv_free(&patches);
}

/* @version: that of a package, whose files are shared; NULL: those of a user, which are not. */
static void patch(struct fixture *f, const char *version)
{
	struct kernel_source s = { .dir = f->tree, .version = (char *)version };
	char *original = xasprintf("%s/Kconfig", f->tree);
	char *copied = xasprintf("%s/Kconfig", f->copy);
	char *git = xasprintf("%s/.git", f->copy);
	struct strv patches = { 0 };
	struct stat a, b;

	assert_int_equal(kernel_source_series(f->series, &patches), 0);
	assert_int_equal(kernel_source_copy(&s, &patches, f->copy), 0);
	assert_holds(f->copy, "init/main.c", "three\nrest\n");
	assert_holds(f->copy, "init/new.c", "new\n");
	assert_holds(f->tree, "init/main.c", "one\nrest\n");
	assert_false(file_exists(git));
	assert_int_equal(stat(original, &a), 0);
	assert_int_equal(stat(copied, &b), 0);
	assert_int_equal(a.st_ino == b.st_ino, version != NULL);
	assert_int_equal(a.st_mtim.tv_sec, b.st_mtim.tv_sec);
	assert_int_equal(a.st_mtim.tv_nsec, b.st_mtim.tv_nsec);
	strv_free(&patches);
	free(git);
	free(copied);
	free(original);
}

static void test_patched_package(void **state)
{
	patch(*state, "1");
}

static void test_patched_directory(void **state)
{
	patch(*state, NULL);
}

/* Of a repository that the copy happens to lie in git apply would leave all files alone. */
static void test_in_repository(void **state)
{
	struct fixture *f = *state;
	const char *const argv[] = { "git", "init", "-q", f->top, NULL };

	assert_int_equal(child_run_quietly("git init", argv, NULL, 60), 0);
	patch(f, "1");
}

static void test_does_not_apply(void **state)
{
	struct fixture *f = *state;
	struct kernel_source s = { .dir = f->tree, .version = (char *)"1" };
	struct strv patches = { 0 };
	char *tmp = xasprintf("%s.tmp", f->copy);

	strv_pushf(&patches, "%s/0002-two.patch", f->series);
	assert_int_equal(kernel_source_copy(&s, &patches, f->copy), -EIO);
	assert_false(file_exists(f->copy));
	assert_false(file_exists(tmp));
	assert_holds(f->tree, "init/main.c", "one\nrest\n");
	strv_free(&patches);
	free(tmp);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_part_of_repository, setup, teardown),
		cmocka_unit_test_setup_teardown(test_series, setup, teardown),
		cmocka_unit_test_setup_teardown(test_patched_package, setup, teardown),
		cmocka_unit_test_setup_teardown(test_patched_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_in_repository, setup, teardown),
		cmocka_unit_test_setup_teardown(test_does_not_apply, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
