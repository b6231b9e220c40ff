// SPDX-License-Identifier: GPL-2.0
/*
 * Finds inlined arch_local_irq_restore() in x86-64 text as it is when it runs
 * (PV calls patched).
 *
 * A kernel has one of two shapes:
 *
 * - before 5.12: "push REG; popf". The PV call of restore_fl is patched to it,
 *   and without PARAVIRT_XXL it is inline assembly. Not if the code itself has set
 *   bit 9: so KVM's emulator runs an instruction with the guest's flags, "or $0x200,R;
 *   push R; popf; call *F".
 * - 5.12 and later (commit ab234a260b1f): if bit 9 of the saved flags is set, sti. The
 *   compiler chooses the test, the branch and where the sti lies. The side of the
 *   branch with the bit set leads straight to an sti that the other side doesn't come
 *   to. "sti; hlt" is no restore but an idle loop, and a side that does anything else
 *   first (cli, a call of what isn't there to be told) isn't one either. Nor is the
 *   enabling of IRQs at the start of an exception, by the flags in pt_regs.
 */
#include "scan.h"

#define IF_BIT 9
#define IF_MASK 0x200
/* offsetof(struct pt_regs, flags) */
#define PT_REGS_FLAGS 0x90

/* Instructions kept, the current one among them; a power of two. */
#define HISTORY 16
/* A jump may stand this many instructions behind the test. */
#define TEST_REACH 5
/* Instructions to look at behind a branch: jumps, moves, padding. */
#define FOLLOW 8
/* Stack slots that are known to hold a masked copy of the flags. */
#define SLOTS 8
/* Where function starts can't be seen: a mask further back than this tells nothing. */
#define MASK_REACH 4096
/* Functions begin at multiples of this. */
#define FUNCTION_ALIGN 16
/* Bytes to scan before others may have the CPU: all takes seconds, minutes under KASAN. */
#define PAUSE_EVERY 65536

/**
 * struct slot - a memory operand that holds a masked copy of the flags
 * @bytes: its encoding: ModRM (without the register field), SIB, displacement
 * @len: bytes in @bytes
 * @offset: where in the text it was written
 */
struct slot {
	u8 bytes[6];
	u8 len;
	size_t offset;
};

/**
 * struct masks - where the compiler keeps "flags & X86_EFLAGS_IF"
 * @reg: by register: behind which offset it was masked last, plus one; 0 never
 * @slot: memory operands
 * @next: the slot to use next
 *
 * It may mask the flags long before it tests the result. The scan goes by address and
 * not by paths: a register that is masked anywhere shortly before counts. What follows
 * the test must lead to an sti all the same.
 */
struct masks {
	size_t reg[16];
	struct slot slot[SLOTS];
	unsigned int next;
};

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

/* Memory operand relative to RSP (with a SIB byte) or to RBP. */
static bool is_on_stack(const struct irqsan_insn *insn)
{
	u8 rm = insn->modrm & 7;

	return insn->modrm >> 6 != 3 && !(insn->rex & 3) &&
	       (rm == 4 || (rm == 5 && insn->modrm >> 6));
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

	if (insn->map == IRQSAN_MAP_0F)
		return op == 0x1e || op == 0x1f || (op & 0xf0) == 0x40 ||
		       (op & 0xf0) == 0x90 || (op & 0xf6) == 0xb6;
	if (insn->map != IRQSAN_MAP_ONE)
		return false;
	return (op >= 0x50 && op <= 0x5f) || op == 0x63 || (op >= 0x88 && op <= 0x8b) ||
	       op == 0x8d || op == 0x90 || (op >= 0xb0 && op <= 0xbf) ||
	       op == 0xc6 || op == 0xc7;
}

