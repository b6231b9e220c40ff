// SPDX-License-Identifier: GPL-2.0
/*
 * A restore in the last function of the module's text, which ends in an odd number
 * of zeros: when a probe is set there, kernels since 6.4 read the page behind, which
 * isn't there (docs/probing.md). Never run. Linked last.
 */
#include <linux/compiler.h>
#include <linux/irqflags.h>

#include "zoo.h"

static __used noinline __section(".text.zoo_last") void zoo_last(void)
{
	unsigned long flags;

	local_irq_save(flags);
	zoo_irq_restore(flags);
	/* Behind the function: an even number of bytes, and one more. */
	asm volatile(".subsection 1\n\t.balign 2, 0x90\n\t.byte 0x90\n\t.previous");
}
