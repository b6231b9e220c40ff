// SPDX-License-Identifier: GPL-2.0
/*
 * The course of a bisection. It is run from its beginning each time: what an
 * earlier call has seen is in the state file and is taken from there instead of
 * being built and run again, so that going on after an interruption needs no
 * memory of where it was, and the log comes out whole. The log has the form of
 * syzbot's, line for line.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json-text.h"
#include "bisect/bisect-range.h"

/*
 * How long a revision is run, unless a number was ordered:
 *
 * - The one that has the bug, to learn how often it shows: until it showed
 *   LEARN_HITS times, at most LEARN_RUNS runs. Such runs end early.
 * - Any other until it shows the bug: it is bad then. Or until the odds that it
 *   has the bug all the same are below STEP_RISK: it is good then.
 * - Once a commit is named, the good revision that is most likely to be bad is
 *   run again until the odds for the commit reach PROMISE. Should it show the
 *   bug, the bisection goes on from there.
 *
 * No kernel gets more than RUNS_MAX runs in its turn and twice that in all; the
 * odds at the end say what that is worth.
 */
#define LEARN_HITS 6
#define LEARN_RUNS 20
#define STEP_RISK 0.02
#define PROMISE 0.99
#define RUNS_MAX 50
/* So many runs without a single one that says anything: the revision can't be judged. */
#define MUTE_RUNS 3
/* So many lost runs of one revision, each tried again before, and the machine is at fault. */
#define LOST_MAX 2
/* With a number of runs ordered: more than this part of them says nothing. */
#define MUTE_PART (2.0 / 3)

/**
 * struct bisection - one call of bisect()
 * @config: as given
 * @ops: as given
 * @git: the history, for @ops
 * @machine: likewise
 * @state: what was seen
 * @range: commits from the older ends (without them) to the newer one
 * @olds: the older ends; of several, and where they parted from the newer one
 * @new: the newer end
 * @orders: marks given so far
 * @flaky: the log has said so
 * @rev: being run
 * @named: the commit that was named, while it is being confirmed; or NULL
 * @ended: outcomes of its runs by number; those that weren't taken yet have a text
 * @taken: so many of them were taken
 * @lost: runs lost in a row
 * @error: saving went wrong
 */
struct bisection {
	const struct bisect_config *config;
	const struct bisect_ops *ops;
	const struct bisect_git *git;
	struct bisect_machine *machine;
	struct bisect_state state;
	struct bisect_range range;
	struct strv olds;
	struct bisect_rev *new;
	unsigned int orders;
	bool flaky;
	struct bisect_rev *rev;
	const char *named;
	struct bisect_run *ended;
	unsigned int taken;
	unsigned int lost;
	int error;
};

/* Finds the revision's place in the range. */
static int reach(struct bisection *b, struct bisect_rev *r)
{
	struct strv has __cleanup(strv_free) = {};
	int rc;

	if (r->contains)
		return 0;
	rc = b->ops->commits(b->git, &b->olds, r->hash, &has);
	if (!rc)
		bisect_range_locate(&b->range, r, &has);
	return rc;
}

/* The range from @b->olds to @b->new, and the place in it of all that was examined. */
static int set_range(struct bisection *b)
{
	struct strv commits = {};
	int rc;

	rc = b->ops->commits(b->git, &b->olds, b->new->hash, &commits);
	if (rc)
		return rc;
	if (!commits.n) {
		pr_err("no commits between %s and %s: are good and bad mixed up?", b->olds.v[0],
		       b->new->hash);
		return -EINVAL;
	}
	bisect_range_free(&b->range);
	bisect_range_init(&b->range, &b->state, &commits);
	for (size_t i = 0; i < b->state.nr_revs; i++) {
		free(b->state.revs[i]->contains);
		b->state.revs[i]->contains = NULL;
	}
	for (size_t i = 0; !rc && i < b->state.nr_revs; i++)
		if (b->state.revs[i]->mark)
			rc = reach(b, b->state.revs[i]);
	for (size_t i = 0; !rc && i < b->olds.n; i++)
		rc = reach(b, bisect_state_rev(&b->state, b->olds.v[i]));
	return rc ?: reach(b, b->new);
}

/*
 * Does @r have the commit @of? What is outside of the range is older, or, if it has
 * all of it, newer.
 */
