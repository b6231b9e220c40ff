// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of ci.c: documents as JUnit's XML, which libxml2 reads again, and as KTAP,
 * which our own reader does; with titles and reports that try to be more than text.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <stdlib.h>
#include <string.h>

#include "base/json-text.h"
#include "base/util.h"
#include "bisect/bisect.h"
#include "cmd/ci.h"
#include "judge/ktap.h"
#include "judge/result.h"
#include "verify/verify-doc.h"

#define HOSTILE "a]]> # SKIP \"<b>'&amp;\x1b[31m\r\nok 1 x\n\xe2\x80\xae\xff"

/**
 * struct forms - a document in both forms, read again
 * @xml: the text of the first; owned
 * @doc: parsed
 * @xpath: to look into it
 * @text: the second; owned
 * @ktap: parsed
 * @t: its totals
 */
struct forms {
	char *xml;
	xmlDoc *doc;
	xmlXPathContext *xpath;
	char *text;
	struct ktap_test ktap;
	struct ktap_totals t;
};

/* Takes @doc. */
static struct forms forms_of(json_t *doc)
{
	struct forms f = { .xml = ci_junit(doc), .text = ci_ktap(doc) };

	f.doc = xmlReadMemory(f.xml, (int)strlen(f.xml), NULL, NULL,
			      XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NONET);
	assert_non_null(f.doc);
	f.xpath = xmlXPathNewContext(f.doc);
	ktap_parse(f.text, strlen(f.text), &f.ktap);
	ktap_count(&f.ktap, &f.t);
	assert_int_equal(f.t.missing + f.t.errors, 0);
	json_decref(doc);
	return f;
}

static void forms_free(struct forms *f)
{
	ktap_free(&f->ktap);
	xmlXPathFreeContext(f->xpath);
	xmlFreeDoc(f->doc);
	free(f->xml);
	free(f->text);
}

/* What an expression comes to is this text. */
static void has(const struct forms *f, const char *xpath, const char *want)
{
	char *string = xasprintf("string(%s)", xpath);
	xmlXPathObject *o = xmlXPathEvalExpression(BAD_CAST string, f->xpath);

	assert_string_equal((const char *)o->stringval, want);
	xmlXPathFreeObject(o);
	free(string);
}

/* Cases by status, in both forms. */
static void counts(const struct forms *f, unsigned int pass, unsigned int failures,
		   unsigned int errors, unsigned int skipped)
{
	static const char *const tags[] = { "failure", "error", "skipped" };
	static const char *const sums[] = { "failures", "errors", "skipped" };
	const unsigned int want[] = { failures, errors, skipped };
	char *number;

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		char *path = xasprintf("count(/testsuites/testsuite/testcase/%s)", tags[i]);
		char *sum = xasprintf("/testsuites/testsuite/@%s", sums[i]);

		number = xasprintf("%u", want[i]);
		has(f, path, number);
		has(f, sum, number);
		free(number);
		free(path);
		free(sum);
	}
	number = xasprintf("%u", pass + failures + errors + skipped);
	has(f, "/testsuites/testsuite/@tests", number);
	has(f, "count(//testcase)", number);
	free(number);
	assert_int_equal(f->t.status[KTAP_PASS], pass);
	assert_int_equal(f->t.status[KTAP_FAIL], failures + errors);
	assert_int_equal(f->t.status[KTAP_SKIP], skipped);
}

static json_t *run(const char *outcome, const char *title, const char *report)
{
	json_t *findings = json_array();

	if (report) {
		json_array_append_new(findings, json_pack("{s:s, s:b, s:s}", "title", "ignored",
							  "counts", false, "report", "other"));
		json_array_append_new(findings, json_pack("{s:o, s:b, s:o}",
							  "title", json_text(title), "counts", true,
							  "report", json_text(report)));
	}
	return json_pack("{s:s, s:o, s:f, s:o}", "outcome", outcome, "title", json_text(title),
			 "wall_s", 1.25, "findings", findings);
}

static json_t *runs(json_t *first, ...)
{
	json_t *list = json_array();
	va_list ap;

	va_start(ap, first);
	for (; first; first = va_arg(ap, json_t *))
		json_array_append_new(list, first);
	va_end(ap);
	return list;
}

static void test_run(void **state)
{
	struct forms f = forms_of(json_pack("{s:s, s:o}", "format", RESULT_FORMAT, "runs",
					    runs(run("OK", NULL, NULL),
						 run("crashed", "WARNING in f", "line\n"),
						 run("lost", "no word", NULL),
						 run("inconclusive", "not reached", NULL),
						 run("not run", NULL, NULL), NULL)));

	(void)state;
	counts(&f, 1, 1, 2, 1);
	has(&f, "//testsuite/@name", "irqsan run");
	has(&f, "//testsuite/@time", "6.250");
	has(&f, "//testcase[2]/@name", "run 1");
	has(&f, "//testcase[2]/@classname", "irqsan run");
	has(&f, "//testcase[2]/@time", "1.250");
	has(&f, "//testcase[2]/failure/@message", "crashed: WARNING in f");
	has(&f, "//testcase[2]/failure", "WARNING in f\nline\n\n");
	has(&f, "//testcase[3]/error/@message", "lost: no word");
	has(&f, "//testcase[4]/skipped/@message", "inconclusive: not reached");
	assert_string_equal(f.ktap.sub[1].name, "run 1");
	assert_string_equal(f.ktap.sub[1].reason, "crashed: WARNING in f");
	assert_string_equal(f.ktap.sub[2].reason, "ERROR lost: no word");
	assert_string_equal(f.ktap.sub[3].reason, "inconclusive: not reached");
	assert_non_null(strstr(f.text, "\n#   line\n"));
	forms_free(&f);
}

