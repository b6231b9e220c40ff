// SPDX-License-Identifier: GPL-2.0
/*
 * Kernels that somebody else has built or installed: their modules, their headers,
 * and the compiler that a module for them is built with. The kernels are made up, and
 * so are the compilers.
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
#include "kernel/kernel.h"

#define RELEASE "6.1.0-test"

static char dir[] = "/tmp/irqsan-test-XXXXXX";
static char *tree, *root;

static void put(const char *to, const char *file, const char *text)
{
	char *path = xasprintf("%s/%s", to, file), *slash = strrchr(path, '/');

	*slash = '\0';
	assert_int_equal(mkdir_p(path), 0);
	*slash = '/';
	assert_int_equal(write_file(path, text, strlen(text)), 0);
	free(path);
}

/* A module that needs the function @needs and exports @exports. */
static void put_module(const char *file, const char *needs, const char *exports)
{
	char *path = xasprintf("%s/%s", tree, file), *source, *from = xasprintf("%s.S", path);
	const char *const argv[] = { "as", "-o", path, from, NULL };
	char *name = xasprintf("%s.S", file);

	source = xasprintf(".section .modinfo,\"a\"\n.asciz \"vermagic=" RELEASE " SMP\"\n"
			   ".text\n%s: call %s\n.globl __crc_%s\n__crc_%s = 1\n",
			   exports, needs, exports, exports);
	put(tree, name, source);
	assert_int_equal(child_run_quietly("as", argv, NULL, 60), 0);
	free(source);
	free(name);
	free(from);
	free(path);
}

static void put_image(const char *to, const char *file, const char *release)
{
	unsigned char image[0x300] = { 0 };
	char *path;

	put(to, file, "");
	path = xasprintf("%s/%s", to, file);
	memcpy(image + 0x202, "HdrS", 4);
	image[0x20e] = 0x80;
	memcpy(image + 0x280, release, strlen(release));
	assert_int_equal(write_file(path, image, sizeof(image)), 0);
	free(path);
}

static void put_program(const char *name, const char *says)
{
	char *path = xasprintf("%s/bin/%s", dir, name), *text;

	text = xasprintf("#!/bin/sh\necho '%s'\n", says);
	put(dir, path + strlen(dir) + 1, text);
	assert_int_equal(chmod(path, 0755), 0);
	free(text);
	free(path);
}

static int group_setup(void **state)
{
	char *path;

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	tree = xasprintf("%s/tree", dir);
	root = xasprintf("%s/root", dir);
	path = xasprintf("%s/bin:%s", dir, getenv("PATH"));
	setenv("PATH", path, 1);
	setenv("XDG_CACHE_HOME", dir, 1);
	free(path);
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	free(tree);
	free(root);
	return remove_tree(dir);
}

/* A tree that "make" has built. */
static int setup(void **state)
{
	(void)state;
	put(tree, ".config", "");
	put(tree, "include/config/kernel.release", RELEASE "\n");
	put(tree, "modules.builtin", "kernel/fs/builtin.ko\n");
	put(tree, "modules.order", "fs/one.ko\nfs/two.o\n");
	put(tree, "Module.symvers", "");
	put(tree, "Makefile", "modules:\n\techo '$(CC) $(LLVM)' >$(M)/test.ko\n");
	put_image(tree, "arch/x86/boot/bzImage", RELEASE);
	put_module("fs/one.ko", "two", "one");
	put_module("fs/two.ko", "printk", "two");
	put(dir, "module/test.c", "");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return remove_tree(tree) ?: remove_tree(root);
}

/* The modules of tree that are loaded for @name, as "one.ko two.ko "; NULL: it lacks it. */
static char *files_for(const char *name)
{
	const char *const names[] = { name, NULL };
	struct strv files = { 0 };
	struct buf text = { 0 };
	struct kernel k;

	assert_int_equal(kernel_get(tree, &k), 0);
	if (!kernel_module_files(&k, names, &files)) {
		buf_add(&text, "", 0);
		for (size_t i = 0; i < files.n; i++)
			buf_addf(&text, "%s ", strrchr(files.v[i], '/') + 1);
	}
	kernel_free(&k);
	strv_free(&files);
	return text.data;
}

static void expect_files(const char *name, const char *want)
{
	char *files = files_for(name);

	if (want)
		assert_string_equal(files, want);
	else
		assert_null(files);
	free(files);
}

static void test_tree_modules(void **state)
{
	(void)state;
	expect_files("two", "two.ko ");
	expect_files("one", "two.ko one.ko ");
	expect_files("builtin", "");
	expect_files("three", NULL);
	/* Built again, it has others. */
	put(tree, "modules.order", "fs/three.o\nfs/two.o\n");
	put_module("fs/three.ko", "printk", "three");
	expect_files("three", "three.ko ");
	expect_files("one", NULL);
	/* What was not built is missed when it is needed. */
	put(tree, "modules.order", "fs/three.o\nfs/four.o\n");
	expect_files("three", "three.ko ");
	expect_files("four", NULL);
}

