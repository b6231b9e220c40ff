// SPDX-License-Identifier: GPL-2.0
/*
 * Judges one boot: from what it left to an outcome.
 */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "boot/detector.h"
#include "boot/load.h"
#include "judge/evidence.h"
#include "judge/judge.h"

/*
 * No guest can have been up for longer than its QEMU ran. One that says so has
 * measured its clock wrong, which happens to an emulated machine on a busy one;
 * the slack is for what doesn't matter.
 */
#define CLOCK_FAST 2.0
#define CLOCK_FAST_SLACK_S 5.0

/* A load that is over so soon may not have done what its user thinks. */
#define SHORT_RUN_MS 1000

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
	if (v->outcome == OUTCOME_OK && v->load_killed)
		buf_addf(&line, " (the load was ended after %lld s)",
			 (long long)v->load_ms / 1000);
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
	if (!e->status || !evidence_not_here(e))
		return NULL;
	last = evidence_output(e, 1);
	why = xasprintf("the load can't run here: exit status %lld%s%.*s", (long long)e->status,
			*last ? ": " : "", (int)strcspn(last, "\n"), last);
	free(last);
	return why;
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

/* Did who waited for the guest give up on it? */
static bool is_stuck(const struct evidence *e)
{
	/* The load is done and the inner QEMU has ended: only the outer guest didn't leave. */
	if (e->done && e->l1_exit)
		return false;
	return ended(e, "stalled ") || ended(e, "deadline ") || ended(e, "stopped halted");
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
	else if (is_stuck(e) && !findings_first(&e->v->findings) && cpu_time_starved(&e->stuck))
		why = xasprintf("the host was too busy: QEMU ran %.1f s of %.1f (%s)",
				e->stuck.ran, e->stuck.at, e->ended);
	else if (nested && !e->boot && !e->v->findings.n && e->truncated)
		why = xstrdup("more was said than is kept");
	else if (nested && !e->boot && !e->v->findings.n && is_stuck(e))
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
	char *title;

	if (!is_stuck(e))
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

	for (i = 0; !e->plant_title && i < PLANTS; i++)
		if (!(e->caught & 1u << i))
			e->plant_title = xasprintf("planted: no word of %s", evidence_plants[i]);
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
					    .phase = evidence_phase(e, -1), .up = -1 });
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
	rc = evidence_read(dir, &e);
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
	evidence_free(&e);
	return rc;
}
