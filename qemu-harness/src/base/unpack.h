/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Unpacks Debian packages and tar archives into a directory, as any user:
 * owners and device nodes are left out. And makes compressed bytes plain: those of
 * kernels and their modules come in all of libarchive's filters.
 */
#ifndef IRQSAN_UNPACK_H
#define IRQSAN_UNPACK_H

#include "base/util.h"

/**
 * struct unpack - where to, and what was done
 * @dest: directory, made if needed
 * @path: maps a name in the archive ("usr/lib/x") to one below @dest; NULL to
 *	  leave the entry out, otherwise an allocated string. @dest alone: NULL
 * @link: the same for the target of a symlink, which it never leaves out
 * @bytes: grows by the size of each file
 */
struct unpack {
	const char *dest;
	char *(*path)(const char *name);
	char *(*link)(const char *target);
	uint64_t bytes;
};

int unpack_deb(struct unpack *u, const char *deb);
int unpack_tar(struct unpack *u, const char *tar);
int decompress(const void *data, size_t len, struct buf *out);

#endif
