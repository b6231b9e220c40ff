// SPDX-License-Identifier: GPL-2.0
/*
 * Finds inlined arch_local_irq_restore() in x86-64 text as it is when it runs
 * (PV calls patched).
 *
 * Two shapes exist:
 *
 * - before 5.12: "push REG; popf". The PV call of restore_fl is patched to it,
 *   and without PARAVIRT_XXL it is inline assembly.
 * - 5.12 and later (commit ab234a260b1f, "x86/pv: Rework
 *   arch_local_irq_restore() to not use popf"): if bit 9 of the saved flags is
 *   set, sti. The compiler chooses the test, the branch and where the sti
 *   lies.
 *
 * In the second shape the side of the branch with the bit set leads straight
 * to an sti. "sti; hlt" is no restore but an idle loop, and a side that does
 * anything else first (cli, a call) isn't one either.
 */
#include "scan.h"

#define IF_BIT 9
#define IF_MASK 0x200

/* Instructions kept behind the current one; as many may stand before a jump. */
#define HISTORY 4
/* Instructions to look at behind a branch: jumps, moves, padding. */
#define FOLLOW 8

/**
 * struct step - an instruction and where it lies
 * @offset: in the text
 * @insn: decoded
 */
struct step {
	size_t offset;
	struct irqsan_insn insn;
};

static bool decode(const u8 *text, size_t len, size_t offset, struct irqsan_insn *insn)
{
	return offset < len && irqsan_insn_decode(text + offset, len - offset, insn);
}

static u8 modrm_reg(const struct irqsan_insn *insn)
{
	return (insn->modrm >> 3) & 7;
}

static bool modrm_is_register(const struct irqsan_insn *insn)
{
	return insn->modrm >> 6 == 3;
}

/* Leaves the arithmetic flags alone and goes straight on. */
static bool is_neutral(const struct irqsan_insn *insn)
{
	u8 op = insn->opcode;

	if (insn->map == MAP_0F)
		return op == 0x1e || op == 0x1f || (op & 0xf0) == 0x40 ||
		       (op & 0xf0) == 0x90 || (op & 0xf6) == 0xb6;
	if (insn->map != MAP_ONE)
		return false;
	return (op >= 0x50 && op <= 0x5f) || op == 0x63 || (op >= 0x88 && op <= 0x8b) ||
	       op == 0x8d || op == 0x90 || (op >= 0xb0 && op <= 0xbf) ||
	       op == 0xc6 || op == 0xc7;
}

/* Sets ZF or CF from bit 9 of something and from nothing else. */
static bool is_if_test(const struct irqsan_insn *insn, enum irqsan_saved *saved)
{
	bool high_byte;

	*saved = SAVED_ZF;
	if (insn->map == MAP_ONE) {
		switch (insn->opcode) {
		case 0xa9:	/* test $imm,%eax */
		case 0x25:	/* and $imm,%eax */
			return insn->imm == IF_MASK;
		case 0xf7:	/* test $imm,r/m */
			return modrm_reg(insn) < 2 && insn->imm == IF_MASK;
		case 0x81:	/* and $imm,r/m */
			return modrm_reg(insn) == 4 && insn->imm == IF_MASK;
		case 0xf6:	/* test $imm8,r/m8 */
		case 0x80:	/* and $imm8,r/m8 */
			if (insn->opcode == 0xf6 ? modrm_reg(insn) > 1 : modrm_reg(insn) != 4)
				return false;
			/* ah to bh, or the second byte of the flags in memory. */
			high_byte = !modrm_is_register(insn) ||
				    (!insn->rex && (insn->modrm & 7) >= 4);
			return high_byte && insn->imm == IF_MASK >> 8;
		}
		return false;
	}
	if (insn->map == MAP_0F && insn->opcode == 0xba && modrm_reg(insn) == 4) {
		*saved = SAVED_CF;	/* bt $imm8,r/m */
		return insn->imm == IF_BIT;
	}
	return false;
}

/* The condition code of a conditional jump, or -1. */
static int jump_condition(const struct irqsan_insn *insn)
{
	if ((insn->map == MAP_ONE && (insn->opcode & 0xf0) == 0x70) ||
	    (insn->map == MAP_0F && (insn->opcode & 0xf0) == 0x80))
		return insn->opcode & 0x0f;
	return -1;
}

