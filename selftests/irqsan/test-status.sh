#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What the files say right after loading makes sense, and agrees.
. "$(dirname "$0")/lib.sh"

# sites_in STATE - restores in that state, by the "sites" file
sites_in()
{
	awk -v s="$1" '$2 == "restore" && $3 == s { n++ } END { print n + 0 }' $irqsan/sites
}

# of_sites NAME COMMAND... - what only the probes know
of_sites()
{
	if [ "$(status engine)" = tracepoint ]; then
		ktap_skip "$1" "the kernel's tracepoint: nothing is armed"
	else
		ktap_true "$@"
	fi
}

need_machine
load_irqsan sites=all
echo "# engine $(status engine), proved $(status proved)"
ktap_plan 16

ktap_equal "enabled" "$(status enabled)" 1
# Kernels have hundreds; as few as these would be one function's.
of_sites "many sites are armed" [ "$(status 'sites armed')" -ge 100 ]
ktap_equal "no site failed" "$(status 'sites failed')" 0
ktap_equal "every site is an instruction" "$(status 'sites no insn')" 0
ktap_equal "denied sites agree" "$(sites_in denied)" "$(status 'sites denied')"
ktap_equal "refused sites agree" "$(sites_in refused)" "$(status 'sites refused')"
of_sites "the unlock is a site" [ -n "$(site_of $unlock)" ]
of_sites "the unlock is reached" [ "$(hits_at $unlock)" -gt 0 ]
of_sites "denied functions are listed" grep -q . $irqsan/denied
ktap_equal "not blind" "$(status blind)" no
ktap_equal "no bug yet" "$(status bugs) $(status 'unlisted violations')" "0 0"
ktap_equal "violations has its columns" "$(head -n 1 $irqsan/violations)" \
	"# site caller kind violations first_ns last_ns flags cpu pid report comm"
ktap_equal "every mechanism is proved" "$(echo $(awk '$2 > 0 { print $1 }' $irqsan/control))" \
	"$(status proved)"
of_sites "a breakpoint is" grep -q '^breakpoint ' $irqsan/control
before=$(awk '{ print $1, $2 + 1 }' $irqsan/control)
echo 1 >$irqsan/control
ktap_equal "the planted restores are seen" "$(cat $irqsan/control)" "$before"
ktap_equal "and are no bugs" "$(status violations) $(status bugs)" "0 0"
ktap_finish
