// SPDX-License-Identifier: GPL-2.0
/*
 * Carries out a request: gets the kernel, makes the guest, boots it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/pattern.h"
#include "base/util.h"
#include "boot/rundir.h"
#include "cmd/request.h"
#include "kernel/kernel.h"

#define RUNS_MAX 10000
#define SECONDS_MAX 86400

/*
 * An emulated CPU stands still for seconds when this machine is busy, which
 * the kernel would take for its own bug. That a guest hangs is for us to see.
 */
#define CMDLINE_EMULATED "nosoftlockup rcupdate.rcu_cpu_stall_suppress=1"

/* Out of reach of the commands' own. */
enum {
	OPT_PARAMS = 1024,
	OPT_EXPECT_PV,
	OPT_IGNORE,
	OPT_IGNORE_FILE,
};

static const struct argp_option options[] = {
	{ "accel", 'a', "ACCEL", 0, "auto (default), kvm, nested or tcg", 0 },
	{ "cpus", 'c', "N", 0, "vCPUs of the guest", 0 },
	{ "memory", 'm', "MB", 0, "memory of the guest", 0 },
	{ "seconds", 's', "S", 0, "how long the load runs, in guest time", 0 },
	{ "jobs", 'j', "N", 0, "boots at once (default: what this machine can)", 0 },
	{ "qemu", 'q', "PATH", 0, "QEMU to use", 0 },
	{ "json", 'J', "FILE", 0, "write the result there (- for standard output)", 0 },
	{ "keep", 'k', "DIR", 0, "directory of the run (default: a new one in out/)", 0 },
	{ "verbose", 'v', NULL, 0, "tell each guest's phases", 0 },
	{ 0 }
};

/**
 * request_number() - a number from the command line
 * @state: of the parser; ends the program with a message when @arg is no such number
 * @option: name of the option, for the message
 * @arg: its text
 * @min: least value
 * @max: greatest value
 *
 * Return: the number
 */
