#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# With all sites armed, on a kernel of each generation: planted bogus restores
# are caught where they are, and what an administrator does to a machine works.
# Ends with a line "chores.sh: N passed, N failed".
#
# Usage: chores.sh [OUT]   (default: out/chores)
#
# $RELOADS (200): how often the module goes out and in, on each kernel. All of it
# takes about three hours.

cd "$(dirname "$0")/../.." || exit 2
irqsan=build/irqsan
out=${1:-out/chores}
reloads=${RELOADS:-200}
. qemu-harness/tests/lib.sh

rm -rf "$out"
mkdir -p "$out" || exit 2

for name in bullseye bookworm bookworm/rt bookworm/cloud trixie sid; do
	expect 0 "planted restores, debian:$name" \
		$irqsan run --kernel debian:$name --accel tcg --workload none --seconds 1 \
		--planted --keep "$out/planted-$(echo $name | tr / -)"
done

for suite in bullseye bookworm trixie sid; do
	expect 0 "chores under load, debian:$suite" \
		$irqsan run --kernel debian:$suite --accel tcg --seconds 10 \
		--chore hotplug,suspend,modules,sysrq-l,tracer,kexec,reboot \
		--keep "$out/chores-$suite"
	grep '"t":"chore"' "$out/chores-$suite/0/records.jsonl" | sed 's/^/# /'
done

# With all sites on one vCPU, and with few on two: to arm a site is to stop the
# other CPUs, and each of those stops costs an emulated guest a time slice.
for name in bullseye bookworm bookworm/rt trixie sid; do
	dir="$out/reload-$(echo $name | tr / -)"
	expect 0 "$reloads times out and in under load, modules and NMIs, debian:$name" \
		$irqsan run --kernel debian:$name --accel tcg --cpus 1 --seconds 1 \
		--reload "$reloads" --chore modules,sysrq-l --keep "$dir"
	expect 0 "the same with sites=unlocks on two vCPUs" \
		$irqsan run --kernel debian:$name --accel tcg --cpus 2 --seconds 1 \
		--reload "$reloads" --params sites=unlocks \
		--chore modules,sysrq-l --keep "$dir-2"
done

finish
