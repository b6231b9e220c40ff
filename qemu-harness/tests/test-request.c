// SPDX-License-Identifier: GPL-2.0
/*
 * What is booted is what was there when the guest was made.
 */
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

/* The file itself: its functions are its own. */
#include "cmd/request.c"

static void put(const char *path, const char *text)
{
	assert_int_equal(write_file(path, text, strlen(text)), 0);
}

/* A later build writes into the same file. */
static void test_image(void **state)
{
	char dir[] = "/tmp/irqsan-test-XXXXXX", *image, *copy = NULL, *again = NULL;
	struct request_guest g = { 0 };
	struct buf text = { 0 };

	(void)state;
	assert_non_null(mkdtemp(dir));
	image = xasprintf("%s/bzImage", dir);
	put(image, "before");
	assert_int_equal(keep_image(image, dir, &copy), 0);
	put(image, "after!");
	assert_int_equal(read_file(copy, &text), 0);
	assert_string_equal(text.data, "before");
	assert_int_equal(keep_image(copy, dir, &again), -EEXIST);
	assert_null(again);
	assert_true(file_exists(copy));

	g.image = copy;
	request_guest_free(&g);
	assert_true(file_exists(image));
	remove_tree(dir);
	buf_free(&text);
	free(image);
}

/* Facts that JSON can't hold are an error: the judge would miss them. */
static void test_facts(void **state)
{
	struct request rq = {
		.command = "run", .workload = "none", .params = "a=\xff",
	};
	struct kernel k = { .name = "k" };
	struct request_guest g = { 0 };
	json_t *facts = json_object();

	(void)state;
	assert_int_equal(add_facts(facts, &rq, &k, &g, ACCEL_TCG), -EINVAL);
	rq.params = "a=1";
	assert_int_equal(add_facts(facts, &rq, &k, &g, ACCEL_TCG), 0);
	assert_string_equal(json_string_value(json_object_get(facts, "params")), "a=1");
	json_decref(facts);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_image),
		cmocka_unit_test(test_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
