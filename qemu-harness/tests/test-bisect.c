// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of bisect.c, with a history and a machine that exist on paper only
 * (sim-machine.h).
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <sys/wait.h>

#include "bisect/bisect-range.h"
#include "sim-machine.h"

/**
 * struct outcome - of a simulated bisection
 * @result: its result
 * @log: its log; owned
 * @rc: what bisect() returned
 */
struct outcome {
	struct bisect_result result;
	char *log;
	int rc;
};

static struct outcome simulate(struct sim *s, unsigned int runs, const char *title,
			       const char *state)
{
	struct outcome o = {};
	size_t len;
	FILE *log = open_memstream(&o.log, &len);

	assert_non_null(log);
	o.rc = sim_bisect(s, runs, title, state, log, &o.result);
	fclose(log);
	return o;
}

static void outcome_free(struct outcome *o)
{
	bisect_result_free(&o->result);
	free(o->log);
}

static void expect_named(const struct outcome *o, unsigned int number)
{
	assert_int_equal(o->rc, 0);
	if (o->result.verdict != BISECT_NAMED)
		fail_msg("no commit was named:\n%s", o->log);
	if (sim_number(o->result.commit) != number)
		fail_msg("%u was named, not %u:\n%s", sim_number(o->result.commit), number, o->log);
}

static void expect(const struct outcome *o, const char *part)
{
	if (!strstr(o->log, part))
		fail_msg("no \"%s\" in:\n%s", part, o->log);
}

static unsigned int count(const char *text, const char *part)
{
	unsigned int n = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		n++;
	return n;
}

/**
 * struct odds - a range of the commits a, b and c, and what was seen
 * @config: what is looked for
 * @state: the revisions
 * @range: the range
 */
struct odds {
	struct bisect_config config;
	struct bisect_state state;
	struct bisect_range range;
};

static struct odds *odds_new(bool fix)
{
	struct odds *o = xcalloc(1, sizeof(*o));
	struct strv commits = {};

	strv_push(&commits, "c");
	strv_push(&commits, "a");
	strv_push(&commits, "b");
	o->config.fix = fix;
	o->state.config = &o->config;
	bisect_range_init(&o->range, &o->state, &commits);
	return o;
}

static void odds_free(struct odds *o)
{
	bisect_range_free(&o->range);
	bisect_state_free(&o->state);
	free(o);
}

/* A revision with some of the commits, and with so many more runs of its kernel. */
static struct bisect_rev *odds_add(struct odds *o, const char *commits, const char *kernel,
				   unsigned int hits, unsigned int silent)
{
	struct bisect_rev *rev = bisect_state_rev(&o->state, commits);
	struct bisect_kernel *k = bisect_state_kernel(&o->state, kernel);
	struct strv has = {};

	for (; *commits; commits++)
		strv_push(&has, (const char []){ *commits, '\0' });
	bisect_range_locate(&o->range, rev, &has);
	strv_free(&has);
	rev->kernel = k;
	k->rev = k->rev ?: rev;
	k->hits += hits;
	k->silent += silent;
	k->used += hits + silent;
	return rev;
}

static void expect_odds(struct odds *o, const char *commit, double odds)
{
	assert_true(fabs(bisect_range_odds(&o->range, commit) - odds) < 1e-9);
}

