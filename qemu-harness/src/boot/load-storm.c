// SPDX-License-Identifier: GPL-2.0
/*
 * The built-in storms: processes that fight for the locks of a file system, and for
 * spinlocks of a module of our own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static int make_disk(const char *path, const char *log)
{
	char *tmp = xasprintf("%s.%ld", path, (long)getpid());
	const char *const argv[] = {
		"mke2fs", "-q", "-F", "-b", "1024", "-I", "256", "-N", "4096", "-m", "0",
		"-O", "has_journal,extent,dir_index,filetype,sparse_super,^resize_inode",
		"-J", "size=1", "-U", DISK_UUID,
		"-E", "hash_seed=" DISK_UUID ",lazy_itable_init=0,lazy_journal_init=0,nodiscard",
		tmp, DISK_SIZE, NULL
	};
	/* The machine's own mke2fs.conf must not change the image. */
	const char *const env[] = { DISK_TIME, "MKE2FS_CONFIG=/dev/null", NULL };
	struct child_opts opts = { .argv = argv, .env = env, .out = -1 };
	int status = 0, rc;

	/* It also warns of what an empty mke2fs.conf lacks: of interest only on failure. */
	opts.err = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (opts.err < 0) {
		rc = -errno;
		pr_err("%s: %s", log, strerror(errno));
		free(tmp);
		return rc;
	}
	rc = child_run(&opts, DISK_DEADLINE_S, NULL, &status);
	close(opts.err);
	if (!rc && status) {
		pr_err("mke2fs failed with status %d; it said: %s", status, log);
		rc = -EIO;
	}
	if (!rc && rename(tmp, path)) {
		rc = -errno;
		pr_err("%s: %s", path, strerror(errno));
	}
	if (rc)
		unlink(tmp);
	free(tmp);
	return rc;
}

/* The ext4 image, from the cache. */
static int get_disk(char **path)
{
	char *dir = xasprintf("%s/guest", irqsan_cache());
	char *log = xasprintf("%s/mke2fs.log", dir);
	int rc;

	*path = xasprintf("%s/" DISK_NAME, dir);
	rc = mkdir_p(dir);
	if (rc >= 0 && !file_exists(*path))
		rc = make_disk(*path, log);
	free(log);
	free(dir);
	return rc < 0 ? rc : 0;
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
	char *disk = NULL;
	int rc;

	rc = add_ext4(image);
	if (!rc)
		pr_info("%s has no ext4 or no loop devices: the storm runs on tmpfs only",
			image->kernel->name);
	if (rc <= 0)
		return rc;
	rc = get_disk(&disk);
	if (!rc)
		rc = initramfs_add_file(image->ir, "/storm.ext4", S_IFREG | 0644, disk);
	if (!rc)
		image_order(image, "disk", "/storm.ext4");
	free(disk);
	return rc;
}

static int add_lock(struct image *image)
{
	int rc = image_test_module(image, IMAGE_STORM_SOURCE, "irqsan_storm");

	if (!rc)
		image_order(image, "storm", "/modules/irqsan_storm.ko");
	return rc;
}

const struct load load_mkdir_storm = {
	.name = "mkdir-storm", .add = add_mkdir, .offered = true, .pv = true, .counts = true,
};

const struct load load_lock_storm = {
	.name = "lock-storm", .add = add_lock, .offered = true, .pv = true, .counts = true,
};
