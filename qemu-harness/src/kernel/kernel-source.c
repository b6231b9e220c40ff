// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel sources: Debian's own, which are fetched once and then never written
 * to, directories of the user's, and revisions of his git repositories; and patched
 * copies of them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cache.h"
#include "base/child.h"
#include "base/unpack.h"
#include "kernel/apt.h"
#include "kernel/kernel-source.h"
#include "kernel/source-git.h"

#define PACKAGE_PREFIX "linux-source-"

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
	json_t *o = manifest_read(dir);
	const struct wanted *w = ctx;
	const char *version;
	int rc = 0;

	if (!o || json_unpack(o, "{ss}", "version", &version)) {
		rc = -ENOENT;
	} else {
		w->source->dir = xasprintf("%s/tree", dir);
		w->source->version = xstrdup(version);
		w->source->suite = xstrdup(w->from->toolchain);
	}
	json_decref(o);
	return rc;
}

/* The tar archive in the package. */
static char *archive_path(const char *name)
{
	const char *base = strrchr(name, '/');

	if (!base || strncmp(base + 1, PACKAGE_PREFIX, strlen(PACKAGE_PREFIX)) ||
	    !strstr(base, ".tar"))
		return NULL;
	return xstrdup("source.tar");
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
	struct apt_package newest;
	int rc = apt_show(apt, "linux-source", &newest);

	if (!rc && (!newest.depends.n || strncmp(newest.depends.v[0], PACKAGE_PREFIX,
						 strlen(PACKAGE_PREFIX))))
		rc = -ENOENT;
	if (!rc)
		rc = apt_show(apt, newest.depends.v[0], p);
	if (rc == -ENOENT)
		pr_err("Debian %s has no kernel source", apt->suite);
	apt_package_free(&newest);
	return rc;
}

static int unpack_source(const struct apt_package *p, const char *pkg, const char *work,
			 const char *dest)
{
	char *tar = xasprintf("%s/source.tar", work), *tree = xasprintf("%s/tree", dest);
	struct unpack outer = { .dest = work, .path = archive_path };
	struct unpack inner = { .dest = tree, .path = tree_path };
	int rc = apt_unpack(work, pkg, p->sha256 ?: "", &outer);

	if (!rc)
		rc = unpack_tar(&inner, tar);
	if (!rc)
		rc = manifest_write(dest, json_pack("{ss ss}", "package", p->name,
						    "version", p->version));
	free(tree);
	free(tar);
	return rc;
}

static int make_source(void *ctx, const char *work, const char *dest)
{
	const char *suite = ((struct wanted *)ctx)->from->suite;
	struct apt apt = { .lock = -1 };
	struct apt_package p = { 0 };
	struct strv pkgs = { 0 };
	double start = now();
	int rc = apt_open(&apt, suite);

	if (!rc)
		rc = apt_update(&apt);
	if (!rc)
		rc = find_package(&apt, &p);
	if (!rc) {
		pr_info("downloading %s %s (%llu MB)", p.name, p.version,
			(unsigned long long)p.size >> 20);
		strv_pushf(&pkgs, "%s=%s", p.name, p.version);
		rc = apt_download(&apt, &pkgs, work);
	}
	apt_close(&apt);
	if (!rc) {
		pr_info("unpacking %s (1.3 GB)", p.name);
		rc = unpack_source(&p, pkgs.v[0], work, dest);
	}
	if (!rc)
		pr_info("%s %s is ready, %.0f s", p.name, p.version, now() - start);
	apt_package_free(&p);
	strv_free(&pkgs);
	return rc;
}

static int get_debian(const char *suite, struct kernel_source *s)
{
	const struct debian_source *d = debian_sources;
	struct wanted w = { .source = s };
	char *key;
	int rc;

	while (d < debian_sources + ARRAY_SIZE(debian_sources) && strcmp(d->suite, suite))
		d++;
	if (d == debian_sources + ARRAY_SIZE(debian_sources)) {
		pr_err("unknown source \"%s\"; there are bullseye, bookworm, trixie and sid",
		       s->name);
		return -EINVAL;
	}
	w.from = d;
	key = xasprintf("sources/%s", suite);
	rc = cache_get(&(struct cache_entry){
		.key = key, .find = find_source, .make = make_source, .ctx = &w,
	}, NULL);
	free(key);
	return rc;
}

/* Does @file exist in the directory @dir? */
static bool has(const char *dir, const char *file)
{
	char *path = xasprintf("%s/%s", dir, file);
	bool there = file_exists(path);

	free(path);
	return there;
}

