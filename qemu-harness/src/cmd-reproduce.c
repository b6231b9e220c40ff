// SPDX-License-Identifier: GPL-2.0
/*
 * irqsan reproduce: show the kvm_wait bug on a kernel that has it, and its
 * absence on one that has the fix, in one command.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "request.h"
#include "util.h"

/* Debian 11's 5.10 has the bug; Debian 12's 6.1 has the fix. */
#define KERNEL_BUGGY "debian:bullseye"
#define KERNEL_FIXED "debian:bookworm"
#define TITLE "WARNING in kvm_wait"
#define DEFAULT_RUNS 3
/*
 * Guest seconds: the bug shows within the first few, and three times as long
 * without it is a strong "absent", while both sides together stay below three
 * minutes on two cores.
 */
#define DEFAULT_SECONDS 15

/**
 * struct side - what came out of one of the two kernels
 * @result: of its runs
 * @release: what the guests said they were; points into @result
 * @with: runs that showed the bug
 * @without: runs that reached the code and were OK
 * @inconclusive: runs that never reached it
 * @other: lost, or found something else
 * @waits: kvm_wait() calls
 */
struct side {
	struct result result;
	const char *release;
	unsigned int with;
	unsigned int without;
	unsigned int inconclusive;
	unsigned int other;
	unsigned long long waits;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->input;
		state->child_inputs[1] = state->input;
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected \"%s\"", arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void count(struct side *s, const char *name)
{
	unsigned int i;

	s->release = name;
	for (i = 0; i < s->result.n; i++) {
		const struct verdict *v = result_verdict(&s->result, i);

		if (!v)
			continue;
		if (v->release)
			s->release = v->release;
		s->waits += v->waits;
		if (v->outcome == OUTCOME_OK)
			s->without++;
		else if (v->outcome == OUTCOME_INCONCLUSIVE)
			s->inconclusive++;
		else if (v->outcome != OUTCOME_LOST && v->title && !strcmp(v->title, TITLE))
			s->with++;
		else
			s->other++;
	}
}

static int run_side(const struct request *asked, const char *kernel, const char *name,
		    bool until_first, struct side *s)
{
	struct request rq = *asked;
	char *keep = NULL;
	int rc;

	if (asked->keep)
		keep = xasprintf("%s/%s", asked->keep, name);
	rq.keep = keep;
	rq.kernel = kernel;
	rq.until_first = until_first;
	rc = request_run(&rq, &s->result);
	if (!rc) {
		result_summary(&s->result, request_out(&rq));
		count(s, kernel);
	}
	free(keep);
	return rc;
}

/* The one line; the caller frees it. */
static char *verdict_of(const struct side *buggy, const struct side *fixed, unsigned int runs)
{
	char *line, *more;

	line = xasprintf("reproduced in %u/%u boots of %s, absent in %u/%u boots of %s "
			 "(%llu kvm_wait calls checked)", buggy->with, runs, buggy->release,
			 fixed->without, runs, fixed->release, fixed->waits);
	if (fixed->with) {
		more = xasprintf("%s; PRESENT in %u of the latter", line, fixed->with);
		free(line);
		line = more;
	}
	if (buggy->inconclusive || fixed->inconclusive) {
		more = xasprintf("%s; inconclusive: %u boots never reached kvm_wait", line,
				 buggy->inconclusive + fixed->inconclusive);
		free(line);
		line = more;
	}
	if (buggy->other || fixed->other) {
		more = xasprintf("%s; %u boots lost or with other findings", line,
				 buggy->other + fixed->other);
		free(line);
		line = more;
	}
	return line;
}

static int exit_code(const struct side *buggy, const struct side *fixed, unsigned int runs)
{
	if (buggy->with == runs && fixed->without == runs)
		return EXIT_OK;
	/* A boot that says the opposite is an answer; one that says nothing isn't. */
	return fixed->with || buggy->without ? EXIT_FOUND : EXIT_INFRA;
}

static int write_json(const struct request *rq, const struct side *buggy, const struct side *fixed,
		      const char *line)
{
	json_t *doc;
	int rc;

	doc = json_pack("{s:s, s:s, s:o, s:o}", "format", "irqsan-reproduce/1", "verdict", line,
			"buggy", result_json(&buggy->result), "fixed",
			result_json(&fixed->result));
	rc = result_write(doc, rq->json);
	json_decref(doc);
	return rc;
}

/**
 * cmd_reproduce() - irqsan reproduce
 * @argc: number of arguments
 * @argv: the arguments
 *
 * Return: EXIT_OK only when every boot of the buggy kernel showed the bug and
 * every boot of the fixed one ran through the same code without it
 */
int cmd_reproduce(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &request_argp, 0, NULL, 0 }, { &request_runs_argp, 0, NULL, 0 }, { 0 }
	};
	static const struct argp argp = {
		.parser = parse, .children = children,
		.doc = "Boot " KERNEL_BUGGY " (has the kvm_wait bug) and " KERNEL_FIXED
		       " (has the fix) under load and compare.\v"
		       "Exit status: 0 reproduced and absent in all boots, 1 a boot said "
		       "otherwise, 2 nothing proved.",
	};
	struct request rq = REQUEST_DEFAULTS;
	struct side buggy = {}, fixed = {};
	char *line;
	int rc;

	rq.command = "reproduce";
	rq.runs = DEFAULT_RUNS;
	rq.seconds = DEFAULT_SECONDS;
	rq.pv = REQUEST_PV_ON;
	/* Only the sites in question: arming all of them takes as long as the boot. */
	rq.params = "sites=pv";
	argp_parse(&argp, argc, argv, 0, NULL, &rq);
	result_init(&buggy.result, rq.runs);
	result_init(&fixed.result, rq.runs);
	rc = run_side(&rq, KERNEL_BUGGY, "buggy", true, &buggy);
	if (!rc && !buggy.result.interrupted)
		rc = run_side(&rq, KERNEL_FIXED, "fixed", false, &fixed);
	if (rc || buggy.result.interrupted || fixed.result.interrupted) {
		rc = EXIT_INFRA;
	} else {
		line = verdict_of(&buggy, &fixed, rq.runs);
		fprintf(request_out(&rq), "%s\n", line);
		rc = exit_code(&buggy, &fixed, rq.runs);
		if (rq.json && write_json(&rq, &buggy, &fixed, line) < 0)
			rc = EXIT_INFRA;
		free(line);
	}
	result_free(&buggy.result);
	result_free(&fixed.result);
	return rc;
}
