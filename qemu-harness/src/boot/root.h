/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A userland for guests: from "debian:SUITE[,PACKAGE...]", a directory or an image to
 * a disk that the guest can't write to.
 */
#ifndef IRQSAN_ROOT_H
#define IRQSAN_ROOT_H

struct image;

int root_check(const char *spec);
int root_get(const char *spec, const char *dir, char **path, int *held);
int root_add(struct image *image);

#endif
