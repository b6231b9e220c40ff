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

static void take_chores(const struct given *g)
{
	struct request *rq = g->to;
	char *name, *save;

	for (name = strtok_r(g->arg, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		if (!image_chore_known(name))
			argp_error(g->state, "unknown chore \"%s\"", name);
		strv_push(&rq->plan.chores, name);
	}
}

static const struct verb_option options[] = {
	{ "kernel", 'K', "KERNEL", "debian:SUITE[/FLAVOUR], a bzImage or a build tree",
	  TO(struct request, kernel) },
	{ "reload", 'R', "N", "take the module out and put it back N times under load",
	  TO(struct request, plan.reload), .max = RELOAD_MAX },
	{ "planted", 0, NULL, "first run restores that are bogus on purpose: each must be caught",
	  TO(struct request, plan.planted) },
	{ "chore", 0, "NAME[,NAME]", "do these beside the load: hotplug, suspend, modules, "
	  "sysrq-l, tracer, kmemleak; and at the end: kexec, reboot", .own = take_chores },
	{ "module", 'M', "FILE", "load this irqsan.ko instead of building one",
	  TO(struct request, plan.module) },
	{ }
};

static void check(const struct argp_state *state, void *to)
{
	if (!((struct request *)to)->kernel)
		argp_error(state, "--kernel is missing");
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

static int verb_main(int argc, char **argv)
{
	struct request rq;
	const struct verb verb = {
		.sets = {
			{ request_load_options, &rq, request_check_load },
			{ request_ignore_options, &rq.plan.ignore },
			{ request_options, &rq },
			{ request_runs_options, &rq },
			{ options, &rq, check, 1 },
		},
		.words = &rq.plan.args, .args_doc = "[-- COMMAND [ARG...]]",
		.doc = "Boot a kernel under load with irqsan.ko in it.\v"
		       "Exit status: 0 all runs OK, 1 something was found, 2 nothing proved.",
	};
	struct result result;
	json_t *doc;
	int rc;

	request_init(&rq, "run");
	options_parse(&verb, argc, argv);
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

const struct command cmd_run = {
	"run", "boot a kernel with the detector in it and judge what it shows", verb_main
};
