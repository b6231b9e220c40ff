// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of bench.c: records of measured work, and the tables made of them.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/bench-table.h"

static const char records[] =
	"{\"t\":\"boot\",\"up\":1,\"release\":\"5.10\",\"cpus\":1,\"pv\":false}\n"
	"{\"t\":\"bench\",\"up\":2,\"name\":\"unlock\",\"ns\":5000,\"ops\":100,"
	"\"hits\":{\"jump\":[100,0],\"int3\":[3,1]}}\n"
	/* Not one of these is a whole and valid record of measured work. */
	"{\"t\":\"bench\",\"up\":2,\"name\":\"storm\",\"ns\":0,\"ops\":100,\"hits\":{}}\n"
	"{\"t\":\"bench\",\"up\":2,\"name\":\"storm\",\"ns\":5000,\"ops\":0,\"hits\":{}}\n"
	"{\"t\":\"bench\",\"up\":2,\"name\":\"storm\",\"ns\":\"5000\",\"ops\":1,\"hits\":{}}\n"
	"{\"t\":\"bench\",\"up\":2,\"name\":\"storm\",\"ns\":5000,\"ops\":1}\n"
	"{\"t\":\"bench\",\"up\":2,\"name\":\"storm\",\"ns\":5000,\"ops\":1,"
	"\"hits\":{\"int3\":[1]}}\n"
	"{\"t\":\"bench\",\"up\":2,\"name\":\"storm\",\"ns\":5000,\"ops\":1,"
	"\"hits\":{\"int3\":[-1,0]}}\n"
	"{\"from\":\"l1\",\"t\":\"bench\",\"up\":2,\"name\":\"storm\",\"ns\":1,\"ops\":1,"
	"\"hits\":{}}\n"
	"garbage\n"
	"{\"t\":\"sites\",\"up\":3,\"sites\":[\"a+0x1\",\"b+0x2\"]}\n"
	"{\"t\":\"sites\",\"up\":3,\"sites\":[\"c+0x3\",7]}\n"
	"{\"t\":\"events\",\"up\":3,\"asked\":3,\"made\":2,\"rc\":0}\n"
	"{\"t\":\"bench\",\"up\":4,\"name\":\"pipe\",\"ns\":70,\"ops\":7,\"hits\":{}}\n"
	"{\"t\":\"bench\",\"up\":4,\"name\":\"storm\",\"ns\":70,\"ops";

static void test_samples(void **state)
{
	struct bench_boot b = {};
	json_t *first;

	(void)state;
	records_each(records, strlen(records), bench_take, &b);
	assert_int_equal(json_array_size(b.samples), 2);
	first = json_array_get(b.samples, 0);
	assert_string_equal(json_string_value(json_object_get(first, "name")), "unlock");
	assert_int_equal(json_integer_value(json_object_get(first, "ns")), 5000);
	assert_int_equal(json_integer_value(json_object_get(first, "ops")), 100);
	assert_int_equal(json_object_size(json_object_get(first, "hits")), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(b.samples, 1),
							      "name")), "pipe");
	assert_int_equal(json_integer_value(json_object_get(b.events, "asked")), 3);
	assert_int_equal(json_integer_value(json_object_get(b.events, "made")), 2);
	assert_string_equal(b.sites.data, "a+0x1\nb+0x2\nc+0x3\n");
	bench_boot_free(&b);
}

static void test_nothing(void **state)
{
	struct bench_boot b = {};

	(void)state;
	records_each("", 0, bench_take, &b);
	assert_int_equal(json_array_size(b.samples), 0);
	assert_null(b.events);
	assert_int_equal(b.sites.len, 0);
	bench_boot_free(&b);
}

#define SAMPLE(name, ns, hits) \
	"{\"name\":\"" name "\",\"ns\":" ns ",\"ops\":100,\"hits\":{" hits "}}"
#define CONFIG(name, boots) "{\"config\":\"" name "\",\"boots\":[" boots "]}"

/* The report on one kernel with @configs; the caller frees it. */
static char *report(const char *configs)
{
	char *text = xasprintf("{\"date\":\"2026-01-02\",\"qemu\":\"QEMU 7\",\"kernels\":[{"
			       "\"name\":\"debian:x\",\"release\":\"5.10\",\"version\":\"5.10-1\","
			       "\"configs\":[%s]}]}", configs);
	json_t *doc = json_loads(text, 0, NULL);
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	assert_non_null(doc);
	assert_non_null(f);
	bench_report(doc, f);
	fclose(f);
	json_decref(doc);
	free(text);
	return out;
}

