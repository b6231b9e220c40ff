#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Guests with a root: a Debian, a directory, an image, emulated and nested; and what
# can't be one. Needs a mirror when the cache has no root of bookworm yet.
# Ends with a line "roots.sh: N passed, N failed".
#
# Usage: roots.sh [OUT]   (default: out/roots)

cd "$(dirname "$0")/../.." || exit 2
. qemu-harness/tests/lib.sh
irqsan=$PWD/build/irqsan
out=${1:-out/roots}
run="$irqsan run --kernel debian:bookworm --detector none"
# A root may have to be made, and two nested guests to be booted.
says_seconds=1800

rm -rf "$out"
mkdir -p "$out/dir/bin" "$out/empty/bin" || exit 2
out=$(cd "$out" && pwd)
small=$out/small
trap 'umount "$small" 2>/dev/null' EXIT
trap 'exit 2' INT TERM HUP

# is FILE TEXT NAME
is()
{
	if [ "$(cat "$1")" = "$2" ]; then
		pass "$3"
	else
		fail "$3" "$(cat "$1")"
	fi
}

# A program of the root's, a file of this machine, one that is added to a directory that
# is a symlink in the root; and all that may be written to.
cat >"$out/look.pl" <<'EOF'
#!/usr/bin/perl
open(my $f, ">", "/etc/written") or die "etc: $!";
print "added: ", `/bin/added`, -t STDIN ? "tty" : "no tty", ", pid 1 is ", `cat /proc/1/comm`;
exit(-d "/sys/kernel/debug" && -c "/dev/null" && -d "/dev/pts" ? 0 : 1);
EOF
printf '#!/bin/sh\necho yes\n' >"$out/added"
chmod +x "$out/look.pl" "$out/added"
looked="added: yes
no tty, pid 1 is init"
for accel in tcg nested; do
	says 0 '2 runs: 2 OK' "a Debian, $accel" $run --accel $accel --runs 2 \
		--root debian:bookworm --add "$out/added:/bin/added" --keep "$out/$accel" \
		-- "$out/look.pl"
	is "$out/$accel/0/load.log" "$looked" "what its load saw, $accel"
done
says 0 '1 OK' "a root has room for what a load writes" $run --accel tcg \
	--root debian:bookworm --keep "$out/room" -- dd if=/dev/zero of=/fill bs=1M count=600
says 2 'could not be run: no-such: no such program in the guest' "a load that isn't there" \
	$run --accel tcg --root debian:bookworm --keep "$out/missing" -- no-such
printf '#!/usr/bin/no-such\n' >"$out/script"
says 2 "its interpreter or dynamic linker is not in the guest" "no interpreter" \
	$run --accel tcg --root debian:bookworm --keep "$out/interpreter" -- "$out/script"

# The smallest root that there is.
cp "$(command -v busybox)" "$out/dir/bin/sh"
write="echo written >/written; read line </written; echo \$line; : >/bin/new"
says 0 '1 OK' "a directory" $run --accel tcg --root "$out/dir" --keep "$out/run-dir" \
	-- sh -c "$write"
is "$out/run-dir/0/load.log" written "it can be written to in the guest"
mke2fs -q -t ext4 -d "$out/dir" "$out/ext4" 16M || exit 2
before=$(cksum <"$out/ext4")
says 0 '1 OK' "an ext4 image" $run --accel tcg --root "$out/ext4" --keep "$out/run-ext4" \
	-- sh -c "$write"
if [ -z "$(find "$out/dir" -name written)" ] && [ "$(cksum <"$out/ext4")" = "$before" ] &&
	[ ! -e "$out/dir/bin/new" ]; then
	pass "neither was written to"
else
	fail "neither was written to" "$(ls -lR "$out/dir")"
fi
docs/walkthrough/make.sh "$out/ring" >/dev/null || exit 2
says 0 '^FIXED: 4 of 4 before, 0 of 4 after' "a verification in a root" \
	"$irqsan" verify --before debian:bookworm --accel tcg --root "$out/dir" --seconds 5 \
	--runs 4 --alpha 0.05 --before-insmod "$out/ring@bad" --after-insmod "$out/ring@fixed" \
	--keep "$out/verify" -- docs/walkthrough/ring-test.c
cp "$(command -v dash)" "$out/empty/bin/sh"
says 2 '^run #0: lost: .*root: /bin/sh: No such file or directory' "a root without libraries" \
	$run --accel tcg --root "$out/empty" --keep "$out/run-empty" -- sh -c true

says 2 'making the root debian:potato failed: E: ' "no such suite" \
	$run --accel tcg --root debian:potato --keep "$out/potato" -- sh -c true
says 2 'failed: E: Unable to locate package no-such-package ' "no such package" \
	$run --accel tcg --root debian:bookworm,no-such-package --keep "$out/no-package" -- sh -c true

mkdir "$small"
if mount -t tmpfs -o size=60m tmpfs "$small" 2>/dev/null; then
	mkdir "$small/irqsan"
	ln -s "${XDG_CACHE_HOME:-$HOME/.cache}/irqsan/kernels" "$small/irqsan"
	says 2 'making the root debian:bookworm failed: the disk is full' "no room for a root" \
		env XDG_CACHE_HOME="$small" $run --accel tcg --root debian:bookworm \
		--keep "$out/full" -- sh -c true
	if ls "$small"/irqsan/roots/*/root.sqfs >/dev/null 2>&1; then
		fail "no half root in the cache" "$(ls "$small"/irqsan/roots/*)"
	else
		pass "no half root in the cache"
	fi
	umount "$small"
else
	skip "no room for a root" "needs the right to mount a tmpfs"
fi

finish
