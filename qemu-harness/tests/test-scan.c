// SPDX-License-Identifier: GPL-2.0
/*
 * The scanner on short pieces of code: what a restore looks like, and what
 * looks like one and isn't.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"

static unsigned int pauses;

#define cond_resched() (pauses++)
#include "insn.c"
#include "scan.c"

#define NOP5 0x0f, 0x1f, 0x44, 0x00, 0x00
#define K8_NOP5 0x66, 0x66, 0x66, 0x66, 0x90
#define STI 0xfb, NOP5

/* KVM's fastop() of Debian's 5.10.0-32, from where it sets IF to CALL_NOSPEC, and behind that. */
#define FASTOP \
	0x48, 0x81, 0xcf, 0x00, 0x02, 0x00, 0x00, 0x41, 0xf6, 0x80, 0x88, 0x00, 0x00, 0x00, 0x01, \
	0x75, 0x13, 0x41, 0x8b, 0x80, 0x24, 0x01, 0x00, 0x00, 0xf3, 0x48, 0x0f, 0xbc, 0xc0, 0x48, \
	0xc1, 0xe0, 0x04, 0x48, 0x01, 0xc6, 0x49, 0x8b, 0x80, 0x50, 0x01, 0x00, 0x00, 0x49, 0x8b, \
	0x90, 0xd0, 0x00, 0x00, 0x00, 0x49, 0x81, 0xe1, 0x2a, 0xf7, 0xff, 0xff, 0x49, 0x8b, 0x88, \
	0x10, 0x01, 0x00, 0x00, 0x57, 0x9d
#define FASTOP_END 0x9c, 0x5f, 0x81, 0xe7, 0xd5, 0x08, 0x00, 0x00
/* Its test_cc(), as em_loop() and x86_emulate_insn() have it. */
#define TEST_CC 0x25, 0xd5, 0x08, 0x00, 0x00, 0x80, 0xcc, 0x02, 0x50, 0x9d
#define TEST_CC_2 \
	0x80, 0xcc, 0x02, 0x81, 0xe2, 0xf0, 0x00, 0x00, 0x00, 0x48, 0x81, 0xc2, 0x20, 0x42, 0x03, \
	0xc0, 0x50, 0x9d
/* CALL_NOSPEC of %rsi and of %rdx, as it may be patched; a thunk is far outside. */
#define CALL_RSI 0xff, 0xd6, 0x90, 0x90, 0x90
#define LFENCE_CALL_RSI 0x0f, 0xae, 0xe8, 0xff, 0xd6
#define CALL_RDX 0xff, 0xd2, 0x90, 0x90, 0x90
#define LFENCE_CALL_RDX 0x0f, 0xae, 0xe8, 0xff, 0xd2
#define CALL_THUNK 0xe8, 0x1c, 0x42, 0x9b, 0xc0

/* Where pieces call a function that is told, from the start of the piece. */
#define TOLD 0x1000

/* What a piece is to be read as: what has a popf in it is old. */
static struct irqsan_style style_of(const u8 *code, size_t len)
{
	return (struct irqsan_style){
		.shape = memchr(code, 0x9d, len) ? IRQSAN_SHAPE_POPF : IRQSAN_SHAPE_TEST,
		.told = { 0, TOLD },
	};
}

/**
 * struct piece - code and the one site in it
 * @what: for the message
 * @len: bytes of @code
 * @code: starts and ends at an instruction
 * @site: offset of the site; -1 when there must be none
 * @saved: where the saved flags are, if there is a site
 * @reg: their register for IRQSAN_SAVED_REG
 */
struct piece {
	const char *what;
	size_t len;
	u8 code[96];
	int site;
	enum irqsan_saved saved;
	u8 reg;
};

#define CODE(...) .len = sizeof((u8[]){ __VA_ARGS__ }), .code = { __VA_ARGS__ }

