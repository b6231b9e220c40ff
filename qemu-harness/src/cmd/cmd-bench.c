// SPDX-License-Identifier: GPL-2.0
/*
 * irqsan bench: what the module costs, in instructions of emulated guests,
 * against the bare kernel, against kprobe events on the same sites, and against
 * builds of the kernel that check themselves.
 */
#include <errno.h>
#include <libkmod.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/program.h"
#include "base/json-text.h"
#include "base/util.h"
#include "boot/accel.h"
#include "boot/detector.h"
#include "boot/image.h"
#include "boot/load.h"
#include "boot/rundir.h"
#include "cmd/bench-table.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "judge/series.h"
#include "kernel/kernel.h"
#include "kernel/pvh.h"

/* Two boots show whether the numbers can be repeated. */
#define BOOTS 2
/* Thousands of kprobe events take their room in tracefs. */
#define MEMORY_MB 1024
/* Counting instructions is slower than plain emulation (accel_scale(ACCEL_TCG)). */
#define SCALE 30
/* Guests do nothing for some seconds of their time, which passes at once. */
#define SECONDS 60

/*
 * Nothing that chance decides, and nothing that a slow host could change.
 * Console lines cost instructions; only warnings are printed.
 */
#define CMDLINE "nokaslr norandmaps tsc=reliable clocksource=tsc loglevel=5 nosoftlockup " \
	"rcupdate.rcu_cpu_stall_suppress=1"

/* So many that a timer tick more or less doesn't show, and a boot stays below a minute. */
static const char *const work[] = { "unlock 200000", "storm 500", "pipe 20000", NULL };

static const char *const default_kernels[] = {
	"debian:bullseye", "debian:bookworm", "debian:trixie", "debian:sid",
};

/**
 * struct args - the command line
 * @kernels: to measure
 * @against: builds to measure beside the kernel, as they were given
 * @json: file for the document, or NULL
 * @keep: directory of the boots, or NULL
 */
struct args {
	struct strv kernels;
	struct strv against;
	const char *json;
	const char *keep;
};

static const struct verb_option options[] = {
	{ "kernel", 'K', "KERNEL",
	  "measure this one (repeatable; default: those of four Debian suites)",
	  TO(struct args, kernels) },
	{ "against", 'a', "NAME:KERNEL[:PARAMETERS]",
	  "with one --kernel: also measure KERNEL without the module, booted with PARAMETERS, "
	  "as row NAME of the same table (repeatable, 8 at most)", TO(struct args, against) },
	{ "json", 'J', "FILE", "write the numbers there", TO(struct args, json) },
	{ "keep", 'k', "DIR", "directory of the boots (default: a new one in out/)",
	  TO(struct args, keep) },
	{ }
};

static void check(const struct argp_state *state, void *to)
{
	const struct args *a = to;

	for (size_t i = 0; i < a->against.n; i++)
		if (!strchr(a->against.v[i], ':') || a->against.v[i][0] == ':')
			argp_error(state, "--against=%s: want NAME:KERNEL", a->against.v[i]);
	if (a->against.n > BENCH_AGAINST_MAX)
		argp_error(state, "--against is good for %d rows", BENCH_AGAINST_MAX);
	if (a->against.n && a->kernels.n != 1)
		argp_error(state, "--against wants one --kernel to compare with");
}

/**
 * struct bench - one kernel being measured
 * @kernel: the kernel
 * @dir: directory of its boots
 * @configs: what was measured so far; owned by the document
 * @module: path of the irqsan.ko that was used; owned
 * @sites: its sites, one a line: without and with track=1
 */
struct bench {
	const struct kernel *kernel;
	const char *dir;
	json_t *configs;
	char *module;
	struct buf sites[2];
};

/**
 * struct setup - one configuration
 * @name: in the document and in the tables
 * @dir: name of its directory
 * @kernel: another build to boot; NULL: the one being measured
 * @cmdline: more for the kernel's command line, or NULL
 * @params: of irqsan.ko; NULL: without it
 * @track: about the sites that irqsan has with track=1
 * @events: watch irqsan's sites with kprobe events
 */
struct setup {
	const char *name;
	const char *dir;
	const struct kernel *kernel;
	const char *cmdline;
	const char *params;
	bool track;
	bool events;
};

static unsigned int lines_in(const struct buf *text)
{
	unsigned int n = 0;

	for (size_t i = 0; i < text->len; i++)
		n += text->data[i] == '\n';
	return n;
}

/* Adds what the boot in @dir measured; false when a piece of work is missing. */
static bool take_boot(const char *dir, struct buf *sites, json_t *boots, json_t **events)
{
	struct bench_boot boot __cleanup(bench_boot_free) = {};
	struct buf records __cleanup(buf_free) = {};

	if (rundir_read(dir, "records.jsonl", &records))
		return false;
	records_each(records.data, records.len, bench_take, &boot);
	if (json_array_size(boot.samples) != ARRAY_SIZE(work) - 1) {
		pr_err("%s: not all was measured, see console.log and records.jsonl there", dir);
		return false;
	}
	json_array_append(boots, boot.samples);
	*events = *events ?: json_incref(boot.events);
	if (!sites->len)
		buf_add(sites, boot.sites.data, boot.sites.len);
	return true;
}

