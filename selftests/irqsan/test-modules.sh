#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Bugs in modules are found whether the module or irqsan was there first, in a
# module's init function too, and a module's sites go when it goes. Where the kernel
# can't look at a probe without an oops there is none.
. "$(dirname "$0")/lib.sh"

# found NAME
found()
{
	clear_irqsan
	run_zoo plain 3
	ktap_equal "$1" "$(violations_at zoo_plain)" 3
}

need_machine
need_module
ktap_plan 7

load_irqsan sites=all
log_begin
load_zoo init=1
report_of zoo_init_text >/dev/null && seen=yes || seen=no
ktap_equal "init function of a module that comes" "$seen" yes
found "module that comes after irqsan"
name="last function of a module's text"
if has_hooks; then
	ktap_skip "$name" "the kernel's hooks: nothing is armed"
else
	state=$(awk '$1 ~ /^zoo_last\+/ { print $3 }' $irqsan/sites)
	case $state in
	kprobe | denied) ktap_pass "$name" ;;
	*) ktap_fail "$name" "its restore is ${state:-not in the table}" ;;
	esac
fi
unload irqsan_zoo
ktap_equal "its sites go with it" "$(awk '$1 ~ /^zoo_/' $irqsan/sites)" ""
load_zoo
found "module that comes again"
load_irqsan sites=all
found "module that came before irqsan"
unload irqsan_zoo
ktap_equal "its sites go, too" "$(awk '$1 ~ /^zoo_/' $irqsan/sites)" ""
ktap_finish
