/* SPDX-License-Identifier: GPL-2.0 */
/*
 * x86-64 instruction boundaries and the few fields that the scanner looks at.
 * Pure: compiled into the module and into host programs alike.
 */
#ifndef IRQSAN_INSN_H
#define IRQSAN_INSN_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
typedef uint8_t u8;
typedef int8_t s8;
typedef uint16_t u16;
typedef int32_t s32;
typedef uint32_t u32;
typedef uint64_t u64;
#endif

/* Opcode map that an instruction's opcode byte is in. */
enum irqsan_map {
	IRQSAN_MAP_ONE,		/* one-byte opcodes */
	IRQSAN_MAP_0F,		/* 0f xx */
	IRQSAN_MAP_0F38,	/* 0f 38 xx */
	IRQSAN_MAP_0F3A,	/* 0f 3a xx */
	IRQSAN_MAP_VEX,		/* encoded with VEX or EVEX, whatever the map */
};

/**
 * struct irqsan_insn - one decoded instruction
 * @len: bytes, prefixes included
 * @map: opcode map
 * @opcode: opcode byte in that map
 * @rex: REX prefix, or 0
 * @opsize: a 66 prefix is there
 * @rep: the last of f2, f3 seen, or 0
 * @has_modrm: @modrm is valid
 * @modrm: ModRM byte
 * @disp: displacement of a memory operand, sign-extended; 0 when there is none
 * @imm: immediate or relative displacement, sign-extended; 0 when there is none
 */
struct irqsan_insn {
	u8 len;
	u8 map;
	u8 opcode;
	u8 rex;
	bool opsize;
	u8 rep;
	bool has_modrm;
	u8 modrm;
	s32 disp;
	s32 imm;
};

bool irqsan_insn_decode(const u8 *p, size_t avail, struct irqsan_insn *insn);
bool irqsan_insn_ends(const u8 *code, size_t len);

#endif
