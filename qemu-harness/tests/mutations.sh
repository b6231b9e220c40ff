#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Do the selftests see a broken module? Breaks copies of it on purpose, one way
# each, and expects the selftests to fail; says which of them did.
# Ends with a line "mutations.sh: N passed, N failed".
#
# Usage: mutations.sh [OUT]   (default: out/mutations)
#
# $KERNEL (debian:bookworm): the kernel to do it on; $IRQSAN (build/irqsan): the
# program.

cd "$(dirname "$0")/../.." || exit 2
irqsan=${IRQSAN:-build/irqsan}
kernel=${KERNEL:-debian:bookworm}
out=${1:-out/mutations}
. qemu-harness/tests/lib.sh

rm -rf "$out"
mkdir -p "$out" || exit 2
out=$(cd "$out" && pwd)
nr=0

# mutation WHAT FILE SED-SCRIPT [KERNEL] - in a copy of module/
mutation()
{
	on=${4:-$kernel}
	nr=$((nr + 1))
	dir=$out/$nr
	mkdir "$dir"
	cp -r module "$dir/module"
	rm -f "$dir"/module/*.o "$dir"/module/*.ko "$dir"/module/.*.cmd
	sed -i "$3" "$dir/module/$2"
	if cmp -s "module/$2" "$dir/module/$2"; then
		fail "$1" "the mutation doesn't apply to $2 any more"
		return
	fi
	if ! ko=$($irqsan kernel build-module --kernel "$on" "$dir/module"); then
		fail "$1" "it doesn't compile"
		return
	fi
	expect 1 "$1" $irqsan selftest --kernel "$on" --accel tcg --keep "$dir/run" \
		--module "$ko/irqsan.ko"
}

mutation "check inverted" check.c \
	's/if (unlikely(regs->flags & X86_EFLAGS_IF))/if (!(regs->flags \& X86_EFLAGS_IF))/'
mutation "ring of one record" record.c \
	's/^#define RING_SIZE 32/#define RING_SIZE 1/'
mutation "site one byte too far" site.c \
	's/ctx->text->start + found->offset/& + 1/'
mutation "site at the sti" site.c \
	's/ctx->text->start + found->offset/ctx->text->start + found->enable/'
mutation "report never printed" report.c \
	's/\bsplat(record);/;/'
mutation "soft and hard swapped" check.c \
	'/case SAVED_[RZC]/,/return/ { s/FLAGS_ON/FLAGS_X/; s/FLAGS_OFF/FLAGS_ON/; s/FLAGS_X/FLAGS_OFF/ }'
mutation "violations counted twice" check.c \
	's/this_cpu_inc(site->count->violations)/this_cpu_add(site->count->violations, 2)/'
mutation "lost records not counted" record.c \
	'/atomic_inc(&ring->lost)/d'
mutation "no tracepoint" check.c \
	's/trace_bogus_irq_restore(/(void)(/'
mutation "modules that come are not seen" scope.c \
	'/case MODULE_STATE_COMING:/,/break;/ { /scan_module/d }'
mutation "switching off does nothing" check.c \
	's/!READ_ONCE(irqsan_enabled)/0/'
# Only there does it do harm (docs/probing.md).
mutation "a probe that the kernel can't look at" probe.c \
	's/if (decoding_leaves_text(site))/if (!site->mod \&\& decoding_leaves_text(site))/' debian:trixie
mutation "no panic" report.c \
	's/if (irqsan_panic)/if (0)/'

finish
