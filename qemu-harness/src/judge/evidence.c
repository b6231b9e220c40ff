// SPDX-License-Identifier: GPL-2.0
/*
 * Reads a run directory: orders, records, reports on the console, what QEMU said.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/console.h"
#include "base/printable.h"
#include "base/util.h"
#include "boot/detector.h"
#include "boot/load.h"
#include "boot/record.h"
#include "boot/rundir.h"
#include "crash/crash-report.h"
#include "crash/crash.h"
#include "judge/evidence.h"
#include "judge/timeline.h"

/*
 * printk's clock and the uptime that records carry start within this many
 * seconds of each other: a crash less than this before the load is the load's.
 */
#define CLOCK_SKEW_S 1.0

/*
 * Each report is looked for anew, up to 20 000 lines ahead: a kernel that warns in
 * a loop must not keep us from the other guests. Planted restores are expected to
 * warn a lot.
 */
#define REPORTS_MAX 256
#define REPORTS_PLANTED_MAX 4096

/* What a load printed: the guest sends less, but who knows whose guest it is. */
#define OUTPUT_BYTES_MAX (1u << 20)
/* Of that, shown when it failed. */
#define OUTPUT_LINES 20

/*
 * Exit statuses that say "not here" and not "failed": of kselftests (4), git bisect run
 * (125) and shells (126, 127).
 */
static const int64_t not_here[] = { 4, 125, 126, 127 };

const char *const evidence_plants[PLANTS] = { "init", "plain", "hardirq", "rawlock" };

static void keep_first(char **to, const char *text)
{
	if (!*to)
		*to = xstrdup(text);
}

static void grow(uint64_t *to, uint64_t value)
{
	if (value > *to)
		*to = value;
}

/* Counters only grow; a late tick that was overtaken must not take back what is known. */
static void take_counters(struct record_counters *all, const struct record_counters *c)
{
	grow(&all->waits, c->waits);
	grow(&all->slow_pv, c->slow_pv);
	grow(&all->slow_native, c->slow_native);
	grow(&all->violations, c->violations);
	grow(&all->lost, c->lost);
	grow(&all->longest_ns, c->longest_ns);
	grow(&all->waited_ns, c->waited_ns);
	grow(&all->ops, c->ops);
	if (c->load_ms > all->load_ms)
		all->load_ms = c->load_ms;
	if (all->first_ms < 0)
		all->first_ms = c->first_ms;
}

/* A planted restore is caught when each time that it ran was counted, and not more. */
static void take_planted(struct evidence *e, const struct record *r)
{
	char *title __cleanup(free_ptr) = NULL;

	for (size_t i = 0; i < PLANTS; i++)
		if (!strcmp(evidence_plants[i], r->text))
			e->caught |= 1u << i;
	if (!r->number)
		title = xasprintf("planted: %s not caught", r->text);
	else if (r->number != r->ran)
		title = xasprintf("planted: %s caught %lld times, not %lld", r->text,
				  (long long)r->number, (long long)r->ran);
	if (title)
		keep_first(&e->plant_title, title);
}

static void take_chore(struct evidence *e, const struct record *r)
{
	for (size_t i = 0; i < e->chores.n; i++) {
		if (strcmp(e->chores.v[i], r->text))
			continue;
		free(e->chores.v[i]);
		e->chores.v[i] = e->chores.v[--e->chores.n];
		e->chores.v[e->chores.n] = NULL;
		if (r->skipped)
			strv_pushf(&e->v->skipped, "%s: %s", r->text, r->skipped);
		e->undone += r->skipped && !r->ran;
		break;
	}
	if (r->number) {
		char *title __cleanup(free_ptr) = xasprintf("chore: %s failed: %s", r->text,
							    strerror((int)-r->number));

		keep_first(&e->chore_title, title);
	}
}

/**
 * evidence_phase() - the phase at a guest's uptime
 * @e: what the boot left
 * @up: the uptime in seconds; -1: the end
 *
 * Return: the latest phase that the guest had come to
 */
enum run_phase evidence_phase(const struct evidence *e, double up)
{
	if (e->done && up > e->done_up)
		return PHASE_FINISH;
	if (e->load && (up < 0 || up >= e->load_up - CLOCK_SKEW_S))
		return PHASE_LOAD;
	return e->boot && (up < 0 || up >= e->boot_up) ? PHASE_INSMOD : PHASE_BOOT;
}

