// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel text made live: PV calls patched by either table, symbols named as
 * the running kernel names them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sites/livetext.h"
#include "tiny-vmlinux.h"

#define BASE 0xffffffff81000000ULL

#define BANNER(release) \
	".section .rodata\nlinux_banner: .ascii \"Linux version " release " (a@b) #1\"\n" \
	".fill 80\n"
#define FUNC(name) ".balign 16, 0xcc\n.type " name ", @function\n" name ":\n"

/* What differs from one layout of .altinstructions to the other. */
#define ALT_FEATURE_16(not) ".short 272 | " #not " << 15\n"
#define ALT_FEATURE_32(not) ".short 272, " #not "\n"

#define ALT_VMLINUX(release, feature) \
	".text\n.globl _stext\n_stext:\n" \
	FUNC("restore") \
	"call __fentry__\n" \
	"testl $0x200, %edi\n" \
	"je 2f\n" \
	"1: call *pv_ops\n" \
	"2: ret\n" \
	FUNC("for_xen") \
	"3: call *pv_ops\n" \
	"ret\n" \
	FUNC("__fentry__") "ret\n" \
	".section .altinstr_replacement, \"ax\"\n" \
	"4: sti\n" \
	".section .altinstructions, \"a\"\n" \
	".long 1b - ., 4b - .\n" feature(1) ".byte 7, 1\n" \
	".long 3b - ., 4b - .\n" feature(0) ".byte 7, 1\n" \
	".data\npv_ops: .quad 0\n" \
	BANNER(release)

static const char para_vmlinux[] =
	".text\n.globl _stext\n_stext:\n"
	FUNC("native_restore_fl") "push %rdi\npopf\nret\n"
	FUNC("native_irq_enable") "sti\nret\n"
	FUNC("other") "ret\n"
	FUNC("user")
	"1: call *pv_ops + 8\n"
	"2: call *pv_ops + 16\n"
	"3: call *pv_ops\n"
	"ret\n"
	".section .parainstructions, \"a\"\n"
	".quad 1b\n.byte 1, 7\n.balign 8\n"
	".quad 2b\n.byte 2, 7\n.balign 8\n"
	".quad 3b\n.byte 0, 7\n.balign 8\n"
	".data\npv_ops: .quad other, native_restore_fl, native_irq_enable\n"
	BANNER("5.10.0-9-test");

static const char names_vmlinux[] =
	".text\n.globl _stext\n_stext: ret\n"
	FUNC("twin") "ret\n"
	".balign 16, 0x90\n__pfx_first: .fill 16, 1, 0x90\n"
	".globl first\n.type first, @function\nfirst: ret\n"
	FUNC("alias") ".globl unique_alias\n.type unique_alias, @function\nunique_alias: ret\n"
	".section .init.text, \"ax\"\n"
	"init: ret\n"
	BANNER("6.12.1");

static void test_alternatives(void **state)
{
	static const char *const sources[] = {
		ALT_VMLINUX("6.8.0-1-test", ALT_FEATURE_32),
		ALT_VMLINUX("6.1.0-1-test", ALT_FEATURE_16),
	};
	/* The call of __fentry__ is a NOP, the call of the IRQ operation an sti. */
	static const uint8_t live[] = {
		0x0f, 0x1f, 0x44, 0x00, 0x00, 0xf7, 0xc7, 0x00, 0x02, 0x00, 0x00, 0x74,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		char *path = tiny_vmlinux(sources[i], "assembler");
		struct livetext text;
		uint64_t addr;
		uint8_t *p;

		assert_int_equal(livetext_open(path, &text), 0);
		assert_int_equal(text.addr, BASE);
		assert_int_equal(text.shape, IRQSAN_SHAPE_TEST);
		assert_string_equal(text.release, i ? "6.1.0-1-test" : "6.8.0-1-test");
		assert_int_equal(text.patched, 1);
		assert_true(livetext_address(&text, "restore", &addr));
		p = text.data + (addr - BASE);
		assert_memory_equal(p, live, sizeof(live));
		assert_int_equal(p[13], 0xfb);
		assert_int_equal(p[14], 0x90);
		/* Another feature decides there. */
		assert_true(livetext_address(&text, "for_xen", &addr));
		assert_int_equal(text.data[addr - BASE], 0xff);
		/* The file's own bytes stay. */
		assert_int_equal(*(const uint8_t *)livetext_bytes(&text, addr, 1), 0xff);
		livetext_close(&text);
		tiny_vmlinux_remove(path);
	}
}