static const struct piece pieces[] = {
	{ "push rdi; popf, PV-patched, Intel padding",
	  CODE(0x48, 0x89, 0xdf, 0x57, 0x9d, NOP5, 0xc3), 3, IRQSAN_SAVED_REG, 7 },
	{ "push rdi; popf, AMD padding",
	  CODE(0x57, 0x9d, K8_NOP5, 0xc3), 0, IRQSAN_SAVED_REG, 7 },
	{ "push r12; popf, no padding",
	  CODE(0x41, 0x54, 0x9d, 0xc3), 0, IRQSAN_SAVED_REG, 12 },
	{ "pushq 8(%rsp); popf",
	  CODE(0xff, 0x74, 0x24, 0x08, 0x9d, 0xc3), 0, IRQSAN_SAVED_UNKNOWN, 0 },
	{ "test $0x200,%esi; je over; sti",
	  CODE(0xf7, 0xc6, 0x00, 0x02, 0x00, 0x00, 0x74, 0x06, STI, 0xc3), 6, IRQSAN_SAVED_ZF, 0 },
	{ "test $0x200,%eax (short form); je over; bare sti",
	  CODE(0xa9, 0x00, 0x02, 0x00, 0x00, 0x74, 0x01, 0xfb, 0xc3), 5, IRQSAN_SAVED_ZF, 0 },
	{ "test $2,%bh; jne away; ret; sti; jmp back",
	  CODE(0xf6, 0xc7, 0x02, 0x75, 0x01, 0xc3, STI, 0xeb, 0xf7), 3, IRQSAN_SAVED_ZF, 0 },
	{ "testb $2,9(%rsp); je over; sti",
	  CODE(0xf6, 0x44, 0x24, 0x09, 0x02, 0x74, 0x06, STI, 0xc3), 5, IRQSAN_SAVED_ZF, 0 },
	{ "and $0x200,%r13d; jne away (rel32), through a jmp, to sti",
	  CODE(0x41, 0x81, 0xe5, 0x00, 0x02, 0x00, 0x00, 0x0f, 0x85, 0x01, 0x00, 0x00, 0x00,
	       0xc3, 0xeb, 0x01, 0xcc, STI, 0xeb, 0xf4), 7, IRQSAN_SAVED_ZF, 0 },
	{ "bt $9,%edx; mov; jae over; sti",
	  CODE(0x0f, 0xba, 0xe2, 0x09, 0x48, 0x89, 0xc8, 0x73, 0x06, STI, 0xc3), 7, IRQSAN_SAVED_CF, 0 },
	{ "bt $9,%edx; jb to sti",
	  CODE(0x0f, 0xba, 0xe2, 0x09, 0x72, 0x01, 0xc3, STI, 0xc3), 4, IRQSAN_SAVED_CF, 0 },
	{ "and $0x200,%r8d; other work; test %r8,%r8; je over; sti",
	  CODE(0x41, 0x81, 0xe0, 0x00, 0x02, 0x00, 0x00, 0x84, 0xc0, 0x4d, 0x85, 0xc0, 0x74, 0x06,
	       STI, 0xc3), 12, IRQSAN_SAVED_ZF, 0 },
	{ "masked, copied to another register, tested",
	  CODE(0x81, 0xe3, 0x00, 0x02, 0x00, 0x00, 0x48, 0x89, 0xdd, 0x48, 0x85, 0xed, 0x74, 0x06,
	       STI, 0xc3), 12, IRQSAN_SAVED_ZF, 0 },
	{ "masked, spilled to the stack, tested there",
	  CODE(0x25, 0x00, 0x02, 0x00, 0x00, 0x48, 0x89, 0x44, 0x24, 0x08, 0x48, 0x83, 0x7c, 0x24,
	       0x08, 0x00, 0x74, 0x06, STI, 0xc3), 16, IRQSAN_SAVED_ZF, 0 },
	{ "tested at the head of a loop, masked at its end",
	  CODE(0x48, 0x85, 0xdb, 0x74, 0x06, STI, 0xf3, 0x90, 0x81, 0xe3, 0x00, 0x02, 0x00, 0x00,
	       0x85, 0xc0, 0x74, 0xe9, 0xc3), 3, IRQSAN_SAVED_ZF, 0 },
	{ "the sti in a function of its own, traced",
	  CODE(0xa9, 0x00, 0x02, 0x00, 0x00, 0x74, 0x05, 0xe8, 0x01, 0x00, 0x00, 0x00, 0xc3, NOP5,
	       STI, 0xc3), 5, IRQSAN_SAVED_ZF, 0 },
	{ "a spill between the branch and the sti",
	  CODE(0xa9, 0x00, 0x02, 0x00, 0x00, 0x74, 0x0a, 0x89, 0x44, 0x24, 0x08, STI, 0xc3),
	  5, IRQSAN_SAVED_ZF, 0 },

	{ "test; je over; call of what is told; sti",
	  CODE(0xf7, 0xc5, 0x00, 0x02, 0x00, 0x00, 0x74, 0x06, 0xe8, 0xf3, 0x0f, 0x00, 0x00, 0xfb,
	       0xc3), 6, IRQSAN_SAVED_ZF, 0 },

	{ "push; popf; an ordinary call",
	  CODE(0x57, 0x9d, 0xe8, 0x1c, 0x42, 0x9b, 0xc0, 0x9c, 0x5f, 0xc3), 0, IRQSAN_SAVED_REG, 7 },
	{ "push; popf, PV-patched; an indirect call",
	  CODE(0x57, 0x9d, NOP5, 0xff, 0xd6, 0xc3), 0, IRQSAN_SAVED_REG, 7 },
	{ "or $0x200,%rdi on another path; push rdi; popf; call",
	  CODE(0x48, 0x81, 0xcf, 0x00, 0x02, 0x00, 0x00, 0xc3, 0x57, 0x9d, CALL_THUNK, 0xc3),
	  8, IRQSAN_SAVED_REG, 7 },
	{ "or $2,%bl is bit 1; push rbx; popf; call",
	  CODE(0x80, 0xcb, 0x02, 0x53, 0x9d, CALL_THUNK, 0xc3), 3, IRQSAN_SAVED_REG, 3 },
	{ "or $0x400,%eax; push rax; popf",
	  CODE(0x0d, 0x00, 0x04, 0x00, 0x00, 0x50, 0x9d, 0xc3), 5, IRQSAN_SAVED_REG, 0 },

	{ "KVM's fastop, no retpoline", CODE(FASTOP, CALL_RSI, FASTOP_END), -1 },
	{ "KVM's fastop, lfence", CODE(FASTOP, LFENCE_CALL_RSI, FASTOP_END), -1 },
	{ "KVM's fastop, retpoline", CODE(FASTOP, CALL_THUNK, FASTOP_END), -1 },
	{ "KVM's test_cc, no retpoline", CODE(TEST_CC, CALL_RDX, 0x84, 0xc0), -1 },
	{ "KVM's test_cc, lfence", CODE(TEST_CC, LFENCE_CALL_RDX, 0x84, 0xc0), -1 },
	{ "KVM's test_cc, retpoline", CODE(TEST_CC, CALL_THUNK, 0x84, 0xc0), -1 },
	{ "KVM's test_cc, moved apart, no retpoline", CODE(TEST_CC_2, CALL_RDX, 0x84, 0xc0), -1 },
	{ "KVM's test_cc, moved apart, retpoline", CODE(TEST_CC_2, CALL_THUNK, 0x84, 0xc0), -1 },
	{ "bts $9,%rcx; push rcx; popf; call",
	  CODE(0x48, 0x0f, 0xba, 0xe9, 0x09, 0x51, 0x9d, CALL_THUNK, 0xc3), -1 },
	{ "or $0x200,%eax (short form); push rax; popf; call",
	  CODE(0x0d, 0x00, 0x02, 0x00, 0x00, 0x50, 0x9d, CALL_THUNK, 0xc3), -1 },

	{ "safe_halt: test; je over; sti; hlt",
	  CODE(0xf7, 0xc6, 0x00, 0x02, 0x00, 0x00, 0x74, 0x02, 0xfb, 0xf4, 0xc3), -1 },
	{ "the fixed kvm_wait: IRQs on: cli first",
	  CODE(0xf6, 0xc4, 0x02, 0x74, 0x08, 0xfa, NOP5, 0xfb, 0xf4, 0xc3), -1 },
	{ "test of another bit",
	  CODE(0xf7, 0xc6, 0x00, 0x04, 0x00, 0x00, 0x74, 0x06, STI, 0xc3), -1 },
	{ "test of two bits",
	  CODE(0xf7, 0xc6, 0x00, 0x03, 0x00, 0x00, 0x74, 0x06, STI, 0xc3), -1 },
	{ "sti on the side with IRQs off",
	  CODE(0xf7, 0xc6, 0x00, 0x02, 0x00, 0x00, 0x75, 0x06, STI, 0xc3), -1 },
	{ "test $2,%dil (with REX) is bit 1",
	  CODE(0x40, 0xf6, 0xc7, 0x02, 0x74, 0x06, STI, 0xc3), -1 },
	{ "test $2,%bl is bit 1",
	  CODE(0xf6, 0xc3, 0x02, 0x74, 0x06, STI, 0xc3), -1 },
	{ "flags overwritten before the jump",
	  CODE(0xf7, 0xc6, 0x00, 0x02, 0x00, 0x00, 0x85, 0xc0, 0x74, 0x06, STI, 0xc3), -1 },
	{ "call before the sti",
	  CODE(0xa9, 0x00, 0x02, 0x00, 0x00, 0x74, 0x06, 0xe8, 1, 0, 0, 0, 0xfb, 0xc3), -1 },
	{ "both sides come to the sti",
	  CODE(0xf7, 0xc6, 0x00, 0x02, 0x00, 0x00, 0x75, 0x02, 0x31, 0xc9, STI, 0xc3), -1 },
	{ "testb $2,0x91(%rdi): the flags of pt_regs",
	  CODE(0xf6, 0x87, 0x91, 0x00, 0x00, 0x00, 0x02, 0x74, 0x06, STI, 0xc3), -1 },
	{ "a lock is released before the sti",
	  CODE(0xf7, 0xc6, 0x00, 0x02, 0x00, 0x00, 0x74, 0x09, 0xc6, 0x07, 0x00, STI, 0xc3), -1 },
	{ "test of a register that nothing masked",
	  CODE(0x48, 0x85, 0xdb, 0x74, 0x06, STI, 0xc3), -1 },
	{ "test; je over; sti; tdcall",
	  CODE(0xf7, 0xc6, 0x00, 0x02, 0x00, 0x00, 0x74, 0x05, 0xfb, 0x66, 0x0f, 0x01, 0xcc, 0xc3),
	  -1 },
	{ "a mask in another function",
	  CODE(0x81, 0xe3, 0x00, 0x02, 0x00, 0x00, 0xc3, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc,
	       0xcc, 0xcc, NOP5, 0x48, 0x85, 0xdb, 0x74, 0x06, STI, 0xc3), -1 },
	{ "bt with je",
	  CODE(0x0f, 0xba, 0xe2, 0x09, 0x74, 0x06, STI, 0xc3), -1 },
	{ "popf of an immediate",
	  CODE(0x6a, 0x00, 0x9d, 0xc3), -1 },
	{ "popf with no push before it",
	  CODE(0x48, 0x89, 0xdf, 0x9d, 0xc3), -1 },
	{ "57 9d inside an immediate",
	  CODE(0xb8, 0x57, 0x9d, 0x90, 0x90, 0xc3), -1 },
	{ "plain local_irq_enable",
	  CODE(STI, 0xc3), -1 },
};

