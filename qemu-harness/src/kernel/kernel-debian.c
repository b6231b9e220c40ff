// SPDX-License-Identifier: GPL-2.0
/*
 * Debian kernels in the cache: from a suite's package names to an unpacked
 * tree that needs no network any more.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cache.h"
#include "kernel/apt.h"
#include "kernel/kernel-debian.h"
#include "kernel/tree-modules.h"

#define MANIFEST_FORMAT 1

#define VERSION_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.+~-"

/* What is worth a line of a list, whether it is in the cache or not. */
static const char *const listed[] = {
	"debian:bullseye", "debian:bullseye/rt", "debian:bullseye/cloud",
	"debian:bookworm", "debian:bookworm/rt", "debian:bookworm/cloud",
	"debian:trixie", "debian:trixie/rt", "debian:trixie/cloud",
	"debian:sid", "debian:sid/rt", "debian:sid/cloud",
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
 * struct debian_name - "debian:SUITE[/FLAVOUR][=VERSION]"
 * @suite: "bookworm", "trixie-backports"
 * @flavour: "", "rt-" or "cloud-", as it is in the names of packages
 * @version: of the image package; NULL for the newest
 */
struct debian_name {
	char *suite;
	const char *flavour;
	char *version;
};

static void name_free(struct debian_name *n)
{
	free(n->suite);
	free(n->version);
	*n = (struct debian_name){ 0 };
}

/* These become names of files, and apt's words. False, and nothing to free, for another name. */
static bool parse_name(const char *name, struct debian_name *n)
{
	static const char suite_chars[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	static const struct {
		const char *name;
		const char *flavour;
	} flavours[] = { { "", "" }, { "/rt", "rt-" }, { "/cloud", "cloud-" } };
	const char *s, *version;
	size_t len, i;

	*n = (struct debian_name){ 0 };
	if (strncmp(name, DEBIAN_PREFIX, strlen(DEBIAN_PREFIX)))
		return false;
	s = name + strlen(DEBIAN_PREFIX);
	len = strspn(s, suite_chars);
	version = strchr(s, '=');
	for (i = 0; i < ARRAY_SIZE(flavours); i++) {
		size_t end = len + strlen(flavours[i].name);

		if (!strncmp(s + len, flavours[i].name, end - len) &&
		    (!s[end] || s + end == version))
			n->flavour = flavours[i].flavour;
	}
	if (!len || *s == '-' || !n->flavour ||
	    (version && (!version[1] || strspn(version + 1, VERSION_CHARS) < strlen(version + 1))))
		return false;
	n->suite = strndup(s, len);
	n->version = version ? xstrdup(version + 1) : NULL;
	return true;
}

/**
 * debian_known() - could there be a kernel of this name?
 * @name: "debian:SUITE[/FLAVOUR][=VERSION]"
 *
 * Return: true if so; whether there is one, the mirror knows
 */
bool debian_known(const char *name)
{
	struct debian_name n;
	bool known = parse_name(name, &n);

	name_free(&n);
	return known;
}

/* "kernels/bookworm-rt", "kernels/bookworm=6.1.1-1"; caller frees. */
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

static int write_manifest(const char *dir, const char *name, const char *suite,
			  const struct plan *plan, uint64_t bytes)
{
	json_t *pkgs = json_array(), *toolchain = json_array();

	for (size_t i = 0; i < plan->pkgs.n; i++)
		json_array_append_new(pkgs, json_string(plan->pkgs.v[i]));
	for (size_t i = 0; i < plan->toolchain.n; i++)
		json_array_append_new(toolchain, json_string(plan->toolchain.v[i]));
	return manifest_write(dir, json_pack("{si ss ss ss ss so so sI}", "format", MANIFEST_FORMAT,
					     "name", name, "suite", suite, "release", plan->release,
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

static int unpack_plan(const struct plan *plan, const char *name, const char *suite,
		       const char *work, const char *dest)
{
	char *root = xasprintf("%s/root", dest);
	struct unpack u = { .dest = root, .path = entry_path, .link = entry_link };
	int rc = 0;

	for (size_t i = 0; !rc && i < plan->pkgs.n; i++)
		rc = apt_unpack(work, plan->pkgs.v[i], plan->sums.v[i], &u);
	if (!rc)
		rc = index_modules(root, plan->release);
	if (!rc)
		rc = write_manifest(dest, name, suite, plan, u.bytes);
	free(root);
	return rc;
}

/* "6.1.0-50" of "linux-image-6.1.0-50-rt-amd64" when that is of @flavour; caller frees. */
static char *image_abi(const char *package, const char *flavour)
{
	static const char *const others[] = { "-rt", "-cloud" };
	char *end = xasprintf("-%samd64", flavour), *abi = NULL;
	size_t skip = strlen("linux-image-");

	if (isdigit((unsigned char)package[skip]) && ends_with(package, end))
		abi = xasprintf("%.*s", (int)(strlen(package) - skip - strlen(end)),
				package + skip);
	for (size_t i = 0; abi && i < ARRAY_SIZE(others); i++) {
		if (ends_with(abi, others[i])) {
			free(abi);
			abi = NULL;
		}
	}
	free(end);
	return abi;
}

/* The ABI that the packages of a version are named by. */
static int find_abi(struct apt *apt, const struct debian_name *n, char **abi)
{
	struct strv names = { 0 };
	struct buf there = { 0 };
	int rc = apt_names(apt, "linux-image-", &names);

	for (size_t i = 0; !rc && !*abi && i < names.n; i++) {
		struct apt_package p = { 0 };

		*abi = image_abi(names.v[i], n->flavour);
		if (!*abi || apt_show(apt, names.v[i], &p) || strcmp(p.version, n->version)) {
			if (p.version)
				buf_addf(&there, "%s%s", there.len ? ", " : "", p.version);
			free(*abi);
			*abi = NULL;
		}
		apt_package_free(&p);
	}
	if (!rc && !*abi) {
		pr_err("Debian %s has no kernel %s (any more); it has %s", n->suite, n->version,
		       there.len ? there.data : "none");
		rc = -ENOENT;
	}
	buf_free(&there);
	strv_free(&names);
	return rc;
}

/* The names of a kernel's image and header packages: of the newest one, or of a version. */
static int name_packages(struct apt *apt, const struct debian_name *n, char **image,
			 char **headers)
{
	char *abi = NULL;
	int rc = n->version ? find_abi(apt, n, &abi) : 0;

	*image = xasprintf("linux-image-%s%s%samd64", abi ?: "", abi ? "-" : "", n->flavour);
	*headers = xasprintf("linux-headers-%s%s%samd64", abi ?: "", abi ? "-" : "", n->flavour);
	free(abi);
	return rc;
}

static int make_kernel(void *ctx, const char *work, const char *dest)
{
	const char *name = ((struct wanted *)ctx)->name;
	char *image = NULL, *headers = NULL;
	struct apt apt = { .lock = -1 };
	struct plan plan = { .apt = &apt };
	struct debian_name n;
	double start = now();
	int rc;

	if (!parse_name(name, &n))
		return -EINVAL;
	rc = apt_open(&apt, n.suite);
	if (!rc)
		rc = apt_update(&apt);
	if (!rc)
		rc = name_packages(&apt, &n, &image, &headers);
	if (!rc)
		rc = plan_add(&plan, image, false);
	if (!rc)
		rc = plan_add(&plan, headers, true);
	if (!rc && !plan.release) {
		pr_err("%s of Debian %s names no kernel", image, n.suite);
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
		rc = unpack_plan(&plan, name, n.suite, work, dest);
	}
	if (!rc)
		pr_info("%s: %s is ready, %.0f s", name, plan.release, now() - start);
	plan_free(&plan);
	free(image);
	free(headers);
	name_free(&n);
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
 * @name: that debian_known() knows
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
 * @name: that debian_known() knows
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

/**
 * debian_list() - kernels to be listed
 * @names: those of the usual suites are appended, and what else is in the cache
 */
void debian_list(struct strv *names)
{
	char *pattern = xasprintf("%s/kernels/*/manifest.json", irqsan_cache());
	glob_t found = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(listed); i++)
		strv_push(names, listed[i]);
	glob(pattern, 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		json_t *o = json_load_file(found.gl_pathv[i], 0, NULL);
		const char *name = json_string_value(json_object_get(o, "name"));

		if (name && debian_known(name) && !strv_has(names, name))
			strv_push(names, name);
		json_decref(o);
	}
	globfree(&found);
	free(pattern);
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
 * @name: that debian_known() knows; the kernel itself must be in the cache
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
