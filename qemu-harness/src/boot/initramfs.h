/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Builds an initramfs (cpio "newc", by libarchive), the same bytes for the
 * same contents: fixed times and owners, entries in the order given.
 */
#ifndef IRQSAN_INITRAMFS_H
#define IRQSAN_INITRAMFS_H

#include <stddef.h>
#include <sys/types.h>

struct initramfs;

struct initramfs *initramfs_create(const char *path);
/* Parent directories are added by themselves, each once. */
int initramfs_add_data(struct initramfs *ir, const char *name, mode_t mode,
		       const void *data, size_t len);
int initramfs_add_file(struct initramfs *ir, const char *name, mode_t mode, const char *from);
/* A kernel module: as initramfs_add_file(), uncompressed if it is .ko.xz/.zst/.gz. */
int initramfs_add_module(struct initramfs *ir, const char *name, const char *from);
int initramfs_add_dir(struct initramfs *ir, const char *name, mode_t mode);
int initramfs_add_symlink(struct initramfs *ir, const char *name, const char *target);
int initramfs_add_node(struct initramfs *ir, const char *name, mode_t mode, dev_t dev);
/* Writes the trailer and renames the finished file into place; frees @ir. */
int initramfs_finish(struct initramfs *ir);
/* Frees @ir and removes what was written. */
void initramfs_abort(struct initramfs *ir);

#endif
