/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Directories of runs: one a command, in it one a boot.
 */
#ifndef IRQSAN_RUNDIR_H
#define IRQSAN_RUNDIR_H

#include <jansson.h>

#include "base/util.h"

int rundir_create(const char *keep, const char *kernel, const char *accel, char **dir);
int rundir_boot(const char *dir, unsigned int number, unsigned int attempt, char **boot);
int rundir_read(const char *dir, const char *name, struct buf *out);
int rundir_write_json(const char *dir, const char *name, const json_t *doc);
int rundir_write_text(const char *dir, const char *name, const char *text);

#endif
