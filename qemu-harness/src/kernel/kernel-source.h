/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel sources: Debian's own, which are fetched once and then never written
 * to, directories of the user's, and revisions of his git repositories; and patched
 * copies of them.
 */
#ifndef IRQSAN_KERNEL_SOURCE_H
#define IRQSAN_KERNEL_SOURCE_H

#include "base/util.h"

#define SOURCE_PREFIX "debian-source:"

/**
 * struct kernel_source - one source tree
 * @name: as the user gave it
 * @dir: the tree; with @git it is not what is built
 * @git: what is built is @version of the repository @dir
 * @version: of the Debian package; a git hash; or NULL for a directory
 * @suite: Debian suite whose compiler builds it; NULL for this machine's
 */
struct kernel_source {
	char *name;
	char *dir;
	bool git;
	char *version;
	char *suite;
};

int kernel_source_get(const char *name, const char *rev, struct kernel_source *s);
void kernel_source_free(struct kernel_source *s);
int kernel_source_series(const char *dir, struct strv *patches);
int kernel_source_copy(const struct kernel_source *s, const struct strv *patches,
			  const char *dest);

#endif
