#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# "kernel get" and "kernel build" that are killed at random moments, two at once:
# what is in the cache is whole, nothing of it is lost, and no process stays. The
# archive is a script, and the kernels are a few small files: no network is needed.
# Ends with a line "cache-kill.sh: N passed, N failed".
#
# Usage: cache-kill.sh [SEED]

cd "$(dirname "$0")/../.." || exit 2
. qemu-harness/tests/lib.sh
irqsan=$PWD/build/irqsan
seed=${1:-$(date +%s)}
kills=20
out=$PWD/out/cache-kill
name=debian:bookworm/cloud
release=6.1.0-1-cloud-amd64
entry=$out/cache/irqsan/kernels/bookworm-cloud
mark=$$

rm -rf "$out"
mkdir -p "$out/bin" "$out/tree/scripts/kconfig" "$out/own/include/config" \
	"$out/own/arch/x86/boot" "$out/module" || exit 2
export XDG_CACHE_HOME="$out/cache" FAKE_DEBS="$out/debs"

# package VERSION NAME DEPENDS: holds 40 files, whose word is the version.
package()
{
	rm -rf "$out/package"
	mkdir -p "$out/package/DEBIAN" "$out/package/boot" \
		"$out/package/lib/modules/$release/kernel" || exit 2
	printf 'Package: %s\nVersion: %s\nArchitecture: amd64\nMaintainer: A <a@example.org>\n' \
		"$2" "$1" >"$out/package/DEBIAN/control"
	echo 'Description: x' >>"$out/package/DEBIAN/control"
	for i in $(seq 40); do
		echo "$1" >"$out/package/lib/modules/$release/kernel/$2-$i"
	done
	echo "$1" >"$out/package/boot/vmlinuz-$release"
	dpkg-deb -b "$out/package" "$out/debs.new/$2_$1_amd64.deb" >/dev/null || exit 2
	deb=$out/debs.new/$2_$1_amd64.deb
	printf 'Package: %s\nVersion: %s\nDepends: %s\nSize: %s\nSHA256: %s\n' "$2" "$1" "$3" \
		"$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d ' ' -f 1)" >"$out/debs.new/$2"
}

# archive VERSION: what the archive has from now on.
archive()
{
	rm -rf "$out/debs.new"
	mkdir "$out/debs.new"
	package "$1" linux-image-cloud-amd64 linux-image-$release
	package "$1" linux-image-$release libc6
	package "$1" linux-headers-cloud-amd64 linux-headers-$release
	package "$1" linux-headers-$release libc6
	rm -rf "$out/debs"
	mv "$out/debs.new" "$out/debs"
}

cat >"$out/bin/apt-get" <<'END'
#!/bin/sh
[ "$1" != indextargets ] || echo http://m.example/debian bookworm bookworm Debian Debian
while [ "$1" ] && [ "$1" != download ]; do shift; done
[ "$1" ] || exit 0
shift
for p; do
	head -c 100 "$FAKE_DEBS/${p%=*}_${p#*=}_amd64.deb" >"${p%=*}_${p#*=}_amd64.deb" || exit
	sleep 0.1
	cp "$FAKE_DEBS/${p%=*}_${p#*=}_amd64.deb" . || exit
done
END
cat >"$out/bin/apt-cache" <<'END'
#!/bin/sh
for p; do :; done
cat "$FAKE_DEBS/$p" 2>/dev/null
END
chmod +x "$out/bin"/*
PATH=$out/bin:$PATH

# The kernel of the cache, if there is one: all of it of one version.
whole_kernel()
{
	[ -d "$entry" ] || return 0
	version=$(sed -n 's/.*"version": "\(.*\)".*/\1/p' "$entry/manifest.json")
	[ "$version" ] && [ "$(cat "$entry/root/usr/lib/modules/$release/kernel/"* | sort | uniq -c |
		tr -s ' ')" = " 160 $version" ]
}

# The word of the build's source is that of its module, and not of another one.
whole_build()
{
	for dir in "$XDG_CACHE_HOME"/irqsan/builds/tree-*; do
		[ -f "$dir/irqsan/build.json" ] || continue
		cmp "$dir/vmlinux" "$dir/irqsan/modules/lib/modules/6.1.0-test/test.ko" || return 1
	done
}

