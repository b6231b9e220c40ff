#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The rooms of qemu-harness/src and the direction of use (docs/architecture.md): a
# file includes from its own room and from those in front of it, and from nowhere else.
# Ends with a line "rooms.sh: N passed, N failed".
#
# Usage: rooms.sh [DIR]   (default: qemu-harness/src)

cd "$(dirname "$0")/../.." || exit 2
. qemu-harness/tests/lib.sh
src=${1:-qemu-harness/src}
rooms="base kernel crash boot judge verify bisect sites report cmd"
# Headers that the module shares with the harness.
below="scan.h insn.h"

for file in "$src"/*.[ch]; do
	[ ! -e "$file" ] || fail "rooms" "$file lies in no room"
done
for dir in "$src"/*/; do
	room=$(basename "$dir")
	case " $rooms " in
	*" $room "*) ;;
	*) fail "$room" "no such room is known to rooms.sh" ;;
	esac
done
for room in $rooms; do
	below="$below $room"
	bad=$(grep -H '^#include "' "$src/$room"/*.[ch] | tr -d '"' |
		while read -r where what; do
			case " $below " in
			*" ${what%%/*} "*) ;;
			*) echo "${where%%:*} includes $what" ;;
			esac
		done)
	if [ -n "$bad" ]; then
		fail "$room uses only what is below it" "$(echo "$bad" | head -n 1)"
	else
		pass "$room uses only what is below it"
	fi
done

finish
