// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of crash.c: recorded and hand-written console logs with the titles
 * that they must give.
 *
 * A log file begins with "TITLE: …" (empty: no crash), "CORRUPTED: Y" where the
 * report isn't whole, "ALONE: Y" where nothing is left of it without its first line,
 * and further "KEY: value" lines up to an empty line.
 * tests/logs holds ours; a larger corpus is read from $IRQSAN_CRASH_LOGS, or
 * ../shared/crash-logs beside the source tree.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"
#include "base/util.h"
#include "crash/crash.h"
#include "crash/pstore.h"

/* The share of the corpus that must get its exact title, in percent. */
#define CORPUS_MIN 98
/* The share of its crashes that must be found corrupted or not as it says. */
#define CORPUS_CORRUPTED_MIN 95
/* The share of its crashes that must be seen without their first lines. */
#define CORPUS_REST_MIN 95

/**
 * struct sample - one log file
 * @file: all of it
 * @title: the title that it must get; owned, NULL: it holds no crash
 * @corrupted: the report is known to be cut or mixed up
 * @alone: nothing else of the log is a report's but the first line
 * @log: points into @file
 * @len: its length
 */
struct sample {
	struct buf file;
	char *title;
	bool corrupted;
	bool alone;
	const char *log;
	size_t len;
};

/**
 * struct score - how many samples came out right
 * @n: all
 * @titles: right titles, or rightly none
 * @crashes: samples with a crash
 * @corrupted: rightly found corrupted or whole
 * @rest: without its first line rightly found to be one, or not
 */
struct score {
	unsigned int n;
	unsigned int titles;
	unsigned int crashes;
	unsigned int corrupted;
	unsigned int rest;
};

static void sample_read(struct sample *s, const char *path)
{
	const char *p, *report;

	memset(s, 0, sizeof(*s));
	assert_int_equal(read_file(path, &s->file), 0);
	p = s->file.data;
	while (*p && *p != '\n') {
		size_t len = strcspn(p, "\n");

		if (!s->title && !strncmp(p, "TITLE:", 6)) {
			size_t value = 6 + strspn(p + 6, " ");

			if (value < len)
				s->title = xasprintf("%.*s", (int)(len - value), p + value);
		}
		s->corrupted |= !strncmp(p, "CORRUPTED: Y", 12);
		s->alone |= !strncmp(p, "ALONE: Y", 8);
		p += len;
		p += *p == '\n';
	}
	/* Logs hold NULs. */
	s->log = p;
	s->len = s->file.len - (size_t)(p - s->file.data);
	report = memmem(s->log, s->len, "\nREPORT:\n", 9);
	if (report)
		s->len = (size_t)(report - s->log);
}

static void sample_free(struct sample *s)
{
	free(s->title);
	buf_free(&s->file);
}

/* What holds for every report, whatever it is about. */
static void check_sane(const struct crash *crash, int rc, size_t len)
{
	assert_int_equal(rc, !!crash->title);
	if (!rc) {
		assert_null(crash->kind);
		assert_int_equal(crash->lines.n, 0);
		return;
	}
	assert_true(crash->start < crash->end);
	assert_true(crash->end <= len);
	assert_true(*crash->title);
	assert_non_null(crash->kind);
	assert_true(crash->lines.n > 0);
	if (strstr(crash->title, " in corrupted"))
		assert_non_null(crash->corrupted);
}

/* Cuts the line at @at out of @log. */
static void cut_line(struct buf *log, size_t at)
{
	const char *nl = memchr(log->data + at, '\n', log->len - at);
	size_t next = nl ? (size_t)(nl + 1 - log->data) : log->len;

	memmove(log->data + at, log->data + next, log->len - next);
	log->len -= next - at;
}

/*
 * Cuts the line out of @log that the first report is known by, that without which it
 * isn't the same, and the one that it begins with. Was there a report?
 */
static bool behead(struct buf *log)
{
	size_t start, end, at, next;
	struct crash crash;
	bool same = true;

	if (!crash_find(log->data, log->len, &crash))
		return false;
	start = crash.start;
	end = crash.end;
	for (next = start; same;) {
		const char *nl = memchr(log->data + next, '\n', log->len - next);

		crash_free(&crash);
		at = next;
		next = nl ? (size_t)(nl + 1 - log->data) : log->len;
		same = crash_find(log->data + next, log->len - next, &crash) &&
		       next + crash.end == end;
	}
	crash_free(&crash);
	cut_line(log, at);
	if (at != start)
		cut_line(log, start);
	return true;
}

/* Is it seen that there were reports in @sample when their first lines are lost? */
static bool rest_is_seen(const struct sample *sample)
{
	struct buf log = {};
	struct crash crash;
	int rc;

	buf_add(&log, sample->log, sample->len);
	while (behead(&log))
		;
	rc = crash_find_rest(log.data, log.len, &crash);
	check_sane(&crash, rc, log.len);
	assert_true(!rc || crash.corrupted);
	crash_free(&crash);
	buf_free(&log);
	return rc;
}

/* Adds the log in @path to @score; says what is wrong. */
static void check_log(const char *path, struct score *score)
{
	struct sample sample;
	struct crash crash;
	int rc;

	sample_read(&sample, path);
	rc = crash_find(sample.log, sample.len, &crash);
	check_sane(&crash, rc, sample.len);
	score->n++;
	if (!strcmp(crash.title ?: "", sample.title ?: ""))
		score->titles++;
	else
		print_message("%s: \"%s\", not \"%s\"\n", path, crash.title ?: "",
			      sample.title ?: "");
	if (sample.title && crash.title) {
		score->crashes++;
		if (!crash.corrupted == !sample.corrupted)
			score->corrupted++;
		else
			print_message("%s: %s\n", path, crash.corrupted ?: "corrupted, not seen");
	}
	if (rest_is_seen(&sample) == (sample.title && !sample.alone))
		score->rest++;
	else
		print_message("%s: %s\n", path, sample.title ?
			      "nothing of a report but its first line" :
			      "what is left of no report");
	crash_free(&crash);
	sample_free(&sample);
}

static char *logs_dir(void)
{
	return xasprintf("%s/qemu-harness/tests/logs", irqsan_root());
}

