// SPDX-License-Identifier: GPL-2.0
/*
 * Configuration fragments: read, merged, and compared with what came of them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/kconfig.h"

/* Adds a file with @text; its name stays known as @path, which the caller frees. */
static int add_text(struct kconfig *kc, const char *text, char **path)
{
	int fd, rc;

	*path = xstrdup("/tmp/irqsan-test-XXXXXX");
	fd = mkstemp(*path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	rc = kconfig_add(kc, *path);
	unlink(*path);
	return rc;
}

static void test_merge(void **state)
{
	struct kconfig kc = { 0 };
	struct buf b = { 0 };
	char *one, *two;

	(void)state;
	assert_int_equal(add_text(&kc, "# a comment\n\nCONFIG_SMP=y\n  CONFIG_NR_CPUS=8  \n"
				  "CONFIG_PREEMPT_NONE=y\nCONFIG_NAME=\"a=b c\"", &one), 0);
	assert_int_equal(add_text(&kc, "CONFIG_NR_CPUS=64\n# CONFIG_PREEMPT_NONE is not set\n"
				  "CONFIG_SMP_OTHER=m\nCONFIG_X=n\n", &two), 0);
	assert_int_equal(kconfig_text(&kc, &b), 0);
	assert_string_equal(b.data, "CONFIG_SMP=y\nCONFIG_NR_CPUS=64\n"
			    "# CONFIG_PREEMPT_NONE is not set\nCONFIG_NAME=\"a=b c\"\n"
			    "CONFIG_SMP_OTHER=m\n# CONFIG_X is not set\n");
	buf_free(&b);
	kconfig_free(&kc);
	free(one);
	free(two);
}

static void test_bad_lines(void **state)
{
	static const char *const bad[] = {
		"SMP=y\n", "CONFIG_=y\n", "CONFIG_SMP\n", "CONFIG_SMP=\n", "CONFIG_SMP =y\n",
		"include \"other\"\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct kconfig kc = { 0 };
		char *path;

		assert_int_equal(add_text(&kc, bad[i], &path), -EINVAL);
		kconfig_free(&kc);
		free(path);
	}
}

static void test_no_such(void **state)
{
	struct kconfig kc = { 0 };

	(void)state;
	assert_int_equal(kconfig_add(&kc, "no-such-fragment"), -ENOENT);
	assert_int_equal(kconfig_add(&kc, "/no/such/file"), -ENOENT);
	kconfig_free(&kc);
}

/* Each fragment of ours can be read, and goes with the one below all of them. */
static void test_own(void **state)
{
	static const char *const names[] = { "irqflags", "lockdep", "kasan", "seed" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct kconfig kc = { 0 };

		assert_int_equal(kconfig_add(&kc, "kvm-guest"), 0);
		assert_int_equal(kconfig_add(&kc, names[i]), 0);
		assert_null(kc.base);
		assert_true(kc.n > 100);
		kconfig_free(&kc);
	}
}

static void test_missed(void **state)
{
	static const char config[] =
		"CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=m\nCONFIG_D=\"text\"\n"
		"CONFIG_E_LONGER=y\nCONFIG_F=2\n";
	struct kconfig kc = { 0 };
	struct buf b = { 0 };
	char *path, *want;

	(void)state;
	assert_int_equal(add_text(&kc, "CONFIG_A=y\nCONFIG_B=n\nCONFIG_C=m\nCONFIG_D=\"text\"\n"
				  "# CONFIG_E is not set\n", &path), 0);
	assert_int_equal(kconfig_missed(&kc, config, &b), 0);
	assert_null(b.data);
	kconfig_free(&kc);
	free(path);

	assert_int_equal(add_text(&kc, "CONFIG_A=m\nCONFIG_B=y\nCONFIG_E=y\nCONFIG_F=20\n"
				  "# CONFIG_C is not set\n", &path), 0);
	assert_int_equal(kconfig_missed(&kc, config, &b), 5);
	want = xasprintf("CONFIG_A=m of %s is y, CONFIG_B=y of %s is n, CONFIG_E=y of %s is n, "
			 "CONFIG_F=20 of %s is 2, CONFIG_C=n of %s is m",
			 path, path, path, path, path);
	assert_string_equal(b.data, want);
	buf_free(&b);
	kconfig_free(&kc);
	free(path);
	free(want);
}

/* A whole .config is the base, and only one can be; its options are not insisted on. */
static void test_base(void **state)
{
	static const char whole[] =
		"#\n# Automatically generated file; DO NOT EDIT.\n# Linux/x86 6.1.1 Kernel "
		"Configuration\n#\nCONFIG_A=y\n";
	char *path = xstrdup("/tmp/irqsan-test-XXXXXX"), *fragment;
	struct kconfig kc = { 0 };
	struct buf b = { 0 };
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, whole, strlen(whole)), strlen(whole));
	close(fd);
	assert_int_equal(kconfig_add(&kc, path), 0);
	assert_string_equal(kc.base, path);
	assert_int_equal(add_text(&kc, "CONFIG_B=y\n", &fragment), 0);
	assert_int_equal(kconfig_text(&kc, &b), 0);
	assert_memory_equal(b.data, whole, strlen(whole));
	assert_string_equal(b.data + strlen(whole), "CONFIG_B=y\n");
	assert_int_equal(kconfig_add(&kc, path), -EINVAL);
	unlink(path);
	buf_free(&b);
	kconfig_free(&kc);
	free(fragment);
	free(path);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_no_such),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_missed),
		cmocka_unit_test(test_base),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
