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

# expect CODE NAME COMMAND...: runs it, compares its exit code. Callers have
# variables called name and want; sh knows no others than global ones.
expect()
{
	expect_code=$1
	expect_name=$2
	shift 2
	echo "# $expect_name"
	expect_start=$(date +%s)
	"$@"
	expect_got=$?
	expect_took=$(($(date +%s) - expect_start))
	if [ "$expect_got" -eq "$expect_code" ]; then
		pass "$expect_name (${expect_took} s)"
	else
		fail "$expect_name" "exit code $expect_got, not $expect_code (${expect_took} s)"
	fi
}

# finish: the last line, and the script's exit code.
finish()
{
	echo "# ${0##*/}: $passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}