static bool contains(const struct bisect_rev *r, const struct bisect_rev *of)
{
	return of->at < 0 ? !of->contains[0] : r->contains[of->at];
}

static bool is_hit(const struct bisect_run *run, const char *title)
{
	if (title && !strcmp(title, "any"))
		return run->seen == BISECT_SEEN_CRASH;
	return title && strv_has(&run->titles, title);
}

/* The bisection has come to one more run of its kernel. */
static void use(struct bisection *b, struct bisect_kernel *k)
{
	const struct bisect_run *run = &k->runs[k->used++];

	if (!b->state.title && run->seen == BISECT_SEEN_CRASH && run->titles.n)
		b->state.title = xstrdup(run->titles.v[0]);
	if (run->seen == BISECT_SEEN_NOTHING)
		k->silent++;
	else if (is_hit(run, b->state.title))
		k->hits++;
}

static unsigned int runs_max(const struct bisection *b)
{
	if (b->config->runs)
		return b->config->runs;
	if (b->named)
		return 2 * RUNS_MAX;
	return strcmp(b->rev->hash, b->config->bad) ? RUNS_MAX : LEARN_RUNS;
}

/* Has the revision been run for long enough? */
static bool enough(struct bisection *b)
{
	const struct bisect_kernel *k = b->rev->kernel;

	if (k->used >= runs_max(b))
		return true;
	if (b->config->runs)
		return false;
	if (!k->hits && !k->silent && k->used >= MUTE_RUNS)
		return true;
	if (!b->named && !strcmp(b->rev->hash, b->config->bad))
		return k->hits >= LEARN_HITS;
	if (k->hits)
		return true;
	if (b->named)
		return bisect_range_odds(&b->range, b->named) >= PROMISE;
	return k->silent && bisect_range_buggy(&b->range, b->rev) < STEP_RISK;
}

static bool take_next(struct bisection *b, struct bisect_run *run)
{
	struct bisect_kernel *k = b->rev->kernel;

	if (run->seen == BISECT_SEEN_LOST) {
		bisect_run_free(run);
		return ++b->lost >= LOST_MAX;
	}
	b->lost = 0;
	*bisect_state_add(k) = *run;
	*run = (struct bisect_run){};
	use(b, k);
	b->error = bisect_state_save(&b->state);
	return b->error || enough(b);
}

/*
 * An outcome has come from the machine. True: no more of them. A run that hits ends
 * early, so of several at once the hits come first; taken like that, and with what
 * still runs left out, they would make the bug look more frequent than it is. So
 * outcomes are taken in the order in which the runs were started.
 */
static bool take(void *arg, struct bisect_run *run)
{
	struct bisection *b = arg;
	bool done = false;

	b->ended[run->number] = *run;
	*run = (struct bisect_run){};
	while (!done && b->ended[b->taken].text)
		done = take_next(b, &b->ended[b->taken++]);
	return done;
}

static int run_rev(struct bisection *b)
{
	struct bisect_rev *r = b->rev;
	struct bisect_kernel *k = r->kernel;
	double start = now(), before = r->test_s;
	unsigned int max;
	int rc;

	while (!enough(b) && k->used < k->n)
		use(b, k);
	if (enough(b))
		return 0;
	max = runs_max(b) - k->used;
	b->ended = xcalloc(max + 1, sizeof(*b->ended));
	b->taken = 0;
	b->lost = 0;
	rc = b->ops->test(b->machine, k->rev->hash, k->signature, k->n, max, take, b);
	r->test_s = before + now() - start;
	for (unsigned int i = b->taken; i < max; i++)
		bisect_run_free(&b->ended[i]);
	free(b->ended);
	if (!rc)
		rc = b->error ?: bisect_state_save(&b->state);
	if (!rc && b->lost >= LOST_MAX) {
		pr_err("%u runs in a row were lost: the machine is at fault, not the kernel; "
		       "mend it and run the same command to go on", b->lost);
		rc = -EIO;
	}
	return rc;
}

static int build_rev(struct bisection *b, struct bisect_rev *r)
{
	struct bisect_build built __cleanup(bisect_build_free) = {};
	double start = now();
	int rc;

	if (r->kernel || r->error)
		return 0;
	rc = b->ops->build(b->machine, r->hash, &built);
	if (rc)
		return rc;
	r->build_s = now() - start;
	free(r->subject);
	r->subject = xstrdup(built.subject);
	if (built.signature)
		r->kernel = bisect_state_kernel(&b->state, built.signature);
	else
		r->error = xstrdup(built.error ?: "the build failed");
	return bisect_state_save(&b->state);
}

