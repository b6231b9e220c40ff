// SPDX-License-Identifier: GPL-2.0
/*
 * How make is run to build a kernel from source, and modules for such a kernel.
 *
 * In the sandbox a source stands at /usr/src and its build tree at /build,
 * wherever they really are. So no path of this machine gets into a kernel, and
 * ccache knows a file again that was compiled for another build.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/program.h"
#include "kernel/toolchain.h"

#define CCACHE_SIZE "5G"

static const char *const packages[] = {
	"gcc", "libc6-dev", "make", "bc", "bison", "flex", "libelf-dev", "libssl-dev", "ccache",
	"kmod",
};

static const char *const clang_packages[] = { "clang", "lld", "llvm" };
static const char *const clang_programs[] = { "clang", "ld.lld", "llvm-ar", "llvm-objcopy" };

/* Two versions of clang are two toolchains. */
static int add_clang(struct buildroot *br)
{
	static const char *const argv[] = { "clang", "--version", NULL };
	struct buf out = { 0 };
	char *id = br->id;
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(clang_programs); i++) {
		char *path = find_program(clang_programs[i]);

		free(path);
		if (!path) {
			pr_err("%s is missing; \"apt-get install clang lld llvm\" installs it",
			       clang_programs[i]);
			return -ENOENT;
		}
	}
	rc = program_output(argv, &out);
	if (!rc) {
		br->id = xasprintf("%s, %.*s", id, (int)strcspn(out.data, "\n"), out.data);
		free(id);
	}
	buf_free(&out);
	return rc;
}

/**
 * toolchain_get() - a suite's toolchain for kernels, made if need be
 * @suite: Debian suite; NULL for what this machine has installed
 * @clang: with clang and LLVM
 * @t: filled; toolchain_free() it
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int toolchain_get(const char *suite, bool clang, struct toolchain *t)
{
	struct strv names = { 0 };
	int rc;

	*t = (struct toolchain){ .clang = clang };
	for (size_t i = 0; i < ARRAY_SIZE(packages); i++)
		strv_push(&names, packages[i]);
	for (size_t i = 0; clang && i < ARRAY_SIZE(clang_packages); i++)
		strv_push(&names, clang_packages[i]);
	rc = suite ? buildroot_get(suite, &names, &t->br) : buildroot_host(&t->br);
	if (!rc && clang && !strcmp(t->br.root, "/"))
		rc = add_clang(&t->br);
	strv_free(&names);
	if (rc)
		toolchain_free(t);
	return rc;
}

/* Up to the name of make's target. @binds are those beside ccache's. */
static void enter(const struct toolchain *t, const struct bind *binds, struct strv *argv)
{
	/* Who builds, where and when is no part of what is built. */
	static const char *const env[][2] = {
		{ "CCACHE_DIR", "/ccache" },
		{ "CCACHE_MAXSIZE", CCACHE_SIZE },
		{ "KBUILD_BUILD_USER", "irqsan" },
		{ "KBUILD_BUILD_HOST", "irqsan" },
		{ "KBUILD_BUILD_TIMESTAMP", "Thu Jan  1 00:00:00 UTC 1970" },
		/* The count of links of a build tree. */
		{ "KBUILD_BUILD_VERSION", "1" },
		/* Set, though empty: no "+" or commit in the release. */
		{ "LOCALVERSION", "" },
	};

	buildroot_enter(&t->br, binds, argv);
	for (size_t i = 0; i < ARRAY_SIZE(env); i++) {
		strv_push(argv, "--setenv");
		strv_push(argv, env[i][0]);
		strv_push(argv, env[i][1]);
	}
	strv_push(argv, "make");
	strv_pushf(argv, "-j%u", cpus_available());
	strv_push(argv, "ARCH=x86_64");
	if (t->clang)
		strv_push(argv, "LLVM=1");
	strv_push(argv, t->clang ? "CC=ccache clang" : "CC=ccache gcc");
	strv_push(argv, t->clang ? "HOSTCC=ccache clang" : "HOSTCC=ccache gcc");
}

/* The compiler's cache, made on first use; caller frees. */
static char *ccache_dir(void)
{
	char *dir = xasprintf("%s/ccache", irqsan_cache());

	mkdir_p(dir);
	return dir;
}

/**
 * toolchain_kernel() - the start of a command line that builds a kernel
 * @t: toolchain
 * @source: source tree, only read
 * @build: build tree; /build in the sandbox
 * @argv: arguments are appended; variables and targets are to follow
 */
void toolchain_kernel(const struct toolchain *t, const char *source, const char *build,
		      struct strv *argv)
{
	char *ccache = ccache_dir();
	const struct bind binds[] = {
		{ source, "/usr/src", false }, { build, "/build", true },
		{ ccache, "/ccache", true }, { 0 },
	};

	enter(t, binds, argv);
	strv_push(argv, "-C");
	strv_push(argv, "/usr/src");
	strv_push(argv, "O=/build");
	free(ccache);
}

/**
 * toolchain_module() - the start of a command line that builds a module
 * @t: toolchain that the kernel was built with
 * @source: the kernel's source tree, only read
 * @build: the kernel's build tree, only read
 * @module: directory of the module
 * @argv: arguments are appended; targets are to follow
 */
void toolchain_module(const struct toolchain *t, const char *source, const char *build,
		      const char *module, struct strv *argv)
{
	char *ccache = ccache_dir();
	const struct bind binds[] = {
		{ source, "/usr/src", false }, { build, "/build", false },
		{ ccache, "/ccache", true }, { module, "/module", true }, { 0 },
	};

	enter(t, binds, argv);
	strv_push(argv, "-C");
	strv_push(argv, "/build");
	strv_push(argv, "M=/module");
	free(ccache);
}

/**
 * toolchain_free() - free what toolchain_get() filled
 * @t: toolchain
 */
void toolchain_free(struct toolchain *t)
{
	buildroot_free(&t->br);
}
