#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Writes to "enabled", "clear", "sites", "violations" and "control" do what they
# say; garbage is refused and changes nothing.
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

# address SYMBOL - its lower half: not all shells can add the other
address()
{
	sed -n "s/^ffffffff\([0-9a-f]*\) . $1\$/0x\1/p" /proc/kallsyms
}

freed_text()
{
	printf '+_stext+0x%x' $(($(address start_kernel) - $(address _stext)))
}

need_machine
load_irqsan sites=unlocks
load_zoo
ktap_plan 18
site=$(site_of $unlock)
[ -n "$site" ] || die "$unlock is not watched"

violates 3 "counted"
echo 0 >$irqsan/enabled
violates 0 "switched off"
echo 1 >$irqsan/enabled
violates 3 "switched on again"

clear_irqsan
ktap_equal "cleared" "$(status violations) $(status bugs) $(violations_at $unlock)" "0 0 0"

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
garbage violations "" + - zoo_plain "-zoo plain" "-zoo_plain+0x1" "+" "$long"
garbage sites + - x "+$unlock" "+$unlock+1" "+$unlock+0x" "+$unlock+0xg" "+no_such_symbol+0x1" \
	"+$site more" "$unlock+0x1" "$unlock+0x1/0x1 restore" "$long"
ktap_equal "garbage changes nothing" "$(table) $(cat $irqsan/enabled)" "$before"
violates 3 "counted after garbage"

# Symbols cover the init text, which is gone; on some machines it isn't even mapped.
log_begin
if (echo "$(freed_text)" >$irqsan/sites) 2>/dev/null; then
	ktap_fail "freed init text is refused" "it was taken"
else
	ktap_equal "freed init text is refused" "$(log_new | grep 'BUG: \|Oops')" ""
fi
echo 0 >$irqsan/enabled
(echo 1 >$irqsan/control) 2>/dev/null && taken=yes || taken=no
echo 1 >$irqsan/enabled
ktap_equal "no control while switched off" $taken no
ktap_finish
