#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Counts are exact: with all CPUs in one exhibit at once, and when more happens
# than there is room to record.
. "$(dirname "$0")/lib.sh"

times=1000
# Records that a CPU keeps until they are reported (docs/limits.md).
ring=32

# everywhere EXHIBIT SITE
everywhere()
{
	clear_irqsan
	run_zoo "$1" $times all || { ktap_fail "$1 on all CPUs" "it can't be run"; return; }
	ktap_equal "$1 on all CPUs" "$(violations_at "$2")" $((times * $(cpus)))
}

# burst COUNT LOST - reports are held back while COUNT violations happen
burst()
{
	name="burst of $1"
	if [ "$(cpus)" -lt 2 ]; then
		ktap_skip "$name" "needs two CPUs"
		return
	fi
	clear_irqsan
	run_zoo rawlock "$1" burst || { ktap_fail "$name" "it can't be run"; return; }
	ktap_equal "$name" "$(violations_at $unlock) counted, $(status 'lost records') lost" \
		"$(($1 + 1)) counted, $2 lost"
}

need_machine
load_irqsan sites=all
load_zoo
ktap_plan 8

everywhere plain zoo_plain
everywhere rawlock $unlock
everywhere hardirq zoo_hardirq
everywhere kvm_wait zoo_kvm_wait
burst 1 0
burst $ring 0
burst $((ring + 1)) 1
burst 500 $((500 - ring))
ktap_finish