unsigned int request_number(const struct argp_state *state, const char *option, const char *arg,
			    unsigned int min, unsigned int max)
{
	unsigned int n = 0;

	if (parse_uint(arg, min, max, &n))
		argp_error(state, "--%s wants a number from %u to %u, not \"%s\"", option, min, max,
			   arg);
	return n;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct request *rq = state->input;

	switch (key) {
	case 'a':
		if (accel_parse(arg, &rq->accel))
			argp_error(state, "--accel is auto, kvm, nested or tcg, not \"%s\"", arg);
		break;
	case 'c':
		rq->cpus = request_number(state, "cpus", arg, 1, 64);
		break;
	case 'm':
		rq->memory_mb = request_number(state, "memory", arg, 128, 65536);
		break;
	case 's':
		rq->seconds = request_number(state, "seconds", arg, 1, SECONDS_MAX);
		break;
	case 'j':
		rq->jobs = request_number(state, "jobs", arg, 1, 64);
		break;
	case 'q':
		rq->qemu = arg;
		break;
	case 'J':
		rq->json = arg;
		break;
	case 'k':
		rq->keep = arg;
		break;
	case 'v':
		rq->verbose = true;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp request_argp = { .options = options, .parser = parse };

static const struct argp_option runs_options[] = {
	{ "runs", 'r', "N", 0, "how many boots", 0 },
	{ 0 }
};

static error_t parse_runs(int key, char *arg, struct argp_state *state)
{
	struct request *rq = state->input;

	if (key != 'r')
		return ARGP_ERR_UNKNOWN;
	rq->runs = request_number(state, "runs", arg, 1, RUNS_MAX);
	return 0;
}

const struct argp request_runs_argp = { .options = runs_options, .parser = parse_runs };

static const struct argp_option ignore_options[] = {
	{ "ignore", OPT_IGNORE, "REGEX", 0,
	  "findings with such a title don't count (repeatable)", 0 },
	{ "ignore-file", OPT_IGNORE_FILE, "FILE", 0, "the same for each line of a file", 0 },
	{ 0 }
};

static void ignore(const struct argp_state *state, struct strv *patterns, const char *pattern)
{
	if (!pattern_keep(pattern))
		argp_error(state, "--ignore wants regular expressions");
	strv_push(patterns, pattern);
}

static error_t parse_ignore(int key, char *arg, struct argp_state *state)
{
	struct strv *patterns = state->input;
	struct buf text = {};
	char *line, *save;

	switch (key) {
	case OPT_IGNORE:
		ignore(state, patterns, arg);
		break;
	case OPT_IGNORE_FILE:
		if (read_file(arg, &text) < 0)
			exit(EXIT_INFRA);
		for (line = strtok_r(text.data ?: (char[]){ "" }, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save))
			if (*line != '#')
				ignore(state, patterns, line);
		buf_free(&text);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp request_ignore_argp = { .options = ignore_options, .parser = parse_ignore };

static const struct argp_option load_options[] = {
	{ "workload", 'w', "NAME", 0, "mkdir-storm (default), lock-storm or none", 0 },
	{ "until", 'u', "first|end", 0, "end a boot at its first finding or never", 0 },
	{ "params", OPT_PARAMS, "TEXT", 0, "parameters for irqsan.ko", 0 },
	{ "expect-pv", OPT_EXPECT_PV, "on|off", 0,
	  "whether a load that never reaches kvm_wait is inconclusive", 0 },
	{ 0 }
};

static error_t parse_load(int key, char *arg, struct argp_state *state)
{
	struct request *rq = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &rq->ignore;
		break;
	case 'w':
		if (!guest_workload_known(arg))
			argp_error(state, "unknown workload \"%s\"", arg);
		rq->workload = arg;
		break;
	case 'u':
		if (strcmp(arg, "first") && strcmp(arg, "end"))
			argp_error(state, "--until is first or end, not \"%s\"", arg);
		rq->until_first = !strcmp(arg, "first");
		break;
	case OPT_PARAMS:
		/* The guest's orders are lines. */
		if (strchr(arg, '\n'))
			argp_error(state, "--params can't hold a newline");
		rq->params = arg;
		break;
	case OPT_EXPECT_PV:
		if (strcmp(arg, "on") && strcmp(arg, "off"))
			argp_error(state, "--expect-pv is on or off, not \"%s\"", arg);
		rq->pv = strcmp(arg, "on") ? REQUEST_PV_OFF : REQUEST_PV_ON;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child load_children[] = { { .argp = &request_ignore_argp }, { 0 } };

const struct argp request_load_argp = {
	.options = load_options, .parser = parse_load, .children = load_children,
};

/**
 * request_out() - where a command prints what it found
 * @rq: its request
 *
 * Return: standard output, unless the JSON document goes there
 */
FILE *request_out(const struct request *rq)
{
	return rq->json && !strcmp(rq->json, "-") ? stderr : stdout;
}

static bool expect_pv(const struct request *rq, enum accel accel)
{
	if (rq->pv != REQUEST_PV_AUTO)
		return rq->pv == REQUEST_PV_ON;
	return accel != ACCEL_TCG && strcmp(rq->workload, "none");
}

/* Member @name of @facts: the hash of @path, if there is one. */
static int add_hash(json_t *facts, const char *name, const char *path)
{
	char hex[65];
	int rc;

	if (!path)
		return 0;
	rc = sha256_file(path, hex);
	if (!rc)
		json_object_set_new(facts, name, json_string(hex));
	return rc;
}

/* What is booted, for the result and for each boot's run.json. */
static int add_facts(json_t *facts, const struct request *rq, const struct kernel *k,
		     const struct request_guest *g, enum accel accel)
{
	const struct guest *guest = &g->guest;
	json_t *more, *ignore = json_array();
	int rc;

	more = json_pack("{s:s, s:{s:s, s:s?, s:s?}, s:s, s:i, s:i, s:s, s:i, s:i, s:b, s:b, "
			 "s:b, s:s?, s:s?, s:s?}",
			 "command", rq->command,
			 "kernel", "name", k->name, "release", k->release, "version", k->version,
			 "accel", accel_name(accel),
			 "cpus", (int)rq->cpus,
			 "memory_mb", (int)rq->memory_mb,
			 "workload", rq->workload,
			 "seconds", (int)rq->seconds,
			 "reload", (int)rq->reload,
			 "planted", rq->planted,
			 "livepatch", !!rq->livepatch,
			 "selftest", !!rq->selftests,
			 "chores", rq->chores,
			 "cmdline", rq->cmdline,
			 "params", rq->params);
	for (size_t i = 0; more && i < rq->ignore.n; i++)
		json_array_append_new(ignore, json_string(rq->ignore.v[i]));
	/* All of them or none: the judge goes by some. */
	if (!more || json_array_size(ignore) != rq->ignore.n) {
		json_decref(more);
		json_decref(ignore);
		pr_err("the kernel's name, --params, --chore, --ignore and --cmdline must be UTF-8");
		return -EINVAL;
	}
	json_object_update(facts, more);
	json_object_set_new(facts, "ignore", ignore);
	json_decref(more);
	if (rq->builtin)
		json_object_update_new(facts,
				       json_pack("{s:b, s:b}", "bare", true, "check",
						 kernel_config(k, "DEBUG_IRQFLAGS") == 'y'));
	if (guest->livepatch)
		json_object_set_new(facts, "livepatch_name",
				    json_string(strrchr(guest->livepatch, '/') ?
						strrchr(guest->livepatch, '/') + 1 :
						guest->livepatch));
	rc = add_hash(facts, "kernel_sha256", g->image);
	if (!rc)
		rc = add_hash(facts, "config_sha256", k->config);
	if (!rc)
		rc = add_hash(facts, "initramfs_sha256", guest->initramfs);
	if (!rc)
		rc = add_hash(facts, "module_sha256", guest->module);
	if (!rc)
		rc = add_hash(facts, "livepatch_sha256", guest->livepatch);
	return rc;
}

/**
 * request_accel() - the accelerator for a request
 * @rq: what is asked for
 * @accel: filled
 *
 * Without PV spinlocks most of what the loads are for isn't there: so tcg is
 * never chosen for them. Who asks for tcg gets it, without the expectation.
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int request_accel(const struct request *rq, enum accel *accel)
{
	bool need_pv = rq->pv == REQUEST_PV_ON ||
		       (rq->pv == REQUEST_PV_AUTO && rq->accel == ACCEL_AUTO &&
			strcmp(rq->workload, "none"));
	int rc = accel_choose(rq->accel, need_pv, accel);

	return rc < 0 ? rc : 0;
}

/*
 * A copy of the kernel that no later build, and no refresh of the cache, changes
 * while the boots go on: hours, perhaps.
 */
static int keep_image(const char *image, const char *dir, char **copy)
{
	char *path = xasprintf("%s/bzImage.run", dir);
	struct stat a, b;
	int rc;

	if (!stat(image, &a) && !stat(path, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino) {
		pr_err("%s is what a run puts there; give the kernel another name", path);
		rc = -EEXIST;
	} else {
		rc = copy_file(image, path);
	}
	*copy = rc ? NULL : xstrdup(path);
	free(path);
	return rc;
}

/**
 * request_guest_make() - make a guest of what is asked for
 * @rq: what is asked for
 * @k: its kernel
 * @accel: its accelerator
 * @dir: where its initramfs is put
 * @g: filled on success; for request_guest_free()
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int request_guest_make(const struct request *rq, const struct kernel *k, enum accel accel,
		       const char *dir, struct request_guest *g)
{
	/* Then the selftests take it as it is. */
	bool built_in = rq->selftests && kernel_config(k, "IRQSAN") == 'y';
	const struct guest_config gc = {
		.kernel = k, .module = rq->module, .params = rq->params,
		.livepatch = rq->livepatch, .builtin = rq->builtin,
		.bare = rq->builtin || built_in,
		.workload = rq->workload, .seconds = rq->seconds,
		.reload = rq->reload, .planted = rq->planted, .chores = rq->chores,
		.selftests = rq->selftests, .tracers = rq->tracers,
	};
	const char *emulated = accel == ACCEL_KVM ? "" : CMDLINE_EMULATED;
	int rc;

	*g = (struct request_guest){};
	rc = guest_build(&gc, dir, &g->guest);
	if (!rc)
		rc = keep_image(k->image, dir, &g->image);
	if (rc) {
		request_guest_free(g);
		return rc;
	}
	g->cmdline = xasprintf("%s%s%s%s", emulated, built_in ? " irqsan.track=1" : "",
			       rq->cmdline ? " " : "", rq->cmdline ?: "");
	g->run = (struct run_guest){
		.vm = { .accel = accel, .qemu = rq->qemu, .kernel = g->image,
			.initramfs = g->guest.initramfs,
			.cmdline = g->cmdline,
			.cpus = rq->cpus, .memory_mb = rq->memory_mb },
		.expect_pv = expect_pv(rq, accel), .facts = json_object(), .conf = g->guest.conf,
	};
	rc = add_facts(g->run.facts, rq, k, g, accel);
	if (rc)
		request_guest_free(g);
	return rc;
}

/**
 * request_guest_free() - free what request_guest_make() filled in
 * @g: the guest; its initramfs and kernel, which are large, are removed: what they
 *     were made of is named in run.json
 */
void request_guest_free(struct request_guest *g)
{
	if (g->guest.initramfs)
		unlink(g->guest.initramfs);
	if (g->image)
		unlink(g->image);
	free(g->image);
	json_decref(g->run.facts);
	free(g->cmdline);
	guest_free(&g->guest);
	*g = (struct request_guest){};
}

/**
 * request_series() - how to boot the guests of a request
 * @rq: what is asked for
 * @accel: its accelerator
 * @dir: directory of the runs
 *
 * Return: for series_run(), but for the guests
 */
struct series request_series(const struct request *rq, enum accel accel, const char *dir)
{
	struct series series = {
		.run = {
			.runs = rq->runs, .jobs = rq->jobs,
			/* What is bogus on purpose is reported too: it must not end the boot. */
			.until_first = rq->until_first && !rq->planted && !rq->selftests,
			.seconds = rq->seconds, .reload = rq->reload,
			.limits = &run_limits_default, .scale = accel_scale(accel), .dir = dir,
			.verbose = rq->verbose,
		},
		/* What selftests find is printed by who runs them. */
		.out = rq->selftests ? NULL : request_out(rq),
	};

	if (!series.run.jobs)
		series.run.jobs = accel_parallel(accel, rq->cpus, rq->memory_mb);
	return series;
}

/* With kernel and accelerator known: makes guest and directory, boots. */
static int run_in_dir(const struct request *rq, const struct kernel *k, enum accel accel,
		      const char *dir, struct result *result)
{
	struct series series = request_series(rq, accel, dir);
	struct run_config *run = &series.run;
	struct request_guest g;
	json_t *doc;
	int rc;

	rc = request_guest_make(rq, k, accel, dir, &g);
	if (rc)
		return rc;
	json_object_update(result->facts, g.run.facts);
	if (run->jobs > rq->runs)
		run->jobs = rq->runs;
	run->guests = &g.run;
	run->nr_guests = 1;
	pr_info("%u boots of %s on %s, %u at once, in %s", rq->runs, k->release ?: k->name,
		accel_name(accel), run->jobs, dir);
	rc = series_run(&series, result);
	if (!rc) {
		doc = result_json(result);
		rc = rundir_write_json(dir, "result.json", doc);
		json_decref(doc);
	}
	request_guest_free(&g);
	return rc;
}

/**
 * request_run() - carry out a request
 * @rq: what is asked for
 * @result: from result_init() with @rq->runs
 *
 * Return: 0 when there is a result (also one that the user cut short), or a
 * negative errno; the reason was printed
 */
int request_run(const struct request *rq, struct result *result)
{
	struct kernel k = {};
	enum accel accel;
	char *dir = NULL;
	int rc;

	rc = kernel_get(rq->kernel, &k);
	if (rc < 0)
		return rc;
	rc = request_accel(rq, &accel);
	if (rc >= 0)
		rc = rundir_create(rq->keep, k.release ?: "kernel", accel_name(accel), &dir);
	if (rc >= 0)
		rc = run_in_dir(rq, &k, accel, dir, result);
	free(dir);
	kernel_free(&k);
	return rc < 0 ? rc : 0;
}
