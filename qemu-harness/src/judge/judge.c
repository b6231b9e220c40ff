// SPDX-License-Identifier: GPL-2.0
/*
 * Judges one boot by what its run directory holds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/console.h"
#include "base/printable.h"
#include "base/util.h"
#include "boot/detector.h"
#include "boot/load.h"
#include "boot/plan.h"
#include "boot/record.h"
#include "crash/crash-text.h"
#include "crash/crash.h"
#include "judge/judge.h"

/*
 * printk's clock and the uptime that records carry start within this many
 * seconds of each other: a crash less than this before the load is the load's.
 */
#define CLOCK_SKEW_S 1.0

/*
 * No guest can have been up for longer than its QEMU ran. One that says so has
 * measured its clock wrong, which happens to an emulated machine on a busy one;
 * the slack is for what doesn't matter.
 */
#define CLOCK_FAST 2.0
#define CLOCK_FAST_SLACK_S 5.0

/*
 * Each report is looked for anew, up to 20 000 lines ahead: a kernel that warns in
 * a loop must not keep us from the other guests. Planted restores are expected to
 * warn a lot.
 */
#define REPORTS_MAX 256
#define REPORTS_PLANTED_MAX 4096

/* A load that is over so soon may not have done what its user thinks. */
#define SHORT_RUN_MS 1000

/* What a load printed: the guest sends less, but who knows whose guest it is. */
#define OUTPUT_BYTES_MAX (1u << 20)
/* Of that, shown when it failed. */
#define OUTPUT_LINES 20

/*
 * Exit statuses that say "not here" and not "failed": of kselftests (4), git bisect run
 * (125) and shells (126, 127).
 */
static const int64_t not_here[] = { 4, 125, 126, 127 };

/**
 * struct evidence - all that a run directory says
 * @v: verdict under construction; its counters are filled while reading
 * @plan: what was ordered
 * @ended: why the boot ended, in the words of run.json; owned
 * @truncated: more came from the guest than was kept
 * @livepatched: the livepatch that was ordered was in force before the load
 * @caught: which of them were caught: a bit for each of plants[]
 * @plant_title: what is wrong with the first that was not; owned
 * @chores: chores that were ordered and haven't been recorded; owned, NULL at the end
 * @undone: how many were skipped
 * @chore_title: the first chore that failed; owned
 * @boot: the guest's init started
 * @module: a module record came
 * @module_rc: its result
 * @control: a control record came
 * @load: the load began
 * @boot_up: guest uptime at which init started
 * @load_up: and at which the load began
 * @up: greatest uptime in any record
 * @guest_up: of the guest itself
 * @done: the load ended as ordered
 * @done_up: guest uptime at which it did
 * @l1_exit: L1 saw the inner QEMU end
 * @l1_status: and how
 * @recorded: the detector told of a violation by a record
 * @command_error: why the user's command could not be run, or ""; owned; NULL: it has
 *		    no record
 * @status: the first exit status of its that isn't 0
 * @output: what it printed
 * @error: first error record of the guest; owned
 * @l1_error: first error record of L1; owned
 * @qemu_said: last line of qemu.log; owned
 * @console: console.log
 */
struct evidence {
	struct verdict *v;
	struct plan plan;
	char *ended;
	int truncated;
	bool livepatched;
	unsigned int caught;
	char *plant_title;
	struct strv chores;
	size_t undone;
	char *chore_title;
	bool boot;
	bool module;
	int64_t module_rc;
	bool control;
	bool load;
	double boot_up;
	double load_up;
	double up;
	double guest_up;
	bool done;
	double done_up;
	bool l1_exit;
	int64_t l1_status;
	bool recorded;
	char *command_error;
	int64_t status;
	struct buf output;
	char *error;
	char *l1_error;
	char *qemu_said;
	struct buf console;
};

/* All of them must be caught. */
static const char *const plants[] = { "init", "plain", "hardirq", "rawlock" };

static const char *const names[] = {
	[OUTCOME_OK] = "OK",
	[OUTCOME_CRASHED] = "crashed",
	[OUTCOME_BOOT_FAILED] = "boot failed",
	[OUTCOME_HUNG] = "hung",
	[OUTCOME_LOST] = "lost",
	[OUTCOME_INCONCLUSIVE] = "inconclusive",
};

