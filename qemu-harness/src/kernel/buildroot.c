// SPDX-License-Identifier: GPL-2.0
/*
 * Where kernels and modules are compiled: the toolchain of a Debian suite, in a
 * sandbox without network. For the machine's own suite that is what is installed;
 * any other gets a small Debian in the cache, which mmdebstrap makes once.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "base/cache.h"
#include "base/json-text.h"
#include "base/program.h"
#include "base/unpack.h"
#include "kernel/apt.h"
#include "kernel/buildroot.h"
#include "kernel/mmdebstrap.h"

/**
 * struct wanted - a suite's build root
 * @suite: Debian suite
 * @packages: what it has to hold
 * @have: what it holds, which it is to hold again when it is made anew
 * @br: filled
 */
struct wanted {
	const char *suite;
	const struct strv *packages;
	struct strv have;
	struct buildroot *br;
};

/* Also of no use when it lacks one of the packages. */
static int find_root(void *ctx, const char *dir)
{
	json_auto_t *o = manifest_read(dir);
	struct wanted *w = ctx;

	strv_free(&w->have);
	json_strings(json_object_get(o, "packages"), &w->have);
	for (size_t n = 0; n < w->packages->n; n++)
		if (!strv_has(&w->have, w->packages->v[n]))
			return -ENOENT;
	w->br->root = xasprintf("%s/root", dir);
	w->br->id = xstrdup(text_of(o, "id"));
	return 0;
}

/* Names what was installed by the hash of dpkg's own record of it. */
static int describe(const struct wanted *w, const char *root, const char *dest)
{
	char *status __cleanup(free_ptr) = xasprintf("%s/var/lib/dpkg/status", root), hex[65];

	return sha256_file(status, hex) ?:
	       manifest_write(dest, json_pack("{ss ss so}", "suite", w->suite, "id", hex,
					      "packages", json_texts(&w->have)));
}

/* All that a compiler needs, and dpkg's record. */
static char *root_path(const char *name)
{
	static const char *const without[] = {
		"dev/", "proc/", "sys/", "run/", "tmp/", "var/cache/", "var/lib/apt/",
		"usr/share/doc/", "usr/share/info/", "usr/share/locale/", "usr/share/man/",
	};

	for (size_t i = 0; i < ARRAY_SIZE(without); i++)
		if (!strncmp(name, without[i], strlen(without[i])))
			return NULL;
	return xstrdup(name);
}

static int make_root(void *ctx, const char *work, const char *dest)
{
	struct wanted *w = ctx;
	char *log __cleanup(free_ptr) = xasprintf("%s/buildroots/%s.log", irqsan_cache(), w->suite);
	char *tar __cleanup(free_ptr) = xasprintf("%s/root.tar", work);
	char *root __cleanup(free_ptr) = xasprintf("%s/root", dest);
	char *what __cleanup(free_ptr) = xasprintf("making the build root of Debian %s", w->suite);
	struct unpack u = { .dest = root, .path = root_path };
	double start = now();
	int rc;

	pr_info("%s (once)", what);
	/* Whoever asked for what it has will ask for it again. */
	for (size_t i = 0; i < w->packages->n; i++)
		if (!strv_has(&w->have, w->packages->v[i]))
			strv_push(&w->have, w->packages->v[i]);
	rc = mmdebstrap(&(struct mmdebstrap){
		.what = what, .suite = w->suite, .variant = "essential", .packages = &w->have,
		.tmp = work, .tar = tar, .log = log,
	}) ?: unpack_tar(&u, tar) ?: describe(w, root, dest);
	if (!rc)
		pr_info("the build root of Debian %s is ready, %.0f s", w->suite, now() - start);
	return rc;
}

/**
 * buildroot_get() - the toolchain of a suite, made if need be
 * @suite: Debian suite
 * @packages: what it has to hold
 * @br: filled; buildroot_free() it, until when nobody replaces it
 *
 * Return: 0 or a negative errno
 */
int buildroot_get(const char *suite, const struct strv *packages, struct buildroot *br)
{
	struct wanted w = { .suite = suite, .packages = packages, .br = br };
	char *key __cleanup(free_ptr) = xasprintf("buildroots/%s", suite);
	char *own __cleanup(free_ptr) = apt_own_suite();
	int rc;

	*br = (struct buildroot){ 0 };
	if (own && !strcmp(own, suite))
		return buildroot_host(br);
	rc = cache_get(&(struct cache_entry){
		.key = key, .find = find_root, .make = make_root, .ctx = &w,
	}, &br->held);
	strv_free(&w.have);
	return rc;
}

/**
 * buildroot_host() - this machine's own toolchain
 * @br: filled; buildroot_free() it
 *
 * Return: 0 or a negative errno
 */
int buildroot_host(struct buildroot *br)
{
	static const char *const argv[] = { "gcc", "--version", NULL };
	struct strv lines __cleanup(strv_free) = { 0 };
	int rc = program_lines(argv, &lines);

	*br = (struct buildroot){ 0 };
	if (!rc)
		*br = (struct buildroot){
			.root = xstrdup("/"), .id = xstrdup(lines.n ? lines.v[0] : "gcc"),
		};
	return rc;
}

/**
 * buildroot_enter() - the start of a command line that runs in a build root
 * @br: where
 * @binds: directories that are added, up to one without @from; one of them is
 *	   /build, the working directory
 * @argv: arguments are appended; the program and its own are to follow
 *
 * The sandbox is put together from parts, not from the root as a whole: /build
 * could not be added to a root that is read-only.
 *
 * What runs in it may be a patch of a stranger's. Root, too, has no capability
 * there; but root is the owner of /proc/sys, which is why that is read-only.
 */
void buildroot_enter(const struct buildroot *br, const struct bind *binds, struct strv *argv)
{
	static const char *const parts[] = {
		"/usr", "/etc", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
	};

	strv_add(argv, "bwrap", "--die-with-parent", "--new-session", "--unshare-user-try",
		 "--unshare-net", "--unshare-pid", "--unshare-ipc", "--cap-drop", "ALL",
		 "--clearenv", "--setenv", "PATH", "/usr/bin:/bin:/usr/sbin:/sbin",
		 "--setenv", "HOME", "/build", "--setenv", "LC_ALL", "C", "--dev", "/dev",
		 "--proc", "/proc", "--remount-ro", "/proc", "--tmpfs", "/tmp", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		char *path __cleanup(free_ptr) = xasprintf("%s%s", br->root, parts[i]);
		char target[256] = "";

		/* Either a symlink into usr or, in older suites, a directory. */
		if (readlink(path, target, sizeof(target) - 1) > 0)
			strv_add(argv, "--symlink", target, parts[i], NULL);
		else
			strv_add(argv, "--ro-bind-try", path, parts[i], NULL);
	}
	for (; binds->from; binds++)
		strv_add(argv, binds->write ? "--bind" : "--ro-bind", binds->from, binds->to, NULL);
	strv_add(argv, "--chdir", "/build", NULL);
}

/**
 * buildroot_free() - free what buildroot_get() filled
 * @br: build root
 */
void buildroot_free(struct buildroot *br)
{
	if (br->held > 0)
		close(br->held);
	free(br->root);
	free(br->id);
	*br = (struct buildroot){ 0 };
}
