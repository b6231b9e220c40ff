#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Bad input, a poor machine and an impatient user: each must end in the right
# exit code and one line that says why, and leave nothing behind.
# Ends with a line "cli.sh: N passed, N failed".
#
# Usage: cli.sh [OUT]   (default: out/cli)

cd "$(dirname "$0")/../.." || exit 2
. qemu-harness/tests/lib.sh
irqsan=$PWD/build/irqsan
out=${1:-out/cli}
name=debian:bookworm

rm -rf "$out"
mkdir -p "$out" || exit 2
out=$(cd "$out" && pwd)
small=$out/small
trap 'umount "$small" 2>/dev/null; rm -rf "$out/cold"' EXIT
trap 'exit 2' INT TERM HUP

# No QEMU of the run in $1 lives on.
gone()
{
	! pgrep -f -- "-initrd $1" >/dev/null
}

# A cache entry is whole or it isn't there.
whole()
{
	for entry in "$1"/irqsan/kernels/*; do
		case $entry in
		*/\*) ;;
		*) [ -f "$entry/manifest.json" ] || return 1 ;;
		esac
	done
}

run="$irqsan run --kernel $name --accel tcg --workload none --seconds 1"

# Everything below needs these, so the first failure here ends it all.
timeout 900 "$irqsan" kernel get $name >"$out/kernel" || exit 2
image=$(cut -d ' ' -f 3 "$out/kernel")
ko=$(timeout 900 "$irqsan" kernel build-module --kernel $name module)/irqsan.ko

# What can be seen from the command line alone.
says 2 'no verb given' "no verb" "$irqsan"
says 2 'unknown verb "frob"' "unknown verb" "$irqsan" frob
says 2 "can't write the output: No space left" "no room for the output" \
	sh -c '"$0" kernel list >/dev/full' "$irqsan"
says 2 'create directory with an empty name' "a directory without a name" \
	$run --keep ""
says 2 "unrecognized option '--frob'" "unknown option" "$irqsan" run --frob
says 2 '--kernel is missing' "run without a kernel" "$irqsan" run
says 2 'a number from 1 to 86400, not "x"' "no number" "$irqsan" run --kernel $name --seconds x
says 2 '--accel is auto' "unknown accelerator" "$irqsan" run --kernel $name --accel fast
says 2 'unknown workload' "unknown workload" "$irqsan" run --kernel $name --workload w
for odd in '[' '"' '
'; do
	says 2 'set XDG_CACHE_HOME to another' "a cache that apt can't use" \
		env XDG_CACHE_HOME="$out/$odd" "$irqsan" kernel list
done
says 2 'irqsan: usage: irqsan kernel' "kernel without an action" "$irqsan" kernel
# Commands as loads.
command="$irqsan run --kernel $name --accel tcg --module $ko"
says 2 'no/such: no such program' "a load that isn't there" $command --keep "$out/load-1" -- no/such
says 2 'README.md is neither a program nor a script' "a load that is no program" \
	$command --keep "$out/load-2" -- ./README.md
printf '#!/usr/bin/env perl\n' >"$out/load.pl"
says 2 'wants perl, which the guest hasn.t' "a script without its interpreter" \
	$command --keep "$out/load-3" -- "$out/load.pl"
printf 'int main(void) { return x; }\n' >"$out/load.c"
says 2 "load.c doesn't compile" "a reproducer that doesn't compile" \
	$command --keep "$out/load-4" -- "$out/load.c"
printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\267\0' >"$out/load.arm"
head -c 100 /dev/zero >>"$out/load.arm"
says 2 'is a program for another machine' "a program for another machine" \
	$command --keep "$out/load-5" -- "$out/load.arm"
says 2 'no/such: no such file' "a file to add that isn't there" \
	$command --add no/such --keep "$out/load-6" -- true
says 2 'the path in the guest must begin with /' "a file to add to nowhere" \
	$command --add README.md:x --keep "$out/load-7" -- true
says 2 'README.md is no kernel module' "a module that is none" \
	$command --insmod README.md --keep "$out/load-8" -- true
