#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The shell part of a CI job: builds irqsan, runs it, and leaves the result in out/ of
# the current directory: irqsan.xml (JUnit), irqsan.ktap, irqsan.json, irqsan.html
# and, in irqsan/, the logs of the boots. Wants Debian 12, root and make.
#
# Usage: ci.sh run|verify|bisect [ARGUMENT...]   (exit status: irqsan's)

set -e
root=$(cd "$(dirname "$0")/.." && pwd)
verb=$1
shift
mkdir -p out
if ! make -C "$root" deps >out/build.log 2>&1 || ! make -C "$root" all >>out/build.log 2>&1; then
	tail out/build.log >&2
	exit 2
fi
rc=0
"$root/build/irqsan" "$verb" --keep out/irqsan --json out/irqsan.json \
	--junit out/irqsan.xml --ktap out/irqsan.ktap "$@" || rc=$?
if [ -e out/irqsan.json ]; then
	"$root/build/irqsan" report out/irqsan.json -o out/irqsan.html
fi
exit $rc