static bool is_jump(const struct irqsan_insn *insn)
{
	return insn->map == MAP_ONE && (insn->opcode == 0xeb || insn->opcode == 0xe9);
}

static bool is_nop(const struct irqsan_insn *insn)
{
	return (insn->map == MAP_ONE && insn->opcode == 0x90) ||
	       (insn->map == MAP_0F && insn->opcode == 0x1f);
}

static bool is_one(const struct irqsan_insn *insn, u8 opcode)
{
	return insn->map == MAP_ONE && insn->opcode == opcode;
}

/* Does what runs from @offset on enable IRQs before it does anything else, and not to halt? */
static bool leads_to_sti(const u8 *text, size_t len, size_t offset)
{
	struct irqsan_insn insn;
	bool sti = false;
	int i;

	for (i = 0; i < FOLLOW; i++) {
		if (!decode(text, len, offset, &insn))
			return sti;
		offset += insn.len;
		if (sti) {
			if (!is_nop(&insn))
				return !is_one(&insn, 0xf4);
		} else if (is_one(&insn, 0xfb)) {
			sti = true;
		} else if (is_jump(&insn)) {
			offset += (size_t)(long)insn.imm;
		} else if (!is_neutral(&insn)) {
			return false;
		}
	}
	return sti;
}

/* @history: the instructions before @jump, the nearest first. */
static bool is_test_restore(const u8 *text, size_t len, const struct step *jump,
			    const struct step *history, int nr, struct irqsan_found *found)
{
	int condition = jump_condition(&jump->insn);
	size_t behind = jump->offset + jump->insn.len;
	size_t target = behind + (size_t)(long)jump->insn.imm;
	bool taken_if_set;
	int i;

	if (condition < 2 || condition > 5)
		return false;
	for (i = 0; i < nr && is_neutral(&history[i].insn); i++)
		;
	if (i == nr || !is_if_test(&history[i].insn, &found->saved))
		return false;
	/* 2 jb, 3 jae, 4 je, 5 jne */
	if (found->saved != (condition < 4 ? SAVED_CF : SAVED_ZF))
		return false;
	taken_if_set = condition == 2 || condition == 5;
	found->offset = jump->offset;
	found->reg = 0;
	return leads_to_sti(text, len, taken_if_set ? target : behind);
}

static bool is_popf_restore(const struct step *popf, const struct step *push,
			    struct irqsan_found *found)
{
	if (!is_one(&popf->insn, 0x9d) || push->insn.map != MAP_ONE)
		return false;
	found->offset = push->offset;
	if ((push->insn.opcode & 0xf8) == 0x50) {
		found->saved = SAVED_REG;
		found->reg = (push->insn.opcode & 7) | (push->insn.rex & 1 ? 8 : 0);
		return true;
	}
	found->saved = SAVED_UNKNOWN;
	found->reg = 0;
	return push->insn.opcode == 0xff && modrm_reg(&push->insn) == 6;
}

/**
 * irqsan_scan() - find the restores in a range of text
 * @text: the bytes, beginning at an instruction
 * @len: how many
 * @fn: called for each site, in the order of addresses; anything but 0 ends
 *	the scan
 * @ctx: passed to @fn
 *
 * Bytes that are no instruction are stepped over one by one, so that data
 * between functions costs sites only where it lies. Any context; no allocation.
 *
 * Return: 0, or what @fn returned.
 */
int irqsan_scan(const u8 *text, size_t len, irqsan_found_fn fn, void *ctx)
{
	struct step history[HISTORY], step;
	struct irqsan_found found;
	size_t offset = 0;
	int nr = 0, i, rc;

	while (offset < len) {
		if (!decode(text, len, offset, &step.insn)) {
			nr = 0;
			offset++;
			continue;
		}
		step.offset = offset;
		offset += step.insn.len;
		if ((nr && is_popf_restore(&step, &history[0], &found)) ||
		    is_test_restore(text, len, &step, history, nr, &found)) {
			rc = fn(ctx, &found);
			if (rc)
				return rc;
		}
		for (i = HISTORY - 1; i > 0; i--)
			history[i] = history[i - 1];
		history[0] = step;
		if (nr < HISTORY)
			nr++;
	}
	return 0;
}
