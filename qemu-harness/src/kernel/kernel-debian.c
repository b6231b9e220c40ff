// SPDX-License-Identifier: GPL-2.0
/*
 * Debian kernels in the cache: from a suite's package names to an unpacked
 * tree that needs no network any more.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "base/cache.h"
#include "base/json-text.h"
#include "base/pattern.h"
#include "kernel/apt.h"
#include "kernel/kernel-debian.h"
#include "kernel/tree-modules.h"

#define MANIFEST_FORMAT 1

/* These become names of files, and apt's words. */
#define NAME "^debian:([a-z0-9][a-z0-9-]*)(/rt|/cloud)?(?:=([A-Za-z0-9.+~-]+))?\\z"
/* "linux-image-6.1.0-50-rt-amd64", not "linux-image-rt-amd64": that only names the newest. */
#define IMAGE "^linux-image-(\\d.*?)(-rt|-cloud)?-amd64$"

/* What is worth a line of a list, whether it is in the cache or not. */
static const char *const listed[] = {
	"debian:bullseye", "debian:bullseye/rt", "debian:bullseye/cloud",
	"debian:bookworm", "debian:bookworm/rt", "debian:bookworm/cloud",
	"debian:trixie", "debian:trixie/rt", "debian:trixie/cloud",
	"debian:sid", "debian:sid/rt", "debian:sid/cloud", NULL
};

/**
 * struct plan - what a kernel is made of
 * @apt: where from
 * @pkgs: packages to unpack
 * @nr: how many
 * @toolchain: packages that the headers need
 * @release: uname -r, from the image package's name
 * @version: version of the image package
 */
struct plan {
	struct apt *apt;
	struct apt_package *pkgs;
	size_t nr;
	struct strv toolchain;
	const char *release;
	const char *version;
};

/**
 * struct debian_name - "debian:SUITE[/FLAVOUR][=VERSION]"
 * @suite: "bookworm", "trixie-backports"
 * @flavour: "", "-rt" or "-cloud", as it is in the names of packages
 * @version: of the image package; NULL for the newest
 */
struct debian_name {
	char *suite;
	char *flavour;
	char *version;
};

static void name_free(struct debian_name *n)
{
	free(n->suite);
	free(n->flavour);
	free(n->version);
}

