#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Writes to "enabled", "clear", "sites" and "control" do what they say; garbage
# is refused and changes nothing.
. "$(dirname "$0")/lib.sh"

# The table without its counts.
table()
{
	awk '{ print $1, $2, $3 }' $irqsan/sites
}

# violates COUNT NAME - so many violations when the exhibit runs three times
violates()
{
	clear_irqsan
	run_zoo rawlock 3
	ktap_equal "$2" "$(violations_at $unlock)" "$1"
}

# garbage FILE TEXT... - all of them are refused
garbage()
{
	file=$1
	shift
	bad=
	for text; do
		refused "$irqsan/$file" "$text" || bad="$bad \"$text\""
	done
	if [ -z "$bad" ]; then
		ktap_pass "$file refuses garbage"
	else
		ktap_fail "$file refuses garbage" "taken:$bad"
	fi
}

need_machine
load_irqsan sites=unlocks
load_zoo
ktap_plan 15
site=$(site_of $unlock)
[ -n "$site" ] || die "$unlock is not watched"

violates 3 "counted"
echo 0 >$irqsan/enabled
violates 0 "switched off"
echo 1 >$irqsan/enabled
violates 3 "switched on again"

clear_irqsan
ktap_equal "cleared" "$(status violations) $(violations_at $unlock) $(status 'lost records')" \
	"0 0 0"

before=$(table)
echo "-$site" >$irqsan/sites
ktap_equal "site removed" "$(site_of $unlock)" ""
violates 0 "silent without it"
echo "+$site" >$irqsan/sites
ktap_equal "site added" "$(site_of $unlock)" "$site"
violates 3 "counted with it"
ktap_equal "the table is as before" "$(table | sort)" "$(echo "$before" | sort)"

long=$(printf '%300s' x)
before="$(table) $(cat $irqsan/enabled)"
garbage enabled "" maybe 2x "$long"
garbage clear "" 0 maybe "$long"
garbage control "" 0 maybe "$long"
garbage sites + - x "+$unlock" "+$unlock+1" "+$unlock+0x" "+$unlock+0xg" "+no_such_symbol+0x1" \
	"+$site more" "$unlock+0x1" "$unlock+0x1/0x1 restore" "$long"
ktap_equal "garbage changes nothing" "$(table) $(cat $irqsan/enabled)" "$before"
violates 3 "counted after garbage"
ktap_finish
