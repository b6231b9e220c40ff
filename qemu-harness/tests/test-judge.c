// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of judge.c: run directories with the verdicts that they must give.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "judge/judge.h"

#define COUNTERS(waits, violations, first) \
	"\"waits\":" waits ",\"slow_pv\":5,\"slow_native\":1,\"violations\":" violations \
	",\"lost\":0,\"first_ms\":" first ",\"load_ms\":15000,\"ops\":900"
#define BOOT "{\"t\":\"boot\",\"up\":2.0,\"release\":\"5.10.0-32-amd64\",\"cpus\":4,\"pv\":true}\n"
#define BOOT_NO_PV \
	"{\"t\":\"boot\",\"up\":2.0,\"release\":\"5.10.0-32-amd64\",\"cpus\":4,\"pv\":false}\n"
#define MODULE "{\"t\":\"module\",\"up\":3.0,\"rc\":0,\"restore\":\"armed\"}\n"
#define REFUSED "{\"t\":\"module\",\"up\":3.0,\"rc\":-8,\"restore\":\"absent\"}\n"
#define CONTROL "{\"t\":\"control\",\"up\":3.5,\"seen\":1}\n"
#define SILENT "{\"t\":\"control\",\"up\":3.5,\"seen\":0}\n"
#define LOAD "{\"t\":\"load\",\"up\":4.0,\"workload\":\"mkdir-storm\",\"procs\":4}\n"
#define TICK(w, v, f) "{\"t\":\"tick\",\"up\":9.0," COUNTERS(w, v, f) "}\n"
#define VIOLATION \
	"{\"t\":\"violation\",\"up\":9.0,\"title\":\"WARNING in kvm_wait\"," \
	"\"site\":\"kvm_wait+0x4b\"}\n"
#define DONE(w, v, f) "{\"t\":\"done\",\"up\":19.0," COUNTERS(w, v, f) "}\n"
#define L1_EXIT(status) "{\"t\":\"exit\",\"up\":20,\"from\":\"l1\",\"status\":" status "}\n"
#define L1_ERROR "{\"t\":\"error\",\"up\":20,\"from\":\"l1\",\"what\":\"no /dev/kvm\"}\n"
#define PLANTED(plant, seen) \
	"{\"t\":\"planted\",\"up\":3.8,\"plant\":\"" plant "\",\"order\":\"after\",\"ran\":3," \
	"\"seen\":" seen ",\"site\":\"planted_" plant "+0x1d\"}\n"
#define PLANTED_MOST PLANTED("init", "3") PLANTED("plain", "3") PLANTED("rawlock", "3")
#define LIVEPATCH(rc) \
	"{\"t\":\"livepatch\",\"up\":2.5,\"name\":\"fix\",\"rc\":" rc "}\n"
#define CHORE(name, rc) \
	"{\"t\":\"chore\",\"up\":9.5,\"name\":\"" name "\",\"rc\":" rc ",\"rounds\":3}\n"
#define SKIPPED(name) \
	"{\"t\":\"chore\",\"up\":9.5,\"name\":\"" name "\",\"rc\":0,\"rounds\":0," \
	"\"skipped\":\"one CPU\"}\n"
#define READY BOOT MODULE CONTROL LOAD

#define HELLO "[    0.000000] Linux version 5.10.0-32-amd64\n"
#define SPLAT(time) \
	"[" time "] ------------[ cut here ]------------\n" \
	"[" time "] raw_local_irq_restore() called with IRQs enabled\n" \
	"[" time "] WARNING: CPU: 2 PID: 131 at irqsan/check.c:57 kvm_wait+0x4b/0x60\n" \
	"[" time "] RIP: 0010:kvm_wait+0x4b/0x60\n" \
	"[" time "] ---[ end trace 5a1b2c3d4e5f6071 ]---\n"
#define FOO(time) \
	"[" time "] ------------[ cut here ]------------\n" \
	"[" time "] WARNING: CPU: 0 PID: 1 at drivers/foo.c:12 foo_probe+0x4b/0x60\n" \
	"[" time "] RIP: 0010:foo_probe+0x4b/0x60\n" \
	"[" time "] ---[ end trace 0000000000000000 ]---\n"
#define SPLAT_PLANTED(time) \
	"[" time "] ------------[ cut here ]------------\n" \
	"[" time "] raw_local_irq_restore() called with IRQs enabled\n" \
	"[" time "] WARNING: CPU: 1 PID: 1 at irqsan/check.c:57 planted_plain+0x1d/0x30\n" \
	"[" time "] RIP: 0010:planted_plain+0x1d/0x30\n" \
	"[" time "] ---[ end trace 5a1b2c3d4e5f6071 ]---\n"
/* By the kernel's own check, which is found above the restore on the stack. */
#define OWN_SPLAT(time, function) \
	"[" time "] ------------[ cut here ]------------\n" \
	"[" time "] raw_local_irq_restore() called with IRQs enabled\n" \
	"[" time "] WARNING: CPU: 1 PID: 1 at kernel/locking/irqflag-debug.c:10 " \
	"warn_bogus_irq_restore+0x1d/0x20\n" \
	"[" time "] RIP: 0010:warn_bogus_irq_restore+0x1d/0x20\n" \
	"[" time "] Call Trace:\n" \
	"[" time "]  " function "+0x1d/0x30\n" \
	"[" time "] ---[ end trace 5a1b2c3d4e5f6071 ]---\n"
