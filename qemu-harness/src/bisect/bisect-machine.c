// SPDX-License-Identifier: GPL-2.0
/*
 * Builds and boots revisions. The build tree goes from one revision to the next;
 * what is needed to boot one is put aside, so that it can be booted again later
 * without building it again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "bisect/bisect-machine.h"
#include "boot/load.h"
#include "boot/rundir.h"
#include "crash/crash-report.h"
#include "judge/series.h"
#include "kernel/build.h"
#include "kernel/kernel.h"

/**
 * struct bisect_guest - a revision that is ready to be booted
 * @rev: its name; owned
 * @dir: what was put aside; owned
 * @kernel: its kernel, where the revisions are of it
 * @load: the guest
 * @basic: the same without load
 */
struct bisect_guest {
	char *rev;
	char *dir;
	struct kernel kernel;
	struct prepared load;
	struct prepared basic;
};

static int build_kernel_revision(struct bisect_machine *m, struct bisect_build *build)
{
	char *out __cleanup(free_ptr) = xasprintf("%s/build", m->dir);
	struct build_request rq = {
		.source = m->source, .configs = *m->configs, .loose = true, .out = out,
	};
	struct build b __cleanup(build_free);
	int rc = build_kernel(&rq, &b);

	if (rc == BUILD_BROKEN) {
		build->error = xstrdup(b.error ?: "the build failed");
		return 0;
	}
	if (!rc)
		build->signature = xstrdup(b.signature);
	return rc;
}

/* Equal modules are the same revision, whatever was written about them. */
static int sign_modules(const struct strv *modules, struct bisect_build *build)
{
	struct buf all __cleanup(buf_free) = {};
	char hex[65];
	int rc = 0;

	for (size_t i = 0; !rc && i < modules->n; i++) {
		rc = sha256_file(modules->v[i], hex);
		buf_add(&all, hex, strlen(hex));
	}
	if (!rc)
		rc = sha256_data(all.data, all.len, hex);
	if (!rc)
		build->signature = xstrdup(hex);
	return rc;
}

static int build_module_revision(struct bisect_machine *m, struct bisect_build *build)
{
	char *dir __cleanup(free_ptr) = NULL;
	int rc = kernel_build_module(m->kernel, m->source, &dir);

	strv_free(&m->modules);
	/* Its compiler has been there for irqsan.ko. */
	if (rc == -EIO) {
		build->error = xstrdup("the module doesn't build");
		return 0;
	}
	if (rc)
		return rc;
	strv_glob(&m->modules, "%s/*.ko", dir);
	return sign_modules(&m->modules, build);
}

/**
 * bisect_machine_build() - build a revision
 * @m: the machine
 * @rev: the revision
 * @build: filled
 *
 * Return: 0 when it is built or can't be; a negative errno when the machine is
 * at fault, the reason was printed
 */
int bisect_machine_build(struct bisect_machine *m, const char *rev, struct bisect_build *build)
{
	int rc;

	free(m->built);
	m->built = NULL;
	rc = m->git ? bisect_git_subject(m->git, rev, &build->subject) ?:
		      bisect_git_checkout(m->git, rev) : 0;
	if (rc)
		return rc;
	rc = m->kernel ? build_module_revision(m, build) : build_kernel_revision(m, build);
	if (!rc && !build->error)
		m->built = xstrdup(rev);
	return rc;
}

/* Makes the guest, and the same without load: does it boot, does the detector work? */
static int make_guests(struct bisect_machine *m, struct bisect_guest *g)
{
	char *load_dir __cleanup(free_ptr) = xasprintf("%s/load", g->dir);
	char *basic_dir __cleanup(free_ptr) = xasprintf("%s/basic", g->dir);
	char *tree __cleanup(free_ptr) = xasprintf("%s/build", m->dir);
	struct plan load __cleanup(plan_free), basic __cleanup(plan_free);
	const struct kernel *kernel = m->kernel ?: &g->kernel;
	int rc;

	plan_copy(&load, m->plan);
	for (size_t i = 0; m->kernel && i < m->modules.n; i++)
		strv_push(&load.insmod, m->modules.v[i]);
	plan_copy(&basic, &load);
	basic.accel = ACCEL_TCG;
	basic.load = &load_none;
	basic.seconds = 1;
	basic.expect_pv = false;
	plan_set(&basic.root, NULL);
	rc = remove_tree(g->dir) ?: mkdir_p(load_dir) ?: mkdir_p(basic_dir);
	if (!rc && !m->kernel)
		rc = kernel_get(tree, &g->kernel);
	if (!rc)
		rc = prepare_guest(&load, kernel, load_dir, &g->load) ?:
		     prepare_guest(&basic, kernel, basic_dir, &g->basic);
	/* The guests have copies of all that they need; the tree goes on. */
	kernel_release(&g->kernel);
	return rc;
}

