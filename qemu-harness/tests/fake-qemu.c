// SPDX-License-Identifier: GPL-2.0
/*
 * Stands in for QEMU in the tests of the run loop: finds the channels in
 * QEMU's command line and plays a guest on them.
 *
 * $FAKE_QEMU names the play, or one play a start, separated by commas;
 * $FAKE_QEMU_STATE is a file that counts the starts.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COUNTERS(waits, violations, first) \
	"\"waits\":" waits ",\"slow_pv\":5,\"slow_native\":1,\"violations\":" violations \
	",\"lost\":0,\"longest_ns\":90000,\"waited_ns\":350000,\"first_ms\":" first ",\"load_ms\":1000,\"ops\":90"
#define DONE(waits, violations, first) \
	"{\"t\":\"done\",\"up\":4.5," COUNTERS(waits, violations, first) "}\n"
#define TICK(up, waits, violations, first) \
	"{\"t\":\"tick\",\"up\":" up "," COUNTERS(waits, violations, first) "}\n"

static const char boot[] =
	"{\"t\":\"boot\",\"up\":1.0,\"release\":\"5.10.0-fake\",\"cpus\":4,\"pv\":true}\n";
static const char module[] = "{\"t\":\"module\",\"up\":2.0,\"rc\":0,\"restore\":\"armed\"}\n";
static const char control[] = "{\"t\":\"control\",\"up\":2.5,\"seen\":1}\n";
static const char load[] = "{\"t\":\"load\",\"up\":3.0,\"workload\":\"mkdir-storm\",\"procs\":4}\n";
static const char violation[] =
	"{\"t\":\"violation\",\"up\":4.1,\"title\":\"WARNING in kvm_wait\","
	"\"site\":\"kvm_wait+0x4b\"}\n";
static const char splat[] =
	"[    4.0] ------------[ cut here ]------------\n"
	"[    4.0] raw_local_irq_restore() called with IRQs enabled\n"
	"[    4.0] WARNING: CPU: 2 PID: 131 at irqsan/check.c:57 kvm_wait+0x4b/0x60\n"
	"[    4.0] RIP: 0010:kvm_wait+0x4b/0x60\n"
	"[    4.0] ---[ end trace 5a1b2c3d4e5f6071 ]---\n";

static int console_fd = -1;
static int record_fd = -1;

static void put(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		/* The harness has gone: QEMU would go on, but nobody would see it. */
		if (n < 0)
			exit(3);
		text += n;
		len -= (size_t)n;
	}
}

static void console(const char *text)
{
	put(console_fd, text, strlen(text));
}

static void record(const char *text)
{
	put(record_fd, text, strlen(text));
}

