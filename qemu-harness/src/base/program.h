/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs of this machine: what they print, and the files they need elsewhere.
 */
#ifndef IRQSAN_PROGRAM_H
#define IRQSAN_PROGRAM_H

#include "base/util.h"

int program_output(const char *const *argv, struct buf *out);
char *program_first_line(const char *const *argv);
int program_libraries(const char *program, struct strv *files);

#endif
