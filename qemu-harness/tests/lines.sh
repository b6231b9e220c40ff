#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The four lines of README.md's "Your own bug", typed in a kernel tree whose driver has
# a bug that no built-in load reaches (docs/walkthrough/ring.c, built in). Each line runs
# emulated and nested.
# Ends with a line "lines.sh: N passed, N failed".
#
# Usage: lines.sh [OUT]   (default: out/lines)
#
# Builds a kernel six times: most of an hour with an empty ccache.

cd "$(dirname "$0")/../.." || exit 2
. qemu-harness/tests/lib.sh
irqsan=$PWD/build/irqsan
walkthrough=$PWD/docs/walkthrough
configs=$PWD/qemu-harness/configs
out=${1:-out/lines}

rm -rf "$out"
mkdir -p "$out" || exit 2
out=$(cd "$out" && pwd)
log=$out/setup.log

die()
{
	echo "lines.sh: $1: $(tail -n 1 "$log")" >&2
	exit 2
}

# has NAME FILE PATTERN
has()
{
	if grep -qE -e "$3" "$2"; then
		pass "$1"
	else
		fail "$1" "nothing like \"$3\" in $2"
	fi
}

# commit SUBJECT FILE...
commit()
{
	subject=$1
	shift
	git add -f "$@" &&
		git -c user.name=lines -c user.email=lines@example.org commit -q -m "$subject"
}

# revision REV SUBJECT: commits the driver as it is in the walkthrough's REV.
revision()
{
	git -C "$out/ring" show "$1:ring.c" >drivers/char/ring.c
	commit "$2" drivers/char/ring.c drivers/char/Makefile || die "no revision $1"
}

unset $(git rev-parse --local-env-vars)
source=$($irqsan kernel source debian-source:bookworm 2>"$log") || die "no source"
"$walkthrough/make.sh" "$out/ring" >>"$log" 2>&1 || die "no driver"
cp -al "$source" "$out/linux" 2>/dev/null || cp -a "$source" "$out/linux" || die "no tree"
cd "$out/linux" || exit 2
echo "# making the tree and its kernel"
{
	git init -q . &&
	git config core.compression 0 && git config gc.auto 0 &&
	commit "Linux as it comes" .
} >>"$log" 2>&1 || die "no repository"
# A file of its own: the source's is a hard link.
sed '$a obj-y += ring.o' drivers/char/Makefile >"$out/Makefile"
rm drivers/char/Makefile
cp "$out/Makefile" drivers/char/Makefile
revision good "char: a ring buffer behind /dev/ring"
git tag v1
revision bad "char: ring: a lock for the statistics"
bug=$(git rev-parse HEAD)
echo "The ring." >README.ring
commit "char: ring: say what it is" README.ring || die "no revision"
git tag v2
revision fixed "char: ring: don't enable interrupts while dropping"
git tag fixed

# As its developer has it: configured and built in place, with the bug.
git checkout -q v2
{
	make -s KCONFIG_ALLCONFIG="$configs/kvm-guest" allnoconfig &&
	make -s -j"$(nproc)" CC="ccache gcc" bzImage modules
} >>"$log" 2>&1 || die "no kernel"

# The reproducers, as README.md calls them.
cat >repro.sh <<'END'
#!/bin/sh
dd if=/dev/zero of=/dev/ring bs=256 count=100
END
chmod +x repro.sh
gcc -o repro "$walkthrough/ring-test.c" || exit 2

PATH=$(dirname "$irqsan"):$PATH
for accel in tcg nested; do
	expect 1 "run, $accel" \
		irqsan run --kernel . --accel $accel --keep "$out/$accel-run" -- ./repro.sh
	has "its finding" "$out/$accel-run/result.json" 'WARNING in ring_write'
	status=$(git status --porcelain -uno; git rev-parse HEAD)

	git checkout -q fixed
	expect 0 "verify, $accel" irqsan verify --source . --before HEAD~1 --after HEAD \
		--accel $accel --keep "$out/$accel-verify" -- ./repro
	has "its verdict" "$out/$accel-verify/verify.txt" '^FIXED'
	git checkout -q v2

	expect 0 "bisect, $accel" irqsan bisect --repo . --good v1 --bad v2 \
		--accel $accel --keep "$out/$accel-bisect" -- ./repro
	has "its commit" "$out/$accel-bisect/bisect.log" "$bug is the first bad commit"
	if [ "$status" = "$(git status --porcelain -uno; git rev-parse HEAD)" ]; then
		pass "the tree is as it was, $accel"
	else
		fail "the tree is as it was, $accel" "$(git status --porcelain -uno | head -n 3)"
	fi

	expect 0 "stress-ng in a Debian, $accel" \
		irqsan run --kernel debian:trixie --root debian:trixie,stress-ng --accel $accel \
		--keep "$out/$accel-stress" -- stress-ng --class filesystem --all 1 -t 60
done

finish
