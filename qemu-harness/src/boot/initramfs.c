// SPDX-License-Identifier: GPL-2.0
/*
 * Builds an initramfs (cpio "newc", by libarchive), the same bytes for the
 * same contents: fixed times and owners, entries in the order given.
 */
#define _GNU_SOURCE
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/unpack.h"
#include "boot/initramfs.h"

/*
 * The kernel accepts archives one behind the other if each starts at a
 * multiple of 4; whole sectors also suit tools that look for a block.
 */
#define CPIO_ALIGN 512

/**
 * struct initramfs - one being written
 * @path: where it will be
 * @tmp: where it is until then
 * @fd: @tmp
 * @archive: libarchive's state
 * @dirs: directories that it has
 * @err: the first error, -errno; nothing is written from then on
 */
struct initramfs {
	char *path;
	char *tmp;
	int fd;
	struct archive *archive;
	struct strv dirs;
	int err;
};

static int fail(struct initramfs *ir)
{
	int err = archive_errno(ir->archive);

	ir->err = file_err("write", ir->path, err > 0 ? err : EIO);
	return ir->err;
}

/* Frees it, and what was written if that isn't in its place. */
static void initramfs_free(struct initramfs *ir)
{
	/* An unfinished one gets a trailer; that does not matter, the file goes. */
	if (ir->archive)
		archive_write_free(ir->archive);
	close_fd(&ir->fd);
	unlink(ir->tmp);
	strv_free(&ir->dirs);
	free(ir->tmp);
	free(ir->path);
	free(ir);
}

/**
 * initramfs_create() - begin a new initramfs
 * @path: file that initramfs_finish() puts into place
 *
 * Return: it, or NULL when the reason was printed
 */
struct initramfs *initramfs_create(const char *path)
{
	struct initramfs *ir = xcalloc(1, sizeof(*ir));

	ir->path = xstrdup(path);
	ir->tmp = xasprintf("%s.XXXXXX", path);
	ir->archive = archive_write_new();
	ir->fd = mkostemp(ir->tmp, O_CLOEXEC);
	if (ir->fd < 0)
		file_err("create", ir->tmp, errno);
	else if (!ir->archive || archive_write_set_format_cpio_newc(ir->archive) != ARCHIVE_OK ||
		 archive_write_add_filter_none(ir->archive) != ARCHIVE_OK ||
		 archive_write_set_bytes_per_block(ir->archive, CPIO_ALIGN) != ARCHIVE_OK ||
		 archive_write_set_bytes_in_last_block(ir->archive, CPIO_ALIGN) != ARCHIVE_OK ||
		 archive_write_open_fd(ir->archive, ir->fd) != ARCHIVE_OK)
		pr_err("can't create %s: libarchive has no cpio", path);
	else
		return ir;
	initramfs_free(ir);
	return NULL;
}

/* What every entry has in common. The name loses its leading slashes. */
static struct archive_entry *entry_new(const char *name, mode_t type, mode_t mode)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, name + strspn(name, "/"));
	archive_entry_set_filetype(e, type);
	archive_entry_set_perm(e, mode & 07777);
	archive_entry_set_nlink(e, 1);
	archive_entry_set_size(e, 0);
	archive_entry_set_mtime(e, 0, 0);
	return e;
}

/* Writes the header and frees the entry. */
static int put_header(struct initramfs *ir, struct archive_entry *e)
{
	int rc = archive_write_header(ir->archive, e);

	archive_entry_free(e);
	return rc == ARCHIVE_OK ? 0 : fail(ir);
}

static int put_dir(struct initramfs *ir, const char *name, size_t len, mode_t mode)
{
	char *dir __cleanup(free_ptr) = xasprintf("%.*s", (int)len, name);

	if (ir->err || strv_has(&ir->dirs, dir))
		return ir->err;
	strv_push(&ir->dirs, dir);
	return put_header(ir, entry_new(dir, AE_IFDIR, mode));
}

static int put_parents(struct initramfs *ir, const char *name)
{
	name += strspn(name, "/");
	for (const char *p = strchr(name, '/'); p; p = strchr(p + 1, '/'))
		put_dir(ir, name, p - name, 0755);
	return ir->err;
}