struct seen {
	int nr;
	struct irqsan_found last;
};

static int note(void *ctx, const struct irqsan_found *found)
{
	struct seen *seen = ctx;

	seen->nr++;
	seen->last = *found;
	return 0;
}

/* Each piece in memory of just its size: a read beyond it is caught. */
static void test_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		const struct piece *p = &pieces[i];
		struct seen seen = { 0 };
		struct irqsan_style style = style_of(p->code, p->len);
		u8 *code = malloc(p->len);

		assert_non_null(code);
		memcpy(code, p->code, p->len);
		assert_int_equal(irqsan_scan(code, p->len, &style, note, &seen), 0);
		free(code);
		if (seen.nr != (p->site >= 0))
			fail_msg("%s: %d sites", p->what, seen.nr);
		if (p->site < 0)
			continue;
		if (seen.last.offset != (size_t)p->site || seen.last.saved != p->saved ||
		    seen.last.reg != p->reg)
			fail_msg("%s: site at %zu, saved %d, reg %d", p->what,
				 seen.last.offset, seen.last.saved, seen.last.reg);
	}
}

/* Cut anywhere, and jumping anywhere: never beyond the end, no site past it. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		for (size_t len = 0; len <= pieces[i].len; len++) {
			struct irqsan_style style = style_of(pieces[i].code, len);
			struct seen seen = { 0 };
			u8 *code = malloc(len ?: 1);

			assert_non_null(code);
			memcpy(code, pieces[i].code, len);
			irqsan_scan(code, len, &style, note, &seen);
			assert_true(!seen.nr || seen.last.offset < len);
			free(code);
		}
	}
}

static int stop_at_once(void *ctx, const struct irqsan_found *found)
{
	(void)found;
	++*(int *)ctx;
	return -7;
}

static void test_callback_ends_scan(void **state)
{
	static const u8 two[] = { 0x57, 0x9d, 0x57, 0x9d };
	static const struct irqsan_style popf = { .shape = IRQSAN_SHAPE_POPF };
	int calls = 0;

	(void)state;
	assert_int_equal(irqsan_scan(two, sizeof(two), &popf, stop_at_once, &calls), -7);
	assert_int_equal(calls, 1);
}

static int note_exit(void *ctx, size_t offset)
{
	size_t **next = ctx;

	*(*next)++ = offset;
	return 0;
}

/* Returns, a jump to the return thunk, a tail call; not a jump inside. */
static void test_exits(void **state)
{
	static const u8 code[] = {
		0x74, 0x01, 0xc3,		/*  0 je 3; ret */
		0xeb, 0x00,			/*  3 jmp 5 */
		0xe9, 0x00, 0x10, 0x00, 0x00,	/*  5 jmp outside */
		0xb8, 0xc3, 0xc3, 0xc3, 0xc3,	/* 10 mov: no returns in it */
		0xeb, 0xef,			/* 15 jmp 0 */
		0xe9, 0xe0, 0xff, 0xff, 0xff,	/* 17 jmp before the start */
		0xc3,				/* 22 ret */
	};
	static const size_t want[] = { 2, 5, 17, 22 };
	size_t seen[ARRAY_SIZE(want) + 4] = { 0 }, *next = seen;

	(void)state;
	assert_int_equal(irqsan_scan_exits(code, sizeof(code), note_exit, &next), 0);
	assert_int_equal(next - seen, ARRAY_SIZE(want));
	assert_memory_equal(seen, want, sizeof(want));
}

