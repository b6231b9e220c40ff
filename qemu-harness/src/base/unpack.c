// SPDX-License-Identifier: GPL-2.0
/*
 * Unpacks Debian packages and tar archives into a directory, as any user:
 * owners and device nodes are left out.
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

/**
 * struct nested - the data.tar inside of a .deb as the source of a second archive
 * @deb: positioned at that member
 * @block: what was read last
 */
struct nested {
	struct archive *deb;
	char block[BLOCK];
};

static la_ssize_t nested_read(struct archive *tar, void *ctx, const void **data)
{
	struct nested *n = ctx;
	la_ssize_t len = archive_read_data(n->deb, n->block, sizeof(n->block));

	*data = n->block;
	if (len < 0)
		archive_set_error(tar, archive_errno(n->deb), "%s",
				  archive_error_string(n->deb));
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

/* 0: go on and write the entry, 1: leave it out. */
static int map_entry(struct unpack *u, const char *dest, struct archive_entry *e)
{
	const char *name = archive_entry_pathname(e);
	const char *link = archive_entry_hardlink(e);
	char *path, *full;

	if (!name)
		return 1;
	if (!link && (archive_entry_filetype(e) == AE_IFCHR ||
		      archive_entry_filetype(e) == AE_IFBLK))
		return 1;
	while (!strncmp(name, "./", 2))
		name += 2;
	if (!*name || !strcmp(name, "."))
		return 1;
	path = u->path(name);
	if (!path)
		return 1;
	full = xasprintf("%s/%s", dest, path);
	archive_entry_set_pathname(e, full);
	free(full);
	free(path);

	if (link) {
		while (!strncmp(link, "./", 2))
			link += 2;
		path = u->path(link);
		if (!path)
			return 1;
		full = xasprintf("%s/%s", dest, path);
		archive_entry_set_hardlink(e, full);
		free(full);
		free(path);
	} else if (u->link && archive_entry_filetype(e) == AE_IFLNK) {
		path = u->link(archive_entry_symlink(e));
		archive_entry_set_symlink(e, path);
		free(path);
	}
	/* No setuid programs in a cache; and directories that can be filled. */
	archive_entry_set_perm(e, (archive_entry_perm(e) & 0777) |
			       (archive_entry_filetype(e) == AE_IFDIR ? 0700 : 0));
	return 0;
}

static int unpack_entries(struct unpack *u, struct archive *in, const char *name)
{
	struct archive *out = archive_write_disk_new();
	struct archive_entry *e;
	char *dest = NULL;
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
		goto out;
	dest = realpath(u->dest, NULL);
	if (!dest) {
		rc = -errno;
		pr_err("can't find %s: %s", u->dest, strerror(-rc));
		goto out;
	}
	while ((rc = archive_read_next_header(in, &e)) == ARCHIVE_OK || rc == ARCHIVE_WARN) {
		if (child_interrupted()) {
			rc = -EINTR;
			goto out;
		}
		if (map_entry(u, dest, e))
			continue;
		if (archive_write_header(out, e) < ARCHIVE_WARN) {
			rc = report(out, "unpack", archive_entry_pathname(e));
			goto out;
		}
		if (archive_entry_size(e) > 0) {
			u->bytes += archive_entry_size(e);
			rc = copy_data(in, out, archive_entry_pathname(e));
			if (rc)
				goto out;
		}
		if (archive_write_finish_entry(out) < ARCHIVE_WARN) {
			rc = report(out, "unpack", archive_entry_pathname(e));
			goto out;
		}
	}
	rc = rc == ARCHIVE_EOF ? 0 : report(in, "read", name);
out:
	archive_write_free(out);
	free(dest);
	return rc;
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
	struct archive *in = archive_read_new();
	int rc;

	if (!in)
		return -ENOMEM;
	archive_read_support_format_tar(in);
	archive_read_support_filter_all(in);
	if (archive_read_open_filename(in, tar, BLOCK))
		rc = report(in, "read", tar);
	else
		rc = unpack_entries(u, in, tar);
	archive_read_free(in);
	return rc;
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
	struct archive *outer = archive_read_new(), *inner = archive_read_new();
	struct nested *nested = xcalloc(1, sizeof(*nested));
	struct archive_entry *e;
	int rc = -EIO;

	if (!outer || !inner) {
		rc = -ENOMEM;
		goto out;
	}
	archive_read_support_format_ar(outer);
	if (archive_read_open_filename(outer, deb, BLOCK)) {
		rc = report(outer, "read", deb);
		goto out;
	}
	do {
		if (archive_read_next_header(outer, &e)) {
			pr_err("can't unpack %s: no data.tar in it", deb);
			goto out;
		}
	} while (strncmp(archive_entry_pathname(e), "data.tar", 8));

	nested->deb = outer;
	archive_read_support_format_tar(inner);
	archive_read_support_filter_all(inner);
	if (archive_read_open(inner, nested, NULL, nested_read, NULL))
		rc = report(inner, "read", deb);
	else
		rc = unpack_entries(u, inner, deb);
out:
	archive_read_free(inner);
	archive_read_free(outer);
	free(nested);
	return rc;
}
