// SPDX-License-Identifier: GPL-2.0
/*
 * Names of Rust functions, which the kernel prints as the linker has them.
 */
#include <libiberty/demangle.h>

#include "crash/demangle.h"

/**
 * demangle() - the name that a function has in its source
 * @linked: its name in the symbol table
 *
 * Return: the name, to be freed; NULL where @linked is not a mangled one.
 */
char *demangle(const char *linked)
{
	return rust_demangle(linked, DMGL_NO_OPTS);
}