/* Every log of @dir whose name has only characters of @names; any: NULL. */
static struct score check_dir(const char *dir, const char *names)
{
	struct score score = {};
	struct dirent **entries;
	int i, total;

	total = scandir(dir, &entries, NULL, versionsort);
	assert_true(total > 2);
	for (i = 0; i < total; i++) {
		const char *name = entries[i]->d_name;

		if (*name != '.' && (!names || strspn(name, names) == strlen(name))) {
			char *path = xasprintf("%s/%s", dir, name);

			check_log(path, &score);
			free(path);
		}
		free(entries[i]);
	}
	free(entries);
	return score;
}

static void test_own_logs(void **state)
{
	char *dir = logs_dir();
	struct score score = check_dir(dir, NULL);

	(void)state;
	free(dir);
	assert_true(score.n > 20);
	assert_int_equal(score.titles, score.n);
	assert_int_equal(score.corrupted, score.crashes);
	assert_int_equal(score.rest, score.n);
}

/* Where the corpus is, or NULL; the caller frees it. */
static char *corpus_dir(void)
{
	const char *env = getenv("IRQSAN_CRASH_LOGS");
	char *dir = env ? xstrdup(env) : xasprintf("%s/../shared/crash-logs", irqsan_root());

	if (file_exists(dir))
		return dir;
	free(dir);
	return NULL;
}

static void test_corpus(void **state)
{
	char *dir = corpus_dir();
	struct score score;

	(void)state;
	if (!dir) {
		print_message("no crash log corpus (IRQSAN_CRASH_LOGS): skipped\n");
		skip();
	}
	/* Its logs are named by numbers. */
	score = check_dir(dir, "0123456789");
	free(dir);
	print_message("corpus: %u of %u titles (%.1f %%); %u of %u rightly corrupted or not; "
		      "%u of %u rightly seen or not without first line\n",
		      score.titles, score.n, 100.0 * score.titles / score.n, score.corrupted,
		      score.crashes, score.rest, score.n);
	assert_true(score.titles * 100 >= score.n * CORPUS_MIN);
	assert_true(score.corrupted * 100 >= score.crashes * CORPUS_CORRUPTED_MIN);
	assert_true(score.rest * 100 >= score.n * CORPUS_REST_MIN);
}

static void test_where(void **state)
{
	static const char log[] =
		"[    1.0] before\n"
		"[    2.0] ------------[ cut here ]------------\n"
		"[    2.0] some reason\n"
		"[    2.0] WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\n"
		"[    2.0] RIP: 0010:f+0x1/0x2\n"
		"[    2.0] Call Trace:\n"
		"[    2.0]  g+0x1/0x2\n"
		"[    2.0] ---[ end trace 1 ]---\n"
		"[    3.0] after\n";
	struct crash crash;

	(void)state;
	assert_int_equal(crash_find(log, strlen(log), &crash), 1);
	assert_int_equal(crash.start, strstr(log, "[    2.0] ---") - log);
	assert_int_equal(crash.end, strstr(log, "[    3.0]") - log);
	assert_null(crash.corrupted);
	crash_free(&crash);
}

/* All of a report, from a log in which two CPUs speak at once. */
static void test_report(void **state)
{
	static const char log[] =
		"[    1.0][    T1] before\n"
		"[    2.0][    T9] ------------[ cut here ]------------\n"
		"[    2.0][    T1] from another CPU\n"
		"[    2.0][    T9] raw_local_irq_restore() called with IRQs enabled\n"
		"[    2.0][    T9] WARNING: CPU: 0 PID: 9 at kernel/irq.c:10 "
		"warn_bogus_irq_restore+0x1d/0x20\n"
		"[    2.0][    T9] RIP: 0010:warn_bogus_irq_restore+0x1d/0x20\n"
		"[    2.0][    C1]  wrong_cpu+0x1/0x2\n"
		"[    2.0][    T9] Call Trace:\n"
		"[    2.0][    T9]  ? not_sure+0x1/0x2\n"
		"[    2.0][    T9]  __x64_sys_storm+0x41/0x60\n"
		"[    2.0][    T9] ---[ end trace 1 ]---\n"
		"[    3.0][    T9] after\n";
	static const char *const lines[] = {
		"------------[ cut here ]------------",
		"raw_local_irq_restore() called with IRQs enabled",
		"WARNING: CPU: 0 PID: 9 at kernel/irq.c:10 warn_bogus_irq_restore+0x1d/0x20",
		"RIP: 0010:warn_bogus_irq_restore+0x1d/0x20",
		"Call Trace:",
		" __x64_sys_storm+0x41/0x60",
		"---[ end trace 1 ]---",
	};
	struct crash crash;
	size_t i;

	(void)state;
	assert_int_equal(crash_find(log, strlen(log), &crash), 1);
	assert_string_equal(crash.title, "WARNING in sys_storm");
	assert_int_equal(crash.alts.n, 1);
	assert_string_equal(crash.alts.v[0], "WARNING in __x64_sys_storm");
	assert_string_equal(crash.kind, "warning");
	assert_string_equal(crash.frame, "__x64_sys_storm");
	assert_null(crash.corrupted);
	assert_int_equal(crash.start, strstr(log, "[    2.0]") - log);
	assert_int_equal(crash.end, strstr(log, "[    3.0]") - log);
	assert_int_equal(crash.lines.n, ARRAY_SIZE(lines));
	for (i = 0; i < ARRAY_SIZE(lines); i++)
		assert_string_equal(crash.lines.v[i], lines[i]);
	crash_free(&crash);
}

/**
 * struct written - how a log was written down
 * @name: for messages
 * @as: a line of it: "$m" is the kernel's message, "$n" six digits and "$s" two
 *	that grow with each line, "$c" one that doesn't stay the same
 * @bom: a byte order mark stands in front
 * @columns: longer lines go on in the next one; 0: they don't
 * @words: the same, broken in front of a word, without what stands in front
 * @html: as a web page spells it
 * @parts: so many lines are a part of a dump, and the last part comes first
 */
struct written {
	const char *name;
	const char *as;
	bool bom;
	size_t columns;
	size_t words;
	bool html;
	int parts;
};

