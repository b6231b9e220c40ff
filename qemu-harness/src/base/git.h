/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs git, on the repository of its directory, whatever the git says that we were
 * started by.
 */
#ifndef IRQSAN_GIT_H
#define IRQSAN_GIT_H

#include "base/util.h"

int git_forget_caller(void);
int git_run(const char *dir, const char *const *env, const char *const *args, struct buf *out,
	    int *status);
int git_l(const char *dir, struct buf *out, int *status, ...) __attribute__((sentinel));
int git_hash(const char *repo, const char *name, char **hash);

#endif