static void take_guest(struct evidence *e, const struct record *r)
{
	struct verdict *v = e->v;

	switch (r->kind) {
	case RECORD_BOOT:
		e->boot = true;
		keep_first(&v->release, r->text);
		v->pv = r->pv;
		v->boot_s = r->up;
		e->boot_up = r->up;
		break;
	case RECORD_MODULE:
		e->module = true;
		e->module_rc = r->number;
		break;
	case RECORD_CONTROL:
		e->control = true;
		v->control = r->number > 0;
		break;
	case RECORD_LOAD:
		e->load = true;
		e->load_up = r->up;
		break;
	case RECORD_VIOLATION:
		e->recorded = true;
		findings_add(&v->findings,
			     &(struct finding){ .title = r->text, .site = r->site,
						.caller = r->caller, .source = FINDING_DETECTOR,
						.phase = evidence_phase(e, r->up), .up = r->up });
		break;
	case RECORD_LIVEPATCH:
		e->livepatched = !r->number;
		break;
	case RECORD_PLANTED:
		take_planted(e, r);
		break;
	case RECORD_CHORE:
		take_chore(e, r);
		break;
	case RECORD_COMMAND:
		keep_first(&e->command_error, r->text);
		e->status = r->number;
		v->load_runs = (uint64_t)r->ran;
		v->load_failed = (uint64_t)r->failed;
		v->load_killed = (uint64_t)r->killed;
		v->run_ms = r->ms;
		break;
	case RECORD_OUTPUT:
		if (e->output.len < OUTPUT_BYTES_MAX)
			buf_addf(&e->output, "%s\n", r->text);
		break;
	case RECORD_ERROR:
		keep_first(&e->error, r->text);
		break;
	case RECORD_DONE:
		e->done = true;
		e->done_up = r->up;
		v->done = true;
		take_counters(&v->count, &r->counters);
		break;
	case RECORD_TICK:
		take_counters(&v->count, &r->counters);
		break;
	default:
		break;
	}
}

static void take_record(void *ctx, struct record *r)
{
	struct evidence *e = ctx;

	/* Only the nested mode has an outer guest: this one poses as it. */
	if (r->l1 && e->plan.accel != ACCEL_NESTED)
		return;
	e->up = fmax(e->up, r->up);
	if (!r->l1) {
		take_guest(e, r);
		timeline_take(e->v, r);
		e->guest_up = fmax(e->guest_up, r->up);
	} else if (r->kind == RECORD_EXIT) {
		e->l1_exit = true;
		e->l1_status = r->number;
	} else if (r->kind == RECORD_ERROR) {
		keep_first(&e->l1_error, r->text);
	}
}

static int read_run(const char *dir, struct evidence *e)
{
	char *path __cleanup(free_ptr) = xasprintf("%s/run.json", dir);
	json_auto_t *doc = NULL;
	json_error_t error;
	const char *ended;
	int rc;

	doc = json_load_file(path, 0, &error);
	if (!doc || json_unpack_ex(doc, &error, 0, "{s:s, s:F, s?b, s?{s:F, s:F, s:F}}",
				   "ended", &ended, "wall_s", &e->v->wall_s,
				   "truncated", &e->truncated, "stuck", "wall_s", &e->stuck.at,
				   "ran_s", &e->stuck.ran, "waited_s", &e->stuck.waited)) {
		pr_err("%s: %s", path, error.text);
		return -EINVAL;
	}
	e->ended = xstrdup(ended);
	rc = plan_from_json(doc, &e->plan);
	for (size_t i = 0; !rc && i < e->plan.chores.n; i++)
		strv_push(&e->chores, e->plan.chores.v[i]);
	return rc;
}

static void keep_last(void *ctx, const char *line, size_t len)
{
	char *text __cleanup(free_ptr) = xasprintf("%.*s", (int)len, line), **last = ctx;

	free(*last);
	*last = printable_line(text);
}

/* The kernel's own check warns once a boot: its proof comes behind the load, on the console. */
static bool proved_behind(const struct plan *plan)
{
	return plan->proof && plan->detector == &detector_builtin;
}

/* Is what the detector has reported there to prove it, or to be found? */
static bool is_planted(const struct evidence *e, const char *text, size_t len)
{
	static const char control[] = " planted_plain+";
	const struct plan *plan = &e->plan;

	if (!plan->detector->reported(text, len))
		return false;
	return plan->planted || plan->load->loads_detector ||
	       (proved_behind(plan) && memmem(text, len, control, strlen(control)));
}

/* The time stamp in front of the line at @at of the console, or -1. */
static double stamp_at(const struct evidence *e, size_t at)
{
	const char *line = e->console.data + at;
	const char *open = memchr(line, '[', strcspn(line, "\n"));
	char *end;
	double t;

	if (!open)
		return -1;
	t = strtod(open + 1, &end);
	return *end == ']' && end != open + 1 ? t : -1;
}

static char *report_text(const struct crash *crash)
{
	char *raw __cleanup(free_ptr) = crash_text(crash, NULL);

	return raw ? printable_text(raw) : NULL;
}

/* A report on the console: one more finding, or the words to a record's. */
static void take_crash(struct evidence *e, const struct crash *crash)
{
	size_t len = crash->end - crash->start;
	char *title __cleanup(free_ptr) = printable_line(crash->title);
	struct finding like = {
		.title = title, .up = stamp_at(e, crash->start),
		.source = e->plan.detector->reported(e->console.data + crash->start, len) ?
			  FINDING_DETECTOR : FINDING_KERNEL,
	}, *f;

	like.phase = evidence_phase(e, like.up);
	f = findings_by_title(&e->v->findings, like.source, title);
	if (!f)
		f = findings_add(&e->v->findings, &like);
	/* Of reports with one title the first is kept. */
	if (f && !f->report) {
		f->report = report_text(crash);
		if (like.up >= 0) {
			f->up = like.up;
			f->phase = like.phase;
		}
		for (size_t i = 0; i < crash->alts.n; i++) {
			char *alternative __cleanup(free_ptr) = printable_line(crash->alts.v[i]);

			strv_push(&f->alternatives, alternative);
		}
	}
}

