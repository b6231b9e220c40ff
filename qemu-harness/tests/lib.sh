# SPDX-License-Identifier: GPL-2.0
# Counts the test scripts' passes and failures and prints a line for each; to
# be sourced. check.sh adds these lines up.

passed=0
failed=0

# pass NAME, fail NAME WHY, skip NAME WHY
pass()
{
	passed=$((passed + 1))
	echo "ok $((passed + failed)) $1"
}

fail()
{
	failed=$((failed + 1))
	echo "not ok $((passed + failed)) $1: $2"
}

skip()
{
	echo "# skipped: $1: $2"
}

# expect CODE NAME COMMAND...: runs it, compares its exit code.
expect()
{
	want=$1
	name=$2
	shift 2
	echo "# $name"
	start=$(date +%s)
	"$@"
	got=$?
	took=$(($(date +%s) - start))
	if [ "$got" -eq "$want" ]; then
		pass "$name (${took} s)"
	else
		fail "$name" "exit code $got, not $want (${took} s)"
	fi
}

# finish: the last line, and the script's exit code.
finish()
{
	echo "# ${0##*/}: $passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}
