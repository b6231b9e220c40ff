// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of run.c and of what it uses, and of verifications, with fake-qemu in
 * QEMU's place.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/util.h"
#include "judge/series.h"
#include "cmd/cmd.h"
#include "verify/verify-doc.h"

/* Short enough for a test, long enough for a busy machine to start a process. */
static const struct run_limits limits = {
	.phase = { 6, 6, 4, 6 },
	.stall = 3,
	.tail = 0.6,
	.outer = 1,
	.quiet = 0.1,
};

/* fake-qemu lies beside the test. */
static char *fake_qemu(void)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(n > 0);
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	return xasprintf("%s/fake-qemu", self);
}

/**
 * struct fixture - what a test has
 * @dir: the run's directory
 * @qemu: path of fake-qemu
 * @plan: what is ordered of the guest
 * @guest: what it boots
 * @config: as for series_run()
 * @result: its result
 */
struct fixture {
	char *dir;
	char *qemu;
	struct plan plan;
	struct run_guest guest;
	struct series config;
	struct result result;
};

static void prepare(struct fixture *f, const char *plays, unsigned int runs, unsigned int jobs)
{
	char *state;

	f->dir = xstrdup("/tmp/irqsan-run-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->qemu = fake_qemu();
	plan_init(&f->plan);
	f->plan.accel = ACCEL_KVM;
	f->plan.seconds = 0;
	f->plan.proof = true;
	f->plan.expect_pv = true;
	f->guest = (struct run_guest){
		.plan = &f->plan,
		.vm = { .accel = ACCEL_KVM, .qemu = f->qemu, .kernel = "/fake/kernel",
			.initramfs = "/fake/initramfs", .cpus = 4, .memory_mb = 512 },
		.conf = "workload mkdir-storm\n",
	};
	f->config = (struct series){
		.run = {
			.guests = &f->guest, .nr_guests = 1, .runs = runs, .jobs = jobs,
			.limits = &limits, .scale = 1, .dir = f->dir,
		},
		.out = stderr,
	};
	result_init(&f->result, runs);
	state = xasprintf("%s/starts", f->dir);
	setenv("FAKE_QEMU", plays, 1);
	if (strchr(plays, ','))
		setenv("FAKE_QEMU_STATE", state, 1);
	else
		unsetenv("FAKE_QEMU_STATE");
	free(state);
}

/* Reads @name of a boot's directory; the caller frees it. */
static char *slurp(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);
	struct buf b = {};

	assert_int_equal(read_file(path, &b), 0);
	free(path);
	return b.data ?: xstrdup("");
}