/* A verdict on @r, and on all that have the same kernel. */
static void mark(struct bisection *b, struct bisect_rev *r, enum bisect_mark m)
{
	for (size_t i = 0; r->kernel && i < b->state.nr_revs; i++)
		if (b->state.revs[i]->kernel == r->kernel && b->state.revs[i]->mark)
			b->state.revs[i]->mark = m;
	r->mark = m;
	r->order = ++b->orders;
}

/* The verdict by the runs of a kernel, of which @ordered were ordered; 0: no number. */
static enum bisect_mark judge(const struct bisect_kernel *k, unsigned int ordered)
{
	unsigned int mute = k->used - k->hits - k->silent;

	if (k->hits)
		return BISECT_BAD;
	return !k->silent || (ordered && mute > MUTE_PART * ordered) ? BISECT_SKIP : BISECT_GOOD;
}

/**
 * bisect_judge() - the verdict on a single revision by all of its runs
 * @runs: its runs
 * @n: how many
 * @title: that is looked for, or "any"
 *
 * Return: the verdict
 */
enum bisect_mark bisect_judge(const struct bisect_run *runs, unsigned int n, const char *title)
{
	struct bisect_kernel k = { .used = n };

	for (unsigned int i = 0; i < n; i++) {
		k.silent += runs[i].seen == BISECT_SEEN_NOTHING;
		k.hits += is_hit(&runs[i], title);
	}
	return judge(&k, n);
}

/* The outcomes of runs from @from on: one line when all are the same, else a line a run. */
static void say_runs(struct bisection *b, const struct bisect_kernel *k, unsigned int from)
{
	FILE *log = b->config->log;
	bool same = true;

	for (unsigned int i = from; i < k->used; i++)
		same &= !strcmp(k->runs[i].text, k->runs[from].text);
	if (same && from < k->used)
		fprintf(log, "all runs: %s\n", k->runs[from].text);
	for (unsigned int i = from; !same && i < k->used; i++)
		fprintf(log, "run #%u: %s\n", i - from, k->runs[i].text);
	if (!b->flaky && k->hits && k->hits <= k->silent) {
		fprintf(log, "reproducer seems to be flaky\n");
		b->flaky = true;
	}
}

/* Builds and runs a revision, and marks it. */
static int examine(struct bisection *b, struct bisect_rev *r)
{
	FILE *log = b->config->log;
	unsigned int from = 0;
	enum bisect_mark m;
	int rc;

	fprintf(log, "testing commit %s with %s\n", r->hash, b->config->compiler);
	fflush(log);
	rc = build_rev(b, r);
	if (rc)
		return rc;
	if (!r->kernel) {
		fprintf(log, "build failed: %s\n", r->error);
		mark(b, r, BISECT_SKIP);
		return 0;
	}
	fprintf(log, "kernel signature: %s\n", r->kernel->signature);
	fflush(log);
	if (!r->kernel->rev) {
		r->kernel->rev = r;
	} else if (b->named) {
		from = r->kernel->used;
	} else {
		/* The runs are told again: who reads the log expects them here. */
		fprintf(log, "the same kernel as %s, not run again\n", r->kernel->rev->hash);
		say_runs(b, r->kernel, 0);
		mark(b, r, r->kernel->rev->mark);
		return 0;
	}
	b->rev = r;
	rc = run_rev(b);
	if (rc)
		return rc;
	say_runs(b, r->kernel, from);
	fflush(log);
	m = judge(r->kernel, b->config->runs);
	if (m != r->mark)
		mark(b, r, m);
	return bisect_state_save(&b->state);
}

/* Has the revision got what began the bug (or ended it)? As git's "bad". */
static bool has_it(const struct bisection *b, const struct bisect_rev *r)
{
	return r->mark == (b->config->fix ? BISECT_GOOD : BISECT_BAD);
}

/* A revision that was silent, where one that showed the bug says that it has it. */
static bool refuted(const struct bisection *b, const struct bisect_rev *r)
{
	for (size_t i = 0; i < b->state.nr_revs; i++) {
		const struct bisect_rev *h = b->state.revs[i];

		if (h->mark != BISECT_BAD || !h->contains)
			continue;
		if (b->config->fix ? contains(h, r) : contains(r, h))
			return true;
	}
	return false;
}

