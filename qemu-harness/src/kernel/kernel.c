// SPDX-License-Identifier: GPL-2.0
/*
 * Kernels by name: where the image, its modules and its headers are.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cache.h"
#include "kernel/build.h"
#include "kernel/kernel-debian.h"
#include "kernel/kernel.h"

/* Offsets in a bzImage: Documentation/arch/x86/boot.rst. */
#define BOOT_MAGIC		0x202
#define BOOT_KERNEL_VERSION	0x20e
#define BOOT_SECTOR		0x200

/* First of two places that is there; the trixie and the sid layout differ. */
static char *either(char *a, char *b)
{
	bool first = file_exists(a);

	free(first ? b : a);
	return first ? a : b;
}

static void fill_debian(struct kernel *k, struct debian_kernel *d)
{
	const char *root = d->root, *rel = d->release;

	k->release = xstrdup(rel);
	k->version = xstrdup(d->version);
	k->suite = xstrdup(d->suite);
	k->modules = xasprintf("%s/usr/lib/modules/%s", root, rel);
	k->headers = xstrdup(root);
	k->image = either(xasprintf("%s/boot/vmlinuz-%s", root, rel),
			  xasprintf("%s/vmlinuz", k->modules));
	k->config = either(xasprintf("%s/boot/config-%s", root, rel),
			   xasprintf("%s/config", k->modules));
}

static int get_debian(const char *name, struct kernel *k)
{
	struct debian_kernel d;
	int rc;

	if (!debian_known(name)) {
		pr_err("unknown kernel \"%s\"; \"irqsan kernel list\" names those that there are",
		       name);
		return -EINVAL;
	}
	rc = debian_get(name, false, &d, &k->held);
	if (rc)
		return rc;
	fill_debian(k, &d);
	debian_kernel_free(&d);
	if (!file_exists(k->image)) {
		pr_err("%s is damaged: %s is missing; \"irqsan kernel get --refresh %s\" mends it",
		       name, k->image, name);
		return -ENOENT;
	}
	return 0;
}

/* The release in a bzImage's header; NULL when the file is no bzImage. Caller frees. */
static char *image_release(const char *path)
{
	unsigned char head[BOOT_KERNEL_VERSION + 2];
	char text[256] = "";
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *release = NULL;

	if (fd < 0)
		return NULL;
	n = pread(fd, head, sizeof(head), 0);
	if (n == sizeof(head) && !memcmp(head + BOOT_MAGIC, "HdrS", 4)) {
		n = pread(fd, text, sizeof(text) - 1, BOOT_SECTOR +
			  (head[BOOT_KERNEL_VERSION] | head[BOOT_KERNEL_VERSION + 1] << 8));
		text[strcspn(text, " ")] = '\0';
		if (n > 0)
			release = xstrdup(text);
	}
	close(fd);
	return release;
}

static int get_image(const char *path, struct kernel *k)
{
	const char *slash = strrchr(path, '/');

	k->release = image_release(path);
	if (!k->release) {
		pr_err("%s is neither a bzImage nor a kernel build tree", path);
		return -EINVAL;
	}
	k->image = xstrdup(path);
	k->config = xasprintf("%.*s/config-%s", slash ? (int)(slash - path) : 1,
			      slash ? path : ".", k->release);
	if (!file_exists(k->config)) {
		free(k->config);
		k->config = NULL;
	}
	return 0;
}

/* What is known of a tree that irqsan itself has built. */
static int add_build(const char *path, struct kernel *k)
{
	struct build b;
	int rc = build_load(path, &b);

	/* A tree that somebody else has built. */
	if (rc && !build_is_ours(path))
		return 0;
	if (rc) {
		pr_err("the last build in %s did not succeed; \"irqsan kernel build\" it again",
		       path);
		return rc;
	}
	k->modules = build_modules(&b);
	k->source = xstrdup(b.source);
	k->toolchain = xstrdup(b.suite);
	k->clang = b.clang;
	build_free(&b);
	return 0;
}

