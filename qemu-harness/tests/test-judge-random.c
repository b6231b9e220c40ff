// SPDX-License-Identifier: GPL-2.0
/*
 * Verdicts on damaged runs, and on runs with damaged console logs. "make
 * fuzz-judge" tries others.
 */
#define _GNU_SOURCE
#include "fuzz-judge.c"

#define ROUNDS 100

#include "damage.h"

static void test_damaged(void **state)
{
	(void)state;
	damage_all("runs");
	damage_all("logs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
