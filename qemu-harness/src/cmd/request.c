// SPDX-License-Identifier: GPL-2.0
/*
 * Carries out a request: gets the kernel, makes the guest, boots it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"
#include "base/json-text.h"
#include "base/util.h"
#include "boot/detector.h"
#include "boot/load.h"
#include "boot/prepare.h"
#include "boot/root.h"
#include "boot/rundir.h"
#include "cmd/ci.h"
#include "cmd/request.h"
#include "kernel/kernel.h"

#define RUNS_MAX 10000
#define SECONDS_MAX 86400
#define PROCS_MAX 256
/* A command ends by itself; one that doesn't is ended then, as syzbot does. */
#define COMMAND_SECONDS 300
/* What a root's programs write takes memory: half of this at most. */
#define ROOT_MEMORY_MB 2048

static void take_accel(const struct given *g)
{
	struct request *rq = g->to;

	if (accel_parse(g->arg, &rq->plan.accel))
		argp_error(g->state, "--accel is auto, kvm, nested or tcg, not \"%s\"", g->arg);
}

static void take_memory(const struct given *g)
{
	struct request *rq = g->to;

	rq->plan.memory_mb = given_number(g, g->arg, 128, 65536);
	rq->memory_given = true;
}

static void take_seconds(const struct given *g)
{
	struct request *rq = g->to;

	rq->plan.seconds = given_number(g, g->arg, 1, SECONDS_MAX);
	rq->seconds_given = true;
}

/* A factor, in percent. */
static void take_scale(const struct given *g)
{
	struct request *rq = g->to;
	char *end;
	double factor = strtod(g->arg, &end);

	if (end == g->arg || *end || !(factor >= 0.1 && factor <= 1000))
		argp_error(g->state, "--scale wants a factor from 0.1 to 1000, not \"%s\"", g->arg);
	rq->plan.scale = (unsigned int)(factor * 100 + 0.5);
}

const struct verb_option request_options[] = {
	{ "accel", 'a', "ACCEL", "auto (default), kvm, nested or tcg", .own = take_accel },
	{ "cpus", 'c', "N", "vCPUs of the guest", TO(struct request, plan.cpus), .min = 1,
	  .max = 64 },
	{ "memory", 'm', "MB", "memory of the guest (default: 512; with --root 2048)",
	  .own = take_memory },
	{ "seconds", 's', "S",
	  "how long the load runs, in guest time (a command: at most, default 300)",
	  .own = take_seconds },
	{ "jobs", 'j', "N", "boots at once (default: what this machine can)",
	  TO(struct request, jobs), .min = 1, .max = 64 },
	{ "qemu", 'q', "PATH", "QEMU to use", TO(struct request, plan.qemu) },
	{ "json", 'J', "FILE", "write the result there (- for standard output)",
	  TO(struct request, json) },
	{ "keep", 'k', "DIR", "directory of the run (default: a new one in out/)",
	  TO(struct request, keep) },
	{ "scale", 0, "F", "wait F times as long for the guest: for slow hosts and debug kernels",
	  .own = take_scale },
	{ "timeout", 0, "S", "end a boot after S seconds, whatever it does",
	  TO(struct request, plan.timeout), .min = 1, .max = SECONDS_MAX },
	{ "verbose", 'v', NULL, "tell each guest's phases", TO(struct request, verbose) },
	{ }
};

const struct verb_option request_runs_options[] = {
	{ "runs", 'r', "N", "how many boots", TO(struct request, runs), .min = 1,
	  .max = RUNS_MAX },
	{ }
};

static void ignore(const struct given *g, const char *pattern)
{
	if (!pattern_keep(pattern))
		argp_error(g->state, "--ignore wants regular expressions");
	strv_push(g->to, pattern);
}

static void take_ignore(const struct given *g)
{
	ignore(g, g->arg);
}

static void take_ignore_file(const struct given *g)
{
	struct buf text __cleanup(buf_free) = {};
	struct strv lines __cleanup(strv_free) = {};

	if (read_file(g->arg, &text) < 0)
		exit(argp_err_exit_status);
	strv_lines(&lines, text.data);
	for (size_t i = 0; i < lines.n; i++)
		if (*lines.v[i] != '#')
			ignore(g, lines.v[i]);
}

const struct verb_option request_ignore_options[] = {
	{ "ignore", 0, "REGEX", "findings with such a title don't count (repeatable)",
	  .own = take_ignore },
	{ "ignore-file", 0, "FILE", "the same for each line of a file", .own = take_ignore_file },
	{ }
};

static void take_workload(const struct given *g)
{
	struct request *rq = g->to;

	rq->plan.load = load_find(g->arg);
	if (!rq->plan.load || !rq->plan.load->offered)
		argp_error(g->state, "unknown workload \"%s\"", g->arg);
}

