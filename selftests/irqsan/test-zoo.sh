#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Every exhibit of the zoo: a bug is counted as often as it ran, at its site and
# nowhere else, reported as what it is, and its enabler named; its twin without
# the bug, and the false friends, are silent. What the check can't see is
# expected to be missed: XFAIL. On a kernel with the hooks all of it twice: by
# probes with track=1, then by the hooks, which know of no enablers.
. "$(dirname "$0")/lib.sh"

times=3

# results KIND TWIN MISSED UNSUPPORTED - how many an exhibit gives
results()
{
	[ "$4" = - ] || { echo 1; return; }
	n=0
	case $1 in
	friend) n=1 ;;
	bug) [ "$3" = - ] && n=$per_bug || n=1 ;;
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
	ktap_equal "$as$1: counted" "$at there, $all in all" "$3 there, $3 in all"
}

# reported NAME SITE HOW - the report has the lines of a kernel warning
reported()
{
	text=$(report_of "$2") || { ktap_fail "$as$1: reported" "no report for $2"; return; }
	missing=
	rip="RIP: 0010:$2+0x"
	# A call from the check has no registers of the restore.
	[ $engine = probes ] || rip="Call Trace:"
	for line in 'raw_local_irq_restore() called with IRQs enabled' \
		"WARNING: CPU: .* PID: .* at irqsan/.* $2+0x" "$rip" \
		"irqsan: flags being restored have IRQs .*($3: "; do
		echo "$text" | grep -q "$line" || missing="$missing \"$line\""
	done
	# The unlock is somebody's.
	echo "$text" | sed -n '/Call Trace:/,$p' | grep -q ' zoo_' || missing="$missing caller"
	if [ -z "$missing" ]; then
		ktap_pass "$as$1: reported"
	else
		ktap_fail "$as$1: reported" "the report lacks$missing"
	fi
}

# tracks - it is watched who enables IRQs
tracks()
{
	[ "$(cat /sys/module/irqsan/parameters/track)" = Y ]
}

# blamed NAME ENABLER UNBLAMED - the report of reported() names it
blamed()
{
	line=$(echo "$text" | grep 'IRQs were last enabled at\|who enabled IRQs last')
	if [ "$2" = - ]; then
		ktap_skip "$as$1: enabler" "nobody enabled them"
	elif ! tracks; then
		ktap_skip "$as$1: enabler" "irqsan is built in, and was booted without irqsan.track=1"
	elif names "$2" "$line"; then
		ktap_pass "$as$1: enabler"
	elif [ "$3" != - ]; then
		ktap_xfail "$as$1: enabler" "$3"
	else
		ktap_fail "$as$1: enabler" "not $2: ${line:-no line}"
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
		ktap_fail "$as$1: counted" "it can't be run"
	elif [ "$6" != - ] && [ "$(status violations)" -eq 0 ]; then
		ktap_xfail "$as$1: counted" "$6"
		return
	elif [ "$6" != - ]; then
		ktap_fail "$as$1: counted" "seen, although it was said: $6"
		return
	else
		counted "$1" "$3" $((times * $2))
	fi
	reported "$1" "$3" "$4"
	[ $engine = hooks ] || blamed "$1" "$5" "$7"
}

# friend NAME SITE - reached, which the hooks don't count, and silent
friend()
{
	clear_irqsan
	run_zoo "$1" $times || { ktap_fail "$as$1: silent" "it can't be run"; return; }
	hits=$(hits_at "$2")
	all=$(status violations)
	if [ $engine = probes ] && [ "$hits" -lt $times ]; then
		ktap_fail "$as$1: silent" "its restore was reached $hits times only"
	else
		ktap_equal "$as$1: silent" "$all" 0
	fi
}

twin()
{
	clear_irqsan
	run_zoo "$1/fixed" $times || { ktap_fail "$as$1/fixed: silent" "it can't be run"; return; }
	ktap_equal "$as$1/fixed: silent" "$(status violations)" 0
}

# exhibits COMMAND... - for each exhibit that isn't a load, with its properties set
exhibits()
{
	while IFS='|' read -r name kind violations site caller how enabler twin missed unblamed \
		unsupported _; do
		# The check is there before the compiler makes a sti of the restore.
		[ "$engine $name" != "hooks known_flags" ] || missed=-
		[ "$kind" = load ] || "$@"
	done <<-END
	$table
	END
}

count()
{
	total=$((total + $(results $kind $twin "$missed" "$unsupported")))
}

visit()
{
	if [ "$unsupported" != - ]; then
		ktap_skip "$as$name" "$unsupported"
		return
	fi
	case $kind in
	bug) bug "$name" "$violations" "$site" "$how" "$enabler" "$missed" "$unblamed" ;;
	friend) friend "$name" "$site" ;;
	esac
	[ "$twin" = - ] || twin "$name"
}

# use ENGINE
use()
{
	engine=$1
	case $engine in
	probes) as= per_bug=3 ;;
	hooks) as="hooks: " per_bug=2 ;;
	esac
}

need_machine
engines=probes
has_hooks && engines="probes hooks"
load_irqsan sites=all track=1
load_zoo
# In one go: a read of the file must not span what it is read for.
table=$(cat $zoo/exhibits)

total=0
for e in $engines; do
	use $e
	exhibits count
done
ktap_plan $total
for e in $engines; do
	use $e
	[ $e = probes ] || load_irqsan sites=all
	[ $e = probes ] || [ "$(status engine)" = $e ] || die "the engine is $(status engine)"
	exhibits visit
done
ktap_finish