/* False, and nothing to free, for another name. */
static bool parse_name(const char *name, struct debian_name *n)
{
	struct span groups[PATTERN_GROUPS];

	*n = (struct debian_name){ 0 };
	if (!pattern_find(NAME, (struct span){ name, strlen(name) }, groups))
		return false;
	n->suite = span_dup(groups[1]);
	n->flavour = span_dup(groups[2]) ?: xstrdup("");
	if (*n->flavour)
		*n->flavour = '-';
	n->version = span_dup(groups[3]);
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
	return pattern_find(NAME, (struct span){ name, strlen(name) }, NULL);
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

static int plan_add(struct plan *plan, const char *name, bool headers)
{
	struct apt_package p;
	int rc;

	for (size_t i = 0; i < plan->nr; i++)
		if (!strcmp(plan->pkgs[i].name, name))
			return 0;
	rc = apt_show(plan->apt, name, &p);
	if (rc == -ENOENT)
		pr_err("Debian %s has no package %s", plan->apt->suite, name);
	if (rc)
		return rc;
	plan->pkgs = xrealloc(plan->pkgs, (plan->nr + 1) * sizeof(p));
	plan->pkgs[plan->nr++] = p;
	if (!plan->release && pattern_find(IMAGE, (struct span){ name, strlen(name) }, NULL)) {
		plan->release = p.name + strlen("linux-image-");
		plan->version = p.version;
	}
	for (size_t i = 0; !rc && i < p.depends.n; i++) {
		const char *d = p.depends.v[i];

		if (is_kernel_package(d))
			rc = plan_add(plan, d, headers);
		else if (headers && strcmp(d, "linux-base") && !strv_has(&plan->toolchain, d))
			strv_push(&plan->toolchain, d);
	}
	return rc;
}

static void plan_free(struct plan *plan)
{
	for (size_t i = 0; i < plan->nr; i++)
		apt_package_free(&plan->pkgs[i]);
	free(plan->pkgs);
	strv_free(&plan->toolchain);
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
	char *link __cleanup(free_ptr) = xasprintf("%s/lib", root);

	return symlink("usr/lib", link) ? file_err("create", link, errno) :
	       run_depmod(root, release);
}

static int write_manifest(const char *dir, const char *name, const char *suite,
			  const struct plan *plan, uint64_t bytes)
{
	json_t *pkgs = json_array();

	for (size_t i = 0; i < plan->nr; i++)
		json_array_append_new(pkgs, json_sprintf("%s=%s", plan->pkgs[i].name,
							 plan->pkgs[i].version));
	return manifest_write(dir, json_pack("{si ss ss ss ss so so sI}", "format", MANIFEST_FORMAT,
					     "name", name, "suite", suite, "release", plan->release,
					     "version", plan->version, "packages", pkgs, "toolchain",
					     json_texts(&plan->toolchain), "bytes",
					     (json_int_t)bytes));
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

/* "-6.1.0-50": what the names of the packages of a version have. */
static int find_abi(struct apt *apt, const struct debian_name *n, char **abi)
{
	struct strv names __cleanup(strv_free) = { 0 };
	struct buf there __cleanup(buf_free) = { 0 };
	int rc = apt_names(apt, "linux-image-", &names);

	for (size_t i = 0; !rc && !*abi && i < names.n; i++) {
		struct apt_package p __cleanup(apt_package_free) = { 0 };
		const struct span name = { names.v[i], strlen(names.v[i]) };
		struct span groups[PATTERN_GROUPS];

		if (!pattern_find(IMAGE, name, groups) || groups[2].len != strlen(n->flavour) ||
		    strncmp(groups[2].at ?: "", n->flavour, groups[2].len) ||
		    apt_show(apt, names.v[i], &p))
			continue;
		if (!strcmp(p.version, n->version))
			*abi = xasprintf("-%.*s", (int)groups[1].len, groups[1].at);
		buf_addf(&there, "%s%s", there.len ? ", " : "", p.version);
	}
	if (!rc && !*abi) {
		pr_err("Debian %s has no kernel %s (any more); it has %s", n->suite, n->version,
		       there.data ?: "none");
		rc = -ENOENT;
	}
	return rc;
}

/* The names of a kernel's image and header packages: of the newest one, or of a version. */
static int name_packages(struct apt *apt, const struct debian_name *n, char **image,
			 char **headers)
{
	char *abi __cleanup(free_ptr) = NULL;
	int rc = n->version ? find_abi(apt, n, &abi) : 0;

	*image = xasprintf("linux-image%s%s-amd64", abi ?: "", n->flavour);
	*headers = xasprintf("linux-headers%s%s-amd64", abi ?: "", n->flavour);
	return rc;
}

static int make_kernel(void *ctx, const char *work, const char *dest)
{
	const char *name = ((struct wanted *)ctx)->name;
	char *image __cleanup(free_ptr) = NULL, *headers __cleanup(free_ptr) = NULL;
	char *root __cleanup(free_ptr) = xasprintf("%s/root", dest);
	char *what __cleanup(free_ptr) = NULL;
	struct unpack u = { .dest = root, .path = entry_path, .link = entry_link };
	struct apt apt __cleanup(apt_close) = { .lock = -1 };
	struct plan plan __cleanup(plan_free) = { .apt = &apt };
	struct debian_name n __cleanup(name_free) = { 0 };
	double start = now();
	int rc;

	if (!parse_name(name, &n))
		return -EINVAL;
	rc = apt_open(&apt, n.suite) ?: apt_update(&apt) ?:
	     name_packages(&apt, &n, &image, &headers) ?:
	     plan_add(&plan, image, false) ?: plan_add(&plan, headers, true);
	if (!rc && !plan.release) {
		pr_err("%s of Debian %s names no kernel", image, n.suite);
		rc = -ENOENT;
	}
	if (rc)
		return rc;
	what = xasprintf("%s: %s and its headers", name, plan.release);
	rc = apt_get(&apt, what, plan.pkgs, plan.nr, work, &u) ?:
	     index_modules(root, plan.release) ?:
	     write_manifest(dest, name, n.suite, &plan, u.bytes);
	if (!rc)
		pr_info("%s: %s is ready, %.0f s", name, plan.release, now() - start);
	return rc;
}

static int find_kernel(void *ctx, const char *dir)
{
	struct debian_kernel *d = ((struct wanted *)ctx)->kernel;
	const char *suite, *release, *version;
	json_auto_t *o = manifest_read(dir);
	json_t *toolchain;
	json_int_t bytes;
	int format;

	*d = (struct debian_kernel){ 0 };
	if (!o || json_unpack(o, "{si ss ss ss so sI}", "format", &format, "suite", &suite,
			      "release", &release, "version", &version, "toolchain", &toolchain,
			      "bytes", &bytes) || format != MANIFEST_FORMAT)
		return -ENOENT;
	*d = (struct debian_kernel){
		.root = xasprintf("%s/root", dir), .suite = xstrdup(suite), .bytes = bytes,
		.release = xstrdup(release), .version = xstrdup(version),
	};
	json_strings(toolchain, &d->toolchain);
	return 0;
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
	char *key __cleanup(free_ptr) = entry_key(name);
	int rc = cache_get(&(struct cache_entry){
		.key = key, .refresh = refresh, .find = find_kernel, .make = make_kernel,
		.ctx = &w,
	}, held);

	if (rc)
		debian_kernel_free(d);
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
	char *key __cleanup(free_ptr) = entry_key(name);
	char *dir __cleanup(free_ptr) = xasprintf("%s/%s", irqsan_cache(), key);

	return find_kernel(&(struct wanted){ .kernel = d }, dir);
}

/**
 * debian_list() - kernels to be listed
 * @names: those of the usual suites are appended, and what else is in the cache
 */
void debian_list(struct strv *names)
{
	struct strv found __cleanup(strv_free) = { 0 };

	strv_extend(names, listed);
	strv_glob(&found, "%s/kernels/*/manifest.json", irqsan_cache());
	for (size_t i = 0; i < found.n; i++) {
		json_auto_t *o = json_load_file(found.v[i], 0, NULL);
		const char *name = text_of(o, "name");

		if (debian_known(name) && !strv_has(names, name))
			strv_push(names, name);
	}
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
	char *pkg __cleanup(free_ptr) = xasprintf("linux-image-%s-dbg", d->release);
	struct unpack u = { .dest = dest, .path = debug_path };
	struct apt_package p __cleanup(apt_package_free) = { 0 };
	struct apt apt __cleanup(apt_close) = { .lock = -1 };
	int rc = apt_open(&apt, d->suite) ?: apt_update(&apt);

	if (rc)
		return rc;
	rc = apt_show(&apt, pkg, &p);
	if (rc == -ENOENT || (!rc && strcmp(p.version, d->version))) {
		pr_err("Debian %s has no %s %s any more; \"irqsan kernel get --refresh\" takes the kernel that it has now",
		       d->suite, pkg, d->version);
		return -ENOENT;
	}
	return rc ?: apt_get(&apt, pkg, &p, 1, work, &u);
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
	struct debian_kernel d __cleanup(debian_kernel_free) = { 0 };
	struct wanted w = { .name = name, .kernel = &d };
	char *key __cleanup(free_ptr) = NULL, *dir __cleanup(free_ptr) = NULL;
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