# Roots; those that take long are in roots.sh.
says 2 'is this whole machine' "the machine's own root" $command --root / -- true
says 2 'docs: has no bin/sh' "a directory that is no root" $command --root docs -- true
says 2 'README.md: is neither a directory nor an image' "a file that is no root" \
	$command --root README.md -- true
says 2 'no/such: No such file' "a root that isn't there" $command --root no/such -- true
says 2 'wants debian:SUITE' "packages with versions" $command --root debian:trixie,a=1 -- true
mkdir -p "$out/root/bin" && : >"$out/root/bin/sh"
says 2 'holds .*, the directory of the run' "a root that would hold itself" \
	$command --root "$out/root" --keep "$out/root/run" -- true
says 2 'no/such: no such file or directory' "a module that isn't there" \
	$command --insmod no/such --keep "$out/load-10" -- true
says 2 'has no revision v0.0' "a revision of a module that isn't there" \
	$command --insmod module@v0.0 --keep "$out/load-11" -- true
says 2 'has no module frob' "a module that the kernel hasn't" \
	$command --modprobe frob --keep "$out/load-12" -- true
says 2 'has no PCI; use --accel tcg' "a device for a guest without PCI" \
	$command --accel nested --device e1000 --keep "$out/load-13" -- true
says 2 'are for a command behind --' "procs of no command" \
	$command --procs 2 --keep "$out/load-9"
says 2 'number from 1 to 10000, not "x"' "repeat x" $command --repeat x -- true
says 2 '"[(]" is no regular expression' "a pattern that is none" $command --ignore '(' -- true
says 2 'no/such: No such file' "a list of patterns that isn't there" \
	$command --ignore-file no/such -- true
says 1 '^run #0: crashed: load: exit status 3$' "a load that fails" \
	$command --keep "$out/load-fails" -- sh -c 'echo one; echo two; exit 3'
if [ "$(tr '\n' ' ' <"$out/load-fails/0/load.log")" = "one two " ]; then
	pass "its output is kept"
else
	fail "its output is kept" "$(cat "$out/load-fails/0/load.log")"
fi
says 1 ': OK .the load ended after .* .ignored: load: exit status 3. .stored: crashed' \
	"a load that may fail" "$irqsan" recheck --ignore 'load: exit' "$out/load-fails"

git init -q "$out/other"
for subject in one two; do
	git -C "$out/other" -c user.name=A -c user.email=a@example.org commit -q \
		--allow-empty -m $subject
done
says 2 '--bad is needed' "bisection of nothing" "$irqsan" bisect
says 2 '--fix needs one --good' "bisection for a fix that is nowhere" \
	"$irqsan" bisect --fix --bad HEAD
says 2 'no release .* before HEAD; name a --good' "bisection from no release" \
	"$irqsan" bisect --accel tcg --repo "$out/other" --bad HEAD --keep "$out/bisect"
bisect="$irqsan bisect --accel tcg --good HEAD~1 --bad HEAD"
says 2 'no commit "HEAD"' "bisection of no repository" \
	$bisect --repo /proc --keep "$out/bisect"
says 2 'no commit "HEAD"' "bisection below another repository's git" \
	env GIT_DIR="$out/other/.git" $bisect --repo /proc --keep "$out/bisect"
says 128 'unrecognized option' "wrong usage below git bisect run" "$irqsan" bisect --step --frob
says 128 'docs: has no bin/sh' "a wrong root below git bisect run" \
	"$irqsan" bisect --step --root docs
says 128 'no/such: No such file' "no patterns below git bisect run" \
	"$irqsan" bisect --step --ignore-file no/such
says 128 'no commit "HEAD"' "git bisect run on no repository" \
	"$irqsan" bisect --step --accel tcg --repo /proc --keep "$out/bisect"
echo CONFIG_X=y >"$out/bisect.config"
bisect_config="$bisect --repo $out/other --config $out/bisect.config --keep $out/bisect-config"
says 2 'is no kernel source' "bisection of something else" $bisect_config
echo CONFIG_Y=y >>"$out/bisect.config"
says 2 'of another bisection .config_sha256 differs' "bisection with another configuration" \
	$bisect_config
