// SPDX-License-Identifier: GPL-2.0
/*
 * irqsan reproduce: show the kvm_wait bug on a kernel that has it, and its
 * absence on one that has the fix and on the first with the fix as a livepatch,
 * in one command.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json-text.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/request.h"

/* Debian 11's 5.10 has the bug; Debian 12's 6.1 has the fix. */
#define KERNEL_BUGGY "debian:bullseye"
#define KERNEL_FIXED "debian:bookworm"
#define LIVEPATCH "patches/livepatch"
#define TITLE "WARNING in kvm_wait"
#define DEFAULT_RUNS 3
/*
 * Guest seconds: the bug shows within the first few, and three times as long
 * without it is a strong "absent", while all sides together stay below five
 * minutes on two cores.
 */
#define DEFAULT_SECONDS 15

/**
 * enum step - what is booted, in this order
 * @STEP_BUGGY: the kernel that has the bug
 * @STEP_FIXED: the one that has the fix
 * @STEP_LIVEPATCHED: the first one, the fix put into it while it runs
 */
enum step {
	STEP_BUGGY,
	STEP_FIXED,
	STEP_LIVEPATCHED,
};

#define STEPS (STEP_LIVEPATCHED + 1)

static const char *const names[STEPS] = { "buggy", "fixed", "livepatched" };

/**
 * struct side - what came out of one of the steps
 * @result: of its runs
 * @release: what the guests said they were; points into @result
 * @totals: of them; OK: they reached the code
 * @with: runs that showed the bug
 */
struct side {
	struct result result;
	const char *release;
	struct result_totals totals;
	unsigned int with;
};

static unsigned int without(const struct side *s)
{
	return s->totals.outcome[OUTCOME_OK];
}

static void count(struct side *s, const char *name)
{
	s->release = name;
	result_totals(&s->result, &s->totals);
	for (unsigned int i = 0; i < s->result.n; i++) {
		const struct verdict *v = result_verdict(&s->result, i);

		if (v && v->release)
			s->release = v->release;
		s->with += v && v->outcome != OUTCOME_LOST && v->title && !strcmp(v->title, TITLE);
	}
}

static int run_step(struct request *rq, enum step step, struct side *s)
{
	const char *keep = rq->keep;
	char *below __cleanup(free_ptr) = keep ? xasprintf("%s/%s", keep, names[step]) : NULL;
	int rc;

	rq->keep = below;
	plan_set(&rq->plan.livepatch, NULL);
	if (step == STEP_LIVEPATCHED)
		rq->plan.livepatch = xasprintf("%s/" LIVEPATCH, irqsan_root());
	rq->kernel = step == STEP_FIXED ? KERNEL_FIXED : KERNEL_BUGGY;
	rq->plan.until_first = step == STEP_BUGGY;
	rc = request_run(rq, &s->result);
	if (!rc) {
		result_summary(&s->result, request_out(rq));
		count(s, rq->kernel);
	}
	rq->keep = keep;
	return rc;
}

/* The one line; the caller frees it. */
static char *verdict_of(const struct side side[STEPS], unsigned int runs)
{
	unsigned int inconclusive = 0, other = 0;
	struct buf line = {};

	buf_addf(&line, "reproduced in %u/%u boots of %s", side[STEP_BUGGY].with, runs,
		 side[STEP_BUGGY].release);
	for (unsigned int i = STEP_FIXED; i < STEPS; i++)
		buf_addf(&line, ", %s in %u/%u boots of %s%s (%llu kvm_wait calls checked)",
			 i == STEP_FIXED ? "absent" : "and", without(&side[i]), runs,
			 side[i].release, i == STEP_LIVEPATCHED ? " with the livepatch" : "",
			 (unsigned long long)side[i].totals.count.waits);
	for (unsigned int i = STEP_FIXED; i < STEPS; i++)
		if (side[i].with)
			buf_addf(&line, "; PRESENT in %u boots of %s%s", side[i].with,
				 side[i].release,
				 i == STEP_LIVEPATCHED ? " with the livepatch" : "");
	for (unsigned int i = 0; i < STEPS; i++) {
		inconclusive += side[i].totals.outcome[OUTCOME_INCONCLUSIVE];
		other += runs - side[i].with - without(&side[i]) -
			 side[i].totals.outcome[OUTCOME_INCONCLUSIVE];
	}
	if (inconclusive)
		buf_addf(&line, "; inconclusive: %u boots never reached kvm_wait", inconclusive);
	if (other)
		buf_addf(&line, "; %u boots lost or with other findings", other);
	return line.data;
}

static int exit_code(const struct side side[STEPS], unsigned int runs)
{
	const struct side *buggy = &side[STEP_BUGGY];
	const struct side *fixed = &side[STEP_FIXED], *livepatched = &side[STEP_LIVEPATCHED];

	if (buggy->with == runs && without(fixed) == runs && without(livepatched) == runs)
		return EXIT_OK;
	/* A boot that says the opposite is an answer; one that says nothing isn't. */
	return fixed->with || livepatched->with || without(buggy) ? EXIT_FOUND : EXIT_INFRA;
}

static int write_json(const struct request *rq, const struct side side[STEPS], const char *line)
{
	json_auto_t *doc = json_pack("{s:s, s:s, s:b}", "format", "irqsan-reproduce/2",
				     "verdict", line, "reproduced",
				     exit_code(side, rq->runs) == EXIT_OK);

	for (unsigned int i = 0; i < STEPS; i++)
		json_object_set_new(doc, names[i], result_json(&side[i].result));
	return json_write(doc, rq->json);
}

/*
 * EXIT_OK only when every boot of the buggy kernel showed the bug and every boot of
 * the fixed one, and of the first with the livepatch, ran through the same code
 * without it.
 */
static int verb_main(int argc, char **argv)
{
	struct request rq;
	const struct verb verb = {
		.sets = { { request_options, &rq }, { request_runs_options, &rq } },
		.doc = "Boot " KERNEL_BUGGY " (has the kvm_wait bug), " KERNEL_FIXED
		       " (has the fix), and the first with the fix as a livepatch, under load "
		       "and compare.\v"
		       "Exit status: 0 reproduced and absent in all boots, 1 a boot said "
		       "otherwise, 2 nothing proved.",
	};
	struct side side[STEPS] = {};
	bool interrupted = false;
	char *line;
	int rc = 0;

	request_init(&rq, "reproduce");
	rq.runs = DEFAULT_RUNS;
	rq.plan.seconds = DEFAULT_SECONDS;
	rq.pv = REQUEST_PV_ON;
	/* Only the sites in question: arming all of them takes as long as the boot. */
	plan_set(&rq.plan.params, "sites=pv");
	options_parse(&verb, argc, argv);
	for (unsigned int i = 0; i < STEPS; i++)
		result_init(&side[i].result, rq.runs);
	for (unsigned int i = 0; !rc && !interrupted && i < STEPS; i++) {
		rc = run_step(&rq, i, &side[i]);
		interrupted = side[i].result.interrupted;
	}
	if (rc || interrupted) {
		rc = EXIT_INFRA;
	} else {
		line = verdict_of(side, rq.runs);
		fprintf(request_out(&rq), "%s\n", line);
		rc = exit_code(side, rq.runs);
		if (rq.json && write_json(&rq, side, line) < 0)
			rc = EXIT_INFRA;
		free(line);
	}
	for (unsigned int i = 0; i < STEPS; i++)
		result_free(&side[i].result);
	return rc;
}

const struct command cmd_reproduce = {
	"reproduce", "show the kvm_wait bug on an old kernel, and its absence when fixed", verb_main
};