static void note_exits(const u8 *code, size_t len, int want, size_t *seen, size_t nr)
{
	size_t *next = seen;

	assert_int_equal(irqsan_scan_exits(code, len, note_exit, &next), want);
	assert_int_equal(next - seen, nr);
}

/* Zeros fill up; anything else that is no instruction is said, after what was seen. */
static void test_walk_ends(void **state)
{
	static const u8 filled[] = { 0xc3, 0x00, 0x00, 0x00 };
	static const u8 unknown[] = { 0xc3, 0x06, 0xc3 };
	static const u8 cut[] = { 0x90, 0xe9, 0x00, 0x10 };
	static const u8 udb[] = { 0xd6, 0xe8, 0x00, 0x10, 0x00, 0x00, 0xc3 };
	static const u8 calls[] = { 0xe8, 0x00, 0x10, 0x00, 0x00, 0xc3, 0x06, 0xc3 };
	size_t seen[4], *next = seen;

	(void)state;
	for (size_t len = 1; len <= sizeof(filled); len++)
		note_exits(filled, len, 0, seen, 1);
	note_exits(unknown, sizeof(unknown), -1, seen, 1);
	assert_int_equal(seen[0], 0);
	note_exits(cut, sizeof(cut), -1, seen, 0);
	note_exits(udb, sizeof(udb), 0, seen, 1);
	assert_int_equal(seen[0], 6);

	assert_int_equal(irqsan_scan_calls(udb, sizeof(udb), note_exit, &next), 0);
	assert_int_equal(next - seen, 1);
	assert_int_equal(seen[0], 0x1006);
	assert_int_equal(irqsan_scan_calls(calls, sizeof(calls), note_exit, &next), -1);
	assert_int_equal(next - seen, 2);
	assert_int_equal(seen[1], 0x1005);
	assert_int_equal(irqsan_scan_calls(filled, sizeof(filled), note_exit, &next), 0);
}

