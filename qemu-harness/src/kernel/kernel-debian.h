/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Debian kernels in the cache: from a suite's package names to an unpacked
 * tree that needs no network any more.
 */
#ifndef IRQSAN_KERNEL_DEBIAN_H
#define IRQSAN_KERNEL_DEBIAN_H

#include <stdint.h>
#include "base/util.h"

#define DEBIAN_PREFIX "debian:"

/**
 * struct debian_kernel - one entry of the cache
 * @root: directory that the packages are unpacked in; all of lib is below
 *	  usr/lib there, and linux-kbuild-* is next to the headers in usr/src
 * @suite: Debian suite
 * @release: uname -r
 * @version: package version
 * @toolchain: packages that its headers need to build a module
 * @bytes: size of the files
 */
struct debian_kernel {
	char *root;
	char *suite;
	char *release;
	char *version;
	struct strv toolchain;
	uint64_t bytes;
};

bool debian_known(const char *name);
void debian_list(struct strv *names);
int debian_load(const char *name, struct debian_kernel *d);
int debian_get(const char *name, bool refresh, struct debian_kernel *d, int *held);
int debian_vmlinux(const char *name, bool fetch, char **path);
void debian_kernel_free(struct debian_kernel *d);

#endif