says 2 'another bisection runs in' "two bisections in one directory" \
	flock "$out/bisect/lock" $bisect --keep "$out/bisect"
says 2 'no directory given' "recheck of nothing" "$irqsan" recheck
says 2 'No such file' "recheck of a missing directory" "$irqsan" recheck "$out/nothing"
says 2 'holds no boot' "recheck of another directory" "$irqsan" recheck docs

# Crash titles.
logs=qemu-harness/tests/logs
says 2 'no log given' "title of nothing" "$irqsan" title
says 2 'no/such/log: No such file' "title of a missing log" "$irqsan" title no/such/log
says 2 'irqsan: can.t read docs: Is a directory' "title of a directory" "$irqsan" title docs
says 2 'vmlinux says nothing without --json' "a vmlinux for nothing" \
	"$irqsan" title --vmlinux Makefile $logs/irqsan-kvm-wait
says 2 'Makefile: not a valid ELF file' "a vmlinux that is none" \
	"$irqsan" title --json --vmlinux Makefile $logs/irqsan-kvm-wait
says 0 '^$' "no title without a crash" "$irqsan" title $logs/clean
says 1 '^WARNING in kvm_wait$' "the title of a crash" "$irqsan" title $logs/irqsan-kvm-wait
says 1 '^$' "one line a log" "$irqsan" title $logs/clean $logs/irqsan-kvm-wait
says 2 '^WARNING in kvm_wait$' "a log that is missing, and one that isn't" \
	"$irqsan" title no/such/log $logs/irqsan-kvm-wait
says 1 '"frame": "kvm_wait"' "a crash as JSON" "$irqsan" title --json $logs/irqsan-kvm-wait
says 0 '"crash": null' "no crash as JSON" "$irqsan" title --json $logs/clean

# Reports: a page or a reason, never half a page.
page=$out/page.html
samples=qemu-harness/tests/reports
says 2 'no result given' "report of nothing" "$irqsan" report -o "$page"
says 2 '--output is missing' "report to nowhere" "$irqsan" report $samples/run.json
says 2 'no/such.json: No such file' "report of a missing file" \
	"$irqsan" report no/such.json -o "$page"
says 2 'README.md: not JSON' "report of what is no JSON" "$irqsan" report README.md -o "$page"
echo '{"format":"irqsan-selftest/1"}' >"$out/kind.json"
says 2 'kind.json: is no result of .*"irqsan-selftest/1"' "report of another document" \
	"$irqsan" report $samples/run.json "$out/kind.json" -o "$page"
echo '{"format":"irqsan-result/3","runs":[]}' >"$out/newer.json"
says 2 'newer.json: is of a newer irqsan' "report of a newer document" \
	"$irqsan" report "$out/newer.json" -o "$page"
says 2 'no/such/page.html: No such file' "report that can't be written" \
	"$irqsan" report $samples/run.json -o no/such/page.html
if ls "$page"* >/dev/null 2>&1; then
	fail "no page without a report" "$(ls "$page"*)"
else
	pass "no page without a report"
fi
says 0 '<title>irqsan report</title>' "report to standard output" \
	"$irqsan" report $samples/run.json -o -

says 2 '--before is missing' "verify without a kernel" "$irqsan" verify
says 2 '--after or --livepatch is missing' "verify without a fix" \
	"$irqsan" verify --before $name
says 2 '--before-insmod and --after-insmod go together' "verify of one module" \
	"$irqsan" verify --before $name --after-insmod "$ko"
says 2 'Makefile is no kernel module' "verify of a module that is none" \
	"$irqsan" verify --before $name --accel tcg --detector none --before-insmod "$ko" \
	--after-insmod Makefile --keep "$out/no-insmod"
says 2 '--patch or --livepatch is missing' "verify of a source without a fix" \
	"$irqsan" verify --source debian-source:bookworm