/* By hand: three commits, one hit at the newest, two silent runs of the first. */
static void test_odds(void **state)
{
	/* B(3/2, 5/2) / B(3/2, 1/2) = 1/8: what two silent runs leave */
	const double sum = (1.0 / 8 + 1 + 1) / 6 + 1.0 / 16;
	struct odds *o = odds_new(false);
	struct bisect_rev *first;

	(void)state;
	odds_add(o, "abc", "new", 1, 0);
	first = odds_add(o, "a", "old", 0, 2);
	expect_odds(o, "a", 1.0 / 48 / sum);
	expect_odds(o, "b", 1.0 / 6 / sum);
	expect_odds(o, "c", 1.0 / 6 / sum);
	expect_odds(o, "d", 0);
	assert_true(fabs(o->range.odds[3] - 1.0 / 16 / sum) < 1e-9);
	assert_true(fabs(bisect_range_buggy(&o->range, first) -
			 (1.0 / 48 + 1.0 / 16) / sum) < 1e-9);
	odds_free(o);
	/* With a fix looked for, who has the commit doesn't have the bug. */
	o = odds_new(true);
	odds_add(o, "abc", "new", 1, 0);
	assert_true(bisect_range_odds(&o->range, "a") == 0);
	assert_true(bisect_range_odds(&o->range, "b") == 0);
	assert_true(bisect_range_odds(&o->range, "c") == 0);
	assert_true(o->range.odds[3] == 1);
	odds_free(o);
}

/* What lies between two revisions with the same kernel can't be it. */
static void test_odds_same_kernel(void **state)
{
	struct odds *o = odds_new(false);

	(void)state;
	odds_add(o, "abc", "new", 5, 0);
	odds_add(o, "a", "old", 0, 1);
	odds_add(o, "ab", "old", 0, 0);
	assert_true(bisect_range_odds(&o->range, "b") == 0);
	assert_true(bisect_range_odds(&o->range, "c") > bisect_range_odds(&o->range, "a"));
	assert_true(bisect_range_odds(&o->range, "a") > 0);
	odds_free(o);
}

/* Every commit of a line is found, from either side, with as few builds as that takes. */
static void test_every_commit(void **state)
{
	(void)state;
	for (unsigned int culprit = 1; culprit < 40; culprit++) {
		for (int fix = 0; fix < 2; fix++) {
			struct sim s = { .n = 40, .culprit = culprit, .fix = fix, .rate = 1 };
			struct outcome o = simulate(&s, 0, NULL, NULL);

			expect_named(&o, culprit);
			assert_true(o.result.odds >= 0.99);
			/* two ends and six steps */
			assert_true(s.builds <= 8);
			outcome_free(&o);
		}
	}
}

/* All lines have the form that tools for syzbot's logs know. */
static void test_log(void **state)
{
	static const char *const forms[] = {
		"bisecting cause commit starting from ????????????????????????????????????????",
		"testing commit ???????????????????????????????????????? with gcc 1",
		"kernel signature: ????????????????????????????????????????????????????????????????",
		"all runs: OK",
		"all runs: crashed: WARNING in kvm_wait",
		"run #[0-9]: crashed: WARNING in kvm_wait",
		"run #[0-9]: OK",
		"run #[0-9][0-9]: crashed: WARNING in kvm_wait",
		"run #[0-9][0-9]: OK",
		"reproducer seems to be flaky",
		"build failed: kernel/x.c:1:1: error: no",
		"# git bisect start ???????????????????????????????????????? "
			"????????????????????????????????????????",
		"# git bisect good ????????????????????????????????????????",
		"# git bisect bad ????????????????????????????????????????",
		"# git bisect skip ????????????????????????????????????????",
		"Bisecting: *[0-9] revisions left to test after this (roughly 1 step)",
		"[[]????????????????????????????????????????] subject",
		"???????????????????????????????????????? is the first bad commit",
		"culprit signature: ????????????????????????????????????????????????????????????????",
		"parent  signature: ????????????????????????????????????????????????????????????????",
		"Reproducer flagged being flaky",
		"the crash showed in [0-9]* of [0-9]* runs of revisions that have it",
		"odds that this is right: [0-9]*.[0-9]*%",
		"revisions tested: [0-9]*, total time: *s (build: *s, test: *s)",
		"first bad commit: ???????????????????????????????????????? commit number 17",
		"recipients (to): [[]\"list@example.org\"]",
		"recipients (cc): [[]\"someone@example.org\"]",
		"crash: WARNING in kvm_wait",
		"raw_local_irq_restore() called with IRQs enabled",
		"",
	};
	struct sim s = { .n = 40, .culprit = 17, .rate = 0.5, .seed = 3, .broken = { [19] = 1 } };
	struct outcome o = simulate(&s, 20, NULL, NULL);
	char *line, *save = o.log;
	size_t i, n = 0;

	(void)state;
	expect_named(&o, 17);
	expect(&o, "# git bisect skip ");
	expect(&o, "reproducer seems to be flaky\n");
	expect(&o, "Reproducer flagged being flaky\n");
	/* The number of runs was ordered: each kernel gets it, no more. */
	assert_int_equal(s.runs % 20, 0);
	expect(&o, "run #19: ");
	assert_null(strstr(o.log, "run #20: "));
	assert_null(strstr(o.log, "once more"));
	while ((line = strsep(&save, "\n"))) {
		for (i = 0; i < ARRAY_SIZE(forms) && fnmatch(forms[i], line, 0); i++)
			;
		if (i == ARRAY_SIZE(forms))
			fail_msg("unknown line: %s", line);
		n++;
	}
	assert_true(n > 100);
	outcome_free(&o);
}

