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

# says CODE PATTERN NAME COMMAND...: it ends with CODE within $says_seconds (90), and one
# line of its messages is like PATTERN. They are kept in $out, a file of their own each.
says()
{
	want=$1
	pattern=$2
	what=$3
	shift 3
	log=$out/$((passed + failed + 1)).log
	echo "# $what"
	timeout -k 5 "${says_seconds:-90}" "$@" >"$log" 2>&1
	got=$?
	lines=$(grep -cE -e "$pattern" "$log")
	if [ $got -ne "$want" ]; then
		fail "$what" "exit code $got, not $want: $(tail -n 1 "$log")"
	elif [ "$lines" != 1 ]; then
		fail "$what" "$lines lines like \"$pattern\": $(tail -n 1 "$log")"
	else
		pass "$what"
	fi
}

# left_over: the names of the processes that have IRQSAN_TEST=$mark. Within a build's
# sandbox there is no environment, but the sandbox itself has it, and takes them along.
left_over()
{
	for p in /proc/[0-9]*; do
		tr '\0' '\n' 2>/dev/null <"$p/environ" | grep -qx "IRQSAN_TEST=$mark" &&
			cat "$p/comm"
	done 2>/dev/null
}

# nothing_left: the kernel has ended them, which takes it a moment; $left: or who is there.
nothing_left()
{
	for i in 1 2 3 4 5 6 7 8 9 10; do
		left=$(left_over)
		[ -n "$left" ] || return 0
		sleep 0.5
	done
	return 1
}

# finish: the last line, and the script's exit code.
finish()
{
	echo "# ${0##*/}: $passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}
