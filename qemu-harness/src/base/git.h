/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which repository a git works on: the one of its directory, whatever the git says
 * that we were started by.
 */
#ifndef IRQSAN_GIT_H
#define IRQSAN_GIT_H

int git_forget_caller(void);

#endif