/**
 * outcome_name() - an outcome in words
 * @o: the outcome
 *
 * Return: a constant string
 */
const char *outcome_name(enum outcome o)
{
	return names[o];
}

/* " (at boot: TITLE, and 2 more)": findings that are no reason for the outcome. */
static void add_uncounted(struct buf *line, const struct findings *list, bool ignored,
			  const char *what)
{
	const char *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].counts || list->v[i].ignored != ignored)
			continue;
		first = first ?: list->v[i].title;
		n++;
	}
	if (n == 1)
		buf_addf(line, " (%s: %s)", what, first);
	else if (n)
		buf_addf(line, " (%s: %s, and %zu more)", what, first, n - 1);
}

/**
 * verdict_line() - a verdict in one line
 * @v: the verdict
 *
 * Return: "OK", "crashed: TITLE", "OK (skipped: kexec: WHY)", "OK (ignored: TITLE)"
 * and so on; the caller frees it
 */
char *verdict_line(const struct verdict *v)
{
	struct buf line = {};

	buf_addf(&line, "%s%s%s", outcome_name(v->outcome), v->title ? ": " : "", v->title ?: "");
	for (size_t i = 0; i < v->skipped.n; i++)
		buf_addf(&line, "%s%s", i ? "; " : " (skipped: ", v->skipped.v[i]);
	if (v->skipped.n)
		buf_addf(&line, ")");
	if (v->outcome == OUTCOME_OK && v->load_runs && v->run_ms < SHORT_RUN_MS)
		buf_addf(&line, " (the load ended after %.2f s)", (double)v->run_ms / 1000);
	add_uncounted(&line, &v->findings, false, "at boot");
	add_uncounted(&line, &v->findings, true, "ignored");
	return line.data;
}

/**
 * verdict_free() - free what judge_dir() filled in
 * @v: the verdict; may be freed twice
 */
void verdict_free(struct verdict *v)
{
	free(v->title);
	free(v->release);
	findings_free(&v->findings);
	strv_free(&v->titles);
	strv_free(&v->skipped);
	timeline_free(&v->timeline);
	v->title = NULL;
	v->release = NULL;
}

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
static void take_counters(struct verdict *v, const struct record_counters *c)
{
	grow(&v->waits, c->waits);
	grow(&v->slow_pv, c->slow_pv);
	grow(&v->slow_native, c->slow_native);
	grow(&v->violations, c->violations);
	grow(&v->lost_records, c->lost);
	grow(&v->longest_ns, c->longest_ns);
	grow(&v->waited_ns, c->waited_ns);
	grow(&v->ops, c->ops);
	if (c->load_ms > v->load_ms)
		v->load_ms = c->load_ms;
	if (v->first_ms < 0)
		v->first_ms = c->first_ms;
}

/* A planted restore is caught when each time that it ran was counted, and not more. */
static void take_planted(struct evidence *e, const struct record *r)
{
	char *title = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(plants); i++)
		if (!strcmp(plants[i], r->text))
			e->caught |= 1u << i;
	if (!r->number)
		title = xasprintf("planted: %s not caught", r->text);
	else if (r->number != r->ran)
		title = xasprintf("planted: %s caught %lld times, not %lld", r->text,
				  (long long)r->number, (long long)r->ran);
	if (title)
		keep_first(&e->plant_title, title);
	free(title);
}

static void take_chore(struct evidence *e, const struct record *r)
{
	size_t i;

	for (i = 0; i < e->chores.n; i++) {
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
		char *title = xasprintf("chore: %s failed: %s", r->text,
					strerror((int)-r->number));

		keep_first(&e->chore_title, title);
		free(title);
	}
}

/* The phase at a guest's uptime; -1: the latest that it came to. */
static enum run_phase phase_at(const struct evidence *e, double up)
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
						.phase = phase_at(e, r->up), .up = r->up });
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
		take_counters(v, &r->counters);
		break;
	case RECORD_TICK:
		take_counters(v, &r->counters);
		break;
	default:
		break;
	}
}