static void take_until(const struct given *g)
{
	struct request *rq = g->to;

	if (strcmp(g->arg, "first") && strcmp(g->arg, "end"))
		argp_error(g->state, "--until is first or end, not \"%s\"", g->arg);
	rq->plan.until_first = !strcmp(g->arg, "first");
}

static void take_detector(const struct given *g)
{
	struct request *rq = g->to;

	rq->plan.detector = detector_find(g->arg);
	if (!rq->plan.detector)
		argp_error(g->state, "--detector is irqsan, builtin or none, not \"%s\"", g->arg);
}

/* "3": three times; "30s": as long as the load lasts, which is so many seconds. */
static void take_repeat(const struct given *g)
{
	size_t last = strlen(g->arg) - !!*g->arg;
	struct request *rq = g->to;

	if (g->arg[last] != 's') {
		rq->plan.repeat = given_number(g, g->arg, 1, RUNS_MAX);
		return;
	}
	g->arg[last] = '\0';
	take_seconds(g);
	rq->plan.repeat = 0;
}

static void take_append(const struct given *g)
{
	struct plan *plan = &((struct request *)g->to)->plan;
	char *before __cleanup(free_ptr) = plan->cmdline;

	plan->cmdline = xasprintf("%s%s%s", before ?: "", before ? " " : "", g->arg);
}

static void take_expect_pv(const struct given *g)
{
	struct request *rq = g->to;

	if (strcmp(g->arg, "on") && strcmp(g->arg, "off"))
		argp_error(g->state, "--expect-pv is on or off, not \"%s\"", g->arg);
	rq->pv = strcmp(g->arg, "on") ? REQUEST_PV_OFF : REQUEST_PV_ON;
}

static void take_root(const struct given *g)
{
	struct request *rq = g->to;

	if (root_check(g->arg))
		exit(argp_err_exit_status);
	plan_set(&rq->plan.root, g->arg);
}

const struct verb_option request_load_options[] = {
	{ "workload", 'w', "NAME", "mkdir-storm (default), lock-storm or none",
	  .own = take_workload },
	{ "until", 'u', "first|end", "end a boot at its first finding or never",
	  .own = take_until },
	{ "detector", 0, "irqsan|builtin|none",
	  "irqsan.ko (default), the kernel's own CONFIG_DEBUG_IRQFLAGS, or none: any report on "
	  "the console", .own = take_detector },
	{ "repeat", 0, "N|Ns",
	  "run COMMAND N times, or again and again for N seconds (default: once)",
	  .own = take_repeat },
	{ "procs", 0, "N", "so many of COMMAND at once", TO(struct request, plan.procs), .min = 1,
	  .max = PROCS_MAX },
	{ "add", 0, "FILE[:PATH]", "put a file into the guest (repeatable)",
	  TO(struct request, plan.add), .line = true },
	{ "insmod", 0, "FILE.ko|DIR[@REV][,PARAMETERS]",
	  "load a module before the load, or build it from DIR, from a revision of it "
	  "(repeatable)", TO(struct request, plan.insmod), .line = true },
	{ "modprobe", 0, "NAME", "load a module of the kernel's before the load (repeatable)",
	  TO(struct request, plan.modprobe) },
	{ "device", 0, "DEVICE", "one more device, in QEMU's words: e1000, nvme,... (repeatable)",
	  TO(struct request, plan.devices) },
	{ "qemu-arg", 0, "ARG", "one more argument of QEMU (repeatable)",
	  TO(struct request, plan.qemu_args) },
	{ "syz", 0, "DIR",
	  "where syz-execprog and syz-executor are, for a COMMAND that is a .syz file",
	  TO(struct request, plan.syz) },
	{ "append", 0, "TEXT", "more for the kernel's command line", .own = take_append,
	  .line = true },
	{ "params", 0, "TEXT", "parameters for irqsan.ko", TO(struct request, plan.params),
	  .line = true },
	{ "expect-pv", 0, "on|off", "whether a load that never reaches kvm_wait is inconclusive",
	  .own = take_expect_pv },
	{ "junit", 0, "FILE", "write the result there as JUnit's XML (see --json)",
	  TO(struct request, junit) },
	{ "ktap", 0, "FILE", "the same as KTAP", TO(struct request, ktap) },
	{ "root", 0, "ROOT", "userland of the guest: debian:SUITE[,PACKAGE...], a directory, or an "
	  "image of squashfs, erofs or ext4", .own = take_root },
	{ }
};

static bool is_stdout(const char *file)
{
	return file && !strcmp(file, "-");
}

/**
 * request_check_load() - the check of request_load_options
 * @state: of the parser; ends the program with a message when they don't go together
 * @to: the request
 */
