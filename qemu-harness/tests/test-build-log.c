// SPDX-License-Identifier: GPL-2.0
/*
 * What is said first of a failure in the log of a kernel build, and whose fault
 * it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kernel/build-log.h"

/**
 * struct sample - the end of a build
 * @log: what it said
 * @line: what was to be found
 * @ours: whose fault
 * @status: exit code
 */
static const struct sample {
	const char *log;
	const char *line;
	bool ours;
	int status;
} samples[] = {
	{
		"  CC      kernel/fork.o\n"
		"/usr/src/arch/x86/kernel/kvm.c: In function 'kvm_wait':\n"
		"/usr/src/arch/x86/kernel/kvm.c:840:9: warning: unused variable 'x' [-Wunused]\n"
		"/usr/src/arch/x86/kernel/kvm.c:845:2: error: 'y' undeclared (first use in this "
		"function)\n"
		"  845 |  y = 1;\n"
		"  CC      kernel/exit.o\n"
		"make[4]: *** [/usr/src/scripts/Makefile.build:250: arch/x86/kernel/kvm.o] Error 1\n"
		"make[3]: *** [/usr/src/scripts/Makefile.build:500: arch/x86/kernel] Error 2\n"
		"make[3]: *** Waiting for unfinished jobs....\n"
		"/usr/src/kernel/exit.c:1:1: error: later\n"
		"make: *** [Makefile:238: __sub-make] Error 2\n",
		"arch/x86/kernel/kvm.c:845:2: error: 'y' undeclared (first use in this function)",
		false, 2,
	}, {
		"/usr/src/init/main.c:5:10: fatal error: linux/nosuch.h: No such file or "
		"directory\n"
		"compilation terminated.\n"
		"make[2]: *** [scripts/Makefile.build:250: init/main.o] Error 1\n",
		"init/main.c:5:10: fatal error: linux/nosuch.h: No such file or directory",
		false, 2,
	}, {
		"/usr/src/arch/x86/entry/entry_64.S: Assembler messages:\n"
		"/usr/src/arch/x86/entry/entry_64.S:90: Error: no such instruction: `foo'\n"
		"make[3]: *** [a: b] Error 1\n",
		"arch/x86/entry/entry_64.S:90: Error: no such instruction: `foo'", false, 2,
	}, {
		"  LD      vmlinux.o\n"
		"ld: warning: a.o: missing .note.GNU-stack section implies executable stack\n"
		"ld: kernel/fork.o: in function `f':\n"
		"fork.c:(.text+0x12): undefined reference to `nothing'\n"
		"make[1]: *** [/usr/src/Makefile:1250: vmlinux] Error 1\n",
		"ld: kernel/fork.o: in function `f':", false, 2,
	}, {
		"ld.lld: error: undefined symbol: nothing\n>>> referenced by fork.c\n"
		"make[1]: *** [/usr/src/Makefile:1250: vmlinux] Error 1\n",
		"ld.lld: error: undefined symbol: nothing", false, 2,
	}, {
		"WARNING: modpost: vmlinux.o: section mismatch\n"
		"ERROR: modpost: \"nothing\" [drivers/block/brd.ko] undefined!\n"
		"make[1]: *** [Module.symvers] Error 1\n",
		"ERROR: modpost: \"nothing\" [drivers/block/brd.ko] undefined!", false, 2,
	}, {
		"init/Kconfig:10:warning: 'X': number is invalid\n"
		"lib/Kconfig.debug:1200: syntax error\n"
		"lib/Kconfig.debug:1199: unknown statement \"confg\"\n"
		"make[1]: *** [allnoconfig] Error 1\n",
		"lib/Kconfig.debug:1200: syntax error", false, 2,
	}, {
		"make[3]: *** No rule to make target 'kernel/nothing.o', needed by "
		"'kernel/built-in.a'.  Stop.\n"
		"make[2]: *** [/usr/src/Makefile:1850: kernel] Error 2\n",
		"make[3]: *** No rule to make target 'kernel/nothing.o', needed by "
		"'kernel/built-in.a'.  Stop.", false, 2,
	}, {
		"vmlinux.o: warning: objtool: f()+0x1: unreachable instruction\n"
		"make[2]: *** [vmlinux.o] Error 255\n"
		"make[1]: *** [Makefile:1200: vmlinux] Error 2\n",
		"make[2]: *** [vmlinux.o] Error 255", false, 2,
	}, {
		"/tmp/ccx.s: Assembler messages:\n"
		"/tmp/ccx.s: Fatal error: can't write 10 bytes to section .text of a.o: 'No space "
		"left on device'\n"
		"/usr/src/a.c:1:1: error: something\n"
		"make[2]: *** [a.o] Error 1\n",
		"/tmp/ccx.s: Fatal error: can't write 10 bytes to section .text of a.o: 'No space "
		"left on device'", true, 2,
	}, {
		"gcc: fatal error: Killed signal terminated program cc1\n"
		"compilation terminated.\nmake[2]: *** [a.o] Error 1\n",
		"gcc: fatal error: Killed signal terminated program cc1", true, 2,
	}, {
		"bwrap: Can't find source path /nothing: No such file or directory\n",
		"bwrap: Can't find source path /nothing: No such file or directory", true, 1,
	}, {
		"make[1]: ccache: No such file or directory\n"
		"make[1]: *** [scripts/Makefile.host:95: scripts/basic/fixdep] Error 127\n",
		"make[1]: ccache: No such file or directory", true, 2,
	}, {
		"/bin/sh: 1: bison: not found\n"
		"make[1]: *** [scripts/kconfig/parser.tab.h] Error 127\n",
		"/bin/sh: 1: bison: not found", true, 2,
	}, {
		"/bin/sh: 1: /usr/src/scripts/nothing.sh: not found\n"
		"make[1]: *** [include/generated/nothing.h] Error 127\n",
		"/bin/sh: 1: scripts/nothing.sh: not found", false, 2,
	}, {
		"/bin/sh: line 1: 4711 Killed                  pahole -J vmlinux\n"
		"make[1]: *** [/usr/src/Makefile:1250: vmlinux] Error 137\n",
		"/bin/sh: line 1: 4711 Killed                  pahole -J vmlinux", true, 2,
	}, {
		"scripts/link-vmlinux.sh: line 122: 12345 Killed                  ${LD} -o $1\n"
		"make[1]: *** [/usr/src/Makefile:1250: vmlinux] Error 1\n",
		"scripts/link-vmlinux.sh: line 122: 12345 Killed                  ${LD} -o $1",
		true, 2,
	}, {
		"make[2]: *** [/usr/src/scripts/Makefile.build:250: kernel/fork.o] Killed\n"
		"make[1]: *** [/usr/src/Makefile:1850: kernel] Error 2\n",
		"make[2]: *** [scripts/Makefile.build:250: kernel/fork.o] Killed", true, 2,
	}, {
		"  LD      vmlinux.o\n"
		"make[1]: *** [/usr/src/Makefile:1250: vmlinux.o] Error 137\n",
		"make[1]: *** [Makefile:1250: vmlinux.o] Error 137", true, 2,
	}, {
		"make[1]: *** [/usr/src/Makefile:1250: vmlinux.o] Error 139\n",
		"make[1]: *** [Makefile:1250: vmlinux.o] Error 139", false, 2,
	}, {
		"/usr/src/fs/a.c:7:2: error: 'y' undeclared\n"
		"    7 |  y(\"No space left on device\");\n"
		"      |  ^ Cannot allocate memory\n"
		"make[2]: *** [a.o] Error 1\n",
		"fs/a.c:7:2: error: 'y' undeclared", false, 2,
	}, {
		"/usr/src/fs/a.c:7:2: error: #error \x1b]0;owned\x07\n",
		"fs/a.c:7:2: error: #error <U+001B>]0;owned<U+0007>", false, 2,
	}, {
		"  CC      kernel/fork.o\n", "it ended with status 137 and said nothing of it", true,
		137,
	}, {
		"", "it ended with status 2 and said nothing of it", true, 2,
	}, {
		"/usr/src/a.c:1:1: error: said before make was killed\n",
		"a.c:1:1: error: said before make was killed", true, 143,
	},
};

static void test_failures(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		const struct sample *s = &samples[i];
		struct build_failure f;

		build_failure_find(s->log, s->status, &f);
		assert_string_equal(f.line, s->line);
		assert_int_equal(f.ours, s->ours);
		free(f.line);
	}
}

static void test_compiles(void **state)
{
	(void)state;
	assert_true(build_compiles("  CC      kernel/fork.o"));
	assert_true(build_compiles("  CC [M]  drivers/block/brd.o"));
	assert_true(build_compiles("  AS      arch/x86/entry/entry.o"));
	assert_false(build_compiles("  HOSTCC  scripts/basic/fixdep"));
	assert_false(build_compiles("  LD      vmlinux"));
	assert_false(build_compiles("a.c:1:1: error:   CC "));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_compiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