static void take_line(void *ctx, const char *line, size_t len)
{
	struct evidence *e = ctx;
	struct record r;

	/* What a dying guest left of a line proves nothing. */
	if (record_parse(line, len, &r))
		return;
	/* Only the nested mode has an outer guest: this one poses as it. */
	if (r.l1 && e->plan.accel != ACCEL_NESTED) {
		record_free(&r);
		return;
	}
	if (r.up > e->up)
		e->up = r.up;
	if (!r.l1) {
		take_guest(e, &r);
		timeline_take(&e->v->timeline, &r);
		e->guest_up = r.up > e->guest_up ? r.up : e->guest_up;
	} else if (r.kind == RECORD_EXIT) {
		e->l1_exit = true;
		e->l1_status = r.number;
	} else if (r.kind == RECORD_ERROR) {
		keep_first(&e->l1_error, r.text);
	}
	record_free(&r);
}

/* A file of the directory; one that is absent is empty. */
static int read_part(const char *dir, const char *name, struct buf *out)
{
	char *path = xasprintf("%s/%s", dir, name);
	int rc = 0;

	if (file_exists(path))
		rc = read_file(path, out);
	free(path);
	return rc;
}

static int read_run(const char *dir, struct evidence *e)
{
	char *path = xasprintf("%s/run.json", dir);
	json_error_t error;
	const char *ended;
	json_t *doc;
	int rc = 0;

	doc = json_load_file(path, 0, &error);
	if (!doc || json_unpack_ex(doc, &error, 0, "{s:s, s:F, s?b}", "ended", &ended,
				   "wall_s", &e->v->wall_s, "truncated", &e->truncated)) {
		pr_err("%s: %s", path, error.text);
		rc = -EINVAL;
	}
	if (!rc) {
		e->ended = xstrdup(ended);
		rc = plan_from_json(doc, &e->plan);
	}
	for (size_t i = 0; !rc && i < e->plan.chores.n; i++)
		strv_push(&e->chores, e->plan.chores.v[i]);
	json_decref(doc);
	free(path);
	return rc;
}

static void keep_last(void *ctx, const char *line, size_t len)
{
	char **last = ctx;

	char *text = xasprintf("%.*s", (int)len, line);

	free(*last);
	*last = printable_line(text);
	free(text);
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
	char *raw = crash_text(crash, NULL), *text = raw ? printable_text(raw) : NULL;

	free(raw);
	return text;
}

/* A report on the console: one more finding, or the words to a record's. */
static void take_crash(struct evidence *e, const struct crash *crash)
{
	size_t len = crash->end - crash->start;
	char *title = printable_line(crash->title);
	struct finding like = {
		.title = title, .up = stamp_at(e, crash->start),
		.source = e->plan.detector->reported(e->console.data + crash->start, len) ?
			  FINDING_DETECTOR : FINDING_KERNEL,
	}, *f;

	like.phase = phase_at(e, like.up);
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
			char *alternative = printable_line(crash->alts.v[i]);

			strv_push(&f->alternatives, alternative);
			free(alternative);
		}
	}
	free(title);
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

	if (v->violations && (!v->findings.n || v->findings.v[0].source != FINDING_DETECTOR))
		findings_add(&v->findings,
			     &(struct finding){ .title = "irqsan: violation without a record",
						.source = FINDING_DETECTOR,
						.phase = phase_at(e, -1), .up = -1 });
	if (e->recorded && !v->violations)
		v->violations = 1;
	e->recorded |= v->violations;
}

/* The last lines of what the load printed; the caller frees them. */
static char *last_output(const struct evidence *e, unsigned int lines)
{
	size_t from = e->output.len;

	while (from && (e->output.data[from - 1] != '\n' || from == e->output.len || --lines))
		from--;
	return xasprintf("%.*s", (int)(e->output.len - from), e->output.data ?
			 e->output.data + from : "");
}

static bool load_was_not_here(const struct evidence *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(not_here); i++)
		if (e->status == not_here[i])
			return true;
	return false;
}

/* A command that fails has found something. */
static void settle_command(struct evidence *e)
{
	struct finding *f;
	char *title;

	if (!e->status || load_was_not_here(e) || !e->plan.load->exits)
		return;
	title = e->status > 128 && e->status < 128 + NSIG ?
		xasprintf("load: killed by %s", strsignal((int)e->status - 128)) :
		xasprintf("load: exit status %lld", (long long)e->status);
	f = findings_add(&e->v->findings,
			 &(struct finding){ .title = title, .source = FINDING_LOAD,
					    .phase = PHASE_LOAD, .up = -1 });
	if (f && e->output.len)
		f->report = last_output(e, OUTPUT_LINES);
	free(title);
}

