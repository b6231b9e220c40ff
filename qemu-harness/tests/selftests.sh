#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Runs the selftests in guests with a kernel of each generation and flavour, the
# PV tests in KVM guests, and has other programs read what they say. The results
# are kept for the table of series.sh.
# Ends with a line "selftests.sh: N passed, N failed".
#
# Usage: selftests.sh [OUT]   (default: out/selftests)
#
# $IRQSAN (build/irqsan): the program. $KUNIT: kunit.py of a kernel's source;
# without it the one of an unpacked source package is taken, if there is any.

cd "$(dirname "$0")/../.." || exit 2
irqsan=${IRQSAN:-build/irqsan}
out=${1:-out/selftests}
. qemu-harness/tests/lib.sh

rm -rf "$out"
mkdir -p "$out" || exit 2
out=$(cd "$out" && pwd)

kunit=$KUNIT
for path in /usr/src/linux-source-*/tools/testing/kunit/kunit.py; do
	[ -n "$kunit" ] || [ ! -f "$path" ] || kunit=$path
done

# read_by_others NAME FILE: TAP and KTAP readers that aren't ours agree.
read_by_others()
{
	if command -v prove >/dev/null; then
		expect 0 "prove reads the KTAP of $1" prove -e cat "$2"
	else
		skip "prove" "perl is not installed"
	fi
	if [ -n "$kunit" ]; then
		expect 0 "kunit.py reads the KTAP of $1" python3 "$kunit" parse "$2"
	else
		skip "kunit.py" "no kernel source; set KUNIT"
	fi
}

# titles_agree CONSOLE DIR: a crash parser calls each of irqsan's reports as it names the
# caller, which is what the guest's records are called by.
titles_agree()
{
	rm -rf "$2"
	mkdir -p "$2"
	awk -v dir="$2" '/-\[ cut here \]-/ { n++ } n { print >sprintf("%s/%03d", dir, n) }' "$1"
	agreed=0
	for report in "$2"/*; do
		want=$(sed -n 's/.*WARNING: CPU.* at irqsan[^ ]* \([^+.]*\)[+.].*/WARNING in \1/p' \
			"$report")
		[ -n "$want" ] || continue
		got=$($irqsan title "$report")
		if [ "$got" != "$want" ]; then
			echo "# $report: \"$got\", not \"$want\""
			return 1
		fi
		agreed=$((agreed + 1))
	done
	echo "# $agreed reports"
	[ $agreed -ge 20 ]
}

for name in bullseye bookworm trixie sid bookworm/rt bookworm/cloud; do
	file=$out/$(echo $name | tr / -)
	expect 0 "selftests, debian:$name" $irqsan selftest --kernel debian:$name --accel tcg \
		--keep "$file" --ktap "$file.ktap" --json "$file.json"
	expect 0 "debian:$name: the engine is probes" grep -q "^  # engine probes, " "$file.ktap"
	read_by_others "debian:$name" "$file.ktap"
	expect 0 "titles of the reports, debian:$name" titles_agree "$file/tests/0/console.log" \
		"$file-reports"
done

# Other programs see the events, too. 5.10 has no BTF, which bpftrace wants.
tracers=$(command -v perf >/dev/null && command -v trace-cmd >/dev/null && command -v bpftrace)
for name in bookworm trixie sid; do
	if [ -n "$tracers" ]; then
		expect 0 "tracers, debian:$name" $irqsan selftest --kernel debian:$name --accel tcg \
			--tracers --memory 1536 --keep "$out/tracers-$name" \
			--ktap "$out/tracers-$name.ktap" tracepoints
		expect 1 "none was skipped" grep -q SKIP "$out/tracers-$name.ktap"
	else
		skip "tracers, debian:$name" "install linux-perf, trace-cmd and bpftrace"
	fi
done

# A minute of violations by eight CPUs.
for name in bullseye bookworm; do
	expect 0 "storm on eight CPUs, debian:$name" $irqsan selftest --kernel debian:$name \
		--accel tcg --cpus 8 --keep "$out/storm-$name" storm
done

# Not fixed, and fixed: reported on 5.10, balanced on the others.
for name in bullseye bookworm trixie sid; do
	expect 0 "PV test in a KVM guest, debian:$name" $irqsan selftest --kernel debian:$name \
		--accel nested --keep "$out/pv-$name" --ktap "$out/pv-$name.ktap" \
		--json "$out/pv-$name.json" pv
	expect 0 "it was not skipped" grep -q '^ok 1 test-pv.sh$' "$out/pv-$name.ktap"
done

finish
