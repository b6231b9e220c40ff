#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Every exhibit of the zoo, one behind the other: a bug is counted as often as it
# ran, at its site, for who came to it, and nowhere else; it is reported once, as
# what it is, by the name that "violations" has; and who enabled IRQs is named, or
# said to be unknown. Its twin without the bug, and the false friends, are silent.
# What the check can't see is expected to be missed: XFAIL. On a kernel with the
# tracepoint all of it twice: by probes with track=1, then by the tracepoint, where
# the kernel reports and nobody knows of enablers.
. "$(dirname "$0")/lib.sh"

times=3

# results KIND TWIN MISSED UNSUPPORTED - how many an exhibit gives
results()
{
	[ "$4" = - ] || { echo 1; return; }
	n=0
	case $1 in
	friend) n=1 ;;
	bug) [ "$3" = - ] && n=$per_bug || n=1 ;;
	esac
	[ "$2" = - ] || n=$((n + 1))
	echo $n
}

# names LIST TEXT - one of the functions, commas between, is in the text
names()
{
	for one in $(echo "$1" | tr , ' '); do
		case $2 in
		*" $one+"* | *" $one."*) return 0 ;;
		esac
	done
	return 1
}

# run EXHIBIT - says how many violations, and how many bugs, that has added
run()
{
	violations_before=$(status violations)
	bugs_before=$(status bugs)
	run_zoo "$1" $times || return
	new="$(($(status violations) - violations_before)) violations,"
	new="$new $(($(status bugs) - bugs_before)) bugs"
}

# reported NAME SITE CALLER HOW - the report has the lines of a kernel warning
reported()
{
	text=$(report_of "$3") || { ktap_fail "$as$1: reported" "no report for $3"; return; }
	missing=
	flags_line=".*($4: "
	case $4 in
	soft) flags=on ;;
	hard) flags=off ;;
	esac
	# A push from memory (ff /6): the module doesn't read what it addresses.
	if echo "$text" | grep -q 'Code: .*<ff> [37b][0-7] '; then
		flags_line=unknown
		flags=unknown
	fi
	for line in 'raw_local_irq_restore() called with IRQs enabled' "RIP: 0010:$2+0x" \
		"irqsan: flags being restored have IRQs $flags_line"; do
		echo "$text" | grep -q "$line" || missing="$missing \"$line\""
	done
	title=$(echo "$text" | sed -n 's/.*WARNING: .* at irqsan\/[^ ]* \([^/]*\).*/\1/p')
	[ "$title" = "$(bug_of "$3" 2)" ] || missing="$missing title"
	[ "$(bug_of "$3" 10)" = reported ] || missing="$missing \"reported\" in violations"
	[ "$(bug_of "$3" 7)" = "$flags" ] || missing="$missing flags=$flags"
	# The unlock is somebody's.
	echo "$text" | sed -n '/Call Trace:/,$p' | grep -q ' zoo_' || missing="$missing caller"
	if [ -n "$missing" ]; then
		ktap_fail "$as$1: reported" "the report lacks$missing"
	else
		ktap_equal "$as$1: reported" "$(reports_of "[^ ]*") reports" "1 reports"
	fi
}

# tracks - it is watched who enables IRQs
tracks()
{
	[ "$(cat /sys/module/irqsan/parameters/track)" = Y ]
}

# blamed NAME ENABLER UNBLAMED - the report of reported() names it, or nobody
blamed()
{
	stack=$(echo "$text" | sed -n '/irqsan: IRQs were last enabled/,/end trace/p')
	if ! tracks; then
		ktap_skip "$as$1: enabler" "irqsan is built in, and was booted without irqsan.track=1"
	elif [ -z "$text" ]; then
		ktap_fail "$as$1: enabler" "no report"
	elif [ "$2" != - ] && names "$2" "$stack"; then
		ktap_pass "$as$1: enabler"
	elif ! echo "$text" | grep -q 'irqsan: who enabled IRQs is not known'; then
		echo "$stack" | sed 's/^/# /'
		ktap_fail "$as$1: enabler" "not $2"
	elif [ "$3" != - ]; then
		ktap_xfail "$as$1: enabler" "$3"
	else
		# Not known: right where nobody did.
		ktap_equal "$as$1: enabler" "$2" -
	fi
}

# bug NAME VIOLATIONS SITE CALLER HOW ENABLER MISSED UNBLAMED
bug()
{
	log_begin
	text=
	if ! run "$1"; then
		ktap_fail "$as$1: counted" "it can't be run"
	elif [ "$7" = - ]; then
		want=$((times * $2))
		ktap_equal "$as$1: counted" "$new, $(violations_at "$3" "$4") there" \
			"$want violations, 1 bugs, $want there"
	elif [ "$new" = "0 violations, 0 bugs" ]; then
		ktap_xfail "$as$1: counted" "$7"
		return
	else
		ktap_fail "$as$1: counted" "seen, although it was said: $7"
		return
	fi
	[ $engine = probes ] || return
	reported "$1" "$3" "$4" "$5"
	blamed "$1" "$6" "$8"
}

# silent NAME EXHIBIT [SITE] - no violation; and its site was reached, which only
# probes count
silent()
{
	hits_before=$(hits_at "${3:--}")
	run "$2" || { ktap_fail "$as$1: silent" "it can't be run"; return; }
	hits=$(($(hits_at "${3:--}") - hits_before))
	if [ $engine = probes ] && [ -n "$3" ] && [ "$hits" -lt $times ]; then
		ktap_fail "$as$1: silent" "its restore was reached $hits times only"
	else
		ktap_equal "$as$1: silent" "$new" "0 violations, 0 bugs"
	fi
}

# exhibits COMMAND... - for each exhibit that isn't a load, with its properties set
exhibits()
{
	while IFS='|' read -r name kind violations site caller how enabler twin missed unblamed \
		unsupported _; do
		# The check is there before the compiler makes a sti of the restore.
		[ "$engine $name" != "tracepoint known_flags" ] || missed=-
		[ "$kind" = load ] || "$@"
	done <<-END
	$table
	END
}

count()
{
	total=$((total + $(results $kind $twin "$missed" "$unsupported")))
}

visit()
{
	if [ "$unsupported" != - ]; then
		ktap_skip "$as$name" "$unsupported"
		return
	fi
	case $kind in
	bug) bug "$name" "$violations" "$site" "$caller" "$how" "$enabler" "$missed" \
		"$unblamed" ;;
	friend) silent "$name" "$name" "$site" ;;
	esac
	[ "$twin" = - ] || silent "$name/fixed" "$name/fixed"
}

# use ENGINE
use()
{
	engine=$1
	case $engine in
	probes) as= per_bug=3 ;;
	tracepoint) as="tracepoint: " per_bug=1 ;;
	esac
}

need_machine
engines=probes
has_tracepoint && engines="probes tracepoint"
load_irqsan sites=all track=1
load_zoo
# In one go: a read of the file must not span what it is read for.
table=$(cat $zoo/exhibits)

total=0
for e in $engines; do
	use $e
	exhibits count
done
ktap_plan $total
for e in $engines; do
	use $e
	[ $e = probes ] || load_irqsan sites=all
	[ $e = probes ] || [ "$(status engine)" = $e ] || die "the engine is $(status engine)"
	exhibits visit
done
ktap_finish