/* Why the command never did what it is for, or NULL; the caller frees it. */
static char *command_unfit(const struct evidence *e)
{
	char *last, *why;

	if (!e->plan.load->exits)
		return NULL;
	if (!e->command_error)
		return xstrdup("no word of what became of the load");
	if (*e->command_error)
		return xasprintf("the load could not be run: %s", e->command_error);
	if (!e->status || !load_was_not_here(e))
		return NULL;
	last = last_output(e, 1);
	why = xasprintf("the load can't run here: exit status %lld%s%.*s", (long long)e->status,
			*last ? ": " : "", (int)strcspn(last, "\n"), last);
	free(last);
	return why;
}

static int read_evidence(const char *dir, struct evidence *e)
{
	struct console said = { .fn = keep_last, .ctx = &e->qemu_said };
	struct console lines = { .fn = take_line, .ctx = e };
	struct buf records = {}, l1 = {}, qemu = {};
	int rc;

	rc = read_run(dir, e);
	if (rc)
		return rc;
	rc = read_part(dir, "records.jsonl", &records);
	if (!rc && records.len) {
		console_feed(&lines, records.data, records.len);
		console_end(&lines);
	}
	if (!rc)
		rc = read_part(dir, "console.log", &e->console);
	if (!rc && e->console.len)
		find_crashes(e);
	if (!rc) {
		settle_violations(e);
		settle_command(e);
	}
	if (!rc)
		rc = read_part(dir, "qemu.log", &qemu);
	if (!rc && qemu.len) {
		console_feed(&said, qemu.data, qemu.len);
		console_end(&said);
	}
	if (!rc)
		rc = read_part(dir, "l1-console.log", &l1);
	/* An emulated machine that is short of time warns a lot; only a panic ends it. */
	if (!rc && l1.len && memmem(l1.data, l1.len, "Kernel panic - not syncing", 26))
		keep_first(&e->l1_error, "the outer guest's kernel panicked");
	buf_free(&records);
	buf_free(&l1);
	buf_free(&qemu);
	return rc;
}

static void set(struct evidence *e, enum outcome o, const char *title)
{
	e->v->outcome = o;
	e->v->title = title ? xstrdup(title) : NULL;
}

static bool ended(const struct evidence *e, const char *how)
{
	return !strncmp(e->ended, how, strlen(how));
}

/* Did QEMU, or what was waiting for it, give up on the guest? "stalled load" → "load". */
static const char *stuck_in(const struct evidence *e)
{
	return ended(e, "stalled ") || ended(e, "deadline ") ? strchr(e->ended, ' ') + 1 : NULL;
}

/* Faults of the machinery around the guest; true when there was one. */
static bool judge_machinery(struct evidence *e)
{
	bool nested = e->plan.accel == ACCEL_NESTED;
	char *why = NULL;

	if (!strcmp(e->ended, "interrupted"))
		why = xstrdup("interrupted");
	else if (!strcmp(e->ended, "running"))
		why = xstrdup("irqsan itself was killed");
	else if (ended(e, "exited ") && strcmp(e->ended, "exited 0"))
		/* No guest can make QEMU exit like this: it was killed, or refused to run. */
		why = xasprintf("QEMU %s%s%s", e->ended, e->qemu_said ? ": " : "",
				e->qemu_said ?: "");
	else if (!strcmp(e->ended, "stalled outer guest"))
		why = xstrdup("the outer guest stopped");
	else if (e->l1_exit && e->l1_status && !e->done)
		why = xasprintf("the inner QEMU exited with status %lld", (long long)e->l1_status);
	else if (nested && e->l1_error && !e->done)
		why = xasprintf("outer guest: %s", e->l1_error);
	else if (nested && !e->boot && !e->v->findings.n && stuck_in(e))
		/*
		 * With a whole emulated machine between us and the guest, silence
		 * is more often that machine's than the kernel's.
		 */
		why = xasprintf("%s before the guest's init answered", e->ended);
	else if (!e->plan.icount && e->up > CLOCK_FAST * e->v->wall_s + CLOCK_FAST_SLACK_S)
		/* The kernel's own judgements of time (lockups, stalls) are void then. */
		why = xasprintf("the guest's clock runs too fast: %.0f s up after %.0f s",
				e->up, e->v->wall_s);
	if (!why)
		return false;
	set(e, OUTCOME_LOST, why);
	free(why);
	return true;
}