says 2 'revisions are of a --source that is a git repository' "verify of a package's revision" \
	"$irqsan" verify --source debian-source:bookworm --patch x --before $name
says 2 '--before is missing' "verify of one revision" \
	"$irqsan" verify --source "$out/other" --after HEAD
says 2 'other: no commit "nonsense"' "verify of no such revision" \
	"$irqsan" verify --source "$out/other" --before HEAD --after nonsense --config irqflags
says 2 '/proc: no commit "HEAD~1"' "verify of revisions of no repository" \
	env GIT_DIR="$out/other/.git" \
	"$irqsan" verify --source /proc --before HEAD~1 --after HEAD --config irqflags
says 2 'other has no .config; --config' "verify of revisions without a configuration" \
	"$irqsan" verify --source "$out/other" --before HEAD~1 --after HEAD
says 2 '--alpha wants a number from 0.0001 to 0.5, not "2"' "verify with an alpha of 2" \
	"$irqsan" verify --before $name --after $name --alpha 2
says 2 '--runs wants a number from 1 to 1000, not "0"' "verify without runs" \
	"$irqsan" verify --before $name --after $name --runs 0

# Kernels and modules that are none.
says 2 'unknown kernel "debian:sid/frob"' "unknown Debian kernel" \
	"$irqsan" run --kernel debian:sid/frob
says 2 'package lists of potato failed: .*potato Release. does not have a Release file' \
	"unknown Debian suite" env XDG_CACHE_HOME="$out/cold" "$irqsan" run --kernel debian:potato
says 2 'Debian bookworm has no kernel 6.1.1-9 \(any more\); it has 6\.1\.' \
	"unknown Debian version" "$irqsan" run --kernel debian:bookworm=6.1.1-9
says 2 'unknown kernel "frob"' "unknown kernel" "$irqsan" run --kernel frob
says 2 'no /boot/vmlinuz-9.9.9-none; the package linux-image-9.9.9-none' "unknown release" \
	"$irqsan" run --kernel 9.9.9-none
says 2 "modules can't be built for .*; the package linux-headers-" "installed without headers" \
	"$irqsan" run --kernel "$image" --accel tcg --keep "$out/no-headers"
says 2 "can't find the kernel .*: No such file" "missing kernel" "$irqsan" run --kernel /no/such
says 2 'neither a bzImage nor a kernel build tree' "a file that is no kernel" \
	"$irqsan" run --kernel Makefile
says 2 'neither a bzImage nor a kernel build tree' "a directory that is no kernel" \
	"$irqsan" run --kernel docs
says 2 'no such file' "missing module" $run --keep "$out/missing" --module "$out/no.ko"
says 2 'is no kernel module' "a file that is no module" \
	$run --keep "$out/no-module" --module Makefile
says 2 '/no/such.ko' "missing livepatch" "$irqsan" verify --accel tcg --before $name \
	--livepatch /no/such.ko --keep "$out/no-livepatch"
says 2 "can't find the module source" "missing module source" \
	"$irqsan" kernel build-module --kernel $name "$out/nothing"

# Builds from source. The trees have no more in them than make and a word to say.
tree=$out/tree
mkdir -p "$tree/scripts/kconfig"
: >"$tree/Kconfig"
# says_make TEXT: what the tree's make says before it fails.
says_make()
{
	printf 'allnoconfig:\n\t@echo "%s" >&2; exit 1\n' "$1" >"$tree/Makefile"
}
build="$irqsan kernel build $tree"
says_make '/usr/src/init/main.c:7:1: error: planted'
says 2 'unknown source "debian-source:potato"' "unknown source" \
	"$irqsan" kernel build debian-source:potato
says 2 'docs is no kernel source' "a directory that is no source" "$irqsan" kernel build docs
says 2 'no configuration "frob"' "unknown configuration" $build --config frob
printf 'CONFIG_SMP=y\nSMP=y\n' >"$out/fragment"
says 2 'fragment:2: neither CONFIG_NAME=value nor a comment' "a bad configuration" \
	$build --config "$out/fragment"