/* The pid that fake-qemu had is nobody's, and this process has no child. */
static void assert_gone(const char *boot)
{
	char *records = slurp(boot, "records.jsonl");
	const char *at = strstr(records, "\"pid\":");

	if (at)
		assert_true(kill((pid_t)strtol(at + 6, NULL, 10), 0) && errno == ESRCH);
	free(records);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void assert_files(const char *boot)
{
	static const char *const names[] = {
		"console.log", "records.jsonl", "qemu.argv", "irqsan.conf", "run.json",
		"verdict.json",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		char *path = xasprintf("%s/%s", boot, names[i]);

		if (!file_exists(path))
			fail_msg("%s is missing", path);
		free(path);
	}
}

static int recheck(const char *dir)
{
	char *argv[] = { "irqsan recheck", (char *)dir, NULL };

	return cmd_recheck.run(2, argv);
}

static void assert_line(const struct fixture *f, unsigned int number, const char *want)
{
	char *line = verdict_line(result_verdict(&f->result, number));

	assert_string_equal(line, want);
	free(line);
}

static void finish(struct fixture *f)
{
	unsigned int i, j;

	for (i = 0; i < f->result.n; i++) {
		for (j = 0; j < f->result.runs[i].n; j++) {
			assert_files(f->result.runs[i].attempts[j].dir);
			assert_gone(f->result.runs[i].attempts[j].dir);
		}
	}
	assert_int_equal(recheck(f->dir), EXIT_OK);
	result_free(&f->result);
	remove_tree(f->dir);
	free(f->dir);
	free(f->qemu);
}

/**
 * struct one - one boot of one play
 * @play: the play
 * @end: run with until_first off
 * @line: verdict
 * @ended: why it ended, in run.json
 * @attempts: boots that it takes
 * @exit: exit code of the whole
 */
struct one {
	const char *play;
	bool end;
	const char *line;
	const char *ended;
	unsigned int attempts;
	int exit;
};

static const struct one ones[] = {
	{ "good", false, "OK", "exited 0", 1, EXIT_OK },
	{ "good", true, "OK", "exited 0", 1, EXIT_OK },
	{ "bug", false, "crashed: WARNING in kvm_wait", "stopped first-violation", 1, EXIT_FOUND },
	{ "bug-to-the-end", true, "crashed: WARNING in kvm_wait", "exited 0", 1, EXIT_FOUND },
	{ "halted", true, "boot failed: kernel can't be unpacked: ZSTD-compressed data is corrupt",
	  "stopped halted", 1, EXIT_FOUND },
	{ "early-panic", true, "boot failed: kernel panic: alloc_low_pages: can not alloc memory",
	  "stopped halted", 1, EXIT_FOUND },
	{ "early-exception", true, "boot failed: no progress (stopped halted)", "stopped halted",
	  1, EXIT_FOUND },
	{ "load-halts", true, "hung: stopped halted, after 0 ms of load", "stopped halted", 1,
	  EXIT_FOUND },
	{ "halted-but-alive", true, "OK", "exited 0", 1, EXIT_OK },
	{ "warning-only", false, "OK (at boot: WARNING in foo_probe)", "exited 0", 1, EXIT_OK },
	{ "warning-and-bug", false, "crashed: WARNING in kvm_wait (at boot: WARNING in foo_probe)",
	  "stopped first-violation", 1, EXIT_FOUND },
	{ "bug-in-pieces", false, "crashed: WARNING in kvm_wait", "stopped first-violation", 1,
	  EXIT_FOUND },
	{ "bug-unprinted", false, "crashed: WARNING in kvm_wait", "stopped first-violation", 1,
	  EXIT_FOUND },
	{ "oops", false,
	  "crashed: BUG: unable to handle kernel NULL pointer dereference in d_walk",
	  "stopped first-violation", 1, EXIT_FOUND },
	{ "oops", true,
	  "crashed: BUG: unable to handle kernel NULL pointer dereference in d_walk",
	  "stalled load", 1, EXIT_FOUND },
	{ "panic-at-boot", true, "boot failed: kernel panic: Attempted to kill init!", "exited 0",
	  1, EXIT_FOUND },
	{ "silent", true, "boot failed: no output from the kernel", "stalled boot", 1, EXIT_FOUND },
	{ "stall-boot", true, "boot failed: no progress (stalled boot)", "stalled boot", 1,
	  EXIT_FOUND },
	{ "stall-insmod", true, "boot failed: no progress (stalled insmod)", "stalled insmod", 1,
	  EXIT_FOUND },
	{ "stall-load", true, "hung: stalled load, after 1000 ms of load", "stalled load", 1,
	  EXIT_FOUND },
	{ "stall-ticking", true, "hung: stalled load, after 1000 ms of load", "stalled load", 1,
	  EXIT_FOUND },
	{ "stall-finish", true, "hung: stalled finish, after 1000 ms of load", "stalled finish", 1,
	  EXIT_FOUND },
	{ "never-done", true, "hung: deadline load, after 1000 ms of load", "deadline load", 1,
	  EXIT_FOUND },
	{ "flood", true, "OK", "exited 0", 1, EXIT_OK },
	{ "killed", true, "lost: QEMU exited 137", "exited 137", 3, EXIT_INFRA },
	{ "refused", true, "lost: QEMU exited 1: fake-qemu: no such accelerator", "exited 1", 3,
	  EXIT_INFRA },
	{ "half-line", true, "lost: no verdict from the guest", "exited 0", 3, EXIT_INFRA },
	{ "garbage", true, "OK", "exited 0", 1, EXIT_OK },
	{ "dead-control", true, "lost: the planted restore was not reported: detector dead",
	  "exited 0", 3, EXIT_INFRA },
	{ "not-reached", true, "inconclusive: kvm_wait was never reached", "exited 0", 1,
	  EXIT_INFRA },
	{ "module-refused", true,
	  "boot failed: insmod irqsan.ko: version magic 'x' should be 'y'", "exited 0", 1,
	  EXIT_FOUND },
	/* There is no outer guest below KVM, whatever a guest says. */
	{ "l1-exit", true, "lost: no verdict from the guest", "exited 0", 3, EXIT_INFRA },
	{ "l1-stall", true, "hung: stalled load, after 0 ms of load", "stalled load", 1, EXIT_FOUND },
};

static void test_plays(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(ones); i++) {
		char *run, *want;
		struct fixture f;

		print_message("%s%s\n", ones[i].play, ones[i].end ? " (to the end)" : "");
		prepare(&f, ones[i].play, 1, 1);
		f.plan.until_first = !ones[i].end;
		assert_int_equal(series_run(&f.config, &f.result), 0);
		assert_line(&f, 0, ones[i].line);
		assert_int_equal(f.result.runs[0].n, ones[i].attempts);
		assert_int_equal(result_exit(&f.result), ones[i].exit);
		run = slurp(f.result.runs[0].attempts[0].dir, "run.json");
		want = xasprintf("\"ended\": \"%s\"", ones[i].ended);
		assert_non_null(strstr(run, want));
		free(want);
		free(run);
		finish(&f);
	}
}

