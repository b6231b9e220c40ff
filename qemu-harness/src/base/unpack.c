// SPDX-License-Identifier: GPL-2.0
/*
 * What libarchive reads: Debian packages, tar archives and compressed bytes.
 */
#define _GNU_SOURCE
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/child.h"
#include "base/unpack.h"
#include "base/util.h"

#define BLOCK 65536

static void free_archive(struct archive **a)
{
	archive_free(*a);
}

/* The data.tar inside of a .deb, at which @deb is, as the source of a second archive. */
static la_ssize_t nested_read(struct archive *tar, void *deb, const void **data)
{
	static char block[BLOCK];
	la_ssize_t len = archive_read_data(deb, block, sizeof(block));

	*data = block;
	if (len < 0)
		archive_set_error(tar, archive_errno(deb), "%s", archive_error_string(deb));
	return len;
}

static int report(struct archive *a, const char *what, const char *name)
{
	int err = archive_errno(a);

	if (err == ENOSPC || err == EDQUOT) {
		pr_err("can't unpack %s: the disk is full; free some space and run again", name);
		return -ENOSPC;
	}
	pr_err("can't %s %s: %s", what, name, archive_error_string(a));
	return err > 0 && err < 4096 ? -err : -EIO;
}

static int copy_data(struct archive *in, struct archive *out, const char *name)
{
	const void *data;
	la_int64_t offset;
	size_t len;
	int rc;

	while ((rc = archive_read_data_block(in, &data, &len, &offset)) == ARCHIVE_OK) {
		if (child_interrupted())
			return -EINTR;
		if (archive_write_data_block(out, data, len, offset) < ARCHIVE_OK)
			return report(out, "unpack", name);
	}
	return rc == ARCHIVE_EOF ? 0 : report(in, "unpack", name);
}

/* Gives @e the place below @dest that @name has; false where it is to be left out. */
static bool map_name(struct unpack *u, const char *dest, const char *name, struct archive_entry *e,
		     void (*set)(struct archive_entry *e, const char *path))
{
	char *path __cleanup(free_ptr) = NULL, *full __cleanup(free_ptr) = NULL;

	while (!strncmp(name, "./", 2))
		name += 2;
	path = *name && strcmp(name, ".") ? u->path(name) : NULL;
	if (!path)
		return false;
	full = xasprintf("%s/%s", dest, path);
	set(e, full);
	return true;
}

/* False where the entry is to be left out. */
static bool map_entry(struct unpack *u, const char *dest, struct archive_entry *e)
{
	const char *name = archive_entry_pathname(e);
	const char *link = archive_entry_hardlink(e);

	if (!name || (!link && (archive_entry_filetype(e) == AE_IFCHR ||
				archive_entry_filetype(e) == AE_IFBLK)))
		return false;
	if (!map_name(u, dest, name, e, archive_entry_set_pathname) ||
	    (link && !map_name(u, dest, link, e, archive_entry_set_hardlink)))
		return false;
	if (!link && u->link && archive_entry_filetype(e) == AE_IFLNK) {
		char *target __cleanup(free_ptr) = u->link(archive_entry_symlink(e));

		archive_entry_set_symlink(e, target);
	}
	/* No setuid programs in a cache; and directories that can be filled. */
	archive_entry_set_perm(e, (archive_entry_perm(e) & 0777) |
			       (archive_entry_filetype(e) == AE_IFDIR ? 0700 : 0));
	return true;
}

/* Writes @e, whose bytes @in has next. */
static int unpack_entry(struct unpack *u, struct archive *in, struct archive *out,
			struct archive_entry *e)
{
	const char *name = archive_entry_pathname(e);
	int rc = 0;

	if (archive_write_header(out, e) < ARCHIVE_WARN)
		return report(out, "unpack", name);
	if (archive_entry_size(e) > 0) {
		u->bytes += archive_entry_size(e);
		rc = copy_data(in, out, name);
	}
	if (!rc && archive_write_finish_entry(out) < ARCHIVE_WARN)
		rc = report(out, "unpack", name);
	return rc;
}

