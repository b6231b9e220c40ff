// SPDX-License-Identifier: GPL-2.0
/*
 * The modules of a build tree, in a form in which they are found by name: as links
 * in a directory of the cache that depmod has been through, so that the user need
 * not install them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cache.h"
#include "base/child.h"
#include "base/util.h"
#include "kernel/tree-modules.h"

/**
 * struct found - what a tree has
 * @tree: its path
 * @release: the kernel's
 * @paths: its modules, below the tree
 * @stamp: what changes with them, as text
 * @missing: how many were configured but not built
 */
struct found {
	const char *tree;
	const char *release;
	struct strv paths;
	struct buf stamp;
	unsigned int missing;
};

/* modules.order names a module's object since 6.4, before that the module. */
static void add_module(const char *line, struct found *f)
{
	char *path = ends_with(line, ".o") ? xasprintf("%.*s.ko", (int)strlen(line) - 2, line) :
					     xstrdup(line);
	char *file = xasprintf("%s/%s", f->tree, path);
	struct stat st;

	if (stat(file, &st)) {
		f->missing++;
	} else {
		strv_push(&f->paths, path);
		buf_addf(&f->stamp, "%s %ld.%09ld %ld\n", path, (long)st.st_mtim.tv_sec,
			 st.st_mtim.tv_nsec, (long)st.st_size);
	}
	free(file);
	free(path);
}

static int find_modules(struct found *f)
{
	char *order = xasprintf("%s/modules.order", f->tree), *line, *save = NULL;
	struct buf text = { 0 };
	int rc = 0;

	buf_addf(&f->stamp, "%s\n", f->release);
	/* A kernel without modules has no order of them. */
	if (file_exists(order))
		rc = read_file(order, &text);
	for (line = text.len ? strtok_r(text.data, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		add_module(line, f);
	if (f->missing)
		pr_warn("%s lacks %u of its modules: run \"make modules\" there",
			f->tree, f->missing);
	buf_free(&text);
	free(order);
	return rc;
}

/* @path of the tree, linked to below @dir. */
static int link_file(const char *tree, const char *path, const char *dir)
{
	char *from = xasprintf("%s/%s", tree, path), *to = xasprintf("%s/%s", dir, path);
	char *slash = strrchr(to, '/');
	int rc;

	*slash = '\0';
	rc = mkdir_p(to);
	*slash = '/';
	if (!rc && symlink(from, to)) {
		rc = -errno;
		pr_err("can't create %s: %s", to, strerror(-rc));
	}
	free(from);
	free(to);
	return rc;
}

/**
 * run_depmod() - make the lists by which modules are found
 * @root: what lib/modules is below
 * @release: the kernel's
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int run_depmod(const char *root, const char *release)
{
	char *depmod = find_program("depmod");
	const char *const argv[] = { depmod, "-b", root, release, NULL };
	int rc = -ENOENT;

	if (!depmod)
		pr_err("depmod is missing; \"make deps\" installs it");
	else
		rc = child_run_quietly("depmod", argv, NULL, 300);
	free(depmod);
	return rc;
}

static int make_entry(void *ctx, const char *work, const char *dest)
{
	static const char *const lists[] = { "modules.builtin", "modules.builtin.modinfo" };
	const struct found *f = ctx;
	char *modules = xasprintf("%s/lib/modules/%s", dest, f->release);
	char *kernel = xasprintf("%s/kernel", modules), *stamp = xasprintf("%s/stamp", dest);
	int rc = 0;

	(void)work;
	for (size_t i = 0; !rc && i < f->paths.n; i++)
		rc = link_file(f->tree, f->paths.v[i], kernel);
	for (size_t i = 0; !rc && i < ARRAY_SIZE(lists); i++)
		rc = link_file(f->tree, lists[i], modules);
	if (!rc)
		rc = run_depmod(dest, f->release);
	if (!rc)
		rc = write_file(stamp, f->stamp.data, f->stamp.len);
	free(stamp);
	free(kernel);
	free(modules);
	return rc;
}

/* Only an entry that was made of the modules that are there now. */
static int find_entry(void *ctx, const char *dir)
{
	const struct found *f = ctx;
	char *path = xasprintf("%s/stamp", dir);
	struct buf was = { 0 };
	bool same = file_exists(path) && !read_file(path, &was) && was.len == f->stamp.len &&
		    !memcmp(was.data, f->stamp.data, was.len);

	buf_free(&was);
	free(path);
	return same ? 0 : -ENOENT;
}

/**
 * tree_modules() - where a build tree's modules are found by name
 * @tree: absolute path of the build tree
 * @release: the kernel's
 * @modules: …/lib/modules/RELEASE in the cache, to be freed
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int tree_modules(const char *tree, const char *release, char **modules)
{
	struct found f = { .tree = tree, .release = release };
	char *key = NULL, hex[65];
	int rc = find_modules(&f);

	if (!rc)
		rc = sha256_data(tree, strlen(tree), hex);
	if (!rc) {
		key = xasprintf("trees/%.16s", hex);
		rc = cache_get(&(struct cache_entry){
			.key = key, .find = find_entry, .make = make_entry, .ctx = &f,
		}, NULL);
	}
	if (!rc)
		*modules = xasprintf("%s/%s/lib/modules/%s", irqsan_cache(), key, release);
	strv_free(&f.paths);
	buf_free(&f.stamp);
	free(key);
	return rc;
}
