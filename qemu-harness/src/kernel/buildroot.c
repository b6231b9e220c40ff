// SPDX-License-Identifier: GPL-2.0
/*
 * Where kernels and modules are compiled: the toolchain of a Debian suite, in a
 * sandbox without network. For the machine's own suite that is what is installed;
 * any other gets a small Debian in the cache, which mmdebstrap makes once.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cache.h"
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
	json_t *o = manifest_read(dir);
	struct wanted *w = ctx;
	json_t *names, *name;
	const char *id;
	int rc = 0;
	size_t i;

	strv_free(&w->have);
	if (!o || json_unpack(o, "{ss so}", "id", &id, "packages", &names))
		rc = -ENOENT;
	if (!rc)
		json_array_foreach(names, i, name)
			strv_push(&w->have, json_string_value(name));
	for (size_t n = 0; !rc && n < w->packages->n; n++)
		if (!strv_has(&w->have, w->packages->v[n]))
			rc = -ENOENT;
	if (!rc) {
		w->br->root = xasprintf("%s/root", dir);
		w->br->id = xstrdup(id);
	}
	json_decref(o);
	return rc;
}

/* Names what was installed by the hash of dpkg's own record of it. */
static int describe(const struct wanted *w, const char *root, const char *dest)
{
	char *status = xasprintf("%s/var/lib/dpkg/status", root), hex[65];
	json_t *names = json_array();
	int rc = sha256_file(status, hex);

	for (size_t i = 0; i < w->have.n; i++)
		json_array_append_new(names, json_string(w->have.v[i]));
	if (!rc)
		rc = manifest_write(dest, json_pack("{ss ss sO}", "suite", w->suite, "id", hex,
						    "packages", names));
	json_decref(names);
	free(status);
	return rc;
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
	char *log = xasprintf("%s/buildroots/%s.log", irqsan_cache(), w->suite);
	char *tar = xasprintf("%s/root.tar", work), *root = xasprintf("%s/root", dest);
	char *what = xasprintf("making the build root of Debian %s", w->suite);
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
	});
	if (!rc)
		rc = unpack_tar(&u, tar);
	if (!rc)
		rc = describe(w, root, dest);
	if (!rc)
		pr_info("the build root of Debian %s is ready, %.0f s", w->suite, now() - start);
	free(what);
	free(root);
	free(tar);
	free(log);
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
	char *own = apt_own_suite(), *key = xasprintf("buildroots/%s", suite);
	int rc;

	*br = (struct buildroot){ 0 };
	if (own && !strcmp(own, suite))
		rc = buildroot_host(br);
	else
		rc = cache_get(&(struct cache_entry){
			.key = key, .find = find_root, .make = make_root, .ctx = &w,
		}, &br->held);
	strv_free(&w.have);
	free(key);
	free(own);
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
	struct buf out = { 0 };
	int rc = program_output(argv, &out);

	*br = (struct buildroot){ 0 };
	if (!rc) {
		br->root = xstrdup("/");
		br->id = strndup(out.data, strcspn(out.data, "\n"));
	}
	buf_free(&out);
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
	static const char *const fixed[] = {
		"bwrap", "--die-with-parent", "--new-session", "--unshare-user-try",
		"--unshare-net", "--unshare-pid", "--unshare-ipc", "--cap-drop", "ALL",
		"--clearenv", "--setenv", "PATH", "/usr/bin:/bin:/usr/sbin:/sbin",
		"--setenv", "HOME", "/build", "--setenv", "LC_ALL", "C",
		"--dev", "/dev", "--proc", "/proc", "--remount-ro", "/proc", "--tmpfs", "/tmp",
	};
	static const char *const parts[] = {
		"usr", "etc", "bin", "sbin", "lib", "lib32", "lib64", "libx32",
	};

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		strv_push(argv, fixed[i]);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		char *path = xasprintf("%s/%s", br->root, parts[i]);
		char target[256];
		ssize_t n = readlink(path, target, sizeof(target) - 1);

		/* Either a symlink into usr or, in older suites, a directory. */
		if (n > 0) {
			target[n] = '\0';
			strv_push(argv, "--symlink");
			strv_push(argv, target);
			strv_pushf(argv, "/%s", parts[i]);
		} else if (file_exists(path)) {
			strv_push(argv, "--ro-bind");
			strv_push(argv, path);
			strv_pushf(argv, "/%s", parts[i]);
		}
		free(path);
	}
	for (; binds->from; binds++) {
		strv_push(argv, binds->write ? "--bind" : "--ro-bind");
		strv_push(argv, binds->from);
		strv_push(argv, binds->to);
	}
	strv_push(argv, "--chdir");
	strv_push(argv, "/build");
}

/**
 * buildroot_free() - free what buildroot_get() filled
 * @br: build root
 */
void buildroot_free(struct buildroot *br)
{
	if (br->held)
		close(br->held);
	free(br->root);
	free(br->id);
	*br = (struct buildroot){ 0 };
}