static void run_with(const char *play, bool planted, const char *chore, const char *line)
{
	struct fixture f;

	prepare(&f, play, 1, 1);
	f.plan.until_first = false;
	f.plan.planted = planted;
	if (chore)
		strv_push(&f.plan.chores, chore);
	assert_int_equal(series_run(&f.config, &f.result), 0);
	assert_line(&f, 0, line);
	finish(&f);
	plan_free(&f.plan);
}

/* What was ordered reaches the judge, now and when it judges again. */
static void test_orders(void **state)
{
	(void)state;
	run_with("planted", true, NULL, "OK");
	run_with("planted", false, NULL, "crashed: WARNING in kvm_wait");
	run_with("good", true, NULL, "crashed: planted: no word of init");
	run_with("kexec", false, "kexec", "OK");
	run_with("good", false, "kexec", "crashed: chore: no word of kexec");
}

/* A limit on the whole boot, and more patience for its phases. */
static void test_limits(void **state)
{
	struct fixture f;

	(void)state;
	prepare(&f, "never-done", 1, 1);
	f.plan.scale = 10000;
	f.plan.timeout = 2;
	assert_int_equal(series_run(&f.config, &f.result), 0);
	assert_line(&f, 0, "hung: deadline load, after 1000 ms of load");
	assert_true(result_verdict(&f.result, 0)->wall_s > 1.9);
	assert_true(result_verdict(&f.result, 0)->wall_s < 60);
	finish(&f);
}

/* A guest that gets no CPU has not hung: that is the host's fault, and repeated. */
static void test_busy_host(void **state)
{
	struct run_limits impatient = limits;
	cpu_set_t all, one;
	struct fixture f;
	char *line;
	pid_t pids[4];
	size_t i;
	int cpu = 0, rc;

	(void)state;
	impatient.stall = 4;
	impatient.quiet = 60;
	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	prepare(&f, "starved", 1, 1);
	f.config.run.limits = &impatient;
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	/* The scheduler may share the CPU out among sessions. */
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (!pids[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			setsid();
		}
		while (!pids[i])
			;
	}
	rc = series_run(&f.config, &f.result);
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		kill(pids[i], SIGKILL);
		assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
	}
	assert_int_equal(rc, 0);
	assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
	line = verdict_line(result_verdict(&f.result, 0));
	if (strncmp(line, "lost: the host was too busy: ", 29))
		fail_msg("%s", line);
	free(line);
	assert_int_equal(f.result.runs[0].n, 3);
	assert_int_equal(result_exit(&f.result), EXIT_INFRA);
	finish(&f);
}

