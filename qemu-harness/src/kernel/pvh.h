/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a bzImage to the ELF kernel in it, which QEMU starts directly (PVH).
 * Under emulation the kernel's own decompression is a third of the boot.
 */
#ifndef IRQSAN_PVH_H
#define IRQSAN_PVH_H

int pvh_kernel(const char *image, char **path);

#endif
