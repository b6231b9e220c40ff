// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of load-command.c: what becomes of a user's command in the guest's image, and
 * what can't be one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/child.h"
#include "base/util.h"
#include "boot/image.h"
#include "boot/load.h"

/**
 * struct fixture - what a test has
 * @dir: a directory of its own
 * @plan: a command as the load
 * @image: its image
 */
struct fixture {
	char *dir;
	struct plan plan;
	struct image image;
};

static void begin(struct fixture *f)
{
	*f = (struct fixture){ .dir = xstrdup("/tmp/irqsan-test-XXXXXX") };
	assert_non_null(mkdtemp(f->dir));
	plan_init(&f->plan);
	f->plan.load = &load_command;
}

static void end(struct fixture *f)
{
	remove_tree(f->dir);
	free(f->dir);
	plan_free(&f->plan);
}

static char *put(const struct fixture *f, const char *name, const void *data, size_t len)
{
	char *path = xasprintf("%s/%s", f->dir, name);

	assert_int_equal(write_file(path, data, len), 0);
	chmod(path, 0755);
	return path;
}

/* Makes the load's part of an image of "FILE one two"; what add() says. */
static int add(struct fixture *f, const char *name, const void *data, size_t len)
{
	char *path = put(f, name, data, len);
	int rc;

	strv_free(&f->plan.args);
	strv_push(&f->plan.args, path);
	strv_push(&f->plan.args, "one");
	strv_push(&f->plan.args, "two words");
	f->image = (struct image){
		.plan = &f->plan, .path = xasprintf("%s/initramfs.cpio", f->dir),
	};
	f->image.ir = initramfs_create(f->image.path);
	assert_non_null(f->image.ir);
	rc = load_command.add(&f->image);
	assert_int_equal(initramfs_finish(f->image.ir, rc), rc);
	free(path);
	return rc;
}

/* Is @what, of @len bytes, in the image? */
static bool has(const struct fixture *f, const void *what, size_t len)
{
	struct buf cpio = {};
	bool yes;

	assert_int_equal(read_file(f->image.path, &cpio), 0);
	yes = memmem(cpio.data, cpio.len, what, len);
	buf_free(&cpio);
	return yes;
}

#define TEXT(text) text, strlen(text)

static void test_script(void **state)
{
	static const char words[] = "/load/x.sh\0one\0two words";
	struct fixture f;

	(void)state;
	begin(&f);
	f.plan.repeat = 3;
	f.plan.procs = 2;
	assert_int_equal(add(&f, "x.sh", TEXT("#! /bin/sh\necho this is it\n")), 0);
	assert_true(has(&f, TEXT("echo this is it")));
	assert_true(has(&f, words, sizeof(words)));
	assert_string_equal(f.image.conf.data,
			    "command /load/argv\nrepeat 3\nprocs 2\nuntil-first 1\n");
	image_free(&f.image);
	assert_int_equal(add(&f, "e.sh", TEXT("#!/usr/bin/env sh\n")), 0);
	image_free(&f.image);
	assert_int_equal(add(&f, "p.py", TEXT("#!/usr/bin/env python3\n")), -ENOEXEC);
	image_free(&f.image);
	assert_int_equal(add(&f, "q", TEXT("#!")), -ENOEXEC);
	image_free(&f.image);
	end(&f);
}

static void test_c_file(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	assert_int_equal(add(&f, "x.c", TEXT("int main(void) { return 0; }\n")), 0);
	assert_true(has(&f, TEXT("/load/x")) || has(&f, TEXT("load/x")));
	image_free(&f.image);
	assert_int_equal(add(&f, "y.c", TEXT("int main(void) { return x; }\n")), -EINVAL);
	image_free(&f.image);
	end(&f);
}

/* A program that needs no library. */
static void test_static(void **state)
{
	struct fixture f;
	struct buf elf = {};
	char *source, *program;

	(void)state;
	begin(&f);
	source = put(&f, "x.c", TEXT("int main(void) { return 0; }\n"));
	program = xasprintf("%s/x", f.dir);
	const char *const argv[] = { "gcc", "-static", "-o", program, source, NULL };

	assert_int_equal(child_run_quietly("gcc", argv, NULL, 60), 0);
	assert_int_equal(read_file(program, &elf), 0);
	assert_int_equal(add(&f, "static", elf.data, elf.len), 0);
	assert_true(has(&f, TEXT("load/static")));
	image_free(&f.image);
	buf_free(&elf);
	free(program);
	free(source);
	end(&f);
}

static void test_syz(void **state)
{
	static const char words[] = "/load/syz-execprog\0-executor=/load/syz-executor\0-repeat=0\0"
				    "-procs=4\0/load/r.syz\0one";
	struct fixture f;
	char *tool;

	(void)state;
	begin(&f);
	f.plan.procs = 4;
	assert_int_equal(add(&f, "r.syz", TEXT("getpid()\n")), -EINVAL);
	image_free(&f.image);
	plan_set(&f.plan.syz, f.dir);
	assert_int_equal(add(&f, "r.syz", TEXT("getpid()\n")), -ENOENT);
	image_free(&f.image);
	tool = put(&f, "syz-execprog", TEXT("#!/bin/sh\n"));
	free(tool);
	tool = put(&f, "syz-executor", TEXT("#!/bin/sh\n"));
	free(tool);
	assert_int_equal(add(&f, "r.syz", TEXT("getpid()\n")), 0);
	assert_true(has(&f, words, sizeof(words)));
	assert_true(has(&f, TEXT("getpid()\n")));
	assert_non_null(strstr(f.image.conf.data, "repeat 1\nprocs 1\n"));
	image_free(&f.image);
	end(&f);
}

static void test_no_program(void **state)
{
	/* An ELF header for AArch64. */
	static const unsigned char arm[64] = {
		0x7f, 'E', 'L', 'F', 2, 1, 1, [16] = 2, [18] = 183, [20] = 1, [52] = 64,
	};
	struct fixture f;

	(void)state;
	begin(&f);
	assert_int_equal(add(&f, "text", TEXT("hello\n")), -ENOEXEC);
	image_free(&f.image);
	assert_int_equal(add(&f, "empty", "", 0), -ENOEXEC);
	image_free(&f.image);
	assert_int_equal(add(&f, "arm", arm, sizeof(arm)), -ENOEXEC);
	image_free(&f.image);
	end(&f);
}

/* In a root all is the root's but for the file itself. */
static void test_root(void **state)
{
	static const char script[] = "#!/usr/bin/env python3\n";
	static const char argv[] = "stress-ng\0one\0two words";
	struct fixture f;

	(void)state;
	begin(&f);
	plan_set(&f.plan.root, "debian:trixie");
	assert_int_equal(add(&f, "p.py", script, strlen(script)), 0);
	assert_true(has(&f, "userland/files/load/p.py", 25));
	assert_false(has(&f, "busybox", 7));
	/* This is no file here, so the guest will find it, or not. */
	strv_free(&f.plan.args);
	strv_push(&f.plan.args, "stress-ng");
	strv_push(&f.plan.args, "one");
	strv_push(&f.plan.args, "two words");
	f.image.ir = initramfs_create(f.image.path);
	assert_int_equal(load_command.add(&f.image), 0);
	assert_int_equal(initramfs_finish(f.image.ir, 0), 0);
	assert_true(has(&f, argv, sizeof(argv)));
	image_free(&f.image);
	end(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_script),
		cmocka_unit_test(test_c_file),
		cmocka_unit_test(test_static),
		cmocka_unit_test(test_syz),
		cmocka_unit_test(test_no_program),
		cmocka_unit_test(test_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
