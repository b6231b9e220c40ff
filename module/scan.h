/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bytes in, restore sites out. Pure: compiled into the module and into host
 * programs alike.
 */
#ifndef IRQSAN_SCAN_H
#define IRQSAN_SCAN_H

#include "insn.h"

#ifdef __KERNEL__
#include <linux/sched.h>
#elif !defined(cond_resched)
#define cond_resched() do { } while (0)
#endif

/* Where the flags being restored can be read at the site. */
enum irqsan_saved {
	IRQSAN_SAVED_REG,	/* in a register (&struct irqsan_found.reg) */
	IRQSAN_SAVED_ZF,	/* tested already: ZF is clear if they have IRQs on */
	IRQSAN_SAVED_CF,	/* tested already: CF is set if they have IRQs on */
	IRQSAN_SAVED_UNKNOWN,	/* in memory that the site's instruction addresses */
};

/* What a compiled restore looks like. */
enum irqsan_shape {
	IRQSAN_SHAPE_POPF,	/* "push; popf": kernels before 5.12 */
	IRQSAN_SHAPE_TEST,	/* a test of bit 9 that governs an sti: 5.12 and later */
};

typedef int (*irqsan_foreign_fn)(void *ctx, size_t offset, size_t target);

/* Functions that may be told before a restore turns IRQs on. */
#define IRQSAN_TOLD 2

/**
 * struct irqsan_style - how a kernel's restores are compiled
 * @shape: what they look like
 * @told: functions that may be called between the test and the sti, as offsets
 *	  from the text that wrap around: trace_hardirqs_on() with
 *	  CONFIG_TRACE_IRQFLAGS, __sanitizer_cov_trace_pc() with CONFIG_KCOV. 0:
 *	  none
 * @foreign: called for what somebody may have put into the text: a breakpoint that
 *	     code runs into, with its own offset as target, and a jump out of the
 *	     text. Anything but 0 ends the scan. NULL: not wanted
 */
struct irqsan_style {
	enum irqsan_shape shape;
	size_t told[IRQSAN_TOLD];
	irqsan_foreign_fn foreign;
};

/**
 * struct irqsan_found - one restore of the IRQ flags
 * @offset: of the instruction to watch, in the scanned bytes. IRQs must be off
 *	    when it runs, whatever is being restored: the push of "push; popf",
 *	    or the conditional jump between the test of bit 9 and the sti
 * @test: offset of the instruction that takes bit 9 out of the flags, which may
 *	  lie far from @offset; @offset itself for "push; popf"
 * @enable: offset of the instruction that turns IRQs on: the popf, or the sti
 * @saved: where the flags being restored are at that instruction
 * @reg: register number (0 is RAX … 15 is R15) for IRQSAN_SAVED_REG
 */
struct irqsan_found {
	size_t offset;
	size_t test;
	size_t enable;
	enum irqsan_saved saved;
	u8 reg;
};

typedef int (*irqsan_exit_fn)(void *ctx, size_t offset);
typedef int (*irqsan_call_fn)(void *ctx, size_t target);
typedef int (*irqsan_found_fn)(void *ctx, const struct irqsan_found *found);

int irqsan_scan(const u8 *text, size_t len, const struct irqsan_style *style,
		irqsan_found_fn fn, void *ctx);
int irqsan_scan_enables(const u8 *text, size_t len, irqsan_exit_fn fn, void *ctx);
int irqsan_scan_calls(const u8 *text, size_t len, irqsan_call_fn fn, void *ctx);
size_t irqsan_scan_body(const u8 *text, size_t len);
int irqsan_scan_exits(const u8 *text, size_t len, irqsan_exit_fn fn, void *ctx);

#endif
