// SPDX-License-Identifier: GPL-2.0
/*
 * Crash titles of damaged console logs, our own ones. "make fuzz-crash" tries
 * others.
 */
#define _GNU_SOURCE
#include "fuzz-crash.c"

#define ROUNDS 300

#include "damage.h"

static void test_damaged(void **state)
{
	(void)state;
	damage_all("logs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
