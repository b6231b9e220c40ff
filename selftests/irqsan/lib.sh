# SPDX-License-Identifier: GPL-2.0
# What the tests share: KTAP, loading the modules, their files in debugfs, the
# kernel's log. To be sourced by a POSIX shell (dash, busybox).
#
# $IRQSAN_KO and $IRQSAN_ZOO_KO name the two modules; without them they are
# looked for where they are built, and irqsan is left to modprobe at last.

KSFT_FAIL=1
KSFT_SKIP=4

here=$(cd "$(dirname "$0")" && pwd)
debugfs=/sys/kernel/debug
irqsan=$debugfs/irqsan
zoo=$debugfs/irqsan_zoo
unlock=_raw_spin_unlock_irqrestore

# What is reported asynchronously is waited for in steps of 0.1 s.
wait_steps=150

test_nr=0
failed=0
passed=0

# ktap_plan N - begin, with the number of results to come
ktap_plan()
{
	echo "KTAP version 1"
	echo "# Subtest: ${0##*/}"
	echo "1..$1"
}

# ktap_result WORD NAME [DIRECTIVE] - one result
ktap_result()
{
	test_nr=$((test_nr + 1))
	echo "$1 $test_nr $2${3:+ # $3}"
}

# ktap_pass NAME
ktap_pass()
{
	passed=$((passed + 1))
	ktap_result ok "$1"
}

# ktap_fail NAME WHY
ktap_fail()
{
	failed=$((failed + 1))
	echo "# $2"
	ktap_result "not ok" "$1"
}

# ktap_skip NAME WHY
ktap_skip()
{
	ktap_result ok "$1" "SKIP $2"
}

# ktap_xfail NAME WHY - as in kselftest/ktap_helpers.sh: ok, with the directive
ktap_xfail()
{
	passed=$((passed + 1))
	ktap_result ok "$1" "XFAIL $2"
}

# ktap_equal NAME GOT WANT
ktap_equal()
{
	if [ "$2" = "$3" ]; then
		ktap_pass "$1"
	else
		ktap_fail "$1" "got \"$2\", not \"$3\""
	fi
}

# ktap_true NAME COMMAND... - passes if the command succeeds
ktap_true()
{
	what=$1
	shift
	if "$@"; then
		ktap_pass "$what"
	else
		ktap_fail "$what" "failed: $*"
	fi
}

# ktap_finish - the exit code
ktap_finish()
{
	[ "$failed" -eq 0 ] || exit $KSFT_FAIL
	[ "$passed" -gt 0 ] || exit $KSFT_SKIP
	exit 0
}

# skip_all WHY - this machine can't run the test at all
skip_all()
{
	echo "KTAP version 1"
	echo "# Subtest: ${0##*/}"
	echo "1..0 # SKIP $1"
	exit $KSFT_SKIP
}

# die WHY - the test can't go on; the plan stays unfulfilled
die()
{
	echo "# $1"
	exit $KSFT_FAIL
}

irqsan_is_builtin()
{
	[ -d /sys/module/irqsan ] && [ ! -e /sys/module/irqsan/initstate ]
}

irqsan_is_loaded()
{
	[ -e /sys/module/irqsan/initstate ]
}

unload()
{
	[ ! -e "/sys/module/$1/initstate" ] || rmmod "$1"
}

cleanup()
{
	unload irqsan_zoo
	unload irqsan
}

# first_file FILE... - the first that is there
first_file()
{
	for file; do
		if [ -f "$file" ]; then
			echo "$file"
			return
		fi
	done
}

# need_machine - what every test needs: root, kprobes, a debugfs that may be written to
need_machine()
{
	[ "$(id -u)" -eq 0 ] || skip_all "must be run as root"
	[ -d $debugfs/kprobes ] || mount -t debugfs debugfs $debugfs 2>/dev/null
	[ -d $debugfs ] || skip_all "no debugfs"
	[ -d $debugfs/kprobes ] || skip_all "the kernel has no kprobes"
	(: >>$debugfs/kprobes/enabled) 2>/dev/null ||
		skip_all "the kernel is locked down: debugfs can't be written to"
	for tracefs in /sys/kernel/tracing $debugfs/tracing; do
		[ ! -d $tracefs/events ] || break
	done
	if irqsan_is_loaded; then
		skip_all "irqsan is loaded: unload it first"
	fi
	IRQSAN_KO=$(first_file "$IRQSAN_KO" "$here/../../module/irqsan.ko" \
		"$here/../../../../kernel/locking/irqsan/irqsan.ko")
	IRQSAN_ZOO_KO=$(first_file "$IRQSAN_ZOO_KO" "$here/zoo/irqsan_zoo.ko" \
		"$here/irqsan_zoo.ko")
	if [ -z "$IRQSAN_KO" ] && ! irqsan_is_builtin && ! modprobe -n -q irqsan; then
		skip_all "no irqsan.ko: say where it is in \$IRQSAN_KO"
	fi
	[ -n "$IRQSAN_ZOO_KO" ] || skip_all "no irqsan_zoo.ko: run make in $here"
	trap cleanup EXIT
	trap 'exit 1' INT TERM HUP
}