/* Two CPUs report at the same time, the second one to its end. */
#define TORN_SPLATS(time) \
	"[" time "] ------------[ cut here ]------------\n" \
	"[" time "] raw_local_irq_restore() called with IRQs enabled\n" \
	"[" time "] WARNING: CPU: 1 PID: 62 at kernel/locking/irqflag-debug.c:10 " \
	"warn_bogus_irq_restore+0x1d/0x20\n" \
	"[" time "] RIP: 0010:warn_bogus_irq_restore+0x1d/0x20\n" \
	"[" time "] ------------[ cut here ]------------\n" \
	"[" time "] Call Trace:\n" \
	"[" time "]  zoo_plain+0x1e/0x20\n" \
	"[" time "] raw_local_irq_restore() called with IRQs enabled\n" \
	"[" time "] WARNING: CPU: 2 PID: 63 at irqsan/check.c:88 zoo_plain+0x14/0x20\n" \
	"[" time "] RIP: 0010:zoo_plain+0x14/0x20\n" \
	"[" time "] ---[ end trace 0000000000000000 ]---\n" \
	"[" time "] ---[ end trace 0000000000000000 ]---\n"
#define PANIC(time) \
	"[" time "] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\n"

#define WITH_PLANTED ",\"planted\":true,\"chores\":null"
#define WITH_LIVEPATCH ",\"livepatch\":true"
#define WITH_CHECK ",\"bare\":true,\"check\":true"
#define WITHOUT_CHECK ",\"bare\":true,\"check\":false"
#define WITH_SELFTEST ",\"selftest\":true"
#define WITH_CHORES ",\"planted\":false,\"chores\":\"hotplug,kexec\""

#define TESTS BOOT "{\"t\":\"load\",\"up\":4.0,\"workload\":\"selftest\"}\n"
#define KTAP(line) "{\"t\":\"ktap\",\"up\":5.0,\"line\":\"" line "\"}\n"

/**
 * struct example - a run directory and its verdict
 * @name: says what the example is about
 * @accel: accelerator
 * @ended: why the boot ended
 * @no_pv: kvm_wait() is not expected
 * @console: console.log
 * @records: records.jsonl
 * @l1: l1-console.log, or NULL
 * @verdict: the verdict's line
 */
struct example {
	const char *name;
	const char *accel;
	const char *ended;
	bool no_pv;
	const char *console;
	const char *records;
	const char *l1;
	const char *verdict;
};

