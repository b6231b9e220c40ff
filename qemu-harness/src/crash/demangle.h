/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of functions as their source has them. In a file of its own because
 * libiberty's headers and util.h define the same names.
 */
#ifndef IRQSAN_DEMANGLE_H
#define IRQSAN_DEMANGLE_H

char *demangle(const char *linked);

#endif
