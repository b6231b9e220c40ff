#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Runs tests where there is no kselftest to do it, each as a nested KTAP.
#
# Usage: run.sh TEST...   (files of this directory)

cd "$(dirname "$0")" || exit 1
seconds=$(sed -n 's/^timeout=//p' settings)
mark=end-of-test

# result NR TEST STATUS REASON - the line of a whole test
result()
{
	case $3 in
	0) echo "ok $1 $2" ;;
	4) echo "ok $1 $2 # SKIP${4:+ $4}" ;;
	124 | 137 | 143) echo "not ok $1 $2 # TIMEOUT $seconds seconds" ;;
	*) echo "not ok $1 $2 # exit=$3" ;;
	esac
}

# indent NR TEST - the output of a test, then its result. A line at a time: who
# reads this must see how far a test has come.
indent()
{
	reason=
	while IFS= read -r line; do
		case $line in
		"$mark "*)
			result "$1" "$2" "${line#"$mark "}" "$reason"
			return
			;;
		"1..0 # SKIP "*)
			reason=${line#"1..0 # SKIP "}
			;;
		esac
		echo "  $line"
	done
}

echo "KTAP version 1"
echo "1..$#"
nr=0
for test; do
	nr=$((nr + 1))
	{
		timeout "$seconds" sh "./$test" 2>&1
		echo "$mark $?"
	} | indent $nr "$test"
done
