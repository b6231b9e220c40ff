#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The module loads with each of its parameters, refuses what it doesn't know,
# and leaves nothing behind.
. "$(dirname "$0")/lib.sh"

need_machine
need_module
ktap_plan 8

kprobes()
{
	sed 's/ *\[.*//' $debugfs/kprobes/list | sort
}

before=$(kprobes)
for sites in none pv unlocks all; do
	if insmod_irqsan sites=$sites && [ -e $irqsan/status ]; then
		ktap_pass "sites=$sites loads"
	else
		ktap_fail "sites=$sites loads" "$load_error"
	fi
	unload irqsan
done
ktap_true "unloaded" [ ! -e $irqsan ]
ktap_equal "no kprobe is left" "$(kprobes)" "$before"

log_begin
if insmod_irqsan sites=some; then
	ktap_fail "unknown sites are refused" "it was loaded"
elif log_new | grep -q 'irqsan: sites=some: must be'; then
	ktap_pass "unknown sites are refused"
else
	ktap_fail "unknown sites are refused" "the log doesn't say why: $load_error"
fi

rounds=0
while [ $rounds -lt 5 ] && insmod_irqsan sites=unlocks && rmmod irqsan; do
	rounds=$((rounds + 1))
done
ktap_equal "in and out five times" "$rounds" 5
ktap_finish