static int get_tree(const char *path, struct kernel *k)
{
	char *file = xasprintf("%s/include/config/kernel.release", path);
	struct buf b = { 0 };
	struct stat st;
	int rc = 0;

	k->headers = realpath(path, NULL);
	if (build_is_ours(path))
		k->held = cache_hold(k->headers);
	k->image = xasprintf("%s/arch/x86/boot/bzImage", path);
	k->config = xasprintf("%s/.config", path);
	/* In a home directory .config is a directory. */
	if (k->held < 0) {
		rc = k->held;
	} else if (!file_exists(file) && (stat(k->config, &st) || !S_ISREG(st.st_mode))) {
		pr_err("%s is neither a bzImage nor a kernel build tree", path);
		rc = -EINVAL;
	} else if (!file_exists(file) || !file_exists(k->image)) {
		pr_err("%s is not built yet: run \"make bzImage modules\" there", path);
		rc = -ENOENT;
	} else {
		rc = read_file(file, &b);
	}
	if (!rc) {
		k->release = strndup(b.data, strcspn(b.data, "\n"));
		rc = add_build(path, k);
	}
	buf_free(&b);
	free(file);
	return rc;
}

/**
 * kernel_get() - find a kernel, and download what the cache lacks of it
 * @name: "debian:SUITE[/FLAVOUR]", or the path of a bzImage or build tree
 * @k: filled; kernel_free() it
 *
 * Return: 0 or a negative errno
 */
int kernel_get(const char *name, struct kernel *k)
{
	struct stat st;
	int rc;

	*k = (struct kernel){ .name = xstrdup(name) };
	if (!strncmp(name, DEBIAN_PREFIX, strlen(DEBIAN_PREFIX))) {
		rc = get_debian(name, k);
	} else if (stat(name, &st)) {
		rc = -errno;
		if (rc == -ENOENT && !strchr(name, '/'))
			pr_err("unknown kernel \"%s\"; \"irqsan kernel list\" names those that there are",
			       name);
		else
			pr_err("can't find the kernel %s: %s", name, strerror(-rc));
	} else {
		rc = S_ISDIR(st.st_mode) ? get_tree(name, k) : get_image(name, k);
	}
	if (rc)
		kernel_free(k);
	return rc;
}

/**
 * kernel_release() - let others replace a kernel
 * @k: kernel; its files are no longer read
 */
void kernel_release(struct kernel *k)
{
	if (k->held > 0)
		close(k->held);
	k->held = 0;
}

/**
 * kernel_free() - free what kernel_get() filled
 * @k: kernel
 */
void kernel_free(struct kernel *k)
{
	free(k->name);
	free(k->release);
	free(k->version);
	free(k->suite);
	free(k->image);
	free(k->config);
	free(k->modules);
	free(k->headers);
	free(k->source);
	free(k->toolchain);
	kernel_release(k);
	*k = (struct kernel){ 0 };
}

/**
 * kernel_config() - how is a symbol configured?
 * @k: kernel
 * @symbol: without CONFIG_
 *
 * Return: 'y', 'm', or 0 when it is something else, not set, or unknown
 */
char kernel_config(const struct kernel *k, const char *symbol)
{
	char *want = xasprintf("\nCONFIG_%s=", symbol);
	struct buf b = { 0 };
	char *hit = NULL, value = 0;

	if (k->config && file_exists(k->config) && !read_file(k->config, &b))
		hit = strstr(b.data, want);
	if (hit) {
		hit += strlen(want);
		if ((*hit == 'y' || *hit == 'm') && (hit[1] == '\n' || !hit[1]))
			value = *hit;
	}
	buf_free(&b);
	free(want);
	return value;
}

static void add_module(struct kmod_module *mod, struct strv *files);

static void add_list(struct kmod_list *list, struct strv *files)
{
	struct kmod_list *i;

	kmod_list_foreach(i, list) {
		struct kmod_module *mod = kmod_module_get_module(i);

		add_module(mod, files);
		kmod_module_unref(mod);
	}
	kmod_module_unref_list(list);
}