static int boot_all(struct bench *b, const struct setup *s, const char *dir,
		    const struct image *image, json_t *boots, json_t **events)
{
	char *cmdline __cleanup(free_ptr) =
		xasprintf(CMDLINE "%s%s", s->cmdline ? " " : "", s->cmdline ?: "");
	json_auto_t *facts = json_pack("{s:s, s:s}", "command", "bench", "setup", s->name);
	char *elf __cleanup(free_ptr) = NULL;
	struct run_guest booted = {
		.plan = image->plan,
		.vm = { .accel = ACCEL_TCG, .cmdline = cmdline, .initramfs = image->path,
			.cpus = 1, .memory_mb = MEMORY_MB, .icount = true },
		.facts = facts, .conf = image->conf.data,
	};
	struct series series = series_of(image->plan, BOOTS, cpus_available(), dir);
	struct result result __cleanup(result_free) = {};
	int rc;

	series.run.guests = &booted;
	series.run.nr_guests = 1;
	series.run.scale = SCALE;
	series.out = stderr;
	/* Unpacking itself would be half of the boot. */
	rc = pvh_kernel((s->kernel ?: b->kernel)->image, &elf);
	if (rc)
		return rc;
	booted.vm.kernel = elf;
	result_init(&result, BOOTS);
	rc = series_run(&series, &result);
	if (!rc && result.interrupted)
		rc = -EINTR;
	/* What a boot found is told above, and doesn't make its numbers wrong. */
	for (unsigned int i = 0; !rc && i < result.n; i++)
		if (!result_dir(&result, i) || !take_boot(result_dir(&result, i),
							  &b->sites[s->track], boots, events))
			rc = -EIO;
	return rc;
}

/* What is ordered of the boots of a configuration. */
static void bench_plan(const struct bench *b, const struct setup *s, struct plan *plan)
{
	plan_init(plan);
	plan->accel = ACCEL_TCG;
	plan->load = &load_bench;
	plan->detector = s->params ? &detector_irqsan : &detector_none;
	plan->cpus = 1;
	plan->memory_mb = MEMORY_MB;
	plan->seconds = SECONDS;
	plan->icount = true;
	plan->proof = s->params;
	plan->until_first = false;
	plan_set(&plan->module, s->kernel ? NULL : b->module);
	plan_set(&plan->params, s->params);
	for (size_t i = 0; work[i]; i++)
		strv_push(&plan->args, work[i]);
	if (s->events)
		strv_pushf(&plan->args, "events %s", b->sites[s->track].data);
	if (s->params)
		strv_push(&plan->args, "tell-sites 1");
}

static int measure(struct bench *b, const struct setup *s)
{
	char *dir __cleanup(free_ptr) = xasprintf("%s/%s", b->dir, s->dir);
	const struct kernel *kernel = s->kernel ?: b->kernel;
	json_auto_t *boots = json_array(), *events = NULL;
	struct image image __cleanup(image_free) = {};
	struct plan plan __cleanup(plan_free);
	int rc;

	pr_info("%s: %s", kernel->release ?: kernel->name, s->name);
	bench_plan(b, s, &plan);
	rc = mkdir_p(dir) ?: image_make(&plan, kernel, dir, &image) ?:
	     boot_all(b, s, dir, &image, boots, &events);
	if (!rc)
		json_array_append_new(b->configs,
				      json_pack("{s:s, s:s?, s:s?, s:s?, s:O, s:O*, s:i}",
						"config", s->name, "params", s->params, "against",
						s->kernel ? s->kernel->name : NULL, "cmdline",
						s->cmdline, "boots", boots, "events", events,
						"sites", (int)lines_in(&b->sites[s->track])));
	return rc;
}

/* Does the module at @path take parameter @name? */
static bool has_parameter(const char *path, const char *name)
{
	struct kmod_list *info = NULL, *i;
	struct kmod_module *mod = NULL;
	/* Not this machine's modprobe.d. */
	const char *none = NULL;
	struct kmod_ctx *ctx = kmod_new(NULL, &none);
	size_t len = strlen(name);
	bool found = false;

	if (ctx && !kmod_module_new_from_path(ctx, path, &mod) &&
	    kmod_module_get_info(mod, &info) >= 0) {
		kmod_list_foreach(i, info) {
			const char *value = kmod_module_info_get_value(i);

			if (!strcmp(kmod_module_info_get_key(i), "parm") &&
			    !strncmp(value, name, len) && value[len] == ':')
				found = true;
		}
		kmod_module_info_free_list(info);
	}
	kmod_module_unref(mod);
	kmod_unref(ctx);
	return found;
}

static int build_irqsan(struct bench *b)
{
	char *src __cleanup(free_ptr) = xasprintf("%s/module", irqsan_root());
	char *dir __cleanup(free_ptr) = NULL;
	int rc = kernel_build_module(b->kernel, src, &dir);

	if (!rc)
		b->module = xasprintf("%s/irqsan.ko", dir);
	return rc;
}

