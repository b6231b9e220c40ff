/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel sources: Debian's own, which are fetched once and then never written
 * to, and directories of the user's; and patched copies of them.
 */
#ifndef IRQSAN_KERNEL_SOURCE_H
#define IRQSAN_KERNEL_SOURCE_H

#include "base/util.h"

#define SOURCE_PREFIX "debian-source:"

/**
 * struct kernel_source - one source tree
 * @name: as the user gave it
 * @dir: the tree
 * @version: of the Debian package, or NULL for a directory
 * @suite: Debian suite whose compiler builds it; NULL for this machine's
 */
struct kernel_source {
	char *name;
	char *dir;
	char *version;
	char *suite;
};

int kernel_source_get(const char *name, struct kernel_source *s);
void kernel_source_free(struct kernel_source *s);
int kernel_source_series(const char *dir, struct strv *patches);
int kernel_source_patched(const struct kernel_source *s, const struct strv *patches,
			  const char *dest);

#endif
