// SPDX-License-Identifier: GPL-2.0
/*
 * Builds external modules for a kernel, and keeps them by what they were built
 * from.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cache.h"
#include "base/child.h"
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

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Calls @fn with each file below @dir, symlinks followed, in the order of names. */
static int for_each_file(const char *dir,
			 int (*fn)(void *ctx, const char *path, const char *rel), void *ctx)
{
	char *const paths[] = { (char *)dir, NULL };
	FTS *fts = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	size_t skip = strlen(dir) + 1;
	int rc = 0;
	FTSENT *e;

	if (!fts)
		return -errno;
	while (!rc && (e = fts_read(fts))) {
		if (e->fts_info == FTS_D && e->fts_level > 0 && *e->fts_name == '.')
			fts_set(fts, e, FTS_SKIP);
		else if (e->fts_info == FTS_F)
			rc = fn(ctx, e->fts_path, e->fts_path + skip);
	}
	fts_close(fts);
	return rc;
}

static int add_source(void *ctx, const char *path, const char *rel)
{
	struct buf *b = ctx;
	char hex[65], *line;
	int rc;

	if (!is_source(strrchr(path, '/') + 1))
		return 0;
	rc = sha256_file(path, hex);
	if (rc)
		return rc;
	line = xasprintf("%s  %s\n", hex, rel);
	buf_add(b, line, strlen(line));
	free(line);
	return 0;
}

static int copy_source(void *ctx, const char *path, const char *rel)
{
	char *to = xasprintf("%s/%s", (const char *)ctx, rel), *slash;
	int rc = 0;

	if (is_source(strrchr(path, '/') + 1)) {
		slash = strrchr(to, '/');
		*slash = '\0';
		rc = mkdir_p(to);
		*slash = '/';
		if (!rc)
			rc = copy_file(path, to);
	}
	free(to);
	return rc;
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

static int collect_module(void *ctx, const char *path, const char *rel)
{
	struct collect *c = ctx;
	char *to;
	int rc;

	if (!ends_with(rel, ".ko"))
		return 0;
	to = xasprintf("%s/%s", c->to, strrchr(path, '/') + 1);
	rc = copy_file(path, to);
	c->n++;
	free(to);
	return rc;
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
	return for_each_file(srcdir, add_source, list);
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
	if (!rc)
		rc = kernel_module_source(srcdir, b);
	return rc;
}

static void make_command(const struct kernel *k, const struct toolchain *t, const char *build,
			 struct strv *argv)
{
	/*
	 * All of this machine, but what make starts ends with us, even if we are
	 * killed. We may run below a make ourselves.
	 */
	static const char *const own[] = {
		"bwrap", "--die-with-parent", "--unshare-pid", "--dev-bind", "/", "/",
		"--unsetenv", "MAKEFLAGS", "--unsetenv", "MFLAGS", "--unsetenv", "MAKELEVEL",
		"make",
	};

	if (k->suite) {
		char *src = xasprintf("%s/usr/src", k->headers);
		const struct bind binds[] = {
			{ src, "/usr/src", false }, { build, "/build", true }, { 0 },
		};

		buildroot_enter(&t->br, binds, argv);
		free(src);
		strv_push(argv, "make");
		strv_pushf(argv, "-j%u", cpus_available());
		strv_push(argv, "M=/build");
		strv_push(argv, "-C");
		strv_pushf(argv, "/usr/src/linux-headers-%s", k->release);
		/* It needs pahole, which this machine may lack, and nobody needs it. */
		strv_push(argv, "CONFIG_DEBUG_INFO_BTF_MODULES=");
	} else if (k->source) {
		toolchain_module(t, k->source, k->headers, build, argv);
	} else {
		for (size_t i = 0; i < ARRAY_SIZE(own); i++)
			strv_push(argv, own[i]);
		strv_pushf(argv, "-j%u", cpus_available());
		strv_pushf(argv, "M=%s", build);
		strv_push(argv, "-C");
		strv_push(argv, k->headers);
		for (size_t i = 0; i < t->vars.n; i++)
			strv_push(argv, t->vars.v[i]);
	}
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
	char *build = xasprintf("%s/build", work), *kept = xasprintf("%s/build.log", dest);
	char *text = xasprintf("%s/sources", dest), *what;
	struct collect c = { .to = dest };
	struct strv argv = { 0 };
	int rc = mkdir_p(build);

	what = xasprintf("building %s for %s", w->source, w->kernel->release);
	if (!rc)
		rc = for_each_file(w->source, copy_source, build);
	if (!rc) {
		make_command(w->kernel, &w->toolchain, build, &argv);
		rc = tool_run(&(struct tool){
			.what = what, .argv = (const char *const *)argv.v, .log = w->log,
			.deadline_s = BUILD_DEADLINE_S, .marks = build_marks,
		});
	}
	if (!rc)
		rc = for_each_file(build, collect_module, &c);
	if (!rc && !c.n) {
		pr_err("%s made no .ko file (all of it: %s)", what, w->log);
		rc = -ENOENT;
	}
	if (!rc)
		rc = write_file(text, w->description.data, w->description.len);
	if (!rc && rename(w->log, kept))
		pr_warn("can't keep %s: %s", w->log, strerror(errno));
	strv_free(&argv);
	free(what);
	free(text);
	free(kept);
	free(build);
	return rc;
}

/* Of a tree, or headers, that somebody else has built. */
static int get_recorded(const struct kernel *k, struct toolchain *t)
{
	char *exports = xasprintf("%s/Module.symvers", k->headers);
	struct buf config = { 0 };
	int rc = 0;

	if (!file_exists(exports)) {
		pr_err("modules can't be built for %s: there is no %s; \"make modules\" makes it",
		       k->name, exports);
		rc = -ENOENT;
	}
	if (!rc && k->config && file_exists(k->config))
		rc = read_file(k->config, &config);
	if (!rc)
		rc = toolchain_recorded(config.data ?: "", t);
	buf_free(&config);
	free(exports);
	return rc;
}

/* The suite that has the compilers for one that only adds to it: trixie for trixie-backports. */
static char *whole_suite(const char *suite)
{
	return strcmp(suite, "experimental") ? strndup(suite, strcspn(suite, "-")) :
					       xstrdup("sid");
}

static int get_toolchain(const struct kernel *k, struct toolchain *t)
{
	struct strv packages = { 0 };
	struct debian_kernel d;
	char *suite;
	int rc;

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
	rc = debian_load(k->name, &d);
	if (rc) {
		pr_err("%s is no longer in the cache", k->name);
		return rc;
	}
	strv_push(&packages, "make");
	for (size_t i = 0; i < d.toolchain.n; i++)
		strv_push(&packages, d.toolchain.v[i]);
	suite = whole_suite(k->suite);
	rc = buildroot_get(suite, &packages, &t->br);
	free(suite);
	strv_free(&packages);
	debian_kernel_free(&d);
	return rc;
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
	char *key = NULL, hex[65];
	int rc;

	*outdir = NULL;
	if (!w.source) {
		rc = -errno;
		pr_err("can't find the module source %s: %s", srcdir, strerror(-rc));
		return rc;
	}
	rc = get_toolchain(k, &w.toolchain);
	if (!rc)
		rc = describe(k, &w.toolchain, w.source, &w.description);
	if (!rc)
		rc = sha256_data(w.description.data, w.description.len, hex);
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
	free(key);
	return rc;
}
