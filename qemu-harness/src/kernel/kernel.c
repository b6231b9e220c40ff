// SPDX-License-Identifier: GPL-2.0
/*
 * Kernels by name: where the image, its modules and its headers are.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cache.h"
#include "kernel/build.h"
#include "kernel/kconfig.h"
#include "kernel/kernel-debian.h"
#include "kernel/kernel.h"
#include "kernel/tree-modules.h"

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
	struct debian_kernel d __cleanup(debian_kernel_free) = { 0 };
	int rc;

	if (!debian_known(name)) {
		pr_err("unknown kernel \"%s\"; those of Debian are debian:SUITE[/rt|/cloud][=VERSION]",
		       name);
		return -EINVAL;
	}
	rc = debian_get(name, false, &d, &k->held);
	if (rc)
		return rc;
	fill_debian(k, &d);
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
	int fd __cleanup(close_fd) = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || pread(fd, head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head + BOOT_MAGIC, "HdrS", 4) ||
	    pread(fd, text, sizeof(text) - 1, BOOT_SECTOR +
		  (head[BOOT_KERNEL_VERSION] | head[BOOT_KERNEL_VERSION + 1] << 8)) <= 0)
		return NULL;
	return xasprintf("%.*s", (int)strcspn(text, " "), text);
}

/*
 * An image "ROOT/boot/vmlinuz-RELEASE" or "ROOT/lib/modules/RELEASE/vmlinuz" has its
 * modules in ROOT/lib/modules/RELEASE. NULL for any other; caller frees.
 */
static char *installed_modules(const struct kernel *k)
{
	char *dir __cleanup(free_ptr) = realpath(k->image, NULL);
	char *tail __cleanup(free_ptr) = xasprintf("/lib/modules/%s", k->release);
	char *slash = dir ? strrchr(dir, '/') : NULL;

	/* A build tree's image is in a directory "boot", too. */
	if (!slash || strncmp(slash, "/vmlinuz", strlen("/vmlinuz")))
		return NULL;
	*slash = '\0';
	if (ends_with(dir, tail))
		return xstrdup(dir);
	return !ends_with(dir, "/boot") ? NULL :
	       xasprintf("%.*s%s", (int)(strlen(dir) - strlen("/boot")), dir, tail);
}

/* What is beside an image, and in the directory of its modules, which may be NULL. */
static void add_installed(const char *modules, struct kernel *k)
{
	char *build __cleanup(free_ptr) = xasprintf("%s/build", modules ?: "");
	char *dep __cleanup(free_ptr) = xasprintf("%s/modules.dep", modules ?: "");
	char *config = xasprintf("%.*sconfig-%s", (int)(basename(k->image) - k->image), k->image,
				 k->release);

	if (modules)
		config = either(config, either(xasprintf("%s/config", modules),
					       xasprintf("%s/.config", build)));
	free(k->config);
	k->config = file_exists(config) ? xstrdup(config) : NULL;
	free(config);
	if (!modules)
		return;
	k->headers = realpath(build, NULL);
	if (file_exists(dep))
		k->modules = xstrdup(modules);
	else
		pr_warn("%s has no modules: %s is missing (package linux-image-%s)", k->image, dep,
			k->release);
}

static int get_image(const char *path, struct kernel *k)
{
	char *modules __cleanup(free_ptr) = NULL;

	if (access(path, R_OK))
		return file_err("read", path, errno);
	k->release = image_release(path);
	if (!k->release) {
		pr_err("%s is neither a bzImage nor a kernel build tree", path);
		return -EINVAL;
	}
	k->image = xstrdup(path);
	modules = installed_modules(k);
	add_installed(modules, k);
	return 0;
}

/*
 * A release that is installed below @root: "" for this machine itself. One that was
 * not packaged may have its image in the tree that it was built in.
 */
static int get_release(const char *root, const char *release, struct kernel *k)
{
	char *modules __cleanup(free_ptr) = xasprintf("%s/lib/modules/%s", root, release);
	char *boot __cleanup(free_ptr) = xasprintf("%s/boot/vmlinuz-%s", root, release);
	char *image __cleanup(free_ptr) =
		either(xstrdup(boot), either(xasprintf("%s/vmlinuz", modules),
					     xasprintf("%s/build/arch/x86/boot/bzImage", modules)));
	int rc;

	if (!file_exists(image)) {
		pr_err("there is no %s; the package linux-image-%s has it", boot, release);
		return -ENOENT;
	}
	rc = get_image(image, k);
	if (!rc && strcmp(k->release, release)) {
		pr_err("%s is %s, and not %s of %s", image, k->release, release, modules);
		rc = -EINVAL;
	}
	if (!rc && !k->modules)
		add_installed(modules, k);
	return rc;
}

