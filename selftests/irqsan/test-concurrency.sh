#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Counts are exact, with all CPUs in one exhibit at once.
. "$(dirname "$0")/lib.sh"

times=1000

# everywhere EXHIBIT SITE
everywhere()
{
	clear_irqsan
	run_zoo "$1" $times all || { ktap_fail "$1 on all CPUs" "it can't be run"; return; }
	ktap_equal "$1 on all CPUs" "$(violations_at "$2")" $((times * $(cpus)))
}

need_machine
load_irqsan sites=all
load_zoo
ktap_plan 4

everywhere plain zoo_plain
everywhere rawlock $unlock
everywhere hardirq zoo_hardirq
everywhere kvm_wait zoo_kvm_wait
ktap_finish
