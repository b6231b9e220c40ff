// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes in any of the compressions that kernels and their modules come in
 * (libarchive's filters), made plain.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

#include "base/decompress.h"

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
	struct archive *a = archive_read_new();
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
	archive_read_free(a);
	return n < 0 ? -EBADMSG : 0;
}