static const struct written ways[] = {
	{ "nothing", .as = "$m" },
	{ "kernel's time", .as = "[   12.$n] $m" },
	{ "time and context", .as = "[   12.$n][   T42] $m" },
	{ "a space before the context", .as = "[   12.$n] [     T42] $m" },
	{ "context and CPU", .as = "[   12.$n][   T42@C1] $m" },
	{ "context only", .as = "[   T42] $m" },
	{ "interrupt", .as = "[   12.$n][    C0] $m" },
	{ "dmesg -x", .as = "kern  :warn  : [   12.$n] $m" },
	{ "dmesg -T", .as = "[Wed Nov 25 10:00:$s 2026] $m" },
	{ "dmesg -x -T", .as = "kern  :warn  : [Wed Nov 25 10:00:$s 2026] $m" },
	{ "dmesg -H", .as = "[  +0.$n] $m" },
	{ "dmesg -r", .as = "<4>[   12.$n] $m" },
	{ "dmesg --time-format=iso", .as = "2026-11-25T10:00:$s,$n+00:00 $m" },
	{ "dmesg -L", .as = "\033[32m[   12.$n] \033[0m\033[33m$m\033[0m" },
	{ "coloured time", .as = "\033[32m[   12.$n]\033[0m $m" },
	{ "kmsg", .as = "4,$n,12$n,-;$m" },
	{ "kmsg with caller", .as = "4,$n,12$n,-,caller=T42;$m" },
	{ "priority", .as = "<4>$m" },
	{ "Android", .as = "<4>[   12.$n,$c] $m" },
	{ "CPU and task", .as = "[   12.$n]  (1)[42:foo]$m" },
	{ "logcat", .as = "11-25 10:00:$s.123     0     0 W KERNEL  : $m" },
	{ "syslog", .as = "Nov 25 10:00:$s host kernel: [   12.$n] $m" },
	{ "syslog without time", .as = "Nov  5 10:00:$s host-1.example kernel: $m" },
	{ "syslog with priority", .as = "<12>Nov 25 10:00:$s host kernel: $m" },
	{ "rsyslog", .as = "2026-11-25T10:00:$s.$n+01:00 host kernel: [   12.$n] $m" },
	{ "journal", .as = "Nov 25 10:00:$s host kernel: $m" },
	{ "journal, precise", .as = "Nov 25 10:00:$s.$n host kernel: $m" },
	{ "journal, iso", .as = "2026-11-25T10:00:$s+0000 host kernel: $m" },
	{ "journal, full", .as = "Wed 2026-11-25 10:00:$s UTC host kernel: $m" },
	{ "journal, monotonic", .as = "[   12.$n] host kernel: $m" },
	{ "lab", .as = "2026-11-25T10:00:$s.$n <4>[   12.$n] $m" },
	{ "lab without time", .as = "2026-11-25T10:00:$sZ $m" },
	{ "CI", .as = "2026-11-25T10:00:$s.$n0Z [   12.$n] $m" },
	{ "ts", .as = "Nov 25 10:00:$s $m" },
	{ "ts -s", .as = "00:01:$s $m" },
	{ "serial console", .as = "[2026-11-25 10:00:$s] [   12.$n] $m" },
	{ "serial console, time of day", .as = "[10:00:$s] $m" },
	{ "microseconds", .as = "[12000$n] $m" },
	{ "TAP", .as = "# [   12.$n] $m" },
	{ "TAP without time", .as = "# $m" },
	{ "TAP in TAP", .as = "    # # $m" },
	{ "code block", .as = "    [   12.$n] $m" },
	{ "code block without time", .as = "    $m" },
	{ "tab", .as = "\t$m" },
	{ "quoted", .as = "> [   12.$n] $m" },
	{ "quoted, no time", .as = "> $m" },
	{ "quoted three times", .as = ">>> [   12.$n] $m" },
	{ "quoted apart", .as = "> > $m" },
	{ "quoted journal", .as = "> Nov 25 10:00:$s host kernel: $m" },
	{ "container", .as = "guest-1    | [   12.$n] $m" },
	{ "container without time", .as = "guest-1    | $m" },
	{ "build tool", .as = "DEBUG: qemu: $m" },
	{ "journal, with boot and host", .as = "-- Nov 25 10:00:$s box.lan kernel: $m" },
	{ "journal, unix time", .as = "1795600$s.$n host kernel: $m" },
	{ "journal, with unit", .as = "Nov 25 10:00:$s host kernel[0]: $m" },
	{ "log server", .as = "<4>1 2026-11-25T10:00:$s.$nZ host kernel - - - [   12.$n] $m" },
	{ "log server without time", .as = "192.168.1.7: $m" },
	{ "netconsole", .as = "10:00:$s 192.168.1.7:6666 [   12.$n] $m" },
	{ "hypervisor", .as = "(d1) [   12.$n] $m" },
	{ "hypervisor without time", .as = "(XEN) [2026-11-25 10:00:$s] (d1) $m" },
	{ "CI step", .as = "boot\tRun tests\t2026-11-25T10:00:$s.$n0Z $m" },
	{ "CI, elapsed", .as = "10:00:$s O: $m" },
	{ "lab, indented", .as = "10:00:$s.123  <4>[   12.$n] $m" },
	{ "test runner", .as = "[stdlog] 2026-11-25 10:00:$s,123 test L0042 DEBUG| $m" },
	{ "expect", .as = "console: [   12.$n] $m" },
	{ "syzbot's executor", .as = "2026/11/25 10:00:$s $m" },
	{ "diff", .as = "+[   12.$n] $m" },
	{ "diff without time", .as = "+ $m" },
	{ "table of a tracker", .as = "| [   12.$n] $m" },
	{ "numbered", .as = "$s: [   12.$n] $m" },
	{ "numbered, no time", .as = "$s\t$m" },
	{ "grep", .as = "console.log:$s:$m" },
	{ "ftrace", .as = "           storm-42      [001] .....    12.$n: console: $m" },
	{ "task in the line", .as = "[   12.$n] [   T42] storm: $m" },
	{ "nanoseconds", .as = "[   12.$n123] $m" },
	{ "milliseconds", .as = "[   12.0$s] $m" },
	{ "CRLF", .as = "[   12.$n] $m\r" },
	{ "CRLF without time", .as = "$m\r" },
	{ "byte order mark", .as = "$m", .bom = true },
	{ "byte order mark and time", .as = "[   12.$n] $m", .bom = true },
	{ "screen", .as = "[   12.$n] $m", .columns = 80 },
	{ "screen without time", .as = "$m", .columns = 80 },
	{ "screen with context", .as = "[   12.$n][   T42] $m", .columns = 80 },
	{ "quoted four times", .as = "> > > > [   12.$n] $m" },
	{ "quoted by two", .as = "> | $m" },
	{ "quoted, tab", .as = ">\t[   12.$n] $m" },
	{ "dmesg -e", .as = "[Nov25 10:$s] $m" },
	{ "dmesg -x -H", .as = "kern  :warn  : [  +0.$n] $m" },
	{ "dmesg -d", .as = "[   12.$n <    0.0000$s>] $m" },
	{ "dmesg --time-format=delta", .as = "[<    0.$n>] $m" },
	{ "dmesg -T with context", .as = "[Wed Nov 25 10:00:$s 2026] [    T42] $m" },
	{ "dmesg -T with context, close", .as = "[Wed Nov 25 10:00:$s 2026][    T42] $m" },
	{ "dmesg -x with context", .as = "kern  :warn  : [   12.$n] [     T42] $m" },
	{ "kmsg with device", .as = "4,$n,12$n,-;$m\n SUBSYSTEM=pci\n DEVICE=+pci:0000:00:02.0" },
	{ "netconsole, extended", .as = "6.1.0,4,$n,12$n,-;$m" },
	{ "netconsole, fragments", .as = "4,$n,12$n,-,ncfrag=0/120;$m" },
	{ "netconsole by syslog", .as = "Nov 25 10:00:$s 192.168.1.7 [   12.$n] $m" },
	{ "netconsole by syslog, no time", .as = "Nov 25 10:00:$s 192.168.1.7 $m" },
	{ "journal, monotonic delta", .as = "[   12.$n <    0.0000$s >] host kernel: $m" },
	{ "journal, iso-precise", .as = "2026-11-25T10:00:$s.$n+0100 host kernel: $m" },
	{ "journal, verbose",
	  .as = "Wed 2026-11-25 10:00:$s.$n UTC [s=0b;i=$n]\n    _TRANSPORT=kernel\n"
		"    PRIORITY=4\n    MESSAGE=$m\n    _HOSTNAME=host" },
	{ "journal, export",
	  .as = "__CURSOR=s=0b;i=$n\n_TRANSPORT=kernel\nMESSAGE=$m\n_HOSTNAME=host\n" },
	{ "syslog, RFC 5424",
	  .as = "<4>1 2026-11-25T10:00:$s.$nZ host kernel - - [meta sequenceId=\"$n\"] $m" },
	{ "busybox", .as = "Nov 25 10:00:$s host user.warn kernel: [   12.$n] $m" },
	{ "OpenWrt", .as = "Wed Nov 25 10:00:$s 2026 kern.warn kernel: [   12.$n] $m" },
	{ "OpenWrt without time", .as = "Wed Nov 25 10:00:$s 2026 kern.warn kernel: $m" },
	{ "level in capitals", .as = "2026-11-25T10:00:$s.$nZ WARNING kernel: [   12.$n] $m" },
	{ "level in capitals, no time", .as = "2026-11-25T10:00:$s.$nZ WARNING kernel: $m" },
	{ "level INFO", .as = "10:00:$s INFO: console: [   12.$n] $m" },
	{ "level INFO, no time", .as = "10:00:$s INFO: console: $m" },
	{ "systemd-cat", .as = "Nov 25 10:00:$s host cat[1234]: $m" },
	{ "wall", .as = "kernel:[   12.$n] $m" },
	{ "wall without time", .as = " kernel:$m" },
	{ "docker", .as = "2026-11-25T10:00:$s.$n123Z [   12.$n] $m" },
	{ "compose", .as = "guest-1  | 2026-11-25T10:00:$s.$nZ $m" },
	{ "kubectl", .as = "[pod/guest-0/qemu] [   12.$n] $m" },
	{ "kubectl without time", .as = "[pod/guest-0/qemu] $m" },
	{ "kubectl --timestamps", .as = "[pod/guest-0/qemu] 2026-11-25T10:00:$s.$nZ $m" },
	{ "CRI", .as = "2026-11-25T10:00:$s.$n123+00:00 stdout F [   12.$n] $m" },
	{ "CRI without time", .as = "2026-11-25T10:00:$s.$n123+00:00 stdout F $m" },
	{ "container's JSON",
	  .as = "{\"log\":\"[   12.$n] $m\\r\\n\",\"stream\":\"stdout\","
		"\"time\":\"2026-11-25T10:00:$s.$nZ\"}" },
	{ "tio", .as = "[10:00:$s.123] [   12.$n] $m" },
	{ "tio without time", .as = "[10:00:$s.123] $m" },
	{ "ser2net", .as = "2026/11/25 10:00:$s OpenPort [   12.$n] $m" },
	{ "conserver", .as = "[   12.$n] $m\r\n[-- MARK -- Wed Nov 25 10:00:$s 2026]\r" },
	{ "grabserial", .as = "[12.$n 0.0000$s] [   12.$n] $m" },
	{ "grabserial without time", .as = "[12.$n 0.0000$s] $m" },
	{ "LAVA", .as = "10:00:$s.$n  $m" },
	{ "LAVA's YAML",
	  .as = "- {\"dt\": \"2026-11-25T10:00:$s.$n\", \"lvl\": \"target\", "
		"\"msg\": \"[   12.$n] $m\"}" },
	{ "GitLab", .as = "2026-11-25T10:00:$s.$nZ 01O [   12.$n] $m" },
	{ "GitLab without time", .as = "2026-11-25T10:00:$s.$nZ 01O $m" },
	{ "tuxrun", .as = "2026-11-25T10:00:$s [   12.$n] $m" },
	{ "openQA", .as = "[2026-11-25T10:00:$s.$nZ] [debug] [pid:1234] $m" },
	{ "openQA with time", .as = "[2026-11-25T10:00:$s.$nZ] [debug] [pid:1234] [   12.$n] $m" },
	{ "Jenkins", .as = "[2026-11-25T10:00:$s.123Z] [   12.$n] $m" },
	{ "logcat, brief", .as = "W/kernel  (    0): $m" },
	{ "crash's log -T", .as = "[Wed Nov 25 10:00:$s UTC 2026] $m" },
	{ "crash's log -m", .as = "[   12.$n] <4>$m" },
	{ "crash's log -m with context", .as = "[   12.$n] [     T42] <4>$m" },
	{ "comment", .as = " * [   12.$n] $m" },
	{ "comment without time", .as = " * $m" },
	{ "Org", .as = ": $m" },
	{ "CR CR LF", .as = "[   12.$n] $m\r\r" },
	{ "blanks behind", .as = "[   12.$n] $m   \t" },
	{ "nothing but seconds", .as = "[   12] $m" },
	{ "HTML", .as = "[   12.$n] $m", .html = true },
	{ "HTML, priority", .as = "<4>[   12.$n] $m", .html = true },
	{ "HTML, quoted", .as = "> > $m", .html = true },
	{ "HTML, nothing", .as = "$m", .html = true },
	{ "HTML, a line each", .as = "<pre>[   12.$n] $m</pre>" },
	{ "mailer", .as = "[   12.$n] $m", .words = 76 },
	{ "mailer, context", .as = "[   12.$n][   T42] $m", .words = 76 },
	{ "mailer, nothing", .as = "$m", .words = 76 },
	{ "mailer, quoted", .as = "> [   12.$n] $m", .words = 76 },
	{ "mailer, quoted, no time", .as = "> $m", .words = 76 },
	{ "mailer, quoted journal", .as = "> Nov 25 10:00:$s host kernel: $m", .words = 76 },
	{ "pstore", .as = "<4>[   12.$n] $m", .parts = 100 },
	{ "pstore, two parts", .as = "<4>[   12.$n] $m", .parts = 8 },
	{ "pstore, many parts", .as = "<4>[   12.$n] $m", .parts = 3 },
};