/* What @mod needs, then @mod; a built-in one has no path. */
static void add_module(struct kmod_module *mod, struct strv *files)
{
	struct kmod_list *pre = NULL, *post = NULL;
	const char *path = kmod_module_get_path(mod);

	if (!path)
		return;
	for (size_t i = 0; i < files->n; i++)
		if (!strcmp(files->v[i], path))
			return;
	/* Found by name at run time (crypto), so modules.dep doesn't know of them. */
	kmod_module_get_softdeps(mod, &pre, &post);
	add_list(pre, files);
	add_list(kmod_module_get_dependencies(mod), files);
	strv_push(files, path);
	add_list(post, files);
}

/* A build tree's modules are not installed: all that is known is what is built in. */
static int builtin_in_tree(const struct kernel *k, const char *name)
{
	char *path = xasprintf("%s/modules.builtin", k->headers ? k->headers : "");
	char *want = xasprintf("/%s.ko\n", name);
	struct buf b = { 0 };
	int rc = -ENOENT;

	if (k->headers && file_exists(path) && !read_file(path, &b) && strstr(b.data, want))
		rc = 0;
	buf_free(&b);
	free(want);
	free(path);
	return rc;
}

/**
 * kernel_module_files() - the files of modules and of all that they need
 * @k: kernel
 * @names: module names, NULL-terminated
 * @files: paths are appended, each once, in load order
 *
 * Return: 0; -ENOENT (silently) when the kernel lacks one of @names
 */
int kernel_module_files(const struct kernel *k, const char *const *names, struct strv *files)
{
	char *softdep = k->modules ? xasprintf("%s/modules.softdep", k->modules) : NULL;
	/* Not this machine's modprobe.d. */
	const char *config[] = { softdep, NULL };
	struct kmod_ctx *ctx;
	int rc = 0;

	if (!k->modules) {
		for (; !rc && *names; names++)
			rc = builtin_in_tree(k, *names);
		return rc;
	}
	ctx = kmod_new(k->modules, config);
	if (!ctx) {
		pr_err("can't read the module lists in %s", k->modules);
		rc = -EIO;
	}
	for (; !rc && *names; names++) {
		struct kmod_list *list = NULL;

		if (kmod_module_new_from_lookup(ctx, *names, &list) < 0 || !list)
			rc = -ENOENT;
		else
			add_list(list, files);
	}
	kmod_unref(ctx);
	free(softdep);
	return rc;
}

/* The release that a .ko file was built for; NULL when it is no module. Caller frees. */
static char *module_release(const char *path)
{
	static const char *const no_config[] = { NULL };
	struct kmod_ctx *ctx = kmod_new(NULL, (const char **)no_config);
	struct kmod_list *info = NULL, *i;
	struct kmod_module *mod = NULL;
	char *release = NULL;

	if (ctx && !kmod_module_new_from_path(ctx, path, &mod))
		kmod_module_get_info(mod, &info);
	kmod_list_foreach(i, info) {
		const char *value = kmod_module_info_get_value(i);

		if (!release && !strcmp(kmod_module_info_get_key(i), "vermagic"))
			release = strndup(value, strcspn(value, " "));
	}
	kmod_module_info_free_list(info);
	kmod_module_unref(mod);
	kmod_unref(ctx);
	return release;
}

/**
 * kernel_check_module() - could a kernel load this module?
 * @k: kernel
 * @path: the .ko file
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int kernel_check_module(const struct kernel *k, const char *path)
{
	char *release;
	int rc = 0;

	if (!file_exists(path)) {
		pr_err("%s: no such file", path);
		return -ENOENT;
	}
	release = module_release(path);
	if (!release) {
		pr_err("%s is no kernel module", path);
		rc = -EINVAL;
	} else if (k->release && strcmp(release, k->release)) {
		pr_err("%s was built for %s, not for %s", path, release, k->release);
		rc = -EINVAL;
	}
	free(release);
	return rc;
}