/* What idles is watched where it is called: by hlt, mwait, and tdcall. */
static void test_enables(void **state)
{
	static const u8 code[] = {
		STI,				/*  0 sti; nop */
		0xe8, 0x07, 0x00, 0x00, 0x00,	/*  6 call 18 */
		0xfb, 0x66, 0x0f, 0x01, 0xcc,	/* 11 sti; tdcall */
		0xc3, 0xcc,			/* 16 ret */
		0xfb, 0xf4, 0xc3,		/* 18 sti; hlt; ret */
		0xfb, 0x0f, 0x01, 0xc9,		/* 21 sti; mwait */
		0xfb, 0x66, 0x0f, 0x01, 0xcf,	/* 25 sti; seamcall: does not idle */
		0xe8, 0xe8, 0xff, 0xff, 0xff,	/* 30 call 11 */
	};
	static const size_t want[] = { 0, 6, 25, 30 };
	size_t seen[ARRAY_SIZE(want) + 4] = { 0 }, *next = seen;

	(void)state;
	assert_int_equal(irqsan_scan_enables(code, sizeof(code), note_exit, &next), 0);
	assert_int_equal(next - seen, ARRAY_SIZE(want));
	assert_memory_equal(seen, want, sizeof(want));
}

/* Once every 64 kB of instructions. */
static void test_pauses(void **state)
{
	static const struct irqsan_style style = { .shape = IRQSAN_SHAPE_TEST };
	static u8 code[5 * 65536];
	struct seen seen = { 0 };

	(void)state;
	memset(code, 0x90, sizeof(code));
	pauses = 0;
	irqsan_scan(code, sizeof(code), &style, note, &seen);
	assert_int_equal(pauses, 5);
	irqsan_scan_enables(code, sizeof(code), note_exit, NULL);
	assert_int_equal(pauses, 10);
	irqsan_scan(code, 65535, &style, note, &seen);
	assert_int_equal(pauses, 10);
}