says 2 'no patch .*/no.patch' "missing patch" $build --patch "$out/no.patch"
says 2 'no series in docs' "no series" $build --series docs
printf -- '--- a/Kconfig\n+++ b/Kconfig\n@@ -1 +1 @@\n-old\n+new\n' >"$out/stray.patch"
says 2 'applying .*/stray.patch failed: error: ' "a patch that doesn't apply" \
	$build --patch "$out/stray.patch" -o "$out/build-stray"
says 2 'docs is neither empty nor the result of an earlier build' "a build tree that is none" \
	$build -o docs
says 125 "tree doesn't build: init/main.c:7:1: error: planted " "a source that doesn't build" \
	$build -o "$out/build" --json "$out/build.json"
if grep -q '"error": "init/main.c:7:1: error: planted"' "$out/build.json"; then
	pass "the error is in the JSON"
else
	fail "the error is in the JSON" "$(cat "$out/build.json")"
fi
says 125 '^  "error": "init/main.c:7:1: error: planted"' "the same on standard output" \
	$build -o "$out/build" --json -
says_make "fatal error: can't write a.o: No space left on device"
says 2 'configuring the kernel failed: fatal error: .* No space left on device' \
	"no room for a build" $build -o "$out/build"
printf 'allnoconfig:\n\ttouch /usr/src/written\n' >"$tree/Makefile"
says 125 'Read-only file system|Error 1' "a source that writes to itself" $build -o "$out/build"
printf 'allnoconfig:\n\t: >/build/.config\n' >"$tree/Makefile"
says 2 "can't be configured so: .*CONFIG_SMP=y of kvm-guest is n" "options that are not to be had" \
	$build -o "$out/build"
printf 'allnoconfig:\n\tsleep 77.7\n' >"$tree/Makefile"
for after in 0.1 2; do
	says 2 '^irqsan: interrupted \(Interrupt\)$' "Ctrl-C after $after s of a build" \
		timeout --preserve-status -s INT $after $build -o "$out/build"
	if pgrep -f '^sleep 77.7' >/dev/null; then
		fail "no build left after $after s" "there is one"
	else
		pass "no build left after $after s"
	fi
done
: >"$tree/.config"
says 2 'tree was built in; "make -C .* mrproper"' "a source that was built in" $build

# The same under git: what git knows is built, whatever else there is.
printf 'olddefconfig allnoconfig:\n\t: >>/build/.config\nall:\n\t%s\n\t%s\n\t%s\n' \
	'mkdir -p /build/include/config /build/arch/x86/boot' \
	'echo 6.1.0-cli >/build/include/config/kernel.release' \
	'as -o /build/vmlinux code.S && : >/build/arch/x86/boot/bzImage' >"$tree/Makefile"
echo '# Automatically generated file; DO NOT EDIT.' >"$tree/.config"
revision()
{
	echo "$2" >"$tree/code.S"
	git -C "$tree" add code.S Kconfig Makefile
	git -C "$tree" -c user.name=A -c user.email=a@example.org commit -q -m "$1"
}
: >"$tree/scripts/kconfig/Makefile"
git init -q -b master "$tree"
git -C "$tree" add scripts
revision one '.text; f: nop'
revision two '.text; f: nop # the same'
echo 'nonsense' >"$tree/code.S"
revision broken nonsense
verify="env XDG_CACHE_HOME=$out/cache $irqsan verify --source $tree --accel tcg --detector none"
says 0 '^kernel signature: ' "a git tree that was built in" \
	sh -c 'git -C "$1" checkout -q HEAD~1 && shift && exec "$@"' sh "$tree" $build -o "$out/built"
says 1 '^irqsan verify: NOT FIXED' "verify of two revisions of equal signature" \
	sh -c '"$@"; code=$?; cat "$0/verify.txt"; exit $code' "$out/same" \
	env GIT_DIR="$out/other/.git" $verify --before HEAD~1 --after HEAD --keep "$out/same"
