// SPDX-License-Identifier: GPL-2.0
/*
 * The instruction decoder against binutils: every instruction of the C library
 * and of this program must have the length that objdump gives it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/child.h"
#include "base/util.h"

#include "insn.c"

static const char *libc_path(void)
{
	static char line[4096];
	char *path = NULL;
	FILE *maps = fopen("/proc/self/maps", "re");

	assert_non_null(maps);
	while (!path && fgets(line, sizeof(line), maps)) {
		path = strstr(line, "/libc.so");
		if (!path)
			continue;
		path = strchr(line, '/');
		path[strcspn(path, "\n")] = '\0';
	}
	fclose(maps);
	assert_non_null(path);
	return path;
}

/* "  addr:\tbytes \tmnemonic …": the bytes, or 0 where the line is none. */
static size_t line_bytes(char *line, u8 *bytes, size_t max)
{
	char *p = strchr(line, '\t');
	char *end = p ? strchr(p + 1, '\t') : NULL;
	size_t n = 0;

	/* Data in text, which objdump can't decode either. */
	if (!end || strstr(end, "(bad)") || strstr(end, ".byte"))
		return 0;
	*end = '\0';
	for (p++; n < max; n++) {
		char *next;
		unsigned long byte = strtoul(p, &next, 16);

		if (next == p)
			break;
		bytes[n] = (u8)byte;
		p = next;
	}
	return n;
}

static void agree_with_objdump(const char *path)
{
	const char *const argv[] = { "objdump", "-dw", "--insn-width=16", path, NULL };
	const struct child_opts opts = { .argv = argv, .out = -1, .err = -1 };
	struct buf out = { 0 };
	unsigned long checked = 0;
	char *line, *save = NULL;
	int status;

	assert_int_equal(child_run(&opts, 60, &out, &status), 0);
	assert_int_equal(status, 0);
	for (line = strtok_r(out.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct irqsan_insn insn;
		u8 bytes[16];
		size_t n = line_bytes(line, bytes, sizeof(bytes));

		if (!n)
			continue;
		if (!irqsan_insn_decode(bytes, n, &insn) || insn.len != n)
			fail_msg("%s: length %u, not %zu: %s", path, insn.len, n, line);
		checked++;
	}
	buf_free(&out);
	assert_true(checked > 10000);
}

static void test_libc(void **state)
{
	(void)state;
	agree_with_objdump(libc_path());
}

static void test_self(void **state)
{
	(void)state;
	agree_with_objdump("/proc/self/exe");
}

/* An instruction that is cut off is none, wherever it is cut. */
static void test_cut(void **state)
{
	static const u8 insns[][11] = {
		{ 7, 0xf7, 0x44, 0x24, 0x08, 0x00, 0x02, 0x00 },	/* test (part) */
		{ 5, 0xe8, 1, 2, 3, 4 },				/* call */
		{ 10, 0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8 },		/* movabs */
		{ 6, 0x0f, 0x84, 1, 2, 3, 4 },				/* je */
		{ 4, 0x0f, 0xba, 0xe2, 0x09 },				/* bt */
		{ 6, 0xc5, 0xf9, 0x70, 0x04, 0x24, 0x11 },		/* vpshufd */
	};
	struct irqsan_insn insn;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(insns); i++) {
		for (size_t n = 0; n < insns[i][0]; n++)
			assert_false(irqsan_insn_decode(insns[i] + 1, n, &insn));
		if (i)
			assert_true(irqsan_insn_decode(insns[i] + 1, insns[i][0], &insn));
	}
}

/* UDB is no prefix and takes no operand: what binutils of before 2025 call bad. */
static void test_udb(void **state)
{
	static const u8 udb_ret[] = { 0xd6, 0xc3 };
	struct irqsan_insn insn;

	(void)state;
	assert_true(irqsan_insn_decode(udb_ret, sizeof(udb_ret), &insn));
	assert_int_equal(insn.len, 1);
	assert_int_equal(insn.opcode, 0xd6);
	assert_int_equal(insn.map, IRQSAN_MAP_ONE);
}

/* What the kernel would read of a function's padding, see module/probe.c. */
static void test_ends(void **state)
{
	static const u8 popf_ret_zeros[] = { 0x9d, 0xc3, 0x00, 0x00, 0x00 };
	static const u8 bad[] = { 0xc3, 0x06, 0xc3 };

	(void)state;
	assert_true(irqsan_insn_ends(popf_ret_zeros, 2));
	assert_false(irqsan_insn_ends(popf_ret_zeros, 3));
	assert_true(irqsan_insn_ends(popf_ret_zeros, 4));
	assert_false(irqsan_insn_ends(popf_ret_zeros, 5));
	assert_false(irqsan_insn_ends(bad, sizeof(bad)));
	assert_true(irqsan_insn_ends(bad, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_libc),
		cmocka_unit_test(test_self),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_udb),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests_name("insn", tests, NULL, NULL);
}
