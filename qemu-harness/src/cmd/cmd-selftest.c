// SPDX-License-Identifier: GPL-2.0
/*
 * irqsan selftest: run the selftests in a guest and say what came out.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/json-text.h"
#include "base/util.h"
#include "boot/load.h"
#include "cmd/cmd.h"
#include "cmd/request.h"
#include "cmd/selftest-boot.h"
#include "cmd/selftest-compare.h"

#define SELFTEST_FORMAT "irqsan-selftest/1"
#define TESTS "selftests/irqsan/test-*.sh"
#define TEST_PANIC "panic.sh"

/* For the whole set, in guest time; arming all sites takes an emulated guest a minute. */
#define DEFAULT_SECONDS 1800

/**
 * struct job - the work of one call
 * @rq: the guest that is asked for
 * @words: tests that the user names, if any
 * @tests: names of their files, but TEST_PANIC
 * @panic: TEST_PANIC is among them
 * @compare: compare with the kernel's own check instead
 */
struct job {
	struct request rq;
	struct strv words;
	struct strv tests;
	bool panic;
	bool compare;
};

/* "zoo", "test-zoo.sh" or a path of it; NULL when there is no such test. Caller frees. */
static char *test_name(const char *arg)
{
	const char *base = strrchr(arg, '/') ? strrchr(arg, '/') + 1 : arg;
	char *path __cleanup(free_ptr) = NULL, *name;

	if (!strcmp(base, TEST_PANIC) || !strcmp(base, "panic"))
		return xstrdup(TEST_PANIC);
	if (!strncmp(base, "test-", 5))
		name = xstrdup(base);
	else
		name = xasprintf("test-%s.sh", base);
	path = xasprintf("%s/selftests/irqsan/%s", irqsan_root(), name);
	if (!file_exists(path)) {
		free(name);
		return NULL;
	}
	return name;
}

static void add_test(struct job *job, const char *arg, const struct argp_state *state)
{
	char *name __cleanup(free_ptr) = test_name(arg);

	if (!name)
		argp_error(state, "unknown test \"%s\"", arg);
	if (!strcmp(name, TEST_PANIC))
		job->panic = true;
	else
		strv_push(&job->tests, name);
}

static void add_all_tests(struct job *job)
{
	struct strv paths __cleanup(strv_free) = {};

	strv_glob(&paths, "%s/" TESTS, irqsan_root());
	for (size_t i = 0; i < paths.n; i++)
		strv_push(&job->tests, strrchr(paths.v[i], '/') + 1);
	job->panic = true;
}

static const struct verb_option options[] = {
	{ "kernel", 'K', "KERNEL", "debian:SUITE[/FLAVOUR], a bzImage or a build tree",
	  TO(struct job, rq.kernel) },
	{ "ktap", 0, "FILE", "write what the tests said there (- for standard output)",
	  TO(struct job, rq.ktap) },
	{ "compare", 0, NULL, "instead: what the kernel's own check finds of the zoo, and what "
	  "irqsan finds; the kernel has CONFIG_DEBUG_IRQFLAGS", TO(struct job, compare) },
	{ "tracers", 0, NULL, "put perf, trace-cmd and bpftrace of this machine into the guest, "
	  "those that it has; they want --memory=1536", TO(struct job, rq.plan.tracers) },
	{ "module", 'M', "FILE", "load this irqsan.ko instead of building one",
	  TO(struct job, rq.plan.module) },
	{ }
};

static void check(const struct argp_state *state, void *to)
{
	struct job *job = to;

	if (!job->rq.kernel)
		argp_error(state, "--kernel is missing");
	for (size_t i = 0; i < job->words.n; i++)
		add_test(job, job->words.v[i], state);
	if (!job->words.n)
		add_all_tests(job);
}

/* Tests that failed, or else those that were skipped. */
static void say(const struct ktap_test *test, const char *above, bool failed, FILE *out)
{
	for (size_t i = 0; i < test->n; i++) {
		const struct ktap_test *t = &test->sub[i];
		char *name __cleanup(free_ptr) =
			xasprintf("%s%s%s", above, *above ? ": " : "", t->name);

		say(t, name, failed, out);
		if (failed ? t->status == KTAP_DIED || (t->status == KTAP_FAIL && !t->n) :
		    (t->status == KTAP_SKIP || t->status == KTAP_XFAIL) && !t->n)
			fprintf(out, "%s: %s%s%s\n", ktap_status_names[t->status], name,
				t->reason || !failed ? ": " : "", t->reason ?: "");
		if (failed && t->has_plan && t->n < t->plan)
			fprintf(out, "missing: %s: %zu of %zu results\n", name, t->plan - t->n,
				t->plan);
		if (failed && (t->disorder || (t->n && !t->has_plan) ||
			       (t->has_plan && t->n > t->plan)))
			fprintf(out, "bad KTAP: %s: no plan, or another number of results\n",
				name);
	}
}

