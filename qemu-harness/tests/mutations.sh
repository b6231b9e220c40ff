#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Do the selftests see a broken module? Breaks copies of it on purpose, one way
# each, and expects those selftests to fail that are there for it.
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

# mutation WHAT FILE SED-SCRIPT TEST [KERNEL] - in a copy of module/
mutation()
{
	on=${5:-$kernel}
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
	expect 1 "$1: $4" $irqsan selftest --kernel "$on" --accel tcg --keep "$dir/run" \
		--module "$ko/irqsan.ko" "$4"
}

# The check.
mutation "check inverted" probe.c \
	's/if (unlikely(regs->flags & X86_EFLAGS_IF))/if (!(regs->flags \& X86_EFLAGS_IF))/' status
mutation "site one byte too far" site.c \
	's/search->text->start + found->offset;/search->text->start + found->offset + 1;/' status
mutation "site at the sti" site.c \
	's/search->text->start + found->offset;/search->text->start + found->enable;/' zoo
mutation "soft and hard swapped" probe.c \
	'/case IRQSAN_SAVED_[RZC]/,/return/ { s/_ON/_X/; s/_OFF/_ON/; s/_X/_OFF/ }' zoo
mutation "flags of a direct call by ZF" probe.c \
	's/regs->si & X86_EFLAGS_IF/regs->flags \& X86_EFLAGS_ZF/' zoo
mutation "switching off does nothing" probe.c \
	's/READ_ONCE(irqsan_enabled)/true/' files

# Bugs and their counts.
mutation "a bug for each site, whoever comes" bug.c \
	's/make_key(site, caller))/make_key(site, site))/' zoo
mutation "a table of eight bugs" bug.c \
	's/IRQSAN_BUG_BITS 9/IRQSAN_BUG_BITS 3/' concurrency
mutation "violations counted twice" bug.c \
	's/atomic_long_inc(&bug->count)/atomic_long_add(2, \&bug->count)/' zoo
mutation "violations of a site counted twice" probe.c \
	's/this_cpu_inc(site->count->violations)/this_cpu_add(site->count->violations, 2)/' \
	concurrency
mutation "unlisted violations not counted" bug.c \
	'/atomic_long_inc(&unlisted)/d' concurrency
mutation "no tracepoint" bug.c \
	's/trace_irqsan_bogus_restore(/(void)(/' tracepoints

# Reports.
mutation "report never printed" bug.c \
	's/\bprint_splat(bug, panicking);/;/' reports
mutation "silence ignored" bug.c \
	's/if (is_silenced(bug->caller))/if (0)/' reports
mutation "whoever enabled IRQs last is named" track.c \
	's/return fn.start == caller.start ? nr : 0;/return nr;/' zoo
mutation "no panic" bug.c \
	's/if (irqsan_panic /if (0 /' panic

# Modules.
mutation "init functions are not seen" scope.c \
	'/case MODULE_STATE_COMING:/,/break;/ { /scan_module/d }' modules
mutation "modules that go live are not looked at" scope.c \
	'/case MODULE_STATE_LIVE:/,/break;/ { /watch_module/d }' modules
mutation "a site by hand has no module" site.c \
	's/\.text = &fn, \.mod = mod,/.text = \&fn,/' modules
mutation "bugs go with their module" bug.c \
	's/keep_line(bug);/;/' modules
# Only there does it do harm (docs/probing.md).
mutation "a probe that the kernel can't look at" probe.c \
	's/if (decoding_leaves_text(site))/if (!site->mod \&\& decoding_leaves_text(site))/' \
	modules debian:trixie

# What others switch off, or have put there first.
mutation "blind and not said" site.c \
	's/if (!blind && !direct)/if (1)/' blind
mutation "an unseen control and not said" control.c \
	's/rc = -EIO;/;/' blind
mutation "probes of others are not looked through" site.c \
	's/rc = look_behind(&search, foreign\[i\]);/;/' blind

finish