static const struct example examples[] = {
	{ "good", "kvm", "exited 0", false, HELLO, READY DONE("7", "0", "-1"), NULL, "OK" },
	{ "good, nested", "nested", "exited 0", false, HELLO,
	  READY DONE("7", "0", "-1") L1_EXIT("0"), "a quiet log\n", "OK" },
	{ "good, L1 didn't leave", "nested", "stalled finish", false, HELLO,
	  READY DONE("7", "0", "-1") L1_EXIT("0"), NULL, "OK" },
	{ "the bug", "kvm", "stopped first-violation", false, HELLO SPLAT("    9.1"),
	  READY VIOLATION TICK("7", "3", "4100"), NULL, "crashed: WARNING in kvm_wait" },
	{ "the bug, run to the end", "kvm", "exited 0", false, HELLO SPLAT("    9.1"),
	  READY VIOLATION DONE("7", "3", "4100"), NULL, "crashed: WARNING in kvm_wait" },
	{ "the bug, console garbled", "kvm", "exited 0", false, HELLO "[ 9.1] WARN[ 9.1] foo",
	  READY VIOLATION DONE("7", "3", "4100"), NULL, "crashed: WARNING in kvm_wait" },
	{ "the bug, no words at all", "kvm", "exited 0", false, HELLO,
	  READY DONE("7", "3", "4100"), NULL, "crashed: irqsan: violation without a record" },
	{ "the bug, no record of it", "kvm", "stopped first-violation", false,
	  HELLO SPLAT("    9.1"), READY TICK("7", "0", "-1"), NULL,
	  "crashed: WARNING in kvm_wait" },
	{ "the bug while the module goes in", "kvm", "stopped first-violation", false,
	  HELLO SPLAT("    2.6"), BOOT, NULL, "boot failed: WARNING in kvm_wait" },
	{ "the bug before a load that came nevertheless", "kvm", "exited 0", false,
	  HELLO SPLAT("    1.6"), READY DONE("7", "0", "-1"), NULL,
	  "crashed: WARNING in kvm_wait" },
	{ "a driver's warning at boot", "kvm", "exited 0", false, HELLO FOO("    0.5"),
	  READY DONE("7", "0", "-1"), NULL, "OK (at boot: WARNING in foo_probe)" },
	{ "a driver's warning at boot, and the bug", "kvm", "exited 0", false,
	  HELLO FOO("    0.5") SPLAT("    9.1"), READY VIOLATION DONE("7", "9", "4100"), NULL,
	  "crashed: WARNING in kvm_wait (at boot: WARNING in foo_probe)" },
	{ "a driver's warning at boot, and another one", "kvm", "exited 0", false,
	  HELLO FOO("    0.5") PANIC("    9.0"), READY TICK("7", "0", "-1"), NULL,
	  "crashed: kernel panic: Attempted to kill init! (at boot: WARNING in foo_probe)" },
	{ "a driver's warning at boot, and no load", "kvm", "stalled insmod", false,
	  HELLO FOO("    0.5"), BOOT, NULL, "boot failed: WARNING in foo_probe" },
	{ "the bug behind somebody else's crash", "kvm", "exited 0", false,
	  HELLO FOO("    8.0") SPLAT("    9.1"), READY VIOLATION DONE("7", "9", "4100"), NULL,
	  "crashed: WARNING in kvm_wait" },
	{ "irqsan was killed", "kvm", "running", false, HELLO, READY TICK("7", "0", "-1"), NULL,
	  "lost: irqsan itself was killed" },
	{ "the bug survives L1's death", "nested", "exited 137", false, HELLO SPLAT("    9.1"),
	  READY VIOLATION TICK("7", "3", "4100"), NULL, "crashed: WARNING in kvm_wait" },
	{ "panic at boot", "kvm", "exited 0", false, HELLO PANIC("    1.2"), "", NULL,
	  "boot failed: kernel panic: Attempted to kill init!" },
	{ "panic at boot, nested", "nested", "stalled boot", false, HELLO PANIC("    1.2"), "",
	  NULL, "boot failed: kernel panic: Attempted to kill init!" },
	{ "panic under load", "kvm", "exited 0", false, HELLO PANIC("    9.0"),
	  READY TICK("7", "0", "-1"), NULL, "crashed: kernel panic: Attempted to kill init!" },
	{ "panic under load, L1 in doubt", "nested", "exited 0", false, HELLO PANIC("    9.0"),
	  READY L1_EXIT("1"), NULL, "lost: the inner QEMU exited with status 1" },
	{ "clock too fast", "nested", "exited 0", false,
	  HELLO "[  160.9] watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [init:1]\n",
	  READY "{\"t\":\"tick\",\"up\":440.5,\"from\":\"l1\"}\n" DONE("7", "0", "-1"), NULL,
	  "lost: the guest's clock runs too fast: 440 s up after 12 s" },
	{ "the bug with a clock too fast", "nested", "exited 0", false, HELLO SPLAT("    9.1"),
	  READY VIOLATION "{\"t\":\"tick\",\"up\":440.5,\"from\":\"l1\"}\n", NULL,
	  "crashed: WARNING in kvm_wait" },
	{ "QEMU killed", "kvm", "exited 137", false, HELLO, READY TICK("7", "0", "-1"), NULL,
	  "lost: QEMU exited 137" },
	{ "QEMU refused", "tcg", "exited 1", true, "", "", NULL, "lost: QEMU exited 1" },
	{ "QEMU failed after the end", "kvm", "exited 1", false, HELLO,
	  READY DONE("7", "0", "-1"), NULL, "lost: QEMU exited 1" },
	{ "interrupted", "kvm", "interrupted", false, HELLO, READY, NULL, "lost: interrupted" },
	{ "L1 without KVM", "nested", "exited 0", false, "", L1_ERROR, NULL,
	  "lost: outer guest: no /dev/kvm" },
	{ "L1 panic", "nested", "exited 0", false, HELLO, READY TICK("7", "0", "-1"),
	  "[ 9.0] Kernel panic - not syncing: Fatal exception\n",
	  "lost: outer guest: the outer guest's kernel panicked" },
	{ "L1 stops under load", "nested", "stalled outer guest", false, HELLO,
	  READY TICK("7", "0", "-1"), NULL, "lost: the outer guest stopped" },
	{ "L1 stops after a violation", "nested", "stalled outer guest", false, HELLO,
	  READY TICK("7", "2", "900") VIOLATION, NULL, "crashed: WARNING in kvm_wait" },
	{ "L1 stall", "nested", "stalled boot", false, HELLO, "", NULL,
	  "lost: stalled boot before the guest's init answered" },
	{ "L1 deadline", "nested", "deadline boot", false, "", "", NULL,
	  "lost: deadline boot before the guest's init answered" },
	{ "silent kernel", "kvm", "stalled boot", false, "", "", NULL,
	  "boot failed: no output from the kernel" },
	{ "silent kernel that leaves", "tcg", "exited 0", true, "", "", NULL,
	  "boot failed: no output from the kernel" },
	{ "kernel hangs at boot", "kvm", "stalled boot", false, HELLO, "", NULL,
	  "boot failed: no progress (stalled boot)" },
	{ "insmod hangs", "nested", "deadline insmod", false, HELLO, BOOT, NULL,
	  "boot failed: no progress (deadline insmod)" },
	{ "module refused", "kvm", "exited 0", false,
	  HELLO "[    3.0] irqsan: version magic 'a' should be 'b'\n", BOOT REFUSED, NULL,
	  "boot failed: insmod irqsan.ko: version magic 'a' should be 'b'" },
	{ "module refused without a word", "kvm", "exited 0", false, HELLO, BOOT REFUSED, NULL,
	  "boot failed: insmod irqsan.ko: Exec format error" },
	{ "control silent", "kvm", "exited 0", false, HELLO,
	  BOOT MODULE SILENT, NULL, "lost: the planted restore was not reported: detector dead" },
	{ "control silent, all else good", "kvm", "exited 0", false, HELLO,
	  BOOT MODULE SILENT LOAD DONE("7", "0", "-1"), NULL,
	  "lost: the planted restore was not reported: detector dead" },
	{ "control missing", "kvm", "exited 0", false, HELLO,
	  BOOT MODULE LOAD DONE("7", "0", "-1"), NULL,
	  "lost: the planted restore was not reported: detector dead" },
	{ "module and control missing", "kvm", "exited 0", false, HELLO,
	  BOOT LOAD DONE("7", "0", "-1"), NULL,
	  "lost: no word of the planted restore: detector not proved" },
	{ "hung", "kvm", "stalled load", false, HELLO, READY TICK("7", "0", "-1"), NULL,
	  "hung: stalled load, after 15000 ms of load" },
	{ "power off hangs", "kvm", "deadline finish", false, HELLO,
	  READY DONE("7", "0", "-1"), NULL, "hung: deadline finish, after 15000 ms of load" },
	{ "no verdict", "kvm", "exited 0", false, HELLO, READY TICK("7", "0", "-1"), NULL,
	  "lost: no verdict from the guest" },
	{ "no verdict, with a reason", "kvm", "exited 0", false, HELLO,
	  READY "{\"t\":\"error\",\"up\":9,\"what\":\"fork: out of memory\"}\n", NULL,
	  "lost: no verdict from the guest: fork: out of memory" },
	{ "half a done", "kvm", "exited 0", false, HELLO,
	  READY "{\"t\":\"done\",\"up\":19.0,", NULL,
	  "lost: no verdict from the guest" },
	{ "garbage around", "kvm", "exited 0", false, HELLO,
	  "\x01\x02garbage\n{}\n" READY "###\n" DONE("7", "0", "-1") "{\"t\"", NULL, "OK" },
	{ "never reached", "kvm", "exited 0", false, HELLO, READY DONE("0", "0", "-1"), NULL,
	  "inconclusive: kvm_wait was never reached" },
	{ "never reached, no PV", "kvm", "exited 0", false, HELLO,
	  BOOT_NO_PV MODULE CONTROL LOAD DONE("0", "0", "-1"), NULL,
	  "inconclusive: kvm_wait was never reached: the guest has no PV spinlocks" },
	{ "never reached, nor expected", "tcg", "exited 0", true, HELLO,
	  BOOT_NO_PV MODULE CONTROL LOAD DONE("0", "0", "-1"), NULL, "OK" },
	{ "the load did nothing", "tcg", "exited 0", true, HELLO,
	  READY "{\"t\":\"done\",\"up\":19.0,\"waits\":0,\"slow_pv\":0,\"slow_native\":0,"
	  "\"violations\":0,\"lost\":0,\"first_ms\":-1,\"load_ms\":15000,\"ops\":0}\n", NULL,
	  "inconclusive: the load did nothing" },
	{ "a guest poses as L1", "kvm", "exited 0", false, HELLO PANIC("    1.2"),
	  BOOT L1_EXIT("7") "{\"t\":\"tick\",\"up\":1e9,\"from\":\"l1\"}\n", NULL,
	  "boot failed: kernel panic: Attempted to kill init!" },
	{ "reports of planted ones that nobody ordered", "tcg", "exited 0", true,
	  HELLO SPLAT_PLANTED("    4.7"), READY DONE("7", "0", "-1"), NULL,
	  "crashed: WARNING in planted_plain" },
};