static int unpack_entries(struct unpack *u, struct archive *in, const char *name)
{
	struct archive *out __cleanup(free_archive) = archive_write_disk_new();
	char *dest __cleanup(free_ptr) = NULL;
	struct archive_entry *e;
	int rc;

	if (!out)
		return -ENOMEM;
	/*
	 * Names in the archive may not lead out of @dest, not even through a
	 * symlink of the same archive; those on the way to @dest are resolved.
	 */
	archive_write_disk_set_options(out, ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME |
				       ARCHIVE_EXTRACT_UNLINK |
				       ARCHIVE_EXTRACT_SECURE_NODOTDOT |
				       ARCHIVE_EXTRACT_SECURE_SYMLINKS);
	rc = mkdir_p(u->dest);
	if (rc)
		return rc;
	dest = realpath(u->dest, NULL);
	if (!dest) {
		rc = -errno;
		pr_err("can't find %s: %s", u->dest, strerror(-rc));
		return rc;
	}
	while ((rc = archive_read_next_header(in, &e)) == ARCHIVE_OK || rc == ARCHIVE_WARN) {
		if (child_interrupted())
			return -EINTR;
		rc = map_entry(u, dest, e) ? unpack_entry(u, in, out, e) : 0;
		if (rc)
			return rc;
	}
	return rc == ARCHIVE_EOF ? 0 : report(in, "read", name);
}

/**
 * unpack_tar() - unpack a tar archive, compressed or not
 * @u: where to and how
 * @tar: its path
 *
 * Return: 0 or a negative errno
 */
int unpack_tar(struct unpack *u, const char *tar)
{
	struct archive *in __cleanup(free_archive) = archive_read_new();

	if (!in)
		return -ENOMEM;
	archive_read_support_format_tar(in);
	archive_read_support_filter_all(in);
	if (archive_read_open_filename(in, tar, BLOCK))
		return report(in, "read", tar);
	return unpack_entries(u, in, tar);
}

/**
 * unpack_deb() - unpack the files of a Debian package
 * @u: where to and how
 * @deb: its path
 *
 * Return: 0 or a negative errno
 */
int unpack_deb(struct unpack *u, const char *deb)
{
	struct archive *outer __cleanup(free_archive) = archive_read_new();
	struct archive *inner __cleanup(free_archive) = archive_read_new();
	struct archive_entry *e;

	if (!outer || !inner)
		return -ENOMEM;
	archive_read_support_format_ar(outer);
	if (archive_read_open_filename(outer, deb, BLOCK))
		return report(outer, "read", deb);
	do {
		if (archive_read_next_header(outer, &e)) {
			pr_err("can't unpack %s: no data.tar in it", deb);
			return -EIO;
		}
	} while (strncmp(archive_entry_pathname(e), "data.tar", 8));

	archive_read_support_format_tar(inner);
	archive_read_support_filter_all(inner);
	if (archive_read_open(inner, outer, NULL, nested_read, NULL))
		return report(inner, "read", deb);
	return unpack_entries(u, inner, deb);
}

/**
 * decompress() - append plain bytes to a buffer
 * @data: compressed bytes; plain ones are only copied
 * @len: how many
 * @out: buffer
 *
 * Says nothing when it fails: the caller knows what the bytes were.
 *
 * Return: 0 or -EBADMSG
 */
int decompress(const void *data, size_t len, struct buf *out)
{
	struct archive *a __cleanup(free_archive) = archive_read_new();
	struct archive_entry *entry;
	static char chunk[65536];
	la_ssize_t n = -1;

	archive_read_support_filter_all(a);
	archive_read_support_format_raw(a);
	if (archive_read_open_memory(a, data, len) == ARCHIVE_OK &&
	    archive_read_next_header(a, &entry) == ARCHIVE_OK) {
		while ((n = archive_read_data(a, chunk, sizeof(chunk))) > 0)
			buf_add(out, chunk, n);
	}
	return n < 0 ? -EBADMSG : 0;
}
