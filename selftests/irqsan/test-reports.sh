#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A site is reported at its first violation, again after "clear", and with
# report=all at every one.
. "$(dirname "$0")/lib.sh"

# prints COUNT NAME - so many reports when the exhibit runs three times
prints()
{
	log_begin
	run_zoo rawlock 3
	# The first one is waited for; others come with it or not at all.
	report_of $unlock >/dev/null
	sleep 2
	ktap_equal "$2" "$(log_new | grep -c "WARNING: .* at irqsan/.* $unlock+")" "$1"
}

need_machine
need_module
ktap_plan 5
load_unlocks
load_zoo
prints 1 "once"
clear_irqsan
prints 1 "once more when cleared"
ktap_equal "the kernel is tainted" $(($(cat /proc/sys/kernel/tainted) >> 9 & 1)) 1
load_unlocks report=all
prints 3 "every time"
unload irqsan
if insmod_irqsan sites=unlocks report=some; then
	ktap_fail "unknown reports are refused" "it was loaded"
else
	ktap_pass "unknown reports are refused"
fi
ktap_finish