/*
 * All reports of the console. Where restores are planted, or the selftests run, the
 * detector's reports are what is to be seen, and the records tell which of them were
 * not wanted.
 */
static void find_crashes(struct evidence *e)
{
	unsigned int reports = 0, max = REPORTS_MAX;
	struct crash crash;
	size_t from = 0;

	if (e->plan.planted || e->plan.load->loads_detector || proved_behind(&e->plan))
		max = REPORTS_PLANTED_MAX;
	while (reports++ < max &&
	       crash_find(e->console.data + from, e->console.len - from, &crash)) {
		crash.start += from;
		crash.end += from;
		from = crash.end;
		if (!is_planted(e, e->console.data + crash.start, crash.end - crash.start))
			take_crash(e, &crash);
		crash_free(&crash);
	}
}

/* A violation has both a count and a finding, whichever of them reached us. */
static void settle_violations(struct evidence *e)
{
	struct verdict *v = e->v;

	if (v->count.violations && (!v->findings.n || v->findings.v[0].source != FINDING_DETECTOR))
		findings_add(&v->findings,
			     &(struct finding){ .title = "irqsan: violation without a record",
						.source = FINDING_DETECTOR,
						.phase = evidence_phase(e, -1), .up = -1 });
	if (e->recorded && !v->count.violations)
		v->count.violations = 1;
	e->recorded |= v->count.violations;
}

/**
 * evidence_output() - the end of what the load printed
 * @e: what the boot left
 * @lines: how many lines
 *
 * Return: the lines; the caller frees them
 */
char *evidence_output(const struct evidence *e, unsigned int lines)
{
	size_t from = e->output.len;

	while (from && (e->output.data[from - 1] != '\n' || from == e->output.len || --lines))
		from--;
	return xasprintf("%.*s", (int)(e->output.len - from), e->output.data ?
			 e->output.data + from : "");
}

/**
 * evidence_not_here() - does the load's exit status say that it can't run here?
 * @e: what the boot left
 *
 * Return: true if it does
 */
bool evidence_not_here(const struct evidence *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(not_here); i++)
		if (e->status == not_here[i])
			return true;
	return false;
}

/* A command that fails has found something. */
static void settle_command(struct evidence *e)
{
	char *title __cleanup(free_ptr) = NULL;
	struct finding *f;

	if (!e->status || evidence_not_here(e) || !e->plan.load->exits)
		return;
	title = e->status > 128 && e->status < 128 + NSIG ?
		xasprintf("load: killed by %s", strsignal((int)e->status - 128)) :
		xasprintf("load: exit status %lld", (long long)e->status);
	f = findings_add(&e->v->findings,
			 &(struct finding){ .title = title, .source = FINDING_LOAD,
					    .phase = PHASE_LOAD, .up = -1 });
	if (f && e->output.len)
		f->report = evidence_output(e, OUTPUT_LINES);
}

/**
 * evidence_read() - read what a boot left
 * @dir: its run directory
 * @e: filled; @e->v is set before; for evidence_free(), also after a failure
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int evidence_read(const char *dir, struct evidence *e)
{
	struct console said = { .fn = keep_last, .ctx = &e->qemu_said };
	struct buf records __cleanup(buf_free) = {}, l1 __cleanup(buf_free) = {};
	struct buf qemu __cleanup(buf_free) = {};
	int rc;

	rc = read_run(dir, e) ?: rundir_read(dir, "records.jsonl", &records) ?:
	     rundir_read(dir, "console.log", &e->console) ?:
	     rundir_read(dir, "qemu.log", &qemu) ?: rundir_read(dir, "l1-console.log", &l1);
	if (rc)
		return rc;
	records_each(records.data, records.len, take_record, e);
	find_crashes(e);
	settle_violations(e);
	settle_command(e);
	console_feed(&said, qemu.data, qemu.len);
	console_end(&said);
	/* An emulated machine that is short of time warns a lot; only a panic ends it. */
	if (memmem(l1.data, l1.len, "Kernel panic - not syncing", 26))
		keep_first(&e->l1_error, "the outer guest's kernel panicked");
	return 0;
}

/** evidence_free() - free what evidence_read() filled in */
void evidence_free(struct evidence *e)
{
	free(e->ended);
	free(e->plant_title);
	free(e->chore_title);
	strv_free(&e->chores);
	free(e->command_error);
	buf_free(&e->output);
	free(e->error);
	free(e->l1_error);
	free(e->qemu_said);
	buf_free(&e->console);
	plan_free(&e->plan);
}
