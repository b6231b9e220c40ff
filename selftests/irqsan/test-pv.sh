#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# In a KVM guest a contended spinlock leads to kvm_wait(): it is reached and
# counted, comes back with the IRQ state that it was called with, and is
# reported where it restores flags (kernels without f4e61f0c9add). On a kernel
# with the tracepoint all of it twice: by probes, then by the tracepoint.
. "$(dirname "$0")/lib.sh"

# total COLUMN - of the last line of "pv"
total()
{
	awk -v c="$1" '$1 == "total" { print $c }' $irqsan/pv
}

contend()
{
	clear_irqsan
	log_begin
	run_zoo contention 20 all
	waits=$(total 2)
	returns=$(total 3)
	imbalances=$(total 4)
	pv=$(total 5)
	native=$(total 6)
	echo "# ${as}waits $waits, returns $returns, slowpaths $pv pv, $native native"
}

check_restore()
{
	# The tracepoint tells of a restore when it goes wrong, the probes know what there is.
	[ -n "$as" ] || state=$(status 'kvm_wait restore')
	seen=$(violations_at kvm_wait)
	case $state in
	armed)
		ktap_true "${as}its restore is bogus" [ "$seen" -gt 0 ]
		report_of kvm_wait >/dev/null && reported=yes || reported=no
		ktap_equal "${as}and reported" $reported yes
		;;
	none)
		ktap_equal "${as}nothing is bogus in it" "$seen" 0
		ktap_equal "${as}nor anywhere else" "$(status violations)" 0
		;;
	*)
		ktap_fail "${as}its restore is watched" "it is $state"
		ktap_skip "${as}and reported" "it isn't watched"
		;;
	esac
}

check()
{
	ktap_true "${as}the PV slowpath is entered" [ "$pv" -gt 0 ]
	ktap_true "${as}kvm_wait is reached" [ "$waits" -gt 0 ]
	# Other CPUs may be in there while the file is read.
	ktap_true "${as}and left" [ $((waits - returns)) -le "$(cpus)" ]
	ktap_equal "${as}with the IRQ state as it was" "$imbalances" 0
	check_restore
}

need_machine
load_irqsan sites=unlocks
load_zoo
[ "$(cpus)" -ge 2 ] || skip_all "needs two CPUs"
as=
contend
if [ "$pv" -eq 0 ] && ! dmesg | grep -q 'PV spinlocks enabled'; then
	skip_all "no PV spinlocks: not a KVM guest, or one with a CPU to each vCPU"
fi
if has_tracepoint; then
	ktap_plan 12
	check
	as="tracepoint: "
	load_irqsan sites=all
	contend
else
	ktap_plan 6
fi
check
ktap_finish