/* What doesn't build or boot is skipped; the rest is still found. */
static void test_skips(void **state)
{
	struct sim s = { .n = 40, .culprit = 25, .rate = 1,
			 .broken = { [19] = true }, .mute = { [20] = true, [22] = true } };
	struct outcome o = simulate(&s, 0, NULL, NULL);

	(void)state;
	expect_named(&o, 25);
	expect(&o, "build failed: kernel/x.c:1:1: error: no\n# git bisect skip ");
	expect(&o, "all runs: boot failed: no output from the kernel\n# git bisect skip ");
	outcome_free(&o);
}

/* Where the culprit itself can't be tested, several are left, and their odds are told. */
static void test_only_skipped_left(void **state)
{
	struct sim s = { .n = 40, .culprit = 25, .rate = 1,
			 .broken = { [24] = true, [25] = true } };
	struct outcome o = simulate(&s, 0, NULL, NULL);

	(void)state;
	assert_int_equal(o.rc, 0);
	assert_int_equal(o.result.verdict, BISECT_INCONCLUSIVE);
	expect(&o, "bisection is inconclusive, the first bad commit could be any of:\n");
	assert_int_equal(count(strstr(o.log, "could be any of"), "\nc0ffee"), 3);
	assert_true(o.result.odds > 0.9);
	outcome_free(&o);
}

/* A kernel that was run is not run again, and what changes nothing isn't named. */
static void test_same_signature(void **state)
{
	struct sim s = { .n = 40, .culprit = 17, .rate = 1,
			 .noop = { [18] = true, [19] = true, [20] = true } };
	struct outcome o = simulate(&s, 10, NULL, NULL);

	(void)state;
	expect_named(&o, 17);
	expect(&o, ", not run again\nall runs: crashed: WARNING in kvm_wait\n# git bisect bad ");
	assert_int_equal(s.runs, 10 * (count(o.log, "testing commit ") -
				       count(o.log, ", not run again\n")));
	outcome_free(&o);
}

/* By default the first title of the bad revision is looked for, and others mean nothing. */
static void test_title(void **state)
{
	struct sim s = { .n = 40, .culprit = 25, .rate = 1,
			 .other = { [19] = true, [22] = true } };
	struct outcome o = simulate(&s, 0, NULL, NULL);

	(void)state;
	expect_named(&o, 25);
	expect(&o, "all runs: crashed: BUG: something else\n# git bisect skip ");
	outcome_free(&o);
	/* Where another crash comes with the bug, and before it, the boot has still shown it. */
	s.beside[25] = true;
	s.beside[26] = true;
	o = simulate(&s, 0, NULL, NULL);
	expect_named(&o, 25);
	expect(&o, "crash: " SIM_TITLE "\n");
	outcome_free(&o);
	/* With "any", 19 is the first revision that is seen to crash. */
	o = simulate(&s, 0, "any", NULL);
	expect_named(&o, 19);
	outcome_free(&o);
}