/* A driver's warning under load ends a boot, unless it is to be ignored. */
static void test_ignore(void **state)
{
	struct fixture f;
	char *run;

	(void)state;
	prepare(&f, "oops", 1, 1);
	strv_push(&f.plan.ignore, "d_walk$");
	assert_int_equal(series_run(&f.config, &f.result), 0);
	assert_line(&f, 0, "hung: stalled load, after 0 ms of load (ignored: BUG: unable to "
		    "handle kernel NULL pointer dereference in d_walk)");
	run = slurp(f.result.runs[0].attempts[0].dir, "run.json");
	assert_non_null(strstr(run, "\"ended\": \"stalled load\""));
	free(run);
	finish(&f);
	plan_free(&f.plan);
}

static void test_lost_boots_are_repeated_and_counted(void **state)
{
	struct result_totals t;
	struct fixture f;
	json_t *doc, *run;

	(void)state;
	prepare(&f, "killed,half-line,good", 2, 1);
	assert_int_equal(series_run(&f.config, &f.result), 0);
	assert_line(&f, 0, "OK");
	assert_line(&f, 1, "OK");
	assert_int_equal(f.result.runs[0].n, 3);
	assert_int_equal(f.result.runs[1].n, 1);
	assert_non_null(strstr(f.result.runs[0].attempts[2].dir, "/0.retry2"));
	result_totals(&f.result, &t);
	assert_int_equal(t.outcome[OUTCOME_OK], 2);
	assert_int_equal(t.outcome[OUTCOME_LOST], 0);
	assert_int_equal(t.lost_boots, 2);
	assert_int_equal(t.retried, 2);
	assert_int_equal(result_exit(&f.result), EXIT_OK);
	doc = result_json(&f.result);
	run = json_array_get(json_object_get(doc, "runs"), 0);
	assert_int_equal(json_array_size(json_object_get(run, "attempts")), 3);
	json_decref(doc);
	finish(&f);
}

/* Verdicts are printed by run number, whichever boot ends first. */
static void test_parallel_in_order(void **state)
{
	char *text = NULL;
	size_t size = 0;
	struct fixture f;

	(void)state;
	prepare(&f, "stall-load,good,good", 3, 3);
	f.config.out = open_memstream(&text, &size);
	assert_non_null(f.config.out);
	assert_int_equal(series_run(&f.config, &f.result), 0);
	fclose(f.config.out);
	assert_non_null(strstr(text, "run #0: "));
	assert_true(strstr(text, "run #0: ") < strstr(text, "run #1: "));
	assert_true(strstr(text, "run #1: ") < strstr(text, "run #2: "));
	assert_int_equal(result_exit(&f.result), EXIT_FOUND);
	free(text);
	finish(&f);
}

static bool after_one(void *ctx, unsigned int number, const struct verdict *v)
{
	unsigned int *told = ctx;

	assert_int_equal(number, 1);
	assert_int_equal(v->outcome, OUTCOME_OK);
	(*told)++;
	return true;
}

/* Who knows enough has the boots that still run ended, and no more started. */
static void test_enough(void **state)
{
	unsigned int told = 0;
	struct fixture f;

	(void)state;
	prepare(&f, "stall-load,good,good", 4, 2);
	f.config.enough = after_one;
	f.config.ctx = &told;
	assert_int_equal(series_run(&f.config, &f.result), 0);
	assert_int_equal(told, 1);
	assert_false(f.result.interrupted);
	assert_line(&f, 0, "lost: interrupted");
	assert_line(&f, 1, "OK");
	assert_null(result_verdict(&f.result, 2));
	finish(&f);
}