/* What make is told of the compiler of @config; NULL: nothing could be built. */
static void expect_compiler(const char *config, const char *want)
{
	char *module = xasprintf("%s/module", dir), *out;
	struct buf made = { 0 };
	struct kernel k;

	put(tree, ".config", config);
	assert_int_equal(kernel_get(tree, &k), 0);
	if (!want) {
		assert_int_equal(kernel_build_module(&k, module, &out), -ENOENT);
	} else {
		char *path;

		assert_int_equal(kernel_build_module(&k, module, &out), 0);
		path = xasprintf("%s/test.ko", out);
		assert_int_equal(read_file(path, &made), 0);
		assert_string_equal(made.data, want);
		free(path);
	}
	free(out);
	kernel_free(&k);
	buf_free(&made);
	free(module);
}

static void test_compiler(void **state)
{
	char *symvers = xasprintf("%s/Module.symvers", tree);

	(void)state;
	put_program("gcc-77", "gcc-77 (Some 77.1) 77.1");
	put_program("clang", "Debian clang version 14.0.6");
	put_program("clang-77", "clang version 77.1.0");
	expect_compiler("", "cc \n");
	expect_compiler("CONFIG_CC_VERSION_TEXT=\"gcc (Some 12.2) 12.2\"\n", "gcc \n");
	expect_compiler("CONFIG_CC_VERSION_TEXT=\"gcc-77 (Some 77.1) 77.1\"\n", "gcc-77 \n");
	expect_compiler("CONFIG_CC_VERSION_TEXT=\"gcc-78 (Some 78.1) 78.1\"\n", NULL);
	expect_compiler("CONFIG_CC_VERSION_TEXT=\"Debian clang version 14.0.0\"\n"
			"CONFIG_CLANG_VERSION=140000\nCONFIG_LD_IS_LLD=y\n", "cc 1\n");
	expect_compiler("CONFIG_CC_VERSION_TEXT=\"Debian clang version 14.0.0\"\n"
			"CONFIG_CLANG_VERSION=140000\n", "clang \n");
	expect_compiler("CONFIG_CC_VERSION_TEXT=\"clang version 77.0.1\"\n"
			"CONFIG_CLANG_VERSION=770001\nCONFIG_LD_IS_LLD=y\n", "cc -77\n");
	expect_compiler("CONFIG_CC_VERSION_TEXT=\"clang version 7.0.1\"\n"
			"CONFIG_CLANG_VERSION=70001\nCONFIG_LD_IS_LLD=y\n", NULL);
	unlink(symvers);
	expect_compiler("", NULL);
	free(symvers);
}

static void expect_staged(const char *name, bool headers)
{
	char *modules = xasprintf("%s/lib/modules/" RELEASE, root);
	char *module = xasprintf("%s/module", dir), *out;
	struct kernel k;

	assert_int_equal(kernel_get(name, &k), 0);
	assert_string_equal(k.release, RELEASE);
	assert_string_equal(k.modules, modules);
	assert_int_equal(kernel_config(&k, "STAGED"), 'y');
	assert_int_equal(kernel_build_module(&k, module, &out), headers ? 0 : -ENOENT);
	kernel_free(&k);
	free(out);
	free(module);
	free(modules);
}

/* "make modules_install", and perhaps "make install", into a directory. */
static void test_installed(void **state)
{
	char *image = xasprintf("%s/boot/vmlinuz-" RELEASE, root);
	char *build = xasprintf("%s/lib/modules/" RELEASE "/build", root);
	struct kernel k;

	(void)state;
	put(root, "lib/modules/" RELEASE "/modules.dep", "");
	put(tree, ".config", "CONFIG_STAGED=y\n");
	assert_int_equal(kernel_get(root, &k), -ENOENT);
	assert_int_equal(symlink(tree, build), 0);
	expect_staged(root, true);
	put_image(tree, "arch/x86/boot/bzImage", "6.1.0-other");
	assert_int_equal(kernel_get(root, &k), -EINVAL);
	put_image(root, "boot/vmlinuz-" RELEASE, RELEASE);
	expect_staged(root, true);
	expect_staged(image, true);
	put(root, "boot/config-" RELEASE, "CONFIG_STAGED=y\n");
	unlink(build);
	expect_staged(image, false);
	put(root, "lib/modules/6.1.0-other/modules.dep", "");
	expect_staged(image, false);
	assert_int_equal(kernel_get(root, &k), -EINVAL);
	free(build);
	free(image);
}

/* An image is not taken for an installed one because it lies in a directory "boot". */
static void test_only_image(void **state)
{
	char *image = xasprintf("%s/arch/x86/boot/bzImage", tree);
	struct kernel k;

	(void)state;
	put(tree, "arch/x86/lib/modules/" RELEASE "/modules.dep", "");
	assert_int_equal(kernel_get(image, &k), 0);
	assert_null(k.modules);
	assert_null(k.headers);
	kernel_free(&k);
	assert_int_equal(kernel_get("9.9.9-none", &k), -ENOENT);
	free(image);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_tree_modules, setup, teardown),
		cmocka_unit_test_setup_teardown(test_compiler, setup, teardown),
		cmocka_unit_test_setup_teardown(test_installed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_only_image, setup, teardown),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
