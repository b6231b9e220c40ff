// SPDX-License-Identifier: GPL-2.0
/*
 * Debian kernels in the cache: from a suite's package names to an unpacked
 * tree that needs no network any more.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <glob.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cache.h"
#include "base/child.h"
#include "base/unpack.h"
#include "kernel/apt.h"
#include "kernel/kernel-debian.h"

#define MANIFEST_FORMAT 1

const char *const debian_names[] = {
	"debian:bullseye", "debian:bullseye/rt", "debian:bullseye/cloud",
	"debian:bookworm", "debian:bookworm/rt", "debian:bookworm/cloud",
	"debian:trixie", "debian:trixie/rt", "debian:trixie/cloud",
	"debian:sid", "debian:sid/rt", "debian:sid/cloud",
	NULL,
};

/**
 * struct plan - what a kernel is made of
 * @apt: where from
 * @seen: packages looked at
 * @pkgs: packages to unpack, "NAME=VERSION"
 * @sums: SHA-256 of each
 * @toolchain: packages that the headers need
 * @release: uname -r, from the image package's name
 * @version: version of the image package
 * @size: of the .deb files
 */
struct plan {
	struct apt *apt;
	struct strv seen;
	struct strv pkgs;
	struct strv sums;
	struct strv toolchain;
	char *release;
	char *version;
	uint64_t size;
};

/**
 * debian_known() - is there a kernel of this name?
 * @name: "debian:SUITE[/FLAVOUR]"
 *
 * Return: true if so
 */
bool debian_known(const char *name)
{
	for (size_t i = 0; debian_names[i]; i++)
		if (!strcmp(name, debian_names[i]))
			return true;
	return false;
}

/* "debian:bookworm/rt": "bookworm" and "rt-" (no flavour: ""). Callers free @suite. */
static const char *split_name(const char *name, char **suite)
{
	const char *s = name + strlen(DEBIAN_PREFIX);

	*suite = strndup(s, strcspn(s, "/"));
	if (strstr(s, "/rt"))
		return "rt-";
	return strstr(s, "/cloud") ? "cloud-" : "";
}

/* CACHE/kernels/bookworm-rt; caller frees. */
static char *entry_dir(const char *name)
{
	char *dir = xasprintf("%s/kernels/%s", irqsan_cache(), name + strlen(DEBIAN_PREFIX));
	char *slash = strrchr(dir, '/');

	if (strchr(name, '/'))
		*slash = '-';
	return dir;
}

