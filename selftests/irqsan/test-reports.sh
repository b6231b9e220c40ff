#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A bug, which is a site and who comes to it, is reported at its first violation,
# again after "clear", with report=all again and again; and not at all while its
# function is silenced.
. "$(dirname "$0")/lib.sh"

parameters=/sys/module/irqsan/parameters

# prints COUNT NAME [EXHIBIT] - so many reports when it runs three times
prints()
{
	log_begin
	run_zoo "${3:-rawlock}" 3
	caller=$(exhibit "${3:-rawlock}" 5)
	# The first one is waited for; others come with it or not at all.
	[ "$1" -eq 0 ] || report_of "$caller" >/dev/null
	sleep 1
	ktap_equal "$2" "$(reports_of "$caller")" "$1"
}

# silently NAME - it is counted and not printed
silently()
{
	clear_irqsan
	log_begin
	run_zoo rawlock 3
	sleep 1
	ktap_equal "$1" "$(reports_of zoo_rawlock) $(bug_of zoo_rawlock 4) $(bug_of zoo_rawlock 10)" \
		"0 3 silenced"
}

# takes PARAMETER VALUE READ - at run time
takes()
{
	echo "$2" >$parameters/$1 && [ "$(cat $parameters/$1)" = "$3" ]
}

need_machine
need_module
ktap_plan 19
load_irqsan sites=unlocks
load_zoo
prints 1 "once"
prints 0 "only once"
prints 1 "another bug at that site" hns_roce
clear_irqsan
prints 1 "once more when cleared"
# The reporter looks every 0.1 s.
for pause in 0 0.1 0.12 0.14 0.1 0.12 0.14; do
	run_zoo rawlock
	sleep $pause
	clear_irqsan
done
prints 1 "cleared while it was printed"
ktap_equal "the kernel is tainted" $(($(cat /proc/sys/kernel/tainted) >> 9 & 1)) 1

echo "-zoo_rawlock" >$irqsan/violations
ktap_equal "a bug that is there can be silenced" "$(bug_of zoo_rawlock 10)" silenced
silently "silenced"
clear_irqsan
prints 1 "others are not" hns_roce
echo "+zoo_rawlock" >$irqsan/violations
prints 1 "brought back"

ktap_true "report can be written" takes report all all
prints 1 "reported again"
prints 1 "and again"
ktap_true "garbage is refused" refused $parameters/report some
echo first >$parameters/report

load_irqsan sites=unlocks silence=zoo_plain,zoo_rawlock panic=1
silently "silenced by parameter, and no panic"
ktap_true "panic can be written" takes panic 0 N
echo "+zoo_rawlock" >$irqsan/violations
prints 1 "brought back, too"
unload irqsan
for parameter in report=some silence=zoo+plain; do
	if insmod_irqsan sites=unlocks $parameter; then
		ktap_fail "$parameter is refused" "it was loaded"
		unload irqsan
	else
		ktap_pass "$parameter is refused"
	fi
done
ktap_finish
