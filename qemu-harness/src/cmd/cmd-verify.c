// SPDX-License-Identifier: GPL-2.0
/*
 * irqsan verify: boot a kernel before and after a fix in turn, and say with
 * known odds whether the fix fixes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/git.h"
#include "base/json-text.h"
#include "base/util.h"
#include "boot/prepare.h"
#include "boot/rundir.h"
#include "cmd/cmd.h"
#include "cmd/request.h"
#include "kernel/build.h"
#include "kernel/kernel-source.h"
#include "kernel/kernel.h"
#include "verify/verify-boots.h"
#include "verify/verify-doc.h"
#include "verify/verify.h"

#define DEFAULT_ALPHA 0.01
#define ALPHA_MIN 0.0001
#define ALPHA_MAX 0.5
#define RUNS_MAX 1000

/**
 * struct verify - the work of one call
 * @rq: how to boot, for both sides
 * @kernel: names of the kernels; with a source revisions of it, or NULL
 * @build: how they are built; its patches are the fix
 * @source: what each was built from; owned
 * @signature: of the kernels that were built; owned
 * @same_code: these are equal, and there is no livepatch
 * @livepatch: for the second side, or NULL
 * @insmod: module of each side, when the fix is in a module; or NULL
 * @title: what counts as the bug; NULL: what is seen before
 * @alpha: greatest chance of a wrong FIXED, and of a wrong WORSE
 * @guest: what is booted, of each side
 * @image: kernel of each side
 * @plan: the rule
 * @decision: what the boots say
 * @result: all boots
 */
struct verify {
	struct request rq;
	const char *kernel[VERIFY_SIDES];
	struct build_request build;
	char *source[VERIFY_SIDES];
	char *signature[VERIFY_SIDES];
	bool same_code;
	const char *livepatch;
	const char *insmod[VERIFY_SIDES];
	const char *title;
	double alpha;
	struct prepared guest[VERIFY_SIDES];
	struct kernel image[VERIFY_SIDES];
	struct verify_plan plan;
	struct verify_decision decision;
	struct result result;
};

static void take_alpha(const struct given *g)
{
	double alpha;
	char *end;

	alpha = strtod(g->arg, &end);
	if (*end || !(alpha >= ALPHA_MIN && alpha <= ALPHA_MAX))
		argp_error(g->state, "--alpha wants a number from %g to %g, not \"%s\"", ALPHA_MIN,
			   ALPHA_MAX, g->arg);
	((struct verify *)g->to)->alpha = alpha;
}

static const struct verb_option options[] = {
	{ "before", 0, "KERNEL|REV", "the kernel without the fix; with --source a revision of that",
	  TO(struct verify, kernel[0]) },
	{ "after", 0, "KERNEL|REV",
	  "the one with it (default where the fix is something else: the same)",
	  TO(struct verify, kernel[1]) },
	{ "livepatch", 0, "FILE|DIR",
	  "the fix is a livepatch: a module, or the directory of its source",
	  TO(struct verify, livepatch) },
	{ "before-insmod", 0, "FILE.ko|DIR@REV",
	  "the fix is in a module, this is the one without; loaded as by --insmod",
	  TO(struct verify, insmod[0]), .line = true },
	{ "after-insmod", 0, "FILE.ko|DIR@REV", "the one with it", TO(struct verify, insmod[1]),
	  .line = true },
	{ "source", 0, "SOURCE",
	  "build both: debian-source:SUITE, or the directory of a kernel's source",
	  TO(struct verify, build.source) },
	{ "patch", 0, "FILE|DIR", "the fix is a patch, or a series, for the source",
	  TO(struct verify, build.patches) },
	{ "config", 0, "NAME|FILE",
	  "configuration of both, as for kernel build (default: the .config in the source)",
	  TO(struct verify, build.configs) },
	{ "runs", 'r', "auto|N", "boots of each side: as many as it takes (default), or so many",
	  TO(struct verify, rq.runs), .min = 1, .max = RUNS_MAX, .or_auto = true },
	{ "title", 0, "TITLE|any", "what counts as the bug (default: all that is seen before)",
	  TO(struct verify, title) },
	{ "alpha", 0, "A", "greatest chance of a wrong FIXED or WORSE (default 0.01)",
	  .own = take_alpha },
	{ }
};