/* The marks as git wants them. */
static const char *marks(const struct bisection *b, struct strv *good, struct strv *skip)
{
	const struct bisect_rev *bad = NULL;

	for (size_t i = 0; i < b->config->skip.n; i++)
		strv_push(skip, b->config->skip.v[i]);
	for (size_t i = 0; i < b->state.nr_revs; i++) {
		const struct bisect_rev *r = b->state.revs[i];

		if (r->mark == BISECT_SKIP)
			strv_push(skip, r->hash);
		if (r->mark == BISECT_GOOD && refuted(b, r))
			continue;
		if (r->mark != BISECT_GOOD && r->mark != BISECT_BAD)
			continue;
		if (!has_it(b, r))
			strv_push(good, r->hash);
		else if (!bad || contains(bad, r) || (!contains(r, bad) && r->order > bad->order))
			bad = r;
	}
	return bad->hash;
}

static void next_free(struct bisect_next *next)
{
	strv_free(&next->revs);
	free(next->text);
	*next = (struct bisect_next){};
}

/*
 * What git says after the mark of @r, or after the start (NULL). git's words on marks:
 * looking for a fix, its good and bad are the other way round.
 */
static void say_git(struct bisection *b, const struct bisect_rev *r, const struct bisect_next *next)
{
	FILE *log = b->config->log;

	if (r) {
		fprintf(log, "# git bisect %s %s", r->mark == BISECT_SKIP ? "skip" :
			has_it(b, r) ? "bad" : "good", r->hash);
	} else {
		fprintf(log, "# git bisect start %s", b->new->hash);
		for (size_t i = 0; i < b->olds.n; i++)
			fprintf(log, " %s", b->olds.v[i]);
	}
	fprintf(log, "\n%s\n", next->text);
	fflush(log);
}

/* Where the ends parted. 1: the bug isn't there (looking for a fix: it is), as it should be. */
static int examine_bases(struct bisection *b, struct bisect_result *result)
{
	struct strv bases __cleanup(strv_free) = {};
	bool fix = b->config->fix;
	struct bisect_rev *r;
	int rc = 0;

	for (size_t i = 0; !rc && i < b->olds.n; i++)
		rc = b->ops->bases(b->git, b->new->hash, b->olds.v[i], &bases);
	for (size_t i = 0; !rc && i < bases.n; i++) {
		r = bisect_state_rev(&b->state, bases.v[i]);
		rc = reach(b, r);
		if (rc || r->mark)
			continue;
		fprintf(b->config->log, "testing merge base %s\n", r->hash);
		rc = examine(b, r);
		if (rc)
			return rc;
		if (r->mark != BISECT_SKIP)
			strv_push(&b->olds, r->hash);
		if (!has_it(b, r))
			continue;
		fprintf(b->config->log, "the merge base %s is %s: the bug %s between it and %s\n",
			r->hash, fix ? "good" : "bad", fix ? "began" : "was fixed", b->olds.v[0]);
		result->verdict = BISECT_MERGE_BASE;
		return 0;
	}
	return rc ?: 1;
}

/* The good revisions, or releases until one is good. 1: go on. */
static int examine_good(struct bisection *b, struct bisect_result *result)
{
	const struct bisect_config *config = b->config;
	struct bisect_rev *r;
	int rc;

	for (size_t i = 0; i < config->good.n; i++) {
		if (config->fix)
			fprintf(config->log, "testing current HEAD %s\n", config->good.v[i]);
		else if (strncmp(config->good.v[i], config->names.v[i], strlen(config->names.v[i])))
			fprintf(config->log, "testing release %s\n", config->names.v[i]);
		if (config->walk) {
			strv_free(&b->olds);
			strv_push(&b->olds, config->good.v[i]);
			rc = set_range(b);
			if (rc)
				return rc;
		}
		r = bisect_state_rev(&b->state, config->good.v[i]);
		rc = examine(b, r);
		if (rc)
			return rc;
		result->verdict = r->mark == BISECT_SKIP ? BISECT_INCONCLUSIVE : BISECT_OUTSIDE;
		if (config->walk && r->mark == BISECT_GOOD)
			return 1;
		if (config->walk && r->mark == BISECT_BAD)
			b->new = r;
		if (!config->walk && r->mark == BISECT_SKIP)
			fprintf(config->log, "the good commit can't be judged; name another one\n");
		if (!config->walk && r->mark != BISECT_GOOD)
			return 0;
	}
	return !config->walk;
}