static void guest_drop(struct bisect_guest *g)
{
	prepared_free(&g->load);
	prepared_free(&g->basic);
	kernel_free(&g->kernel);
	remove_tree(g->dir);
	free(g->dir);
	free(g->rev);
	free(g);
}

/** bisect_machine_free() - free what the machine has put aside */
void bisect_machine_free(struct bisect_machine *m)
{
	for (size_t i = 0; i < m->nr_guests; i++)
		guest_drop(m->guests[i]);
	free(m->guests);
	free(m->built);
	strv_free(&m->modules);
	m->guests = NULL;
	m->nr_guests = 0;
	m->built = NULL;
}

/**
 * bisect_machine_clean() - remove the build tree, which is large
 * @m: the machine; the bisection has come to its end
 */
void bisect_machine_clean(const struct bisect_machine *m)
{
	char *out __cleanup(free_ptr) = xasprintf("%s/build", m->dir);

	remove_tree(out);
}

/* A revision that was built before, once more: is it still the same? */
static int build_again(struct bisect_machine *m, const char *rev, const char *signature)
{
	struct bisect_build again __cleanup(bisect_build_free) = {};
	int rc = bisect_machine_build(m, rev, &again);

	if (!rc && again.error) {
		pr_err("%s was built before and can't be any more: %s", rev, again.error);
		rc = -EIO;
	} else if (!rc && strcmp(again.signature, signature)) {
		pr_err("%s is another kernel now than when it was built before (%.12s, not %.12s); begin anew",
		       rev, again.signature, signature);
		rc = -ESTALE;
	}
	return rc;
}

/* The guest of a revision, made if there is none; built again if the tree has gone on. */
static int get_guest(struct bisect_machine *m, const char *rev, const char *signature,
		     struct bisect_guest **guest)
{
	struct bisect_guest *g;
	int rc = 0;

	for (size_t i = 0; i < m->nr_guests; i++) {
		*guest = m->guests[i];
		if (!strcmp(m->guests[i]->rev, rev))
			return 0;
	}
	if (!m->built || strcmp(m->built, rev))
		rc = build_again(m, rev, signature);
	if (rc)
		return rc;
	g = xcalloc(1, sizeof(*g));
	g->rev = xstrdup(rev);
	g->dir = xasprintf("%s/guests/%.12s", m->dir, rev);
	rc = make_guests(m, g);
	if (rc) {
		guest_drop(g);
		return rc;
	}
	m->guests = xrealloc(m->guests, (m->nr_guests + 1) * sizeof(*m->guests));
	m->guests[m->nr_guests++] = g;
	*guest = g;
	return 0;
}

/* The kernel's symbols, if the build tree is still this revision's and has any. */
static struct symbols *open_symbols(const struct bisect_machine *m, const struct bisect_guest *g)
{
	char *vmlinux __cleanup(free_ptr) = xasprintf("%s/build/vmlinux", m->dir);
	struct symbols *symbols = NULL;

	if (m->built && !strcmp(m->built, g->rev) &&
	    kernel_config(&g->kernel, "DEBUG_INFO") == 'y')
		symbols_open(vmlinux, &symbols);
	return symbols;
}

/*
 * The first report on a boot's console that has one of @titles, or the first of all;
 * NULL: there is none; caller frees.
 */
static char *read_report(const struct bisect_machine *m, const struct bisect_guest *g,
			 const char *dir, const struct strv *titles)
{
	struct symbols *symbols = open_symbols(m, g);
	struct buf console __cleanup(buf_free) = {};
	struct crash crash;
	char *report = NULL;
	bool has = false;

	rundir_read(dir, "console.log", &console);
	for (size_t at = 0; !has && at < console.len; at += crash.end) {
		char *title __cleanup(free_ptr) = NULL, *text __cleanup(free_ptr) = NULL;

		if (!crash_find(console.data + at, console.len - at, &crash))
			break;
		title = printable_line(crash.title);
		has = strv_has(titles, title);
		text = has || !report ? crash_text(&crash, symbols) : NULL;
		if (text) {
			free(report);
			report = printable_text(text);
		}
		crash_free(&crash);
	}
	symbols_close(symbols);
	return report;
}

/* A boot that failed on what the detector is there for has shown it. */
static bool detected(const struct verdict *v)
{
	const struct finding *first = findings_first(&v->findings);

	return first && first->source == FINDING_DETECTOR;
}

/* All that counts in the boot, by all of its names. */
static void add_titles(const struct verdict *v, struct strv *titles)
{
	/* Why it hangs is told in words that differ from boot to boot. */
	if (v->outcome == OUTCOME_HUNG)
		strv_push(titles, outcome_names[v->outcome]);
	else if (v->outcome == OUTCOME_CRASHED || v->outcome == OUTCOME_BOOT_FAILED)
		strv_push(titles, v->title);
	for (size_t i = 0; i < v->findings.n; i++) {
		const struct finding *f = &v->findings.v[i];

		if (!f->counts)
			continue;
		if (!strv_has(titles, f->title))
			strv_push(titles, f->title);
		for (size_t j = 0; j < f->alternatives.n; j++)
			if (!strv_has(titles, f->alternatives.v[j]))
				strv_push(titles, f->alternatives.v[j]);
	}
}

