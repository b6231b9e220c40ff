/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernels by name: where the image, its modules and its headers are, and how
 * a module is built for it.
 *
 * A name is "debian:SUITE[/FLAVOUR][=VERSION]" (downloaded through apt into the
 * cache); a release that this machine has installed, as uname -r says it; or the path
 * of a bzImage, of a kernel build tree, or of a directory that a kernel and its modules
 * were installed into. A build tree is one of "irqsan kernel build" or any other.
 */
#ifndef IRQSAN_KERNEL_H
#define IRQSAN_KERNEL_H

#include "base/util.h"

/**
 * struct kernel - one kernel that can be booted
 * @name: as the user gave it
 * @release: what uname -r prints in it ("5.10.0-32-amd64"); NULL if unknown
 * @version: Debian package version, or NULL
 * @suite: Debian suite that it came from, or NULL
 * @image: path of the bzImage
 * @config: path of its .config, or NULL
 * @modules: directory of its modules (…/lib/modules/RELEASE, with
 *	     modules.dep), or NULL
 * @headers: root of the unpacked packages (usr/src holds the headers and
 *	     linux-kbuild-*; it has to stand at /usr/src for a build), or
 *	     the build tree itself, or NULL
 * @source: what "irqsan kernel build" built it from, or NULL
 * @toolchain: Debian suite whose toolchain it used for that, or NULL for this
 *	       machine's
 * @clang: whether that was with clang
 * @held: keeps what is in the cache, or was built by irqsan, as it is; 0 for none
 */
struct kernel {
	char *name;
	char *release;
	char *version;
	char *suite;
	char *image;
	char *config;
	char *modules;
	char *headers;
	char *source;
	char *toolchain;
	bool clang;
	int held;
};

int kernel_get(const char *name, struct kernel *k);
void kernel_release(struct kernel *k);
void kernel_free(struct kernel *k);
char kernel_config(const struct kernel *k, const char *symbol);
int kernel_module_source(const char *srcdir, struct buf *list);
int kernel_build_module(const struct kernel *k, const char *srcdir, char **outdir);
int kernel_module_files(const struct kernel *k, const char *const *names, struct strv *files);
int kernel_check_module(const struct kernel *k, const char *path);

#endif