/* All ends. 1: there is something between them to look for. */
static int examine_ends(struct bisection *b, struct bisect_result *result)
{
	struct bisect_rev *bad = bisect_state_rev(&b->state, b->config->bad);
	int rc = examine(b, bad);

	if (rc)
		return rc;
	if (bad->mark != BISECT_BAD) {
		fprintf(b->config->log, "the crash wasn't reproduced on the original commit\n");
		result->verdict = BISECT_NOT_REPRODUCED;
		return 0;
	}
	rc = examine_good(b, result);
	return rc == 1 ? examine_bases(b, result) : rc;
}

/* The good revision that is most likely to have the bug, or NULL. */
static struct bisect_rev *doubtful(struct bisection *b)
{
	struct bisect_rev *worst = NULL;
	double most = 0, p;

	for (size_t i = 0; i < b->state.nr_revs; i++) {
		struct bisect_rev *r = b->state.revs[i];

		if (r->mark != BISECT_GOOD || r->kernel->used >= 2 * RUNS_MAX || refuted(b, r))
			continue;
		p = bisect_range_buggy(&b->range, r);
		if (p > most) {
			most = p;
			worst = r;
		}
	}
	return worst;
}

/*
 * A commit is named: is that certain enough? 1: yes, or nothing more can be
 * done; 0: no, a good revision turned out to be bad.
 */
static int settle(struct bisection *b, const char *named)
{
	struct bisect_rev *r;
	double odds;
	int rc;

	b->named = named;
	do {
		r = doubtful(b);
		odds = bisect_range_odds(&b->range, named);
		if (b->config->runs || !r || odds >= PROMISE)
			return 1;
		fprintf(b->config->log, "odds that this is right: %.1f %%; once more:\n",
			100 * odds);
		rc = examine(b, r);
	} while (!rc && r->mark != BISECT_BAD);
	b->named = NULL;
	return rc;
}

/* A good end that turned out to be bad, or NULL. */
static const struct bisect_rev *refuted_end(struct bisection *b)
{
	const struct bisect_rev *r;

	if (b->config->fix)
		return b->new->mark == BISECT_BAD ? b->new : NULL;
	for (size_t i = 0; i < b->olds.n; i++) {
		r = bisect_state_rev(&b->state, b->olds.v[i]);
		if (r->mark == BISECT_BAD)
			return r;
	}
	return NULL;
}

static int search(struct bisection *b, struct bisect_next *next)
{
	struct bisect_rev *r = NULL;
	const char *bad;
	int rc;

	for (;;) {
		struct strv good __cleanup(strv_free) = {}, skip __cleanup(strv_free) = {};

		bad = marks(b, &good, &skip);
		rc = b->ops->next(b->git, bad, &good, &skip, next);
		if (rc)
			return rc;
		say_git(b, r, next);
		if (next->where == BISECT_LEFT)
			return 0;
		if (next->where == BISECT_FOUND) {
			rc = settle(b, next->revs.v[0]);
			if (rc)
				return rc;
			r = b->rev;
			if (refuted_end(b))
				return 0;
		} else {
			r = bisect_state_rev(&b->state, next->revs.v[0]);
			rc = reach(b, r) ?: examine(b, r);
			if (rc)
				return rc;
		}
		next_free(next);
	}
}

/* "culprit signature", "parent  signature". A parent that was not run is built for it. */
static int say_signatures(struct bisection *b, const struct bisect_commit *commit,
			  const char *culprit)
{
	struct bisect_rev *r = bisect_state_rev(&b->state, culprit), *parent;
	FILE *log = b->config->log;
	int rc;

	if (commit->parents.n != 1 || !r->kernel)
		return 0;
	parent = bisect_state_rev(&b->state, commit->parents.v[0]);
	if (!parent->kernel && !parent->error) {
		fprintf(log, "parent commit %s wasn't tested\n", parent->hash);
		fflush(log);
	}
	rc = build_rev(b, parent);
	if (rc || !parent->kernel)
		return rc;
	fprintf(log, "culprit signature: %s\nparent  signature: %s\n", r->kernel->signature,
		parent->kernel->signature);
	if (r->kernel == parent->kernel)
		fprintf(log, "the commit changes nothing in the kernel: it can't be the one\n");
	return 0;
}

