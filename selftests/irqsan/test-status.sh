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
ktap_plan 11

ktap_equal "enabled" "$(status enabled)" 1
# Kernels have hundreds; as few as these would be one function's.
ktap_true "many sites are armed" [ "$(status 'sites armed')" -ge 100 ]
ktap_equal "no site failed" "$(status 'sites failed')" 0
ktap_equal "every site is an instruction" "$(status 'sites no insn')" 0
ktap_equal "denied sites agree" "$(sites_in denied)" "$(status 'sites denied')"
ktap_equal "refused sites agree" "$(sites_in refused)" "$(status 'sites refused')"
ktap_true "the unlock is a site" [ -n "$(site_of $unlock)" ]
ktap_true "the unlock is reached" [ "$(hits_at $unlock)" -gt 0 ]
ktap_equal "nothing is lost" "$(status 'lost records')" 0
seen=$(cat $irqsan/control)
echo 1 >$irqsan/control
ktap_equal "the planted restore is seen" "$(cat $irqsan/control)" $((seen + 1))
ktap_true "denied functions are listed" grep -q . $irqsan/denied
ktap_finish
