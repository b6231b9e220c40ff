// SPDX-License-Identifier: GPL-2.0
/*
 * The built-in storms: processes that fight for the locks of a file system, and for
 * spinlocks of a module of our own.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cache.h"
#include "base/child.h"
#include "boot/image.h"
#include "boot/load.h"

/*
 * A small image, as it travels in the initramfs; with a journal, whose commits
 * are what makes the mkdir storm fight for locks. Everything that mke2fs would
 * take from clock or chance is fixed, so that it's the same bytes everywhere.
 */
#define DISK_SIZE "8M"
#define DISK_UUID "69727173-616e-4000-8000-000000000001"
#define DISK_TIME "E2FSPROGS_FAKE_TIME=1600000000"

/* Name of the image in the cache: a change of its options needs another one. */
#define DISK_NAME "storm-1.ext4"
#define DISK_DEADLINE_S 30

static int make_disk(void *ctx, const char *path)
{
	char *tmp __cleanup(free_ptr) = xasprintf("%s.%ld", path, (long)getpid());
	/* The machine's own mke2fs.conf must not change the image. */
	const char *const argv[] = {
		"env", DISK_TIME, "MKE2FS_CONFIG=/dev/null",
		"mke2fs", "-q", "-F", "-b", "1024", "-I", "256", "-N", "4096", "-m", "0",
		"-O", "has_journal,extent,dir_index,filetype,sparse_super,^resize_inode",
		"-J", "size=1", "-U", DISK_UUID,
		"-E", "hash_seed=" DISK_UUID ",lazy_itable_init=0,lazy_journal_init=0,nodiscard",
		tmp, DISK_SIZE, NULL
	};
	int rc;

	(void)ctx;
	/* It also warns of what an empty mke2fs.conf lacks: of interest only on failure. */
	rc = child_run_quietly("mke2fs", argv, NULL, DISK_DEADLINE_S);
	if (!rc && rename(tmp, path))
		rc = file_err("put in place", path, errno);
	unlink(tmp);
	return rc;
}

/* Can the guest mount ext4 through a loop device? Negative errno when asking went wrong. */
static int add_ext4(struct image *image)
{
	static const char *const crc[] = { "crc32c_generic", NULL };
	static const char *const modules[] = { "loop", "ext4", NULL };
	const struct kernel *k = image->kernel;
	int rc;

	if (kernel_config(k, "EXT4_FS") == 'y' && kernel_config(k, "BLK_DEV_LOOP") == 'y')
		return 1;
	if (!k->modules)
		return 0;
	/* ext4 asks for it by algorithm name, so no dependency leads to it. */
	rc = image_modules(image, "module", crc);
	if (!rc || rc == -ENOENT)
		rc = image_modules(image, "module", modules);
	if (rc == -ENOENT)
		return 0;
	return rc ? rc : 1;
}

static int add_mkdir(struct image *image)
{
	char *disk __cleanup(free_ptr) = NULL;
	int rc = add_ext4(image);

	if (!rc)
		pr_info("%s has no ext4 or no loop devices: the storm runs on tmpfs only",
			image->kernel->name);
	if (rc <= 0)
		return rc;
	image_order(image, "disk", "/storm.ext4");
	return cache_file("guest", DISK_NAME, make_disk, NULL, &disk) ?:
	       initramfs_add_file(image->ir, "/storm.ext4", S_IFREG | 0644, disk);
}

static int add_lock(struct image *image)
{
	image_order(image, "storm", "/modules/irqsan_storm.ko");
	return image_test_module(image, IMAGE_STORM_SOURCE, "irqsan_storm");
}

const struct load load_mkdir_storm = {
	.name = "mkdir-storm", .add = add_mkdir, .offered = true, .pv = true, .counts = true,
};

const struct load load_lock_storm = {
	.name = "lock-storm", .add = add_lock, .offered = true, .pv = true, .counts = true,
};
