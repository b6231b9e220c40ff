/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a kernel is to be configured with: fragments in the form of .config,
 * merged, and compared with what came of it.
 */
#ifndef IRQSAN_KCONFIG_H
#define IRQSAN_KCONFIG_H

#include "base/util.h"

/**
 * struct kconfig_option - one line of a fragment
 * @name: with CONFIG_
 * @value: as in .config; "n" for one that is not set
 * @from: the fragment, as it was named
 */
struct kconfig_option {
	char *name;
	char *value;
	const char *from;
};

/**
 * struct kconfig - the merged fragments
 * @names: the fragments and the base, as they were named
 * @base: path of a whole .config that they are on top of, or NULL: then what
 *	  no fragment names is off
 * @options: each symbol once, with the value that came last
 * @n: how many
 */
struct kconfig {
	struct strv names;
	char *base;
	struct kconfig_option *options;
	size_t n;
};

int kconfig_add(struct kconfig *kc, const char *name);
int kconfig_text(const struct kconfig *kc, struct buf *b);
char *kconfig_value(const char *config, const char *name);
size_t kconfig_missed(const struct kconfig *kc, const char *config, struct buf *missed);
void kconfig_free(struct kconfig *kc);

#endif
