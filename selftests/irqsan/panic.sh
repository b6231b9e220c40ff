#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# panic=1 panics behind the first report. Only where that is asked for, by
# IRQSAN_TEST_PANIC=1: whoever runs this looks for the panic, for if there is
# one there is nobody left to tell.
. "$(dirname "$0")/lib.sh"

need_machine
need_module
[ "$IRQSAN_TEST_PANIC" = 1 ] || skip_all "panics the machine: set IRQSAN_TEST_PANIC=1"
load_unlocks panic=1
load_zoo
ktap_plan 1
run_zoo rawlock
sleep 10
ktap_fail "panic=1 panics" "still alive"
ktap_finish
