// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the KTAP reader: nested, cut short, out of order, without a plan.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "judge/ktap.h"

/**
 * struct reading - what came out of a text
 * @root: the tree
 * @t: the totals
 */
struct reading {
	struct ktap_test root;
	struct ktap_totals t;
};

static struct reading read_text(const char *text)
{
	struct reading r = { 0 };

	ktap_parse(text, strlen(text), &r.root);
	ktap_count(&r.root, &r.t);
	return r;
}

/* Passes, failures (died ones too), expected failures, skips, missing, errors. */
static void expect(const struct reading *r, unsigned int pass, unsigned int fail,
		   unsigned int xfail, unsigned int skip, unsigned int missing,
		   unsigned int errors)
{
	assert_int_equal(r->t.status[KTAP_PASS], pass);
	assert_int_equal(r->t.status[KTAP_FAIL] + r->t.status[KTAP_DIED], fail);
	assert_int_equal(r->t.status[KTAP_XFAIL], xfail);
	assert_int_equal(r->t.status[KTAP_SKIP], skip);
	assert_int_equal(r->t.missing, missing);
	assert_int_equal(r->t.errors, errors);
	assert_int_equal(ktap_passed(&r->t), pass + xfail && !fail && !missing && !errors);
}

static void flat(void **state)
{
	struct reading r = read_text("KTAP version 1\n1..5\nok 1 one\nok 2 - two\n"
				     "ok 3 three # SKIP no kprobes\n"
				     "ok 4 four # XFAIL can't be seen\n"
				     "not ok 5 five # XFAIL neither can this\n");

	(void)state;
	expect(&r, 2, 0, 2, 1, 0, 0);
	assert_int_equal(r.root.n, 5);
	assert_string_equal(r.root.sub[1].name, "two");
	assert_string_equal(r.root.sub[2].name, "three");
	assert_string_equal(r.root.sub[2].reason, "no kprobes");
	assert_string_equal(r.root.sub[4].reason, "neither can this");
	ktap_free(&r.root);
	ktap_free(&r.root);
}

static void failures(void **state)
{
	struct reading r = read_text("TAP version 13\n1..4\n# got 1, not 2\nnot ok 1 one\n"
				     "not ok 2 two # TIMEOUT 45 seconds\n"
				     "not ok 3 three # exit=1\nok 4 four # ERROR no memory\n");

	(void)state;
	expect(&r, 0, 4, 0, 0, 0, 0);
	assert_string_equal(r.root.sub[0].reason, "got 1, not 2");
	assert_string_equal(r.root.sub[1].reason, "TIMEOUT 45 seconds");
	assert_string_equal(r.root.sub[2].reason, "exit=1");
	ktap_free(&r.root);
}

static const char nested[] =
	"KTAP version 1\n"
	"1..2\n"
	"  KTAP version 1\n"
	"  # Subtest: load\n"
	"  1..2\n"
	"    KTAP version 1\n"
	"    1..1\n"
	"    ok 1 innermost\n"
	"  ok 1 inner\n"
	"  ok 2 other\n"
	"ok 1 load\n"
	"  KTAP version 1\n"
	"  # Subtest: pv\n"
	"  1..0 # SKIP no PV spinlocks\n"
	"ok 2 pv # SKIP no PV spinlocks\n";

static void nesting(void **state)
{
	struct reading r = read_text(nested);

	(void)state;
	expect(&r, 2, 0, 0, 1, 0, 0);
	assert_int_equal(r.root.n, 2);
	assert_int_equal(r.root.sub[0].n, 2);
	assert_string_equal(r.root.sub[0].sub[0].sub[0].name, "innermost");
	assert_int_equal(r.root.sub[1].status, KTAP_SKIP);
	ktap_free(&r.root);
}

/* Wherever it is cut, nobody takes it for a pass. */
static void cut_anywhere(void **state)
{
	size_t last = (size_t)(strstr(nested, "ok 2 pv") - nested);

	(void)state;
	/* From there on the last result is one, if another one than was meant. */
	for (size_t len = 0; len < last + 2; len++) {
		struct reading r = { 0 };

		ktap_parse(nested, len, &r.root);
		ktap_count(&r.root, &r.t);
		assert_false(ktap_passed(&r.t));
		ktap_free(&r.root);
	}
}

static void died_in_a_part(void **state)
{
	struct reading r = read_text("KTAP version 1\n1..3\nok 1 load\n  KTAP version 1\n"
				     "  # Subtest: zoo\n  1..4\n  ok 1 plain\n  ok 2 hard\n");

	(void)state;
	/* zoo died, two of its results and one test never came. */
	expect(&r, 3, 1, 0, 0, 3, 0);
	assert_int_equal(r.root.n, 2);
	assert_string_equal(r.root.sub[1].name, "zoo");
	assert_int_equal(r.root.sub[1].status, KTAP_DIED);
	assert_int_equal(r.root.sub[1].n, 2);
	ktap_free(&r.root);
}