says 2 "tree at master, .* doesn't build: code.S:1: Error: no such instruction" \
	"verify of a revision that doesn't build" \
	$verify --before HEAD --after master --keep "$out/broken"

other=
for suite in bullseye trixie sid; do
	[ -d "${XDG_CACHE_HOME:-$HOME/.cache}/irqsan/kernels/$suite" ] && other=debian:$suite
done
if [ "$other" ]; then
	says 2 'irqsan.ko was built for .*, not for ' "a module for another kernel" \
		"$irqsan" run --kernel $other --accel tcg --keep "$out/other" --module "$ko"
else
	skip "a module for another kernel" "no other kernel in the cache"
fi

# The header is whole, what is to be unpacked is not.
cp "$image" "$out/damaged"
dd if=/dev/zero of="$out/damaged" bs=64k seek=16 count=32 conv=notrunc 2>/dev/null
says 1 "^run #0: boot failed: kernel can't be unpacked: " "a kernel that doesn't boot" \
	"$irqsan" run --kernel "$out/damaged" --module "$ko" --accel tcg --workload none \
	--keep "$out/damaged.run"

# Selftests whose guest is a fake: what comes of what it says, and of what it doesn't.
make -s build/asan/fake-qemu || exit 2
selftest="$irqsan selftest --kernel $name --accel tcg --module $ko \
	--qemu $PWD/build/asan/fake-qemu"

says 0 '^1 passed, 0 failed, 1 failed as expected, 1 skipped, 0 missing$' "selftests that pass" \
	env FAKE_QEMU=tests-pass $selftest --keep "$out/tests-pass" --ktap "$out/tests-pass.ktap" zoo
says 1 '^fail: two: b: got 1, not 2$' "selftests that fail" \
	env FAKE_QEMU=tests-fail $selftest --keep "$out/tests-fail" zoo
says 1 '^died: two: no result$' "a guest that panics amid the plan" \
	env FAKE_QEMU=tests-panic $selftest --keep "$out/tests-panic" zoo
says 2 'guest was lost: this says nothing about the kernel' "a guest that vanishes amid the plan" \
	env FAKE_QEMU=tests-vanish $selftest --keep "$out/tests-vanish" zoo
says 2 'nothing could be tested' "a guest without a word of the tests" \
	env FAKE_QEMU=tests-silent $selftest --keep "$out/tests-silent" zoo
if [ "$(grep -c . "$out/tests-pass.ktap")" = 11 ]; then
	pass "the KTAP is kept as it came"
else
	fail "the KTAP is kept as it came" "$(cat "$out/tests-pass.ktap")"
fi
says 2 'unknown test "frob"' "unknown test" "$irqsan" selftest --kernel $name frob
says 2 'not built with CONFIG_DEBUG_IRQFLAGS' "nothing to compare with" \
	"$irqsan" selftest --compare --kernel $name

# What CI systems read. The guests are fakes: the second, or each one before, shows the bug.
fake="--accel tcg --jobs 1 --runs 3 --qemu $PWD/build/asan/fake-qemu"
ci="env FAKE_QEMU_STATE=$out/ci.starts"
says 1 '^ <testsuite name="irqsan run" tests="3" failures="1" errors="0" skipped="0" time=' \
	"a result as XML" $ci FAKE_QEMU=good,bug,good "$irqsan" run --kernel $name --module "$ko" \
	$fake --keep "$out/ci-run" --ktap "$out/ci.ktap" --junit -
if [ "$(grep -c '^ok \|^not ok 2 run 1$' "$out/ci.ktap")" = 3 ]; then
	pass "and as KTAP"
else
	fail "and as KTAP" "$(cat "$out/ci.ktap")"
fi
rm "$out/ci.starts"
bug=bug-to-the-end
says 0 '^ok 1 verdict$' "a fix as KTAP" $ci FAKE_QEMU=$bug,good,$bug,good,$bug,good "$irqsan" \
	verify --before $name --after $name --alpha 0.05 $fake --keep "$out/ci-verify" \
	--junit "$out/ci.xml" --ktap -
