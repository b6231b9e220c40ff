#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Verdicts on real fixes, and on some that are none: each must come out as it is,
# from as few boots as can give it.
# Ends with a line "verify.sh: N passed, N failed".
#
# Usage: verify.sh [OUT]   (default: out/verify)

cd "$(dirname "$0")/../.." || exit 2
irqsan=build/irqsan
out=${1:-out/verify}
patches=qemu-harness/tests/patches
. qemu-harness/tests/lib.sh

rm -rf "$out"
mkdir -p "$out" || exit 2

# verdict VERDICT CODE NAME OPTION...: a verification that must end so; with
# boots=none, without a boot.
verdict()
{
	want=$1
	code=$2
	what=$3
	shift 3
	dir=$out/$((passed + failed + 1))
	echo "# $what"
	start=$(date +%s)
	$irqsan verify --seconds 15 --params sites=pv --keep "$dir" "$@"
	got=$?
	took=$(($(date +%s) - start))
	if [ $got -ne "$code" ]; then
		fail "$what" "exit code $got, not $code (${took} s)"
	elif ! grep -q "^irqsan verify: $want\$" "$dir/verify.txt"; then
		fail "$what" "$(head -n 1 "$dir/verify.txt"), not $want (${took} s)"
	else
		pass "$what: $want (${took} s)"
	fi
	# What was judged once must be judged the same from its files alone.
	if [ "$boots" = none ]; then
		expect 1 "no boot for it: $what" grep -q " boots" "$dir/verify.txt"
	else
		expect 0 "judged again: $what" $irqsan recheck "$dir"
	fi
}

# built SOURCE OPTION...: the build tree of a kernel.
built()
{
	$irqsan kernel build "$@" | sed -n 's/^directory: //p'
}

# Three of three against none of three: p is 0.05.
fixed="--runs 3 --alpha 0.05"
# Four that show one thing, and four another: 2 of 70 ways to deal them out.
worse="--runs 4 --alpha 0.05"

# 5.10 with the check, whose own warning is the bug's title, and what is put on top.
# With lockdep in it, it takes its time to get where the bug is.
long="--seconds 90"
check510=$(echo patches/5.10/0001-*.patch)
with_check()
{
	built debian-source:bullseye --config seed --patch "$check510" "$@"
}
before510=$(with_check)

verdict FIXED 0 "5.10 and the livepatch" \
	--before debian:bullseye --livepatch patches/livepatch $fixed
verdict "NOT REPRODUCED" 125 "6.1, which hasn't the bug" \
	--before debian:bookworm --after debian:bookworm --runs 1
verdict FIXED 0 "5.10 from source, and the fix as a patch" \
	--source debian-source:bullseye --patch patches/5.10/0002-*.patch $fixed
verdict FIXED 0 "5.10 with the check, and the fix" \
	--before "$before510" --after "$(with_check --patch patches/5.10/0002-*.patch)" $fixed $long
verdict "NOT FIXED" 1 "5.10 with the check, and other code with the bug" \
	--before "$before510" --after "$(with_check --patch $patches/kvm-wait-relax.patch)" --runs 1 $long
verdict WORSE 1 "5.10 with the check, and a kvm_wait that stops returning" \
	--before "$before510" --after "$(with_check --patch $patches/kvm-wait-halts.patch)" $worse $long
verdict FIXED 0 "6.1 with the bug put back, and 6.1" \
	--before "$(built debian-source:bookworm --config irqflags \
		--patch patches/reproduce/6.1/0001-*.patch)" \
	--after "$(built debian-source:bookworm --config irqflags)" $fixed
boots=none verdict "NOT FIXED" 1 "6.1 and a comment" \
	--source debian-source:bookworm --config irqflags --patch $patches/kvm-wait-comment.patch

finish
