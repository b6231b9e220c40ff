#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The patches of patches/: each series applies with git am to Debian's pristine
# source, each patch is clean for that tree's checkpatch.pl --strict, and what it
# touches compiles before the next one is applied.
# Ends with a line "patches.sh: N passed, N failed".
#
# Usage: patches.sh [SERIES...]   (default: all, such as 6.1 or reproduce/6.1)
#
# Fetches the sources that aren't in the cache yet.

cd "$(dirname "$0")/../.." || exit 2
. qemu-harness/tests/lib.sh
patches=$PWD/patches
configs=$PWD/qemu-harness/configs
irqsan=$PWD/build/irqsan
work=$(mktemp -d "${TMPDIR:-/var/tmp}/irqsan-patches.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
jobs=$(nproc)
# For series.sh, whose table has them.
kept=out/patches

# A Debian source has no history in which a commit that is quoted could be looked
# up; and new files need no line in MAINTAINERS where their directory has one.
ignore=UNKNOWN_COMMIT_ID,FILE_PATH_CHANGES

suite_of()
{
	case $1 in
	5.10) echo bullseye ;;
	6.1) echo bookworm ;;
	6.12) echo trixie ;;
	7.2) echo sid ;;
	esac
}

# Files that patches are about.
touched()
{
	sed -n 's,^+++ b/,,p' "$@" | sort -u
}

# Hard links: nothing writes into the source. git knows what is patched, no more.
make_tree()
{
	cp -al "$1" "$work/tree" 2>/dev/null || cp -a "$1" "$work/tree" || return 1
	cd "$work/tree" || return 1
	git init -q
	git config user.name check
	git config user.email check@localhost
	touched "$2"/0*.patch | while read -r f; do
		[ ! -f "$f" ] || git add -f "$f"
	done
	git commit -q -m pristine
}

configure()
{
	cat "$configs/kvm-guest" "$configs/irqflags" >"$work/fragment"
	make -s O="$work/out" KCONFIG_ALLCONFIG="$work/fragment" allnoconfig >"$work/log" 2>&1 &&
		make -s O="$work/out" -j"$jobs" CC="ccache gcc" prepare >>"$work/log" 2>&1
}

# Configuration may have new questions: their defaults are as good as any.
compile()
{
	objects=$(touched "$1" | sed -n '/^tools\//d; /^lib\/test_/d; s/\.c$/.o/p')
	make -s O="$work/out" olddefconfig >"$work/log" 2>&1 &&
		make -s O="$work/out" -j"$jobs" CC="ccache gcc" $objects kernel/locking/ \
			arch/x86/kernel/kvm.o >>"$work/log" 2>&1
}

check_patch()
{
	name="$2: $(basename "$1")"
	of=$((of + 1))
	if ! git am -q "$1" >"$work/log" 2>&1; then
		fail "$name applies" "$(tail -1 "$work/log")"
		git am --abort
		return 1
	fi
	pass "$name applies"
	applied=$((applied + 1))
	if perl scripts/checkpatch.pl --strict --terse --ignore $ignore "$1" \
	   >"$work/log" 2>/dev/null; then
		pass "$name is clean"
		clean=$((clean + 1))
	else
		fail "$name is clean" "$(head -1 "$work/log")"
	fi
	if compile "$1"; then
		pass "$name builds"
		built=$((built + 1))
	else
		fail "$name builds" "$(grep -m1 'error\|Error' "$work/log")"
	fi
}

# Runs in a subshell's stead: back in the project's directory at the end.
check_series()
{
	suite=$(suite_of "$(basename "$1")")
	if ! source=$("$irqsan" kernel source "debian-source:$suite"); then
		fail "$1" "no source"
		return
	fi
	here=$PWD
	rm -rf "$work"/*
	of=0 applied=0 clean=0 built=0
	if make_tree "$source" "$patches/$1" && configure; then
		for p in "$patches/$1"/000[1-9]*.patch; do
			check_patch "$p" "$1" || break
		done
	else
		fail "$1" "the source can't be configured: $(tail -1 "$work/log")"
	fi
	cd "$here" || exit 2
	mkdir -p "$kept/$(dirname "$1")"
	echo "$of: $applied, $clean, $built" >"$kept/$1"
}

[ $# -gt 0 ] || set -- 5.10 6.1 6.12 7.2 reproduce/6.1 reproduce/6.12 reproduce/7.2
for series; do
	check_series "$series"
done
finish
