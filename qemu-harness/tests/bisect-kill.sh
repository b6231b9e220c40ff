#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A bisection with real builds and guests that is killed 20 times, at random
# moments: nothing of it is left behind, and gone on with it ends at the commit that
# put the bug in. A build that was cut off is not taken for a revision's fault.
# Ends with a line "bisect-kill.sh: N passed, N failed".
#
# Usage: bisect-kill.sh REPO [SEED]    (REPO: made by "make history")

cd "$(dirname "$0")/../.." || exit 2
. qemu-harness/tests/lib.sh
repo=$1
seed=${2:-$(date +%s)}
kills=20
# In seconds: shorter than many builds and boots, longer than some.
longest=75
out=out/bisect-kill

history()
{
	git --git-dir="$repo" log --format=%H "$@"
}

# In place of the shell that calls it, so that $! is who is to be killed.
bisect()
{
	IRQSAN_TEST=$mark exec build/irqsan bisect --repo "$repo" --accel nested --title any \
		--good "$good" --bad "$bad" --keep "$out/$round" >>"$out/$round.log" 2>&1
}

# ended CODE: it came to its end by itself.
ended()
{
	if [ "$1" -ne 0 ]; then
		fail "bisection $round ends" "exit code $1: $(tail -n 1 "$out/$round.log")"
		finish
		exit
	fi
	named=$(jq -r '.result.commit // "none"' "$out/$round/bisect.json")
	# All revisions of that part build, and boot.
	expect 0 "bisection $round skips nothing" jq -e \
		'[.revisions[] | select(.mark == "skip")] == []' "$out/$round/bisect.json"
	if [ "$named" = "$culprit" ]; then
		pass "bisection $round, killed $of_this times, names the commit"
	else
		fail "bisection $round, killed $of_this times, names the commit" \
			"$named, not $culprit"
	fi
	round=$((round + 1))
	of_this=0
}

# The part of the history around the bug: two equal kernels before it, two behind.
culprit=$(history --grep='(the bug)$' bad)
[ -n "$culprit" ] || { echo "$repo: no such history" >&2; exit 2; }
good=$culprit~3
bad=$(history --reverse --ancestry-path "$culprit..bad" | sed -n 2p)
mark=$$
round=1
killed=0
of_this=0
rm -rf "$out"
mkdir -p "$out" || exit 2
trap 'kill "$pid" 2>/dev/null' EXIT
trap 'exit 130' INT TERM

echo "# seed $seed: bisect-kill.sh REPO $seed kills after the same times"
for after in $(awk "BEGIN { srand($seed); for (i = 0; i < $kills * 3; i++)
				print 1 + int(rand() * $longest) }"); do
	[ $killed -lt $kills ] || break
	bisect &
	pid=$!
	waited=0
	while [ $waited -lt "$after" ] && kill -0 $pid 2>/dev/null; do
		sleep 1
		waited=$((waited + 1))
	done
	kill -9 $pid 2>/dev/null
	wait $pid
	code=$?
	if [ $code -ne 137 ]; then
		ended $code
		continue
	fi
	killed=$((killed + 1))
	of_this=$((of_this + 1))
	what="kill $killed, after $after s"
	if ! nothing_left; then
		fail "$what: nothing is left" "$(echo $left)"
	elif [ -f "$out/$round/bisect.json" ] &&
	     ! jq -e .format "$out/$round/bisect.json" >/dev/null; then
		fail "$what: the state is whole" "$out/$round/bisect.json is not"
	else
		pass "$what, at: $(tail -n 1 "$out/$round.log")"
	fi
done
[ $killed -eq $kills ] || fail "$kills kills" "$killed only: the bisections ended too soon"
bisect &
pid=$!
wait $pid
ended $?
finish
