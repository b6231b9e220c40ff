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
#include "kernel/kconfig.h"
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
	char *id = br->id, *line;

	for (size_t i = 0; i < ARRAY_SIZE(clang_programs); i++) {
		char *path = find_program(clang_programs[i]);

		free(path);
		if (!path) {
			pr_err("%s is missing; \"apt-get install clang lld llvm\" installs it",
			       clang_programs[i]);
			return -ENOENT;
		}
	}
	line = program_first_line(argv);
	br->id = xasprintf("%s, %s", id, line ?: "clang");
	free(line);
	free(id);
	return 0;
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

/* Is there such a program, and is it clang of this version? */
static bool is_clang(const char *program, unsigned int major)
{
	const char *const argv[] = { program, "--version", NULL };
	char *path = find_program(program), *line = path ? program_first_line(argv) : NULL;
	char *want = xasprintf("clang version %u.", major);
	bool is = line && strstr(line, want);

	free(want);
	free(line);
	free(path);
	return is;
}

/* LLVM=-N, for one that isn't the machine's first clang, is known since 5.18. */
static int recorded_clang(const char *config, const char *text, struct toolchain *t)
{
	char *version = kconfig_value(config, "CONFIG_CLANG_VERSION");
	char *lld = kconfig_value(config, "CONFIG_LD_IS_LLD");
	unsigned int major = atoi(version) / 10000;
	char *name = xasprintf("clang-%u", major);
	bool first = is_clang("clang", major);
	int rc = 0;

	t->clang = true;
	if (!first && !is_clang(name, major)) {
		pr_err("the kernel was built with %s, which is missing; \"apt-get install %s lld-%u llvm-%u\" may have it",
		       text, name, major, major);
		rc = -ENOENT;
	} else if (!strcmp(lld, "y")) {
		strv_pushf(&t->vars, first ? "LLVM=1" : "LLVM=-%u", major);
	} else {
		strv_pushf(&t->vars, "CC=%s", first ? "clang" : name);
	}
	free(name);
	free(lld);
	free(version);
	return rc;
}

/**
 * toolchain_recorded() - the compiler of this machine that a kernel was built with
 * @config: text of its .config
 * @t: filled; toolchain_free() it
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int toolchain_recorded(const char *config, struct toolchain *t)
{
	char *quoted = kconfig_value(config, "CONFIG_CC_VERSION_TEXT");
	char *text = quoted + (*quoted == '"'), *program = NULL, *path, *id;
	int rc;

	*t = (struct toolchain){ 0 };
	text[strcspn(text, "\"")] = '\0';
	/* "gcc-12 (Debian 12.2.0-14) 12.2.0" begins with what gcc was called by. */
	program = xasprintf("%.*s", (int)strcspn(text, " "), text);
	path = find_program(program);
	rc = buildroot_host(&t->br);
	if (!rc && strstr(text, "clang version ")) {
		rc = recorded_clang(config, text, t);
	} else if (!rc && strstr(program, "gcc")) {
		strv_pushf(&t->vars, "CC=%s", program);
		if (!path) {
			pr_err("the kernel was built with %s, which is missing; \"apt-get install %s\" may have it",
			       program, program);
			rc = -ENOENT;
		}
	}
	if (!rc && t->vars.n) {
		id = xasprintf("%s, %s", t->br.id, t->vars.v[0]);
		free(t->br.id);
		t->br.id = id;
	}
	free(path);
	free(program);
	free(quoted);
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
	strv_free(&t->vars);
}
