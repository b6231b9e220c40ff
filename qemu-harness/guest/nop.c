// SPDX-License-Identifier: GPL-2.0
/*
 * The least that can be executed: exits at once. Linked without a C library, so
 * that what a fork and exec of it costs is the kernel's part.
 */
#include <sys/syscall.h>

/* The kernel enters here. */
void _start(void);

void _start(void)
{
	asm volatile("syscall" : : "a" (SYS_exit), "D" (0) : "rcx", "r11", "memory");
	__builtin_unreachable();
}
