// SPDX-License-Identifier: GPL-2.0
/*
 * A userland for guests (docs/userland.md): makes or finds its image, and puts what
 * the guest needs to mount it into the guest's initramfs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cache.h"
#include "base/program.h"
#include "boot/image.h"
#include "boot/root.h"
#include "boot/vm.h"
#include "kernel/kernel-debian.h"
#include "kernel/mmdebstrap.h"

#define PACK_DEADLINE_S 1800
/* In an entry of the cache. */
#define CACHED "root.sqfs"
/* Enough of an image to hold the superblock of each file system. */
#define HEAD_SIZE 2048

/*
 * Not compressed: an emulated CPU reads faster than it unpacks. Each kernel that has
 * squashfs has zlib for it.
 */
#define PACK_OPTIONS "-no-progress", "-comp", "gzip", "-noI", "-noD", "-noF", "-noX"

static const char *const pack_marks[] = { "FATAL ERROR", "not found", "ailed", NULL };

/**
 * struct root_fs - a file system that a root may be of
 * @name: the kernel's word for it, and its module's name
 * @config: its option
 * @magic: what it is known by
 * @len: how many bytes of @magic
 * @at: where they are
 */
struct root_fs {
	const char *name;
	const char *config;
	const char *magic;
	size_t len;
	size_t at;
};

static const struct root_fs file_systems[] = {
	{ "squashfs", "SQUASHFS", "hsqs", 4, 0 },
	{ "erofs", "EROFS_FS", "\xe2\xe1\xf5\xe0", 4, 1024 },
	{ "ext4", "EXT4_FS", "\x53\xef", 2, 1024 + 0x38 },
};

/* By the number that a squashfs has of it. Each is an option of its own. */
static const char *const compressors[] = { NULL, "ZLIB", NULL, "LZO", "XZ", "LZ4", "ZSTD" };

#define SQUASHFS_COMPRESSOR 20
#define EXT4_INCOMPAT (1024 + 0x60)
#define EXT4_RECOVER 4

static bool is_debian(const char *spec)
{
	return !strncmp(spec, DEBIAN_PREFIX, strlen(DEBIAN_PREFIX));
}

/* Names only: mmdebstrap and apt understand patterns and versions as well. */
static bool is_name(const char *name)
{
	return *name && !strchr("+.-", *name) &&
	       !name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789+.-")];
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "SUITE,PACKAGE,..." has the suite first, and then the packages, sorted, each once. */
static int parse_debian(const char *spec, char **suite, struct strv *packages)
{
	char *copy __cleanup(free_ptr) = xstrdup(spec + strlen(DEBIAN_PREFIX)), *name;
	char *rest = copy;

	while ((name = strsep(&rest, ","))) {
		if (!is_name(name)) {
			pr_err("--root %s: wants debian:SUITE[,PACKAGE...], without versions",
			       spec);
			return -EINVAL;
		}
		if (name == copy)
			*suite = xstrdup(name);
		else if (!strv_has(packages, name))
			strv_push(packages, name);
	}
	if (packages->n)
		qsort(packages->v, packages->n, sizeof(*packages->v), compare);
	return 0;
}

/* Reads the superblock of an image. */
static int image_fs(const char *path, unsigned char head[HEAD_SIZE], const struct root_fs **fs)
{
	int fd __cleanup(close_fd) = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, head, HEAD_SIZE, 0);
	size_t i = 0;

	if (n < 0)
		return file_err("read the root", path, errno);
	while (n == HEAD_SIZE && i < ARRAY_SIZE(file_systems) &&
	       memcmp(head + file_systems[i].at, file_systems[i].magic, file_systems[i].len))
		i++;
	if (n < HEAD_SIZE || i == ARRAY_SIZE(file_systems)) {
		pr_err("--root %s: is neither a directory nor an image of squashfs, erofs or ext4",
		       path);
		return -EINVAL;
	}
	*fs = &file_systems[i];
	if (!strcmp((*fs)->name, "ext4") && head[EXT4_INCOMPAT] & EXT4_RECOVER) {
		pr_err("--root %s: was not unmounted, and guests can't mend it; run e2fsck -f",
		       path);
		return -EINVAL;
	}
	return 0;
}

static int check_dir(const char *spec)
{
	char *path __cleanup(free_ptr) = realpath(spec, NULL);
	char *sh __cleanup(free_ptr) = xasprintf("%s/bin/sh", spec);
	struct stat st;

	if (path && !strcmp(path, "/"))
		pr_err("--root %s: is this whole machine; name the directory of another root",
		       spec);
	else if (lstat(sh, &st))
		pr_err("--root %s: has no bin/sh, so it is no root", spec);
	else
		return 0;
	return -EINVAL;
}

