#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What the files say right after loading makes sense, and agrees.
. "$(dirname "$0")/lib.sh"

# sites_in STATE - restores in that state, by the "sites" file
sites_in()
{
	awk -v s="$1" '$2 == "restore" && $3 == s { n++ } END { print n + 0 }' $irqsan/sites
}

need_machine
load_irqsan sites=all
echo "# engine $(status engine)"
ktap_plan 11

# of_sites NAME COMMAND... - with the hooks a site is there once it went wrong
of_sites()
{
	if [ "$(status engine)" = hooks ]; then
		ktap_skip "$1" "the kernel's hooks: nothing is armed"
	else
		ktap_true "$@"
	fi
}

ktap_equal "enabled" "$(status enabled)" 1
# Kernels have hundreds; as few as these would be one function's.
of_sites "many sites are armed" [ "$(status 'sites armed')" -ge 100 ]
ktap_equal "no site failed" "$(status 'sites failed')" 0
ktap_equal "every site is an instruction" "$(status 'sites no insn')" 0
ktap_equal "denied sites agree" "$(sites_in denied)" "$(status 'sites denied')"
ktap_equal "refused sites agree" "$(sites_in refused)" "$(status 'sites refused')"
of_sites "the unlock is a site" [ -n "$(site_of $unlock)" ]
of_sites "the unlock is reached" [ "$(hits_at $unlock)" -gt 0 ]
ktap_equal "nothing is lost" "$(status 'lost records')" 0
seen=$(cat $irqsan/control)
echo 1 >$irqsan/control
ktap_equal "the planted restore is seen" "$(cat $irqsan/control)" $((seen + 1))
of_sites "denied functions are listed" grep -q . $irqsan/denied
ktap_finish
