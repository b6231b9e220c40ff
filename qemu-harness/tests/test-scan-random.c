// SPDX-License-Identifier: GPL-2.0
/*
 * The fuzzer's checks on bytes that are the same in every run: random ones,
 * and restores with bytes changed, cut and put together.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"

#include "fuzz-scan.c"

/* Together about five seconds under the sanitizers. */
#define RANDOM_ROUNDS 120000
#define MUTATED_ROUNDS 600000

static uint32_t seed;

/* Numerical Recipes' generator; its high bits are good enough. */
static unsigned int random_below(unsigned int n)
{
	seed = seed * 1664525u + 1013904223u;
	return (unsigned int)(((uint64_t)seed * n) >> 32);
}

static const char *const pieces[] = {
	"\x57\x9d", "\x41\x54\x9d", "\xff\x74\x24\x08\x9d", "\xfb\xf4",
	"\xf6\xc7\x02\x75\x01\xc3\xfb", "\x0f\xba\xe2\x09\x73\x06\xfb",
	"\x48\x85\xdb\x74\x06\xfb", "\xf6\x44\x24\x09\x02\x74\x06\xfb",
	"\x48\x89\xdd\x48\x85\xed\x74\x06\xfb", "\xeb\xf7", "\x0f\x1f\x44",
};

/* Those with zeros in them, which ends a string. */
static const u8 mask_piece[] = { 0x81, 0xe3, 0x00, 0x02, 0x00, 0x00 };
static const u8 test_piece[] = { 0xf7, 0xc6, 0x00, 0x02, 0x00, 0x00, 0x74, 0x06, 0xfb, 0x90 };

/* In memory of just its size: a read beyond it is caught. */
static void scan_copy(const u8 *bytes, size_t len)
{
	u8 *copy = malloc(len ?: 1);

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static void test_random(void **state)
{
	u8 bytes[512];

	(void)state;
	seed = 1;
	for (unsigned int round = 0; round < RANDOM_ROUNDS; round++) {
		size_t len = random_below(sizeof(bytes) + 1);

		for (size_t i = 0; i < len; i++)
			bytes[i] = (u8)random_below(256);
		scan_copy(bytes, len);
	}
}

static size_t add_piece(u8 *bytes)
{
	unsigned int which = random_below(ARRAY_SIZE(pieces) + 3);

	if (which < ARRAY_SIZE(pieces)) {
		memcpy(bytes, pieces[which], strlen(pieces[which]));
		return strlen(pieces[which]);
	}
	if (which == ARRAY_SIZE(pieces)) {
		memcpy(bytes, mask_piece, sizeof(mask_piece));
		return sizeof(mask_piece);
	}
	if (which == ARRAY_SIZE(pieces) + 1) {
		memcpy(bytes, test_piece, sizeof(test_piece));
		return sizeof(test_piece);
	}
	bytes[0] = (u8)random_below(256);
	return 1;
}

static void test_mutated(void **state)
{
	u8 bytes[160];

	(void)state;
	seed = 2;
	for (unsigned int round = 0; round < MUTATED_ROUNDS; round++) {
		size_t end = random_below(128), len = 0;

		while (len < end)
			len += add_piece(bytes + len);
		for (unsigned int i = random_below(4); len && i; i--)
			bytes[random_below((unsigned int)len)] = (u8)random_below(256);
		scan_copy(bytes, len ? random_below((unsigned int)len + 1) : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_mutated),
	};

	return cmocka_run_group_tests_name("scan-random", tests, NULL, NULL);
}