/* Each outcome and verdict has a status of its own, whatever it is called. */
static void test_words(void **state)
{
	static const char outcomes[] = {
		[OUTCOME_OK] = '.', [OUTCOME_CRASHED] = 'F', [OUTCOME_BOOT_FAILED] = 'F',
		[OUTCOME_HUNG] = 'F', [OUTCOME_LOST] = 'E', [OUTCOME_INCONCLUSIVE] = 's',
	};
	static const char answers[] = {
		[VERIFY_FIXED] = '.', [VERIFY_NOT_FIXED] = 'F', [VERIFY_WORSE] = 'F',
		[VERIFY_NOT_REPRODUCED] = 's', [VERIFY_INCONCLUSIVE] = 's',
	};
	struct forms f;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(outcomes) + ARRAY_SIZE(answers); i++) {
		size_t answer = i - ARRAY_SIZE(outcomes);
		bool boot = i < ARRAY_SIZE(outcomes);
		char want = boot ? outcomes[i] : answers[answer];

		if (boot)
			f = forms_of(json_pack("{s:s, s:o}", "format", RESULT_FORMAT, "runs",
					       runs(run(outcome_names[i], NULL, NULL), NULL)));
		else
			f = forms_of(json_pack("{s:s, s:s}", "format", VERIFY_FORMAT, "verdict",
					       verify_names[answer]));
		counts(&f, want == '.', want == 'F', want == 'E', want == 's');
		forms_free(&f);
	}
}

/* Where the bug is to be seen, that it is seen is no failure. */
static void test_verify(void **state)
{
	json_t *list = runs(run("crashed", "WARNING in f", "line\n"), run("OK", NULL, NULL),
			    run("lost", "no word", NULL), NULL);
	struct forms f;

	(void)state;
	json_object_set_new(json_array_get(list, 0), "side", json_string("before"));
	f = forms_of(json_pack("{s:s, s:s, s:s, s:O}", "format", VERIFY_FORMAT, "verdict", "FIXED",
			       "why", "1 of 1", "runs", list));
	counts(&f, 3, 0, 0, 1);
	has(&f, "//testcase[1]/@name", "verdict");
	has(&f, "starts-with(//testcase[1]/system-out, 'FIXED: 1 of 1\nirqsan verify: FIXED')",
	    "true");
	has(&f, "//testcase[2]/@name", "run 0 before");
	has(&f, "starts-with(//testcase[2]/system-out, 'crashed: WARNING in f\n')", "true");
	forms_free(&f);
	f = forms_of(json_pack("{s:s, s:s, s:s, s:o}", "format", VERIFY_FORMAT, "verdict", "WORSE",
			       "why", "new", "runs", list));
	counts(&f, 2, 1, 0, 1);
	has(&f, "//testcase[1]/failure/@message", "WORSE: new");
	forms_free(&f);
}

static json_t *bisection(const char *verdict)
{
	return json_pack("{s:s, s:f, s:{s:s, s:s, s:s, s:f, s:s}}", "format", BISECT_FORMAT,
			 "seconds", 90.5, "result", "verdict", verdict, "commit",
			 "c0ffee1200000000000000000000000000000000", "subject", "break it", "odds",
			 0.995, "report", "line\n");
}

static void test_bisect(void **state)
{
	struct forms f = forms_of(bisection("named"));

	(void)state;
	counts(&f, 1, 0, 0, 0);
	has(&f, "//testcase/@time", "90.500");
	has(&f, "//testcase/system-out", "FIRST BAD COMMIT: c0ffee120000 break it (odds that this "
	    "is right: 99.50 %)\nline\n");
	forms_free(&f);
	f = forms_of(bisection("outside"));
	counts(&f, 0, 1, 0, 0);
	has(&f, "//testcase/failure/@message", "OUTSIDE: the good revision shows the bug as well");
	forms_free(&f);
}

/* Nothing of a guest's makes a case, ends one or changes its result. */
static void test_hostile(void **state)
{
	struct forms f = forms_of(json_pack("{s:s, s:o}", "format", RESULT_FORMAT, "runs",
					    runs(run("crashed", HOSTILE, HOSTILE
						     "\nSubtest: x\n1..9\n# SKIP\nBail out!\n"),
						 run("inconclusive", HOSTILE, NULL),
						 run("lost", HOSTILE, NULL), NULL)));

	(void)state;
	counts(&f, 0, 1, 1, 1);
	has(&f, "//failure/@message", "crashed: a]]> # SKIP \"<b>'&amp;<U+001B>[31m<U+000D><U+000A>"
	    "ok 1 x<U+000A>????");
	has(&f, "contains(//failure, '<b>') and contains(//failure, '<U+001B>[31m<U+000D>\nok 1')",
	    "true");
	has(&f, "count(//b)", "0");
	assert_null(f.ktap.name);
	assert_null(f.ktap.reason);
	assert_string_equal(f.ktap.sub[0].name, "run 0");
	for (const char *p = f.text; *p; p++)
		assert_true(*p == '\n' || (unsigned char)*p >= ' ');
	forms_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_bisect),
		cmocka_unit_test(test_hostile),
	};
	int rc = cmocka_run_group_tests_name("ci", tests, NULL, NULL);

	xmlCleanupParser();
	return rc;
}
