// SPDX-License-Identifier: GPL-2.0
/*
 * irqsan run: boot one kernel with the module in it and say what was found.
 */
#include <string.h>

#include "base/util.h"
#include "boot/image.h"
#include "cmd/cmd.h"
#include "cmd/request.h"

#define RELOAD_MAX 100000

enum {
	OPT_PLANTED = 256,
	OPT_CHORE,
};

static const struct argp_option options[] = {
	{ "kernel", 'K', "KERNEL", 0, "debian:SUITE[/FLAVOUR], a bzImage or a build tree", 1 },
	{ "reload", 'R', "N", 0, "take the module out and put it back N times under load", 1 },
	{ "planted", OPT_PLANTED, NULL, 0,
	  "first run restores that are bogus on purpose: each must be caught", 1 },
	{ "chore", OPT_CHORE, "NAME[,NAME]", 0, "do these beside the load: hotplug, suspend, "
	  "modules, sysrq-l, tracer, kmemleak; and at the end: kexec, reboot", 1 },
	{ "module", 'M', "FILE", 0, "load this irqsan.ko instead of building one", 1 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct request *rq = state->input;
	char *name, *save;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = rq;
		state->child_inputs[1] = rq;
		state->child_inputs[2] = rq;
		break;
	case 'K':
		rq->kernel = arg;
		break;
	case 'R':
		rq->plan.reload = request_number(state, "reload", arg, 0, RELOAD_MAX);
		break;
	case 'M':
		plan_set(&rq->plan.module, arg);
		break;
	case OPT_PLANTED:
		rq->plan.planted = true;
		break;
	case OPT_CHORE:
		for (name = strtok_r(arg, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
			if (!image_chore_known(name))
				argp_error(state, "unknown chore \"%s\"", name);
			strv_push(&rq->plan.chores, name);
		}
		break;
	case ARGP_KEY_END:
		if (!rq->kernel)
			argp_error(state, "--kernel is missing");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* Nothing was found, but not every run is OK either: say so in one line. */
static void say_unproved(const struct result *r)
{
	struct result_totals t;

	result_totals(r, &t);
	if (r->interrupted)
		pr_err("interrupted: the runs prove nothing");
	else if (t.outcome[OUTCOME_LOST])
		pr_err("%u of %u runs were lost: this says nothing about the kernel",
		       t.outcome[OUTCOME_LOST], r->n);
	else
		pr_err("%u of %u runs never reached the code under test",
		       t.outcome[OUTCOME_INCONCLUSIVE], r->n);
}

/**
 * cmd_run() - irqsan run
 * @argc: number of arguments
 * @argv: the arguments
 *
 * Return: an exit code
 */
int cmd_run(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &request_load_argp, 0, NULL, 0 }, { &request_argp, 0, NULL, 0 },
		{ &request_runs_argp, 0, NULL, 0 }, { 0 }
	};
	static const struct argp argp = {
		.options = options, .parser = parse, .children = children,
		.args_doc = "[-- COMMAND [ARG...]]",
		.doc = "Boot a kernel under load with irqsan.ko in it.\v"
		       "Exit status: 0 all runs OK, 1 something was found, 2 nothing proved.",
	};
	struct request rq;
	struct result result;
	json_t *doc;
	int rc;

	request_init(&rq, "run");
	argp_parse(&argp, argc, argv, 0, NULL, &rq);
	result_init(&result, rq.runs);
	rc = request_run(&rq, &result);
	if (!rc) {
		result_summary(&result, request_out(&rq));
		doc = result_json(&result);
		rc = request_write(&rq, doc);
		json_decref(doc);
	}
	if (!rc && result_exit(&result) == EXIT_INFRA)
		say_unproved(&result);
	rc = rc ? EXIT_INFRA : result_exit(&result);
	result_free(&result);
	return rc;
}