/* Guests take turns, whatever the number that a call begins with. */
static void test_in_turn(void **state)
{
	struct run_guest guests[2];
	char *text = NULL, *run;
	size_t size = 0;
	struct fixture f;

	(void)state;
	prepare(&f, "bug-to-the-end,good", 2, 1);
	guests[0] = f.guest;
	guests[0].name = "before";
	guests[1] = f.guest;
	guests[1].name = "after";
	guests[1].facts = json_pack("{s:s}", "side", "after");
	f.config.run.guests = guests;
	f.config.run.nr_guests = 2;
	f.config.out = open_memstream(&text, &size);
	f.plan.until_first = false;
	assert_int_equal(series_run(&f.config, &f.result), 0);
	f.config.run.first = 2;
	f.config.run.runs = 3;
	result_extend(&f.result, 5);
	assert_int_equal(series_run(&f.config, &f.result), 0);
	fclose(f.config.out);
	assert_string_equal(text, "run #0 before: crashed: WARNING in kvm_wait\n"
			    "run #1 after: OK\nrun #2 before: OK\nrun #3 after: OK\n"
			    "run #4 before: OK\n");
	run = slurp(f.result.runs[3].attempts[0].dir, "run.json");
	assert_non_null(strstr(run, "\"side\": \"after\""));
	free(run);
	run = slurp(f.result.runs[4].attempts[0].dir, "run.json");
	assert_null(strstr(run, "\"side\""));
	free(run);
	json_decref(guests[1].facts);
	free(text);
	finish(&f);
}

/**
 * struct verification - plays of the boots of both sides, and what comes of them
 * @plays: in turn, before first; the last goes on for ever
 * @runs: as for verify_plan()
 * @answer: the verdict
 * @boots: that it takes
 */
struct verification {
	const char *plays;
	unsigned int runs;
	enum verify_answer answer;
	unsigned int boots;
};

#define BUG_PANIC "bug-to-the-end,panic-at-boot,"
#define BUG_STALL "bug-to-the-end,stall-load,"
#define BUG_GOOD "bug-to-the-end,good,"

static const struct verification verifications[] = {
	{ BUG_GOOD BUG_GOOD BUG_GOOD "good", 3, VERIFY_FIXED, 6 },
	{ "bug-to-the-end", 2, VERIFY_NOT_FIXED, 4 },
	{ "good", 2, VERIFY_NOT_REPRODUCED, 4 },
	{ BUG_PANIC BUG_PANIC BUG_PANIC BUG_PANIC, 4, VERIFY_WORSE, 8 },
	{ BUG_STALL BUG_STALL BUG_STALL BUG_STALL, 4, VERIFY_WORSE, 8 },
	{ "bug-to-the-end,not-reached,bug-to-the-end,not-reached", 2, VERIFY_INCONCLUSIVE, 4 },
	{ "bug-to-the-end,killed,killed,killed,bug-to-the-end,dead-control", 2,
	  VERIFY_INCONCLUSIVE, 4 },
	{ "good", 0, VERIFY_NOT_REPRODUCED, 16 },
	{ BUG_GOOD BUG_GOOD BUG_GOOD BUG_GOOD "good", 0, VERIFY_FIXED, 8 },
	/* Too few at the first look, none further: p of 4 in 16 is 0.05. */
	{ BUG_GOOD BUG_GOOD BUG_GOOD "good,good,good", 0, VERIFY_INCONCLUSIVE, 64 },
};

static char *in_memory(void (*print)(const json_t *doc, FILE *out), const json_t *doc)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	print(doc, f);
	fclose(f);
	return text;
}

/* From the plan to the texts, with every kind of verdict. */
static void test_verify(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(verifications); i++) {
		const struct verification *v = &verifications[i];
		struct verify_report report = {};
		struct run_guest guests[2];
		struct verify_decision d;
		struct verify_plan plan;
		char *table, *text;
		struct fixture f;
		json_t *doc;

		prepare(&f, v->plays, 0, 1);
		guests[0] = f.guest;
		guests[1] = f.guest;
		f.config.run.guests = guests;
		f.config.run.nr_guests = 2;
		f.plan.until_first = false;
		verify_plan(&plan, v->runs, 0.05);
		assert_int_equal(verify_boots(&plan, NULL, &f.config, &f.result, &d), 0);
		if (d.answer != v->answer)
			fail_msg("%s: %s", v->plays, verify_names[d.answer]);
		assert_int_equal(f.result.n, v->boots);
		report = (struct verify_report){
			.plan = &plan, .decision = &d, .result = &f.result,
			.facts = { json_object(), json_object() },
		};
		doc = verify_json(&report);
		assert_non_null(doc);
		table = in_memory(verify_table, doc);
		text = verify_text(doc);
		assert_non_null(strstr(table, verify_names[v->answer]));
		assert_non_null(strstr(text, verify_names[v->answer]));
		free(table);
		free(text);
		json_decref(doc);
		json_decref(report.facts[0]);
		json_decref(report.facts[1]);
		verify_decision_free(&d);
		finish(&f);
	}
}

