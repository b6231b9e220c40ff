// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel sources: Debian's own, which are fetched once and then never written
 * to, directories of the user's, and revisions of his git repositories; and patched
 * copies of them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cache.h"
#include "base/child.h"
#include "kernel/apt.h"
#include "kernel/kernel-source.h"
#include "kernel/source-git.h"

#define PACKAGE_PREFIX "linux-source-"
/* 1.3 GB, and a slow disk. */
#define COPY_DEADLINE_S 1800

/**
 * struct debian_source - a suite whose kernel source there is
 * @suite: its name
 * @toolchain: suite whose compiler builds it
 */
static const struct debian_source {
	const char *suite;
	const char *toolchain;
} debian_sources[] = {
	{ "bullseye", "bookworm" },
	{ "bookworm", "bookworm" },
	{ "trixie", "trixie" },
	{ "sid", "sid" },
};

/**
 * struct wanted - a suite's source
 * @from: which
 * @source: filled
 */
struct wanted {
	const struct debian_source *from;
	struct kernel_source *source;
};

static int find_source(void *ctx, const char *dir)
{
	json_auto_t *o = manifest_read(dir);
	const struct wanted *w = ctx;
	const char *version;

	if (!o || json_unpack(o, "{ss}", "version", &version))
		return -ENOENT;
	w->source->dir = xasprintf("%s/tree", dir);
	w->source->version = xstrdup(version);
	w->source->suite = xstrdup(w->from->toolchain);
	return 0;
}

/* The tar archive in the package. */
static char *archive_path(const char *name)
{
	return strstr(name, "/" PACKAGE_PREFIX) && strstr(name, ".tar") ? xstrdup("source.tar") :
									  NULL;
}

/* "linux-source-6.1/init/main.c": "init/main.c" */
static char *tree_path(const char *name)
{
	const char *slash = strchr(name, '/');

	return slash && slash[1] ? xstrdup(slash + 1) : NULL;
}

/* Puts "linux-source-X.Y" and its version into @p. */
static int find_package(struct apt *apt, struct apt_package *p)
{
	struct apt_package newest __cleanup(apt_package_free) = { 0 };
	int rc = apt_show(apt, "linux-source", &newest);

	if (!rc && (!newest.depends.n || strncmp(newest.depends.v[0], PACKAGE_PREFIX,
						 strlen(PACKAGE_PREFIX))))
		rc = -ENOENT;
	rc = rc ?: apt_show(apt, newest.depends.v[0], p);
	if (rc == -ENOENT)
		pr_err("Debian %s has no kernel source", apt->suite);
	return rc;
}

static int make_source(void *ctx, const char *work, const char *dest)
{
	char *tar __cleanup(free_ptr) = xasprintf("%s/source.tar", work);
	char *tree __cleanup(free_ptr) = xasprintf("%s/tree", dest);
	struct unpack outer = { .dest = work, .path = archive_path };
	struct unpack inner = { .dest = tree, .path = tree_path };
	struct apt apt __cleanup(apt_close) = { .lock = -1 };
	struct apt_package p __cleanup(apt_package_free) = { 0 };
	double start = now();
	int rc = apt_open(&apt, ((struct wanted *)ctx)->from->suite) ?:
		 apt_update(&apt) ?:
		 find_package(&apt, &p) ?:
		 apt_get(&apt, p.name, &p, 1, work, &outer) ?:
		 unpack_tar(&inner, tar) ?:
		 manifest_write(dest, json_pack("{ss ss}", "package", p.name,
						"version", p.version));

	if (!rc)
		pr_info("%s %s is ready, %.0f s", p.name, p.version, now() - start);
	return rc;
}

static int get_debian(const char *suite, struct kernel_source *s)
{
	const struct debian_source *d = debian_sources;
	struct wanted w = { .source = s };
	char *key __cleanup(free_ptr) = xasprintf("sources/%s", suite);

	while (d < debian_sources + ARRAY_SIZE(debian_sources) && strcmp(d->suite, suite))
		d++;
	if (d == debian_sources + ARRAY_SIZE(debian_sources)) {
		pr_err("unknown source \"%s\"; there are bullseye, bookworm, trixie and sid",
		       s->name);
		return -EINVAL;
	}
	w.from = d;
	return cache_get(&(struct cache_entry){
		.key = key, .find = find_source, .make = make_source, .ctx = &w,
	}, NULL);
}

/* Does @file exist in the directory @dir? */
static bool has(const char *dir, const char *file)
{
	char *path __cleanup(free_ptr) = xasprintf("%s/%s", dir, file);

	return file_exists(path);
}

/*
 * Kbuild doesn't build from a tree that was built in, for what lies there would be
 * found first: of such a one, git knows what is source.
 */
static int get_directory(const char *path, const char *rev, struct kernel_source *s)
{
	bool built;

	s->dir = realpath(path, NULL);
	if (!s->dir)
		return file_err("find the source", path, errno);
	if (!has(s->dir, "Kconfig") || !has(s->dir, "scripts/kconfig")) {
		pr_err("%s is no kernel source", path);
		return -EINVAL;
	}
	built = has(s->dir, ".config") || has(s->dir, "include/config");
	if (!rev && !built)
		return 0;
	s->git = source_is_git(s->dir);
	if (s->git)
		return source_version(s->dir, rev, &s->version);
	if (rev)
		pr_err("%s is no git repository, so it has no revision %s", path, rev);
	else
		pr_err("%s was built in; \"make -C %s mrproper\" makes it a source again, and of a git repository it is not needed",
		       path, path);
	return -EINVAL;
}