static void expect(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static void test_report(void **state)
{
	char *text = report(
		CONFIG("bare", "[" SAMPLE("storm", "100000", "") "],"
		       "[" SAMPLE("storm", "100000", "") "]") ","
		CONFIG("irqsan", "[" SAMPLE("storm", "108000", "\"jump\":[200,0]") "],"
		       "[" SAMPLE("storm", "112000", "\"jump\":[200,0]") "]") ","
		CONFIG("irqsan track=1", "[" SAMPLE("storm", "104000", "\"int3\":[150,90]") "]") ","
		CONFIG("kprobe events, track=1", "[" SAMPLE("storm", "130000", "") "]") ","
		"{\"config\":\"kprobe events\",\"events\":{\"asked\":12,\"made\":11},"
		"\"sites\":12,\"boots\":["
		"[" SAMPLE("storm", "120000", "\"int3\":[100,0],\"jump\":[100,0]") "]]}");

	(void)state;
	expect(text, "## 5.10 (debian:x, 5.10-1)");
	expect(text, "- `kprobe events`: the kernel took 11 of 12 sites\n");
	expect(text, "| storm | bare | 1000.0 | 0.00 % | 1.000 |  | |\n");
	/* Mean of the boots, their difference, per operation, per hit. */
	expect(text, "| storm | irqsan | 1100.0 | 3.64 % | 1.100 | jump 2.00 | 50 |\n");
	expect(text, "| storm | irqsan track=1 | 1040.0 | 0.00 % | 1.040 | int3 1.50, skipped 0.90 "
	       "| 27 |\n");
	expect(text, "| storm | kprobe events | 1200.0 | 0.00 % | 1.200 | int3 1.00, jump 1.00 "
	       "| 100 |\n");
	expect(text, "storm, irqsan: 1.100 of the bare kernel, goal 1.05: **missed by 0.050**. "
	       "The 100 instructions more are 2.0 hits (jump 2.00) of 50 each\n");
	expect(text, "storm, irqsan track=1: 1.040 of the bare kernel, goal 1.05: met\n");
	expect(text, "storm, irqsan: costs 100.0 instructions, kprobe events 200.0, "
	       "2.0 times as much, goal 3: **missed**; a hit 2.0 times\n");
	expect(text, "storm, irqsan track=1: costs 40.0 instructions, kprobe events 300.0, "
	       "7.5 times as much, goal 3: met\n");
	assert_null(strstr(text, "pipe |"));
	free(text);
}

/* Without a bare kernel there are no ratios, and what costs nothing has none either. */
static void test_no_ratio(void **state)
{
	char *text = report(CONFIG("irqsan", "[" SAMPLE("pipe", "100000", "") "]"));

	(void)state;
	expect(text, "| pipe | irqsan | 1000.0 | 0.00 % | | none | |\n");
	assert_null(strstr(text, "- pipe, irqsan"));
	free(text);
	text = report(CONFIG("bare", "[" SAMPLE("pipe", "100000", "") "]") ","
		      CONFIG("irqsan", "[" SAMPLE("pipe", "100000", "") "]") ","
		      CONFIG("kprobe events", "[" SAMPLE("pipe", "150000", "") "]"));
	expect(text, "pipe, irqsan: costs nothing that can be measured, kprobe events 500.0: met");
	free(text);
}

/* Builds beside the kernel are rows of their own, in their order. */
static void test_against(void **state)
{
	char *text = report(
		CONFIG("bare", "[" SAMPLE("unlock", "3000", "") "]") ","
		CONFIG("irqsan", "[" SAMPLE("unlock", "4500", "") "]") ","
		CONFIG("irqsan track=1", "[" SAMPLE("unlock", "9000", "") "]") ","
		"{\"config\":\"other\",\"against\":\"y\",\"sites\":0,\"cmdline\":\"a=1\",\"boots\":["
		"[" SAMPLE("unlock", "3300", "") "]]},"
		"{\"config\":\"DEBUG_IRQFLAGS\",\"against\":\"x\",\"sites\":0,\"boots\":["
		"[" SAMPLE("unlock", "4000", "") "]]}");
	const char *other = "| unlock | other | 33.0 | 0.00 % | 1.100 | none | |\n";
	const char *check = "| unlock | DEBUG_IRQFLAGS | 40.0 | 0.00 % | 1.333 | none | |\n";

	(void)state;
	expect(text, "- `other`: another build of this kernel, without irqsan.ko, booted with `a=1`\n");
	expect(text, "- `DEBUG_IRQFLAGS`: another build of this kernel, without irqsan.ko\n");
	expect(text, other);
	expect(strstr(text, other), check);
	expect(text, "- unlock, irqsan: 1.125 of the DEBUG_IRQFLAGS build, goal 2: met\n");
	expect(text, "- unlock, irqsan track=1: 2.250 of the DEBUG_IRQFLAGS build, goal 2: **missed**\n");
	free(text);
	text = report(CONFIG("bare", "[" SAMPLE("unlock", "3000", "") "]") ","
		      CONFIG("irqsan", "[" SAMPLE("unlock", "4500", "") "]"));
	assert_null(strstr(text, "DEBUG_IRQFLAGS"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_no_ratio),
		cmocka_unit_test(test_against),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