/* A finding is worth more than a lost boot, an inconclusive one is no success. */
static void test_exit_codes(void **state)
{
	struct fixture f;

	(void)state;
	prepare(&f, "bug,killed", 2, 1);
	assert_int_equal(series_run(&f.config, &f.result), 0);
	assert_line(&f, 0, "crashed: WARNING in kvm_wait");
	assert_line(&f, 1, "lost: QEMU exited 137");
	assert_int_equal(result_exit(&f.result), EXIT_FOUND);
	finish(&f);
	prepare(&f, "good,not-reached", 2, 1);
	assert_int_equal(series_run(&f.config, &f.result), 0);
	assert_int_equal(result_exit(&f.result), EXIT_INFRA);
	finish(&f);
}

static void test_console_is_kept_whole(void **state)
{
	struct fixture f;
	char *log;

	(void)state;
	prepare(&f, "flood", 1, 1);
	assert_int_equal(series_run(&f.config, &f.result), 0);
	log = slurp(f.result.runs[0].attempts[0].dir, "console.log");
	assert_true(strlen(log) > 128 * 65536);
	assert_non_null(strstr(log, "Linux version 5.10.0-fake\n"));
	free(log);
	finish(&f);
}

/* QEMU's own words don't fill the disk, and what is missing is said. */
static void test_log_has_a_limit(void **state)
{
	static const char mark[] = "\n[irqsan: what came behind this is not kept]\n";
	struct run_limits patient = limits;
	struct fixture f;
	size_t len;
	char *log;

	(void)state;
	/* Only the guest's words are progress. */
	patient.phase[PHASE_BOOT] = 60;
	patient.stall = 60;
	prepare(&f, "log-flood", 1, 1);
	f.config.run.limits = &patient;
	assert_int_equal(series_run(&f.config, &f.result), 0);
	assert_line(&f, 0, "OK");
	log = slurp(f.result.runs[0].attempts[0].dir, "qemu.log");
	len = strlen(log);
	assert_true(len <= (64 << 20) + strlen(mark));
	assert_string_equal(log + len - strlen(mark), mark);
	free(log);
	finish(&f);
}

static void test_no_qemu(void **state)
{
	struct fixture f;

	(void)state;
	prepare(&f, "good", 1, 1);
	f.guest.vm.qemu = "/nonexistent/qemu";
	assert_true(series_run(&f.config, &f.result) < 0);
	assert_int_equal(f.result.runs[0].n, 0);
	assert_int_equal(result_exit(&f.result), EXIT_INFRA);
	result_free(&f.result);
	remove_tree(f.dir);
	free(f.dir);
	free(f.qemu);
}

/* How often a play's QEMU had -sandbox, and whether ours was the only one. */
static unsigned int sandboxes(struct fixture *f, bool *ours)
{
	static const char on[] = "\n-sandbox\non,obsolete=deny,elevateprivileges=deny,spawn=deny,"
				 "resourcecontrol=deny\n";
	unsigned int n = 0;
	char *argv, *at;

	assert_int_equal(series_run(&f->config, &f->result), 0);
	assert_line(f, 0, "OK");
	argv = slurp(f->result.runs[0].attempts[0].dir, "qemu.argv");
	*ours = strstr(argv, on);
	for (at = argv; (at = strstr(at, "\n-sandbox\n")); at++)
		n++;
	free(argv);
	finish(f);
	return n;
}

