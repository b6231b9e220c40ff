/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads KTAP (Documentation/dev-tools/ktap.rst) and TAP: text in, a tree of
 * tests out. What is missing, out of order or without a plan is counted, so
 * that a test that died can't be taken for one that passed.
 */
#ifndef IRQSAN_KTAP_H
#define IRQSAN_KTAP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * enum ktap_status - of one test
 * @KTAP_PASS: ok
 * @KTAP_FAIL: not ok, or a part of it is not
 * @KTAP_SKIP: not run
 * @KTAP_XFAIL: failed as expected
 * @KTAP_DIED: it began and has no result
 */
enum ktap_status {
	KTAP_PASS,
	KTAP_FAIL,
	KTAP_SKIP,
	KTAP_XFAIL,
	KTAP_DIED,
};

extern const char *const ktap_status_names[];

/**
 * struct ktap_test - a test, or the whole
 * @name: owned; NULL for the whole
 * @status: its result
 * @reason: what stood behind the directive, or what is wrong; owned, or NULL
 * @sub: its parts; owned
 * @n: how many
 * @has_plan: the parts have a plan
 * @plan: how many were planned
 * @disorder: parts whose number is not the next one
 */
struct ktap_test {
	char *name;
	enum ktap_status status;
	char *reason;
	struct ktap_test *sub;
	size_t n;
	bool has_plan;
	size_t plan;
	unsigned int disorder;
};

/**
 * struct ktap_totals - counts over a tree's leaves
 * @status: results by status
 * @missing: results that a plan promised and that never came
 * @errors: violations of the format: no plan, more results than planned,
 *	    numbers out of order
 */
struct ktap_totals {
	unsigned int status[KTAP_DIED + 1];
	unsigned int missing;
	unsigned int errors;
};

void ktap_parse(const char *text, size_t len, struct ktap_test *root);
void ktap_free(struct ktap_test *root);
void ktap_count(const struct ktap_test *root, struct ktap_totals *t);
bool ktap_passed(const struct ktap_totals *t);
json_t *ktap_json(const struct ktap_test *root);

#endif