static void check(const struct argp_state *state, void *to)
{
	struct verify *v = to;
	bool fix = v->livepatch || v->insmod[1];

	if (!v->insmod[0] != !v->insmod[1])
		argp_error(state, "--before-insmod and --after-insmod go together");
	if (v->build.source) {
		if (v->kernel[1] && !v->kernel[0])
			argp_error(state, "--before is missing");
		if (!v->kernel[1] && !v->build.patches.n && !fix)
			argp_error(state, "--after, --patch or --livepatch is missing");
		if (v->kernel[0] && !strncmp(v->build.source, SOURCE_PREFIX, strlen(SOURCE_PREFIX)))
			argp_error(state, "revisions are of a --source that is a git repository");
		build_own_config(v->build.source, &v->build.configs);
		if (v->kernel[0] && !v->build.configs.n)
			argp_error(state, "%s has no .config; --config gives one (kvm-guest?)",
				   v->build.source);
		if (v->rq.plan.root)
			strv_push(&v->build.configs, "root");
		return;
	}
	if (v->build.patches.n || v->build.configs.n)
		argp_error(state, "--patch and --config are for a --source");
	if (!v->kernel[0])
		argp_error(state, "--before is missing");
	if (!v->kernel[1] && !fix)
		argp_error(state, "--after or --livepatch is missing");
	if (!v->kernel[1])
		v->kernel[1] = v->kernel[0];
}

/* The verdict, everywhere that it goes. */
static int tell(const struct verify *v, const char *dir)
{
	json_auto_t *before = prepared_json(&v->guest[0]), *after = prepared_json(&v->guest[1]);
	const struct verify_report report = {
		.plan = &v->plan, .decision = &v->decision, .title = v->title,
		.facts = { before, after }, .result = &v->result,
	};
	json_auto_t *doc = verify_json(&report);
	char *text __cleanup(free_ptr) = verify_text(doc);
	int rc;

	verify_table(doc, request_out(&v->rq));
	rc = rundir_write_text(dir, "verify.txt", text) ?:
	     rundir_write_json(dir, "verify.json", doc) ?: request_write(&v->rq, doc);
	pr_info("to paste under a patch: %s/verify.txt", dir);
	return rc;
}

/* Of a kernel that was built: what it was made of. */
static void add_source(const struct verify *v, unsigned int side, json_t *facts)
{
	const struct strv none = {};

	json_object_set_new(facts, "source", json_string(v->source[side]));
	json_object_set_new(facts, "signature", json_string(v->signature[side]));
	json_object_set_new(facts, "patches", json_texts(side ? &v->build.patches : &none));
}

/* The guest of one side, in a directory of its own. */
static int make_guest(struct verify *v, unsigned int side, const char *dir)
{
	static const char *const names[VERIFY_SIDES] = { "before", "after" };
	char *sub __cleanup(free_ptr) = xasprintf("%s/%s", dir, names[side]);
	struct prepared *g = &v->guest[side];
	struct plan plan __cleanup(plan_free);
	int rc;

	plan_copy(&plan, &v->rq.plan);
	if (side)
		plan_set(&plan.livepatch, v->livepatch);
	if (v->insmod[side])
		strv_push(&plan.insmod, v->insmod[side]);
	rc = mkdir_p(sub) ?: prepare_guest(&plan, &v->image[side], sub, g);
	/* Somebody may want to verify the next fix meanwhile. */
	kernel_release(&v->image[side]);
	if (rc)
		return rc;
	g->run.name = names[side];
	json_object_set_new(g->run.facts, "side", json_string(names[side]));
	if (v->build.source)
		add_source(v, side, g->run.facts);
	return 0;
}

static int verify_in_dir(struct verify *v, const char *dir)
{
	int rc = make_guest(v, 0, dir) ?: make_guest(v, 1, dir);
	const struct run_guest guests[VERIFY_SIDES] = { v->guest[0].run, v->guest[1].run };
	struct series series = request_series(&v->rq, dir);

	series.run.guests = guests;
	series.run.nr_guests = VERIFY_SIDES;
	if (!rc && v->same_code) {
		verify_same_code(v->signature[0], &v->decision);
	} else if (!rc) {
		pr_info("%s%s against %s on %s, in %s", v->image[1].release ?: v->image[1].name,
			v->livepatch ? " with the livepatch" : "",
			v->image[0].release ?: v->image[0].name,
			accel_name(v->rq.plan.accel), dir);
		rc = verify_boots(&v->plan, v->title, &series, &v->result, &v->decision);
	}
	return rc ?: tell(v, dir);
}