/**
 * struct told - a report to write down
 * @title: its title
 * @lines: its messages, one a line
 */
static const struct told {
	const char *title;
	const char *lines;
} reports[] = {
	{ "WARNING in storm_unlock",
	  "------------[ cut here ]------------\n"
	  "raw_local_irq_restore() called with IRQs enabled\n"
	  "WARNING: CPU: 1 PID: 42 at kernel/locking/irqflag-debug.c:10 "
	  "warn_bogus_irq_restore+0x1d/0x20\n"
	  "Modules linked in: storm\n"
	  "CPU: 1 PID: 42 Comm: storm Not tainted 6.1.0 #1\n"
	  "RIP: 0010:warn_bogus_irq_restore+0x1d/0x20\n"
	  "RSP: 0018:ffffc900086cf990 EFLAGS: 00010286\n"
	  "Call Trace:\n"
	  " <TASK>\n"
	  " _raw_spin_unlock_irqrestore+0x63/0x70\n"
	  " storm_unlock+0x8c/0x90 [storm]\n"
	  " storm_ioctl+0x10/0x20 [storm]\n"
	  " do_syscall_64+0x37/0x80\n"
	  " </TASK>\n"
	  "---[ end trace 0000000000000000 ]---\n" },
	{ "possible deadlock in storm_take",
	  "======================================================\n"
	  "WARNING: possible circular locking dependency detected\n"
	  "6.1.0 #1 Not tainted\n"
	  "------------------------------------------------------\n"
	  "storm/42 is trying to acquire lock:\n"
	  "ffffffff8a0b3e70 (&storm_a){+.+.}-{3:3}, at: storm_take+0x1e/0x30\n"
	  "\n"
	  "but task is already holding lock:\n"
	  "ffffffff8a0b3e78 (&storm_b){+.+.}-{3:3}, at: storm_hold+0x1e/0x30\n"
	  "\n"
	  "stack backtrace:\n"
	  "CPU: 1 PID: 42 Comm: storm Not tainted 6.1.0 #1\n"
	  "Call Trace:\n"
	  " <TASK>\n"
	  " dump_stack_lvl+0x57/0x80\n"
	  " check_noncircular+0x10a/0x120\n"
	  " storm_take+0x1e/0x30\n"
	  " </TASK>\n" },
	{ "BUG: sleeping function called from invalid context in storm_wait",
	  "BUG: sleeping function called from invalid context at kernel/async.c:274\n"
	  "in_atomic(): 0, irqs_disabled(): 1, non_block: 0, pid: 42, name: storm\n"
	  "CPU: 1 PID: 42 Comm: storm Not tainted 6.1.0 #1\n"
	  "Call Trace:\n"
	  " <TASK>\n"
	  " dump_stack_lvl+0x57/0x80\n"
	  " __might_resched+0x10a/0x120\n"
	  " storm_wait+0x1e/0x30\n"
	  " </TASK>\n" },
	{ "BUG: soft lockup in storm_spin",
	  "watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [storm:42]\n"
	  "Modules linked in: storm\n"
	  "CPU: 1 PID: 42 Comm: storm Not tainted 6.1.0 #1\n"
	  "RIP: 0010:storm_look+0x1d/0x20\n"
	  "Call Trace:\n"
	  " <TASK>\n"
	  " storm_spin+0x1e/0x30\n"
	  " do_syscall_64+0x37/0x80\n"
	  " </TASK>\n" },
	{ "BUG: storm is over",
	  "BUG: storm is over\n"
	  "CPU: 1 PID: 42 Comm: storm Not tainted 6.1.0 #1\n"
	  "Call Trace:\n"
	  " storm_end+0x1e/0x30\n" },
};