static void test_ends(void **state)
{
	struct sim never = { .n = 40, .culprit = 50, .rate = 1 };
	struct sim always = { .n = 40, .culprit = 0, .rate = 1 };
	struct sim unfixed = { .n = 40, .culprit = 50, .fix = true, .rate = 1 };
	struct outcome o = simulate(&never, 0, NULL, NULL);

	(void)state;
	assert_int_equal(o.rc, 0);
	assert_int_equal(o.result.verdict, BISECT_NOT_REPRODUCED);
	expect(&o, "the crash wasn't reproduced on the original commit\n");
	outcome_free(&o);
	o = simulate(&always, 0, NULL, NULL);
	assert_int_equal(o.result.verdict, BISECT_OUTSIDE);
	expect(&o, "the crash already happened on the oldest tested release\ncrash: ");
	outcome_free(&o);
	o = simulate(&unfixed, 0, NULL, NULL);
	assert_int_equal(o.result.verdict, BISECT_OUTSIDE);
	expect(&o, "bisecting fixing commit since ");
	expect(&o, "the crash still happens on HEAD\ncrash: ");
	outcome_free(&o);
}

/* A machine that loses every run ends the bisection instead of spoiling it. */
static void test_lost(void **state)
{
	struct sim s = { .n = 40, .culprit = 25, .rate = 1, .lost = true };
	struct outcome o = simulate(&s, 0, NULL, NULL);

	(void)state;
	assert_int_equal(o.rc, -EIO);
	assert_int_equal(s.runs, 2);
	outcome_free(&o);
}

/* A detector that reports in 60 % of boots: the right commit in 10 of 10. */
static void test_flaky(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		struct sim s = { .n = 42, .culprit = 3 + 4 * i, .rate = 0.6, .seed = 100 + i };
		struct outcome o = simulate(&s, 0, NULL, NULL);

		expect_named(&o, 3 + 4 * i);
		outcome_free(&o);
	}
}

/* A good revision that turns out to be bad while a commit is being confirmed. */
static void test_correction(void **state)
{
	unsigned int corrected = 0, right = 0;

	(void)state;
	for (unsigned int i = 0; i < 200; i++) {
		struct sim s = { .n = 42, .culprit = 1 + i % 41, .rate = 0.3, .seed = i };
		struct outcome o = simulate(&s, 0, NULL, NULL);
		const char *more = strstr(o.log, "once more:\n");

		assert_int_equal(o.rc, 0);
		if (more && strstr(more, "# git bisect bad ")) {
			corrected++;
			right += o.result.verdict == BISECT_NAMED &&
				 sim_number(o.result.commit) == s.culprit;
		}
		outcome_free(&o);
	}
	assert_true(corrected >= 3);
	assert_true(right >= corrected * 9 / 10);
}

/*
 * The promise: a commit that is named with odds of 99 % or more is the right
 * one in as many of 1000 bisections, of any rates between 0.1 and 1.
 */
static void test_promise(void **state)
{
	unsigned int promised = 0, wrong = 0;
	double odds = 0;

	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		struct sim s = { .n = 42, .seed = 5000 + i };
		struct outcome o;

		s.rate = 0.1 + 0.9 * sim_chance(2 * i);
		s.culprit = 1 + (unsigned int)(41 * sim_chance(2 * i + 1));
		o = simulate(&s, 0, NULL, NULL);
		assert_int_equal(o.rc, 0);
		if (o.result.verdict == BISECT_NAMED && o.result.odds >= 0.99) {
			promised++;
			odds += o.result.odds;
			wrong += sim_number(o.result.commit) != s.culprit;
		}
		outcome_free(&o);
	}
	print_message("%u of 1000 bisections named a commit with odds of 99 %% or more "
		      "(%.2f %% on average), %u of them wrongly\n", promised,
		      100 * odds / promised, wrong);
	assert_true(promised >= 950);
	/* 1 % are 10; more than 20 come by chance in one of 700 such tests */
	assert_true(wrong <= 20);
}

