#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The selftest that comes with the kernel's own check, of the kernel's own reports:
# without irqsan, whose results these are not.
. "$(dirname "$0")/lib.sh"

need_machine
selftest=$here/../irqflags/irqflags.sh
[ -f "$selftest" ] || skip_all "this kernel's check has no selftest, or it isn't here"
text=$(sh "$selftest")
rc=$?
echo "$text" | sed 's/^TAP version 13$/KTAP version 1/'
exit $rc
