// SPDX-License-Identifier: GPL-2.0
/*
 * Carries out a request: gets the kernel, makes the guest, boots it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"
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

/* Out of reach of the commands' own. */
enum {
	OPT_PARAMS = 1024,
	OPT_EXPECT_PV,
	OPT_SCALE,
	OPT_TIMEOUT,
	OPT_SYZ,
	OPT_DETECTOR,
	OPT_REPEAT,
	OPT_PROCS,
	OPT_ADD,
	OPT_INSMOD,
	OPT_MODPROBE,
	OPT_DEVICE,
	OPT_QEMU_ARG,
	OPT_APPEND,
	OPT_IGNORE,
	OPT_IGNORE_FILE,
	OPT_JUNIT,
	OPT_KTAP,
	OPT_ROOT,
};

static const struct argp_option options[] = {
	{ "accel", 'a', "ACCEL", 0, "auto (default), kvm, nested or tcg", 0 },
	{ "cpus", 'c', "N", 0, "vCPUs of the guest", 0 },
	{ "memory", 'm', "MB", 0, "memory of the guest (default: 512; with --root 2048)", 0 },
	{ "seconds", 's', "S", 0, "how long the load runs, in guest time (a command: at most, default 300)", 0 },
	{ "jobs", 'j', "N", 0, "boots at once (default: what this machine can)", 0 },
	{ "qemu", 'q', "PATH", 0, "QEMU to use", 0 },
	{ "json", 'J', "FILE", 0, "write the result there (- for standard output)", 0 },
	{ "keep", 'k', "DIR", 0, "directory of the run (default: a new one in out/)", 0 },
	{ "scale", OPT_SCALE, "F", 0,
	  "wait F times as long for the guest: for slow hosts and debug kernels", 0 },
	{ "timeout", OPT_TIMEOUT, "S", 0, "end a boot after S seconds, whatever it does", 0 },
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

/* A factor, in percent. */
static unsigned int parse_scale(const struct argp_state *state, const char *arg)
{
	char *end;
	double factor = strtod(arg, &end);

	if (end == arg || *end || !(factor >= 0.1 && factor <= 1000))
		argp_error(state, "--scale wants a factor from 0.1 to 1000, not \"%s\"", arg);
	return (unsigned int)(factor * 100 + 0.5);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct request *rq = state->input;

	switch (key) {
	case 'a':
		if (accel_parse(arg, &rq->plan.accel))
			argp_error(state, "--accel is auto, kvm, nested or tcg, not \"%s\"", arg);
		break;
	case 'c':
		rq->plan.cpus = request_number(state, "cpus", arg, 1, 64);
		break;
	case 'm':
		rq->plan.memory_mb = request_number(state, "memory", arg, 128, 65536);
		rq->memory_given = true;
		break;
	case 's':
		rq->plan.seconds = request_number(state, "seconds", arg, 1, SECONDS_MAX);
		rq->seconds_given = true;
		break;
	case 'j':
		rq->jobs = request_number(state, "jobs", arg, 1, 64);
		break;
	case 'q':
		plan_set(&rq->plan.qemu, arg);
		break;
	case 'J':
		rq->json = arg;
		break;
	case 'k':
		rq->keep = arg;
		break;
	case OPT_SCALE:
		rq->plan.scale = parse_scale(state, arg);
		break;
	case OPT_TIMEOUT:
		rq->plan.timeout = request_number(state, "timeout", arg, 1, SECONDS_MAX);
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
			exit(argp_err_exit_status);
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
	{ "detector", OPT_DETECTOR, "irqsan|builtin|none", 0,
	  "irqsan.ko (default), the kernel's own CONFIG_DEBUG_IRQFLAGS, or none: any report on "
	  "the console", 0 },
	{ "repeat", OPT_REPEAT, "N|Ns", 0,
	  "run COMMAND N times, or again and again for N seconds (default: once)", 0 },
	{ "procs", OPT_PROCS, "N", 0, "so many of COMMAND at once", 0 },
	{ "add", OPT_ADD, "FILE[:PATH]", 0, "put a file into the guest (repeatable)", 0 },
	{ "insmod", OPT_INSMOD, "FILE.ko|DIR[@REV][,PARAMETERS]", 0,
	  "load a module before the load, or build it from DIR, from a revision of it "
	  "(repeatable)", 0 },
	{ "modprobe", OPT_MODPROBE, "NAME", 0,
	  "load a module of the kernel's before the load (repeatable)", 0 },
	{ "device", OPT_DEVICE, "DEVICE", 0,
	  "one more device, in QEMU's words: e1000, nvme,... (repeatable)", 0 },
	{ "qemu-arg", OPT_QEMU_ARG, "ARG", 0, "one more argument of QEMU (repeatable)", 0 },
	{ "syz", OPT_SYZ, "DIR", 0,
	  "where syz-execprog and syz-executor are, for a COMMAND that is a .syz file", 0 },
	{ "append", OPT_APPEND, "TEXT", 0, "more for the kernel's command line", 0 },
	{ "params", OPT_PARAMS, "TEXT", 0, "parameters for irqsan.ko", 0 },
	{ "expect-pv", OPT_EXPECT_PV, "on|off", 0,
	  "whether a load that never reaches kvm_wait is inconclusive", 0 },
	{ "junit", OPT_JUNIT, "FILE", 0, "write the result there as JUnit's XML (see --json)", 0 },
	{ "ktap", OPT_KTAP, "FILE", 0, "the same as KTAP", 0 },
	{ "root", OPT_ROOT, "ROOT", 0, "userland of the guest: debian:SUITE[,PACKAGE...], a "
	  "directory, or an image of squashfs, erofs or ext4", 0 },
	{ 0 }
};

/**
 * request_line() - a text that goes into the guest's orders, which are lines
 * @state: of the parser; ends the program with a message when @arg is more than a line
 * @option: name of the option, for the message
 * @arg: its text
 *
 * Return: @arg
 */
const char *request_line(const struct argp_state *state, const char *option, const char *arg)
{
	if (strchr(arg, '\n'))
		argp_error(state, "--%s can't hold a newline", option);
	return arg;
}

/* "3": three times; "30s": as long as the load lasts, which is so many seconds. */
static void parse_repeat(const struct argp_state *state, const char *arg, struct request *rq)
{
	struct plan *plan = &rq->plan;
	size_t len = strlen(arg);
	char *number = xasprintf("%.*s", len && arg[len - 1] == 's' ? (int)len - 1 : (int)len, arg);

	if (len && arg[len - 1] == 's') {
		plan->seconds = request_number(state, "repeat", number, 1, SECONDS_MAX);
		plan->repeat = 0;
		rq->seconds_given = true;
	} else {
		plan->repeat = request_number(state, "repeat", number, 1, RUNS_MAX);
	}
	free(number);
}

static void append(char **cmdline, const char *text)
{
	char *more = xasprintf("%s%s%s", *cmdline ?: "", *cmdline ? " " : "", text);

	free(*cmdline);
	*cmdline = more;
}

static bool is_stdout(const char *file)
{
	return file && !strcmp(file, "-");
}

static error_t parse_load(int key, char *arg, struct argp_state *state)
{
	struct request *rq = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &rq->plan.ignore;
		break;
	case 'w':
		rq->plan.load = load_find(arg);
		if (!rq->plan.load || !rq->plan.load->offered)
			argp_error(state, "unknown workload \"%s\"", arg);
		break;
	case 'u':
		if (strcmp(arg, "first") && strcmp(arg, "end"))
			argp_error(state, "--until is first or end, not \"%s\"", arg);
		rq->plan.until_first = !strcmp(arg, "first");
		break;
	case OPT_REPEAT:
		parse_repeat(state, arg, rq);
		break;
	case OPT_PROCS:
		rq->plan.procs = request_number(state, "procs", arg, 1, PROCS_MAX);
		break;
	case OPT_ADD:
		strv_push(&rq->plan.add, request_line(state, "add", arg));
		break;
	case OPT_INSMOD:
		strv_push(&rq->plan.insmod, request_line(state, "insmod", arg));
		break;
	case OPT_SYZ:
		plan_set(&rq->plan.syz, arg);
		break;
	case OPT_MODPROBE:
		strv_push(&rq->plan.modprobe, arg);
		break;
	case OPT_DEVICE:
		strv_push(&rq->plan.devices, arg);
		break;
	case OPT_QEMU_ARG:
		strv_push(&rq->plan.qemu_args, arg);
		break;
	case OPT_APPEND:
		append(&rq->plan.cmdline, request_line(state, "append", arg));
		break;
	case ARGP_KEY_ARGS:
		rq->plan.load = &load_command;
		for (int i = state->next; i < state->argc; i++)
			strv_push(&rq->plan.args, state->argv[i]);
		break;
	case ARGP_KEY_END:
		if (rq->plan.load == &load_command && !rq->seconds_given)
			rq->plan.seconds = COMMAND_SECONDS;
		if (rq->plan.root && !rq->memory_given)
			rq->plan.memory_mb = ROOT_MEMORY_MB;
		if (rq->plan.load != &load_command &&
		    (rq->plan.procs != 1 || rq->plan.repeat != 1))
			argp_error(state, "--procs and --repeat are for a command behind --");
		if (is_stdout(rq->json) + is_stdout(rq->junit) + is_stdout(rq->ktap) > 1)
			argp_error(state, "standard output can't hold two of --json, --junit and "
				   "--ktap");
		break;
	case OPT_JUNIT:
		rq->junit = arg;
		break;
	case OPT_KTAP:
		rq->ktap = arg;
		break;
	case OPT_DETECTOR:
		rq->plan.detector = detector_find(arg);
		if (!rq->plan.detector)
			argp_error(state, "--detector is irqsan, builtin or none, not \"%s\"",
				   arg);
		break;
	case OPT_PARAMS:
		plan_set(&rq->plan.params, request_line(state, "params", arg));
		break;
	case OPT_EXPECT_PV:
		if (strcmp(arg, "on") && strcmp(arg, "off"))
			argp_error(state, "--expect-pv is on or off, not \"%s\"", arg);
		rq->pv = strcmp(arg, "on") ? REQUEST_PV_OFF : REQUEST_PV_ON;
		break;
	case OPT_ROOT:
		if (root_check(arg))
			exit(argp_err_exit_status);
		plan_set(&rq->plan.root, arg);
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
 * Return: standard output, unless the result goes there in another form
 */
FILE *request_out(const struct request *rq)
{
	return is_stdout(rq->json) || is_stdout(rq->junit) || is_stdout(rq->ktap) ? stderr : stdout;
}

/* Takes and frees @text. */
static int write_text(const char *file, char *text)
{
	int rc = write_output(file, text, strlen(text));

	free(text);
	return rc;
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
	int rc = rq->json ? result_write(doc, rq->json) : 0;

	if (!rc && rq->junit)
		rc = write_text(rq->junit, ci_junit(doc));
	if (!rc && rq->ktap)
		rc = write_text(rq->ktap, ci_ktap(doc));
	return rc;
}

/**
 * request_init() - a request with the defaults
 * @rq: filled; for request_free()
 * @command: the verb
 */
void request_init(struct request *rq, const char *command)
{
	*rq = (struct request){ .command = command, .runs = 1 };
	plan_init(&rq->plan);
}

/**
 * request_free() - free what a request owns
 * @rq: the request
 */
void request_free(struct request *rq)
{
	plan_free(&rq->plan);
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
	struct series series = request_series(rq, dir);
	struct prepared guest;
	json_t *doc;
	int rc;

	rc = prepare_guest(&rq->plan, k, dir, &guest);
	if (rc)
		return rc;
	doc = prepared_json(&guest);
	json_object_update(result->facts, doc);
	json_object_set_new(result->facts, "command", json_string(rq->command));
	json_decref(doc);
	series.run.guests = &guest.run;
	series.run.nr_guests = 1;
	pr_info("%u boots of %s on %s, %u at once, in %s", rq->runs, k->release ?: k->name,
		accel_name(rq->plan.accel), series.run.jobs, dir);
	rc = series_run(&series, result);
	if (!rc) {
		doc = result_json(result);
		rc = rundir_write_json(dir, "result.json", doc);
		json_decref(doc);
	}
	prepared_free(&guest);
	return rc;
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
	struct kernel k = {};
	char *dir = NULL;
	int rc;

	rc = kernel_get(rq->kernel, &k);
	if (rc < 0)
		return rc;
	rc = request_accel(rq);
	if (rc >= 0)
		rc = rundir_create(rq->keep, k.release ?: "kernel", accel_name(rq->plan.accel), &dir);
	if (rc >= 0)
		rc = run_in_dir(rq, &k, dir, result);
	free(dir);
	kernel_free(&k);
	return rc < 0 ? rc : 0;
}
