#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# No test, but two halves of a comparison on a kernel with CONFIG_DEBUG_IRQFLAGS:
# with irqsan_exhibit=NAME on the kernel's command line, what its own check says
# of that exhibit, which it does once a boot; without it, what irqsan says of
# each. A result line an exhibit, with what was found behind the '#', bars
# between: "found" or "silent", soft or hard, function that is named, enabler,
# where the exhibit comes from.
. "$(dirname "$0")/lib.sh"

# The function that the built-in check warns of: the first behind its own.
builtin_found()
{
	log_new | awk '
		/raw_local_irq_restore\(\) called with IRQs enabled/ { seen = 1 }
		seen && /Call Trace:/ { trace = 1; next }
		trace && match($0, /[A-Za-z_][A-Za-z0-9_.]*\+0x/) {
			name = substr($0, RSTART, RLENGTH - 3)
			if (name ~ /warn|report_bug|exc_|asm_|handle_bug|fixup/) next
			print name
			exit
		}'
}

# enabler_in REPORT - the nearest function that isn't a helper's
enabler_in()
{
	echo "$1" | sed -n '/irqsan: IRQs were last enabled/,/end trace/s/.* \([A-Za-z0-9_.]*\)+0x.*/\1/p' |
		grep -v '^_raw_' | head -n 1
}

builtin_check()
{
	ktap_plan 1
	log_begin
	run_zoo "$1" || die "$1 can't be run"
	sleep 1
	where=$(builtin_found)
	if [ -n "$where" ]; then
		ktap_result ok "$1" "found|-|$where|-|-"
	else
		ktap_result ok "$1" "silent|-|-|-|-"
	fi
}

# irqsan_check NAME CALLER REFERENCE
irqsan_check()
{
	log_begin
	before=$(status violations)
	run_zoo "$1" || die "$1 can't be run"
	if [ "$(status violations)" -eq "$before" ]; then
		ktap_result ok "$1" "silent|-|-|-|$3"
		return
	fi
	text=$(report_of "$2")
	how=$(echo "$text" | sed -n 's/.*irqsan: flags being restored have .*(\(.*\): .*/\1/p')
	enabler=$(enabler_in "$text")
	ktap_result ok "$1" "found|${how:--}|$2|${enabler:--}|$3"
}

need_machine
exhibit=$(sed -n 's/.*irqsan_exhibit=\([a-z_]*\).*/\1/p' /proc/cmdline)
if [ -n "$exhibit" ]; then
	load_zoo
	builtin_check "$exhibit"
	exit 0
fi
load_irqsan sites=all track=1
load_zoo
exhibits=$(grep '|-|[^|]*$' $zoo/exhibits | grep -v '|load|')
ktap_plan "$(echo "$exhibits" | wc -l)"
while IFS='|' read -r name _ _ _ caller _ _ _ _ _ _ reference; do
	irqsan_check "$name" "$caller" "$reference"
done <<END
$exhibits
END
