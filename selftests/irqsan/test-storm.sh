#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# All CPUs violate without a pause: none locks up, nothing is lost uncounted, and the
# module goes out in the middle of it. For a minute on eight CPUs, elsewhere shortly.
. "$(dirname "$0")/lib.sh"

seconds=5
[ "$(cpus)" -lt 8 ] || seconds=60
times=20000

# The harness boots its guests without it: emulated CPUs stand still now and then.
watch_for_lockups()
{
	echo 1 >/proc/sys/kernel/soft_watchdog
	echo 2 >/proc/sys/kernel/watchdog_thresh
	echo 0 >/sys/module/rcupdate/parameters/rcu_cpu_stall_suppress
}

need_machine
need_module
watch_for_lockups 2>/dev/null || skip_all "lockups can't be watched for"
load_unlocks report=all
load_zoo
ktap_plan 5

log_begin
rounds=0
end=$(($(date +%s) + seconds))
while [ "$(date +%s)" -lt $end ] && run_zoo rawlock $times all; do
	rounds=$((rounds + 1))
done
want=$((rounds * times * $(cpus)))
echo "# $rounds rounds, $want violations"
ktap_true "it went on for $seconds s" [ $rounds -gt 0 ]
ktap_equal "counted" "$(violations_at $unlock zoo_rawlock) $(status violations)" "$want $want"
ktap_equal "none is unlisted" "$(status 'unlisted violations')" 0

run_zoo rawlock $((times * 5)) all &
sleep 1
rmmod irqsan && gone=yes || gone=no
wait
ktap_equal "unloaded in the middle" $gone yes
ktap_equal "no lockup" \
	"$(log_new | grep 'soft lockup\|hard LOCKUP\|detected stall\|self-detected\|BUG: ')" ""
ktap_finish