# pause MILLISECONDS: less than that, and another time each time.
pause()
{
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	sleep "$(echo "$((seed / 65536 % $1))" | awk '{ print $1 / 1000 }')"
}

# killed WHAT WHOLE LONGEST CHANGE ARGUMENT...: two of them, 20 times.
killed()
{
	what=$1
	whole=$2
	longest=$3
	change=$4
	shift 4
	cut=0
	for n in $(seq $kills); do
		$change "$n"
		IRQSAN_TEST=$mark "$irqsan" "$@" >>"$out/log" 2>&1 &
		one=$!
		IRQSAN_TEST=$mark "$irqsan" "$@" >>"$out/log" 2>&1 &
		two=$!
		pause "$longest"
		kill -9 $one && cut=$((cut + 1))
		pause "$longest"
		kill -9 $two && cut=$((cut + 1))
		wait $one $two
		if ! $whole; then
			fail "kill $n of $what" "it is half: $(tail -n 1 "$out/log")"
		elif ! nothing_left; then
			fail "kill $n of $what" "left over: $(echo $left)"
		else
			pass "kill $n of $what"
		fi
	done 2>/dev/null
	if [ $cut -gt $kills ]; then
		pass "$cut of $((2 * kills)) were under way"
	else
		fail "$kills kills of $what" "$cut of $((2 * kills)) were under way"
	fi
	expect 0 "$what after all" "$irqsan" "$@"
	if $whole && [ -z "$(find "$XDG_CACHE_HOME/irqsan" -name '*.tmp')" ]; then
		pass "$what: all of it, and nothing else"
	else
		fail "$what: all of it, and nothing else" "$(find "$XDG_CACHE_HOME/irqsan" -name '*.tmp')"
	fi
}

echo "# seed $seed: cache-kill.sh $seed kills after the same times"

# As its tree is a directory, each build begins with make; most find new code.
cat >"$out/tree/Makefile" <<'END'
allnoconfig:
	sleep 0.2
	cp $(KCONFIG_ALLCONFIG) /build/.config
all: /build/vmlinux
	mkdir -p /build/include/config /build/arch/x86/boot
	echo 6.1.0-test >/build/include/config/kernel.release
	echo test.ko >/build/modules.order
	echo image >/build/arch/x86/boot/bzImage
/build/vmlinux: code.S
	echo half >$@
	sleep 0.3
	as -o $@ code.S
modules_install:
	mkdir -p $(INSTALL_MOD_PATH)/lib/modules/6.1.0-test
	sleep 0.2
	cp /build/vmlinux $(INSTALL_MOD_PATH)/lib/modules/6.1.0-test/test.ko
END
: >"$out/tree/Kconfig"
: >"$out/tree/scripts/kconfig/Makefile"

new_code()
{
	echo ".text; f: .rept $1; nop; .endr" >"$out/tree/code.S"
}

archive 1
expect 0 "kernel get" "$irqsan" kernel get $name
killed "kernel get" whole_kernel 700 archive kernel get --refresh $name
new_code 100
killed "kernel build" whole_build 1200 new_code kernel build "$out/tree"

# A user's own tree, whose make never ends.
echo 6.1.0-own >"$out/own/include/config/kernel.release"
echo image >"$out/own/arch/x86/boot/bzImage"
: >"$out/own/.config"
: >"$out/own/Module.symvers"
printf 'modules:\n\tsleep 300\n' >"$out/own/Makefile"
: >"$out/module/Makefile"
IRQSAN_TEST=$mark "$irqsan" kernel build-module --kernel "$out/own" "$out/module" &
pid=$!
for i in $(seq 50); do
	left_over | grep -qx sleep && break
	sleep 0.1
done
[ "$i" -lt 50 ] || fail "make of a user's tree" "it was not started"
kill -9 $pid
if nothing_left; then
	pass "nothing is left of the make of a user's tree"
else
	fail "nothing is left of the make of a user's tree" "$(echo $left)"
fi
[ $failed -ne 0 ] || rm -rf "$out"
finish