/* With "planted" ordered */
static const struct example with_planted[] = {
	{ "all planted ones caught", "tcg", "exited 0", true, HELLO SPLAT_PLANTED("    3.7"),
	  BOOT MODULE CONTROL PLANTED_MOST PLANTED("hardirq", "3") LOAD DONE("7", "0", "-1"),
	  NULL, "OK" },
	{ "one planted restore missed", "tcg", "exited 0", true, HELLO SPLAT_PLANTED("    3.7"),
	  BOOT MODULE CONTROL PLANTED_MOST PLANTED("hardirq", "0") LOAD DONE("7", "0", "-1"),
	  NULL, "crashed: planted: hardirq not caught" },
	{ "one planted restore caught too often", "tcg", "exited 0", true, HELLO,
	  BOOT MODULE CONTROL PLANTED_MOST PLANTED("hardirq", "4") LOAD DONE("7", "0", "-1"),
	  NULL, "crashed: planted: hardirq caught 4 times, not 3" },
	{ "one planted restore without a record", "tcg", "exited 0", true, HELLO,
	  BOOT MODULE CONTROL PLANTED_MOST LOAD DONE("7", "0", "-1"), NULL,
	  "crashed: planted: no word of hardirq" },
	{ "a real violation beside the planted ones", "kvm", "exited 0", false,
	  HELLO SPLAT_PLANTED("    3.7") SPLAT("    9.1"),
	  BOOT MODULE CONTROL PLANTED_MOST PLANTED("hardirq", "3") LOAD VIOLATION
	  DONE("7", "3", "4100"), NULL, "crashed: WARNING in kvm_wait" },
	{ "a crash behind the planted ones", "tcg", "exited 0", true,
	  HELLO SPLAT_PLANTED("    3.7") PANIC("    9.0"),
	  BOOT MODULE CONTROL PLANTED_MOST PLANTED("hardirq", "3") LOAD, NULL,
	  "crashed: kernel panic: Attempted to kill init!" },
};

/* With the kernel's own check as the detector, which is proved behind the load */
static const struct example with_check[] = {
	{ "the check is silent, and alive", "kvm", "exited 0", false,
	  HELLO OWN_SPLAT("   19.5", "planted_plain"), BOOT LOAD DONE("7", "0", "-1") CONTROL,
	  NULL, "OK" },
	{ "the check is dead", "kvm", "exited 0", false, HELLO,
	  BOOT LOAD DONE("7", "0", "-1") SILENT, NULL,
	  "lost: no word of the planted restore: detector not proved" },
	{ "the check warns under load", "kvm", "stopped first-violation", false,
	  HELLO OWN_SPLAT("    9.0", "kvm_wait"), BOOT LOAD TICK("7", "0", "-1"), NULL,
	  "crashed: WARNING in kvm_wait" },
	{ "the check warns while booting", "kvm", "stopped first-violation", false,
	  HELLO OWN_SPLAT("    1.0", "kvm_wait"), BOOT, NULL,
	  "boot failed: WARNING in kvm_wait" },
	{ "the check never came to kvm_wait", "kvm", "exited 0", false,
	  HELLO OWN_SPLAT("   19.5", "planted_plain"), BOOT LOAD DONE("0", "0", "-1") CONTROL,
	  NULL, "inconclusive: kvm_wait was never reached" },
};

/* The same with a kernel that hasn't got it */
static const struct example without_check[] = {
	{ "no check, nothing to prove", "kvm", "exited 0", false, HELLO,
	  BOOT LOAD DONE("7", "0", "-1"), NULL, "OK" },
	{ "no check, and something planted all the same", "kvm", "exited 0", false,
	  HELLO OWN_SPLAT("   19.5", "planted_plain"), BOOT LOAD DONE("7", "0", "-1"), NULL,
	  "crashed: WARNING in planted_plain" },
};