/* Without the times, which differ. */
static char *timeless(const char *log)
{
	char *copy = xstrdup(log), *at = strstr(copy, ", total time: ");

	if (at)
		memmove(at, strchr(at, '\n'), strlen(strchr(at, '\n')) + 1);
	return copy;
}

/* Hits end early: of 16 runs at once they come first, and are not to count for more. */
static void test_rate(void **state)
{
	static const char words[] = "the crash showed in ";
	unsigned int hits, runs;
	double sum = 0;
	char *a, *b;

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		struct sim s = { .n = 42, .culprit = 1 + i % 41, .rate = 0.5, .seed = i,
				 .jobs = 16 };
		struct outcome o = simulate(&s, 0, NULL, NULL), alone;

		expect(&o, words);
		assert_int_equal(sscanf(strstr(o.log, words) + strlen(words), "%u of %u", &hits,
					&runs), 2);
		sum += (double)hits / runs;
		/* Nothing is decided otherwise than one by one. */
		s.jobs = 1;
		alone = simulate(&s, 0, NULL, NULL);
		a = timeless(o.log);
		b = timeless(alone.log);
		assert_string_equal(a, b);
		free(a);
		free(b);
		outcome_free(&alone);
		outcome_free(&o);
	}
	print_message("a rate of 0.5: printed %.3f\n", sum / 100);
	assert_true(fabs(sum / 100 - 0.5) < 0.05);
}

static void __attribute__((noreturn)) bisect_alone(struct sim *s, const char *state)
{
	struct bisect_result result;
	FILE *log = fopen("/dev/null", "w");

	_exit(!log || sim_bisect(s, 0, NULL, state, log, &result) ? 1 : 0);
}

/* Killed at any moment, it goes on and comes to the same end by the same way. */
static void test_killed(void **state)
{
	char dir[] = "/tmp/irqsan-bisect-XXXXXX";
	struct sim s = { .n = 42, .culprit = 29, .rate = 0.6, .seed = 7 };
	unsigned int killed = 0, tries = 0;
	struct outcome whole, resumed;
	struct sim slow = s;
	char *file, *a, *b;
	int status;

	(void)state;
	assert_non_null(mkdtemp(dir));
	file = xasprintf("%s/bisect.json", dir);
	whole = simulate(&s, 0, NULL, NULL);
	slow.pause_us = 3000;
	while (killed < 20 && tries < 200) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (!pid)
			bisect_alone(&slow, file);
		usleep(1000 + (useconds_t)(60000 * sim_chance(tries++)));
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFSIGNALED(status))
			killed++;
		else
			/* It came to its end: the next one begins anew. */
			unlink(file);
	}
	assert_int_equal(killed, 20);
	resumed = simulate(&slow, 0, NULL, file);
	expect_named(&resumed, 29);
	a = timeless(whole.log);
	b = timeless(resumed.log);
	assert_string_equal(a, b);
	/* Once more, with nothing left to do. */
	s.runs = 0;
	s.builds = 0;
	outcome_free(&resumed);
	resumed = simulate(&s, 0, NULL, file);
	expect_named(&resumed, 29);
	assert_int_equal(s.runs + s.builds, 0);
	outcome_free(&resumed);
	/* Another bisection doesn't go on with it. */
	resumed = simulate(&s, 20, NULL, file);
	assert_int_equal(resumed.rc, -EEXIST);
	outcome_free(&resumed);
	outcome_free(&whole);
	free(a);
	free(b);
	free(file);
	remove_tree(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_odds),
		cmocka_unit_test(test_odds_same_kernel),
		cmocka_unit_test(test_every_commit),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_skips),
		cmocka_unit_test(test_only_skipped_left),
		cmocka_unit_test(test_same_signature),
		cmocka_unit_test(test_title),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_flaky),
		cmocka_unit_test(test_correction),
		cmocka_unit_test(test_promise),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
