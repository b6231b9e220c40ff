// SPDX-License-Identifier: GPL-2.0
/*
 * Builds external modules for a kernel, and keeps them by what they were built
 * from.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cache.h"
#include "base/program.h"
#include "kernel/kernel-debian.h"
#include "kernel/kernel.h"
#include "kernel/toolchain.h"

#define BUILD_DEADLINE_S 900

static const char *const build_marks[] = {
	"error: ", "ERROR: ", "bwrap: ", "*** ", "not found", NULL,
};

/* What a build in the source directory itself leaves behind is no source. */
static bool is_source(const char *name)
{
	static const char *const products[] = {
		".o", ".a", ".ko", ".mod", ".mod.c", ".cmd", ".d", ".tmp", ".orig", ".rej",
	};

	if (*name == '.' || !strcmp(name, "Module.symvers") || !strcmp(name, "modules.order"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(products); i++)
		if (ends_with(name, products[i]))
			return false;
	return true;
}

static int add_source(void *ctx, const char *path, const char *below)
{
	char hex[65];
	int rc;

	if (!is_source(basename(path)))
		return 0;
	rc = sha256_file(path, hex);
	if (!rc)
		buf_addf(ctx, "%s  %s\n", hex, below);
	return rc;
}

static int copy_source(void *ctx, const char *path, const char *below)
{
	char *to __cleanup(free_ptr) = xasprintf("%s/%s", (const char *)ctx, below);

	return is_source(basename(path)) ? mkdir_for(to) ?: copy_file(path, to) : 0;
}

/**
 * struct collect - takes the .ko files out of a build
 * @to: directory
 * @n: how many there were
 */
struct collect {
	const char *to;
	unsigned int n;
};

static int collect_module(void *ctx, const char *path, const char *below)
{
	struct collect *c = ctx;
	char *to __cleanup(free_ptr) = xasprintf("%s/%s", c->to, basename(path));

	if (!ends_with(below, ".ko"))
		return 0;
	c->n++;
	return copy_file(path, to);
}

/**
 * kernel_module_source() - what a module is made from
 * @srcdir: its directory
 * @list: a line with the hash of each source file is appended
 *
 * Return: 0 or a negative errno
 */
int kernel_module_source(const char *srcdir, struct buf *list)
{
	return for_each_file(srcdir, true, add_source, list);
}

/*
 * All that the outcome depends on, as text; kept next to the modules, so that
 * one can see later what they were made from.
 */
static int describe(const struct kernel *k, const struct toolchain *t, const char *srcdir,
		    struct buf *b)
{
	int rc = 0;

	buf_addf(b, "kernel %s %s x86_64\ntoolchain %s\n", k->release,
		 k->version ? k->version : "tree", t->br.id);
	/* Two trees of one release may differ in anything: a structure, say. */
	if (!k->suite) {
		char hex[65];

		rc = sha256_file(k->image, hex);
		if (!rc)
			buf_addf(b, "%s  bzImage\n", hex);
	}
	return rc ?: kernel_module_source(srcdir, b);
}

static void make_command(const struct kernel *k, const struct toolchain *t, const char *build,
			 struct strv *argv)
{
	char *src __cleanup(free_ptr) = xasprintf("%s/usr/src", k->headers);
	const struct bind binds[] = {
		{ src, "/usr/src", false }, { build, "/build", true }, { 0 },
	};

	if (k->suite) {
		buildroot_enter(&t->br, binds, argv);
		/* BTF needs pahole, which this machine may lack, and nobody needs it. */
		strv_add(argv, "make", "M=/build", "CONFIG_DEBUG_INFO_BTF_MODULES=", "-C", NULL);
		strv_pushf(argv, "/usr/src/linux-headers-%s", k->release);
	} else if (k->source) {
		toolchain_module(t, k->source, k->headers, build, argv);
	} else {
		/*
		 * All of this machine, but what make starts ends with us, even if we are
		 * killed. We may run below a make ourselves.
		 */
		strv_add(argv, "bwrap", "--die-with-parent", "--unshare-pid", "--dev-bind", "/", "/",
			 "--unsetenv", "MAKEFLAGS", "--unsetenv", "MFLAGS",
			 "--unsetenv", "MAKELEVEL", "make", "-C", k->headers, NULL);
		strv_pushf(argv, "M=%s", build);
		strv_extend(argv, (const char *const *)t->vars.v);
	}
	strv_pushf(argv, "-j%u", cpus_available());
	strv_push(argv, "modules");
}

/**
 * struct wanted - modules, and what they are built from
 * @kernel: for this one
 * @toolchain: with this one
 * @source: directory
 * @description: all that the outcome depends on
 * @log: of the build, until it has succeeded
 * @dir: filled with the directory that they are in
 */
struct wanted {
	const struct kernel *kernel;
	struct toolchain toolchain;
	char *source;
	struct buf description;
	char *log;
	char **dir;
};

/* Directories appear by rename, so one that is there is whole. */
static int find_modules(void *ctx, const char *dir)
{
	struct wanted *w = ctx;

	if (!file_exists(dir))
		return -ENOENT;
	*w->dir = xstrdup(dir);
	return 0;
}

static int make_modules(void *ctx, const char *work, const char *dest)
{
	struct wanted *w = ctx;
	char *build __cleanup(free_ptr) = xasprintf("%s/build", work);
	char *kept __cleanup(free_ptr) = xasprintf("%s/build.log", dest);
	char *text __cleanup(free_ptr) = xasprintf("%s/sources", dest);
	char *what __cleanup(free_ptr) = xasprintf("building %s for %s", w->source,
						   w->kernel->release);
	struct collect c = { .to = dest };
	struct strv argv __cleanup(strv_free) = { 0 };
	int rc;

	make_command(w->kernel, &w->toolchain, build, &argv);
	rc = mkdir_p(build) ?: for_each_file(w->source, true, copy_source, build) ?:
	     tool_run(&(struct tool){
		.what = what, .argv = (const char *const *)argv.v, .log = w->log,
		.deadline_s = BUILD_DEADLINE_S, .marks = build_marks,
	     }) ?: for_each_file(build, true, collect_module, &c);
	if (!rc && !c.n) {
		pr_err("%s made no .ko file (all of it: %s)", what, w->log);
		rc = -ENOENT;
	}
	rc = rc ?: write_file(text, w->description.data, w->description.len);
	if (!rc && rename(w->log, kept))
		pr_warn("can't keep %s: %s", w->log, strerror(errno));
	return rc;
}

/* Of a tree, or headers, that somebody else has built. */
static int get_recorded(const struct kernel *k, struct toolchain *t)
{
	char *exports __cleanup(free_ptr) = xasprintf("%s/Module.symvers", k->headers);
	struct buf config __cleanup(buf_free) = { 0 };
	int rc = 0;

	if (!file_exists(exports)) {
		pr_err("modules can't be built for %s: there is no %s; \"make modules\" makes it",
		       k->name, exports);
		return -ENOENT;
	}
	if (k->config && file_exists(k->config))
		rc = read_file(k->config, &config);
	return rc ?: toolchain_recorded(config.data ?: "", t);
}

/* The suite that has the compilers for one that only adds to it: trixie for trixie-backports. */
static char *whole_suite(const char *suite)
{
	return strcmp(suite, "experimental") ? strndup(suite, strcspn(suite, "-")) :
					       xstrdup("sid");
}

static int get_toolchain(const struct kernel *k, struct toolchain *t)
{
	struct debian_kernel d __cleanup(debian_kernel_free) = { 0 };
	char *suite __cleanup(free_ptr) = NULL;

	*t = (struct toolchain){ 0 };
	if (!k->headers && k->modules) {
		pr_err("modules can't be built for %s: there is no %s/build; the package linux-headers-%s has it",
		       k->name, k->modules, k->release);
		return -ENOENT;
	}
	if (!k->headers) {
		pr_err("%s is only an image: modules can be built for a build tree or a kernel of \"irqsan kernel list\"",
		       k->name);
		return -EINVAL;
	}
	if (k->source)
		return toolchain_get(k->toolchain, k->clang, t);
	if (!k->suite)
		return get_recorded(k, t);
	if (debian_load(k->name, &d)) {
		pr_err("%s is no longer in the cache", k->name);
		return -ENOENT;
	}
	strv_push(&d.toolchain, "make");
	suite = whole_suite(k->suite);
	return buildroot_get(suite, &d.toolchain, &t->br);
}

/**
 * kernel_build_module() - build an external module directory
 * @k: kernel
 * @srcdir: the directory; only read
 * @outdir: directory of the cache with the .ko files; to be freed
 *
 * Return: 0 or a negative errno
 */
int kernel_build_module(const struct kernel *k, const char *srcdir, char **outdir)
{
	struct wanted w = { .kernel = k, .source = realpath(srcdir, NULL), .dir = outdir };
	char *key __cleanup(free_ptr) = NULL, hex[65];
	int rc;

	*outdir = NULL;
	if (!w.source)
		return file_err("find the module source", srcdir, errno);
	rc = get_toolchain(k, &w.toolchain) ?:
	     describe(k, &w.toolchain, w.source, &w.description) ?:
	     sha256_data(w.description.data, w.description.len, hex);
	if (!rc) {
		key = xasprintf("modules/%s", hex);
		w.log = xasprintf("%s/%s.log", irqsan_cache(), key);
		rc = cache_get(&(struct cache_entry){
			.key = key, .find = find_modules, .make = make_modules, .ctx = &w,
		}, NULL);
	}
	buf_free(&w.description);
	toolchain_free(&w.toolchain);
	free(w.log);
	free(w.source);
	return rc;
}
