// SPDX-License-Identifier: GPL-2.0
/*
 * Finds where x86-64 instructions begin and end. The kernel has a decoder of
 * its own, but exports it to no module, and the host program has to see
 * exactly what the module sees.
 *
 * Source of the encodings: Intel SDM volume 2, chapter 2 and appendix A.
 */
#include "insn.h"

/* What follows the opcode byte. */
enum {
	F_NONE = 0,
	F_MODRM = 1,
	F_IMM8 = 2,
	F_IMM16 = 4,
	F_IMMZ = 8,	/* 2 bytes after a 66 prefix, else 4 */
	F_REL32 = 16,	/* 4 bytes, whatever the prefixes */
	F_IMMV = 32,	/* as F_IMMZ, but 8 with REX.W */
	F_MOFFS = 64,	/* an address: 8 bytes, 4 after a 67 prefix */
	F_GROUP3 = 128,	/* f6, f7: an immediate for TEST only */
	F_BAD = 256,
};

/* Tables and no switches: a kernel built with retpolines has no jump tables. */
static const u16 attr_one[256] = {
	/* The eight arithmetic operations, eight opcodes each. */
#define ARITHMETIC(op) \
	[(op) ... (op) + 3] = F_MODRM, [(op) + 4] = F_IMM8, [(op) + 5] = F_IMMZ, \
	[(op) + 6 ... (op) + 7] = F_BAD
	ARITHMETIC(0x00), ARITHMETIC(0x08), ARITHMETIC(0x10), ARITHMETIC(0x18),
	ARITHMETIC(0x20), ARITHMETIC(0x28), ARITHMETIC(0x30), ARITHMETIC(0x38),
#undef ARITHMETIC
	[0x40 ... 0x4f] = F_BAD,
	[0x60 ... 0x62] = F_BAD, [0x63] = F_MODRM, [0x64 ... 0x67] = F_BAD,
	[0x68] = F_IMMZ, [0x69] = F_MODRM | F_IMMZ, [0x6a] = F_IMM8, [0x6b] = F_MODRM | F_IMM8,
	[0x70 ... 0x7f] = F_IMM8,
	[0x80] = F_MODRM | F_IMM8, [0x81] = F_MODRM | F_IMMZ, [0x82] = F_BAD,
	[0x83] = F_MODRM | F_IMM8, [0x84 ... 0x8f] = F_MODRM,
	[0x9a] = F_BAD,
	[0xa0 ... 0xa3] = F_MOFFS, [0xa8] = F_IMM8, [0xa9] = F_IMMZ,
	[0xb0 ... 0xb7] = F_IMM8, [0xb8 ... 0xbf] = F_IMMV,
	[0xc0 ... 0xc1] = F_MODRM | F_IMM8, [0xc2] = F_IMM16, [0xc4 ... 0xc5] = F_BAD,
	[0xc6] = F_MODRM | F_IMM8, [0xc7] = F_MODRM | F_IMMZ, [0xc8] = F_IMM16 | F_IMM8,
	[0xca] = F_IMM16, [0xcd] = F_IMM8, [0xce] = F_BAD,
	/* d6: UDB, one byte that is never defined; the kernel's own CFI has it */
	[0xd0 ... 0xd3] = F_MODRM, [0xd4 ... 0xd5] = F_BAD, [0xd8 ... 0xdf] = F_MODRM,
	[0xe0 ... 0xe7] = F_IMM8, [0xe8 ... 0xe9] = F_REL32, [0xea] = F_BAD, [0xeb] = F_IMM8,
	[0xf0] = F_BAD, [0xf2 ... 0xf3] = F_BAD,
	[0xf6 ... 0xf7] = F_MODRM | F_GROUP3, [0xfe ... 0xff] = F_MODRM,
};

static const u16 attr_0f[256] = {
	[0x00 ... 0x03] = F_MODRM, [0x04] = F_BAD,
	[0x0a] = F_BAD, [0x0c] = F_BAD, [0x0d] = F_MODRM, [0x0f] = F_MODRM | F_IMM8,
	[0x10 ... 0x23] = F_MODRM, [0x24 ... 0x27] = F_BAD, [0x28 ... 0x2f] = F_MODRM,
	[0x38 ... 0x6f] = F_MODRM,
	[0x70 ... 0x73] = F_MODRM | F_IMM8, [0x74 ... 0x76] = F_MODRM, [0x78 ... 0x7f] = F_MODRM,
	[0x80 ... 0x8f] = F_REL32,
	[0x90 ... 0x9f] = F_MODRM,
	[0xa3] = F_MODRM, [0xa4] = F_MODRM | F_IMM8, [0xa5 ... 0xa7] = F_MODRM,
	[0xab] = F_MODRM, [0xac] = F_MODRM | F_IMM8, [0xad ... 0xb9] = F_MODRM,
	[0xba] = F_MODRM | F_IMM8, [0xbb ... 0xc1] = F_MODRM,
	[0xc2] = F_MODRM | F_IMM8, [0xc3] = F_MODRM, [0xc4 ... 0xc6] = F_MODRM | F_IMM8,
	[0xc7] = F_MODRM, [0xd0 ... 0xff] = F_MODRM,
};

/* Of 2 and 3 bytes the first two: the second immediate of an ENTER is of no use here. */
static s32 get_imm(const u8 *p, size_t bytes)
{
	u32 low;

	if (bytes == 1)
		return (s8)p[0];
	low = (u32)p[0] | (u32)p[1] << 8;
	return (s32)(bytes < 4 ? low : low | (u32)p[2] << 16 | (u32)p[3] << 24);
}

