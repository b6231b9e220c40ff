#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Every exhibit of the zoo: a bug is counted as often as it ran, at its site and
# nowhere else, reported as what it is, and its enabler named; its twin without
# the bug, and the false friends, are silent. What the check can't see is
# expected to be missed: XFAIL.
. "$(dirname "$0")/lib.sh"

times=3

# results KIND TWIN MISSED UNSUPPORTED - how many an exhibit gives
results()
{
	[ "$4" = - ] || { echo 1; return; }
	n=0
	case $1 in
	friend) n=1 ;;
	bug) [ "$3" = - ] && n=3 || n=1 ;;
	esac
	[ "$2" = - ] || n=$((n + 1))
	echo $n
}

# names LIST TEXT - one of the functions, commas between, is in the text
names()
{
	for one in $(echo "$1" | tr , ' '); do
		case $2 in
		*" $one+"* | *" $one."*) return 0 ;;
		esac
	done
	return 1
}

# counted NAME SITE WANT - after a run: at the site and in all
counted()
{
	at=$(violations_at "$2")
	all=$(status violations)
	ktap_equal "$1: counted" "$at there, $all in all" "$3 there, $3 in all"
}

# reported NAME SITE HOW - the report has the lines of a kernel warning
reported()
{
	text=$(report_of "$2") || { ktap_fail "$1: reported" "no report for $2"; return; }
	missing=
	for line in 'raw_local_irq_restore() called with IRQs enabled' \
		"WARNING: CPU: .* PID: .* at irqsan/.* $2+0x" "RIP: 0010:$2+0x" \
		"irqsan: flags being restored have IRQs .*($3: "; do
		echo "$text" | grep -q "$line" || missing="$missing \"$line\""
	done
	# The unlock is somebody's.
	echo "$text" | sed -n '/Call Trace:/,$p' | grep -q ' zoo_' || missing="$missing caller"
	if [ -z "$missing" ]; then
		ktap_pass "$1: reported"
	else
		ktap_fail "$1: reported" "the report lacks$missing"
	fi
}

# blamed NAME ENABLER UNBLAMED - the report of reported() names it
blamed()
{
	line=$(echo "$text" | grep 'IRQs were last enabled at\|who enabled IRQs last')
	if [ "$2" = - ]; then
		ktap_skip "$1: enabler" "nobody enabled them"
	elif names "$2" "$line"; then
		ktap_pass "$1: enabler"
	elif [ "$3" != - ]; then
		ktap_xfail "$1: enabler" "$3"
	else
		ktap_fail "$1: enabler" "not $2: ${line:-no line}"
	fi
}

# bug NAME VIOLATIONS SITE HOW ENABLER MISSED UNBLAMED
bug()
{
	sleep $pace_s
	clear_irqsan
	log_begin
	text=
	if ! run_zoo "$1" $times; then
		ktap_fail "$1: counted" "it can't be run"
	elif [ "$6" != - ] && [ "$(status violations)" -eq 0 ]; then
		ktap_xfail "$1: counted" "$6"
		return
	elif [ "$6" != - ]; then
		ktap_fail "$1: counted" "seen, although it was said: $6"
		return
	else
		counted "$1" "$3" $((times * $2))
	fi
	reported "$1" "$3" "$4"
	blamed "$1" "$5" "$7"
}

# friend NAME SITE - reached, and silent
friend()
{
	clear_irqsan
	run_zoo "$1" $times || { ktap_fail "$1: silent" "it can't be run"; return; }
	hits=$(hits_at "$2")
	all=$(status violations)
	if [ "$hits" -lt $times ]; then
		ktap_fail "$1: silent" "its restore was reached $hits times only"
	else
		ktap_equal "$1: silent" "$all" 0
	fi
}

twin()
{
	clear_irqsan
	run_zoo "$1/fixed" $times || { ktap_fail "$1/fixed: silent" "it can't be run"; return; }
	ktap_equal "$1/fixed: silent" "$(status violations)" 0
}

need_machine
load_irqsan sites=all track=1
load_zoo

total=0
while IFS='|' read -r name kind violations site how enabler twin missed unblamed unsupported _; do
	[ "$kind" = load ] || total=$((total + $(results $kind $twin "$missed" "$unsupported")))
done <$zoo/exhibits
ktap_plan $total

# In one go: a read of the file must not span what it is read for.
exhibits=$(cat $zoo/exhibits)
while IFS='|' read -r name kind violations site how enabler twin missed unblamed unsupported _; do
	[ "$kind" != load ] || continue
	if [ "$unsupported" != - ]; then
		ktap_skip "$name" "$unsupported"
		continue
	fi
	case $kind in
	bug) bug "$name" "$violations" "$site" "$how" "$enabler" "$missed" "$unblamed" ;;
	friend) friend "$name" "$site" ;;
	esac
	[ "$twin" = - ] || twin "$name"
done <<END
$exhibits
END
ktap_finish
