// SPDX-License-Identifier: GPL-2.0
/*
 * irqsan doctor: what this machine has of all that is needed, found out by
 * trying, and what to do about the rest.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/child.h"
#include "base/program.h"
#include "base/json-text.h"
#include "base/util.h"
#include "boot/accel.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "kernel/apt.h"
#include "kernel/kernel-debian.h"

#define MIRROR_DEADLINE_S 120
/* One nested guest; kernels, build roots and the files of runs. */
#define MEMORY_NEEDED_MB 1500
#define DISK_NEEDED_MB 4096
#define DISK_FREE_MB 500

/* The kernels of "irqsan reproduce". */
static const char *const kernels[] = { "debian:bullseye", "debian:bookworm" };

/**
 * enum state - of one item
 * @STATE_OK: there, and works
 * @STATE_MISSING: not there
 * @STATE_UNUSABLE: there, but does not work or is not enough
 */
enum state {
	STATE_OK,
	STATE_MISSING,
	STATE_UNUSABLE,
};

static const char *const state_names[] = { "ok", "missing", "unusable" };

/**
 * struct doctor - the examination
 * @fresh: do the trial boots again
 * @json: file for the findings, or NULL
 * @out: where the lines go
 * @items: findings so far
 * @failed: "irqsan reproduce" can't run
 */
struct doctor {
	bool fresh;
	const char *json;
	FILE *out;
	json_t *items;
	bool failed;
};

static void __attribute__((format(printf, 4, 5)))
say(struct doctor *d, const char *item, enum state state, const char *fmt, ...)
{
	char *text __cleanup(free_ptr) = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = xstrdup("");
	va_end(ap);
	fprintf(d->out, "%-12s%-10s%s\n", item, state_names[state], text);
	fflush(d->out);
	json_array_append_new(d->items, json_pack("{s:s, s:s, s:s}", "item", item, "state",
						  state_names[state], "text", text));
}

/* What "irqsan reproduce" can't do without isn't there, or is too little. */
#define lack(d, ...) do { (d)->failed = true; say(d, __VA_ARGS__); } while (0)

/* A program whose "--version" is worth telling. */
static bool check_version(struct doctor *d, const char *item, const char *program,
			  const char *package)
{
	const char *const argv[] = { program, "--version", NULL };
	char *path __cleanup(free_ptr) = find_program(program);
	char *line __cleanup(free_ptr) = path ? program_first_line(argv) : NULL;

	if (!path)
		say(d, item, STATE_MISSING, "apt-get install %s", package);
	else if (!line)
		say(d, item, STATE_UNUSABLE, "%s --version fails; reinstall %s", path, package);
	else
		say(d, item, STATE_OK, "%s", line);
	return line;
}

static void check_programs(struct doctor *d)
{
	static const struct {
		const char *program;
		const char *package;
		const char *why;
	} programs[] = {
		{ "mmdebstrap", "mmdebstrap", "makes the build roots of other suites" },
		{ "bwrap", "bubblewrap", "runs builds in them" },
		{ "apt-get", "apt", "gets kernels" },
		{ "mke2fs", "e2fsprogs", "makes the guests' disks" },
		{ "depmod", "kmod", "indexes kernel modules" },
		{ "ldd", "libc-bin", "finds the libraries of the QEMU in L1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		char *path __cleanup(free_ptr) = find_program(programs[i].program);

		if (path)
			say(d, programs[i].program, STATE_OK, "%s", path);
		else
			lack(d, programs[i].program, STATE_MISSING, "%s; apt-get install %s",
			     programs[i].why, programs[i].package);
	}
}

static void check_guests(struct doctor *d)
{
	char *init __cleanup(free_ptr) = xasprintf("%s/build/guest/init", irqsan_root());
	char *l1 __cleanup(free_ptr) = xasprintf("%s/build/guest/l1", irqsan_root());

	if (file_exists(init) && file_exists(l1))
		say(d, "guests", STATE_OK, "%s/build/guest", irqsan_root());
	else
		lack(d, "guests", STATE_MISSING, "make -C %s", irqsan_root());
}

static void check_machine(struct doctor *d)
{
	unsigned int mb = memory_available_mb();

	say(d, "cores", STATE_OK, "%u", cpus_available());
	if (mb >= MEMORY_NEEDED_MB)
		say(d, "memory", STATE_OK, "%u MiB available", mb);
	else
		lack(d, "memory", STATE_UNUSABLE, "%u MiB available, a nested guest needs %d", mb,
		     MEMORY_NEEDED_MB);
}

static void check_disk(struct doctor *d)
{
	unsigned long long free_mb, cache_mb;
	struct statvfs fs;

	if (statvfs(irqsan_cache(), &fs)) {
		lack(d, "cache", STATE_UNUSABLE, "%s: %s", irqsan_cache(), strerror(errno));
		return;
	}
	cache_mb = tree_size(irqsan_cache()) >> 20;
	free_mb = (unsigned long long)fs.f_bavail * fs.f_frsize >> 20;
	say(d, "cache", STATE_OK, "%s holds %llu MiB", irqsan_cache(), cache_mb);
	/* What the cache holds needn't be fetched again, but each run writes. */
	if (free_mb + cache_mb >= DISK_NEEDED_MB && free_mb >= DISK_FREE_MB)
		say(d, "disk", STATE_OK, "%llu MiB free there", free_mb);
	else
		lack(d, "disk", STATE_UNUSABLE,
		     "%llu MiB free there, %d needed; free some or set XDG_CACHE_HOME",
		     free_mb, DISK_NEEDED_MB);
}

static bool mirror_answers(const char *suite)
{
	bool ok = false;
	struct apt apt;

	if (!apt_open(&apt, suite)) {
		const char *const argv[] = {
			"apt-get", "-c", apt.conf, "-q", "--error-on=any", "update", NULL
		};
		struct child_opts opts = { .argv = argv, .out = -1, .err = -1 };
		int status = 0;

		ok = !child_run(&opts, MIRROR_DEADLINE_S, NULL, &status) && !status;
		apt_close(&apt);
	}
	return ok;
}

/* Kernels come from the cache or from a mirror. */
static void check_kernels(struct doctor *d)
{
	const char *lacking = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
		struct debian_kernel k;

		if (debian_load(kernels[i], &k))
			lacking = kernels[i];
		else
			debian_kernel_free(&k);
	}
	if (!lacking)
		say(d, "kernels", STATE_OK, "in the cache");
	else if (mirror_answers(lacking + strlen(DEBIAN_PREFIX)))
		say(d, "kernels", STATE_OK, "the Debian mirror answers");
	else
		lack(d, "kernels", STATE_MISSING,
		     "not in the cache, and no Debian mirror answers; see apt's sources and proxy");
}

