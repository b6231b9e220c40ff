/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where kernels and modules are compiled: the toolchain of a Debian suite, in a
 * sandbox without network.
 */
#ifndef IRQSAN_BUILDROOT_H
#define IRQSAN_BUILDROOT_H

#include "base/util.h"

/**
 * struct buildroot - a toolchain
 * @root: directory that holds usr and etc ("/" for this machine's own)
 * @id: changes whenever the toolchain does
 * @held: keeps it in the cache as it is; 0 for this machine's own
 */
struct buildroot {
	char *root;
	char *id;
	int held;
};

/**
 * struct bind - a directory of this machine that is seen in the sandbox
 * @from: its path here
 * @to: its path there
 * @write: may be written to; else read-only
 */
struct bind {
	const char *from;
	const char *to;
	bool write;
};

int buildroot_get(const char *suite, const struct strv *packages, struct buildroot *br);
int buildroot_host(struct buildroot *br);
void buildroot_enter(const struct buildroot *br, const struct bind *binds, struct strv *argv);
void buildroot_free(struct buildroot *br);

#endif