/* The guest made no progress: false when it did. */
static bool judge_stuck(struct evidence *e)
{
	const char *phase = stuck_in(e);
	char *title;

	if (!phase)
		return false;
	/* The load is done and the inner QEMU has ended: only the outer guest didn't leave. */
	if (e->done && e->l1_exit)
		return false;
	/* It may take longer than any silence of a healthy guest. */
	if (e->plan.livepatch && !e->livepatched && e->boot && !e->load) {
		set(e, OUTCOME_LOST, "the livepatch was not in force");
		return true;
	}
	if (e->load) {
		title = xasprintf("%s, after %lld ms of load", e->ended,
				  (long long)e->v->load_ms);
		set(e, OUTCOME_HUNG, title);
	} else {
		title = xasprintf("no progress (%s)", e->ended);
		set(e, OUTCOME_BOOT_FAILED, title);
	}
	free(title);
	return true;
}

/* False when all were caught. */
static bool judge_planted(struct evidence *e)
{
	size_t i;

	for (i = 0; !e->plant_title && i < ARRAY_SIZE(plants); i++)
		if (!(e->caught & 1u << i))
			e->plant_title = xasprintf("planted: no word of %s", plants[i]);
	if (e->plant_title)
		set(e, OUTCOME_CRASHED, e->plant_title);
	return e->plant_title;
}

/* False when all were done. The load is: so one that has no record died of what it did. */
static bool judge_chores(struct evidence *e)
{
	if (!e->chore_title && e->chores.n)
		e->chore_title = xasprintf("chore: no word of %s", e->chores.v[0]);
	if (e->chore_title)
		set(e, OUTCOME_CRASHED, e->chore_title);
	return e->chore_title;
}

/*
 * Which findings the outcome goes by: before the load a report of the kernel's is of
 * interest only when the load never came.
 */
static const struct finding *weigh(struct evidence *e)
{
	struct findings *list = &e->v->findings;

	for (size_t i = 0; i < list->n; i++) {
		struct finding *f = &list->v[i];

		f->counts = !f->ignored && (f->source != FINDING_KERNEL || !e->load ||
					    f->phase >= PHASE_LOAD);
	}
	return findings_first(list);
}

static void judge(struct evidence *e)
{
	const struct finding *first = weigh(e);
	struct verdict *v = e->v;
	char *unfit;

	/* What the detector told by a record stays found, whatever died afterwards. */
	if (first && e->recorded && first->source == FINDING_DETECTOR) {
		set(e, e->load ? OUTCOME_CRASHED : OUTCOME_BOOT_FAILED, first->title);
		return;
	}
	/* A fault outside of the guest makes anything that its kernel said doubtful. */
	if (judge_machinery(e))
		return;
	/* The kernel's own word comes before every conclusion from silence. */
	if (first) {
		set(e, e->load ? OUTCOME_CRASHED : OUTCOME_BOOT_FAILED, first->title);
		return;
	}
	/* Under kvm and tcg only the kernel itself (or a wrong image) can be this silent. */
	if (!e->boot && !e->console.len) {
		set(e, OUTCOME_BOOT_FAILED, "no output from the kernel");
		return;
	}
	/* A module that won't load leaves nothing that could detect; the user must hear why. */
	if (e->module && e->module_rc && e->plan.detector->refused) {
		char *why = e->plan.detector->refused((int)e->module_rc, e->console.data,
						      e->console.len);

		set(e, OUTCOME_BOOT_FAILED, why);
		free(why);
		return;
	}
	/* A detector that misses the planted bug would miss a real one: nothing below counts. */
	if (e->module && !v->control && (e->control || e->load)) {
		set(e, OUTCOME_LOST, "the planted restore was not reported: detector dead");
		return;
	}
	if (judge_stuck(e))
		return;
	/* Whatever else it says, the rest may say the opposite. */
	if (e->truncated) {
		set(e, OUTCOME_LOST, "the guest said more than was kept");
		return;
	}
	/* Success must be stated: a guest that just vanished has not proved anything. */
	if (!e->done) {
		char *why = e->error ? xasprintf("no verdict from the guest: %s", e->error) :
				       xstrdup("no verdict from the guest");

		set(e, OUTCOME_LOST, why);
		free(why);
		return;
	}
	/* The kernel that ran isn't the one that was to be looked at. */
	if (e->plan.livepatch && !e->livepatched) {
		set(e, OUTCOME_LOST, "the livepatch was not in force");
		return;
	}
	/* Done without a word on the detector: its records were lost on the way. */
	if (e->plan.proof && !v->control) {
		set(e, OUTCOME_LOST, "no word of the planted restore: detector not proved");
		return;
	}
	if (e->plan.planted && judge_planted(e))
		return;
	if (judge_chores(e))
		return;
	if (e->plan.chores.n && e->undone == e->plan.chores.n) {
		set(e, OUTCOME_INCONCLUSIVE, "no chore was done");
		return;
	}
	/* Its first error ends a load. */
	if (e->load && e->plan.load->counts && !v->ops) {
		set(e, OUTCOME_INCONCLUSIVE, "the load did nothing");
		return;
	}
	unfit = command_unfit(e);
	if (unfit) {
		set(e, OUTCOME_INCONCLUSIVE, unfit);
		free(unfit);
		return;
	}
	/* The load ran, but not through the code that this test is about. */
	if (e->plan.expect_pv && !v->waits) {
		set(e, OUTCOME_INCONCLUSIVE, v->pv ? "kvm_wait was never reached" :
		    "kvm_wait was never reached: the guest has no PV spinlocks");
		return;
	}
	set(e, OUTCOME_OK, NULL);
}

