// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of bisect-machine.c, as far as they go without building and booting.
 */
#define build_kernel fake_build_kernel
#include "../src/bisect/bisect-machine.c"
#undef build_kernel

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static const char *signature;

int fake_build_kernel(const struct build_request *rq, struct build *b)
{
	(void)rq;
	*b = (struct build){};
	if (signature)
		b->signature = xstrdup(signature);
	else
		b->error = xstrdup("no");
	return signature ? 0 : BUILD_BROKEN;
}

static bool take(void *arg, struct bisect_run *run)
{
	(void)arg;
	(void)run;
	fail_msg("it was booted");
	return true;
}

/* A revision that is built once more, after an interruption, is to be the same kernel. */
static void test_rebuilt(void **state)
{
	const struct strv configs = {};
	struct bisect_machine m = { .dir = "/nowhere", .configs = &configs };

	(void)state;
	signature = "another";
	assert_int_equal(bisect_machine_test(&m, "rev", "one", 0, 1, take, NULL), -ESTALE);
	bisect_machine_free(&m);
	signature = NULL;
	assert_int_equal(bisect_machine_test(&m, "rev", "one", 0, 1, take, NULL), -EIO);
	bisect_machine_free(&m);
}

static void expect_titles(const struct verdict *v, bool basic, enum bisect_seen seen,
			  const char *const titles[])
{
	struct bisect_run run = {};
	size_t i;

	to_run(v, basic, &run);
	assert_int_equal(run.seen, seen);
	for (i = 0; titles[i]; i++) {
		assert_true(i < run.titles.n);
		assert_string_equal(run.titles.v[i], titles[i]);
	}
	assert_int_equal(run.titles.n, i);
	bisect_run_free(&run);
}

/* Whatever counts in a boot, by all of its names; the main one first. */
static void test_titles(void **state)
{
	struct finding found[] = {
		{ .title = "WARNING in x", .source = FINDING_KERNEL },
		{ .title = "WARNING in y", .source = FINDING_DETECTOR, .counts = true },
		{ .title = "BUG: z", .source = FINDING_KERNEL, .counts = true },
	};
	struct verdict v = {
		.outcome = OUTCOME_CRASHED, .title = "BUG: z", .findings = { found, 3 },
	};

	(void)state;
	strv_push(&found[1].alternatives, "WARNING in y_caller");
	expect_titles(&v, false, BISECT_SEEN_CRASH, (const char *const []){
		      "BUG: z", "WARNING in y", "WARNING in y_caller", NULL });
	v.outcome = OUTCOME_HUNG;
	v.title = "no progress for 10 s";
	expect_titles(&v, false, BISECT_SEEN_CRASH, (const char *const []){
		      "hung", "WARNING in y", "WARNING in y_caller", "BUG: z", NULL });
	v = (struct verdict){ .outcome = OUTCOME_OK };
	expect_titles(&v, false, BISECT_SEEN_NOTHING, (const char *const []){ NULL });
	strv_free(&found[1].alternatives);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rebuilt),
		cmocka_unit_test(test_titles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