/* With the chores hotplug and kexec ordered */
static const struct example with_chores[] = {
	{ "chores done", "tcg", "exited 0", true, HELLO,
	  READY CHORE("hotplug", "0") DONE("7", "0", "-1") CHORE("kexec", "0"), NULL, "OK" },
	{ "a chore failed", "tcg", "exited 0", true, HELLO,
	  READY CHORE("hotplug", "-16") DONE("7", "0", "-1") CHORE("kexec", "0"), NULL,
	  "crashed: chore: hotplug failed: Device or resource busy" },
	{ "a chore skipped", "tcg", "exited 0", true, HELLO,
	  READY SKIPPED("hotplug") DONE("7", "0", "-1") CHORE("kexec", "0"), NULL,
	  "OK (skipped: hotplug: one CPU)" },
	{ "all chores skipped", "tcg", "exited 0", true, HELLO,
	  READY SKIPPED("hotplug") SKIPPED("kexec") DONE("7", "0", "-1"), NULL,
	  "inconclusive: no chore was done (skipped: hotplug: one CPU; kexec: one CPU)" },
	{ "kexec into nowhere", "tcg", "exited 0", true, HELLO,
	  READY CHORE("hotplug", "0") DONE("7", "0", "-1"), NULL,
	  "crashed: chore: no word of kexec" },
};

/* With a livepatch ordered */
static const struct example with_livepatch[] = {
	{ "livepatch in force", "kvm", "exited 0", false, HELLO,
	  BOOT LIVEPATCH("0") MODULE CONTROL LOAD DONE("7", "0", "-1"), NULL, "OK" },
	{ "the bug in spite of it", "kvm", "exited 0", false, HELLO SPLAT("    9.1"),
	  BOOT LIVEPATCH("0") MODULE CONTROL LOAD VIOLATION DONE("7", "3", "4100"), NULL,
	  "crashed: WARNING in kvm_wait" },
	{ "no livepatch, but all else", "kvm", "exited 0", false, HELLO,
	  READY DONE("7", "0", "-1"), NULL, "lost: the livepatch was not in force" },
	{ "livepatch not in force, but all else", "kvm", "exited 0", false, HELLO,
	  BOOT LIVEPATCH("-110") MODULE CONTROL LOAD DONE("7", "0", "-1"), NULL,
	  "lost: the livepatch was not in force" },
	{ "its transition lasts", "kvm", "stalled insmod", false, HELLO, BOOT, NULL,
	  "lost: the livepatch was not in force" },
	{ "livepatch refused", "kvm", "exited 0", false, HELLO,
	  BOOT "{\"t\":\"error\",\"up\":3,\"what\":\"insmod fix.ko: no\"}\n"
	  LIVEPATCH("-8"), NULL, "lost: no verdict from the guest: insmod fix.ko: no" },
};

static char *temp_dir(void)
{
	char *dir = xstrdup("/tmp/irqsan-judge-XXXXXX");

	assert_non_null(mkdtemp(dir));
	return dir;
}

/* Selftests: what they say is read elsewhere, here it's only whether they ran. */
static const struct example with_selftest[] = {
	{ "reports are what they make", "tcg", "exited 0", true, HELLO SPLAT("    9.1"),
	  TESTS KTAP("1..1") KTAP("not ok 1 x") DONE("0", "0", "-1"), NULL, "OK" },
	{ "two of them at the same time", "tcg", "exited 0", true, HELLO TORN_SPLATS("    4.8"),
	  TESTS KTAP("1..1") DONE("0", "0", "-1"), NULL, "OK" },
	{ "a crash behind such a report", "tcg", "exited 0", true,
	  HELLO SPLAT("    9.1") PANIC("    9.2"), TESTS KTAP("1..1"), NULL,
	  "crashed: kernel panic: Attempted to kill init!" },
	{ "it hangs", "tcg", "stalled load", true, HELLO, TESTS KTAP("1..1"), NULL,
	  "hung: stalled load, after 0 ms of load" },
	{ "it vanishes", "tcg", "exited 0", true, HELLO, TESTS KTAP("1..1"), NULL,
	  "lost: no verdict from the guest" },
	{ "QEMU was killed", "tcg", "exited 137", true, HELLO, TESTS KTAP("1..1"), NULL,
	  "lost: QEMU exited 137" },
};

#define COMMAND(error, status, failed) \
	"{\"t\":\"command\",\"up\":9.0,\"error\":\"" error "\",\"runs\":2,\"failed\":" failed "," \
	"\"status\":" status ",\"killed\":0,\"ms\":5000}\n"
#define OUTPUT(line) "{\"t\":\"output\",\"up\":8.0,\"line\":\"" line "\"}\n"
#define ENDED DONE("0", "0", "-1")

/* With a command of the user's as the load */
static const struct example with_command[] = {
	{ "it passes", "tcg", "exited 0", true, HELLO, READY COMMAND("", "0", "0") ENDED, NULL,
	  "OK" },
	{ "it is ended", "tcg", "exited 0", true, HELLO,
	  READY "{\"t\":\"command\",\"up\":9.0,\"error\":\"\",\"runs\":0,\"failed\":0,\"status\":0,"
	  "\"killed\":2,\"ms\":0}\n" ENDED, NULL, "OK (the load was ended after 15 s)" },
	{ "it fails", "tcg", "exited 0", true, HELLO,
	  READY OUTPUT("so sorry") COMMAND("", "3", "1") ENDED, NULL,
	  "crashed: load: exit status 3" },
	{ "it is killed", "tcg", "exited 0", true, HELLO, READY COMMAND("", "139", "1") ENDED, NULL,
	  "crashed: load: killed by Segmentation fault" },
	{ "it fails, and the kernel crashes", "tcg", "exited 0", true, HELLO PANIC("    9.0"),
	  READY COMMAND("", "3", "1"), NULL, "crashed: kernel panic: Attempted to kill init!" },
	{ "it finds the bug", "tcg", "exited 0", true, HELLO SPLAT("    9.1"),
	  READY VIOLATION COMMAND("", "0", "0") DONE("0", "1", "100"), NULL,
	  "crashed: WARNING in kvm_wait" },
	{ "it can't run here", "tcg", "exited 0", true, HELLO,
	  READY OUTPUT("first") OUTPUT("no such device") COMMAND("", "4", "1") ENDED, NULL,
	  "inconclusive: the load can't run here: exit status 4: no such device" },
	{ "it isn't there", "tcg", "exited 0", true, HELLO,
	  READY COMMAND("No such file or directory", "127", "1") ENDED, NULL,
	  "inconclusive: the load could not be run: No such file or directory" },
	{ "no word of it", "tcg", "exited 0", true, HELLO, READY ENDED, NULL,
	  "inconclusive: no word of what became of the load" },
};