/* A test that ends early but has a result: its plan tells. */
static void part_cut_short(void **state)
{
	struct reading r = read_text("KTAP version 1\n1..2\n  KTAP version 1\n  1..3\n  ok 1 a\n"
				     "ok 1 short\n  KTAP version 1\n  1..1\n  not ok 1 b\n"
				     "ok 2 liar\n");

	(void)state;
	expect(&r, 1, 1, 0, 0, 2, 0);
	assert_int_equal(r.root.sub[0].status, KTAP_FAIL);
	assert_int_equal(r.root.sub[1].status, KTAP_FAIL);
	ktap_free(&r.root);
}

static void format_errors(void **state)
{
	struct reading r = read_text("ok 1 a\nok 2 b\n");

	(void)state;
	expect(&r, 2, 0, 0, 0, 0, 1);
	ktap_free(&r.root);
	r = read_text("1..1\nok 1 a\nok 2 b\n");
	expect(&r, 2, 0, 0, 0, 0, 1);
	ktap_free(&r.root);
	r = read_text("1..3\nok 1 a\nok 3 c\nok 2 b\n");
	expect(&r, 3, 0, 0, 0, 0, 2);
	ktap_free(&r.root);
	r = read_text("1..2\nok 1 a\nBail out! no memory\n");
	assert_int_equal(r.root.status, KTAP_FAIL);
	assert_string_equal(r.root.reason, "Bail out! no memory");
	expect(&r, 1, 0, 0, 0, 1, 0);
	ktap_free(&r.root);
}

static void nothing(void **state)
{
	static const char *const texts[] = {
		"", "\n\n", "hello\n", "okay 1 a\n", "not okay\n", "1..x\n", "1.. \n",
		"# ok 1 a\n", "KTAP version 1\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct reading r = read_text(texts[i]);

		assert_int_equal(r.root.n, 0);
		assert_false(ktap_passed(&r.t));
		ktap_free(&r.root);
	}
}

/* kselftest's runner comments out what the tests themselves say; CRs are a console's. */
static void of_kselftest(void **state)
{
	struct reading r = read_text("TAP version 13\r\n1..2\r\n# selftests: irqsan: load.sh\r\n"
				     "# KTAP version 1\r\n# 1..1\r\n# not ok 1 x\r\n"
				     "not ok 1 selftests: irqsan: load.sh # exit=1\r\n"
				     "# selftests: irqsan: pv.sh\r\n"
				     "ok 2 selftests: irqsan: pv.sh # SKIP\r\n");

	(void)state;
	expect(&r, 0, 1, 0, 1, 0, 0);
	assert_string_equal(r.root.sub[0].reason, "exit=1");
	ktap_free(&r.root);
}

static void names(void **state)
{
	struct reading r = read_text("1..3\nok 1 a \\# b # SKIP c\nok 2\nok 3 d#e\n");

	(void)state;
	expect(&r, 2, 0, 0, 1, 0, 0);
	assert_string_equal(r.root.sub[0].name, "a \\# b");
	assert_string_equal(r.root.sub[1].name, "");
	assert_string_equal(r.root.sub[2].name, "d#e");
	ktap_free(&r.root);
}

/* Indentations that no KTAP has must not lead astray. */
static void odd_nesting(void **state)
{
	struct reading r = read_text("    1..1\n    ok 1 deep\n  ok 1 middle\nok 1 top\n1..1\n");
	char text[2048] = "";

	(void)state;
	assert_int_equal(r.root.n, 1);
	assert_string_equal(r.root.sub[0].sub[0].sub[0].name, "deep");
	ktap_free(&r.root);
	for (int i = 0; i < 40; i++) {
		memset(text + strlen(text), ' ', (size_t)i);
		strcat(text, "ok 1 x\n");
	}
	r = read_text(text);
	assert_false(ktap_passed(&r.t));
	ktap_free(&r.root);
	r = read_text("1..1\n  ok 1 a\n    ok 1 b\n   ok 2 c\n ok 3 d\nok 1 e\n");
	assert_int_equal(r.root.n, 1);
	ktap_free(&r.root);
}

static void as_json(void **state)
{
	struct reading r = read_text(nested);
	json_t *doc = ktap_json(&r.root);
	const char *name, *status, *reason;

	(void)state;
	assert_int_equal(json_array_size(doc), 2);
	assert_int_equal(json_unpack(json_array_get(doc, 1), "{s:s, s:s, s:s}", "name", &name,
				     "status", &status, "reason", &reason), 0);
	assert_string_equal(name, "pv");
	assert_string_equal(status, "skip");
	assert_string_equal(reason, "no PV spinlocks");
	json_decref(doc);
	ktap_free(&r.root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flat),
		cmocka_unit_test(failures),
		cmocka_unit_test(nesting),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(died_in_a_part),
		cmocka_unit_test(part_cut_short),
		cmocka_unit_test(format_errors),
		cmocka_unit_test(nothing),
		cmocka_unit_test(of_kselftest),
		cmocka_unit_test(names),
		cmocka_unit_test(odd_nesting),
		cmocka_unit_test(as_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
