// SPDX-License-Identifier: GPL-2.0
/*
 * The modules of a build tree, in a form in which they are found by name: as links
 * in a directory of the cache that depmod has been through, so that the user need
 * not install them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

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
	int stem = (int)strlen(line) - (ends_with(line, ".o") ? 2 : 3);
	char *path __cleanup(free_ptr) = xasprintf("%.*s.ko", stem, line);
	char *file __cleanup(free_ptr) = xasprintf("%s/%s", f->tree, path);
	struct stat st;

	if (stat(file, &st)) {
		f->missing++;
	} else {
		strv_push(&f->paths, path);
		buf_addf(&f->stamp, "%s %ld.%09ld %ld\n", path, (long)st.st_mtim.tv_sec,
			 st.st_mtim.tv_nsec, (long)st.st_size);
	}
}

static int find_modules(struct found *f)
{
	char *order __cleanup(free_ptr) = xasprintf("%s/modules.order", f->tree);
	struct strv lines __cleanup(strv_free) = { 0 };
	struct buf text __cleanup(buf_free) = { 0 };
	/* A kernel without modules has no order of them. */
	int rc = file_exists(order) ? read_file(order, &text) : 0;

	buf_addf(&f->stamp, "%s\n", f->release);
	strv_lines(&lines, text.data);
	for (size_t i = 0; i < lines.n; i++)
		add_module(lines.v[i], f);
	if (f->missing)
		pr_warn("%s lacks %u of its modules: run \"make modules\" there",
			f->tree, f->missing);
	return rc;
}

/* @path of the tree, linked to below @dir. */
static int link_file(const char *tree, const char *path, const char *dir)
{
	char *from __cleanup(free_ptr) = xasprintf("%s/%s", tree, path);
	char *to __cleanup(free_ptr) = xasprintf("%s/%s", dir, path);

	return mkdir_for(to) ?: symlink(from, to) ? file_err("create", to, errno) : 0;
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
	char *depmod __cleanup(free_ptr) = find_program("depmod");
	const char *const argv[] = { depmod ?: "depmod", "-b", root, release, NULL };

	return child_run_quietly("depmod", argv, NULL, 300);
}

static int make_entry(void *ctx, const char *work, const char *dest)
{
	static const char *const lists[] = { "modules.builtin", "modules.builtin.modinfo" };
	const struct found *f = ctx;
	char *modules __cleanup(free_ptr) = xasprintf("%s/lib/modules/%s", dest, f->release);
	char *kernel __cleanup(free_ptr) = xasprintf("%s/kernel", modules);
	char *stamp __cleanup(free_ptr) = xasprintf("%s/stamp", dest);
	int rc = 0;

	(void)work;
	for (size_t i = 0; !rc && i < f->paths.n; i++)
		rc = link_file(f->tree, f->paths.v[i], kernel);
	for (size_t i = 0; !rc && i < ARRAY_SIZE(lists); i++)
		rc = link_file(f->tree, lists[i], modules);
	return rc ?: run_depmod(dest, f->release) ?:
	       write_file(stamp, f->stamp.data, f->stamp.len);
}

/* Only an entry that was made of the modules that are there now. */
static int find_entry(void *ctx, const char *dir)
{
	const struct found *f = ctx;
	char *path __cleanup(free_ptr) = xasprintf("%s/stamp", dir);

	return file_holds(path, f->stamp.data) ? 0 : -ENOENT;
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
	char *key __cleanup(free_ptr) = NULL, hex[65];
	int rc = find_modules(&f) ?: sha256_data(tree, strlen(tree), hex);

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
	return rc;
}