/* Trial boots. They need a kernel, so they come last. */
static void check_accels(struct doctor *d)
{
	static const enum accel accels[] = { ACCEL_KVM, ACCEL_NESTED, ACCEL_TCG };
	bool pv = false;

	for (size_t i = 0; i < ARRAY_SIZE(accels) && !child_interrupted(); i++) {
		const char *name = accel_name(accels[i]);
		struct accel_probe p;

		if (accel_probe(accels[i], d->fresh, &p)) {
			say(d, name, STATE_UNUSABLE, "no trial boot was possible, see above");
			continue;
		}
		if (p.works && accels[i] != ACCEL_TCG)
			pv = true;
		say(d, name, p.works ? STATE_OK : STATE_UNUSABLE, "%s", p.why);
		free(p.why);
	}
	if (!pv)
		d->failed = true;
}

static int write_json(const struct doctor *d)
{
	json_auto_t *doc = json_pack("{s:s, s:b, s:O}", "format", "irqsan-doctor/1", "usable",
				     !d->failed, "items", d->items);

	return json_write(doc, d->json);
}

static const struct verb_option options[] = {
	{ "fresh", 'f', NULL, "do the trial boots again", TO(struct doctor, fresh) },
	{ "json", 'J', "FILE", "write the findings there (- for standard output)",
	  TO(struct doctor, json) },
	{ }
};

static int verb_main(int argc, char **argv)
{
	struct doctor d = { .out = stdout };
	const struct verb verb = {
		.sets = { { options, &d } },
		.doc = "Tell what this machine has of all that irqsan needs.\v"
		       "Each line is an item, ok, missing or unusable, and what was seen or what "
		       "to do.  Exit status: 0 if \"irqsan reproduce\" can run here, 2 otherwise.",
	};

	options_parse(&verb, argc, argv);
	d.items = json_array();
	/* Standard output is then the document alone. */
	if (d.json && !strcmp(d.json, "-"))
		d.out = stderr;
	if (!check_version(&d, "qemu", "qemu-system-x86_64", "qemu-system-x86"))
		d.failed = true;
	check_programs(&d);
	check_version(&d, "compiler", "gcc", "gcc libc6-dev make");
	check_guests(&d);
	check_machine(&d);
	check_disk(&d);
	check_kernels(&d);
	check_accels(&d);
	if (child_interrupted())
		d.failed = true;
	else
		fprintf(d.out, "%s\n", d.failed ? "irqsan can't reproduce the bug here" :
			"irqsan can reproduce the bug here");
	if (d.json && write_json(&d))
		d.failed = true;
	json_decref(d.items);
	return d.failed ? EXIT_INFRA : EXIT_OK;
}

const struct command cmd_doctor = {
	"doctor", "say what this machine can do, and what to do about the rest", verb_main
};
