#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Kernels built from source: they boot in each way, with irqsan in them; equal
# code has equal signatures, other code hasn't; what doesn't build says why.
# Ends with a line "builds.sh: N passed, N failed".
#
# Usage: builds.sh [OUT]   (default: out/builds)

cd "$(dirname "$0")/../.." || exit 2
. qemu-harness/tests/lib.sh
irqsan=$PWD/build/irqsan
out=${1:-out/builds}

rm -rf "$out"
mkdir -p "$out" || exit 2
out=$(cd "$out" && pwd)

# member NAME FILE: a string in a build's JSON.
member()
{
	sed -n "s/.*\"$1\": \"\(.*\)\".*/\1/p" "$2"
}

# same|other NAME A B: two builds' signatures.
same()
{
	a=$(member signature "$2")
	if [ "$a" ] && [ "$a" = "$(member signature "$3")" ]; then
		pass "$1"
	else
		fail "$1" "$a is not $(member signature "$3")"
	fi
}

other()
{
	a=$(member signature "$2")
	if [ "$a" ] && [ "$a" != "$(member signature "$3")" ]; then
		pass "$1"
	else
		fail "$1" "both are $a"
	fi
}

# build CODE NAME SOURCE OPTION...: the result is in NAME.json.
build()
{
	want=$1
	what=$2
	shift 2
	expect "$want" "build of $what" "$irqsan" kernel build "$@" --json "$out/$what.json"
}

# boot CODE NAME OPTION...: with the kernel of NAME.json.
boot()
{
	want=$1
	what=$2
	shift 2
	expect "$want" "$what: run $*" "$irqsan" run --kernel "$(member dir "$out/$what.json")" \
		"$@" --keep "$out/run-$passed-$failed"
}

build 0 6.1 debian-source:bookworm
boot 0 6.1 --accel tcg --seconds 10 --planted
boot 0 6.1 --accel tcg --seconds 10 --chore hotplug,modules
boot 0 6.1 --accel nested --seconds 10

build 0 5.10 debian-source:bullseye
boot 0 5.10 --accel tcg --seconds 10 --planted
boot 1 5.10 --accel nested --seconds 30
if grep -q 'WARNING in kvm_wait' "$out"/run-*/run.json; then
	pass "5.10 has the bug"
else
	fail "5.10 has the bug" "no WARNING in kvm_wait in $out"
fi

# The same source elsewhere. Only names are copied; sed -i writes new files.
cp -al "$(member source "$out/6.1.json")" "$out/tree" || exit 2
kvm=$out/tree/arch/x86/kernel/kvm.c
build 0 copy "$out/tree" -o "$out/build"
same "another directory, the same signature" "$out/6.1.json" "$out/copy.json"
sed -i '1i /* A comment. */' "$kvm"
build 0 comment "$out/tree" -o "$out/build"
same "a comment, the same signature" "$out/6.1.json" "$out/comment.json"
sed -i 's/^static void kvm_wait(.*/static int planted_word = 1;\n&/; s/^\tif (in_nmi())/\tif (planted_word++)\n\t\tbarrier();\n&/' "$kvm"
build 0 code "$out/tree" -o "$out/build"
other "other code, another signature" "$out/6.1.json" "$out/code.json"
sed -i '1i #error planted' "$kvm"
build 125 error "$out/tree" -o "$out/build"
if grep -q '"error": "arch/x86/kernel/kvm.c:1:2: error: #error planted"' "$out/error.json"; then
	pass "the first error is told"
else
	fail "the first error is told" "$(member error "$out/error.json")"
fi

# The same as a patch.
(cd "$out" && mkdir -p a b && sed '1i /* A comment. */' \
	"$(member source 6.1.json)/arch/x86/kernel/kvm.c" >b/kvm.c &&
	cp "$(member source 6.1.json)/arch/x86/kernel/kvm.c" a/kvm.c &&
	diff -u a/kvm.c b/kvm.c | sed 's,^\(---\|+++\) \([ab]\)/kvm.c.*,\1 \2/arch/x86/kernel/kvm.c,' \
	>comment.patch)
build 0 patched debian-source:bookworm --patch "$out/comment.patch"
same "a comment in a patch, the same signature" "$out/6.1.json" "$out/patched.json"

finish