/* The module comes first: it finds the sites for the events. */
static int measure_all(struct bench *b)
{
	struct setup irqsan = { .name = BENCH_IRQSAN, .dir = "irqsan", .params = "" };
	struct setup track = {
		.name = BENCH_TRACK, .dir = "track", .params = "track=1", .track = true,
	};
	static const struct setup events = {
		.name = BENCH_EVENTS, .dir = "events", .events = true,
	};
	static const struct setup track_events = {
		.name = BENCH_TRACK_EVENTS, .dir = "track-events", .track = true, .events = true,
	};
	static const struct setup bare = { .name = BENCH_BARE, .dir = "bare" };
	int rc = build_irqsan(b);

	if (rc)
		return rc;
	if (has_parameter(b->module, "sites")) {
		irqsan.params = "sites=all";
		track.params = "sites=all track=1";
	}
	rc = measure(b, &irqsan);
	if (!rc && b->sites[false].len)
		rc = measure(b, &events);
	if (!rc && has_parameter(b->module, "track"))
		rc = measure(b, &track);
	if (!rc && b->sites[true].len)
		rc = measure(b, &track_events);
	return rc ?: measure(b, &bare);
}

/* Measures "NAME:KERNEL[:PARAMETERS]"; KERNEL may have a colon: "debian:bookworm". */
static int measure_against(struct bench *b, const char *spec, unsigned int nr)
{
	char *name __cleanup(free_ptr) = xasprintf("%.*s", (int)strcspn(spec, ":"), spec);
	char *which __cleanup(free_ptr) = xstrdup(spec + strlen(name) + 1);
	char *dir __cleanup(free_ptr) = xasprintf("against-%u", nr);
	struct kernel k __cleanup(kernel_free) = {};
	struct setup s = { .name = name, .dir = dir, .kernel = &k };
	char *colon = strchr(which, ':');

	if (colon && !strncmp(which, "debian:", colon + 1 - which))
		colon = strchr(colon + 1, ':');
	if (colon) {
		*colon = '\0';
		s.cmdline = colon + 1;
	}
	return kernel_get(which, &k) ?: measure(b, &s);
}

static int bench_kernel(const char *name, const struct strv *against, const char *dir,
			json_t *kernels)
{
	json_auto_t *configs = json_array();
	struct kernel k __cleanup(kernel_free) = {};
	struct bench b = { .kernel = &k, .configs = configs };
	char *sub __cleanup(free_ptr) = NULL;
	int rc = kernel_get(name, &k);

	if (rc)
		return rc;
	sub = xasprintf("%s/%s", dir, k.release ?: "kernel");
	b.dir = sub;
	rc = measure_all(&b);
	for (unsigned int i = 0; !rc && i < against->n; i++)
		rc = measure_against(&b, against->v[i], i);
	if (!rc)
		json_array_append_new(kernels,
				      json_pack("{s:s, s:s?, s:s?, s:O}", "name", k.name,
						"release", k.release, "version", k.version,
						"configs", configs));
	buf_free(&b.sites[false]);
	buf_free(&b.sites[true]);
	free(b.module);
	return rc;
}

static json_t *new_document(void)
{
	const char *const argv[] = { "qemu-system-x86_64", "--version", NULL };
	char *qemu __cleanup(free_ptr) = program_first_line(argv);
	time_t t = time(NULL);
	char date[16];

	strftime(date, sizeof(date), "%Y-%m-%d", gmtime(&t));
	/* The distribution's version in parentheses is long and says little more. */
	if (qemu && strstr(qemu, " ("))
		*strstr(qemu, " (") = '\0';
	return json_pack("{s:s, s:s, s:s?, s:[]}", "format", BENCH_FORMAT, "date", date, "qemu",
			 qemu, "kernels");
}

/* EXIT_OK when all was measured, whether goals were met or not. */
static int verb_main(int argc, char **argv)
{
	struct args args = {};
	const struct verb verb = {
		.sets = { { options, &args, check } },
		.doc = "Measure what the module costs, in instructions of emulated guests.\v"
		       "Prints Markdown.  Exit status: 0 all was measured, 2 it was not.",
	};
	char *dir __cleanup(free_ptr) = NULL;
	json_auto_t *doc = NULL;
	int rc;

	options_parse(&verb, argc, argv);
	if (!args.kernels.n)
		for (size_t i = 0; i < ARRAY_SIZE(default_kernels); i++)
			strv_push(&args.kernels, default_kernels[i]);
	doc = new_document();
	rc = rundir_create(args.keep, "bench", accel_name(ACCEL_TCG), &dir);
	for (size_t i = 0; !rc && i < args.kernels.n; i++)
		rc = bench_kernel(args.kernels.v[i], &args.against, dir,
				  json_object_get(doc, "kernels"));
	if (!rc) {
		bench_report(doc, stdout);
		rc = args.json ? json_write(doc, args.json) : 0;
	}
	strv_free(&args.kernels);
	strv_free(&args.against);
	return rc ? EXIT_INFRA : EXIT_OK;
}

const struct command cmd_bench = {
	"bench", "measure what the module costs, in instructions", verb_main
};