# need_module - the test gives the module parameters, so it can't be built in
need_module()
{
	irqsan_is_builtin && skip_all "irqsan is built in: its parameters can't be changed"
	return 0
}

# insmod_irqsan PARAMETER... - load it; what it says goes to $load_error
insmod_irqsan()
{
	if [ -n "$IRQSAN_KO" ]; then
		load_error=$(insmod "$IRQSAN_KO" "$@" 2>&1)
	else
		load_error=$(modprobe irqsan "$@" 2>&1)
	fi
}

# has_tracepoint - the kernel's own check tells irqsan (docs/engines.md), which then
# probes nothing. Not where irqsan is built in: its engine can't be chosen.
has_tracepoint()
{
	! irqsan_is_builtin && [ -e $tracefs/events/irqflags/bogus_irq_restore ]
}

# load_irqsan PARAMETER... - afresh; the built-in one is only cleared
load_irqsan()
{
	if irqsan_is_builtin; then
		echo 1 >$irqsan/clear
		return
	fi
	unload irqsan
	insmod_irqsan "$@" || die "insmod irqsan $*: $load_error"
}

# load_unlocks PARAMETER... - for what is found in unlocks and PV waits: by probes
# at these only, for to arm all takes long; by the tracepoint where there is one
load_unlocks()
{
	if has_tracepoint; then
		load_irqsan sites=all "$@"
	else
		load_irqsan sites=unlocks "$@"
	fi
}

load_zoo()
{
	insmod "$IRQSAN_ZOO_KO" "$@" || die "insmod irqsan_zoo $* failed"
}

# run_zoo EXHIBIT [COUNT [all]]
run_zoo()
{
	echo "$*" >$zoo/run
}

clear_irqsan()
{
	echo 1 >$irqsan/clear
}

# status NAME - a number (or word) from the status file
status()
{
	sed -n "s/^$1: *//p" $irqsan/status
}

# violations_at FUNCTION [CALLER] - at all of its sites, for whoever or for CALLER
violations_at()
{
	awk -v f="$1+" -v c="${2:+$2+}" 'index($1, f) == 1 && (c == "" || index($2, c) == 1) {
		n += $4
	} END { print n + 0 }' $irqsan/violations
}

# bug_of CALLER COLUMN - from its line in "violations"
bug_of()
{
	awk -v c="$1+" -v n="$2" 'index($2, c) == 1 { print $n; exit }' $irqsan/violations
}

# hits_at FUNCTION - how often its restores were reached
hits_at()
{
	awk -v f="$1+" 'index($1, f) == 1 && $2 == "restore" { n += $4 } END { print n + 0 }' \
		$irqsan/sites
}

# site_of FUNCTION - its first restore that is watched, as FUNCTION+0xOFF
site_of()
{
	awk -v f="$1+" 'index($1, f) == 1 && $2 == "restore" { print $1; exit }' $irqsan/sites
}

# log_begin, log_new - what the kernel has logged since
log_begin()
{
	log_last=$(dmesg | tail -n 1)
}

log_new()
{
	log_last=$log_last awk 'p; $0 == ENVIRON["log_last"] { p = 1 }' <<-END
	$(dmesg)
	END
}

# reports_of FUNCTION - how often irqsan has reported a bug that names it
reports_of()
{
	log_new | grep -c "WARNING: .* at irqsan/[^ ]* $1+"
}

# report_of FUNCTION - waits for irqsan's report that names it, prints the first
report_of()
{
	steps=$wait_steps
	while [ $steps -gt 0 ]; do
		report=$(log_new | awk -v f="WARNING: .* at irqsan/[^ ]* $1[+]" '
			/-\[ cut here \]-/ { text = ""; open = 1 }
			open { text = text $0 "\n" }
			/-\[ end trace / { open = 0 }
			!open && text ~ f { printf "%s", text; exit }')
		if [ -n "$report" ]; then
			echo "$report"
			return 0
		fi
		sleep 0.1
		steps=$((steps - 1))
	done
	return 1
}

# exhibit NAME COLUMN - from the zoo's table
exhibit()
{
	awk -F '|' -v e="$1" -v n="$2" '$1 == e { print $n }' $zoo/exhibits
}

# refused FILE TEXT - writing a line with TEXT fails, as an invalid argument
refused()
{
	error=$( (echo "$2" >"$1") 2>&1 ) && return 1
	case $error in
	*"Invalid argument"*) return 0 ;;
	esac
	echo "# $error"
	return 1
}

# cpus - how many are online
cpus()
{
	grep -c '^processor' /proc/cpuinfo
}
