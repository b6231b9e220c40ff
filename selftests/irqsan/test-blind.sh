#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Somebody else switches kprobes or ftrace off, before or after irqsan comes, or has
# probes where irqsan wants its own: it sees nevertheless, or says that it doesn't.
. "$(dirname "$0")/lib.sh"

event=irqsan_test

# switch FILE VALUE
switch()
{
	echo "$2" >"$1"
}

restore()
{
	switch $kprobes 1
	switch $ftrace 1
	remove_probe
	cleanup
}

# sees EXHIBIT SITE - its violations are counted
sees()
{
	seen_before=$(violations_at "$2")
	run_zoo "$1" 3 && [ $(($(violations_at "$2") - seen_before)) -eq 3 ]
}

# mechanism_of FUNCTION - by which its restore is checked
mechanism_of()
{
	awk -v f="$1+" 'index($1, f) == 1 { print $3 }' $irqsan/sites 2>/dev/null
}

control_works()
{
	(echo 1 >$irqsan/control) 2>/dev/null
}

kprobes_off_after()
{
	load_irqsan sites=unlocks
	ktap_equal "kprobes on: not blind" "$(status blind)" no
	switch $kprobes 0
	case $(status blind) in
	*kprobes*) ktap_pass "kprobes off: blind" ;;
	*) ktap_fail "kprobes off: blind" "it says \"$(status blind)\"" ;;
	esac
	control_works && seen=yes || seen=no
	ktap_equal "kprobes off: the control fails" $seen no
	switch $kprobes 1
	ktap_equal "kprobes on again: not blind" "$(status blind)" no
	ktap_true "kprobes on again: the control is seen" control_works
}

kprobes_off_before()
{
	unload irqsan
	probes=$(wc -l <$debugfs/kprobes/list)
	switch $kprobes 0
	log_begin
	insmod_irqsan sites=unlocks && loaded=yes || loaded=no
	ktap_equal "kprobes off: not loaded" $loaded no
	log_new | grep -q 'irqsan: .*kprobes.* off' && said=yes || said=no
	ktap_equal "kprobes off: the log says why" $said yes
	unload irqsan
	ktap_equal "kprobes off: nothing is left" \
		"$(ls -d $irqsan 2>/dev/null)$(wc -l <$debugfs/kprobes/list)" "$probes"
	switch $kprobes 1
}

ftrace_off_after()
{
	load_irqsan sites=unlocks
	if (switch $ftrace 0) 2>/dev/null && [ "$(cat $ftrace)" = 0 ]; then
		case $(status blind) in
		*ftrace*) ktap_pass "ftrace off: blind, or the unlock is watched" ;;
		*) ktap_true "ftrace off: blind, or the unlock is watched" sees rawlock $unlock ;;
		esac
		switch $ftrace 1
	else
		ktap_true "ftrace off: blind, or the unlock is watched" sees rawlock $unlock
	fi
	ktap_equal "ftrace on: not blind" "$(status blind)" no
	ktap_true "ftrace on: the unlock is watched" sees rawlock $unlock
}

ftrace_off_before()
{
	unload irqsan
	switch $ftrace 0
	if insmod_irqsan sites=unlocks; then
		ktap_pass "ftrace off: loaded"
	else
		ktap_fail "ftrace off: loaded" "$load_error"
	fi
	ktap_equal "ftrace off: the unlock is left to a probe" "$(mechanism_of $unlock)" kprobe
	ktap_true "ftrace off: the unlock is watched" sees rawlock $unlock
	switch $ftrace 1
}

# probe PLACE - a kprobe event there, switched on
probe()
{
	(echo "p:$event $1" >$tracefs/kprobe_events) 2>/dev/null &&
		echo 1 >$tracefs/events/kprobes/$event/enable
}

remove_probe()
{
	[ -e $tracefs/events/kprobes/$event ] || return
	echo 0 >$tracefs/events/kprobes/$event/enable
	echo "-:$event" >$tracefs/kprobe_events
}

# probe_before FUNCTION OFFSET - the same at the instruction before
probe_before()
{
	for back in 1 2 3 4 5 6 7 8 9; do
		probe "$1+$(($2 - back))" && return
	done
	return 1
}

# hidden NAME EXHIBIT SITE - with somebody else's probe near the site
hidden()
{
	unload irqsan
	if ! insmod_irqsan sites=unlocks; then
		ktap_fail "$1" "$load_error"
	elif [ "$(status 'sites hidden')" -ge 1 ] 2>/dev/null; then
		ktap_pass "$1"
	else
		ktap_true "$1" sees "$2" "$3"
	fi
	unload irqsan
	remove_probe
}

# probe_first EXHIBIT - somebody else's kprobe at its site, or before it, which may
# be a jump over it
probe_first()
{
	why=$(exhibit "$1" 11)
	[ -e $tracefs/kprobe_events ] || why="no kprobe events"
	if [ "$why" != - ]; then
		ktap_skip "$1: a probe at the site" "$why"
		ktap_skip "$1: a probe before the site" "$why"
		return
	fi
	function=$(exhibit "$1" 4)
	load_irqsan sites=unlocks
	site=$(site_of "$function")
	unload irqsan
	probe "$site" || die "no kprobe event at $site"
	hidden "$1: a probe at the site" "$1" "$function"
	probe_before "$function" $((${site#*+})) || die "no kprobe event before $site"
	# It takes the kernel a moment to make a jump of it.
	sleep 1
	hidden "$1: a probe before the site" "$1" "$function"
}

# found NAME EXHIBIT HOW
found()
{
	log_begin
	run_zoo "$2" 3
	text=$(report_of "$(exhibit "$2" 5)")
	case $text in
	*"irqsan: flags being restored have IRQs "*"($3: "*)
		ktap_equal "$1" "$(violations_at $unlock "$(exhibit "$2" 5)")" 3
		;;
	*)
		ktap_fail "$1" "no report, or it isn't $3"
		;;
	esac
}

fentry_first()
{
	unload irqsan
	unload irqsan_zoo
	if ! error=$(insmod "$IRQSAN_ZOO_KO" fentry=1 2>&1); then
		for name in "is left to a probe" "soft" "hard" "gone: the unlock is watched"; do
			ktap_skip "direct call: $name" "no direct calls: $error"
		done
		return
	fi
	load_irqsan sites=unlocks
	ktap_equal "direct call: is left to a probe" "$(mechanism_of $unlock)" kprobe
	found "direct call: soft" rawlock soft
	found "direct call: hard" rawlock_hard hard
	unload irqsan_zoo
	load_zoo
	ktap_true "direct call: gone: the unlock is watched" sees rawlock $unlock
}

need_machine
need_module
has_tracepoint && skip_all "the kernel's own check finds the violations: nothing is probed"
kprobes=$debugfs/kprobes/enabled
ftrace=/proc/sys/kernel/ftrace_enabled
[ -e $ftrace ] || skip_all "the kernel has no ftrace"
trap restore EXIT
load_zoo
ktap_plan 22
kprobes_off_after
kprobes_off_before
ftrace_off_after
ftrace_off_before
probe_first readlock
probe_first rawlock
fentry_first
ktap_finish