/* The parts that a kernel is split into; which of them exist differs by suite. */
static bool is_kernel_package(const char *name)
{
	static const char *const prefixes[] = {
		"linux-image-", "linux-binary-", "linux-modules-", "linux-base-",
		"linux-headers-", "linux-kbuild-",
	};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

/* linux-image-amd64, linux-headers-rt-amd64 …: empty, they only name the newest one. */
static bool is_meta_package(const char *name)
{
	const char *rest = strchr(name + strlen("linux-"), '-');

	return rest && (!strcmp(rest, "-amd64") || !strcmp(rest, "-rt-amd64") ||
			!strcmp(rest, "-cloud-amd64"));
}

static int plan_add(struct plan *plan, const char *name, bool headers)
{
	struct apt_package p;
	int rc;

	if (strv_has(&plan->seen, name))
		return 0;
	strv_push(&plan->seen, name);
	rc = apt_show(plan->apt, name, &p);
	if (rc) {
		if (rc == -ENOENT)
			pr_err("Debian %s has no package %s", plan->apt->suite, name);
		return rc;
	}
	if (!is_meta_package(name)) {
		strv_pushf(&plan->pkgs, "%s=%s", name, p.version);
		strv_push(&plan->sums, p.sha256 ?: "");
		plan->size += p.size;
		if (!plan->release && !strncmp(name, "linux-image-", 12)) {
			plan->release = xstrdup(name + 12);
			plan->version = xstrdup(p.version);
		}
	}
	for (size_t i = 0; !rc && i < p.depends.n; i++) {
		const char *d = p.depends.v[i];

		if (is_kernel_package(d))
			rc = plan_add(plan, d, headers);
		else if (headers && strcmp(d, "linux-base") && !strv_has(&plan->toolchain, d))
			strv_push(&plan->toolchain, d);
	}
	apt_package_free(&p);
	return rc;
}

static void plan_free(struct plan *plan)
{
	strv_free(&plan->seen);
	strv_free(&plan->pkgs);
	strv_free(&plan->sums);
	strv_free(&plan->toolchain);
	free(plan->release);
	free(plan->version);
}

/*
 * Names in the packages to names in the entry. Suites before trixie have /lib
 * apart from /usr/lib. linux-kbuild goes next to the headers, so that binding
 * one directory over /usr/src is all that a build needs, on any machine.
 */
static char *entry_path(const char *name)
{
	if (!strncmp(name, "usr/lib/linux-kbuild-", 21))
		return xasprintf("usr/src/%s", name + 8);
	/* The symlink that stands there in the package. */
	if (!strncmp(name, "usr/src/linux-kbuild-", 21))
		return NULL;
	if (!strncmp(name, "lib/", 4))
		return xasprintf("usr/%s", name);
	if (!strncmp(name, "boot/", 5) || !strncmp(name, "usr/lib/", 8) ||
	    !strncmp(name, "usr/src/", 8))
		return xstrdup(name);
	return NULL;
}

static char *entry_link(const char *target)
{
	if (!strncmp(target, "../../lib/linux-kbuild-", 23))
		return xasprintf("../%s", target + 10);
	return xstrdup(target);
}

/*
 * apt checks what it fetches. A file of the right name and size that lies there
 * already, from a download that was interrupted, it only believes.
 */
static int check_package(const char *path, const char *sha256)
{
	char hex[65];
	int rc = sha256_file(path, hex);

	if (!rc && strcmp(hex, sha256)) {
		pr_err("%s is damaged: its SHA-256 is not the archive's; it was removed, run again",
		       path);
		unlink(path);
		rc = -EBADMSG;
	}
	return rc;
}

static int unpack_package(struct unpack *u, const char *debs, const char *pkg, const char *sha256)
{
	char *pattern = xasprintf("%s/%s_*.deb", debs, pkg);
	glob_t found = { 0 };
	int rc;

	/* "NAME=VERSION" to "NAME_VERSION_ARCH.deb"; apt escapes an epoch's colon. */
	pattern[strlen(debs) + 1 + strcspn(pkg, "=")] = '_';
	rc = glob(pattern, 0, NULL, &found);
	if (rc || found.gl_pathc != 1) {
		pr_err("apt has downloaded %s, but there is no %s", pkg, pattern);
		rc = -ENOENT;
	} else {
		rc = check_package(found.gl_pathv[0], sha256);
		if (!rc)
			rc = unpack_deb(u, found.gl_pathv[0]);
	}
	globfree(&found);
	free(pattern);
	return rc;
}

static int run_depmod(const char *root, const char *release)
{
	char *depmod = find_program("depmod");
	char *link = xasprintf("%s/lib", root);
	const char *const argv[] = { depmod, "-b", root, release, NULL };
	int rc;

	if (!depmod) {
		pr_err("depmod is missing; \"make deps\" installs it");
		rc = -ENOENT;
	} else if (symlink("usr/lib", link)) {
		rc = -errno;
		pr_err("can't create %s: %s", link, strerror(-rc));
	} else {
		rc = child_run_logged("depmod", argv, NULL, 300, NULL);
	}
	free(link);
	free(depmod);
	return rc;
}

static int write_manifest(const char *dir, const char *suite, const struct plan *plan,
			  uint64_t bytes)
{
	char *path = xasprintf("%s/manifest.json", dir);
	json_t *pkgs = json_array(), *toolchain = json_array(), *o;
	char *text = NULL;
	int rc = -ENOMEM;

	for (size_t i = 0; i < plan->pkgs.n; i++)
		json_array_append_new(pkgs, json_string(plan->pkgs.v[i]));
	for (size_t i = 0; i < plan->toolchain.n; i++)
		json_array_append_new(toolchain, json_string(plan->toolchain.v[i]));
	o = json_pack("{si ss ss ss so so sI}", "format", MANIFEST_FORMAT, "suite", suite,
		      "release", plan->release, "version", plan->version, "packages", pkgs,
		      "toolchain", toolchain, "bytes", (json_int_t)bytes);
	if (o)
		text = json_dumps(o, JSON_INDENT(2));
	if (text)
		rc = write_file(path, text, strlen(text));
	free(text);
	json_decref(o);
	free(path);
	return rc;
}

/* Unpacks the downloaded packages into @tmp, which becomes @dir when it is whole. */
static int build_entry(const struct plan *plan, const char *suite, const char *debs,
		       const char *tmp, const char *dir)
{
	char *root = xasprintf("%s/root", tmp);
	struct unpack u = { .dest = root, .path = entry_path, .link = entry_link };
	int rc = 0;

	for (size_t i = 0; !rc && i < plan->pkgs.n; i++)
		rc = unpack_package(&u, debs, plan->pkgs.v[i], plan->sums.v[i]);
	if (!rc)
		rc = run_depmod(root, plan->release);
	if (!rc)
		rc = write_manifest(tmp, suite, plan, u.bytes);
	if (!rc)
		rc = cache_commit(tmp, dir);
	free(root);
	return rc;
}

static int fetch_locked(const char *name, const char *dir)
{
	char *debs = xasprintf("%s.debs", dir), *tmp = xasprintf("%s.tmp", dir);
	char *image, *headers, *suite;
	const char *flavour = split_name(name, &suite);
	struct apt apt = { .lock = -1 };
	struct plan plan = { .apt = &apt };
	double start = now();
	int rc;

	image = xasprintf("linux-image-%samd64", flavour);
	headers = xasprintf("linux-headers-%samd64", flavour);
	rc = mkdir_p(debs);
	/* What an interrupted run may have left. */
	if (!rc)
		rc = remove_tree(tmp);
	if (!rc)
		rc = apt_open(&apt, suite);
	if (!rc)
		rc = apt_update(&apt);
	if (!rc)
		rc = plan_add(&plan, image, false);
	if (!rc)
		rc = plan_add(&plan, headers, true);
	if (!rc && !plan.release) {
		pr_err("%s of Debian %s names no kernel", image, suite);
		rc = -ENOENT;
	}
	if (!rc) {
		pr_info("%s: downloading %s and its headers (%llu MB)", name, plan.release,
			(unsigned long long)plan.size >> 20);
		rc = apt_download(&apt, &plan.pkgs, debs);
	}
	apt_close(&apt);
	if (!rc) {
		pr_info("%s: unpacking %s", name, plan.release);
		rc = build_entry(&plan, suite, debs, tmp, dir);
	}
	if (!rc) {
		pr_info("%s: %s is ready, %.0f s", name, plan.release, now() - start);
		rc = remove_tree(debs);
	} else {
		remove_tree(tmp);
	}
	plan_free(&plan);
	free(image);
	free(headers);
	free(suite);
	free(tmp);
	free(debs);
	return rc;
}

/**
 * debian_fetch() - bring a kernel into the cache
 * @name: one of debian_names
 * @refresh: also when it is there: take the version that the suite has now
 *
 * Return: 0 or a negative errno
 */
int debian_fetch(const char *name, bool refresh)
{
	char *dir = entry_dir(name);
	char *key = xasprintf("kernels/%s", strrchr(dir, '/') + 1);
	struct debian_kernel d;
	int lock = cache_lock(key);
	int rc = lock < 0 ? lock : 0;

	/* Whoever held the lock before us may have done the work. */
	if (!rc && !refresh && !debian_load(name, &d))
		debian_kernel_free(&d);
	else if (!rc)
		rc = fetch_locked(name, dir);
	if (lock >= 0)
		close(lock);
	free(key);
	free(dir);
	return rc;
}

/**
 * debian_load() - find a kernel in the cache; no network, no lock
 * @name: one of debian_names
 * @d: filled; debian_kernel_free() it
 *
 * Return: 0, or -ENOENT (silently) when it is not there
 */
int debian_load(const char *name, struct debian_kernel *d)
{
	const char *suite, *release, *version;
	char *dir = entry_dir(name);
	char *path = xasprintf("%s/manifest.json", dir);
	json_t *o = json_load_file(path, 0, NULL);
	json_t *toolchain, *pkg;
	json_int_t bytes;
	int format, rc = 0;
	size_t i;

	*d = (struct debian_kernel){ 0 };
	if (!o || json_unpack(o, "{si ss ss ss so sI}", "format", &format, "suite", &suite,
			      "release", &release, "version", &version, "toolchain", &toolchain,
			      "bytes", &bytes) || format != MANIFEST_FORMAT) {
		rc = -ENOENT;
	} else {
		d->root = xasprintf("%s/root", dir);
		d->suite = xstrdup(suite);
		d->release = xstrdup(release);
		d->version = xstrdup(version);
		d->bytes = bytes;
		json_array_foreach(toolchain, i, pkg)
			strv_push(&d->toolchain, json_string_value(pkg));
	}
	json_decref(o);
	free(path);
	free(dir);
	return rc;
}

/* Of a -dbg package only the kernel itself, not its modules. */
static char *debug_path(const char *name)
{
	const char *base = strrchr(name, '/');

	if (strncmp(name, "usr/lib/debug/", 14) || !base ||
	    (strcmp(base, "/vmlinux") && strncmp(base, "/vmlinux-", 9)))
		return NULL;
	return xstrdup(name);
}

/* Where suites put it; in some, one place is a symlink to the other. NULL if it isn't there. */
static char *find_vmlinux(const char *dir, const char *release)
{
	char *places[] = {
		xasprintf("%s/usr/lib/debug/boot/vmlinux-%s", dir, release),
		xasprintf("%s/usr/lib/debug/lib/modules/%s/vmlinux", dir, release),
		xasprintf("%s/usr/lib/debug/usr/lib/modules/%s/vmlinux", dir, release),
	};
	char *found = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (!found && file_exists(places[i]))
			found = places[i];
		else
			free(places[i]);
	}
	return found;
}