void request_check_load(const struct argp_state *state, void *to)
{
	struct request *rq = to;

	if (rq->plan.args.n) {
		rq->plan.load = &load_command;
		rq->plan.seconds = rq->seconds_given ? rq->plan.seconds : COMMAND_SECONDS;
	} else if (rq->plan.procs != 1 || rq->plan.repeat != 1) {
		argp_error(state, "--procs and --repeat are for a command behind --");
	}
	if (rq->plan.root && !rq->memory_given)
		rq->plan.memory_mb = ROOT_MEMORY_MB;
	if (is_stdout(rq->json) + is_stdout(rq->junit) + is_stdout(rq->ktap) > 1)
		argp_error(state, "standard output can't hold two of --json, --junit and --ktap");
}

/**
 * request_out() - where a command prints what it found
 * @rq: its request
 *
 * Return: standard output, unless the result goes there in another form
 */
FILE *request_out(const struct request *rq)
{
	return is_stdout(rq->json) || is_stdout(rq->junit) || is_stdout(rq->ktap) ? stderr : stdout;
}

/* A result in one form, if it is wanted. */
static int write_as(const char *file, char *(*form)(const json_t *doc), const json_t *doc)
{
	char *text __cleanup(free_ptr) = file ? form(doc) : NULL;

	return text ? write_output(file, text, strlen(text)) : 0;
}

/**
 * request_write() - write a result in the forms that are wanted
 * @rq: the request
 * @doc: the result, of run, verify or bisect
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int request_write(const struct request *rq, const json_t *doc)
{
	return (rq->json ? json_write(doc, rq->json) : 0) ?:
	       write_as(rq->junit, ci_junit, doc) ?: write_as(rq->ktap, ci_ktap, doc);
}

/**
 * request_init() - a request with the defaults
 * @rq: filled; its plan is for plan_free()
 * @command: the verb
 */
void request_init(struct request *rq, const char *command)
{
	*rq = (struct request){ .command = command, .runs = 1 };
	plan_init(&rq->plan);
}

/**
 * request_accel() - choose the accelerator, and whether kvm_wait() is expected
 * @rq: what is asked for; its plan is changed
 *
 * Without PV spinlocks most of what the storms are for isn't there: so tcg is
 * never chosen for them. Who asks for tcg gets it, without the expectation.
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int request_accel(struct request *rq)
{
	struct plan *plan = &rq->plan;
	bool need_pv = rq->pv == REQUEST_PV_ON ||
		       (rq->pv == REQUEST_PV_AUTO && plan->accel == ACCEL_AUTO && plan->load->pv);
	int rc = accel_choose(plan->accel, need_pv, &plan->accel);

	plan->expect_pv = rq->pv == REQUEST_PV_AUTO ? plan->accel != ACCEL_TCG && plan->load->pv :
						      rq->pv == REQUEST_PV_ON;
	return rc < 0 ? rc : 0;
}

/**
 * request_series() - the boots of a request
 * @rq: what is asked for
 * @dir: directory of the runs
 *
 * Return: for series_run(), but for the guests
 */
struct series request_series(const struct request *rq, const char *dir)
{
	struct series series = series_of(&rq->plan, rq->runs, rq->jobs, dir);

	series.run.verbose = rq->verbose;
	/* What selftests find is printed by who runs them. */
	series.out = rq->plan.load->loads_detector ? NULL : request_out(rq);
	return series;
}

/* With kernel and accelerator known: makes guest and directory, boots. */
static int run_in_dir(const struct request *rq, const struct kernel *k, const char *dir,
		      struct result *result)
{
	struct prepared guest __cleanup(prepared_free) = {};
	struct series series = request_series(rq, dir);
	json_auto_t *doc = NULL;
	int rc = prepare_guest(&rq->plan, k, dir, &guest);

	if (rc)
		return rc;
	json_object_update_new(result->facts, prepared_json(&guest));
	json_object_set_new(result->facts, "command", json_string(rq->command));
	series.run.guests = &guest.run;
	series.run.nr_guests = 1;
	pr_info("%u boots of %s on %s, %u at once, in %s", rq->runs, k->release ?: k->name,
		accel_name(rq->plan.accel), series.run.jobs, dir);
	rc = series_run(&series, result);
	if (rc)
		return rc;
	doc = result_json(result);
	return rundir_write_json(dir, "result.json", doc);
}

/**
 * request_run() - carry out a request
 * @rq: what is asked for; its accelerator is chosen
 * @result: from result_init() with @rq->runs
 *
 * Return: 0 when there is a result (also one that the user cut short), or a
 * negative errno; the reason was printed
 */
int request_run(struct request *rq, struct result *result)
{
	struct kernel k __cleanup(kernel_free) = {};
	char *dir __cleanup(free_ptr) = NULL;

	return kernel_get(rq->kernel, &k) ?: request_accel(rq) ?:
	       rundir_create(rq->keep, k.release ?: "kernel", accel_name(rq->plan.accel), &dir) ?:
	       run_in_dir(rq, &k, dir, result);
}
