/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Makes ELF files that look like a vmlinux or a module to tests, with this
 * machine's compiler.
 */
#ifndef IRQSAN_TINY_VMLINUX_H
#define IRQSAN_TINY_VMLINUX_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/util.h"

/**
 * tiny_vmlinux() - compile and link a source
 * @source: its text
 * @language: "c", "assembler"
 *
 * Return: path of the result, to be given to tiny_vmlinux_remove(); the test
 * fails if there is none.
 */
static inline char *tiny_vmlinux(const char *source, const char *language)
{
	char dir[] = "/tmp/irqsan-test-XXXXXX";
	char *in, *out;

	assert_non_null(mkdtemp(dir));
	in = xasprintf("%s/source", dir);
	out = xasprintf("%s/vmlinux", dir);
	{
		const char *const argv[] = {
			"gcc", "-x", language, "-O2", "-g", "-mcmodel=kernel", "-mno-red-zone",
			"-fno-pie", "-fcf-protection=none", "-fno-asynchronous-unwind-tables",
			"-ffreestanding", "-nostdlib", "-static", "-no-pie",
			"-Wl,-Ttext=0xffffffff81000000", "-Wl,-e,_stext",
			"-Wl,--no-warn-rwx-segments", "-o", out, in, NULL,
		};

		assert_int_equal(write_file(in, source, strlen(source)), 0);
		assert_int_equal(child_run_quietly("gcc", argv, dir, 60), 0);
	}
	free(in);
	return out;
}

/**
 * tiny_vmlinux_remove() - remove what tiny_vmlinux() made
 * @path: freed too
 */
static inline void tiny_vmlinux_remove(char *path)
{
	*strrchr(path, '/') = '\0';
	remove_tree(path);
	free(path);
}

/**
 * tiny_module() - assemble a module
 * @path: where to
 * @source: its text
 */
static inline void tiny_module(const char *path, const char *source)
{
	char *in = xasprintf("%s.s", path);
	const char *const argv[] = { "gcc", "-c", "-o", path, in, NULL };

	assert_int_equal(write_file(in, source, strlen(source)), 0);
	assert_int_equal(child_run_quietly("gcc", argv, NULL, 60), 0);
	assert_int_equal(unlink(in), 0);
	free(in);
}

#endif