/* Sets ZF or CF from bit 9 of something and from nothing else. */
static bool is_if_test(const struct irqsan_insn *insn, enum irqsan_saved *saved)
{
	bool high_byte;

	*saved = IRQSAN_SAVED_ZF;
	if (insn->map == IRQSAN_MAP_ONE) {
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
	if (insn->map == IRQSAN_MAP_0F && insn->opcode == 0xba && modrm_reg(insn) == 4) {
		*saved = IRQSAN_SAVED_CF;	/* bt $imm8,r/m */
		return insn->imm == IF_BIT;
	}
	return false;
}

/* The condition code of a conditional jump, or -1. */
static int jump_condition(const struct irqsan_insn *insn)
{
	if ((insn->map == IRQSAN_MAP_ONE && (insn->opcode & 0xf0) == 0x70) ||
	    (insn->map == IRQSAN_MAP_0F && (insn->opcode & 0xf0) == 0x80))
		return insn->opcode & 0x0f;
	return -1;
}

static bool is_jump(const struct irqsan_insn *insn)
{
	return insn->map == IRQSAN_MAP_ONE && (insn->opcode == 0xeb || insn->opcode == 0xe9);
}

static bool is_nop(const struct irqsan_insn *insn)
{
	return (insn->map == IRQSAN_MAP_ONE && insn->opcode == 0x90) ||
	       (insn->map == IRQSAN_MAP_0F && insn->opcode == 0x1f);
}

static bool is_one(const struct irqsan_insn *insn, u8 opcode)
{
	return insn->map == IRQSAN_MAP_ONE && insn->opcode == opcode;
}

/* Nothing runs from here straight into what is behind: jmp, ret, int3, udb, jmp *r/m; ud2. */
static bool is_end(const struct irqsan_insn *insn)
{
	return is_jump(insn) || is_one(insn, 0xc3) || is_one(insn, 0xcc) ||
	       is_one(insn, 0xd6) || (is_one(insn, 0xff) && (modrm_reg(insn) & 6) == 4) ||
	       (insn->map == IRQSAN_MAP_0F && insn->opcode == 0x0b);
}

static bool is_endbr_insn(const struct irqsan_insn *insn)
{
	return insn->map == IRQSAN_MAP_0F && insn->opcode == 0x1e && insn->rep == 0xf3;
}

/*
 * May stand between the branch and the sti: works on registers and on the stack.
 * Another store is more likely a lock being released, before the sti.
 */
static bool is_harmless(const struct irqsan_insn *insn)
{
	u8 op = insn->opcode;
	bool store;

	if (insn->map != IRQSAN_MAP_ONE)
		return is_neutral(insn);
	store = insn->has_modrm && !modrm_is_register(insn) && !is_on_stack(insn) &&
		((op < 0x40 && !(op & 2)) || op == 0x88 || op == 0x89 || op == 0xc6 ||
		 op == 0xc7 || (op >= 0x80 && op <= 0x83));
	return !store && (is_neutral(insn) || op < 0x40 || (op >= 0x80 && op <= 0x85));
}

static u8 rm_register(const struct irqsan_insn *insn)
{
	return (insn->modrm & 7) | (insn->rex & 1 ? 8 : 0);
}

static u8 reg_register(const struct irqsan_insn *insn)
{
	return modrm_reg(insn) | (insn->rex & 4 ? 8 : 0);
}

/* The memory operand of @step as a slot: without the register that it is moved to or from. */
static bool memory_operand(const u8 *text, const struct step *step, struct slot *slot)
{
	const struct irqsan_insn *insn = &step->insn;
	const u8 *p = text + step->offset;
	u8 i, from = insn->rex ? 2 : 1;

	if (!is_on_stack(insn) || insn->len < from + 2)
		return false;
	slot->len = 1 + ((insn->modrm & 7) == 4) + (insn->modrm >> 6 == 1 ? 1 :
						    insn->modrm >> 6 == 2 ? 4 : 0);
	if (from + slot->len > insn->len)
		return false;
	for (i = 0; i < slot->len; i++)
		slot->bytes[i] = p[from + i];
	slot->bytes[0] &= 0xc7;
	slot->offset = step->offset;
	return true;
}

/* Does a function begin here, with the NOP that tracing is patched into, or an ENDBR? */
static bool is_function_start(const struct step *step)
{
	const struct irqsan_insn *insn = &step->insn;

	return step->offset % FUNCTION_ALIGN == 0 &&
	       (is_endbr_insn(insn) ||
		(insn->map == IRQSAN_MAP_0F && insn->opcode == 0x1f && insn->len == 5));
}

static bool in_reach(size_t from, size_t to)
{
	return to - from < MASK_REACH;
}

static bool slot_is_masked(const struct masks *masks, const struct slot *slot)
{
	unsigned int i, k;

	for (i = 0; i < SLOTS; i++) {
		const struct slot *known = &masks->slot[i];

		if (known->len != slot->len || !in_reach(known->offset, slot->offset))
			continue;
		for (k = 0; k < slot->len && known->bytes[k] == slot->bytes[k]; k++)
			;
		if (k == slot->len)
			return true;
	}
	return false;
}

static bool reg_is_masked(const struct masks *masks, u8 reg, size_t offset)
{
	return masks->reg[reg] && in_reach(masks->reg[reg] - 1, offset);
}

/* "and $0x200,r": the register, or -1. */
static int masked_register(const struct irqsan_insn *insn)
{
	if (is_one(insn, 0x25) && insn->imm == IF_MASK)
		return 0;
	if (is_one(insn, 0x81) && modrm_reg(insn) == 4 && modrm_is_register(insn) &&
	    insn->imm == IF_MASK)
		return rm_register(insn);
	return -1;
}

/* A loop may have the mask at its end and the test at its head. */
static bool is_masked_later(const u8 *text, size_t len, const struct step *from, u8 reg,
			    size_t *mask)
{
	struct step step = *from;

	while (in_reach(from->offset, step.offset)) {
		step.offset += step.insn.len;
		if (!decode(text, len, step.offset, &step.insn) || is_function_start(&step))
			return false;
		if (masked_register(&step.insn) == reg) {
			*mask = step.offset;
			return true;
		}
	}
	return false;
}

/* Follows the masked flags through "and $0x200,r", "mov r,r", "mov r,slot", "mov slot,r". */
static void track_masks(struct masks *masks, const u8 *text, const struct step *step)
{
	const struct irqsan_insn *insn = &step->insn;
	struct slot slot;
	int reg;

	if (is_function_start(step))
		*masks = (struct masks){ .next = 0 };
	if (insn->map != IRQSAN_MAP_ONE || insn->opsize)
		return;
	reg = masked_register(insn);
	if (reg >= 0)
		masks->reg[reg] = step->offset + 1;
	switch (insn->opcode) {
	case 0x81:
		if (modrm_reg(insn) == 4 && insn->imm == IF_MASK &&
		    memory_operand(text, step, &slot))
			masks->slot[masks->next++ % SLOTS] = slot;
		break;
	case 0x89:
		if (!reg_is_masked(masks, reg_register(insn), step->offset))
			break;
		if (modrm_is_register(insn))
			masks->reg[rm_register(insn)] = step->offset + 1;
		else if (memory_operand(text, step, &slot))
			masks->slot[masks->next++ % SLOTS] = slot;
		break;
	case 0x8b:
		if (modrm_is_register(insn) ?
		    reg_is_masked(masks, rm_register(insn), step->offset) :
		    memory_operand(text, step, &slot) && slot_is_masked(masks, &slot))
			masks->reg[reg_register(insn)] = step->offset + 1;
		break;
	}
}

/* "test r,r", "cmp $0,r", "cmp $0,slot" of something masked before: sets ZF. */
static bool is_masked_test(const u8 *text, size_t len, const struct masks *masks,
			   const struct step *step, size_t *mask)
{
	const struct irqsan_insn *insn = &step->insn;
	struct slot slot;

	if (insn->map != IRQSAN_MAP_ONE)
		return false;
	if (insn->opcode == 0x85) {
		if (!modrm_is_register(insn) || rm_register(insn) != reg_register(insn))
			return false;
	} else if (insn->opcode != 0x83 || modrm_reg(insn) != 7 || insn->imm) {
		return false;
	}
	if (!modrm_is_register(insn)) {
		*mask = step->offset;
		return memory_operand(text, step, &slot) && slot_is_masked(masks, &slot);
	}
	*mask = masks->reg[rm_register(insn)] - 1;
	return reg_is_masked(masks, rm_register(insn), step->offset) ||
	       is_masked_later(text, len, step, rm_register(insn), mask);
}

/* A call of what is told that IRQs go on, with the next instruction at @behind? */
static bool is_telling(const struct irqsan_style *style, const struct irqsan_insn *insn,
		       size_t behind)
{
	size_t target = behind + (size_t)(long)insn->imm;
	int i;

	for (i = 0; is_one(insn, 0xe8) && i < IRQSAN_TOLD; i++) {
		if (style->told[i] && style->told[i] == target)
			return true;
	}
	return false;
}

/*
 * hlt, mwait, or tdcall, by which a TDX guest halts: behind an sti they must run
 * before an interrupt is taken.
 */
static bool is_idle(const struct irqsan_insn *insn)
{
	return is_one(insn, 0xf4) ||
	       (insn->map == IRQSAN_MAP_0F && insn->opcode == 0x01 &&
		(insn->modrm == 0xc9 || (insn->modrm == 0xcc && insn->opsize)));
}

/*
 * Does the code at @offset first enable IRQs, and not to halt? The compiler may have
 * put the sti into a function of its own (.part.0): one call is followed.
 */
static bool leads_to_sti(const u8 *text, size_t len, const struct irqsan_style *style,
			 size_t offset, size_t *enable)
{
	struct irqsan_insn insn;
	bool sti = false, called = false;
	int i;

	for (i = 0; i < FOLLOW; i++) {
		if (!decode(text, len, offset, &insn))
			return sti;
		offset += insn.len;
		if (sti) {
			if (!is_nop(&insn))
				return !is_idle(&insn);
		} else if (is_one(&insn, 0xfb)) {
			sti = true;
			*enable = offset - insn.len;
		} else if (is_telling(style, &insn, offset)) {
			continue;
		} else if (is_jump(&insn) || (is_one(&insn, 0xe8) && !called)) {
			called |= insn.opcode == 0xe8;
			offset += (size_t)(long)insn.imm;
		} else if (called ? !is_nop(&insn) && !is_endbr_insn(&insn) : !is_harmless(&insn)) {
			return false;
		}
	}
	return sti;
}

/* Is there an "sti; hlt" at @offset, or behind what starts a function there? */
static bool halts_at(const u8 *text, size_t len, size_t offset)
{
	struct irqsan_insn insn;
	bool sti = false;
	int i;

	for (i = 0; i < FOLLOW; i++) {
		if (!decode(text, len, offset, &insn))
			return false;
		offset += insn.len;
		if (sti)
			return is_idle(&insn);
		sti = is_one(&insn, 0xfb);
		if (is_jump(&insn))
			offset += (size_t)(long)insn.imm;
		else if (!sti && !is_harmless(&insn))
			return false;
	}
	return false;
}

/* Does what runs from @from on come to @to by itself, without a jump? */
static bool falls_into(const u8 *text, size_t len, size_t from, size_t to)
{
	struct irqsan_insn insn;
	size_t at = from;

	if (from > to || to - from > MASK_REACH)
		return false;
	while (at < to && decode(text, len, at, &insn) && !is_end(&insn))
		at += insn.len;
	return at == to;
}

/* Flags of the context that an exception interrupted: enabled, but not restored. */
static bool is_pt_regs_test(const struct irqsan_insn *insn)
{
	return insn->has_modrm && insn->modrm >> 6 == 2 && !is_on_stack(insn) &&
	       (insn->disp == PT_REGS_FLAGS || insn->disp == PT_REGS_FLAGS + 1);
}

/**
 * struct history - the last instructions
 * @step: number N is in slot N modulo HISTORY
 * @nr: how many there were since the start, or since something that is none
 */
struct history {
	struct step step[HISTORY];
	unsigned int nr;
};

/* The instruction @back before the current one, which is 0; or NULL. */
static const struct step *past(const struct history *history, unsigned int back)
{
	return back < history->nr && back < HISTORY ?
	       &history->step[(history->nr - 1 - back) % HISTORY] : NULL;
}

static bool is_test_restore(const u8 *text, size_t len, const struct irqsan_style *style,
			    const struct history *history, const struct masks *masks,
			    struct irqsan_found *found)
{
	const struct step *jump = past(history, 0), *test;
	int condition = jump_condition(&jump->insn);
	size_t behind = jump->offset + jump->insn.len;
	size_t target = behind + (size_t)(long)jump->insn.imm;
	unsigned int back = 1;
	bool taken_if_set;

	/* 2 jb, 3 jae, 4 je, 5 jne */
	if (condition < 2 || condition > 5)
		return false;
	while ((test = past(history, back)) && is_neutral(&test->insn))
		back++;
	if (!test || back > TEST_REACH || is_pt_regs_test(&test->insn))
		return false;
	taken_if_set = condition == 2 || condition == 5;
	if (!leads_to_sti(text, len, style, taken_if_set ? target : behind, &found->enable))
		return false;
	found->test = test->offset;
	if (!is_if_test(&test->insn, &found->saved)) {
		if (!is_masked_test(text, len, masks, test, &found->test))
			return false;
		found->saved = IRQSAN_SAVED_ZF;
	}
	if (found->saved != (condition < 4 ? IRQSAN_SAVED_CF : IRQSAN_SAVED_ZF))
		return false;
	found->offset = jump->offset;
	found->reg = 0;
	/* Both sides may come to the sti: then it enables, and doesn't restore. */
	return !taken_if_set || !falls_into(text, len, behind, target);
}

/* Does an instruction set bit 9 in this register? */
static bool is_forcing(const struct irqsan_insn *insn, u8 reg)
{
	u8 op = modrm_reg(insn);

	if (is_one(insn, 0x0d))		/* or $imm,%eax */
		return !reg && (insn->imm & IF_MASK);
	if (is_one(insn, 0x80))		/* or $imm8,%ah to %bh */
		return op == 1 && modrm_is_register(insn) && !insn->rex &&
		       (insn->modrm & 7) == reg + 4 && (insn->imm & (IF_MASK >> 8));
	return modrm_is_register(insn) && rm_register(insn) == reg &&
	       ((is_one(insn, 0x81) && op == 1 && (insn->imm & IF_MASK)) ||	/* or $imm,r */
		(insn->map == IRQSAN_MAP_0F && insn->opcode == 0xba && op == 5 &&
		 insn->imm == IF_BIT));						/* bts $9,r */
}

static bool is_popf_restore(const struct history *history, struct irqsan_found *found)
{
	const struct step *popf = past(history, 0), *push = past(history, 1), *step;
	unsigned int back;

	if (!is_one(&popf->insn, 0x9d) || !push || push->insn.map != IRQSAN_MAP_ONE)
		return false;
	found->offset = push->offset;
	found->test = push->offset;
	found->enable = popf->offset;
	if ((push->insn.opcode & 0xf8) == 0x50) {
		found->saved = IRQSAN_SAVED_REG;
		found->reg = (push->insn.opcode & 7) | (push->insn.rex & 1 ? 8 : 0);
		for (back = 2; (step = past(history, back)) && !is_end(&step->insn); back++) {
			if (is_forcing(&step->insn, found->reg))
				return false;
		}
		return true;
	}
	found->saved = IRQSAN_SAVED_UNKNOWN;
	found->reg = 0;
	return push->insn.opcode == 0xff && modrm_reg(&push->insn) == 6;
}

/* Behind a call that doesn't return there is padding, too: up to the next function. */
static bool is_padding(const u8 *text, size_t len, size_t offset)
{
	while (offset < len && text[offset] == 0xcc)
		offset++;
	return offset % FUNCTION_ALIGN == 0;
}

static int report_foreign(const u8 *text, size_t len, const struct irqsan_style *style,
			  const struct history *history, void *ctx)
{
	const struct step *step = past(history, 0), *before = past(history, 1);
	size_t target = step->offset + step->insn.len + (size_t)(long)step->insn.imm;

	if (is_one(&step->insn, 0xcc))
		return before && !is_end(&before->insn) &&
		       !(is_one(&before->insn, 0xe8) && is_padding(text, len, step->offset)) ?
		       style->foreign(ctx, step->offset, step->offset) : 0;
	return is_one(&step->insn, 0xe9) && target >= len ?
	       style->foreign(ctx, step->offset, target) : 0;
}

/**
 * irqsan_scan() - find the restores in a range of text
 * @text: the bytes, beginning at an instruction
 * @len: how many
 * @style: how this kernel's restores are compiled
 * @fn: called for each site, in the order of addresses; anything but 0 ends
 *	the scan
 * @ctx: passed to @fn
 *
 * Bytes that are no instruction are stepped over one by one, so that data
 * between functions costs sites only where it lies. No allocation.
 * Context: May sleep in the kernel.
 * Return: 0, or what @fn returned.
 */
int irqsan_scan(const u8 *text, size_t len, const struct irqsan_style *style,
		irqsan_found_fn fn, void *ctx)
{
	struct history history = { .nr = 0 };
	struct masks masks = { .next = 0 };
	struct irqsan_found found;
	struct step *step;
	size_t offset = 0;
	int rc;

	while (offset < len) {
		step = &history.step[history.nr % HISTORY];
		if (!decode(text, len, offset, &step->insn)) {
			history.nr = 0;
			offset++;
			continue;
		}
		step->offset = offset;
		offset += step->insn.len;
		history.nr++;
		if ((step->offset ^ offset) / PAUSE_EVERY)
			cond_resched();
		rc = style->foreign ? report_foreign(text, len, style, &history, ctx) : 0;
		if (rc)
			return rc;
		if (style->shape == IRQSAN_SHAPE_POPF ?
		    is_popf_restore(&history, &found) :
		    is_test_restore(text, len, style, &history, &masks, &found)) {
			rc = fn(ctx, &found);
			if (rc)
				return rc;
		}
		if (style->shape == IRQSAN_SHAPE_TEST)
			track_masks(&masks, text, step);
	}
	return 0;
}

/* What leaves a function: the targets of calls and jumps, or where it returns and jumps. */
static int find_leaves(const u8 *text, size_t len, bool targets, irqsan_exit_fn fn, void *ctx)
{
	struct irqsan_insn insn;
	size_t offset, target;
	bool leaves;
	int rc;

	for (offset = 0; decode(text, len, offset, &insn); offset += insn.len) {
		target = offset + insn.len + (size_t)(long)insn.imm;
		leaves = target >= len && (is_jump(&insn) ||
			 (targets && (is_one(&insn, 0xe8) || jump_condition(&insn) >= 0)));
		if (leaves || (!targets && is_one(&insn, 0xc3))) {
			rc = fn(ctx, targets ? target : offset);
			if (rc)
				return rc;
		}
	}
	/* An assembler fills up with zeros, of which one alone is no instruction. */
	for (; offset < len; offset++) {
		if (text[offset])
			return -1;
	}
	return 0;
}

/**
 * irqsan_scan_exits() - find where a function is left
 * @text: the function
 * @len: its length
 * @fn: called with the offset of each instruction that leaves it: a return, or
 *	a jump to the return thunk or to another function. Anything but 0 ends
 *	the scan
 * @ctx: passed to @fn
 *
 * Conditional jumps out of the function are not looked for: compilers make
 * them only to a part of the same function (.cold).
 * Context: Any.
 * Return: 0, or what @fn returned. -1: the walk is incomplete, there are bytes
 * in the function that are no known instruction; @fn was called for what comes
 * before them.
 */
int irqsan_scan_exits(const u8 *text, size_t len, irqsan_exit_fn fn, void *ctx)
{
	return find_leaves(text, len, false, fn, ctx);
}

/**
 * irqsan_scan_calls() - find the functions that a function goes on to
 * @text: the function
 * @len: its length
 * @fn: called with the target of each direct call and jump that leaves it, as
 *	an offset from @text that wraps around. Anything but 0 ends the scan
 * @ctx: passed to @fn
 * Context: Any.
 * Return: as irqsan_scan_exits().
 */
int irqsan_scan_calls(const u8 *text, size_t len, irqsan_call_fn fn, void *ctx)
{
	return find_leaves(text, len, true, fn, ctx);
}

/**
 * irqsan_scan_enables() - find what turns IRQs on
 * @text: the bytes, beginning at an instruction
 * @len: how many
 * @fn: called with the offset of each sti, those of restores among them, and of
 *	each call of an "sti; hlt". That sti itself is left out: nothing may
 *	come between it and the hlt, or a wakeup is lost. Anything but 0 ends
 *	the scan
 * @ctx: passed to @fn
 * Context: May sleep in the kernel.
 * Return: 0, or what @fn returned.
 */
int irqsan_scan_enables(const u8 *text, size_t len, irqsan_exit_fn fn, void *ctx)
{
	struct irqsan_insn insn;
	size_t offset;
	int rc;

	for (offset = 0; offset < len; offset += insn.len) {
		bool enables = false;

		if (!decode(text, len, offset, &insn)) {
			insn.len = 1;
			continue;
		}
		if ((offset ^ (offset + insn.len)) / PAUSE_EVERY)
			cond_resched();
		if (is_one(&insn, 0xfb))
			enables = !halts_at(text, len, offset);
		else if (is_one(&insn, 0xe8))
			enables = halts_at(text, len, offset + insn.len + (size_t)(long)insn.imm);
		rc = enables ? fn(ctx, offset) : 0;
		if (rc)
			return rc;
	}
	return 0;
}

/**
 * irqsan_scan_body() - find the first instruction of a function's own
 * @text: the function
 * @len: its length
 *
 * Steps over an ENDBR and over the five bytes that tracing is patched into, a
 * NOP or, while the function is traced, a call. Nothing has been pushed there
 * yet.
 * Context: Any.
 * Return: its offset.
 */
size_t irqsan_scan_body(const u8 *text, size_t len)
{
	struct irqsan_insn insn;
	size_t offset = 0;

	if (decode(text, len, 0, &insn) && is_endbr_insn(&insn))
		offset = insn.len;
	if (decode(text, len, offset, &insn) && insn.len == 5 &&
	    (is_nop(&insn) || is_one(&insn, 0xe8)))
		offset += insn.len;
	return offset;
}
