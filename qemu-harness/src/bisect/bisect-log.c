// SPDX-License-Identifier: GPL-2.0
/*
 * Writes the parts of a bisection's log.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bisect/bisect-log.h"

/**
 * bisect_log_runs() - the outcomes of a kernel's runs
 * @log: where to
 * @k: the kernel
 * @from: first run to tell; those after what the bisection has come to are not told
 *
 * One line when all are the same, else a line a run.
 */
void bisect_log_runs(FILE *log, const struct bisect_kernel *k, unsigned int from)
{
	bool same = true;
	unsigned int i;

	for (i = from; i < k->used; i++)
		same &= !strcmp(k->runs[i].text, k->runs[from].text);
	if (from == k->used)
		return;
	if (same) {
		fprintf(log, "all runs: %s\n", k->runs[from].text);
		return;
	}
	for (i = from; i < k->used; i++)
		fprintf(log, "run #%u: %s\n", i - from, k->runs[i].text);
}

/**
 * bisect_log_git() - a step of git bisect
 * @log: where to
 * @words: "start", "good", "bad" or "skip"
 * @revs: the revisions
 * @said: git's answer, or NULL when it was not asked yet
 */
void bisect_log_git(FILE *log, const char *words, const char *revs, const char *said)
{
	fprintf(log, "# git bisect %s %s\n", words, revs);
	if (said)
		fprintf(log, "%s\n", said);
}

/* "1h2m3.4s" */
static void print_duration(FILE *log, double s)
{
	unsigned long h = (unsigned long)(s / 3600), m = (unsigned long)(fmod(s, 3600) / 60);

	if (h)
		fprintf(log, "%luh", h);
	if (h || m)
		fprintf(log, "%lum", m);
	fprintf(log, "%.9fs", fmod(s, 60));
}

/**
 * bisect_log_total() - revisions and times
 * @log: where to
 * @s: the bisection
 */
void bisect_log_total(FILE *log, const struct bisect_state *s)
{
	double build = 0, test = 0;
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < s->nr_revs; i++) {
		n += s->revs[i]->mark != BISECT_UNKNOWN;
		build += s->revs[i]->build_s;
		test += s->revs[i]->test_s;
	}
	fprintf(log, "revisions tested: %u, total time: ", n);
	print_duration(log, bisect_state_seconds(s));
	fprintf(log, " (build: ");
	print_duration(log, build);
	fprintf(log, ", test: ");
	print_duration(log, test);
	fprintf(log, ")\n");
}

static void print_list(FILE *log, const char *name, const struct strv *list)
{
	size_t i;

	fprintf(log, "recipients (%s): [", name);
	for (i = 0; i < list->n; i++)
		fprintf(log, "%s\"%s\"", i ? " " : "", list->v[i]);
	fprintf(log, "]\n");
}

/**
 * bisect_log_recipients() - whom to tell
 * @log: where to
 * @commit: the commit that was found
 */
void bisect_log_recipients(FILE *log, const struct bisect_commit *commit)
{
	print_list(log, "to", &commit->to);
	print_list(log, "cc", &commit->cc);
}

/**
 * bisect_log_crash() - the crash with its report
 * @log: where to
 * @title: its title
 * @report: its report, or NULL
 */
void bisect_log_crash(FILE *log, const char *title, const char *report)
{
	size_t len = report ? strlen(report) : 0;

	fprintf(log, "crash: %s\n%s", title, report ?: "");
	if (len && report[len - 1] != '\n')
		fprintf(log, "\n");
}
