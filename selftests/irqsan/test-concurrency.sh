#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Counts are exact: with all CPUs in one exhibit at once, and with more bugs than
# there is room for.
. "$(dirname "$0")/lib.sh"

times=1000
# Bugs that are listed (docs/limits.md); some of the slots are the planted ones'.
slots=512

# everywhere EXHIBIT SITE
everywhere()
{
	clear_irqsan
	run_zoo "$1" $times all || { ktap_fail "$1 on all CPUs" "it can't be run"; return; }
	want=$((times * $(cpus)))
	sites=$(awk -v f="$2+" 'index($1, f) == 1 { n += $5 } END { print n }' $irqsan/sites)
	[ "$(status engine)" = probes ] || sites=$want
	ktap_equal "$1 on all CPUs" "$(violations_at "$2") $(status violations) $sites" \
		"$want $want $want"
}

crowd()
{
	clear_irqsan
	# To print all of them would take a minute.
	echo "-zoo_crowd" >$irqsan/violations
	run_zoo crowd 10 all || die "the crowd can't be run"
	bugs=$(status bugs)
	listed=$(violations_at $unlock zoo_crowd)
	want=$(($(exhibit crowd 3) * 10 * $(cpus)))
	ktap_equal "crowd: counted" "$(status violations)" $want
	ktap_equal "crowd: as many bugs as there is room for" \
		$((bugs > slots - 16 && bugs <= slots)) 1
	ktap_equal "crowd: a line each" "$(grep -c "^$unlock+" $irqsan/violations)" "$bugs"
	ktap_equal "crowd: the rest is counted" \
		"$((listed + $(status 'unlisted violations')))" $want
}

need_machine
load_irqsan sites=all
load_zoo
ktap_plan 8

everywhere plain zoo_plain
everywhere rawlock $unlock
everywhere hardirq zoo_hardirq
everywhere kvm_wait zoo_kvm_wait
crowd
ktap_finish