/**
 * kernel_source_get() - find a source, and download what the cache lacks of it
 * @name: "debian-source:SUITE", or the path of a directory
 * @rev: git revision of that directory, or NULL for the files that are there
 * @s: filled; kernel_source_free() it
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int kernel_source_get(const char *name, const char *rev, struct kernel_source *s)
{
	size_t len = strlen(SOURCE_PREFIX);
	int rc;

	*s = (struct kernel_source){ .name = xstrdup(name) };
	if (strncmp(name, SOURCE_PREFIX, len)) {
		rc = get_directory(name, rev, s);
	} else if (rev) {
		pr_err("%s has no revisions; name the directory of a git repository", name);
		rc = -EINVAL;
	} else {
		rc = get_debian(name + len, s);
	}
	if (rc)
		kernel_source_free(s);
	return rc;
}

/**
 * kernel_source_free() - free what kernel_source_get() filled
 * @s: source
 */
void kernel_source_free(struct kernel_source *s)
{
	free(s->name);
	free(s->dir);
	free(s->version);
	free(s->suite);
	*s = (struct kernel_source){ 0 };
}

/**
 * kernel_source_series() - the patches of a series, in order
 * @dir: directory of files NNNN-*.patch as git format-patch names them; the
 *	 cover letter, 0000, has no changes in it and is left out
 * @patches: their paths are appended
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int kernel_source_series(const char *dir, struct strv *patches)
{
	struct strv found __cleanup(strv_free) = { 0 };
	size_t before = patches->n;

	strv_glob(&found, "%s/[0-9][0-9][0-9][0-9]-*.patch", dir);
	for (size_t i = 0; i < found.n; i++)
		if (strncmp(strrchr(found.v[i], '/') + 1, "0000-", 5))
			strv_push(patches, found.v[i]);
	if (patches->n > before)
		return 0;
	pr_err("no series in %s: it has no files such as 0001-subject.patch", dir);
	return -ENOENT;
}

/*
 * A copy of the tree @from. With @share its files are hard links, which git
 * apply breaks where it changes one; else, or on another disk, copies.
 */
static int copy_tree(const char *from, const char *to, bool share)
{
	char *what __cleanup(free_ptr) = xasprintf("copying %s to %s", from, to);
	struct strv argv __cleanup(strv_free) = { 0 }, names __cleanup(strv_free) = { 0 };
	struct stat a = { 0 }, b = { 0 };
	int rc = list_directory(from, &names) ?: mkdir_p(to);

	stat(from, &a);
	stat(to, &b);
	strv_add(&argv, "cp", share && a.st_dev == b.st_dev ? "-dRl" : "-dR",
		 "--preserve=timestamps", "-t", to, NULL);
	for (size_t i = 0; i < names.n; i++)
		if (strcmp(names.v[i], ".git"))
			strv_pushf(&argv, "%s/%s", from, names.v[i]);
	return rc ?: child_run_quietly(what, (const char *const *)argv.v, NULL, COPY_DEADLINE_S);
}

static int apply(const char *patch, const char *dir)
{
	char *path __cleanup(free_ptr) = realpath(patch, NULL);
	char *what __cleanup(free_ptr) = xasprintf("applying %s", patch);
	/* Else git would look at the patch as one of a repository that @dir may be in. */
	char *ceiling __cleanup(free_ptr) = xasprintf("GIT_CEILING_DIRECTORIES=%.*s",
						      (int)(strrchr(dir, '/') - dir), dir);
	const char *const argv[] = {
		"env", ceiling, "git", "apply", "--whitespace=nowarn", path, NULL,
	};

	return path ? child_run_quietly(what, argv, dir, 120) :
		      file_err("find the patch", patch, errno);
}

/**
 * kernel_source_copy() - a copy of a source with patches on top
 * @s: source; it is only read
 * @patches: files, in order; applied without fuzz, as git am does it
 * @dest: absolute path of the copy; there must be nothing yet, but for a git source
 *	  without patches an earlier copy of another revision
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int kernel_source_copy(const struct kernel_source *s, const struct strv *patches,
		       const char *dest)
{
	char *tmp __cleanup(free_ptr) = xasprintf("%s.tmp", dest);
	int rc;

	if (s->git && !patches->n)
		return source_checkout(s->dir, s->version, dest);
	rc = remove_tree(tmp);
	if (!rc && s->git)
		rc = source_checkout(s->dir, s->version, tmp);
	/* The user may write into the files of a directory of his. */
	else if (!rc)
		rc = copy_tree(s->dir, tmp, s->version);
	for (size_t i = 0; !rc && i < patches->n; i++)
		rc = apply(patches->v[i], tmp);
	if (!rc && rename(tmp, dest))
		rc = file_err("put in place", dest, errno);
	if (rc)
		remove_tree(tmp);
	return rc;
}
