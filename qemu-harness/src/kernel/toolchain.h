/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How make is run to build a kernel from source, and modules for such a kernel.
 */
#ifndef IRQSAN_TOOLCHAIN_H
#define IRQSAN_TOOLCHAIN_H

#include "kernel/buildroot.h"

/**
 * struct toolchain - a compiler and what kernel builds need beside it
 * @br: where it is
 * @clang: clang and the other LLVM tools, not gcc and binutils
 * @vars: "NAME=VALUE" for make, of toolchain_recorded()
 */
struct toolchain {
	struct buildroot br;
	bool clang;
	struct strv vars;
};

int toolchain_get(const char *suite, bool clang, struct toolchain *t);
int toolchain_recorded(const char *config, struct toolchain *t);
void toolchain_kernel(const struct toolchain *t, const char *source, const char *build,
		      struct strv *argv);
void toolchain_module(const struct toolchain *t, const char *source, const char *build,
		      const char *module, struct strv *argv);
void toolchain_free(struct toolchain *t);

#endif