static const struct bisect_run *first_hit(const struct bisection *b, const struct bisect_rev *r)
{
	for (unsigned int i = 0; r->kernel && i < r->kernel->used; i++)
		if (is_hit(&r->kernel->runs[i], b->state.title))
			return &r->kernel->runs[i];
	return NULL;
}

/* What a run that hit is to be called. */
static const char *title_of(const struct bisection *b, const struct bisect_run *hit)
{
	return strcmp(b->state.title, "any") ? b->state.title : hit->titles.v[0];
}

static void say_crash(const struct bisection *b, const struct bisect_run *hit)
{
	const char *report = hit && hit->report ? hit->report : "";
	size_t len = strlen(report);

	if (hit)
		fprintf(b->config->log, "crash: %s\n%s%s", title_of(b, hit), report,
			len && report[len - 1] != '\n' ? "\n" : "");
}

/* How often the bug showed where it is; to where the odds come from. */
static void say_odds(struct bisection *b, double odds)
{
	unsigned int hits, runs;

	bisect_state_showed(&b->state, &hits, &runs);
	if (b->flaky)
		fprintf(b->config->log, "Reproducer flagged being flaky\n");
	fprintf(b->config->log, "the crash showed in %u of %u runs of revisions that have it\n",
		hits, runs);
	fprintf(b->config->log, "odds that this is right: %.2f %%\n", 100 * odds);
}

/* "1h2m3.4s" */
static void say_duration(FILE *log, const char *before, double s)
{
	unsigned long h = (unsigned long)(s / 3600), m = (unsigned long)(fmod(s, 3600) / 60);

	fprintf(log, "%s", before);
	if (h)
		fprintf(log, "%luh", h);
	if (h || m)
		fprintf(log, "%lum", m);
	fprintf(log, "%.9fs", fmod(s, 60));
}

static void say_total(const struct bisection *b)
{
	const struct bisect_state *s = &b->state;
	double build = 0, test = 0;
	unsigned int n = 0;

	for (size_t i = 0; i < s->nr_revs; i++) {
		n += s->revs[i]->mark != BISECT_UNKNOWN;
		build += s->revs[i]->build_s;
		test += s->revs[i]->test_s;
	}
	fprintf(b->config->log, "revisions tested: %u", n);
	say_duration(b->config->log, ", total time: ", now() - s->started);
	say_duration(b->config->log, " (build: ", build);
	say_duration(b->config->log, ", test: ", test);
	fprintf(b->config->log, ")\n");
}

static void say_recipients(FILE *log, const char *name, const struct strv *list)
{
	fprintf(log, "recipients (%s): [", name);
	for (size_t i = 0; i < list->n; i++)
		fprintf(log, "%s\"%s\"", i ? " " : "", list->v[i]);
	fprintf(log, "]\n");
}

static const char *what(const struct bisection *b)
{
	return b->config->fix ? "good" : "bad";
}

static int say_named(struct bisection *b, const struct bisect_result *result)
{
	const struct bisect_run *hit = first_hit(b, bisect_state_rev(&b->state, result->commit));
	struct bisect_commit commit = {};
	FILE *log = b->config->log;
	int rc;

	rc = b->ops->commit(b->git, result->commit, &commit);
	if (!rc)
		rc = say_signatures(b, &commit, result->commit);
	if (!rc) {
		say_odds(b, result->odds);
		say_total(b);
		fprintf(log, "first %s commit: %s %s\n", what(b), result->commit, commit.title);
		say_recipients(log, "to", &commit.to);
		say_recipients(log, "cc", &commit.cc);
		say_crash(b, hit);
		b->state.result = json_pack("{s:s, s:s, s:o, s:f, s:o, s:o, s:o, s:o}",
					    "verdict", "named", "commit", result->commit,
					    "subject", json_text(commit.title),
					    "odds", result->odds, "to", json_texts(&commit.to),
					    "cc", json_texts(&commit.cc), "crash",
					    json_text(hit ? title_of(b, hit) : NULL), "report",
					    json_text(hit ? hit->report : NULL));
	}
	free(commit.title);
	strv_free(&commit.parents);
	strv_free(&commit.to);
	strv_free(&commit.cc);
	return rc;
}