/* QEMU is sandboxed where it can be, and as the user says. */
static void test_sandbox(void **state)
{
	char *args[] = { "-sandbox", "off" };
	struct strv own = { .v = args, .n = 2 };
	struct fixture f;
	char *qemu;
	bool ours;

	(void)state;
	prepare(&f, "good", 1, 1);
	assert_int_equal(sandboxes(&f, &ours), 1);
	assert_true(ours);
	prepare(&f, "good", 1, 1);
	f.guest.vm.args = &own;
	assert_int_equal(sandboxes(&f, &ours), 1);
	assert_false(ours);
	prepare(&f, "good", 1, 1);
	qemu = xasprintf("%s/no-seccomp", f.dir);
	assert_int_equal(symlink(f.qemu, qemu), 0);
	f.guest.vm.qemu = qemu;
	assert_int_equal(sandboxes(&f, &ours), 0);
	free(qemu);
}

static void test_directory_in_use(void **state)
{
	struct fixture f;

	(void)state;
	prepare(&f, "good", 1, 1);
	assert_int_equal(series_run(&f.config, &f.result), 0);
	result_free(&f.result);
	result_init(&f.result, 1);
	assert_int_equal(series_run(&f.config, &f.result), -EEXIST);
	finish(&f);
}

/* Ctrl-C: the guest goes, the directory stays whole, the exit code says "nothing proved". */
static void test_interrupt(void **state)
{
	struct fixture f;
	char *boot, *run;
	int status;
	pid_t pid;

	(void)state;
	prepare(&f, "never-done", 2, 1);
	boot = xasprintf("%s/0", f.dir);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		int rc;

		/* Whoever runs the tests in the background may have it ignored. */
		signal(SIGINT, SIG_DFL);
		child_catch_signals();
		rc = series_run(&f.config, &f.result);
		_exit(rc || !f.result.interrupted ? 99 : result_exit(&f.result));
	}
	/* The fake guest is up once it has sent its pid. */
	for (;;) {
		char *path = xasprintf("%s/records.jsonl", boot);
		struct buf b = {};
		bool up = file_exists(path) && !read_file(path, &b) && b.len;

		buf_free(&b);
		free(path);
		if (up)
			break;
		usleep(10000);
	}
	kill(pid, SIGINT);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_INFRA);
	assert_files(boot);
	assert_gone(boot);
	run = slurp(boot, "run.json");
	assert_non_null(strstr(run, "\"ended\": \"interrupted\""));
	free(run);
	free(boot);
	boot = xasprintf("%s/1", f.dir);
	assert_false(file_exists(boot));
	free(boot);
	finish(&f);
}

static void test_recheck(void **state)
{
	struct fixture f;
	char *path;

	(void)state;
	prepare(&f, "bug", 1, 1);
	assert_int_equal(series_run(&f.config, &f.result), 0);
	assert_int_equal(recheck(f.dir), EXIT_OK);
	assert_int_equal(recheck(f.result.runs[0].attempts[0].dir), EXIT_OK);
	path = xasprintf("%s/verdict.json", f.result.runs[0].attempts[0].dir);
	assert_int_equal(write_file(path, "{\"outcome\":\"OK\"}", 16), 0);
	assert_int_equal(recheck(f.dir), EXIT_FOUND);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(recheck(f.dir), EXIT_FOUND);
	free(path);
	assert_int_equal(recheck("/nonexistent/dir"), EXIT_INFRA);
	path = xasprintf("%s/empty", f.dir);
	assert_int_equal(mkdir_p(path), 0);
	assert_int_equal(recheck(path), EXIT_INFRA);
	free(path);
	result_free(&f.result);
	remove_tree(f.dir);
	free(f.dir);
	free(f.qemu);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plays),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_busy_host),
		cmocka_unit_test(test_ignore),
		cmocka_unit_test(test_lost_boots_are_repeated_and_counted),
		cmocka_unit_test(test_parallel_in_order),
		cmocka_unit_test(test_enough),
		cmocka_unit_test(test_in_turn),
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_exit_codes),
		cmocka_unit_test(test_console_is_kept_whole),
		cmocka_unit_test(test_log_has_a_limit),
		cmocka_unit_test(test_no_qemu),
		cmocka_unit_test(test_sandbox),
		cmocka_unit_test(test_directory_in_use),
		cmocka_unit_test(test_interrupt),
		cmocka_unit_test(test_recheck),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