/* Of a boot that hung or failed without a title: the reasons differ from boot to boot. */
static void add_harness_finding(struct evidence *e)
{
	struct verdict *v = e->v;
	bool named = v->outcome == OUTCOME_CRASHED;
	struct finding *f;

	if (findings_first(&v->findings) || v->outcome == OUTCOME_OK ||
	    v->outcome == OUTCOME_LOST || v->outcome == OUTCOME_INCONCLUSIVE)
		return;
	f = findings_add(&v->findings,
			 &(struct finding){ .title = named ? v->title :
						     (char *)outcome_name(v->outcome),
					    .source = FINDING_HARNESS,
					    .phase = phase_at(e, -1), .up = -1 });
	if (f)
		f->counts = true;
}

/* For people: what the console adds to the records. */
static void summarize(struct evidence *e)
{
	struct verdict *v = e->v;
	const struct finding *first = NULL;

	for (size_t i = 0; i < v->findings.n; i++) {
		const struct finding *f = &v->findings.v[i];

		if (f->counts && !strv_has(&v->titles, f->title))
			strv_push(&v->titles, f->title);
		if (f->report && f->up >= 0 && (!first || f->up < first->up))
			first = f;
	}
	if (first)
		timeline_add(&v->timeline, "crash", first->up, first->title, NULL);
	if (e->guest_up > 0)
		timeline_add(&v->timeline, "end", e->guest_up, NULL, NULL);
}

/**
 * judge_dir() - the verdict on one boot
 * @dir: its run directory
 * @ignore: more patterns of titles that don't count than its run.json has; may be NULL
 * @v: filled on success; for verdict_free()
 *
 * Return: 0, or a negative errno when the directory can't be read; the reason
 * was printed
 */
int judge_dir(const char *dir, const struct strv *ignore, struct verdict *v)
{
	struct evidence e = { .v = v };
	int rc;

	memset(v, 0, sizeof(*v));
	v->first_ms = -1;
	rc = read_evidence(dir, &e);
	if (!rc)
		rc = findings_ignore(&v->findings, &e.plan.ignore);
	if (!rc && ignore)
		rc = findings_ignore(&v->findings, ignore);
	if (!rc) {
		judge(&e);
		add_harness_finding(&e);
		summarize(&e);
	} else {
		verdict_free(v);
	}
	free(e.ended);
	free(e.plant_title);
	free(e.chore_title);
	strv_free(&e.chores);
	free(e.command_error);
	buf_free(&e.output);
	free(e.error);
	free(e.l1_error);
	free(e.qemu_said);
	buf_free(&e.console);
	plan_free(&e.plan);
	return rc;
}