/**
 * root_check() - could that be a root?
 * @spec: "debian:SUITE[,PACKAGE...]", a directory or an image
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int root_check(const char *spec)
{
	unsigned char head[HEAD_SIZE];
	const struct root_fs *fs;
	struct strv packages __cleanup(strv_free) = {};
	char *suite __cleanup(free_ptr) = NULL;

	if (is_debian(spec))
		return parse_debian(spec, &suite, &packages);
	return is_directory(spec) ? check_dir(spec) : image_fs(spec, head, &fs);
}

static int need_program(const char *name)
{
	char *path __cleanup(free_ptr) = find_program(name);

	if (path)
		return 0;
	pr_err("%s is missing; install squashfs-tools (4.5 or newer)", name);
	return -ENOENT;
}

static int pack(const char *const *argv, const char *log)
{
	return tool_run(&(struct tool){
		.what = "packing the root", .argv = argv, .log = log,
		.deadline_s = PACK_DEADLINE_S, .marks = pack_marks,
	});
}

/* As user mmdebstrap leaves out the root directory itself. */
static int pack_tar(const char *tar, const char *path, const char *log)
{
	static const char script[] = "tar=$1; shift; exec sqfstar \"$@\" <\"$tar\"";
	const char *const argv[] = {
		"sh", "-c", script, "sh", tar, PACK_OPTIONS, "-root-mode", "0755",
		"-root-uid", "0", "-root-gid", "0", path, NULL
	};

	return pack(argv, log);
}

/* What a user has unpacked belongs to that user; in a root it belongs to root. */
static int pack_dir(const char *from, const char *path, const char *log)
{
	const char *const argv[] = {
		"mksquashfs", from, path, "-noappend", "-exit-on-error", PACK_OPTIONS,
		geteuid() ? "-all-root" : NULL, NULL
	};

	return pack(argv, log);
}

/**
 * struct debian - a Debian in the cache
 * @spec: as the user gave it
 * @suite: its suite; owned
 * @packages: what is added, sorted, each once
 */
struct debian {
	const char *spec;
	char *suite;
	struct strv packages;
};

static int find_debian(void *ctx, const char *dir)
{
	char *path __cleanup(free_ptr) = xasprintf("%s/" CACHED, dir);

	(void)ctx;
	return file_exists(path) ? 0 : -ENOENT;
}

static int make_debian(void *ctx, const char *work, const char *dest)
{
	const struct debian *d = ctx;
	char *log __cleanup(free_ptr) =
		xasprintf("%.*s.log", (int)strlen(work) - (int)strlen(".tmp"), work);
	char *tar __cleanup(free_ptr) = xasprintf("%s/root.tar", work);
	char *image __cleanup(free_ptr) = xasprintf("%s/" CACHED, dest);
	char *what __cleanup(free_ptr) = xasprintf("making the root %s", d->spec);
	double start = now();
	int rc;

	pr_info("%s (once)", what);
	rc = mmdebstrap(&(struct mmdebstrap){
		.what = what, .suite = d->suite, .variant = "required",
		.packages = &d->packages, .tmp = work, .tar = tar, .log = log,
	}) ?: pack_tar(tar, image, log);
	if (!rc)
		pr_info("the root %s is ready, %.0f s", d->spec, now() - start);
	return rc;
}

/* The name of its entry in the cache, which the caller frees. */
static int debian_key(const struct debian *d, char **key)
{
	struct buf text __cleanup(buf_free) = {};
	char hex[65];
	int rc;

	/* A change of how roots are made needs another number. */
	buf_addf(&text, "1 %s", d->suite);
	for (size_t i = 0; i < d->packages.n; i++)
		buf_addf(&text, ",%s", d->packages.v[i]);
	rc = sha256_data(text.data, text.len, hex);
	if (!rc)
		*key = xasprintf("roots/%s-%.12s", d->suite, hex);
	return rc;
}