static void put(const char *dir, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);

	assert_int_equal(write_file(path, text, strlen(text)), 0);
	free(path);
}

static char *make(const struct example *e, const char *facts)
{
	char *dir = temp_dir();
	char *run = xasprintf("{\"accel\":\"%s\",\"ended\":\"%s\",\"expect_pv\":%s,"
			      "\"wall_s\":12.5%s}\n", e->accel, e->ended,
			      e->no_pv ? "false" : "true", facts);

	put(dir, "run.json", run);
	put(dir, "console.log", e->console);
	put(dir, "records.jsonl", e->records);
	if (e->l1)
		put(dir, "l1-console.log", e->l1);
	free(run);
	return dir;
}

static void check(const struct example *e, size_t n, const char *facts)
{
	unsigned int bad = 0;

	for (; n--; e++) {
		char *dir = make(e, facts), *line;
		struct verdict v;

		assert_int_equal(judge_dir(dir, NULL, &v), 0);
		line = verdict_line(&v);
		if (strcmp(line, e->verdict)) {
			print_message("%s: \"%s\", not \"%s\"\n", e->name, line, e->verdict);
			bad++;
		}
		free(line);
		verdict_free(&v);
		remove_tree(dir);
		free(dir);
	}
	assert_int_equal(bad, 0);
}

static void test_examples(void **state)
{
	(void)state;
	check(examples, ARRAY_SIZE(examples), "");
}

static void test_planted(void **state)
{
	(void)state;
	check(with_planted, ARRAY_SIZE(with_planted), WITH_PLANTED);
}

static void test_builtin(void **state)
{
	(void)state;
	check(with_check, ARRAY_SIZE(with_check), WITH_CHECK);
	check(without_check, ARRAY_SIZE(without_check), WITHOUT_CHECK);
}

static void test_chores(void **state)
{
	(void)state;
	check(with_chores, ARRAY_SIZE(with_chores), WITH_CHORES);
}

static void test_livepatch(void **state)
{
	(void)state;
	check(with_livepatch, ARRAY_SIZE(with_livepatch), WITH_LIVEPATCH);
}

/* Each title once, whether console or records tell it. */
static void test_titles(void **state)
{
	static const struct example e = {
		"titles", "kvm", "exited 0", false,
		HELLO SPLAT("    9.1") SPLAT("    9.2") PANIC("    9.3"),
		READY VIOLATION TICK("6", "2", "4100"), NULL, NULL
	};
	char *dir = make(&e, "");
	struct verdict v;

	(void)state;
	assert_int_equal(judge_dir(dir, NULL, &v), 0);
	assert_string_equal(v.title, "WARNING in kvm_wait");
	assert_int_equal(v.titles.n, 2);
	assert_string_equal(v.titles.v[0], "WARNING in kvm_wait");
	assert_string_equal(v.titles.v[1], "kernel panic: Attempted to kill init!");
	assert_false(v.done);
	assert_int_equal(v.count.waited_ns, 0);
	verdict_free(&v);
	remove_tree(dir);
	free(dir);
}

/* Each bug once, with all that is known of it; what the user doesn't want doesn't count. */
static void test_findings(void **state)
{
	static const struct example e = {
		"findings", "kvm", "exited 0", false,
		HELLO FOO("    0.5") FOO("    0.6") SPLAT("    9.1") SPLAT("    9.2"),
		READY "{\"t\":\"violation\",\"up\":9.0,\"title\":\"WARNING in kvm_wait\","
		"\"site\":\"unlock+0x4b\",\"caller\":\"kvm_wait+0x9\"}\n"
		DONE("7", "3", "4100"), NULL, NULL
	};
	struct strv ignore = {};
	const struct finding *f;
	char *dir = make(&e, ""), *line;
	struct verdict v;

	(void)state;
	put(dir, "run.json", "{\"format\":\"irqsan-boot/2\",\"ended\":\"exited 0\",\"wall_s\":12.5,"
	    "\"plan\":{\"accel\":\"kvm\",\"detector\":\"irqsan\",\"workload\":\"mkdir-storm\","
	    "\"ignore\":[\"foo_p.obe$\"]}}");
	assert_int_equal(judge_dir(dir, NULL, &v), 0);
	assert_int_equal(v.findings.n, 2);
	f = &v.findings.v[0];
	assert_string_equal(f->title, "WARNING in kvm_wait");
	assert_string_equal(f->site, "unlock+0x4b");
	assert_string_equal(f->caller, "kvm_wait+0x9");
	assert_int_equal(f->source, FINDING_DETECTOR);
	assert_int_equal(f->phase, PHASE_LOAD);
	assert_true(f->up > 9.09 && f->up < 9.11);
	assert_non_null(strstr(f->report, "kvm_wait"));
	assert_true(f->counts && !f->ignored);
	f = &v.findings.v[1];
	assert_string_equal(f->title, "WARNING in foo_probe");
	assert_int_equal(f->source, FINDING_KERNEL);
	assert_int_equal(f->phase, PHASE_BOOT);
	assert_true(f->ignored && !f->counts);
	line = verdict_line(&v);
	assert_string_equal(line, "crashed: WARNING in kvm_wait (ignored: WARNING in foo_probe)");
	free(line);
	verdict_free(&v);

	strv_push(&ignore, "kvm_wait");
	assert_int_equal(judge_dir(dir, &ignore, &v), 0);
	line = verdict_line(&v);
	assert_string_equal(line, "OK (ignored: WARNING in kvm_wait, and 1 more)");
	free(line);
	verdict_free(&v);
	strv_push(&ignore, "kvm_(");
	assert_int_equal(judge_dir(dir, &ignore, &v), -EINVAL);
	strv_free(&ignore);
	remove_tree(dir);
	free(dir);
}

