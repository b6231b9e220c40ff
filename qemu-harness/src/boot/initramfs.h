/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Initramfs images, the same bytes for the same contents.
 */
#ifndef IRQSAN_INITRAMFS_H
#define IRQSAN_INITRAMFS_H

#include <stddef.h>
#include <sys/types.h>

struct initramfs;

struct initramfs *initramfs_create(const char *path);
int initramfs_add_data(struct initramfs *ir, const char *name, mode_t mode,
		       const void *data, size_t len);
int initramfs_add_file(struct initramfs *ir, const char *name, mode_t mode, const char *from);
int initramfs_add_module(struct initramfs *ir, const char *name, const char *from);
int initramfs_add_dir(struct initramfs *ir, const char *name, mode_t mode);
int initramfs_add_node(struct initramfs *ir, const char *name, mode_t mode, dev_t dev);
int initramfs_finish(struct initramfs *ir, int rc);

#endif