static void add_char(struct buf *log, char c, bool html)
{
	static const char *const names[] = {
		['<'] = "&lt;", ['>'] = "&gt;", ['&'] = "&amp;", ['"'] = "&quot;",
		['+'] = "&#43;", ['\''] = "&#x27;",
	};
	const char *name = html && (size_t)c < ARRAY_SIZE(names) ? names[(size_t)c] : NULL;

	buf_add(log, name ?: &c, name ? strlen(name) : 1);
}

/* Adds @message to @log as line number @i, written as @w says. */
static void write_down(struct buf *log, const struct written *w, struct span message, int i)
{
	size_t at, end;
	struct buf line = {};
	const char *p;

	for (p = w->as; *p; p++) {
		if (*p != '$') {
			buf_add(&line, p, 1);
			continue;
		}
		switch (*++p) {
		case 'm':
			buf_add(&line, message.at, message.len);
			break;
		case 'n':
			buf_addf(&line, "%06d", 7 * i);
			break;
		case 's':
			buf_addf(&line, "%02d", i);
			break;
		case 'c':
			buf_addf(&line, "%d", i % 4);
			break;
		}
	}
	for (at = 0; w->words && line.len - at > w->words; at = end + 1) {
		for (end = at + w->words; end > at && line.data[end] != ' '; end--)
			;
		if (end == at)
			break;
		line.data[end] = '\n';
	}
	for (at = 0; at < line.len; at++) {
		if (w->columns && at && !(at % w->columns))
			buf_add(log, "\n", 1);
		add_char(log, line.data[at], w->html);
	}
	buf_add(log, "\n", 1);
	buf_free(&line);
}