static void test_command(void **state)
{
	struct verdict v;
	char *dir;

	(void)state;
	check(with_command, ARRAY_SIZE(with_command), ",\"workload\":\"command\"");
	dir = make(&with_command[2], ",\"workload\":\"command\"");
	assert_int_equal(judge_dir(dir, NULL, &v), 0);
	assert_int_equal(v.findings.n, 1);
	assert_int_equal(v.findings.v[0].source, FINDING_LOAD);
	assert_string_equal(v.findings.v[0].report, "so sorry\n");
	assert_int_equal(v.load_failed, 1);
	verdict_free(&v);
	remove_tree(dir);
	free(dir);
}

static void test_selftest(void **state)
{
	(void)state;
	check(with_selftest, ARRAY_SIZE(with_selftest), WITH_SELFTEST);
}

static void test_numbers(void **state)
{
	static const struct example e = {
		"numbers", "kvm", "exited 0", false, HELLO SPLAT("    9.1"),
		READY VIOLATION TICK("6", "2", "4100")
		DONE("7,\"longest_ns\":90000,\"waited_ns\":350000", "3", "4100"), NULL, NULL
	};
	char *dir = make(&e, "");
	struct verdict v;

	(void)state;
	assert_int_equal(judge_dir(dir, NULL, &v), 0);
	assert_int_equal(v.outcome, OUTCOME_CRASHED);
	assert_string_equal(v.release, "5.10.0-32-amd64");
	assert_true(v.pv);
	assert_true(v.control);
	assert_int_equal(v.count.waits, 7);
	assert_int_equal(v.count.slow_pv, 5);
	assert_int_equal(v.count.slow_native, 1);
	assert_int_equal(v.count.violations, 3);
	assert_int_equal(v.count.first_ms, 4100);
	assert_int_equal(v.count.load_ms, 15000);
	assert_int_equal(v.count.ops, 900);
	assert_int_equal(v.count.longest_ns, 90000);
	assert_int_equal(v.count.waited_ns, 350000);
	assert_true(v.done);
	assert_true(v.boot_s == 2);
	assert_true(v.wall_s > 12.4 && v.wall_s < 12.6);
	verdict_free(&v);
	remove_tree(dir);
	free(dir);
}

/* What QEMU said last is why it left. */
static void test_qemu_message(void **state)
{
	static const struct example e = {
		"refused", "kvm", "exited 1", false, "", "", NULL, NULL
	};
	char *dir = make(&e, ""), *line;
	struct verdict v;

	(void)state;
	put(dir, "qemu.log", "some warning\nfailed to initialize kvm\n");
	assert_int_equal(judge_dir(dir, NULL, &v), 0);
	line = verdict_line(&v);
	assert_string_equal(line, "lost: QEMU exited 1: failed to initialize kvm");
	free(line);
	verdict_free(&v);
	remove_tree(dir);
	free(dir);
}

/* Such a clock jumps over idle time; without a module nothing is planted. */
static void test_bench(void **state)
{
	char *dir = temp_dir(), *line;
	struct verdict v;

	(void)state;
	put(dir, "console.log", HELLO);
	put(dir, "records.jsonl", BOOT "{\"t\":\"load\",\"up\":999.0,\"workload\":\"bench\"}\n"
	    DONE("0", "0", "-1"));
	put(dir, "run.json", "{\"accel\":\"tcg\",\"ended\":\"exited 0\",\"expect_pv\":false,"
	    "\"wall_s\":1,\"icount\":true,\"bare\":true}");
	assert_int_equal(judge_dir(dir, NULL, &v), 0);
	line = verdict_line(&v);
	assert_string_equal(line, "OK");
	free(line);
	verdict_free(&v);
	remove_tree(dir);
	free(dir);
}

static void test_missing_files(void **state)
{
	char *dir = temp_dir(), *line;
	struct verdict v;

	(void)state;
	assert_true(judge_dir(dir, NULL, &v) < 0);
	put(dir, "run.json", "{\"accel\":\"kvm\"}");
	assert_true(judge_dir(dir, NULL, &v) < 0);
	put(dir, "run.json", "{\"accel\":\"kvm\",\"ended\":\"exited 0\",\"expect_pv\":true,"
	    "\"wall_s\":1}");
	assert_int_equal(judge_dir(dir, NULL, &v), 0);
	line = verdict_line(&v);
	assert_string_equal(line, "boot failed: no output from the kernel");
	free(line);
	verdict_free(&v);
	remove_tree(dir);
	free(dir);
}

