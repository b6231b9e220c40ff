/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's userland: a disk that is only read, under a tmpfs that takes the writes.
 */
#ifndef IRQSAN_GUEST_ROOT_H
#define IRQSAN_GUEST_ROOT_H

#include <stdbool.h>

bool root_mount(const char *fs);
int root_exec(char *const argv[]);

#endif