static void sleep_ms(long ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

static void hang(void)
{
	for (;;)
		pause();
}

static void to_load(void)
{
	console("[    0.000000] Linux version 5.10.0-fake\n");
	record(boot);
	record(module);
	record(control);
	record(load);
}

static void ticks_for_ever(const char *counters)
{
	double up;
	char line[400];

	for (up = 4.1;; up += 0.02) {
		sleep_ms(20);
		snprintf(line, sizeof(line), "{\"t\":\"tick\",\"up\":%.2f,%s}\n", up, counters);
		record(line);
	}
}

static void good(void)
{
	to_load();
	sleep_ms(20);
	record(TICK("4.0", "7", "0", "-1"));
	record(DONE("8", "0", "-1"));
}

static void bug(void)
{
	to_load();
	console(splat);
	record(violation);
	ticks_for_ever(COUNTERS("7", "3", "1100"));
}

/* A driver's warning that has nothing to do with the load. */
static const char warning_at_boot[] =
	"[    0.5] ------------[ cut here ]------------\n"
	"[    0.5] WARNING: CPU: 0 PID: 1 at drivers/foo.c:12 foo_probe+0x4b/0x60\n"
	"[    0.5] RIP: 0010:foo_probe+0x4b/0x60\n"
	"[    0.5] ---[ end trace 5a1b2c3d4e5f6071 ]---\n";

/* The load comes late enough for the warning to be seen by itself. */
static void warning(void)
{
	console(warning_at_boot);
	record(boot);
	sleep_ms(1500);
	to_load();
}

static void halted(void)
{
	console("[    0.0] early console\n\nZSTD-compressed data is corrupt\n\n -- System halted");
	hang();
}

/* Before the kernel has read "panic=-1". */
static void early_panic(void)
{
	console("[    0.0] Kernel panic - not syncing: alloc_low_pages: can not alloc memory\n"
		"[    0.0] ---[ end Kernel panic - not syncing: alloc_low_pages ]---\n");
	hang();
}

/* Before it can handle any. */
static void early_exception(void)
{
	console("PANIC: early exception 0x0e IP 10:ffffffff82f3b6f2 error 0 cr2 0x10\n");
	hang();
}

static void load_halts(void)
{
	to_load();
	console("[    4.0] reboot: System halted\n");
	hang();
}

/* A load that prints what it likes to the kernel's log. */
static void halted_but_alive(void)
{
	to_load();
	console("[    4.0] load: System halted\n");
	for (int i = 0; i < 40; i++) {
		char line[400];

		sleep_ms(20);
		snprintf(line, sizeof(line), "{\"t\":\"tick\",\"up\":%.2f,%s}\n", 4.0 + i * 0.01,
			 COUNTERS("7", "0", "-1"));
		record(line);
	}
	record(DONE("8", "0", "-1"));
}

static void warning_only(void)
{
	warning();
	record(TICK("4.0", "7", "0", "-1"));
	record(DONE("8", "0", "-1"));
}

static void warning_and_bug(void)
{
	warning();
	console(splat);
	record(violation);
	ticks_for_ever(COUNTERS("7", "3", "1100"));
}

static void bug_to_the_end(void)
{
	to_load();
	console(splat);
	record(violation);
	record(DONE("7", "3", "1100"));
}

static void bug_in_pieces(void)
{
	const char *p;

	to_load();
	for (p = splat; *p; p++) {
		put(console_fd, p, 1);
		if (p - splat < 200)
			sleep_ms(1);
	}
	ticks_for_ever(COUNTERS("7", "0", "-1"));
}

static void bug_unprinted(void)
{
	to_load();
	record(violation);
	ticks_for_ever(COUNTERS("7", "3", "1100"));
}

static void oops(void)
{
	to_load();
	console("[    4.0] BUG: kernel NULL pointer dereference, address: 0000000000000008\n"
		"[    4.0] RIP: 0010:d_walk+0x1/0x2\n");
	hang();
}

static void panic_at_boot(void)
{
	console("[    0.000000] Linux version 5.10.0-fake\n"
		"[    0.9] Kernel panic - not syncing: Attempted to kill init! exitcode=0x100\n");
}

static void silent(void)
{
	hang();
}

/* Last in the queue for a CPU, and so is its session, where sessions share it. */
static void starved(void)
{
	static const struct sched_param none;
	int fd = open("/proc/self/autogroup", O_WRONLY);

	if (fd >= 0)
		put(fd, "19", 2);
	sched_setscheduler(0, SCHED_IDLE, &none);
	for (;;)
		;
}

static void stall_boot(void)
{
	console("[    0.000000] Linux version 5.10.0-fake\n");
	hang();
}

static void stall_insmod(void)
{
	console("[    0.000000] Linux version 5.10.0-fake\n");
	record(boot);
	hang();
}

static void stall_load(void)
{
	to_load();
	record(TICK("4.0", "7", "0", "-1"));
	hang();
}

/* The channel speaks, but the guest's clock stands still. */
static void stall_ticking(void)
{
	to_load();
	for (;;) {
		sleep_ms(20);
		record(TICK("4.0", "7", "0", "-1"));
	}
}

static void stall_finish(void)
{
	good();
	hang();
}

static void never_done(void)
{
	to_load();
	ticks_for_ever(COUNTERS("7", "0", "-1"));
}

static void flood(void)
{
	static char many[65536];
	int i;

	memset(many, 'x', sizeof(many));
	for (i = 0; i < 128; i++) {
		many[i * 100] = '\n';
		put(console_fd, many, sizeof(many));
	}
	good();
}

/* More of QEMU's own words than anybody keeps. */
static void log_flood(void)
{
	static char many[65536];
	int i;

	memset(many, 'x', sizeof(many));
	for (i = 0; i < 1025; i++)
		put(STDERR_FILENO, many, sizeof(many));
	good();
}

static void killed(void)
{
	to_load();
	raise(SIGKILL);
}

static void refused(void)
{
	fprintf(stderr, "fake-qemu: no such accelerator\n");
	exit(1);
}

static void half_line(void)
{
	to_load();
	record("{\"t\":\"done\",\"up\":4.5,\"waits\":7,");
}

static void garbage(void)
{
	put(record_fd, "\0\xff\xfe{}\n[1]\n{\"t\":\n", 14);
	good();
	record("trailing");
}

static void dead_control(void)
{
	console("[    0.000000] Linux version 5.10.0-fake\n");
	record(boot);
	record(module);
	record("{\"t\":\"control\",\"up\":2.5,\"seen\":0}\n");
	record(load);
	record(DONE("7", "0", "-1"));
}

static void not_reached(void)
{
	to_load();
	record(DONE("0", "0", "-1"));
}

static void module_refused(void)
{
	console("[    0.000000] Linux version 5.10.0-fake\n"
		"[    2.0] irqsan: version magic 'x' should be 'y'\n");
	record(boot);
	record("{\"t\":\"module\",\"up\":2.0,\"rc\":-8,\"restore\":\"absent\"}\n");
}

static void l1_exit(void)
{
	to_load();
	record("{\"t\":\"exit\",\"up\":4.0,\"from\":\"l1\",\"status\":1}\n");
}

/* The outer guest speaks once, the guest goes on for a while: neither can. */
static void l1_stall(void)
{
	record("{\"t\":\"boot\",\"up\":1.0,\"from\":\"l1\"}\n");
	to_load();
	hang();
}

/* A planted restore is reported and found; then all goes on as ordered. */
static void planted(void)
{
	console("[    0.000000] Linux version 5.10.0-fake\n");
	record(boot);
	record(module);
	record(control);
	console(splat);
	record("{\"t\":\"planted\",\"up\":2.6,\"plant\":\"init\",\"ran\":1,\"seen\":1,"
	       "\"site\":\"planted_init+0x1d\"}\n"
	       "{\"t\":\"planted\",\"up\":2.7,\"plant\":\"plain\",\"ran\":3,\"seen\":3,"
	       "\"site\":\"planted_plain+0x1d\"}\n"
	       "{\"t\":\"planted\",\"up\":2.8,\"plant\":\"hardirq\",\"ran\":3,\"seen\":3,"
	       "\"site\":\"planted_hardirq+0x1d\"}\n"
	       "{\"t\":\"planted\",\"up\":2.9,\"plant\":\"rawlock\",\"ran\":3,\"seen\":3,"
	       "\"site\":\"_raw_spin_unlock_irqrestore+0x11\"}\n");
	record(load);
	record(DONE("8", "0", "-1"));
}

/* The second life speaks behind the end of the first, with a clock that began again. */
static void kexec(void)
{
	good();
	sleep_ms(20);
	console("[    0.000000] Linux version 5.10.0-fake\n");
	record("{\"t\":\"chore\",\"up\":1.0,\"name\":\"kexec\",\"rc\":0,\"rounds\":1}\n");
}

static void ktap(const char *line)
{
	char text[200];

	snprintf(text, sizeof(text), "{\"t\":\"ktap\",\"up\":3.5,\"line\":\"%s\"}\n", line);
	record(text);
}

/* Selftests until the first result of the second one; reports are part of them. */
static void begin_tests(void)
{
	console("[    0.000000] Linux version 5.10.0-fake\n");
	record(boot);
	record("{\"t\":\"load\",\"up\":3.0,\"workload\":\"selftest\"}\n");
	console(splat);
	ktap("KTAP version 1");
	ktap("1..2");
	ktap("  KTAP version 1");
	ktap("  1..0 # SKIP no kprobes");
	ktap("ok 1 one # SKIP no kprobes");
	ktap("  KTAP version 1");
	ktap("  # Subtest: two");
	ktap("  1..2");
	ktap("  ok 1 a");
}

static void tests_pass(void)
{
	begin_tests();
	ktap("  ok 2 b # XFAIL can't be seen");
	ktap("ok 2 two");
	record(DONE("0", "0", "-1"));
}

static void tests_fail(void)
{
	begin_tests();
	ktap("  # got 1, not 2");
	ktap("  not ok 2 b");
	ktap("not ok 2 two # exit=1");
	record(DONE("0", "0", "-1"));
}

static void tests_panic(void)
{
	begin_tests();
	console("[    4.2] Kernel panic - not syncing: Fatal exception\n");
}

static void tests_vanish(void)
{
	begin_tests();
}

static void tests_silent(void)
{
	console("[    0.000000] Linux version 5.10.0-fake\n");
	record(boot);
	record("{\"t\":\"load\",\"up\":3.0,\"workload\":\"selftest\"}\n");
	record(DONE("0", "0", "-1"));
}

static const struct {
	const char *name;
	void (*play)(void);
} plays[] = {
	{ "good", good },
	{ "bug", bug },
	{ "bug-to-the-end", bug_to_the_end },
	{ "halted", halted },
	{ "early-panic", early_panic },
	{ "early-exception", early_exception },
	{ "load-halts", load_halts },
	{ "halted-but-alive", halted_but_alive },
	{ "warning-only", warning_only },
	{ "warning-and-bug", warning_and_bug },
	{ "bug-in-pieces", bug_in_pieces },
	{ "bug-unprinted", bug_unprinted },
	{ "oops", oops },
	{ "panic-at-boot", panic_at_boot },
	{ "silent", silent },
	{ "starved", starved },
	{ "stall-boot", stall_boot },
	{ "stall-insmod", stall_insmod },
	{ "stall-load", stall_load },
	{ "stall-ticking", stall_ticking },
	{ "stall-finish", stall_finish },
	{ "never-done", never_done },
	{ "flood", flood },
	{ "log-flood", log_flood },
	{ "killed", killed },
	{ "refused", refused },
	{ "half-line", half_line },
	{ "garbage", garbage },
	{ "dead-control", dead_control },
	{ "not-reached", not_reached },
	{ "module-refused", module_refused },
	{ "l1-exit", l1_exit },
	{ "l1-stall", l1_stall },
	{ "planted", planted },
	{ "kexec", kexec },
	{ "tests-pass", tests_pass },
	{ "tests-fail", tests_fail },
	{ "tests-panic", tests_panic },
	{ "tests-vanish", tests_vanish },
	{ "tests-silent", tests_silent },
};

/* The play of the n-th start; the last one of the list goes on for ever. */
static const char *choose(char *list)
{
	const char *state = getenv("FAKE_QEMU_STATE");
	char *play = strtok(list, ","), *next;
	long start = 0;
	int fd;

	if (!state)
		return play;
	fd = open(state, O_WRONLY | O_CREAT | O_APPEND, 0666);
	if (fd < 0 || write(fd, ".", 1) != 1)
		exit(4);
	start = lseek(fd, 0, SEEK_CUR);
	close(fd);
	while (--start > 0 && (next = strtok(NULL, ",")))
		play = next;
	return play;
}

int main(int argc, char **argv)
{
	char *list = getenv("FAKE_QEMU");
	const char *name;
	char line[80];
	size_t i;
	int a, fd;

	/* Asked for its CPUs, in the sandbox: only one of that name has none. */
	if (argc == 5 && !strcmp(argv[1], "-sandbox") && !strcmp(argv[4], "help"))
		return !!strstr(argv[0], "no-seccomp");
	for (a = 1; a + 1 < argc; a++) {
		if (strcmp(argv[a], "-add-fd") || sscanf(argv[a + 1], "fd=%d,", &fd) != 1)
			continue;
		if (strstr(argv[a + 1], "opaque=console"))
			console_fd = fd;
		if (strstr(argv[a + 1], "opaque=record"))
			record_fd = fd;
	}
	if (!list || console_fd < 0 || record_fd < 0)
		return 5;
	name = choose(list);
	/* A kind of record that nobody knows: for the test, which looks whether we are gone. */
	snprintf(line, sizeof(line), "{\"t\":\"fake\",\"up\":0,\"pid\":%ld}\n", (long)getpid());
	record(line);
	for (i = 0; i < sizeof(plays) / sizeof(plays[0]); i++) {
		if (name && !strcmp(plays[i].name, name)) {
			plays[i].play();
			return 0;
		}
	}
	return 6;
}
