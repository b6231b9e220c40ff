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
#include "judge/timeline.h"

/*
 * No guest can have been up for longer than its QEMU ran. One that says so has
 * measured its clock wrong, which happens to an emulated machine on a busy one;
 * the slack is for what doesn't matter.
 */
#define CLOCK_FAST 2.0
#define CLOCK_FAST_SLACK_S 5.0

/* A load that is over so soon may not have done what its user thinks. */
#define SHORT_RUN_MS 1000

const char *const outcome_names[] = {
	[OUTCOME_OK] = "OK",
	[OUTCOME_CRASHED] = "crashed",
	[OUTCOME_BOOT_FAILED] = "boot failed",
	[OUTCOME_HUNG] = "hung",
	[OUTCOME_LOST] = "lost",
	[OUTCOME_INCONCLUSIVE] = "inconclusive",
};

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

	buf_addf(&line, "%s%s%s", outcome_names[v->outcome], v->title ? ": " : "", v->title ?: "");
	for (size_t i = 0; i < v->skipped.n; i++)
		buf_addf(&line, "%s%s", i ? "; " : " (skipped: ", v->skipped.v[i]);
	if (v->skipped.n)
		buf_addf(&line, ")");
	if (v->outcome == OUTCOME_OK && v->load_runs && v->run_ms < SHORT_RUN_MS)
		buf_addf(&line, " (the load ended after %.2f s)", (double)v->run_ms / 1000);
	if (v->outcome == OUTCOME_OK && v->load_killed)
		buf_addf(&line, " (the load was ended after %lld s)",
			 (long long)v->count.load_ms / 1000);
	add_uncounted(&line, &v->findings, false, "at boot");
	add_uncounted(&line, &v->findings, true, "ignored");
	return line.data;
}

/** verdict_free() - free what judge_dir() filled in; may be done twice */
void verdict_free(struct verdict *v)
{
	free(v->title);
	free(v->release);
	findings_free(&v->findings);
	strv_free(&v->titles);
	strv_free(&v->skipped);
	json_decref(v->timeline);
	json_decref(v->sites);
	*v = (struct verdict){};
}

/* Why the command never did what it is for, or NULL; the caller frees it. */
static char *command_unfit(const struct evidence *e)
{
	char *last __cleanup(free_ptr) = NULL;

	if (!e->plan.load->exits)
		return NULL;
	if (!e->command_error)
		return xstrdup("no word of what became of the load");
	if (*e->command_error)
		return xasprintf("the load could not be run: %s", e->command_error);
	if (!e->status || !evidence_not_here(e))
		return NULL;
	last = evidence_output(e, 1);
	return xasprintf("the load can't run here: exit status %lld%s%.*s", (long long)e->status,
			 *last ? ": " : "", (int)strcspn(last, "\n"), last);
}

/* Takes @title, which is NULL for OK. Returns true: there is a verdict. */
static bool set(struct evidence *e, enum outcome o, char *title)
{
	e->v->outcome = o;
	e->v->title = title;
	return true;
}

static bool ended(const struct evidence *e, const char *how)
{
	return !strncmp(e->ended, how, strlen(how));
}

/* Was the guest given up, because it made no progress? */
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

	if (!strcmp(e->ended, "interrupted"))
		return set(e, OUTCOME_LOST, xstrdup("interrupted"));
	if (!strcmp(e->ended, "running"))
		return set(e, OUTCOME_LOST, xstrdup("irqsan itself was killed"));
	/* No guest can make QEMU exit like this: it was killed, or refused to run. */
	if (ended(e, "exited ") && strcmp(e->ended, "exited 0"))
		return set(e, OUTCOME_LOST, xasprintf("QEMU %s%s%s", e->ended,
						      e->qemu_said ? ": " : "",
						      e->qemu_said ?: ""));
	if (!strcmp(e->ended, "stalled outer guest"))
		return set(e, OUTCOME_LOST, xstrdup("the outer guest stopped"));
	if (e->l1_exit && e->l1_status && !e->done)
		return set(e, OUTCOME_LOST, xasprintf("the inner QEMU exited with status %lld",
						      (long long)e->l1_status));
	if (nested && e->l1_error && !e->done)
		return set(e, OUTCOME_LOST, xasprintf("outer guest: %s", e->l1_error));
	if (is_stuck(e) && !findings_first(&e->v->findings) && cpu_time_starved(&e->stuck))
		return set(e, OUTCOME_LOST,
			   xasprintf("the host was too busy: QEMU ran %.1f s of %.1f (%s)",
				     e->stuck.ran, e->stuck.at, e->ended));
	if (nested && !e->boot && !e->v->findings.n && e->truncated)
		return set(e, OUTCOME_LOST, xstrdup("more was said than is kept"));
	/*
	 * With a whole emulated machine between us and the guest, silence is more often
	 * that machine's than the kernel's.
	 */
	if (nested && !e->boot && !e->v->findings.n && is_stuck(e))
		return set(e, OUTCOME_LOST,
			   xasprintf("%s before the guest's init answered", e->ended));
	/* The kernel's own judgements of time (lockups, stalls) are void then. */
	if (!e->plan.icount && e->up > CLOCK_FAST * e->v->wall_s + CLOCK_FAST_SLACK_S)
		return set(e, OUTCOME_LOST,
			   xasprintf("the guest's clock runs too fast: %.0f s up after %.0f s",
				     e->up, e->v->wall_s));
	return false;
}

