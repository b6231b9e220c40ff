/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel sources out of a git repository of the user's, whose tree, index and HEAD
 * are left alone.
 */
#ifndef IRQSAN_SOURCE_GIT_H
#define IRQSAN_SOURCE_GIT_H

#include <stdbool.h>

bool source_is_git(const char *tree);
int source_version(const char *tree, const char *rev, char **version);
int source_checkout(const char *tree, const char *version, const char *dest);

#endif