static int fetch_vmlinux(const struct debian_kernel *d, const char *dir)
{
	char *pkg = xasprintf("linux-image-%s-dbg", d->release);
	char *debs = xasprintf("%s.debs", dir), *tmp = xasprintf("%s.tmp", dir);
	struct unpack u = { .dest = tmp, .path = debug_path };
	struct apt_package p = { 0 };
	struct apt apt = { .lock = -1 };
	struct strv pkgs = { 0 };
	int rc;

	rc = mkdir_p(debs);
	if (!rc)
		rc = remove_tree(tmp);
	if (!rc)
		rc = apt_open(&apt, d->suite);
	if (!rc)
		rc = apt_update(&apt);
	if (!rc) {
		rc = apt_show(&apt, pkg, &p);
		if (rc == -ENOENT || (!rc && strcmp(p.version, d->version))) {
			pr_err("Debian %s has no %s %s any more; \"irqsan kernel get --refresh\" takes the kernel that it has now",
			       d->suite, pkg, d->version);
			rc = -ENOENT;
		}
	}
	if (!rc) {
		pr_info("downloading %s (%llu MB)", pkg, (unsigned long long)p.size >> 20);
		strv_pushf(&pkgs, "%s=%s", pkg, p.version);
		rc = apt_download(&apt, &pkgs, debs);
	}
	apt_close(&apt);
	if (!rc) {
		pr_info("unpacking its vmlinux");
		rc = unpack_package(&u, debs, pkgs.v[0], p.sha256 ?: "");
	}
	if (!rc)
		rc = cache_commit(tmp, dir);
	if (!rc)
		rc = remove_tree(debs);
	else
		remove_tree(tmp);
	apt_package_free(&p);
	strv_free(&pkgs);
	free(pkg);
	free(debs);
	free(tmp);
	return rc;
}

