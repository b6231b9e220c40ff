/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bisection: which commit began a bug, or ended it. Decides what to test next
 * and for how long; history and machine are behind struct bisect_ops.
 */
#ifndef IRQSAN_BISECT_H
#define IRQSAN_BISECT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/util.h"

struct bisect_git;
struct bisect_machine;

#define BISECT_FORMAT "irqsan-bisect/1"

/**
 * enum bisect_seen - what one run has shown
 * @BISECT_SEEN_NOTHING: ran to its end, through the code under test
 * @BISECT_SEEN_CRASH: a crash or hang under load, or the detector's own report at any time
 * @BISECT_SEEN_FAILURE: any other failure before the load
 * @BISECT_SEEN_VOID: never reached the code under test
 * @BISECT_SEEN_LOST: the machine's fault, also when tried again; says nothing
 *		      of the kernel and is not kept
 */
enum bisect_seen {
	BISECT_SEEN_NOTHING,
	BISECT_SEEN_CRASH,
	BISECT_SEEN_FAILURE,
	BISECT_SEEN_VOID,
	BISECT_SEEN_LOST,
};

/**
 * struct bisect_run - one run of a kernel
 * @number: counts the runs of a test in the order in which they were started, from 0
 * @seen: what it has shown
 * @text: the same for the log ("crashed: WARNING in kvm_wait"); owned
 * @titles: of all crashes or failures, each by all of its names; the main one
 *	    first; owned
 * @report: lines of the crash, or NULL; owned
 * @dir: directory of the boot, or NULL; owned
 */
struct bisect_run {
	unsigned int number;
	enum bisect_seen seen;
	char *text;
	struct strv titles;
	char *report;
	char *dir;
};

/**
 * struct bisect_build - what came of building a revision
 * @signature: hash of what runs; owned; NULL when it doesn't build
 * @error: first error of a build that failed; owned; or NULL
 * @subject: first line of the revision's message; owned; or NULL
 */
struct bisect_build {
	char *signature;
	char *error;
	char *subject;
};

/**
 * enum bisect_mark - verdict on a revision
 * @BISECT_UNKNOWN: none yet
 * @BISECT_GOOD: doesn't have the bug
 * @BISECT_BAD: has it
 * @BISECT_SKIP: can't be judged
 */
enum bisect_mark {
	BISECT_UNKNOWN,
	BISECT_GOOD,
	BISECT_BAD,
	BISECT_SKIP,
};

/**
 * enum bisect_where - what git says of the marks
 * @BISECT_NEXT: a revision is to be tested
 * @BISECT_FOUND: one commit is left
 * @BISECT_LEFT: only revisions that were skipped are left
 */
enum bisect_where {
	BISECT_NEXT,
	BISECT_FOUND,
	BISECT_LEFT,
};

/**
 * struct bisect_next - the same with names
 * @where: see above
 * @revs: the revision to test; the commit; or all that it could be
 * @text: what git said; owned
 */
struct bisect_next {
	enum bisect_where where;
	struct strv revs;
	char *text;
};

/**
 * struct bisect_commit - a commit, for the end of the log
 * @title: first line of its message; owned
 * @parents: hashes of its parents
 * @to: addresses that a report of the bug goes to
 * @cc: addresses that get a copy
 */
struct bisect_commit {
	char *title;
	struct strv parents;
	struct strv to;
	struct strv cc;
};

/**
 * struct bisect_ops - history and machine; revisions are full hashes
 * @commits: appends the commits that are in @to and in none of @from
 * @bases: appends the commits at which two revisions parted
 * @next: where the bisection stands with these marks: @bad has what began (or,
 *	  looking for a fix, ended), @good don't, @skip can't be judged
 * @commit: fills in what the log says of a commit
 * @build: builds a revision; 0 when it is built or can't be
 * @test: runs a revision, which has this @signature, up to @max times, after @first
 *	  earlier ones, hands each outcome to @take (which keeps it) when it is
 *	  there, and stops when that returns true
 *
 * All return 0, or a negative errno after a message when the machine is at
 * fault; -EINTR when the user wants to stop.
 */
struct bisect_ops {
	int (*commits)(const struct bisect_git *g, const struct strv *from, const char *to,
		       struct strv *list);
	int (*bases)(const struct bisect_git *g, const char *a, const char *b, struct strv *list);
	int (*next)(const struct bisect_git *g, const char *bad, const struct strv *good,
		    const struct strv *skip, struct bisect_next *next);
	int (*commit)(const struct bisect_git *g, const char *rev, struct bisect_commit *commit);
	int (*build)(struct bisect_machine *m, const char *rev, struct bisect_build *build);
	int (*test)(struct bisect_machine *m, const char *rev, const char *signature,
		    unsigned int first, unsigned int max,
		    bool (*take)(void *arg, struct bisect_run *run), void *arg);
};

/**
 * struct bisect_config - what is looked for
 * @good: revisions without the bug
 * @names: what they are called, in the same order; a hash: by no other name
 * @walk: @good are releases, the latest first: the first of them that doesn't show
 *	  the bug is the good one
 * @bad: revision with the bug
 * @skip: revisions that are not to be tested
 * @fix: @good is one, and the later one: look for what ended the bug
 * @title: crash title of the bug; "any": every crash counts; NULL: the first
 *	   crash of @bad has it
 * @runs: runs of each revision; 0: as many as it takes
 * @compiler: for the log
 * @state: file that everything is kept in, the document of the result; or NULL
 * @facts: copied into it; a bisection goes on only with the same ones
 * @log: where the log goes; written anew by each call
 */
struct bisect_config {
	struct strv good;
	struct strv names;
	bool walk;
	const char *bad;
	struct strv skip;
	bool fix;
	const char *title;
	unsigned int runs;
	const char *compiler;
	const char *state;
	json_t *facts;
	FILE *log;
};

/**
 * enum bisect_verdict - what the bisection came to
 * @BISECT_NAMED: a commit
 * @BISECT_INCONCLUSIVE: several that it could be
 * @BISECT_NOT_REPRODUCED: the bad revision doesn't show the bug
 * @BISECT_OUTSIDE: a good revision has the bug as well
 * @BISECT_MERGE_BASE: so has the one where good and bad parted: it was ended on the
 *		       good side, which is another question
 */
enum bisect_verdict {
	BISECT_NAMED,
	BISECT_INCONCLUSIVE,
	BISECT_NOT_REPRODUCED,
	BISECT_OUTSIDE,
	BISECT_MERGE_BASE,
};

/**
 * struct bisect_result - the same with what belongs to it
 * @verdict: see above
 * @commit: the commit; owned; or NULL
 * @odds: that @commit is the right one; of all that it could be together
 */
struct bisect_result {
	enum bisect_verdict verdict;
	char *commit;
	double odds;
};

int bisect(const struct bisect_config *config, const struct bisect_ops *ops,
	   const struct bisect_git *git, struct bisect_machine *machine,
	   struct bisect_result *result);
enum bisect_mark bisect_judge(const struct bisect_run *runs, unsigned int n, const char *title);
void bisect_build_free(struct bisect_build *build);
void bisect_run_free(struct bisect_run *run);
void bisect_result_free(struct bisect_result *result);

#endif