static void to_run(const struct verdict *v, bool basic, struct bisect_run *run)
{
	static const enum bisect_seen seen[] = {
		[OUTCOME_OK] = BISECT_SEEN_NOTHING,
		[OUTCOME_CRASHED] = BISECT_SEEN_CRASH,
		[OUTCOME_BOOT_FAILED] = BISECT_SEEN_FAILURE,
		[OUTCOME_HUNG] = BISECT_SEEN_CRASH,
		[OUTCOME_LOST] = BISECT_SEEN_LOST,
		[OUTCOME_INCONCLUSIVE] = BISECT_SEEN_VOID,
	};

	run->seen = seen[v->outcome];
	add_titles(v, &run->titles);
	if (v->outcome == OUTCOME_BOOT_FAILED && detected(v))
		run->seen = BISECT_SEEN_CRASH;
	if (basic && run->seen == BISECT_SEEN_CRASH && !detected(v))
		run->seen = BISECT_SEEN_FAILURE;
	if (basic && v->release && v->title)
		run->text = xasprintf("basic kernel testing failed: %s", v->title);
	else
		run->text = verdict_line(v);
}

/**
 * struct taking - hands verdicts on as they come
 * @machine: where from
 * @guest: of what
 * @result: where they are
 * @take: of the bisection
 * @arg: for @take
 * @basic: boots without load
 * @done: @take wants no more
 * @passed: the last one was OK
 * @first: number of the first boot
 */
struct taking {
	const struct bisect_machine *machine;
	const struct bisect_guest *guest;
	const struct result *result;
	bool (*take)(void *arg, struct bisect_run *run);
	void *arg;
	bool basic;
	bool done;
	bool passed;
	unsigned int first;
};

static bool on_verdict(void *ctx, unsigned int number, const struct verdict *v)
{
	struct taking *t = ctx;
	struct bisect_run run = {};

	t->passed = v->outcome == OUTCOME_OK;
	/* That it boots is no outcome yet. */
	if (t->basic && t->passed)
		return true;
	run.number = t->first + number;
	run.dir = xstrdup(result_dir(t->result, number));
	to_run(v, t->basic, &run);
	if (v->outcome == OUTCOME_CRASHED || v->outcome == OUTCOME_BOOT_FAILED)
		run.report = read_report(t->machine, t->guest, run.dir, &run.titles);
	t->done = t->take(t->arg, &run);
	return t->done;
}

/* A directory that no earlier boots are in; the caller frees it. */
static char *new_dir(const struct bisect_machine *m, const char *rev)
{
	char *dir = NULL;
	unsigned int n = 0;

	do {
		free(dir);
		dir = xasprintf("%s/runs/%.12s.%u", m->dir, rev, n++);
	} while (file_exists(dir));
	return dir;
}

static int boot(struct bisect_machine *m, struct bisect_guest *g, bool basic, unsigned int runs,
		struct taking *t)
{
	char *dir __cleanup(free_ptr) = new_dir(m, g->rev);
	const struct run_guest *guest = basic ? &g->basic.run : &g->load.run;
	/* The log has the outcomes when the revision is done. */
	struct series series = series_of(guest->plan, runs, basic ? 1 : m->jobs, dir);
	struct result result __cleanup(result_free);
	int rc;

	series.run.verbose = m->verbose;
	series.run.guests = guest;
	series.run.nr_guests = 1;
	series.enough = on_verdict;
	series.ctx = t;
	result_init(&result, runs);
	t->guest = g;
	t->result = &result;
	t->basic = basic;
	rc = mkdir_p(dir) ?: series_run(&series, &result);
	return !rc && result.interrupted ? -EINTR : rc;
}

/**
 * bisect_machine_test() - boot a revision
 * @m: the machine
 * @rev: the revision; built before
 * @signature: of its kernel
 * @first: outcomes that it has; 0: begin with a boot without load, again until it
 *	   passes: a revision that doesn't boot is not worth more
 * @max: greatest number of outcomes
 * @take: gets each of them; when it returns true, no more are wanted
 * @arg: for @take
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int bisect_machine_test(struct bisect_machine *m, const char *rev, const char *signature,
			unsigned int first, unsigned int max,
			bool (*take)(void *arg, struct bisect_run *run), void *arg)
{
	struct taking t = { .machine = m, .take = take, .arg = arg };
	struct bisect_guest *g;
	int rc;

	rc = get_guest(m, rev, signature, &g);
	while (!rc && !first && max && !t.done && !t.passed) {
		rc = boot(m, g, true, 1, &t);
		if (!t.passed) {
			t.first++;
			max--;
		}
	}
	if (!rc && max && !t.done)
		rc = boot(m, g, false, max, &t);
	return rc;
}