/* Writes all of @lines down, the kernel's words; the caller frees @log. */
static void write_log(struct buf *log, const struct written *w, const char *lines)
{
	struct buf part = {}, later;
	int i, n = 0;
	const char *p;

	for (p = lines; *p; p++)
		n += *p == '\n';
	for (i = 1, p = lines; *p; p += strcspn(p, "\n") + 1, i++) {
		write_down(&part, w, (struct span){ .at = p, .len = strcspn(p, "\n") }, i);
		if (i < n && !(w->parts && i % w->parts == 0))
			continue;
		later = *log;
		memset(log, 0, sizeof(*log));
		if (w->bom)
			buf_addf(log, "\xef\xbb\xbf");
		if (w->parts)
			buf_addf(log, "Oops#1 Part%d\n", (n - i + w->parts - 1) / w->parts + 1);
		buf_add(log, part.data, part.len);
		buf_add(log, later.data ?: "", later.len);
		buf_free(&later);
		part.len = 0;
	}
	buf_free(&part);
}

static bool is_read(const struct written *w, const char *title, const char *lines)
{
	struct crash crash;
	struct buf log = {};
	bool right;
	int rc;

	write_log(&log, w, lines);
	pstore_order(&log);
	rc = crash_find(log.data, log.len, &crash);
	check_sane(&crash, rc, log.len);
	right = crash.title && !strcmp(crash.title, title) && !crash.corrupted;
	if (!right)
		print_message("%s: \"%s\" (%s), not \"%s\"\n", w->name, crash.title ?: "",
			      crash.corrupted ?: "whole", title);
	if (!right && getenv("SHOW"))
		print_message("%s", log.data);
	crash_free(&crash);
	buf_free(&log);
	return right;
}

/* Our own logs that hold one whole report and nothing of others. */
static const char *const plain_logs[] = {
	"arm-oops", "debug-irqflags", "decoded-kasan", "decoded-warning", "divide",
	"hard-lockup-delay", "held-lock-freed", "hung-task", "inconsistent-lock",
	"irq-unsafe-lock", "kasan-free", "kfence", "kmsan", "lockdep",
	"memory-leak", "new-warning", "null-deref", "odebug", "page-state", "preemptible",
	"rcu-stall", "recursive-lock", "refcount", "riscv-oops", "slub-cache", "soft-lockup",
	"spinlock", "stack-guard", "ubsan", "unlock-balance", "usb",
};

/* How many ways of writing @lines down give it another title. */
static unsigned int wrong_ways(const char *title, const char *lines)
{
	unsigned int wrong = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++)
		wrong += !is_read(&ways[i], title, lines);
	return wrong;
}

/* The title is the report's, however its lines were written down. */
static void test_ways(void **state)
{
	unsigned int wrong = 0;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(reports); i++)
		wrong += wrong_ways(reports[i].title, reports[i].lines);
	for (i = 0; i < ARRAY_SIZE(plain_logs); i++) {
		char *dir = logs_dir(), *path = xasprintf("%s/%s", dir, plain_logs[i]), *lines;
		struct sample sample;

		sample_read(&sample, path);
		lines = pattern_replace("(?m)^\\[ *[\\d.]+\\](?:\\[ *[CT]\\d+\\])? ",
					sample.log, "");
		wrong += wrong_ways(sample.title, lines);
		free(lines);
		sample_free(&sample);
		free(path);
		free(dir);
	}
	print_message("%u of %zu are wrong\n", wrong, ARRAY_SIZE(ways) *
		      (ARRAY_SIZE(reports) + ARRAY_SIZE(plain_logs)));
	assert_int_equal(wrong, 0);
}

/* The function where it is in the title only, and the titles of others. */
static void test_other_titles(void **state)
{
	static const char log[] =
		"WARNING: possible recursive locking detected\n"
		"init/131 is trying to acquire lock:\n"
		"(&a){+.+.}-{2:2}, at: first_lock+0x1e/0x30\n"
		"Call Trace:\n"
		" first_lock+0x1e/0x30\n"
		" dput+0x1/0x2\n";
	static const char oops[] =
		"BUG: kernel NULL pointer dereference, address: 0000000000000010\n"
		"RIP: 0010:second+0x1/0x2\n"
		"Call Trace:\n"
		" third+0x1/0x2\n"
		" fourth+0x1/0x2\n";
	struct crash crash;

	(void)state;
	assert_int_equal(crash_find(log, strlen(log), &crash), 1);
	assert_string_equal(crash.title, "possible deadlock in first_lock");
	assert_string_equal(crash.frame, "first_lock");
	assert_string_equal(crash.kind, "lockdep");
	assert_int_equal(crash.alts.n, 0);
	crash_free(&crash);
	assert_int_equal(crash_find(oops, strlen(oops), &crash), 1);
	assert_string_equal(crash.title,
			    "BUG: unable to handle kernel NULL pointer dereference in second");
	assert_string_equal(crash.kind, "oops");
	assert_int_equal(crash.alts.n, 1);
	assert_string_equal(crash.alts.v[0], "bad-access in second");
	crash_free(&crash);
}