/* Bytes that the ModRM byte at @p asks for: SIB and displacement, itself too. */
static size_t modrm_len(const u8 *p, size_t avail, s32 *disp)
{
	u8 mod = p[0] >> 6, rm = p[0] & 7;
	size_t len = 1, bytes = 0;

	if (mod == 3)
		return len;
	if (rm == 4) {
		if (avail < 2)
			return avail + 1;
		if (mod == 0 && (p[1] & 7) == 5)
			bytes = 4;
		len++;
	} else if (mod == 0 && rm == 5) {
		bytes = 4;
	}
	if (mod == 1)
		bytes = 1;
	else if (mod == 2)
		bytes = 4;
	if (bytes && len + bytes <= avail)
		*disp = get_imm(p + len, bytes);
	return len + bytes;
}

/* Skips a VEX or EVEX prefix at @p[@at]; false when @avail ends in it. */
static bool skip_vex(const u8 *p, size_t avail, size_t *at, unsigned int *attr, u8 *opcode)
{
	u8 map, first = p[*at];
	size_t len = first == 0xc5 ? 2 : first == 0xc4 ? 3 : 4;

	if (avail - *at <= len)
		return false;
	map = first == 0xc5 ? 1 : p[*at + 1] & (first == 0xc4 ? 0x1f : 0x07);
	*at += len;
	*opcode = p[(*at)++];
	*attr = map == 3 ? F_MODRM | F_IMM8 : F_MODRM;
	if (map == 1)
		*attr = *opcode == 0x77 ? F_NONE : attr_0f[*opcode] | F_MODRM;
	return true;
}

/**
 * irqsan_insn_decode() - decode one 64-bit mode instruction
 * @p: its first byte
 * @avail: bytes that may be read at @p
 * @insn: filled on success
 *
 * Decodes what a compiler and the kernel's own assembly emit in 64-bit kernel
 * text.
 * Context: Any.
 * Return: true; false when the bytes are no instruction or end within one.
 */
bool irqsan_insn_decode(const u8 *p, size_t avail, struct irqsan_insn *insn)
{
	bool addrsize = false;
	unsigned int attr;
	size_t at = 0, imm = 0;

	*insn = (struct irqsan_insn){ .map = IRQSAN_MAP_ONE };
	if (avail > 15)
		avail = 15;
	for (;; at++) {
		if (at >= avail)
			return false;
		/* Most bytes that an instruction begins with are no prefix. */
		if ((p[at] & 0xf0) == 0x40 || !(attr_one[p[at]] & F_BAD))
			break;
		if (p[at] == 0x66)
			insn->opsize = true;
		else if (p[at] == 0x67)
			addrsize = true;
		else if (p[at] == 0xf2 || p[at] == 0xf3)
			insn->rep = p[at];
		else if (p[at] != 0x26 && p[at] != 0x2e && p[at] != 0x36 && p[at] != 0x3e &&
			 p[at] != 0x64 && p[at] != 0x65 && p[at] != 0xf0)
			break;
	}
	if ((p[at] & 0xf0) == 0x40)
		insn->rex = p[at++];
	if (at >= avail)
		return false;

	if (p[at] == 0xc4 || p[at] == 0xc5 || p[at] == 0x62) {
		insn->map = IRQSAN_MAP_VEX;
		if (!skip_vex(p, avail, &at, &attr, &insn->opcode))
			return false;
	} else {
		insn->opcode = p[at++];
		attr = attr_one[insn->opcode];
		if (insn->opcode == 0x0f) {
			if (at >= avail)
				return false;
			insn->map = IRQSAN_MAP_0F;
			insn->opcode = p[at++];
			attr = attr_0f[insn->opcode];
		}
		if (insn->map == IRQSAN_MAP_0F && (insn->opcode & 0xfd) == 0x38) {
			if (at >= avail)
				return false;
			insn->map = insn->opcode == 0x38 ? IRQSAN_MAP_0F38 : IRQSAN_MAP_0F3A;
			attr = insn->opcode == 0x38 ? F_MODRM : F_MODRM | F_IMM8;
			insn->opcode = p[at++];
		}
	}
	if (attr & F_BAD)
		return false;

	if (attr & F_MODRM) {
		if (at >= avail)
			return false;
		insn->has_modrm = true;
		insn->modrm = p[at];
		at += modrm_len(p + at, avail - at, &insn->disp);
		if ((attr & F_GROUP3) && ((insn->modrm >> 3) & 7) < 2)
			attr |= insn->opcode == 0xf6 ? F_IMM8 : F_IMMZ;
	}
	if (attr & F_IMM16)
		imm += 2;
	if (attr & F_IMM8)
		imm += 1;
	if (attr & F_IMMZ)
		imm += insn->opsize ? 2 : 4;
	if (attr & F_REL32)
		imm += 4;
	if (attr & F_IMMV)
		imm += insn->rex & 8 ? 8 : insn->opsize ? 2 : 4;
	if (attr & F_MOFFS)
		imm += addrsize ? 4 : 8;
	if (at + imm > avail)
		return false;
	if (imm)
		insn->imm = get_imm(p + at, imm);
	insn->len = (u8)(at + imm);
	return true;
}

/**
 * irqsan_insn_ends() - does some code end where one of its instructions does?
 * @code: the code, from the beginning of an instruction
 * @len: its length
 * Context: Any.
 * Return: false when an instruction needs bytes behind the end, or there is none
 * that is known.
 */
bool irqsan_insn_ends(const u8 *code, size_t len)
{
	struct irqsan_insn insn;
	size_t at;

	for (at = 0; at < len; at += insn.len) {
		if (!irqsan_insn_decode(code + at, len - at, &insn))
			return false;
	}
	return true;
}
