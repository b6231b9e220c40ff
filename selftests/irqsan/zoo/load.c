// SPDX-License-Identifier: GPL-2.0
/*
 * Not about one bug or another, but much of something.
 */
#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/spinlock.h>

#include "zoo.h"

#define CONTENTION_ROUNDS 10

static DEFINE_RAW_SPINLOCK(lock);

/* Long enough that who waits with IRQs on, or off, gives up spinning and halts. */
static void run_contention(void)
{
	unsigned long flags;
	unsigned int i;

	for (i = 0; i < CONTENTION_ROUNDS; i++) {
		raw_spin_lock(&lock);
		mdelay(1);
		raw_spin_unlock(&lock);
		raw_spin_lock_irqsave(&lock, flags);
		mdelay(1);
		raw_spin_unlock_irqrestore(&lock, flags);
	}
}

/* Unrolled: as many places that call the same unlock, with IRQs on. */
#define CROWD 600

static noinline __noclone void zoo_crowd(void)
{
	unsigned long flags;
	int i;

	local_save_flags(flags);
#pragma GCC unroll 600
	for (i = 0; i < CROWD; i++) {
		raw_spin_lock(&lock);
		raw_spin_unlock_irqrestore(&lock, flags);
	}
}

const struct exhibit zoo_loads[] = {
	{
		.name = "contention", .kind = ZOO_LOAD, .run = run_contention,
		.reference = "holds a spinlock for a millisecond at a time",
	}, {
		.name = "crowd", .kind = ZOO_LOAD, .run = zoo_crowd, .violations = CROWD,
		.site = SITE_UNLOCK, .caller = "zoo_crowd",
		.reference = "more bugs than a checker has room for",
	},
	{ }
};