static void test_parainstructions(void **state)
{
	/* The third call is of a function that has nothing to do with IRQs. */
	static const uint8_t live[] = {
		0x57, 0x9d, 0x90, 0x90, 0x90, 0x90, 0x90, 0xfb, 0x90, 0x90, 0x90, 0x90, 0x90,
		0x90, 0xff,
	};
	char *path = tiny_vmlinux(para_vmlinux, "assembler");
	struct livetext text;
	uint64_t addr;
	uint8_t *p;

	(void)state;
	assert_int_equal(livetext_open(path, &text), 0);
	assert_int_equal(text.shape, IRQSAN_SHAPE_POPF);
	assert_int_equal(text.patched, 2);
	assert_true(livetext_address(&text, "user", &addr));
	p = text.data + (addr - BASE);
	assert_memory_equal(p, live, sizeof(live));
	livetext_close(&text);
	tiny_vmlinux_remove(path);
}

/* Its tables and its text are zeros until they are relocated. */
#define ALT_MODULE(feature) \
	".section .init.text, \"ax\"\n.globl init_module\n.type init_module, @function\n" \
	"init_module: call __fentry__\n" \
	"testl $0x200, %edi\nje 2f\n1: call *pv_ops(%rip)\n2: ret\n" \
	".section .data\n.quad 1\n" \
	".text\nfirst: ret\n.balign 16, 0xcc\n.type second, @function\n" \
	"second: 3: call *pv_ops(%rip)\ncall exported_elsewhere\nret\n" \
	".section .altinstr_replacement, \"ax\"\n" \
	"4: sti\n" \
	".section .altinstructions, \"a\"\n" \
	".long 1b - ., 4b - .\n" feature(1) ".byte 6, 1\n" \
	".long 3b - ., 4b - .\n" feature(0) ".byte 6, 1\n"

static void test_module_alternatives(void **state)
{
	static const char *const sources[][2] = {
		{ ALT_VMLINUX("6.8.0-1-test", ALT_FEATURE_32), ALT_MODULE(ALT_FEATURE_32) },
		{ ALT_VMLINUX("6.1.0-1-test", ALT_FEATURE_16), ALT_MODULE(ALT_FEATURE_16) },
	};
	static const uint8_t live[] = {
		0x0f, 0x1f, 0x44, 0x00, 0x00, 0xf7, 0xc7, 0x00, 0x02, 0x00, 0x00, 0x74, 0x06,
		0xfb, 0x90,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		char *path = tiny_vmlinux(sources[i][0], "assembler");
		char *ko = xasprintf("%s.ko", path), name[64];
		struct livetext kernel, text;
		uint64_t addr;

		tiny_module(ko, sources[i][1]);
		assert_int_equal(livetext_open(path, &kernel), 0);
		assert_int_equal(livetext_open_module(ko, &kernel, &text), 0);
		assert_int_equal(text.patched, 1);
		assert_int_equal(text.shape, IRQSAN_SHAPE_TEST);
		assert_string_equal(text.release, kernel.release);
		/* All sections of code lie in it, those of the start too. */
		assert_true(livetext_address(&text, "init_module", &addr));
		assert_true(addr >= text.addr && addr < text.addr + text.len);
		assert_memory_equal(text.data + (addr - text.addr), live, sizeof(live));
		assert_string_equal(livetext_symbol(&text, addr + 11, name, sizeof(name)),
				    "init_module+0xb");
		assert_true(livetext_address(&text, "second", &addr));
		assert_int_equal(text.data[addr - text.addr], 0xff);
		livetext_close(&text);
		livetext_close(&kernel);
		free(ko);
		tiny_vmlinux_remove(path);
	}
}