/* Words of a guest's are shown, whatever they are, and each is one line. */
static void test_controls(void **state)
{
	static const struct example bad[] = {
		{ "title", "kvm", "exited 0", false, HELLO,
		  READY "{\"t\":\"violation\",\"up\":9.0,\"title\":\"WARNING in x\\u001b[2J\\nrun #1: OK\","
		  "\"site\":\"x+0x1\"}\n" DONE("7", "1", "4100"), NULL,
		  "crashed: WARNING in x<U+001B>[2J<U+000A>run #1: OK" },
		{ "console", "kvm", "exited 0", false,
		  HELLO "[    3.0] irqsan: refused \x1b]52;c;cm0K\x07 \xff\n", BOOT REFUSED, NULL,
		  "boot failed: insmod irqsan.ko: refused <U+001B>]52;c;cm0K<U+0007> <FF>" },
		{ "error", "kvm", "exited 0", false, HELLO,
		  READY "{\"t\":\"error\",\"up\":9,\"what\":\"no\\u202e \\u009b1m\"}\n", NULL,
		  "lost: no verdict from the guest: no<U+202E> <U+009B>1m" },
	};
	static const struct example report = {
		"report", "kvm", "exited 0", false,
		HELLO "[    9.0] BUG: unable to handle page fault for address: 0\n"
		"[    9.0] RIP: 0010:foo+0x1/0x2\n[    9.0] Code: \x1b[2J\n[    9.0] Call Trace:\n"
		"[    9.0]  foo+0x1/0x20\n", READY, NULL, NULL
	};
	char *dir = make(&report, "");
	struct verdict v;

	(void)state;
	check(bad, ARRAY_SIZE(bad), "");
	assert_int_equal(judge_dir(dir, NULL, &v), 0);
	assert_int_equal(v.findings.n, 1);
	assert_non_null(strstr(v.findings.v[0].report, "Code: <U+001B>[2J\n"));
	verdict_free(&v);
	remove_tree(dir);
	free(dir);
}

/* A guest that talks too much proves nothing by what was kept; a finding stands. */
static void test_truncated(void **state)
{
	static const struct example cut[] = {
		{ "OK, but cut", "kvm", "exited 0", false, HELLO, READY DONE("7", "0", "-1"), NULL,
		  "lost: the guest said more than was kept" },
		{ "the bug in front of the cut", "kvm", "exited 0", false, HELLO SPLAT("    9.1"),
		  READY VIOLATION DONE("7", "3", "4100"), NULL, "crashed: WARNING in kvm_wait" },
		{ "L1 died behind the cut", "nested", "exited 0", false, "", "", "a lot\n",
		  "lost: more was said than is kept" },
	};

	(void)state;
	check(cut, ARRAY_SIZE(cut), ",\"truncated\":true");
}

/* Silence says nothing of the kernel when its QEMU waited for a CPU; a report still does. */
static void test_busy_host(void **state)
{
	static const char busy[] =
		",\"stuck\":{\"wall_s\":10.2,\"ran_s\":0.9,\"waited_s\":9.1}";
	static const char asleep[] =
		",\"stuck\":{\"wall_s\":10.2,\"ran_s\":0.1,\"waited_s\":0.2}";
	static const char spinning[] =
		",\"stuck\":{\"wall_s\":10.2,\"ran_s\":10.1,\"waited_s\":30.3}";
	static const struct example lost[] = {
		{ "silent load", "kvm", "stalled load", false, HELLO, READY, NULL,
		  "lost: the host was too busy: QEMU ran 0.9 s of 10.2 (stalled load)" },
		{ "no word", "kvm", "deadline boot", false, "", "", NULL,
		  "lost: the host was too busy: QEMU ran 0.9 s of 10.2 (deadline boot)" },
		{ "a report first", "kvm", "stalled load", false, HELLO SPLAT("    9.1"), READY,
		  NULL, "crashed: WARNING in kvm_wait" },
		{ "good, L1 didn't leave", "nested", "stalled finish", false, HELLO,
		  READY DONE("7", "0", "-1") L1_EXIT("0"), NULL, "OK" },
	};
	static const struct example hung[] = {
		{ "silent load", "kvm", "stalled load", false, HELLO, READY, NULL,
		  "hung: stalled load, after 0 ms of load" },
	};

	(void)state;
	check(lost, ARRAY_SIZE(lost), busy);
	check(hung, ARRAY_SIZE(hung), asleep);
	check(hung, ARRAY_SIZE(hung), spinning);
}

/* A kernel that warns in a loop, and a guest that makes up titles: judged at once. */
static void test_flood(void **state)
{
	struct example e = {
		"flood", "kvm", "exited 0", false, NULL, NULL, NULL, NULL
	};
	struct buf console = {}, records = {};
	struct verdict v;
	double start;
	char *dir;

	(void)state;
	buf_addf(&records, "%s", READY);
	for (unsigned int i = 0; i < 10000; i++) {
		buf_addf(&console, "[%9u.0] BUG: unable to handle page fault for address: 0\n", i);
		buf_addf(&records, "{\"t\":\"violation\",\"up\":9.0,\"title\":\"WARNING in f%u\","
			 "\"site\":\"f%u+0x4b\"}\n", i, i);
	}
	e.console = console.data;
	e.records = records.data;
	dir = make(&e, "");
	start = now();
	assert_int_equal(judge_dir(dir, NULL, &v), 0);
	assert_true(now() - start < 15);
	assert_int_equal(v.findings.n, FINDINGS_MAX);
	verdict_free(&v);
	remove_tree(dir);
	free(dir);
	buf_free(&console);
	buf_free(&records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_planted),
		cmocka_unit_test(test_builtin),
		cmocka_unit_test(test_chores),
		cmocka_unit_test(test_livepatch),
		cmocka_unit_test(test_titles),
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_command),
		cmocka_unit_test(test_selftest),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_qemu_message),
		cmocka_unit_test(test_bench),
		cmocka_unit_test(test_missing_files),
		cmocka_unit_test(test_controls),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_busy_host),
		cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