if grep -q 'name="irqsan verify" tests="7" failures="0" errors="0" skipped="0"' "$out/ci.xml"; then
	pass "no failure where there is a fix"
else
	fail "no failure where there is a fix" "$(cat "$out/ci.xml")"
fi
says 2 'is no kernel source' "a log that leaves standard output to the result" \
	sh -c '"$@" >"$0" && exit 1; rc=$?; [ ! -s "$0" ] || exit 1; exit $rc' "$out/ci.log" \
	"$irqsan" bisect --accel tcg --repo "$out/other" --good HEAD~1 --bad HEAD \
	--keep "$out/ci-bisect" --ktap -
says 2 "standard output can't hold two of" "two results on standard output" \
	"$irqsan" run --kernel $name --ktap - --json -
says 128 'no other result than its exit status' "a result of git bisect run" \
	"$irqsan" bisect --step --junit "$out/ci.xml"

# A machine that lacks something.
says 2 "can't run /no/qemu: not found" "no such QEMU" $run --keep "$out/no-qemu" --qemu /no/qemu
says 2 'this says nothing about the kernel' "a QEMU that fails" \
	$run --keep "$out/bad-qemu" --qemu /bin/false
mkdir "$out/bin"
for program in /usr/bin/* /usr/sbin/*; do
	case $program in
	*/qemu-system-*) ;;
	*) ln -sf "$program" "$out/bin/" ;;
	esac
done
says 2 "can't run qemu-system-x86_64: not found" "QEMU not installed" \
	env PATH="$out/bin" $run --keep "$out/no-qemu-2"
rm -r "$out/bin"

mkdir "$small"
if mount -t tmpfs -o size=200k tmpfs "$small" 2>/dev/null; then
	says 2 'disk is full' "disk full from the start" $run --keep "$small/run"
	rm -rf "${small:?}"/*
	says 2 'disk is full|No space left' "no room for the cache" \
		env XDG_CACHE_HOME="$small" "$irqsan" kernel get $name
	umount "$small"

	# Filled once init has spoken: what is left to write is the console and the result.
	mount -t tmpfs -o size=16m tmpfs "$small"
	{
		for i in $(seq 300); do
			[ -s "$small/run/0/records.jsonl" ] && break
			sleep 0.1
		done
		cat /dev/zero >"$small/filler"
	} 2>/dev/null &
	says 2 'run.json: the disk is full' "disk full under way" \
		$run --seconds 5 --keep "$small/run"
	wait
	umount "$small"
else
	skip "a full disk" "needs the right to mount a tmpfs"
fi

if unshare -n true 2>/dev/null; then
	says 2 'getting the package lists of bookworm failed: ' "no network and no cache" \
		env XDG_CACHE_HOME="$out/cold" unshare -n "$irqsan" kernel get $name
	says 0 "^$name " "no network, but all in the cache" \
		unshare -n "$irqsan" kernel get $name
	rm -rf "$out/cold"
else
	skip "no network" "needs the right to make a network namespace"
fi

# Ctrl-C while the guest is made, boots, and runs.
for after in 0.1 1 4 15; do
	keep=$out/interrupted-$after
	says 2 '^irqsan: interrupted \(Interrupt\)$' "Ctrl-C after $after s of a run" \
		timeout --preserve-status -s INT $after $run --seconds 60 --keep "$keep"
	if gone "$keep"; then
		pass "no QEMU left after $after s"
	else
		fail "no QEMU left after $after s" "there is one"
	fi
done

# Ctrl-C before and while the package lists come.
for after in 0.1 0.5 1.5; do
	says 2 '^irqsan: interrupted \(Interrupt\)$' "Ctrl-C after $after s of kernel get" \
		env XDG_CACHE_HOME="$out/cold" \
		timeout --preserve-status -s INT $after "$irqsan" kernel get $name
	if whole "$out/cold"; then
		pass "no half kernel in the cache after $after s"
	else
		fail "no half kernel in the cache after $after s" "$(ls "$out/cold/irqsan/kernels")"
	fi
done

finish