static void test_module_parainstructions(void **state)
{
	static const char source[] =
		".text\n.type user, @function\nuser:\n"
		"1: call *pv_ops + 8\n2: call *pv_ops\nret\n"
		".section .parainstructions, \"a\"\n"
		".quad 1b\n.byte 1, 7\n.balign 8\n"
		".quad 2b\n.byte 0, 7\n.balign 8\n";
	static const uint8_t live[] = { 0x57, 0x9d, 0x90, 0x90, 0x90, 0x90, 0x90, 0xff };
	char *path = tiny_vmlinux(para_vmlinux, "assembler"), *ko = xasprintf("%s.ko", path);
	struct livetext kernel, text;

	(void)state;
	tiny_module(ko, source);
	assert_int_equal(livetext_open(path, &kernel), 0);
	assert_int_equal(livetext_open_module(ko, &kernel, &text), 0);
	assert_int_equal(text.patched, 1);
	assert_memory_equal(text.data, live, sizeof(live));
	livetext_close(&text);
	/* A module may have no code; but something else is none. */
	tiny_module(ko, ".data\n.globl x\nx: .quad 1\n");
	assert_int_equal(livetext_open_module(ko, &kernel, &text), 0);
	assert_int_equal(text.len, 0);
	livetext_close(&text);
	assert_int_equal(write_file(ko, "text", 4), 0);
	assert_int_equal(livetext_open_module(ko, &kernel, &text), -ENOEXEC);
	assert_int_equal(livetext_open_module("/nonexistent.ko", &kernel, &text), -ENOENT);
	livetext_close(&kernel);
	free(ko);
	tiny_vmlinux_remove(path);
}

static void test_places(void **state)
{
	char *path = tiny_vmlinux(names_vmlinux, "assembler");
	struct livetext_place place;
	struct livetext text;
	char buf[64];
	uint64_t addr;

	(void)state;
	assert_int_equal(livetext_open(path, &text), 0);
	assert_true(livetext_address(&text, "first", &addr));
	assert_true(livetext_place(&text, addr, &place));
	assert_string_equal(place.symbol, "first");
	assert_true(place.unique);
	/* Up to the next function, padding included. */
	assert_int_equal(place.size, 16);
	assert_string_equal(livetext_symbol(&text, addr + 3, buf, sizeof(buf)), "first+0x3");
	/* kallsyms knows the padding of CALL_PADDING, too. */
	assert_true(livetext_place(&text, addr - 1, &place));
	assert_string_equal(place.symbol, "__pfx_first");
	assert_true(livetext_place(&text, addr - 17, &place));
	assert_string_equal(place.symbol, "twin");
	assert_int_equal(place.size, 16);
	assert_false(livetext_place(&text, 0x1000, &place));
	assert_string_equal(livetext_symbol(&text, 0x1000, buf, sizeof(buf)), "0x1000");
	assert_true(livetext_address(&text, "init", &addr));
	livetext_close(&text);
	tiny_vmlinux_remove(path);
}

static void test_refused(void **state)
{
	char *path = tiny_vmlinux(".text\n.globl _stext\n_stext: ret\n", "assembler");
	struct livetext text;

	(void)state;
	/* No kernel; no ELF file; no file. */
	assert_int_equal(livetext_open(path, &text), -ENOEXEC);
	assert_int_equal(write_file(path, "text", 4), 0);
	assert_int_equal(livetext_open(path, &text), -ENOEXEC);
	assert_int_equal(livetext_open("/nonexistent/vmlinux", &text), -ENOENT);
	tiny_vmlinux_remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alternatives),
		cmocka_unit_test(test_parainstructions),
		cmocka_unit_test(test_module_alternatives),
		cmocka_unit_test(test_module_parainstructions),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("livetext", tests, NULL, NULL);
}
