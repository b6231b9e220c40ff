#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Each engine on a kernel of its own: built, booted, the selftests run, and the PV
# test in a KVM guest. Results are kept; a table is made of all that there are.
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
patches=out/patches

# NAME ENGINE KERNEL SERIES CONFIG: a Debian kernel, or a source with the series.
rows()
{
	cat <<-END
	5.10 probes debian:bullseye - -
	6.1 probes debian:bookworm - -
	6.12 probes debian:trixie - -
	7.2 probes debian:sid - -
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

# run_row NAME ENGINE KERNEL SERIES CONFIG
run_row()
{
	rm -rf "${out:?}/$1"
	mkdir -p "$out/$1"
	kernel=$3
	case $3 in
	debian-source:*)
		set -- "$@" --config "$5"
		[ "$4" = - ] || set -- "$@" --series "patches/$4"
		label=$1 engine=$2
		source=$3
		shift 5
		expect 0 "$label: build" $irqsan kernel build "$source" "$@" \
			--json "$out/$label/build.json"
		kernel=$(jq -r '.dir // empty' "$out/$label/build.json")
		[ -n "$kernel" ] || return
		set -- "$label" "$engine"
		;;
	esac
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

print_row()
{
	dir=$out/$1
	case $3 in
	debian-source:*) built=$(value "$dir/build.json" '.seconds | round') ;;
	*) built=- ;;
	esac
	config=$5
	[ "$4" = - ] || config="\`patches/$4\`, $5"
	echo "| $2 | $(value "$dir/tcg.json" .kernel.release) | $3 | $config |" \
		"$(series_result "$4") | $built | $(value "$dir/tcg.json" "$results") |" \
		"$(value "$dir/tcg.json" .panic) | $(value "$dir/nested.json" "$results") |"
}

table()
{
	cat <<-END
	# The series and the engines, on kernels that were booted

	Made by \`make check-series\` from results, on $(date -u +%F). The patches' column is
	what \`make check-patches\` has kept: of how many patches, how many apply by
	\`git am\`, are clean by \`checkpatch.pl --strict\`, and compile. Seconds of a
	build are those of this machine (\`docs/kernel-builds.md\`), with whatever the compiler's
	cache had. Results of selftests are passed, failed, failed as expected, skipped;
	\`docs/selftests.md\` says what they are. In the emulated guest (tcg) all run but
	\`test-pv.sh\`, which needs a KVM guest: its results are the last column's.

	| engine | kernel | from | series, config | patches | built in, s | selftests, tcg | panic.sh | PV, KVM guest |
	| --- | --- | --- | --- | --- | ---: | --- | --- | --- |
	END
	rows | while read -r row; do
		print_row $row
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
