#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Makes the repository of the walkthrough: nine commits to a small driver. The fifth
# brings a bug in, the last one fixes it; tags: good, bad, fixed.
#
# Usage: make.sh DIR

set -e
from=$(cd "$(dirname "$0")" && pwd)
dir=$1
if [ -z "$dir" ] || [ -e "$dir" ]; then
	echo "usage: make.sh DIR   (a new one)" >&2
	exit 2
fi

# commit SUBJECT: all that is there, at a fixed date.
commit()
{
	n=$((n + 1))
	git -C "$dir" add -A
	GIT_COMMITTER_DATE="2026-01-0$n 12:00 +0000" git -C "$dir" -c user.name="A. Driver" \
		-c user.email=driver@example.org commit -q -m "$1" --date "2026-01-0$n 12:00 +0000"
}

n=0
git init -q "$dir"
cp "$from/ring.c" "$dir/ring.c"
echo 'obj-m := ring.o' >"$dir/Makefile"
commit "ring: a ring buffer behind /dev/ring"
git -C "$dir" tag good
sed -i 's/^#define RING_BYTES 4096/#define RING_BYTES 8192/' "$dir/ring.c"
commit "ring: twice the size"
sed -i 's/char data\[256\]/char data[512]/' "$dir/ring.c"
commit "ring: longer writes"
sed -i 's/^static unsigned long dropped;/&\nstatic unsigned long written;/
	s/^	ring_put(data, n);/&\n	written += n;/' "$dir/ring.c"
commit "ring: count what is written"

# The bug: its caller has turned interrupts off, and spin_unlock_irq() turns them on.
sed -i 's/^	dropped += n;/	spin_lock_irq(\&stats_lock);\n	dropped += n;\n	spin_unlock_irq(\&stats_lock);/' \
	"$dir/ring.c"
commit "ring: a lock for the statistics"
sed -i 's/%lu bytes dropped\\n", dropped/%lu bytes written, %lu dropped\\n", written, dropped/' \
	"$dir/ring.c"
commit "ring: say how much was written"
sed -i 's/^#define RING_BYTES 8192/#define RING_BYTES 16384/' "$dir/ring.c"
commit "ring: twice the size again"
sed -i 's/MODULE_DESCRIPTION("A ring buffer/MODULE_DESCRIPTION("A large ring buffer/' "$dir/ring.c"
commit "ring: it is a large one by now"
git -C "$dir" tag bad

sed -i 's/spin_lock_irq(&stats_lock)/spin_lock(\&stats_lock)/
	s/spin_unlock_irq(&stats_lock)/spin_unlock(\&stats_lock)/' "$dir/ring.c"
commit "ring: don't enable interrupts while dropping"
git -C "$dir" tag fixed
