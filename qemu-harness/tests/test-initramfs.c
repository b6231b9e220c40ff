// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of initramfs.c: what was put in is read back by libarchive, and the
 * same contents make the same bytes.
 */
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/util.h"
#include "boot/initramfs.h"

static char dir[] = "/tmp/irqsan-test-initramfs.XXXXXX";

static int setup(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return remove_tree(dir);
}

static char *in_dir(const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

/* One of everything. */
static void fill(struct initramfs *ir, const char *file)
{
	assert_int_equal(initramfs_add_data(ir, "/init", S_IFREG | 0755, "#!", 2), 0);
	assert_int_equal(initramfs_add_data(ir, "/etc/a/one", 0644, "1", 1), 0);
	assert_int_equal(initramfs_add_data(ir, "etc/a/two", 0644, "", 0), 0);
	assert_int_equal(initramfs_add_dir(ir, "/etc/a/", 0700), 0);
	assert_int_equal(initramfs_add_dir(ir, "/run/lock", 0700), 0);
	assert_int_equal(initramfs_add_file(ir, "/etc/file", 0600, file), 0);
	assert_int_equal(initramfs_add_node(ir, "/dev/console", S_IFCHR | 0600, makedev(5, 1)), 0);
}

static char *make(const char *name)
{
	char *path = in_dir(name), *file = in_dir("file");
	struct initramfs *ir;

	assert_int_equal(write_file(file, "contents", 8), 0);
	ir = initramfs_create(path);
	assert_non_null(ir);
	fill(ir, file);
	assert_int_equal(initramfs_finish(ir, 0), 0);
	free(file);
	return path;
}

/* Finds an entry and counts those of its name; the data of the first. */
static unsigned int look(const char *path, const char *name, struct stat *st, struct buf *data)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	unsigned int n = 0;

	archive_read_support_format_cpio(a);
	assert_int_equal(archive_read_open_filename(a, path, 4096), ARCHIVE_OK);
	while (archive_read_next_header(a, &e) == ARCHIVE_OK) {
		char chunk[4096];
		la_ssize_t len;

		assert_int_equal(archive_format(a), ARCHIVE_FORMAT_CPIO_SVR4_NOCRC);
		assert_int_equal(archive_entry_mtime(e), 0);
		if (strcmp(archive_entry_pathname(e), name) || n++)
			continue;
		*st = *archive_entry_stat(e);
		if (archive_entry_symlink(e))
			buf_add(data, archive_entry_symlink(e), strlen(archive_entry_symlink(e)));
		while ((len = archive_read_data(a, chunk, sizeof(chunk))) > 0)
			buf_add(data, chunk, len);
	}
	archive_read_free(a);
	return n;
}

static void test_contents(void **state)
{
	static const struct {
		const char *name;
		mode_t mode;
		const char *data;
	} want[] = {
		{ "init", S_IFREG | 0755, "#!" },
		{ "etc", S_IFDIR | 0755, "" },
		{ "etc/a", S_IFDIR | 0755, "" },
		{ "etc/a/one", S_IFREG | 0644, "1" },
		{ "etc/a/two", S_IFREG | 0644, "" },
		{ "run", S_IFDIR | 0755, "" },
		{ "run/lock", S_IFDIR | 0700, "" },
		{ "etc/file", S_IFREG | 0600, "contents" },
		{ "dev/console", S_IFCHR | 0600, "" },
	};
	char *path = make("contents");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		struct buf data = { 0 };
		struct stat st = { 0 };

		buf_add(&data, "", 0);
		assert_int_equal(look(path, want[i].name, &st, &data), 1);
		assert_int_equal(st.st_mode, want[i].mode);
		assert_int_equal(st.st_uid, 0);
		assert_string_equal(data.data, want[i].data);
		if (S_ISCHR(st.st_mode))
			assert_int_equal(st.st_rdev, makedev(5, 1));
		buf_free(&data);
	}
	free(path);
}

static void test_same_bytes(void **state)
{
	char *one = make("one"), *two = make("two");
	char hex_one[65], hex_two[65];
	struct stat st;

	(void)state;
	assert_int_equal(sha256_file(one, hex_one), 0);
	assert_int_equal(sha256_file(two, hex_two), 0);
	assert_string_equal(hex_one, hex_two);
	assert_int_equal(stat(one, &st), 0);
	/* Another archive can follow. */
	assert_int_equal(st.st_size % 512, 0);
	free(one);
	free(two);
}

/* Writes @text through libarchive's filter of that name. */
static void pack(const char *path, const char *filter, const char *text)
{
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();

	assert_int_equal(archive_write_set_format_raw(a), ARCHIVE_OK);
	assert_int_equal(archive_write_add_filter_by_name(a, filter), ARCHIVE_OK);
	assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
	archive_entry_set_pathname(e, "x");
	archive_entry_set_filetype(e, AE_IFREG);
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	assert_int_equal(archive_write_data(a, text, strlen(text)), strlen(text));
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
	archive_entry_free(e);
}

static void test_modules(void **state)
{
	static const char *const filters[] = { "xz", "zstd", "gzip", "none" };
	char *path = in_dir("modules"), *from = in_dir("x.ko");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		struct initramfs *ir = initramfs_create(path);
		struct buf data = { 0 };
		struct stat st;

		assert_non_null(ir);
		if (strcmp(filters[i], "none"))
			pack(from, filters[i], "\177ELF plain module");
		else
			assert_int_equal(write_file(from, "\177ELF plain module", 17), 0);
		assert_int_equal(initramfs_add_module(ir, "/m/x.ko", from), 0);
		assert_int_equal(initramfs_finish(ir, 0), 0);
		assert_int_equal(look(path, "m/x.ko", &st, &data), 1);
		assert_string_equal(data.data, "\177ELF plain module");
		buf_free(&data);
	}
	free(path);
	free(from);
}

/* Neither the file nor a temporary one stays behind. */
static void test_failures_leave_nothing(void **state)
{
	char *sub = in_dir("sub"), *path = in_dir("sub/none.cpio"), *missing = in_dir("missing");
	struct initramfs *ir;
	struct dirent *d;
	DIR *listing;

	(void)state;
	assert_int_equal(mkdir_p(sub), 0);
	ir = initramfs_create(path);
	assert_non_null(ir);
	assert_int_equal(initramfs_add_data(ir, "/a", 0644, "a", 1), 0);
	assert_int_equal(initramfs_finish(ir, -EINTR), -EINTR);

	ir = initramfs_create(path);
	assert_non_null(ir);
	assert_true(initramfs_add_file(ir, "/a", 0644, missing) < 0);
	/* An error that the caller let pass still counts. */
	assert_true(initramfs_add_data(ir, "/b", 0644, "b", 1) < 0);
	assert_true(initramfs_finish(ir, 0) < 0);

	listing = opendir(sub);
	assert_non_null(listing);
	while ((d = readdir(listing)))
		assert_int_equal(d->d_name[0], '.');
	closedir(listing);
	assert_null(initramfs_create("/nonexistent/x.cpio"));
	free(sub);
	free(path);
	free(missing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contents),
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_modules),
		cmocka_unit_test(test_failures_leave_nothing),
	};

	return cmocka_run_group_tests_name("initramfs", tests, setup, teardown);
}