/* What every function may begin with is stepped over, once each. */
static void test_body(void **state)
{
	static const u8 bare[] = { 0x53, 0xc3 };
	static const u8 traceable[] = { NOP5, 0x53, 0xc3 };
	static const u8 traced[] = { 0xf3, 0x0f, 0x1e, 0xfa, 0xe8, 1, 2, 3, 4, 0x53, 0xc3 };
	static const u8 endbr[] = { 0xf3, 0x0f, 0x1e, 0xfa, 0x53, 0xc3 };
	static const u8 more[] = { NOP5, NOP5, 0xc3 };

	(void)state;
	assert_int_equal(irqsan_scan_body(bare, sizeof(bare)), 0);
	assert_int_equal(irqsan_scan_body(traceable, sizeof(traceable)), 5);
	assert_int_equal(irqsan_scan_body(traced, sizeof(traced)), 9);
	assert_int_equal(irqsan_scan_body(endbr, sizeof(endbr)), 4);
	assert_int_equal(irqsan_scan_body(more, sizeof(more)), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_callback_ends_scan),
		cmocka_unit_test(test_exits),
		cmocka_unit_test(test_walk_ends),
		cmocka_unit_test(test_enables),
		cmocka_unit_test(test_pauses),
		cmocka_unit_test(test_body),
	};

	return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
