// SPDX-License-Identifier: GPL-2.0
/*
 * The scanner on hostile bytes: it must end, read nothing beyond them, and
 * name only sites that could be ones. For libFuzzer ("make fuzz-scan"), and
 * included by test-scan-random.c.
 */
#include <stdio.h>
#include <stdlib.h>

#include "insn.c"
#include "scan.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/**
 * struct fuzzed - one scan
 * @text: the bytes
 * @len: how many
 * @shape: what is looked for
 * @next: where the next site may be at the earliest
 */
struct fuzzed {
	const u8 *text;
	size_t len;
	enum irqsan_shape shape;
	size_t next;
};

static void expect(bool ok, const char *what, const struct irqsan_found *found)
{
	if (ok)
		return;
	fprintf(stderr, "%s: site at %zu, test %zu, enable %zu, saved %d, reg %u\n", what,
		found->offset, found->test, found->enable, found->saved, found->reg);
	abort();
}

static int check_found(void *ctx, const struct irqsan_found *found)
{
	struct fuzzed *f = ctx;
	struct irqsan_insn insn;

	expect(found->offset < f->len, "the site lies outside", found);
	expect(found->test < f->len, "the test lies outside", found);
	expect(found->enable < f->len, "the sti or popf lies outside", found);
	expect(found->offset >= f->next, "sites are not in order", found);
	f->next = found->offset + 1;
	expect(irqsan_insn_decode(f->text + found->enable, f->len - found->enable, &insn) &&
	       insn.map == IRQSAN_MAP_ONE && insn.opcode == (f->shape == IRQSAN_SHAPE_POPF ? 0x9d : 0xfb),
	       "nothing is enabled there", found);
	expect(irqsan_insn_decode(f->text + found->offset, f->len - found->offset, &insn),
	       "no instruction", found);
	if (f->shape == IRQSAN_SHAPE_POPF) {
		expect(found->saved == IRQSAN_SAVED_REG || found->saved == IRQSAN_SAVED_UNKNOWN,
		       "wrong kind of flags", found);
		expect(found->reg < 16, "no such register", found);
		expect(found->offset + insn.len == found->enable, "push and popf are apart",
		       found);
	} else {
		expect(found->saved == IRQSAN_SAVED_ZF || found->saved == IRQSAN_SAVED_CF,
		       "wrong kind of flags", found);
		expect(jump_condition(&insn) >= 2 && jump_condition(&insn) <= 5,
		       "no conditional jump", found);
	}
	return 0;
}

static int check_offset(void *ctx, size_t offset)
{
	struct fuzzed *f = ctx;

	if (offset >= f->len)
		abort();
	return 0;
}

static int check_target(void *ctx, size_t target)
{
	struct fuzzed *f = ctx;

	if (target < f->len)
		abort();
	return 0;
}

/* Both walks see the same instructions: they end alike. */
static void walk(const uint8_t *data, size_t size)
{
	struct fuzzed f = { .text = data, .len = size };
	int rc = irqsan_scan_exits(data, size, check_offset, &f);

	if ((rc && rc != -1) || irqsan_scan_calls(data, size, check_target, &f) != rc ||
	    irqsan_scan_enables(data, size, check_offset, &f))
		abort();
}

/**
 * LLVMFuzzerTestOneInput() - scan some bytes for both shapes
 * @data: the bytes
 * @size: how many
 *
 * Return: 0; what is wrong ends the program.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum irqsan_shape shapes[] = { IRQSAN_SHAPE_POPF, IRQSAN_SHAPE_TEST };

	for (size_t i = 0; i < 2; i++) {
		struct fuzzed f = { .text = data, .len = size, .shape = shapes[i] };
		/* What is told begins the text, and a little before it. */
		struct irqsan_style style = { .shape = shapes[i], .told = { 1, (size_t)-16 } };

		irqsan_scan(data, size, &style, check_found, &f);
	}
	walk(data, size);
	return 0;
}