/* A directory that "make modules_install" was told to install into. */
static int get_staged(const char *root, struct kernel *k)
{
	struct strv found __cleanup(strv_free) = { 0 };
	int n = strv_glob(&found, "%s/lib/modules/*", root);

	if (n == 1)
		return get_release(root, basename(found.v[0]), k);
	if (!n)
		pr_err("%s is neither a bzImage nor a kernel build tree", root);
	else
		pr_err("%s/lib/modules is of more than one kernel: name an image in %s/boot", root,
		       root);
	return -EINVAL;
}

/* What is known of a tree that irqsan itself has built. */
static int add_build(const char *path, struct kernel *k)
{
	struct build b __cleanup(build_free) = { 0 };
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
	return 0;
}

static int get_tree(const char *path, struct kernel *k)
{
	char *file __cleanup(free_ptr) = xasprintf("%s/include/config/kernel.release", path);
	int rc;

	k->headers = realpath(path, NULL);
	if (build_is_ours(path))
		k->held = cache_hold(k->headers);
	if (k->held < 0)
		return k->held;
	k->image = xasprintf("%s/arch/x86/boot/bzImage", path);
	k->config = xasprintf("%s/.config", path);
	if (!file_exists(file) || !file_exists(k->image)) {
		pr_err("%s is not built yet: run \"make bzImage modules\" there", path);
		return -ENOENT;
	}
	k->release = read_first_line(file);
	if (!k->release)
		return -EIO;
	rc = add_build(path, k);
	return rc || k->modules ? rc : tree_modules(k->headers, k->release, &k->modules);
}

static int get_directory(const char *path, struct kernel *k)
{
	char *release __cleanup(free_ptr) = xasprintf("%s/include/config/kernel.release", path);
	char *config __cleanup(free_ptr) = xasprintf("%s/.config", path);

	/* In a home directory .config is a directory. */
	return file_exists(release) || (file_exists(config) && !is_directory(config)) ?
	       get_tree(path, k) : get_staged(path, k);
}

/**
 * kernel_get() - find a kernel, and download what the cache lacks of it
 * @name: see kernel.h
 * @k: filled; kernel_free() it. Nobody changes its files until it is released
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
		if (rc == -ENOENT && isdigit((unsigned char)*name) && !strchr(name, '/'))
			rc = get_release("", name, k);
		else if (rc == -ENOENT && !strchr(name, '/'))
			pr_err("unknown kernel \"%s\"; \"irqsan kernel list\" names those that there are",
			       name);
		else
			file_err("find the kernel", name, -rc);
	} else {
		rc = S_ISDIR(st.st_mode) ? get_directory(name, k) : get_image(name, k);
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
	char *name __cleanup(free_ptr) = xasprintf("CONFIG_%s", symbol);
	char *value __cleanup(free_ptr) = NULL;
	struct buf b __cleanup(buf_free) = { 0 };

	if (k->config && file_exists(k->config))
		read_file(k->config, &b);
	value = kconfig_value(b.data ?: "", name);
	return !strcmp(value, "y") || !strcmp(value, "m") ? *value : 0;
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

	if (!path || strv_has(files, path))
		return;
	/* Found by name at run time (crypto), so modules.dep doesn't know of them. */
	kmod_module_get_softdeps(mod, &pre, &post);
	add_list(pre, files);
	add_list(kmod_module_get_dependencies(mod), files);
	strv_push(files, path);
	add_list(post, files);
}

/**
 * kernel_module_files() - the files of modules and of all that they need
 * @k: kernel
 * @names: module names, NULL-terminated; one that is built in adds nothing
 * @files: paths are appended, each once, in load order
 *
 * Return: 0; -ENOENT (silently) when the kernel lacks one of @names
 */
int kernel_module_files(const struct kernel *k, const char *const *names, struct strv *files)
{
	char *softdep __cleanup(free_ptr) = xasprintf("%s/modules.softdep", k->modules ?: "");
	/* Not this machine's modprobe.d. */
	const char *config[] = { softdep, NULL };
	struct kmod_ctx *ctx;
	int rc = 0;

	/* Only an image: nobody knows what it has. */
	if (!k->modules)
		return *names ? -ENOENT : 0;
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
	char *release __cleanup(free_ptr) = NULL;

	if (!file_exists(path)) {
		pr_err("%s: no such file", path);
		return -ENOENT;
	}
	release = module_release(path);
	if (release && (!k->release || !strcmp(release, k->release)))
		return 0;
	if (release)
		pr_err("%s was built for %s, not for %s", path, release, k->release);
	else
		pr_err("%s is no kernel module", path);
	return -EINVAL;
}