static int build_side(struct verify *v, unsigned int side, const struct build_request *rq)
{
	struct build b __cleanup(build_free) = {};
	int rc = build_kernel(rq, &b);

	if (rc == BUILD_BROKEN) {
		pr_err("%s%s doesn't build: %s (all of it: %s)", v->source[side],
		       rq->patches.n ? " with the patches" : "", b.error, b.log);
		return -EINVAL;
	}
	v->signature[side] = xstrdup(b.signature);
	return rc ?: kernel_get(b.dir, &v->image[side]);
}

/* Revisions mean what they mean now, however long a build takes. */
static int get_revision(struct verify *v, unsigned int side, char **hash)
{
	const char *rev = v->kernel[side] ?: v->kernel[0];
	int rc = rev ? git_hash(v->build.source, rev, hash) : 0;

	v->source[side] = !rev ? xstrdup(v->build.source) :
			  xasprintf("%s at %s, %.12s", v->build.source, rev, *hash ?: "");
	return rc;
}

/* Builds both sides; one kernel is both when the fix is something else. */
static int build_kernels(struct verify *v)
{
	char *old __cleanup(free_ptr) = NULL, *new __cleanup(free_ptr) = NULL;
	struct build_request before = v->build, after = v->build;
	int rc = get_revision(v, 0, &old) ?: get_revision(v, 1, &new);

	before.patches = (struct strv){};
	before.rev = old;
	before.side = old ? "before" : NULL;
	after.rev = new;
	after.side = new ? "after" : NULL;
	if (!rc)
		rc = build_side(v, 0, &before);
	if (!rc && !v->kernel[1] && !after.patches.n) {
		rc = kernel_get(v->image[0].name, &v->image[1]);
		v->signature[1] = xstrdup(v->signature[0]);
	} else if (!rc) {
		rc = build_side(v, 1, &after);
	}
	v->same_code = !rc && !v->livepatch && !v->insmod[0] &&
		       !strcmp(v->signature[0], v->signature[1]);
	return rc;
}

static int get_kernels(struct verify *v)
{
	return v->build.source ? build_kernels(v) :
	       kernel_get(v->kernel[0], &v->image[0]) ?: kernel_get(v->kernel[1], &v->image[1]);
}

static int verify_run(struct verify *v)
{
	char *dir __cleanup(free_ptr) = NULL;

	return get_kernels(v) ?: request_accel(&v->rq) ?:
	       rundir_create(v->rq.keep, v->image[1].release ?: "kernel",
			     accel_name(v->rq.plan.accel), &dir) ?:
	       verify_in_dir(v, dir);
}

static int verb_main(int argc, char **argv)
{
	struct verify v = { .alpha = DEFAULT_ALPHA };
	const struct verb verb = {
		.sets = {
			{ request_load_options, &v.rq, request_check_load },
			{ request_ignore_options, &v.rq.plan.ignore },
			{ request_options, &v.rq },
			{ options, &v, check, 1 },
		},
		.words = &v.rq.plan.args, .args_doc = "[-- COMMAND [ARG...]]",
		.doc = "Boot a kernel before and after a fix, in turn, and decide by a rule that "
		       "is fixed beforehand.\v"
		       "Exit status: 0 FIXED, 1 NOT FIXED or WORSE, 2 usage or infrastructure, "
		       "125 NOT REPRODUCED or INCONCLUSIVE.",
	};
	int rc;

	request_init(&v.rq, "verify");
	v.rq.runs = 0;
	/* A boot that ends with the bug would not get to what else there is. */
	v.rq.plan.until_first = false;
	options_parse(&verb, argc, argv);
	verify_plan(&v.plan, v.rq.runs, v.alpha);
	result_init(&v.result, 0);
	rc = verify_run(&v) ? EXIT_INFRA : verify_exit(v.decision.answer);
	verify_decision_free(&v.decision);
	result_free(&v.result);
	for (unsigned int i = 0; i < VERIFY_SIDES; i++) {
		prepared_free(&v.guest[i]);
		kernel_free(&v.image[i]);
		free(v.source[i]);
		free(v.signature[i]);
	}
	strv_free(&v.build.patches);
	strv_free(&v.build.configs);
	return rc;
}

const struct command cmd_verify = {
	"verify", "boot a kernel before and after a fix and say whether it fixes", verb_main
};