/*
 * Kbuild doesn't build from a tree that was built in, for what lies there would be
 * found first: of such a one, git knows what is source.
 */
static int get_directory(const char *path, const char *rev, struct kernel_source *s)
{
	bool built;

	s->dir = realpath(path, NULL);
	if (!s->dir) {
		int rc = -errno;

		pr_err("can't find the source %s: %s", path, strerror(-rc));
		return rc;
	}
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
	char *pattern = xasprintf("%s/[0-9][0-9][0-9][0-9]-*.patch", dir);
	size_t before = patches->n;
	glob_t found = { 0 };
	int rc = 0;

	if (!glob(pattern, 0, NULL, &found)) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			if (strncmp(strrchr(found.gl_pathv[i], '/') + 1, "0000-", 5))
				strv_push(patches, found.gl_pathv[i]);
	}
	if (patches->n == before) {
		pr_err("no series in %s: it has no files such as 0001-subject.patch", dir);
		rc = -ENOENT;
	}
	globfree(&found);
	free(pattern);
	return rc;
}

static int copy_link(const char *from, const char *to)
{
	char target[4096];
	ssize_t n = readlink(from, target, sizeof(target) - 1);

	if (n >= 0) {
		target[n] = '\0';
		if (!symlink(target, to))
			return 0;
	}
	return -errno;
}

static int copy_times(const struct stat *st, const char *to)
{
	const struct timespec times[] = { st->st_atim, st->st_mtim };

	return utimensat(AT_FDCWD, to, times, 0) ? -errno : 0;
}

/*
 * A copy of the tree @from. With @share its files are hard links, which git
 * apply breaks where it changes one; else, or where that can't be done, copies.
 */
static int copy_tree(const char *from, const char *to, bool share)
{
	char *const paths[] = { (char *)from, NULL };
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	size_t skip = strlen(from);
	int rc = fts ? 0 : -errno;
	FTSENT *e;

	while (!rc && (e = fts_read(fts))) {
		char *dest = xasprintf("%s%s", to, e->fts_path + skip);

		if (child_interrupted()) {
			rc = -EINTR;
		} else if (e->fts_info == FTS_D && e->fts_level == 1 &&
			   !strcmp(e->fts_name, ".git")) {
			fts_set(fts, e, FTS_SKIP);
		} else if (e->fts_info == FTS_D) {
			rc = mkdir_p(dest);
		} else if (e->fts_info == FTS_SL) {
			rc = copy_link(e->fts_path, dest);
		} else if (e->fts_info == FTS_F && (!share || link(e->fts_path, dest))) {
			rc = copy_file(e->fts_path, dest);
			if (!rc)
				rc = copy_times(e->fts_statp, dest);
		} else if (e->fts_info == FTS_DNR || e->fts_info == FTS_ERR) {
			rc = -e->fts_errno;
		}
		free(dest);
	}
	if (rc && rc != -EINTR)
		pr_err("can't copy %s to %s: %s", from, to, strerror(-rc));
	if (fts)
		fts_close(fts);
	return rc;
}

static int apply(const char *patch, const char *dir)
{
	char *path = realpath(patch, NULL), *what = xasprintf("applying %s", patch);
	/* Else git would look at the patch as one of a repository that @dir may be in. */
	char *ceiling = xasprintf("GIT_CEILING_DIRECTORIES=%.*s",
				  (int)(strrchr(dir, '/') - dir), dir);
	const char *const argv[] = {
		"env", ceiling, "git", "apply", "--whitespace=nowarn", path, NULL,
	};
	int rc;

	if (!path) {
		rc = -errno;
		pr_err("can't find the patch %s: %s", patch, strerror(-rc));
	} else {
		rc = child_run_quietly(what, argv, dir, 120);
	}
	free(ceiling);
	free(what);
	free(path);
	return rc;
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
	char *tmp = xasprintf("%s.tmp", dest);
	int rc;

	if (s->git && !patches->n) {
		rc = source_checkout(s->dir, s->version, dest);
		free(tmp);
		return rc;
	}
	rc = remove_tree(tmp);
	if (!rc && s->git)
		rc = source_checkout(s->dir, s->version, tmp);
	/* The user may write into the files of a directory of his. */
	else if (!rc)
		rc = copy_tree(s->dir, tmp, s->version);
	for (size_t i = 0; !rc && i < patches->n; i++)
		rc = apply(patches->v[i], tmp);
	if (!rc && rename(tmp, dest)) {
		rc = -errno;
		pr_err("can't put %s in place: %s", dest, strerror(-rc));
	}
	if (rc)
		remove_tree(tmp);
	free(tmp);
	return rc;
}
