/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Is a bug gone? Decides from the boots of a kernel before and after a change,
 * by a rule that is fixed before the first boot (docs/verify.md). Pure: outcomes
 * in, verdict out.
 */
#ifndef IRQSAN_VERIFY_H
#define IRQSAN_VERIFY_H

#include "judge/judge.h"

#define VERIFY_LOOKS_MAX 4
/* Of the intervals that are shown. */
#define VERIFY_CONFIDENCE 0.95

/**
 * enum verify_answer - what a verification ends with
 * @VERIFY_FIXED: the bug was there, and shows less often now: not once
 * @VERIFY_NOT_FIXED: it was there and still is
 * @VERIFY_WORSE: boots crash, hang or fail in a way that none did before, and in
 *		  more of them than chance explains
 * @VERIFY_NOT_REPRODUCED: it didn't show before either
 * @VERIFY_INCONCLUSIVE: the boots don't tell
 */
enum verify_answer {
	VERIFY_FIXED,
	VERIFY_NOT_FIXED,
	VERIFY_WORSE,
	VERIFY_NOT_REPRODUCED,
	VERIFY_INCONCLUSIVE,
};

extern const char *const verify_names[];

/**
 * struct verify_look - when the boots are looked at
 * @runs: so many of each side have been run
 * @alpha: greatest p that means FIXED, or WORSE, at this look
 */
struct verify_look {
	unsigned int runs;
	double alpha;
};

/**
 * struct verify_plan - the rule, fixed beforehand
 * @alpha: greatest chance of FIXED, and of WORSE, when nothing was
 * @look: the looks
 * @nr: how many
 */
struct verify_plan {
	double alpha;
	struct verify_look look[VERIFY_LOOKS_MAX];
	unsigned int nr;
};

/**
 * struct verify_boot - one boot, as the decision sees it
 * @outcome: of the boot
 * @done: the load ran to its end
 * @kinds: what it showed: titles, or "hung", or "boot failed"; owned
 */
struct verify_boot {
	enum outcome outcome;
	bool done;
	struct strv kinds;
};

/**
 * struct verify_side - the boots of one side
 * @boot: the boots; owned
 * @n: how many
 */
struct verify_side {
	struct verify_boot *boot;
	unsigned int n;
};

/**
 * struct verify_tally - boots of one side, counted
 * @runs: those that say whether the bug is there: it showed, or the load ran to
 *	  its end without it
 * @hits: showed the bug
 * @others: something else was found in them; those that it ended early are not
 *	    in @runs
 * @lost: the harness's fault
 * @inconclusive: never reached the code under test
 */
struct verify_tally {
	unsigned int runs;
	unsigned int hits;
	unsigned int others;
	unsigned int lost;
	unsigned int inconclusive;
};

/**
 * struct verify_kind - one thing that boots showed
 * @name: its title; owned
 * @before: boots before the change that showed it
 * @after: and after it
 * @hit: it is what was looked for
 */
struct verify_kind {
	char *name;
	unsigned int before;
	unsigned int after;
	bool hit;
};

/**
 * struct verify_decision - what the boots say so far
 * @done: no more boots: @answer stands
 * @answer: the verdict; meaningless while not @done
 * @look: the look that this is
 * @before: boots before the change
 * @after: boots after it
 * @p: Fisher's, one-sided: the chance of so unequal hits from equal rates
 * @needed: INCONCLUSIVE: runs of each side with which a new verification gives
 *	    an answer nine times in ten, if the rates are what was seen; 0: unknown
 * @kinds: all that was seen; owned
 * @nr_kinds: how many
 * @why: the verdict's reason in one line; owned; NULL while not @done
 */
struct verify_decision {
	bool done;
	enum verify_answer answer;
	unsigned int look;
	struct verify_tally before;
	struct verify_tally after;
	double p;
	unsigned int needed;
	struct verify_kind *kinds;
	size_t nr_kinds;
	char *why;
};

/**
 * struct verify_news - what is seen after the change only
 * @which: the first such thing, in the boots' own memory; NULL: there is none
 * @boots: how many boots show such things
 * @of: boots after the change that say something of the kernel
 * @none_of: such boots before it
 * @p: chance of so much that is seen after only, if both sides are equal
 */
struct verify_news {
	const char *which;
	unsigned int boots;
	unsigned int of;
	unsigned int none_of;
	double p;
};

void verify_plan(struct verify_plan *plan, unsigned int runs, double alpha);
char *verify_plan_text(const struct verify_plan *plan);
void verify_add(struct verify_side *side, const struct verdict *v);
void verify_side_free(struct verify_side *side);
void verify_decide(const struct verify_plan *plan, unsigned int look, const char *title,
		   const struct verify_side *before, const struct verify_side *after,
		   struct verify_decision *d);
struct verify_news verify_news(const struct verify_decision *d, const char *title, double alpha,
			       const struct verify_side *before, const struct verify_side *after);
void verify_same_code(const char *signature, struct verify_decision *d);
void verify_decision_free(struct verify_decision *d);
int verify_exit(enum verify_answer answer);

#endif