/* The image of a Debian, from the cache, where it stays as long as @held is open. */
static int get_debian(const char *spec, char **path, int *held)
{
	struct debian d = { .spec = spec };
	char *key __cleanup(free_ptr) = NULL;
	int rc = need_program("sqfstar") ?: parse_debian(spec, &d.suite, &d.packages) ?:
		 debian_key(&d, &key);

	if (!rc)
		rc = cache_get(&(struct cache_entry){
			.key = key, .find = find_debian, .make = make_debian, .ctx = &d,
		}, held);
	if (!rc)
		*path = xasprintf("%s/%s/" CACHED, irqsan_cache(), key);
	strv_free(&d.packages);
	free(d.suite);
	return rc;
}

/* It would be packed into itself. */
static int check_outside(const char *spec, const char *dir)
{
	char *root __cleanup(free_ptr) = realpath(spec, NULL);
	char *run __cleanup(free_ptr) = realpath(dir, NULL);
	size_t len = root ? strlen(root) : 0;

	if (!root || !run || strncmp(run, root, len) || (run[len] && run[len] != '/'))
		return 0;
	pr_err("--root %s: holds %s, the directory of the run; choose another with --keep", spec,
	       dir);
	return -EINVAL;
}

/**
 * root_get() - the image of a root
 * @spec: "debian:SUITE[,PACKAGE...]", a directory or an image
 * @dir: directory of the run, where it can be reached as "root.image"
 * @path: its path; the caller removes and frees it
 * @held: to be closed when the cache may remove it; 0 if it isn't there
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int root_get(const char *spec, const char *dir, char **path, int *held)
{
	char *log __cleanup(free_ptr) = xasprintf("%s/root.log", dir);
	char *from __cleanup(free_ptr) = NULL;
	int rc = 0;

	*path = xasprintf("%s/root.image", dir);
	/* What is left of an earlier run may lead to an image: mksquashfs would write there. */
	unlink(*path);
	if (is_debian(spec))
		rc = get_debian(spec, &from, held);
	else if (is_directory(spec))
		return need_program("mksquashfs") ?: check_outside(spec, dir) ?:
		       pack_dir(spec, *path, log);
	else
		from = realpath(spec, NULL);
	if (!rc && !from)
		rc = file_err("find the root", spec, errno);
	return rc ?: symlink(from, *path) ? file_err("create", *path, errno) : 0;
}

/* A driver that is built in, or its module. What is not known the guest finds out. */
static int add_driver(struct image *image, const char *module, const char *config)
{
	const char *const names[] = { module, NULL };
	const struct kernel *k = image->kernel;
	int rc;

	if (kernel_config(k, config) == 'y')
		return 0;
	rc = image_modules(image, "module", names);
	if (rc == -ENOENT && !k->config && !k->modules)
		return 0;
	if (rc != -ENOENT)
		return rc;
	pr_err("%s lacks %s, which --root needs: build it with CONFIG_%s=y (--config root)",
	       k->name, module, config);
	return -EINVAL;
}

static int check_compressor(const struct image *image, const unsigned char *head)
{
	unsigned int nr = head[SQUASHFS_COMPRESSOR];
	char *config __cleanup(free_ptr) = NULL;

	if (nr >= ARRAY_SIZE(compressors) || !compressors[nr])
		return 0;
	config = xasprintf("SQUASHFS_%s", compressors[nr]);
	if (!image->kernel->config || kernel_config(image->kernel, config) == 'y')
		return 0;
	pr_err("%s can't unpack %s: build it with CONFIG_%s=y", image->kernel->name,
	       image->plan->root, config);
	return -EINVAL;
}

/**
 * root_add() - put what mounts the root into a guest's initramfs
 * @image: the guest's; its root is there
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int root_add(struct image *image)
{
	static const char *const crc[] = { "crc32c_generic", NULL };
	bool micro = vm_is_micro(image->plan->accel, &image->plan->devices);
	unsigned char head[HEAD_SIZE];
	const struct root_fs *fs;
	int rc;

	rc = image_fs(image->root, head, &fs);
	if (rc)
		return rc;
	if (!strcmp(fs->name, "squashfs"))
		rc = check_compressor(image, head);
	rc = rc ?: (micro ? add_driver(image, "virtio_mmio", "VIRTIO_MMIO") :
			    add_driver(image, "virtio_pci", "VIRTIO_PCI")) ?:
	     add_driver(image, "virtio_blk", "VIRTIO_BLK") ?:
	     /* ext4 and erofs ask for it by algorithm name, so no dependency leads to it. */
	     image_modules(image, "module", crc);
	if (!rc || rc == -ENOENT)
		rc = add_driver(image, fs->name, fs->config) ?:
		     add_driver(image, "overlay", "OVERLAY_FS");
	image_order(image, "root", fs->name);
	return rc;
}
