#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The tracepoint fires once for each violation, whoever listens.
. "$(dirname "$0")/lib.sh"

times=20
event=irqsan_bogus_restore
events=irqsan:$event

# What a tracer runs. As a script: not all of them know quotes.
if [ "$1" = fire ]; then
	echo "rawlock $times" >$zoo/run
	exit
fi
fire="sh $0 fire"

by_tracefs()
{
	file=$tracefs/events/irqsan/$event/enable
	if [ ! -e $file ]; then
		ktap_skip "tracefs: once a violation" "no tracefs, or no trace events"
		ktap_skip "tracefs: what it says" "no tracefs, or no trace events"
		ktap_skip "tracefs: silent without a violation" "no tracefs, or no trace events"
		return
	fi
	echo 1 >$file
	echo >$tracefs/trace
	run_zoo rawlock $times
	lines=$(grep "$event: " $tracefs/trace)
	echo >$tracefs/trace
	run_zoo hns_roce/fixed $times
	silent=$(grep -c "$event: " $tracefs/trace)
	echo 0 >$file
	ktap_equal "tracefs: once a violation" "$(echo "$lines" | grep -c .)" $times
	ktap_equal "tracefs: what it says" \
		"$(echo "$lines" | grep -c "site=$unlock+0x.* caller=zoo_rawlock+0x.* flags=on ")" \
		$times
	ktap_equal "tracefs: silent without a violation" "$silent" 0
}

by_perf()
{
	command -v perf >/dev/null || { ktap_skip "perf" "perf is not installed"; return; }
	out=$(perf stat -x , -a -e $events -- $fire 2>&1)
	ktap_equal "perf" "$(echo "$out" | sed -n "s/,.*$events.*//p")" $times
}

by_trace_cmd()
{
	command -v trace-cmd >/dev/null || {
		ktap_skip "trace-cmd" "trace-cmd is not installed"
		return
	}
	data=$(mktemp)
	trace-cmd record -q -o "$data" -e $events $fire >/dev/null 2>&1
	seen=$(trace-cmd report -i "$data" 2>/dev/null | grep -c "$event: ")
	rm -f "$data"
	ktap_equal "trace-cmd" "$seen" $times
}

by_bpftrace()
{
	command -v bpftrace >/dev/null || {
		ktap_skip "bpftrace" "bpftrace is not installed"
		return
	}
	out=$(bpftrace -e "tracepoint:$events { @n = count(); }" -c "$fire" 2>&1)
	seen=$(echo "$out" | sed -n 's/^@n: //p')
	case $out in
	*"linux/types.h' file not found"*)
		ktap_skip "bpftrace" "it wants BTF, or the kernel's headers"
		return
		;;
	esac
	[ -n "$seen" ] || echo "$out" | sed 's/^/# /'
	ktap_equal "bpftrace" "$seen" $times
}

need_machine
load_unlocks
load_zoo
ktap_plan 6
by_tracefs
by_perf
by_trace_cmd
by_bpftrace
ktap_finish