/**
 * debian_vmlinux() - find the uncompressed kernel with symbols and DWARF
 * @name: one of debian_names; the kernel itself must be in the cache
 * @fetch: download it from the -dbg package if the cache lacks it
 * @path: the file, to be freed
 *
 * Return: 0 or a negative errno; -ENOENT (silently) when it is not in the
 * cache and @fetch isn't set.
 */
int debian_vmlinux(const char *name, bool fetch, char **path)
{
	struct debian_kernel d;
	char *dir, *key;
	int lock, rc = debian_load(name, &d);

	*path = NULL;
	if (rc)
		return rc;
	dir = xasprintf("%s/debug/%s_%s", irqsan_cache(), d.release, d.version);
	key = xasprintf("debug/%s", d.release);
	*path = find_vmlinux(dir, d.release);
	if (!*path && !fetch)
		rc = -ENOENT;
	if (!*path && fetch) {
		lock = cache_lock(key);
		rc = lock < 0 ? lock : 0;
		/* Whoever held the lock before us may have done the work. */
		if (!rc)
			*path = find_vmlinux(dir, d.release);
		if (!rc && !*path)
			rc = fetch_vmlinux(&d, dir);
		if (!rc && !*path)
			*path = find_vmlinux(dir, d.release);
		if (!rc && !*path) {
			pr_err("there is no vmlinux in linux-image-%s-dbg", d.release);
			rc = -ENOENT;
		}
		if (lock >= 0)
			close(lock);
	}
	free(key);
	free(dir);
	debian_kernel_free(&d);
	return rc;
}

/**
 * debian_kernel_free() - free what debian_load() filled
 * @d: entry
 */
void debian_kernel_free(struct debian_kernel *d)
{
	free(d->root);
	free(d->suite);
	free(d->release);
	free(d->version);
	strv_free(&d->toolchain);
	*d = (struct debian_kernel){ 0 };
}
