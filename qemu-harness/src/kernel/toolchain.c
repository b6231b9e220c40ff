// SPDX-License-Identifier: GPL-2.0
/*
 * How make is run to build a kernel from source, and modules for such a kernel.
 *
 * In the sandbox a source stands at /usr/src and its build tree at /build,
 * wherever they really are. So no path of this machine gets into a kernel, and
 * ccache knows a file again that was compiled for another build.
 */
#include <errno.h>
#include <string.h>

#include "base/program.h"
#include "kernel/kconfig.h"
#include "kernel/toolchain.h"

#define CCACHE_SIZE "5G"

static const char *const clang_programs[] = { "clang", "ld.lld", "llvm-ar", "llvm-objcopy" };

/* What else makes it another toolchain. */
static void add_id(struct buildroot *br, const char *more)
{
	char *id = xasprintf("%s, %s", br->id, more);

	free(br->id);
	br->id = id;
}

static int add_clang(struct buildroot *br)
{
	static const char *const argv[] = { "clang", "--version", NULL };
	char *line __cleanup(free_ptr) = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(clang_programs); i++) {
		char *path __cleanup(free_ptr) = find_program(clang_programs[i]);

		if (!path) {
			pr_err("%s is missing; \"apt-get install clang lld llvm\" installs it",
			       clang_programs[i]);
			return -ENOENT;
		}
	}
	line = program_first_line(argv);
	add_id(br, line ?: "clang");
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
	struct strv names __cleanup(strv_free) = { 0 };
	int rc;

	*t = (struct toolchain){ .clang = clang };
	strv_add(&names, "gcc", "libc6-dev", "make", "bc", "bison", "flex", "libelf-dev",
		 "libssl-dev", "ccache", "kmod", NULL);
	if (clang)
		strv_add(&names, "clang", "lld", "llvm", NULL);
	rc = suite ? buildroot_get(suite, &names, &t->br) : buildroot_host(&t->br);
	if (!rc && clang && !strcmp(t->br.root, "/"))
		rc = add_clang(&t->br);
	if (rc)
		toolchain_free(t);
	return rc;
}

/* Is there such a program, and is it clang of this version? */
static bool is_clang(const char *program, unsigned int major)
{
	const char *const argv[] = { program, "--version", NULL };
	char *path __cleanup(free_ptr) = find_program(program);
	char *line __cleanup(free_ptr) = path ? program_first_line(argv) : NULL;
	char *want __cleanup(free_ptr) = xasprintf("clang version %u.", major);

	return line && strstr(line, want);
}

/* LLVM=-N, for one that isn't the machine's first clang, is known since 5.18. */
static int recorded_clang(const char *config, const char *text, struct toolchain *t)
{
	char *version __cleanup(free_ptr) = kconfig_value(config, "CONFIG_CLANG_VERSION");
	char *lld __cleanup(free_ptr) = kconfig_value(config, "CONFIG_LD_IS_LLD");
	unsigned int major = atoi(version) / 10000;
	char *name __cleanup(free_ptr) = xasprintf("clang-%u", major);
	bool first = is_clang("clang", major);

	t->clang = true;
	if (!first && !is_clang(name, major)) {
		pr_err("the kernel was built with %s, which is missing; \"apt-get install %s lld-%u llvm-%u\" may have it",
		       text, name, major, major);
		return -ENOENT;
	}
	if (!strcmp(lld, "y"))
		strv_pushf(&t->vars, first ? "LLVM=1" : "LLVM=-%u", major);
	else
		strv_pushf(&t->vars, "CC=%s", first ? "clang" : name);
	return 0;
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
	char *quoted __cleanup(free_ptr) = kconfig_value(config, "CONFIG_CC_VERSION_TEXT");
	char *program __cleanup(free_ptr) = NULL, *path __cleanup(free_ptr) = NULL;
	char *text = quoted + (*quoted == '"');
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
	if (!rc && t->vars.n)
		add_id(&t->br, t->vars.v[0]);
	return rc;
}

/* Up to the name of make's target. @binds are those beside ccache's. */
static void enter(const struct toolchain *t, const struct bind *binds, struct strv *argv)
{
	/* Who builds, where and when is no part of what is built. */
	static const char *const env[] = {
		"--setenv", "CCACHE_DIR", "/ccache",
		"--setenv", "CCACHE_MAXSIZE", CCACHE_SIZE,
		"--setenv", "KBUILD_BUILD_USER", "irqsan",
		"--setenv", "KBUILD_BUILD_HOST", "irqsan",
		"--setenv", "KBUILD_BUILD_TIMESTAMP", "Thu Jan  1 00:00:00 UTC 1970",
		/* The count of links of a build tree. */
		"--setenv", "KBUILD_BUILD_VERSION", "1",
		/* Set, though empty: no "+" or commit in the release. */
		"--setenv", "LOCALVERSION", "", NULL
	};

	buildroot_enter(&t->br, binds, argv);
	strv_extend(argv, env);
	strv_push(argv, "make");
	strv_pushf(argv, "-j%u", cpus_available());
	strv_push(argv, "ARCH=x86_64");
	if (t->clang)
		strv_add(argv, "LLVM=1", "CC=ccache clang", "HOSTCC=ccache clang", NULL);
	else
		strv_add(argv, "CC=ccache gcc", "HOSTCC=ccache gcc", NULL);
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
	char *ccache __cleanup(free_ptr) = ccache_dir();
	const struct bind binds[] = {
		{ source, "/usr/src", false }, { build, "/build", true },
		{ ccache, "/ccache", true }, { 0 },
	};

	enter(t, binds, argv);
	strv_add(argv, "-C", "/usr/src", "O=/build", NULL);
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
	char *ccache __cleanup(free_ptr) = ccache_dir();
	const struct bind binds[] = {
		{ source, "/usr/src", false }, { build, "/build", false },
		{ ccache, "/ccache", true }, { module, "/module", true }, { 0 },
	};

	enter(t, binds, argv);
	strv_add(argv, "-C", "/build", "M=/module", NULL);
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