/* The guest made no progress: false when it did. */
static bool judge_stuck(struct evidence *e)
{
	if (!is_stuck(e))
		return false;
	/* It may take longer than any silence of a healthy guest. */
	if (e->plan.livepatch && !e->livepatched && e->boot && !e->load)
		return set(e, OUTCOME_LOST, xstrdup("the livepatch was not in force"));
	if (e->load)
		return set(e, OUTCOME_HUNG, xasprintf("%s, after %lld ms of load", e->ended,
						      (long long)e->v->count.load_ms));
	return set(e, OUTCOME_BOOT_FAILED, xasprintf("no progress (%s)", e->ended));
}

/* False when all were caught. */
static bool judge_planted(struct evidence *e)
{
	if (e->plant_title)
		return set(e, OUTCOME_CRASHED, xstrdup(e->plant_title));
	for (size_t i = 0; i < PLANTS; i++)
		if (!(e->caught & 1u << i))
			return set(e, OUTCOME_CRASHED,
				   xasprintf("planted: no word of %s", evidence_plants[i]));
	return false;
}

/* False when all were done. The load is: so one that has no record died of what it did. */
static bool judge_chores(struct evidence *e)
{
	if (e->chore_title)
		return set(e, OUTCOME_CRASHED, xstrdup(e->chore_title));
	return e->chores.n && set(e, OUTCOME_CRASHED,
				  xasprintf("chore: no word of %s", e->chores.v[0]));
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

static bool judge(struct evidence *e)
{
	const struct finding *first = weigh(e);
	enum outcome bad = e->load ? OUTCOME_CRASHED : OUTCOME_BOOT_FAILED;
	struct verdict *v = e->v;
	char *unfit;

	/* What the detector told by a record stays found, whatever died afterwards. */
	if (first && e->recorded && first->source == FINDING_DETECTOR)
		return set(e, bad, xstrdup(first->title));
	/* A fault outside of the guest makes anything that its kernel said doubtful. */
	if (judge_machinery(e))
		return true;
	/* The kernel's own word comes before every conclusion from silence. */
	if (first)
		return set(e, bad, xstrdup(first->title));
	/* Under kvm and tcg only the kernel itself (or a wrong image) can be this silent. */
	if (!e->boot && !e->console.len)
		return set(e, OUTCOME_BOOT_FAILED, xstrdup("no output from the kernel"));
	/* A module that won't load leaves nothing that could detect; the user must hear why. */
	if (e->module && e->module_rc && e->plan.detector->refused)
		return set(e, OUTCOME_BOOT_FAILED,
			   e->plan.detector->refused((int)e->module_rc, e->console.data,
						     e->console.len));
	/* A detector that misses the planted bug would miss a real one: nothing below counts. */
	if (e->module && !v->control && (e->control || e->load))
		return set(e, OUTCOME_LOST,
			   xstrdup("the planted restore was not reported: detector dead"));
	if (judge_stuck(e))
		return true;
	/* Whatever else it says, the rest may say the opposite. */
	if (e->truncated)
		return set(e, OUTCOME_LOST, xstrdup("the guest said more than was kept"));
	/* Success must be stated: a guest that just vanished has not proved anything. */
	if (!e->done)
		return set(e, OUTCOME_LOST, xasprintf("no verdict from the guest%s%s",
						      e->error ? ": " : "", e->error ?: ""));
	/* The kernel that ran isn't the one that was to be looked at. */
	if (e->plan.livepatch && !e->livepatched)
		return set(e, OUTCOME_LOST, xstrdup("the livepatch was not in force"));
	/* Done without a word on the detector: its records were lost on the way. */
	if (e->plan.proof && !v->control)
		return set(e, OUTCOME_LOST,
			   xstrdup("no word of the planted restore: detector not proved"));
	if ((e->plan.planted && judge_planted(e)) || judge_chores(e))
		return true;
	if (e->plan.chores.n && e->undone == e->plan.chores.n)
		return set(e, OUTCOME_INCONCLUSIVE, xstrdup("no chore was done"));
	/* Its first error ends a load. */
	if (e->load && e->plan.load->counts && !v->count.ops)
		return set(e, OUTCOME_INCONCLUSIVE, xstrdup("the load did nothing"));
	unfit = command_unfit(e);
	if (unfit)
		return set(e, OUTCOME_INCONCLUSIVE, unfit);
	/* The load ran, but not through the code that this test is about. */
	if (e->plan.expect_pv && !v->count.waits)
		return set(e, OUTCOME_INCONCLUSIVE, xasprintf("kvm_wait was never reached%s",
			   v->pv ? "" : ": the guest has no PV spinlocks"));
	return set(e, OUTCOME_OK, NULL);
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
						     (char *)outcome_names[v->outcome],
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
		timeline_add(v, "crash", first->up, first->title, NULL);
	if (e->guest_up > 0)
		timeline_add(v, "end", e->guest_up, NULL, NULL);
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

	*v = (struct verdict){
		.count.first_ms = -1, .timeline = json_array(), .sites = json_array(),
	};
	rc = evidence_read(dir, &e) ?: findings_ignore(&v->findings, &e.plan.ignore);
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