/**
 * initramfs_add_data() - add a file from memory
 * @ir: initramfs
 * @name: its path in it; parent directories are added by themselves, each once
 * @mode: permissions
 * @data: its contents
 * @len: how many bytes
 *
 * Return: 0 or a negative errno
 */
int initramfs_add_data(struct initramfs *ir, const char *name, mode_t mode,
		       const void *data, size_t len)
{
	struct archive_entry *e;

	if (put_parents(ir, name))
		return ir->err;
	e = entry_new(name, AE_IFREG, mode);
	archive_entry_set_size(e, len);
	if (put_header(ir, e))
		return ir->err;
	if (len && archive_write_data(ir->archive, data, len) != (la_ssize_t)len)
		return fail(ir);
	return 0;
}

/**
 * initramfs_add_file() - add a file of this machine
 * @ir: initramfs
 * @name: its path in it
 * @mode: permissions
 * @from: the file; symlinks are followed
 *
 * Return: 0 or a negative errno
 */
int initramfs_add_file(struct initramfs *ir, const char *name, mode_t mode, const char *from)
{
	struct buf data __cleanup(buf_free) = { 0 };
	int rc = read_file(from, &data);

	ir->err = ir->err ?: rc;
	return rc ?: initramfs_add_data(ir, name, mode, data.data, data.len);
}

/**
 * initramfs_add_module() - add a kernel module
 * @ir: initramfs
 * @name: its path in it
 * @from: the .ko, or a compressed one: finit_module() wants it plain, and not
 *	  every kernel can decompress it
 *
 * Return: 0 or a negative errno
 */
int initramfs_add_module(struct initramfs *ir, const char *name, const char *from)
{
	struct buf packed __cleanup(buf_free) = { 0 }, plain __cleanup(buf_free) = { 0 };
	int rc = read_file(from, &packed);

	if (!rc) {
		rc = decompress(packed.data, packed.len, &plain);
		if (rc)
			pr_err("can't decompress %s; the file is damaged", from);
	}
	ir->err = ir->err ?: rc;
	return rc ?: initramfs_add_data(ir, name, 0644, plain.data, plain.len);
}

/**
 * initramfs_add_dir() - add a directory; nothing happens if it has it already
 * @ir: initramfs
 * @name: its path in it
 * @mode: permissions
 *
 * Return: 0 or a negative errno
 */
int initramfs_add_dir(struct initramfs *ir, const char *name, mode_t mode)
{
	size_t len;

	name += strspn(name, "/");
	for (len = strlen(name); len && name[len - 1] == '/'; len--)
		;
	return put_parents(ir, name) ?: put_dir(ir, name, len, mode);
}

/**
 * initramfs_add_node() - add a device node
 * @ir: initramfs
 * @name: its path in it
 * @mode: type (S_IFCHR or S_IFBLK) and permissions
 * @dev: device number
 *
 * Return: 0 or a negative errno
 */
int initramfs_add_node(struct initramfs *ir, const char *name, mode_t mode, dev_t dev)
{
	struct archive_entry *e;

	if (put_parents(ir, name))
		return ir->err;
	e = entry_new(name, mode & S_IFMT, mode);
	archive_entry_set_rdev(e, dev);
	return put_header(ir, e);
}

/**
 * initramfs_finish() - write the trailer and put the file into place
 * @ir: initramfs; freed. NULL: it could not be created
 * @rc: 0; another value is returned, and nothing stays of the file
 *
 * Return: 0 or a negative errno (also that of an earlier failure)
 */
int initramfs_finish(struct initramfs *ir, int rc)
{
	if (!ir)
		return -EIO;
	rc = rc ?: ir->err;
	if (!rc && archive_write_close(ir->archive) != ARCHIVE_OK)
		rc = fail(ir);
	if (!rc && (fchmod(ir->fd, 0644) || rename(ir->tmp, ir->path)))
		rc = file_err("put into place", ir->path, errno);
	initramfs_free(ir);
	return rc;
}
