/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernels built from source: a source, patches on top of it, a configuration;
 * out of it a build tree that can be booted and has a signature.
 */
#ifndef IRQSAN_BUILD_H
#define IRQSAN_BUILD_H

#include "base/util.h"

/* Directory in a build tree with all that is not kbuild's own. */
#define BUILD_OWN "irqsan"

/* build_kernel(): the source doesn't build, and @error of struct build says why. */
#define BUILD_BROKEN 1

/**
 * struct build_request - what is to be built
 * @source: "debian-source:SUITE", or the path of a source directory
 * @rev: git revision of that directory, or NULL for the files that are there
 * @patches: files, in order, and directories that hold a series each
 * @configs: names of fragments or paths of files, in order; kvm-guest comes
 *	     before them unless one is a whole .config; none: the .config of a
 *	     directory that has one
 * @clang: with LLVM=1
 * @loose: options that don't come out as asked for are only told of: this kernel
 *	   may be too old to have them
 * @out: build tree, kept from build to build; NULL for one in the cache, which
 *	 is found again for the same request
 * @side: keeps two builds of one directory apart in the cache; or NULL
 */
struct build_request {
	const char *source;
	const char *rev;
	struct strv patches;
	struct strv configs;
	bool clang;
	bool loose;
	const char *out;
	const char *side;
};

/**
 * struct build - a kernel that was built
 * @dir: build tree; a kernel's name for kernel_get()
 * @source: source tree that it was built from, with the patches in it; of a git
 *	    source a copy in the build tree
 * @suite: Debian suite whose toolchain built it; NULL for this machine's
 * @clang: whether with clang
 * @release: uname -r
 * @signature: hash of what runs (docs/kernel-builds.md)
 * @key: hash of all that it was made from, but the content of a directory
 * @seconds: how long it took
 * @kept: nothing had to be done: it was there
 * @error: why it can't be built (BUILD_BROKEN), or NULL
 * @log: what was said meanwhile
 * @held: nobody builds there again until it is closed; 0 for none
 */
struct build {
	char *dir;
	char *source;
	char *suite;
	bool clang;
	char *release;
	char *signature;
	char *key;
	double seconds;
	bool kept;
	char *error;
	char *log;
	int held;
};

int build_config(const struct strv *configs, struct buf *text);
void build_own_config(const char *source, struct strv *configs);
int build_kernel(const struct build_request *rq, struct build *b);
bool build_is_ours(const char *dir);
int build_load(const char *dir, struct build *b);
char *build_modules(const struct build *b);
int build_write_json(const struct build *b, const char *path);
void build_free(struct build *b);

#endif
