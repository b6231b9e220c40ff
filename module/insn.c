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

static unsigned int attr_one(u8 op)
{
	/* The eight arithmetic operations, eight opcodes each. */
	if (op < 0x40) {
		switch (op & 7) {
		case 4:
			return F_IMM8;
		case 5:
			return F_IMMZ;
		case 6:
		case 7:
			return F_BAD;
		default:
			return F_MODRM;
		}
	}
	switch (op) {
	case 0x50 ... 0x5f:
	case 0x6c ... 0x6f:
	case 0x90 ... 0x99:
	case 0x9b ... 0x9f:
	case 0xa4 ... 0xa7:
	case 0xaa ... 0xaf:
	case 0xc3:
	case 0xc9:
	case 0xcb ... 0xcc:
	case 0xcf:
	case 0xd7:
	case 0xec ... 0xef:
	case 0xf1:
	case 0xf4 ... 0xf5:
	case 0xf8 ... 0xfd:
		return F_NONE;
	case 0x63:
	case 0x84 ... 0x8f:
	case 0xd0 ... 0xd3:
	case 0xd8 ... 0xdf:
	case 0xfe ... 0xff:
		return F_MODRM;
	case 0x69:
	case 0x81:
	case 0xc7:
		return F_MODRM | F_IMMZ;
	case 0x6b:
	case 0x80:
	case 0x83:
	case 0xc0 ... 0xc1:
	case 0xc6:
		return F_MODRM | F_IMM8;
	case 0x68:
	case 0xa9:
		return F_IMMZ;
	case 0x6a:
	case 0x70 ... 0x7f:
	case 0xa8:
	case 0xb0 ... 0xb7:
	case 0xcd:
	case 0xe0 ... 0xe7:
	case 0xeb:
		return F_IMM8;
	case 0xa0 ... 0xa3:
		return F_MOFFS;
	case 0xb8 ... 0xbf:
		return F_IMMV;
	case 0xc2:
	case 0xca:
		return F_IMM16;
	case 0xc8:
		return F_IMM16 | F_IMM8;
	case 0xe8 ... 0xe9:
		return F_REL32;
	case 0xf6 ... 0xf7:
		return F_MODRM | F_GROUP3;
	default:
		return F_BAD;
	}
}

static unsigned int attr_0f(u8 op)
{
	switch (op) {
	case 0x05 ... 0x09:
	case 0x0b:
	case 0x0e:
	case 0x30 ... 0x37:
	case 0x77:
	case 0xa0 ... 0xa2:
	case 0xa8 ... 0xaa:
	case 0xc8 ... 0xcf:
		return F_NONE;
	case 0x80 ... 0x8f:
		return F_REL32;
	case 0x0f:
	case 0x70 ... 0x73:
	case 0xa4:
	case 0xac:
	case 0xba:
	case 0xc2:
	case 0xc4 ... 0xc6:
		return F_MODRM | F_IMM8;
	case 0x04:
	case 0x0a:
	case 0x0c:
	case 0x24 ... 0x27:
		return F_BAD;
	default:
		return F_MODRM;
	}
}

static unsigned int attr_map(u8 map, u8 op)
{
	switch (map) {
	case MAP_ONE:
		return attr_one(op);
	case MAP_0F:
		return attr_0f(op);
	case MAP_0F38:
		return F_MODRM;
	case MAP_0F3A:
		return F_MODRM | F_IMM8;
	default:
		return F_BAD;
	}
}

static s32 get_imm(const u8 *p, size_t bytes)
{
	switch (bytes) {
	case 1:
		return (s8)p[0];
	case 2:
	case 3:	/* ENTER: the second of its immediates is of no use here */
		return (s32)((u32)p[0] | (u32)p[1] << 8);
	default:
		return (s32)((u32)p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24);
	}
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
	switch (map) {
	case 1:
		*attr = *opcode == 0x77 ? F_NONE : attr_0f(*opcode) | F_MODRM;
		break;
	case 3:
		*attr = F_MODRM | F_IMM8;
		break;
	default:
		*attr = F_MODRM;
	}
	return true;
}

/**
 * irqsan_insn_decode() - decode one 64-bit mode instruction
 * @p: its first byte
 * @avail: bytes that may be read at @p
 * @insn: filled on success
 *
 * Decodes what a compiler and the kernel's own assembly emit in 64-bit kernel
 * text. Any context.
 *
 * Return: true; false when the bytes are no instruction or end within one.
 */
bool irqsan_insn_decode(const u8 *p, size_t avail, struct irqsan_insn *insn)
{
	bool addrsize = false;
	unsigned int attr;
	size_t at = 0, imm = 0;

	*insn = (struct irqsan_insn){ .map = MAP_ONE };
	if (avail > 15)
		avail = 15;
	for (;; at++) {
		if (at >= avail)
			return false;
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
		insn->map = MAP_VEX;
		if (!skip_vex(p, avail, &at, &attr, &insn->opcode))
			return false;
	} else {
		insn->opcode = p[at++];
		if (insn->opcode == 0x0f) {
			if (at >= avail)
				return false;
			insn->map = MAP_0F;
			insn->opcode = p[at++];
			if (insn->opcode == 0x38 || insn->opcode == 0x3a) {
				if (at >= avail)
					return false;
				insn->map = insn->opcode == 0x38 ? MAP_0F38 : MAP_0F3A;
				insn->opcode = p[at++];
			}
		}
		attr = attr_map(insn->map, insn->opcode);
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
