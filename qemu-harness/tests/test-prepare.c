// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of plan.c, and of prepare.c: what is booted is what was there when the guest
 * was made.
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
#include "boot/load.h"
#include "boot/prepare.c"

static void put(const char *path, const char *text)
{
	assert_int_equal(write_file(path, text, strlen(text)), 0);
}

/* A later build writes into the same file. */
static void test_image(void **state)
{
	char dir[] = "/tmp/irqsan-test-XXXXXX", *image, *copy = NULL, *again = NULL;
	struct prepared g = { 0 };
	struct buf text = { 0 };

	(void)state;
	assert_non_null(mkdtemp(dir));
	image = xasprintf("%s/bzImage", dir);
	put(image, "before");
	assert_int_equal(keep_kernel(image, dir, &copy), 0);
	put(image, "after!");
	assert_int_equal(read_file(copy, &text), 0);
	assert_string_equal(text.data, "before");
	assert_int_equal(keep_kernel(copy, dir, &again), -EEXIST);
	assert_null(again);
	assert_true(file_exists(copy));

	g.kernel = copy;
	prepared_free(&g);
	assert_true(file_exists(image));
	remove_tree(dir);
	buf_free(&text);
	free(image);
}

static void fill(struct plan *plan)
{
	plan_init(plan);
	plan->accel = ACCEL_NESTED;
	plan->detector = &detector_builtin;
	plan->load = &load_bench;
	plan->cpus = 3;
	plan->memory_mb = 300;
	plan->seconds = 33;
	plan->reload = 333;
	plan->scale = 250;
	plan->timeout = 3333;
	plan->icount = true;
	plan->proof = true;
	plan->planted = true;
	plan->tracers = true;
	plan->expect_pv = true;
	plan->until_first = false;
	plan->repeat = 0;
	plan->procs = 7;
	strv_push(&plan->args, "storm 500");
	strv_push(&plan->add, "a:/b");
	strv_push(&plan->insmod, "m.ko,x=1");
	strv_push(&plan->modprobe, "e1000");
	strv_push(&plan->devices, "e1000");
	strv_push(&plan->qemu_args, "-snapshot");
	strv_push(&plan->chores, "kexec");
	strv_push(&plan->chores, "reboot");
	strv_push(&plan->ignore, "foo$");
	plan_set(&plan->cmdline, "quiet");
	plan_set(&plan->qemu, "/usr/bin/qemu");
	plan_set(&plan->module, "irqsan.ko");
	plan_set(&plan->params, "track=1");
	plan_set(&plan->syz, "bin");
	plan_set(&plan->livepatch, "fix.ko");
	plan_set(&plan->root, "debian:trixie");
}

/* What run.json has of a plan is all of it. */
static void test_plan(void **state)
{
	struct plan plan, copy, read;
	json_t *doc, *run, *again;

	(void)state;
	fill(&plan);
	plan_copy(&copy, &plan);
	assert_int_equal(plan_to_json(&copy, &doc), 0);
	/* A new member must be in this test, or it isn't tested. */
	assert_int_equal(json_object_size(doc), 32);
	run = json_pack("{s:s, s:O}", "format", "irqsan-boot/2", "plan", doc);
	assert_int_equal(plan_from_json(run, &read), 0);
	assert_int_equal(plan_to_json(&read, &again), 0);
	assert_true(json_equal(doc, again));
	assert_ptr_equal(read.load, &load_bench);
	assert_string_equal(read.chores.v[1], "reboot");
	json_decref(again);
	plan_free(&read);

	json_object_set_new(doc, "load", json_string("x"));
	json_object_set_new(doc, "cpus", json_string("3"));
	assert_int_equal(plan_from_json(run, &read), -EINVAL);
	json_object_set_new(doc, "cpus", json_integer(-1));
	assert_int_equal(plan_from_json(run, &read), -EINVAL);
	json_object_set_new(doc, "cpus", json_integer(3));
	json_object_set_new(doc, "workload", json_string("x"));
	assert_int_equal(plan_from_json(run, &read), -EINVAL);
	json_object_del(run, "plan");
	assert_int_equal(plan_from_json(run, &read), -EINVAL);
	json_decref(run);
	json_decref(doc);
	plan_free(&copy);
	plan_free(&plan);
}

/* Orders that JSON can't hold are an error: the judge would miss them. */
static void test_utf8(void **state)
{
	struct plan plan;
	json_t *doc;

	(void)state;
	plan_init(&plan);
	plan_set(&plan.params, "a=\xff");
	assert_int_equal(plan_to_json(&plan, &doc), -EINVAL);
	plan_set(&plan.params, "a=1");
	strv_push(&plan.ignore, "\xff");
	assert_int_equal(plan_to_json(&plan, &doc), -EINVAL);
	plan_free(&plan);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_image),
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
