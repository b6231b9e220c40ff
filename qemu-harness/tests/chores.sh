#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# With all sites armed, on a kernel of each generation: planted bogus restores
# are caught where they are, and what an administrator does to a machine works.
# Ends with a line "chores.sh: N passed, N failed".
#
# Usage: chores.sh [OUT]   (default: out/chores)
#
# $RELOADS (200): how often the module goes out and in, on one kernel;
# $RELOAD_PARAMS: its parameters meanwhile. All sites take up to minutes each
# time in an emulated guest.

cd "$(dirname "$0")/../.." || exit 2
irqsan=build/irqsan
out=${1:-out/chores}
reloads=${RELOADS:-200}
. qemu-harness/tests/lib.sh

rm -rf "$out"
mkdir -p "$out" || exit 2

for name in bullseye bookworm bookworm/rt trixie sid; do
	expect 0 "planted restores, debian:$name" \
		$irqsan run --kernel debian:$name --accel tcg --workload none --seconds 1 \
		--planted --keep "$out/planted-$(echo $name | tr / -)"
done

for suite in bullseye bookworm trixie sid; do
	expect 0 "chores under load, debian:$suite" \
		$irqsan run --kernel debian:$suite --accel tcg --seconds 10 \
		--chore hotplug,suspend,modules,sysrq-l,kexec,reboot \
		--keep "$out/chores-$suite"
	grep '"t":"chore"' "$out/chores-$suite/0/records.jsonl" | sed 's/^/# /'
done

expect 0 "$reloads times out and in under load, modules and NMIs" \
	$irqsan run --kernel debian:bookworm --accel tcg --seconds 600 \
	--reload "$reloads" --params "${RELOAD_PARAMS:-sites=unlocks}" \
	--chore modules,sysrq-l --keep "$out/reload"

finish
