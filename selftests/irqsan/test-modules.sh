#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Bugs in modules are found whether the module or irqsan was there first, in a
# module's init function too, and in one whose init function runs while irqsan
# comes. A module's sites go when it goes, those added by hand as well; its bugs
# stay listed. Where the kernel can't look at a probe without an oops there is none.
. "$(dirname "$0")/lib.sh"

# found NAME
found()
{
	clear_irqsan
	run_zoo plain 3
	ktap_equal "$1" "$(violations_at zoo_plain)" 3
}

# no_sites NAME - neither by name nor, where it has gone, by address
no_sites()
{
	ktap_equal "$1" "$(awk '$1 ~ /^zoo_|^0x/' $irqsan/sites)" ""
}

# add SITE - as FUNCTION+0xOFF
add()
{
	(echo "+irqsan_zoo:$1" >$irqsan/sites) 2>/dev/null
}

by_hand()
{
	if [ -z "$plain" ]; then
		for name in "can be added" "finds" "goes" "can be added again" "finds again" \
			"in the last function does no harm"; do
			ktap_skip "site by hand: $name" "the kernel's tracepoint: nothing is armed"
		done
		return
	fi
	load_irqsan sites=unlocks
	ktap_true "site by hand: can be added" add "$plain"
	found "site by hand: finds"
	unload irqsan_zoo
	no_sites "site by hand: goes"
	load_zoo
	ktap_true "site by hand: can be added again" add "$plain"
	found "site by hand: finds again"
	log_begin
	add "$last"
	# Behind this the kernel may have died, and the lock of the table with it.
	ktap_equal "site by hand: in the last function does no harm" \
		"$(log_new | grep 'BUG: \|Oops')$(awk '/^zoo_plain/ { print $1 }' $irqsan/sites)" \
		"$plain"
}

# The module is in its init function until it is told otherwise.
init_meanwhile()
{
	unload irqsan_zoo
	unload irqsan
	insmod "$IRQSAN_ZOO_KO" init_ms=600000 2>/dev/null &
	init=$!
	while [ ! -e $zoo/run ]; do
		sleep 0.1
	done
	[ "$(cat /sys/module/irqsan_zoo/initstate)" = coming ] || die "the zoo doesn't wait"
	load_irqsan sites=all
	kill $init
	wait $init
	while [ "$(cat /sys/module/irqsan_zoo/initstate)" != live ]; do
		sleep 0.1
	done
	found "module that was in its init function"
}

need_machine
need_module
ktap_plan 15

load_irqsan sites=all
log_begin
load_zoo init=1
# With the tracepoint the report is the kernel's.
if has_tracepoint || report_of zoo_init_text >/dev/null; then
	ktap_equal "init function of a module that comes" "$(violations_at zoo_init_text)" 1
else
	ktap_fail "init function of a module that comes" "no report"
fi
found "module that comes after irqsan"
name="last function of a module's text"
plain=$(site_of zoo_plain)
last=$(site_of zoo_last)
if has_tracepoint; then
	ktap_skip "$name" "the kernel's tracepoint: nothing is armed"
else
	state=$(awk '$1 ~ /^zoo_last\+/ { print $3 }' $irqsan/sites)
	case $state in
	kprobe | denied) ktap_pass "$name" ;;
	*) ktap_fail "$name" "its restore is ${state:-not in the table}" ;;
	esac
fi
unload irqsan_zoo
no_sites "its sites go with it"
ktap_equal "its bugs stay listed" "$(violations_at zoo_plain zoo_plain)" 3
load_zoo
found "module that comes again"
load_irqsan sites=all
found "module that came before irqsan"
unload irqsan_zoo
no_sites "its sites go, too"
load_zoo
by_hand
init_meanwhile
ktap_finish
