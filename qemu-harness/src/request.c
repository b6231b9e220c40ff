// SPDX-License-Identifier: GPL-2.0
/*
 * Carries out a request: gets the kernel, makes the guest, boots it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"
#include "kernel.h"
#include "request.h"
#include "run.h"
#include "rundir.h"
#include "util.h"

#define RUNS_MAX 10000
#define SECONDS_MAX 86400

/*
 * An emulated CPU stands still for seconds when this machine is busy, which
 * the kernel would take for its own bug. That a guest hangs is for us to see.
 */
#define CMDLINE_EMULATED "nosoftlockup rcupdate.rcu_cpu_stall_suppress=1"

static const struct argp_option options[] = {
	{ "accel", 'a', "ACCEL", 0, "auto (default), kvm, nested or tcg", 0 },
	{ "cpus", 'c', "N", 0, "vCPUs of the guest", 0 },
	{ "memory", 'm', "MB", 0, "memory of the guest", 0 },
	{ "seconds", 's', "S", 0, "how long the load runs, in guest time", 0 },
	{ "runs", 'r', "N", 0, "how many boots", 0 },
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
	case 'r':
		rq->runs = request_number(state, "runs", arg, 1, RUNS_MAX);
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

/* Member @name of @facts: the hash of @path. */
static int add_hash(json_t *facts, const char *name, const char *path)
{
	char hex[65];
	int rc;

	rc = sha256_file(path, hex);
	if (!rc)
		json_object_set_new(facts, name, json_string(hex));
	return rc;
}

/* What was run, for the result and for each boot's run.json. */
static int add_facts(json_t *facts, const struct request *rq, const struct kernel *k,
		     const struct guest *guest, enum accel accel)
{
	json_t *more;
	int rc;

	more = json_pack("{s:s, s:{s:s, s:s?, s:s?}, s:s, s:i, s:i, s:s, s:i, s:i, s:b, s:s?, s:s?}",
			 "command", rq->command,
			 "kernel", "name", k->name, "release", k->release, "version", k->version,
			 "accel", accel_name(accel),
			 "cpus", (int)rq->cpus,
			 "memory_mb", (int)rq->memory_mb,
			 "workload", rq->workload,
			 "seconds", (int)rq->seconds,
			 "reload", (int)rq->reload,
			 "planted", rq->planted,
			 "chores", rq->chores,
			 "params", rq->params);
	json_object_update(facts, more);
	json_decref(more);
	rc = add_hash(facts, "kernel_sha256", k->image);
	if (!rc)
		rc = add_hash(facts, "initramfs_sha256", guest->initramfs);
	if (!rc)
		rc = add_hash(facts, "module_sha256", guest->module);
	return rc;
}

/* With kernel and accelerator known: makes guest and directory, boots. */
static int run_in_dir(const struct request *rq, const struct kernel *k, enum accel accel,
		      const char *dir, struct result *result)
{
	const struct guest_config gc = {
		.kernel = k, .module = rq->module, .params = rq->params,
		.workload = rq->workload, .seconds = rq->seconds, .reload = rq->reload,
		.planted = rq->planted, .chores = rq->chores,
	};
	struct run_config config = {
		.vm = { .accel = accel, .qemu = rq->qemu, .kernel = k->image,
			.cmdline = accel == ACCEL_KVM ? NULL : CMDLINE_EMULATED,
			.cpus = rq->cpus, .memory_mb = rq->memory_mb },
		.runs = rq->runs, .jobs = rq->jobs, /* Planted ones are reported too: they must not end the boot. */
		.until_first = rq->until_first && !rq->planted,
		.seconds = rq->seconds, .reload = rq->reload, .expect_pv = expect_pv(rq, accel),
		.limits = &run_limits_default, .scale = accel_scale(accel),
		.facts = result->facts, .dir = dir, .out = request_out(rq),
		.verbose = rq->verbose,
	};
	struct guest guest;
	json_t *doc;
	int rc;

	rc = guest_build(&gc, dir, &guest);
	if (rc)
		return rc;
	rc = add_facts(result->facts, rq, k, &guest, accel);
	if (!rc) {
		if (!config.jobs)
			config.jobs = accel_parallel(accel, rq->cpus, rq->memory_mb);
		if (config.jobs > rq->runs)
			config.jobs = rq->runs;
		config.vm.initramfs = guest.initramfs;
		config.conf = guest.conf;
		pr_info("%u boots of %s on %s, %u at once, in %s", rq->runs, k->release ?: k->name,
			accel_name(accel), config.jobs, dir);
		rc = run_boots(&config, result);
	}
	if (!rc) {
		doc = result_json(result);
		rc = rundir_write_json(dir, "result.json", doc);
		json_decref(doc);
	}
	/* Large, and made again from what run.json names. */
	unlink(guest.initramfs);
	guest_free(&guest);
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
	bool need_pv;
	int rc;

	rc = kernel_get(rq->kernel, &k);
	if (rc < 0)
		return rc;
	/*
	 * Without PV spinlocks most of what the loads are for isn't there: so
	 * tcg is never chosen for them. Who asks for tcg gets it, without the
	 * expectation.
	 */
	need_pv = rq->pv == REQUEST_PV_ON ||
		  (rq->pv == REQUEST_PV_AUTO && rq->accel == ACCEL_AUTO &&
		   strcmp(rq->workload, "none"));
	rc = accel_choose(rq->accel, need_pv, &accel);
	if (rc >= 0)
		rc = rundir_create(rq->keep, k.release ?: "kernel", accel_name(accel), &dir);
	if (rc >= 0)
		rc = run_in_dir(rq, &k, accel, dir, result);
	free(dir);
	kernel_free(&k);
	return rc < 0 ? rc : 0;
}
