// SPDX-License-Identifier: GPL-2.0
/*
 * Debian kernels in the cache: from a suite's package names to an unpacked
 * tree that needs no network any more.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cache.h"
#include "kernel/apt.h"
#include "kernel/kernel-debian.h"
#include "kernel/tree-modules.h"

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

/* "kernels/bookworm-rt"; caller frees. */
static char *entry_key(const char *name)
{
	char *key = xasprintf("kernels/%s", name + strlen(DEBIAN_PREFIX));
	char *slash = strrchr(key, '/');

	if (strchr(name, '/'))
		*slash = '-';
	return key;
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

/* depmod looks below lib, wherever that leads. */
static int index_modules(const char *root, const char *release)
{
	char *link = xasprintf("%s/lib", root);
	int rc = 0;

	if (symlink("usr/lib", link)) {
		rc = -errno;
		pr_err("can't create %s: %s", link, strerror(-rc));
	}
	free(link);
	return rc ? rc : run_depmod(root, release);
}

static int write_manifest(const char *dir, const char *suite, const struct plan *plan,
			  uint64_t bytes)
{
	json_t *pkgs = json_array(), *toolchain = json_array();

	for (size_t i = 0; i < plan->pkgs.n; i++)
		json_array_append_new(pkgs, json_string(plan->pkgs.v[i]));
	for (size_t i = 0; i < plan->toolchain.n; i++)
		json_array_append_new(toolchain, json_string(plan->toolchain.v[i]));
	return manifest_write(dir, json_pack("{si ss ss ss so so sI}", "format", MANIFEST_FORMAT,
					     "suite", suite, "release", plan->release,
					     "version", plan->version, "packages", pkgs,
					     "toolchain", toolchain, "bytes", (json_int_t)bytes));
}

/**
 * struct wanted - a kernel, or the vmlinux of one
 * @name: as the user gave it
 * @kernel: the entry of the cache
 * @vmlinux: path in the cache; owned
 */
struct wanted {
	const char *name;
	struct debian_kernel *kernel;
	char *vmlinux;
};

static int unpack_plan(const struct plan *plan, const char *suite, const char *work,
		       const char *dest)
{
	char *root = xasprintf("%s/root", dest);
	struct unpack u = { .dest = root, .path = entry_path, .link = entry_link };
	int rc = 0;

	for (size_t i = 0; !rc && i < plan->pkgs.n; i++)
		rc = apt_unpack(work, plan->pkgs.v[i], plan->sums.v[i], &u);
	if (!rc)
		rc = index_modules(root, plan->release);
	if (!rc)
		rc = write_manifest(dest, suite, plan, u.bytes);
	free(root);
	return rc;
}

static int make_kernel(void *ctx, const char *work, const char *dest)
{
	const char *name = ((struct wanted *)ctx)->name;
	char *image, *headers, *suite;
	const char *flavour = split_name(name, &suite);
	struct apt apt = { .lock = -1 };
	struct plan plan = { .apt = &apt };
	double start = now();
	int rc;

	image = xasprintf("linux-image-%samd64", flavour);
	headers = xasprintf("linux-headers-%samd64", flavour);
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
		rc = apt_download(&apt, &plan.pkgs, work);
	}
	apt_close(&apt);
	if (!rc) {
		pr_info("%s: unpacking %s", name, plan.release);
		rc = unpack_plan(&plan, suite, work, dest);
	}
	if (!rc)
		pr_info("%s: %s is ready, %.0f s", name, plan.release, now() - start);
	plan_free(&plan);
	free(image);
	free(headers);
	free(suite);
	return rc;
}

static int find_kernel(void *ctx, const char *dir)
{
	struct debian_kernel *d = ((struct wanted *)ctx)->kernel;
	const char *suite, *release, *version;
	json_t *o = manifest_read(dir);
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
	return rc;
}

/**
 * debian_get() - find a kernel in the cache, or bring it there
 * @name: one of debian_names
 * @refresh: also when it is there: take the version that the suite has now
 * @d: filled; debian_kernel_free() it
 * @held: to be closed when the entry may be replaced
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int debian_get(const char *name, bool refresh, struct debian_kernel *d, int *held)
{
	struct wanted w = { .name = name, .kernel = d };
	char *key = entry_key(name);
	int rc = cache_get(&(struct cache_entry){
		.key = key, .refresh = refresh, .find = find_kernel, .make = make_kernel,
		.ctx = &w,
	}, held);

	if (rc)
		debian_kernel_free(d);
	free(key);
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
	char *key = entry_key(name), *dir = xasprintf("%s/%s", irqsan_cache(), key);
	int rc = find_kernel(&(struct wanted){ .kernel = d }, dir);

	free(dir);
	free(key);
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

/* Where suites put it; in some, one place is a symlink to the other. */
static int find_vmlinux(void *ctx, const char *dir)
{
	static const char *const places[] = {
		"%s/usr/lib/debug/boot/vmlinux-%s", "%s/usr/lib/debug/lib/modules/%s/vmlinux",
		"%s/usr/lib/debug/usr/lib/modules/%s/vmlinux",
	};
	struct wanted *w = ctx;

	for (size_t i = 0; !w->vmlinux && i < ARRAY_SIZE(places); i++) {
		w->vmlinux = xasprintf(places[i], dir, w->kernel->release);
		if (!file_exists(w->vmlinux)) {
			free(w->vmlinux);
			w->vmlinux = NULL;
		}
	}
	return w->vmlinux ? 0 : -ENOENT;
}

static int make_vmlinux(void *ctx, const char *work, const char *dest)
{
	const struct debian_kernel *d = ((struct wanted *)ctx)->kernel;
	char *pkg = xasprintf("linux-image-%s-dbg", d->release);
	struct unpack u = { .dest = dest, .path = debug_path };
	struct apt_package p = { 0 };
	struct apt apt = { .lock = -1 };
	struct strv pkgs = { 0 };
	int rc;

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
		rc = apt_download(&apt, &pkgs, work);
	}
	apt_close(&apt);
	if (!rc) {
		pr_info("unpacking its vmlinux");
		rc = apt_unpack(work, pkgs.v[0], p.sha256 ?: "", &u);
	}
	apt_package_free(&p);
	strv_free(&pkgs);
	free(pkg);
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
	struct wanted w = { .name = name, .kernel = &d };
	char *key, *dir;
	int rc = debian_load(name, &d);

	*path = NULL;
	if (rc)
		return rc;
	key = xasprintf("debug/%s_%s", d.release, d.version);
	dir = xasprintf("%s/%s", irqsan_cache(), key);
	rc = !fetch ? find_vmlinux(&w, dir) : cache_get(&(struct cache_entry){
		.key = key, .find = find_vmlinux, .make = make_vmlinux, .ctx = &w,
	}, NULL);
	*path = w.vmlinux;
	free(dir);
	free(key);
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