/* Another report follows at once: each has its own lines. */
static void test_next_begins(void **state)
{
	static const char log[] =
		"[    2.0] BUG: sleeping function called from invalid context at a.c:1\n"
		"[    2.0] Call Trace:\n"
		"[    2.0]  first+0x1/0x2\n"
		"[    2.0]  caller+0x1/0x2\n"
		"[    3.0] WARNING: CPU: 0 PID: 1 at a.c:1 second+0x1/0x2\n"
		"[    3.0] RIP: 0010:second+0x1/0x2\n"
		"[    3.0] ---[ end trace 1 ]---\n";
	struct crash crash;
	size_t end;

	(void)state;
	assert_int_equal(crash_find(log, strlen(log), &crash), 1);
	assert_string_equal(crash.title,
			    "BUG: sleeping function called from invalid context in first");
	assert_int_equal(crash.end, strstr(log, "[    3.0]") - log);
	end = crash.end;
	crash_free(&crash);
	assert_int_equal(crash_find(log + end, strlen(log) - end, &crash), 1);
	assert_string_equal(crash.title, "WARNING in second");
	crash_free(&crash);
	/* One line is a log too. */
	assert_int_equal(crash_find(log + end, 60, &crash), 1);
	crash_free(&crash);
}

/* Fills @log with what a console says all day, and words that begin some reports. */
static void fill(struct buf *log, size_t len)
{
	static const char *const said[] = {
		"audit: type=1400 audit(1750305980.320:67): avc: denied { mount } comm=\"init\"",
		"clocksource: Switched to clocksource tsc",
		"INFO: lockdep is turned off.",
		"EXT4-fs (vda1): mounted filesystem with ordered data mode. Quota mode: none.",
		"kauditd_printk_skb: 42 callbacks suppressed; not a BUG either",
		"  storm_guess+0x1/0x2",
	};
	size_t i;

	for (i = 0; log->len < len; i++) {
		char *line = xasprintf("[%5zu.%06zu][%5s%zu] %s\n", i / 1000, i % 1000000, "T",
				       i % 5000, said[i % ARRAY_SIZE(said)]);

		buf_add(log, line, strlen(line));
		free(line);
	}
}

/* Far above what it takes, for slow machines; "make crash-speed" measures. */
static void test_large(void **state)
{
	static const char report[] =
		"[99999.000001] WARNING: CPU: 0 PID: 1 at a.c:1 last+0x1/0x2\n"
		"[99999.000001] RIP: 0010:last+0x1/0x2\n";
	struct buf log = {};
	struct crash crash;
	double began;

	(void)state;
	fill(&log, 100 << 20);
	began = now();
	assert_int_equal(crash_find(log.data, log.len, &crash), 0);
	buf_add(&log, report, strlen(report));
	assert_int_equal(crash_find(log.data, log.len, &crash), 1);
	assert_string_equal(crash.title, "WARNING in last");
	crash_free(&crash);
	/* What follows a report is not gathered without end. */
	memcpy(log.data, report, strlen(report));
	assert_int_equal(crash_find(log.data, log.len, &crash), 1);
	assert_int_equal(crash.start, 0);
	crash_free(&crash);
	print_message("3 * 100 MiB in %.1f s\n", now() - began);
	assert_true(now() - began < 60);
	buf_free(&log);
}

/* How many crashes there are in @repeated, over and over again, up to @len bytes. */
static size_t count(const char *repeated, size_t len)
{
	struct buf log = {};
	struct crash crash;
	size_t from = 0, n = 0;

	while (log.len < len)
		buf_add(&log, repeated, strlen(repeated));
	while (crash_find(log.data + from, log.len - from, &crash)) {
		from += crash.end;
		n++;
		crash_free(&crash);
	}
	buf_free(&log);
	return n;
}

/* All crashes of a log take as long as it is: some of these took an hour. */
static void test_full(void **state)
{
	static const char *const reports[] = {
		"BUG: storm is over\n",
		"[    1.000001] BUG: sleeping function called from invalid context at a.c:1\n"
		"[    1.000002] Call Trace:\n"
		"[    1.000003]  f+0x1/0x2\n",
		"[    1.000001][    T1] BUG: storm is over\n"
		"[    1.000001][    T2] BUG: storm is over\n"
		"[    1.000001][    T3] BUG: storm is over\n",
		"> WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\n"
		"> RIP: 0010:f+0x1/0x2\n"
		"> ---[ end trace 1 ]---\n",
	};
	double began = now();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(reports); i++) {
		size_t n = count(reports[i], 4 << 20);

		assert_true(n >= (4 << 20) / strlen(reports[i]));
	}
	print_message("%zu * 4 MiB in %.1f s\n", ARRAY_SIZE(reports), now() - began);
	assert_true(now() - began < 120);
}

/* Fails unless a report without first line is seen in @log, with @title if that isn't NULL. */
static void check_rest(const char *log, const char *title)
{
	struct crash crash;
	int rc;

	assert_int_equal(crash_find(log, strlen(log), &crash), 0);
	rc = crash_find_rest(log, strlen(log), &crash);
	check_sane(&crash, rc, strlen(log));
	if (!rc)
		fail_msg("nothing: %s", log);
	assert_non_null(crash.corrupted);
	if (title)
		assert_string_equal(crash.title, title);
	crash_free(&crash);
}

