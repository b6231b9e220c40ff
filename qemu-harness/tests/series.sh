#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The engines on kernels that are built for them: booted, the selftests run, and the
# PV test in a KVM guest. Results are kept; a table is made of all that there are,
# with those that selftests.sh has kept of Debian's own kernels.
# Ends with a line "series.sh: N passed, N failed".
#
# Usage: series.sh [ROW...]       (default: all; see rows() for their names)
#        series.sh --table        (only the table, on standard output)
#
# Hours, where the kernels are not in the cache of builds yet.

cd "$(dirname "$0")/../.." || exit 2
. qemu-harness/tests/lib.sh
irqsan=$PWD/build/irqsan
out=out/series
stock=out/selftests
patches=out/patches

# NAME ENGINE SOURCE SERIES CONFIG: kernels to build.
rows()
{
	cat <<-END
	5.10-check probes debian-source:bullseye 5.10 seed
	6.1-check probes debian-source:bookworm - irqflags
	6.1-tracepoint tracepoint debian-source:bookworm 6.1 tracepoint
	6.12-tracepoint tracepoint debian-source:trixie 6.12 tracepoint
	7.2-tracepoint tracepoint debian-source:sid 7.2 tracepoint
	END
}

# selftest NAME WHAT OPTION...: the result is kept in NAME/WHAT.json.
selftest()
{
	expect 0 "$1: $2" $irqsan selftest --kernel "$kernel" --json "$out/$1/$2.json" \
		--ktap "$out/$1/$2.ktap" --keep "$out/$1/$2" --accel "$3" ${4:+"$4"}
}

# run_row NAME ENGINE SOURCE SERIES CONFIG
run_row()
{
	rm -rf "${out:?}/$1"
	mkdir -p "$out/$1"
	series=
	[ "$4" = - ] || series=patches/$4
	expect 0 "$1: build" $irqsan kernel build "$3" --config "$5" ${series:+--series "$series"} \
		--json "$out/$1/build.json"
	kernel=$(jq -r '.dir // empty' "$out/$1/build.json")
	[ -n "$kernel" ] || return
	selftest "$1" tcg tcg
	expect 0 "$1: the engine is $2" grep -q "^  # engine $2, " "$out/$1/tcg.ktap"
	selftest "$1" nested nested pv
	expect 0 "$1: the PV test was not skipped" grep -q '^ok 1 test-pv.sh$' "$out/$1/nested.ktap"
}

# value FILE FILTER: from a result, "-" where it says nothing.
value()
{
	[ -f "$1" ] || { echo "not run"; return; }
	jq -r "$2 // \"-\"" "$1"
}

results='.totals | "\(.pass), \(.fail + .died), \(.xfail), \(.skip)"'

# What patches.sh has kept of a series: that each patch applies, is clean, compiles.
series_result()
{
	if [ "$1" = - ]; then
		echo "-"
	elif [ -f "$patches/$1" ]; then
		cat "$patches/$1"
	else
		echo "not run"
	fi
}

# print_row ENGINE FROM CONFIG PATCHES BUILT TCG NESTED: the last two are results.
print_row()
{
	echo "| $1 | $(value "$6" .kernel.release) | $2 | $3 | $4 | $5 | $(value "$6" "$results") |" \
		"$(value "$6" .panic) | $(value "$7" "$results") |"
}

print_built()
{
	config=$5
	[ "$4" = - ] || config="\`patches/$4\`, $5"
	print_row "$2" "$3" "$config" "$(series_result "$4")" \
		"$(value "$out/$1/build.json" '.seconds | round')" \
		"$out/$1/tcg.json" "$out/$1/nested.json"
}

table()
{
	cat <<-END
	# The series and the engines, on kernels that were booted

	Made by \`make check-series\` from results, on $(date -u +%F). Those of Debian's own
	kernels are from \`make check-selftests\`. The patches' column is what
	\`make check-patches\` has kept: of how many patches, how many apply by
	\`git am\`, are clean by \`checkpatch.pl --strict\`, and compile. Seconds of a
	build are those of this machine (\`docs/kernel-builds.md\`), with whatever the compiler's
	cache had. Results of selftests are passed, failed, failed as expected, skipped;
	\`docs/selftests.md\` says what they are. In the emulated guest (tcg) all run but
	\`test-pv.sh\`, which needs a KVM guest: its results are the last column's.

	| engine | kernel | from | series, config | patches | built in, s | selftests, tcg | panic.sh | PV, KVM guest |
	| --- | --- | --- | --- | --- | ---: | --- | --- | --- |
	END
	for suite in bullseye bookworm trixie sid; do
		print_row probes debian:$suite - - - "$stock/$suite.json" "$stock/pv-$suite.json"
	done
	rows | while read -r row; do
		print_built $row
	done
}

if [ "$1" = --table ]; then
	table
	exit
fi
[ $# -gt 0 ] || set -- $(rows | cut -d ' ' -f 1)
for name; do
	row=$(rows | grep "^$name ") || { echo "no row $name" >&2; exit 2; }
	run_row $row
done
finish
