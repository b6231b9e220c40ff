#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Puts the module and the selftests into a kernel tree, as a patch would, builds
# it with irqsan as a module and built in, and runs the selftests on both.
# Ends with a line "intree.sh: N passed, N failed".
#
# Usage: intree.sh TREE [OUT]   (default: out/intree)
#
# TREE: a kernel source that was not built in; it is changed. $IRQSAN
# (build/irqsan): the program.

cd "$(dirname "$0")/../.." || exit 2
irqsan=${IRQSAN:-build/irqsan}
[ -f "$1/kernel/locking/Makefile" ] || { echo "usage: $0 TREE [OUT]" >&2; exit 2; }
tree=$(cd "$1" && pwd)
out=${2:-out/intree}
. qemu-harness/tests/lib.sh

mkdir -p "$out" || exit 2
out=$(cd "$out" && pwd)
rm -rf "$out/run-m" "$out/run-y"

# Sources only: what builds out of tree have left stays here.
copy()
{
	mkdir -p "$2"
	(cd "$1" && find . \( -name '*.[chS]' -o -name '*.sh' -o -name Makefile -o -name config \
		-o -name settings \) | tar -cf - -T -) | tar -xf - -C "$2"
}

copy module "$tree/kernel/locking/irqsan"
copy selftests/irqsan "$tree/tools/testing/selftests/irqsan"
grep -q irqsan "$tree/kernel/locking/Makefile" ||
	echo 'obj-$(CONFIG_IRQSAN) += irqsan/' >>"$tree/kernel/locking/Makefile"
if ! grep -q IRQSAN "$tree/lib/Kconfig.debug"; then
	awk '/^endmenu # Kernel hacking/ {
		while ((getline line <"Kconfig.snippet") > 0)
			if (line !~ /^#/) print line
		print ""
	}
	{ print }' "$tree/lib/Kconfig.debug" >"$out/Kconfig.debug"
	cp "$out/Kconfig.debug" "$tree/lib/Kconfig.debug"
fi
grep -q irqsan "$tree/tools/testing/selftests/Makefile" ||
	sed -i '0,/^TARGETS += ir/s//TARGETS += irqsan\n&/' "$tree/tools/testing/selftests/Makefile"

# build M_OR_Y: the tree, in a build tree of its own
build()
{
	sed "s/^CONFIG_IRQSAN=.*/CONFIG_IRQSAN=$1/" selftests/irqsan/config >"$out/config-$1"
	expect 0 "the tree builds with CONFIG_IRQSAN=$1" $irqsan kernel build "$tree" \
		--config "$out/config-$1" --out "$out/build-$1"
}

build m
expect 0 "the zoo builds for it" $irqsan kernel build-module --kernel "$out/build-m" \
	"$tree/tools/testing/selftests/irqsan/zoo"
make -s -C "$tree/tools/testing/selftests/irqsan" emit_tests COLLECTION=irqsan >"$out/emitted"
expect 0 "the tree's kselftest knows the tests" grep -qx irqsan:test-zoo.sh "$out/emitted"
expect 0 "the selftests, irqsan a module" $irqsan selftest --kernel "$out/build-m" --accel tcg \
	--module "$out/build-m/kernel/locking/irqsan/irqsan.ko" --keep "$out/run-m" \
	--ktap "$out/m.ktap"
build y
expect 0 "the selftests, irqsan built in" $irqsan selftest --kernel "$out/build-y" --accel tcg \
	--keep "$out/run-y" --ktap "$out/y.ktap"

finish