/* What came of the tests, for people; an exit code. */
static int tell(const struct selftest_boot *b, FILE *out)
{
	const struct ktap_totals *t = &b->totals;
	char *line __cleanup(free_ptr) = verdict_line(b->verdict);
	bool died = b->verdict->outcome != OUTCOME_OK;
	bool bad = t->status[KTAP_FAIL] || t->status[KTAP_DIED] || t->missing || t->errors;

	say(&b->root, "", false, out);
	say(&b->root, "", true, out);
	if (died)
		fprintf(out, "the guest: %s\n", line);
	fprintf(out, "%u passed, %u failed, %u failed as expected, %u skipped, %u missing\n",
		t->status[KTAP_PASS], t->status[KTAP_FAIL] + t->status[KTAP_DIED],
		t->status[KTAP_XFAIL], t->status[KTAP_SKIP], t->missing);
	/* What was seen to fail stays so, whatever became of the rest. */
	if (b->verdict->outcome == OUTCOME_LOST && !t->status[KTAP_FAIL]) {
		pr_err("the guest was lost: this says nothing about the kernel");
		return EXIT_INFRA;
	}
	if (died || bad)
		return EXIT_FOUND;
	if (!ktap_passed(t)) {
		pr_err("nothing could be tested");
		return EXIT_INFRA;
	}
	return EXIT_OK;
}

/* In a guest of its own, which it ends. */
static int test_panic(const struct job *job, FILE *out, const char **seen)
{
	static const char *const tests[] = { TEST_PANIC, NULL };
	struct selftest_boot b __cleanup(selftest_free) = {};
	int rc;

	rc = selftest_boot(&job->rq, tests, "panic", &b);
	if (rc) {
		rc = EXIT_INFRA;
	} else if (b.totals.status[KTAP_SKIP] == 1) {
		*seen = "skipped";
		say(&b.root, "", false, out);
	} else if (b.verdict->outcome == OUTCOME_LOST) {
		pr_err("the guest was lost: this says nothing about the kernel");
		rc = EXIT_INFRA;
	} else if (selftest_panicked(&b)) {
		*seen = "panicked";
		fprintf(out, "pass: " TEST_PANIC ": panicked, as it should\n");
	} else {
		*seen = "failed";
		fprintf(out, "fail: " TEST_PANIC ": no panic\n");
		say(&b.root, "", true, out);
		rc = EXIT_FOUND;
	}
	return rc;
}

static int write_json(const struct job *job, const struct selftest_boot *b, const char *panic)
{
	const struct ktap_totals *t = &b->totals;
	json_auto_t *doc = json_pack("{s:s}", "format", SELFTEST_FORMAT);

	if (b->verdict) {
		json_object_update(doc, b->result.facts);
		json_object_set_new(doc, "verdict", result_verdict_json(b->verdict));
		json_object_set_new(doc, "tests", ktap_json(&b->root));
		json_object_set_new(doc, "totals",
				    json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i}",
					      "pass", t->status[KTAP_PASS],
					      "fail", t->status[KTAP_FAIL],
					      "died", t->status[KTAP_DIED],
					      "xfail", t->status[KTAP_XFAIL],
					      "skip", t->status[KTAP_SKIP],
					      "missing", t->missing, "errors", t->errors));
	}
	json_object_set_new(doc, "panic", json_string(panic));
	return json_write(doc, job->rq.json);
}

static int run_all(const struct job *job)
{
	FILE *out = request_out(&job->rq);
	const char *panic = "not run";
	int code = EXIT_OK, more = EXIT_OK;
	struct selftest_boot b __cleanup(selftest_free) = {};

	if (job->tests.n) {
		if (selftest_boot(&job->rq, (const char *const *)job->tests.v, "tests", &b))
			code = EXIT_INFRA;
		else
			code = tell(&b, out);
		if ((!code || b.text.len) && job->rq.ktap &&
		    write_output(job->rq.ktap, b.text.data, b.text.len) < 0)
			code = EXIT_INFRA;
	}
	if (job->panic && code != EXIT_INFRA)
		more = test_panic(job, out, &panic);
	if (code != EXIT_INFRA && more > code)
		code = more;
	if (job->rq.json && write_json(job, &b, panic) < 0)
		code = EXIT_INFRA;
	return code;
}

static int verb_main(int argc, char **argv)
{
	struct job job = {};
	const struct verb verb = {
		.sets = { { request_options, &job.rq }, { options, &job, check, 1 } },
		.words = &job.words, .args_doc = "[TEST...]",
		.doc = "Run the selftests (selftests/irqsan), or some of them, in a guest.\v"
		       "Exit status: 0 all passed, 1 some failed, 2 nothing was tested.",
	};
	int rc;

	request_init(&job.rq, "selftest");
	job.rq.plan.load = &load_selftest;
	job.rq.pv = REQUEST_PV_OFF;
	job.rq.plan.seconds = DEFAULT_SECONDS;
	options_parse(&verb, argc, argv);
	rc = job.compare ? compare_checks(&job.rq) : run_all(&job);
	strv_free(&job.words);
	strv_free(&job.tests);
	return rc;
}

const struct command cmd_selftest = { "selftest", "run the selftests in a guest", verb_main };
