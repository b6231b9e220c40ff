/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The modules of a build tree, in a form in which they are found by name.
 */
#ifndef IRQSAN_TREE_MODULES_H
#define IRQSAN_TREE_MODULES_H

int tree_modules(const char *tree, const char *release, char **modules);
int run_depmod(const char *root, const char *release);

#endif
