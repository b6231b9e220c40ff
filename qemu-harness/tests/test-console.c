// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of console.c and record.c: bytes in, lines and records out.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/console.h"
#include "base/util.h"
#include "boot/record.h"

static void on_line(void *ctx, const char *line, size_t len)
{
	assert_int_equal(strlen(line) >= len, 1);
	strv_pushf(ctx, "%.*s", (int)len, line);
}

static void test_lines_cut_anywhere(void **state)
{
	static const char text[] = "one\r\ntwo\n\nthr\0ee\nhalf";
	size_t step, i, len = sizeof(text) - 1;

	(void)state;
	for (step = 1; step <= len; step++) {
		struct strv lines = {};
		struct console c = { .fn = on_line, .ctx = &lines };

		for (i = 0; i < len; i += step)
			console_feed(&c, text + i, len - i < step ? len - i : step);
		assert_int_equal(lines.n, 4);
		console_end(&c);
		assert_int_equal(lines.n, 5);
		assert_string_equal(lines.v[0], "one");
		assert_string_equal(lines.v[1], "two");
		assert_string_equal(lines.v[2], "");
		assert_string_equal(lines.v[3], "three");
		assert_string_equal(lines.v[4], "half");
		strv_free(&lines);
	}
}

static void test_long_line_is_cut(void **state)
{
	struct strv lines = {};
	struct console c = { .fn = on_line, .ctx = &lines };
	char many[1000];
	int i;

	(void)state;
	memset(many, 'x', sizeof(many));
	for (i = 0; i < 100; i++)
		console_feed(&c, many, sizeof(many));
	console_feed(&c, "\nnext\n", 6);
	console_end(&c);
	assert_int_equal(lines.n, 2);
	assert_int_equal(strlen(lines.v[0]), CONSOLE_LINE_MAX);
	assert_string_equal(lines.v[1], "next");
	strv_free(&lines);
}

static void test_end_without_half_line(void **state)
{
	struct strv lines = {};
	struct console c = { .fn = on_line, .ctx = &lines };

	(void)state;
	console_feed(&c, "a\n", 2);
	console_end(&c);
	assert_int_equal(lines.n, 1);
	strv_free(&lines);
}

#define COUNTERS "\"waits\":7,\"slow_pv\":8,\"slow_native\":9,\"violations\":2,\"lost\":1," \
	"\"first_ms\":1500,\"load_ms\":2000,\"ops\":30"

static int parse(const char *line, struct record *r)
{
	return record_parse(line, strlen(line), r);
}

static void test_records(void **state)
{
	struct record r;

	(void)state;
	assert_int_equal(parse("{\"t\":\"boot\",\"up\":1.5,\"release\":\"5.10.0\",\"cpus\":4,"
			       "\"pv\":true}", &r), 0);
	assert_int_equal(r.kind, RECORD_BOOT);
	assert_false(r.l1);
	assert_true(r.pv);
	assert_int_equal(r.number, 4);
	assert_string_equal(r.text, "5.10.0");
	record_free(&r);

	assert_int_equal(parse("{\"t\":\"tick\",\"up\":3," COUNTERS "}", &r), 0);
	assert_int_equal(r.kind, RECORD_TICK);
	assert_int_equal(r.counters.waits, 7);
	assert_int_equal(r.counters.first_ms, 1500);
	assert_int_equal(r.counters.violations, 2);
	record_free(&r);

	assert_int_equal(parse("{\"t\":\"violation\",\"up\":3,\"title\":\"WARNING in f\","
			       "\"site\":\"f+0x1\"}", &r), 0);
	assert_string_equal(r.text, "WARNING in f");
	assert_string_equal(r.site, "f+0x1");
	record_free(&r);

	assert_int_equal(parse("{\"t\":\"module\",\"up\":3,\"rc\":-8,\"restore\":\"none\"}",
			       &r), 0);
	assert_int_equal(r.number, -8);
	record_free(&r);

	assert_int_equal(parse("{\"t\":\"exit\",\"up\":3,\"status\":1,\"from\":\"l1\"}", &r), 0);
	assert_true(r.l1);
	assert_int_equal(r.kind, RECORD_EXIT);
	record_free(&r);

	assert_int_equal(parse("{\"t\":\"tick\",\"up\":3,\"from\":\"l1\"}", &r), 0);
	assert_int_equal(r.kind, RECORD_TICK);
	record_free(&r);

	assert_int_equal(parse("{\"t\":\"something new\",\"up\":3}", &r), 0);
	assert_int_equal(r.kind, RECORD_OTHER);
	record_free(&r);
}

static void test_garbage_records(void **state)
{
	static const char *const bad[] = {
		"",
		"hello",
		"[]",
		"{\"t\":\"done\",\"up\":3," COUNTERS,
		"{\"t\":\"done\",\"up\":3," COUNTERS "}}",
		"{\"t\":\"done\",\"up\":3}",
		"{\"t\":\"done\"," COUNTERS "}",
		"{\"t\":\"done\",\"up\":\"3\"," COUNTERS "}",
		"{\"t\":\"done\",\"t\":\"done\",\"up\":3," COUNTERS "}",
		"{\"t\":5,\"up\":3}",
		"{\"up\":3}",
		"{\"t\":\"control\",\"up\":3,\"seen\":\"1\"}",
		"{\"t\":\"control\",\"up\":3,\"seen\":1.0}",
		"{\"t\":\"boot\",\"up\":3,\"release\":\"5\",\"cpus\":4,\"pv\":1}",
		"{\"t\":\"tick\",\"up\":3,\"waits\":-1,\"slow_pv\":8,\"slow_native\":9,"
		"\"violations\":2,\"lost\":1,\"first_ms\":1,\"load_ms\":2,\"ops\":3}",
		"{\"t\":\"violation\",\"up\":3,\"title\":\"WARNING in f\"}",
		"{\"t\":\"tick\",\"up\":3,\"from\":\"l7\"}",
		"{\"t\":\"exit\",\"up\":3,\"from\":\"l1\"}",
		"{\"t\":\"error\",\"up\":3,\"what\":\"\xff\xfe\"}",
	};
	struct record r;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (parse(bad[i], &r) != -EINVAL)
			fail_msg("taken for a record: %s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_cut_anywhere),
		cmocka_unit_test(test_long_line_is_cut),
		cmocka_unit_test(test_end_without_half_line),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_garbage_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