/* Each of them tells that there was a report. */
static void test_rest_words(void **state)
{
	static const char *const words[] = {
		"------------[ cut here ]------------",
		"---[ end trace 0000000000000000 ]---",
		"Oops: 0002 [#1] SMP",
		"Oops [#1]",
		"Kernel Offset: 0x1c000000 from 0xffffffff81000000",
		"Kernel Offset: disabled",
		"Rebooting in 86400 seconds..",
		"other info that might help us debug this:",
		"storm/42 is trying to acquire lock:",
		"storm/42 [HC0[0]:SC0[0]:HE0:SE1] is trying to acquire:",
		"storm/42 is trying to release lock (&storm_a) at:",
		"storm/42 is freeing memory ffff88800178f000-ffff88800178f8ff, "
		"with a lock still held there!",
		"storm/42 is leaving the kernel with locks still held!",
		"The buggy address belongs to the object at ffff8880041f2d40",
		"Memory state around the buggy address:",
		"Read of size 4 at addr ffff8880041f2d44 by task storm/42",
		"Write of size 8 by task storm/42",
		"write to 0xffff888004c1a0d8 of 8 bytes by interrupt on cpu 1:",
		"Reported by Kernel Concurrency Sanitizer on:",
		"Uninit was created at:",
		"kfence-#33 [0xffff88800aae4fe0-0xffff88800aae4fff, size=32] allocated by task 42:",
		"unreferenced object 0xffff88800aae4fe0 (size 32):",
		"in_atomic(): 1, irqs_disabled(): 0, pid: 42, name: storm",
		"\"echo 0 > /proc/sys/kernel/hung_task_timeout_secs\" disables this message.",
		"rcu: \t0-...!: (1 GPs behind) idle=cfe/1/0x4000000000000002 fqs=0",
		"rcu: \t0-....: (20822 ticks this GP) idle=94b/1/0x4000000000000000",
		"rcu: \t(detected by 2, t=26002 jiffies, g=1141, q=8)",
		"rcu: rcu_preempt kthread starved for 26002 jiffies! g1141 f0x0",
		"ffff88800f594a80: .. nvcsw: 2/2 holdout: 1 idle_cpu: -1/1",
		"unwind stack type:0 next_sp:          (null) mask:0x6 graph_idx:0",
		"6.1.0 #1 Not tainted",
		"CPU: 0 PID: 42 Comm: storm Tainted: G        W          6.1.0 #1",
		"Modules linked in: storm",
		"Call Trace:",
		"Call trace:",
		"Backtrace: \n[<c0012345>] (storm_end) from [<c0023456>] (storm_stop+0x10/0x20)",
		"RIP: 0010:storm_end+0x1/0x2",
		"EIP: storm_end+0x1/0x2",
		"IP: [<ffffffff810a376f>] storm_end+0x1/0x2",
		"PC is at storm_end+0x1/0x2",
		"pc : storm_end+0x1/0x2",
		"epc : storm_end+0x1/0x2",
		" unwind_backtrace from show_stack+0x10/0x14",
		"Sending NMI from CPU 0 to CPUs 1-3:",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		char *log = xasprintf("[    1.000001] %s\n", words[i]);

		check_rest(words[i], NULL);
		check_rest(log, NULL);
		free(log);
	}
}

/* A report that has lost its first line; our logs without title are none. */
static void test_rest(void **state)
{
	static const char *const rests[] = {
		"[    1.0] ------------[ cut here ]------------\n"
		"[    1.0] Call Trace:\n"
		"[    1.0]  storm_end+0x1/0x2\n",
		"Oops: 0002 [#1] SMP\n"
		"RIP: 0010:storm_end+0x1/0x2\n",
		"# stack backtrace:\n"
		"# CPU: 1 PID: 42 Comm: storm Not tainted 6.1.0 #1\n"
		"# Call Trace:\n"
		"#  storm_end+0x1/0x2\n",
		/* Only the first stack is announced. */
		"[    1.0] storm: page allocation failure: order:4, mode:0x40cc0\n"
		"[    1.0] CPU: 1 PID: 42 Comm: storm Not tainted 6.1.0 #1\n"
		"[    1.0] Call Trace:\n"
		"[    1.0]  storm_grow+0x1/0x2\n"
		"[    2.0] CPU: 1 PID: 42 Comm: storm Not tainted 6.1.0 #1\n"
		"[    2.0] Call Trace:\n"
		"[    2.0]  storm_end+0x1/0x2\n",
		/* The report was there before. */
		"[    1.0] CPU: 1 PID: 42 Comm: storm Not tainted 6.1.0 #1\n"
		"[    1.0] Call Trace:\n"
		"[    1.0]  storm_end+0x1/0x2\n"
		"[    2.0] storm invoked oom-killer: gfp_mask=0xcc0\n",
	};
	static const char later[] = "[    9.0] Call Trace:\n[    9.0]  storm_end+0x1/0x2\n";
	struct buf log = {};
	struct crash crash;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rests); i++)
		check_rest(rests[i], "unnamed report in storm_end");
	check_rest("x[ cut here ]--\t[    1.000000] \n", NULL);
	/* What was announced is over. */
	buf_addf(&log, "[    1.0] sysrq: Show Regs\n[    1.0] Call Trace:\n");
	while (log.len < 16384)
		buf_addf(&log, "[    2.0] storm: hello\n");
	assert_int_equal(crash_find_rest(log.data, log.len, &crash), 0);
	buf_addf(&log, "%s", later);
	check_rest(log.data, "unnamed report in storm_end");
	buf_free(&log);
	assert_int_equal(crash_find_rest("", 0, &crash), 0);
}

static void test_empty(void **state)
{
	struct crash crash;

	(void)state;
	assert_int_equal(crash_find("", 0, &crash), 0);
	assert_null(crash.title);
	assert_int_equal(crash_find("\n\n", 2, &crash), 0);
}

/* The first of two reports is the one that counts. */
static void test_first_wins(void **state)
{
	static const char log[] =
		"WARNING: CPU: 0 PID: 1 at a.c:1 first+0x1/0x2\n"
		"RIP: 0010:first+0x1/0x2\n"
		"---[ end trace 1 ]---\n"
		"BUG: kernel NULL pointer dereference, address: 0\n"
		"RIP: 0010:second+0x1/0x2\n";
	struct crash crash;

	(void)state;
	assert_int_equal(crash_find(log, strlen(log), &crash), 1);
	assert_string_equal(crash.title, "WARNING in first");
	crash_free(&crash);
}

/* Whatever a log is cut off at, it is read without fault. */
static void test_cut_off(void **state)
{
	char *dir = logs_dir(), *path = xasprintf("%s/irqsan-kvm-wait", dir);
	struct buf file = {};
	struct crash crash;
	size_t len;

	(void)state;
	assert_int_equal(read_file(path, &file), 0);
	for (len = 0; len < file.len; len++) {
		char *copy = xcalloc(1, len + 1);

		memcpy(copy, file.data, len);
		crash_find(copy, len, &crash);
		crash_free(&crash);
		free(copy);
	}
	buf_free(&file);
	free(path);
	free(dir);
}

/* "test-crash NAME" runs only that one. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_logs),
		cmocka_unit_test(test_corpus),
		cmocka_unit_test(test_where),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_other_titles),
		cmocka_unit_test(test_next_begins),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_rest_words),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_first_wins),
		cmocka_unit_test(test_cut_off),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
