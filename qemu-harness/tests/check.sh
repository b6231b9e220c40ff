#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Runs the parts of "make check", each whatever became of the ones before, and
# ends with a line "N passed, N failed" for all of them.
#
# Usage: check.sh COMMAND...   (each a line for the shell, with TAP output)

dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
trap 'exit 2' INT TERM HUP
passed=0
failed=0

for part in "$@"; do
	{
		sh -c "$part"
		echo $? >"$dir/rc"
	} | tee "$dir/log"
	passed=$((passed + $(grep -c '^ok ' "$dir/log")))
	# So cmocka calls a test that had nothing to do.
	bad=$(grep '^not ok ' "$dir/log" | grep -vc '# SKIP')
	# One that died has no line for what it didn't come to.
	if [ "$bad" -eq 0 ] && [ "$(cat "$dir/rc")" -ne 0 ]; then
		echo "not ok: \"$part\" ended with status $(cat "$dir/rc")"
		bad=1
	fi
	failed=$((failed + bad))
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
