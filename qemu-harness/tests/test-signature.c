// SPDX-License-Identifier: GPL-2.0
/*
 * What changes the signature of a kernel, and what must not.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/signature.h"
#include "tiny-vmlinux.h"

/*
 * A function, data, a table of two bugs whose entries have the kernel's layout
 * (with or without the pointer to a format), a note, and debug information.
 */
#define VMLINUX(insn, format, line, note, debug) \
	".text\n.globl _stext\n_stext:\n" \
	"1: ud2\n" insn "\n2: ud2\nret\n" \
	".section .rodata, \"a\"\n3: .string \"file.c\"\n" \
	".section __bug_table, \"aw\"\n" \
	".long 1b - ." format ", 3b - .\n.short " line ", 0\n" \
	".long 2b - ." format ", 3b - .\n.short " line " + 7, 1\n" \
	".section .note.build-id, \"a\", @note\n.long 4, 4, 3\n.asciz \"GNU\"\n.long " note "\n" \
	".section .debug_info\n.long " debug "\n"

static const char base[] = VMLINUX("nop", "", "10", "1", "1");

static void sign(const char *source, char hex[65])
{
	char *path = tiny_vmlinux(source, "assembler");

	assert_int_equal(kernel_signature(path, NULL, NULL, hex), 0);
	assert_int_equal(strlen(hex), 64);
	tiny_vmlinux_remove(path);
}

static void assert_same(const char *a, const char *b)
{
	char one[65], two[65];

	sign(a, one);
	sign(b, two);
	assert_string_equal(one, two);
}

static void assert_differs(const char *a, const char *b)
{
	char one[65], two[65];

	sign(a, one);
	sign(b, two);
	assert_string_not_equal(one, two);
}

static void test_same(void **state)
{
	(void)state;
	assert_same(base, base);
	/* A comment moves lines, which are in the bug table and in the debug information. */
	assert_same(base, VMLINUX("nop", "", "11", "1", "1"));
	assert_same(base, VMLINUX("nop", "", "10", "2", "2"));
	assert_same(VMLINUX("nop", ", 3b - .", "10", "1", "1"),
		    VMLINUX("nop", ", 3b - .", "500", "1", "1"));
}

static void test_differs(void **state)
{
	(void)state;
	assert_differs(base, VMLINUX("sti", "", "10", "1", "1"));
	assert_differs(base, VMLINUX("nop\nnop", "", "10", "1", "1"));
	assert_differs(base, VMLINUX("nop\n.data\n.long 5\n.text", "", "10", "1", "1"));
	assert_differs(base, VMLINUX("nop\n.bss\n.skip 64\n.text", "", "10", "1", "1"));
	assert_differs(base, VMLINUX("nop", ", 3b - .", "10", "1", "1"));
}

/* A table that isn't understood is hashed as it is. */
static void test_strange_table(void **state)
{
	static const char head[] = ".text\n.globl _stext\n_stext: ret\n"
				   ".section __bug_table, \"aw\"\n";
	char *one = xasprintf("%s.long 0x7fffffff, 0, 1\n", head);
	char *two = xasprintf("%s.long 0x7fffffff, 0, 2\n", head);

	(void)state;
	assert_differs(one, two);
	free(one);
	free(two);
}

/* A module called @name with a call of @callee, in @dir. */
static void make_module(const char *dir, const char *name, const char *callee)
{
	char *in = xasprintf("%s/source", dir), *out = xasprintf("%s/%s", dir, name);
	char *text = xasprintf(".text\nf: call %s\nret\ng: ret\nh: ret\n", callee);
	const char *const argv[] = {
		"gcc", "-x", "assembler", "-c", "-o", out, in, NULL,
	};

	assert_int_equal(write_file(in, text, strlen(text)), 0);
	assert_int_equal(child_run_quietly("gcc", argv, dir, 60), 0);
	unlink(in);
	free(text);
	free(out);
	free(in);
}

/* Where a call in a module leads is in its relocations, not in its text. */
static void test_modules(void **state)
{
	char dir[] = "/tmp/irqsan-test-XXXXXX", *vmlinux = tiny_vmlinux(base, "assembler");
	char none[65], one[65], again[65], other[65], renamed[65];
	char *ko;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(kernel_signature(vmlinux, dir, NULL, none), 0);
	make_module(dir, "a.ko", "printk");
	assert_int_equal(kernel_signature(vmlinux, dir, NULL, one), 0);
	make_module(dir, "a.ko", "printk");
	assert_int_equal(kernel_signature(vmlinux, dir, NULL, again), 0);
	make_module(dir, "a.ko", "panic");
	assert_int_equal(kernel_signature(vmlinux, dir, NULL, other), 0);
	ko = xasprintf("%s/a.ko", dir);
	unlink(ko);
	make_module(dir, "b.ko", "printk");
	assert_int_equal(kernel_signature(vmlinux, dir, NULL, renamed), 0);
	assert_string_equal(one, again);
	assert_string_not_equal(none, one);
	assert_string_not_equal(one, other);
	assert_string_not_equal(one, renamed);
	free(ko);
	remove_tree(dir);
	tiny_vmlinux_remove(vmlinux);
}

/* Each cut and each damage of the head ends in an error or a hash, not in a crash. */
static void test_damaged(void **state)
{
	char *path = tiny_vmlinux(base, "assembler"), hex[65];
	struct buf whole = { 0 };

	(void)state;
	assert_int_equal(read_file(path, &whole), 0);
	for (size_t len = 0; len < whole.len; len += 97) {
		assert_int_equal(write_file(path, whole.data, len), 0);
		assert_int_equal(kernel_signature(path, NULL, NULL, hex), -EINVAL);
	}
	for (size_t i = 0; i < 64; i++) {
		whole.data[i] ^= 0xff;
		assert_int_equal(write_file(path, whole.data, whole.len), 0);
		kernel_signature(path, NULL, NULL, hex);
		whole.data[i] ^= 0xff;
	}
	buf_free(&whole);
	assert_int_equal(kernel_signature("/no/such/vmlinux", NULL, NULL, hex), -ENOENT);
	tiny_vmlinux_remove(path);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_differs),
		cmocka_unit_test(test_strange_table),
		cmocka_unit_test(test_modules),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
