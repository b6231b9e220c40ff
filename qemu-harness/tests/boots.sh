#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Boots real guests: catches planted restores, and loads and unloads the module
# under load, on a kernel of each generation, then shows the kvm_wait bug and
# its absence in KVM guests.
# Ends with a line "N passed, N failed".
#
# Usage: boots.sh [OUT]   (default: out/check)

cd "$(dirname "$0")/../.." || exit 2
irqsan=build/irqsan
out=${1:-out/check}
. qemu-harness/tests/lib.sh

rm -rf "$out"
mkdir -p "$out" || exit 2

# All sites are armed three times for the planted restores. Under the storm that
# would take minutes each time in an emulated guest: there the unlocks only.
for suite in bullseye bookworm trixie sid; do
	expect 0 "planted restores caught, debian:$suite" \
		$irqsan run --kernel debian:$suite --accel tcg --workload none --seconds 1 \
		--planted --keep "$out/planted-$suite"
	expect 0 "load and unload under load, debian:$suite" \
		$irqsan run --kernel debian:$suite --accel tcg --seconds 60 --reload 10 \
		--params sites=unlocks --keep "$out/reload-$suite"
done

expect 0 "reproduced on 5.10, absent on 6.1 and with the livepatch" \
	$irqsan reproduce --runs 1 --keep "$out/reproduce"

# Somebody else's driver and test program: neither is known to any built-in load.
planted=$($irqsan kernel build-module --kernel debian:bookworm selftests/irqsan/planted) || exit 2
for accel in tcg nested; do
	expect 1 "a module's bug found by the user's command, $accel" \
		$irqsan run --kernel debian:bookworm --accel $accel \
		--insmod "$planted/irqsan_planted.ko" --keep "$out/command-$accel" -- \
		sh -c 'echo plain >/sys/module/irqsan_planted/parameters/run'
	expect 0 "it has its name, $accel" \
		grep -q '"title": "WARNING in planted_plain"' "$out/command-$accel/result.json"
done
reproducer=qemu-harness/tests/loads/fuzzer-repro.c
expect 1 "a fuzzer's reproducer, which never ends, finds its bug" \
	$irqsan run --kernel debian:bookworm --accel tcg --insmod "$planted/irqsan_planted.ko" \
	--keep "$out/command-fuzzer" -- $reproducer
expect 0 "it has its name" \
	grep -q '"title": "WARNING in planted_plain"' "$out/command-fuzzer/result.json"
expect 0 "a fuzzer's reproducer without its bug is ended after --seconds" \
	$irqsan run --kernel debian:bookworm --accel tcg --seconds 5 \
	--keep "$out/command-fuzzer-good" -- $reproducer
expect 0 "a command that finds nothing" \
	$irqsan run --kernel debian:bookworm --accel tcg --procs 2 --repeat 3 \
	--keep "$out/command-good" -- sh -c 'mkdir /tmp/$$ && rmdir /tmp/$$'

# What was judged once must be judged the same from its files alone.
for dir in "$out"/reload-* "$out"/planted-* "$out"/command-*; do
	expect 0 "judged again without booting: ${dir##*/}" $irqsan recheck "$dir"
done

finish
