/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What _raw_spin_unlock_irqrestore() calls first while its site is armed with
 * a direct ftrace call: IRQs off, as they must be: count and go back, at the
 * cost of ten instructions. IRQs on: the registers as they were at the
 * function's entry are given to probe.c.
 *
 * No IRQ state is changed here, and no register but R11, which no caller
 * passes anything in and no function keeps.
 */
#include <linux/linkage.h>
#include <asm/nospec-branch.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>

#include "compat.h"

#ifdef CONFIG_SMP
#define THIS_CPU(reg)	%gs:(reg)
#else
#define THIS_CPU(reg)	(reg)
#endif

	.text
SYM_FUNC_START(irqsan_direct_entry)
	COMPAT_ENDBR
	COMPAT_CALL_DEPTH_ACCOUNT
	pushfq
	testl	$X86_EFLAGS_IF, (%rsp)
	leaq	8(%rsp), %rsp
	jnz	.Lirqs_on
	cmpb	$0, irqsan_enabled(%rip)
	je	.Lreturn
	movq	irqsan_direct_hits(%rip), %r11
	incq	THIS_CPU(%r11)
.Lreturn:
	RET

	/* On the stack: the way back into the function, then the way out of it. */
.Lirqs_on:
	leaq	8(%rsp), %r11
	pushq	$__KERNEL_DS
	pushq	%r11
	pushfq
	pushq	$__KERNEL_CS
	pushq	-8(%r11)
	pushq	$-1
	.irp	reg, rdi, rsi, rdx, rcx, rax, r8, r9, r10, r11, rbx, rbp, r12, r13, r14, r15
	pushq	%\reg
	.endr
	movq	%rsp, %rdi
	call	irqsan_direct_bogus
	.irp	reg, r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi
	popq	%\reg
	.endr
	addq	$(6 * 8), %rsp
	RET
SYM_FUNC_END(irqsan_direct_entry)

/* The planted bogus restore of jumps: a probe here can be optimised (control.c). */
SYM_FUNC_START(irqsan_control_jump)
	movl	%ecx, %ecx
	movl	%ecx, %ecx
	movl	%ecx, %ecx
	RET
SYM_FUNC_END(irqsan_control_jump)