static void say_nothing(struct bisection *b, enum bisect_verdict verdict)
{
	static const char *const names[] = {
		[BISECT_INCONCLUSIVE] = "inconclusive",
		[BISECT_NOT_REPRODUCED] = "not reproduced",
		[BISECT_OUTSIDE] = "outside",
		[BISECT_MERGE_BASE] = "merge base",
	};
	const struct bisect_rev *end = refuted_end(b);

	say_total(b);
	if (verdict == BISECT_OUTSIDE)
		fprintf(b->config->log, b->config->fix ? "the crash still happens on HEAD\n" :
			"the crash already happened on the oldest tested release\n");
	say_crash(b, end ? first_hit(b, end) : NULL);
	b->state.result = json_pack("{s:s}", "verdict", names[verdict]);
}

static int conclude(struct bisection *b, const struct bisect_next *next,
		    struct bisect_result *result)
{
	FILE *log = b->config->log;

	if (refuted_end(b) || !next->revs.n) {
		if (next->where == BISECT_LEFT && !next->revs.n) {
			fprintf(log, "no commit to the paths is the first %s one\n", what(b));
			result->verdict = BISECT_INCONCLUSIVE;
		}
		say_nothing(b, result->verdict);
		return 0;
	}
	for (size_t i = 0; i < next->revs.n; i++)
		result->odds += bisect_range_odds(&b->range, next->revs.v[i]);
	if (next->where == BISECT_FOUND) {
		result->verdict = BISECT_NAMED;
		result->commit = xstrdup(next->revs.v[0]);
		return say_named(b, result);
	}
	result->verdict = BISECT_INCONCLUSIVE;
	say_odds(b, result->odds);
	say_total(b);
	fprintf(log, "bisection is inconclusive, the first %s commit could be any of:\n", what(b));
	for (size_t i = 0; i < next->revs.n; i++)
		fprintf(log, "%s\n", next->revs.v[i]);
	b->state.result = json_pack("{s:s, s:o, s:f}", "verdict", "inconclusive",
				    "commits", json_texts(&next->revs), "odds", result->odds);
	return 0;
}

static int start(struct bisection *b)
{
	const struct bisect_config *config = b->config;

	if (config->title)
		b->state.title = xstrdup(config->title);
	fprintf(config->log, config->fix ? "bisecting fixing commit since %s\n" :
		"bisecting cause commit starting from %s\n", config->bad);
	/* It is tested first, and so is the first of the list. */
	b->new = bisect_state_rev(&b->state, config->bad);
	if (config->fix) {
		strv_push(&b->olds, config->bad);
		b->new = bisect_state_rev(&b->state, config->good.v[0]);
	}
	for (size_t i = 0; !config->fix && i < (config->walk ? 1 : config->good.n); i++)
		strv_push(&b->olds, config->good.v[i]);
	return set_range(b);
}

/**
 * bisect() - find the commit
 * @config: what is looked for
 * @ops: history and machine
 * @git: the history
 * @machine: the machine
 * @result: filled; for bisect_result_free()
 *
 * Return: 0 when there is a result, or a negative errno after a message; the
 * state file then has all that was seen, and the same call goes on from there
 */
int bisect(const struct bisect_config *config, const struct bisect_ops *ops,
	   const struct bisect_git *git, struct bisect_machine *machine,
	   struct bisect_result *result)
{
	struct bisection b = { .config = config, .ops = ops, .git = git, .machine = machine };
	struct bisect_next next = {};
	int rc, saved;

	*result = (struct bisect_result){};
	rc = bisect_state_load(&b.state, config);
	if (rc)
		return rc;
	rc = start(&b) ?: examine_ends(&b, result);
	if (rc == 1)
		rc = search(&b, &next);
	if (rc >= 0)
		rc = conclude(&b, &next, result);
	/* The runs of an interruption are lost, but not the time that they took. */
	saved = bisect_state_save(&b.state);
	next_free(&next);
	strv_free(&b.olds);
	bisect_range_free(&b.range);
	bisect_state_free(&b.state);
	return rc ?: saved;
}

/** bisect_result_free() - free what bisect() filled in; may be done twice */
void bisect_result_free(struct bisect_result *result)
{
	free(result->commit);
	*result = (struct bisect_result){};
}
