// SPDX-License-Identifier: GPL-2.0
/*
 * Finds what is seen after a change only, and how often equal kernels differ as
 * much. What is new is chosen by looking at the boots, and of many titles some are
 * seen on one side by chance. So the same choice is made again with the boots of
 * both sides mixed up: p is the share of ways to mix them that come out no less
 * new than the true one. That holds for any number of titles at any rates.
 */
#include <stdlib.h>
#include <string.h>

#include "base/stats.h"
#include "verify/verify.h"

/**
 * struct mixed_boot - a boot that says something of the kernel
 * @kinds: of the boot
 * @kind: what it showed, as indices
 * @n: how many
 */
struct mixed_boot {
	const struct strv *kinds;
	size_t *kind;
	size_t n;
};

/**
 * struct mix - the boots of both sides
 * @d: has the kinds, and which of them are looked for
 * @any: all findings are one kind, number 0
 * @all: whatever is seen before is what is looked for
 * @boot: the boots, those after the change first
 * @n: how many
 * @before: room for a count of each kind
 * @after: the same
 */
struct mix {
	const struct verify_decision *d;
	bool any;
	bool all;
	struct mixed_boot *boot;
	unsigned int n;
	unsigned int *before;
	unsigned int *after;
};

static size_t index_of(const struct verify_decision *d, const char *name)
{
	size_t k = 0;

	while (strcmp(d->kinds[k].name, name))
		k++;
	return k;
}

static void add_side(struct mix *m, const struct verify_side *side)
{
	for (unsigned int i = 0; i < side->n; i++) {
		const struct verify_boot *b = &side->boot[i];
		struct mixed_boot *to = &m->boot[m->n];

		if (b->outcome == OUTCOME_LOST || b->outcome == OUTCOME_INCONCLUSIVE)
			continue;
		m->n++;
		to->kinds = &b->kinds;
		to->n = m->any ? !!b->kinds.n : b->kinds.n;
		to->kind = xcalloc(to->n + 1, sizeof(*to->kind));
		for (size_t k = 0; k < to->n && !m->any; k++)
			to->kind[k] = index_of(m->d, b->kinds.v[k]);
	}
}

/* What a boot shows beside the bug may come of that, if the bug was there before. */
static bool is_old(const struct mix *m, const struct mixed_boot *b)
{
	for (size_t k = 0; k < b->n; k++)
		if (m->before[b->kind[k]] && (m->all || m->d->kinds[b->kind[k]].hit))
			return true;
	return false;
}

/*
 * Of each kind that is seen after only, the square of the boots that show it: one
 * that is in all boots outweighs many that are in one boot each.
 */
static double score(const void *ctx, const bool *is_after)
{
	const struct mix *m = ctx;
	double sum = 0;

	memset(m->before, 0, m->d->nr_kinds * sizeof(*m->before));
	memset(m->after, 0, m->d->nr_kinds * sizeof(*m->after));
	for (unsigned int i = 0; i < m->n; i++)
		for (size_t k = 0; k < m->boot[i].n && !is_after[i]; k++)
			m->before[m->boot[i].kind[k]]++;
	for (unsigned int i = 0; i < m->n; i++)
		for (size_t k = 0; is_after[i] && !is_old(m, &m->boot[i]) && k < m->boot[i].n; k++)
			m->after[m->boot[i].kind[k]]++;
	for (size_t k = 0; k < m->d->nr_kinds; k++)
		if (!m->before[k])
			sum += (double)m->after[k] * m->after[k];
	return sum;
}

/* With the true counts in @m: the boots that show what none showed before. */
static void count(const struct mix *m, struct verify_news *news)
{
	size_t k;

	for (unsigned int i = 0; i < news->of; i++) {
		const struct mixed_boot *b = &m->boot[i];

		for (k = 0; k < b->n && (is_old(m, b) || m->before[b->kind[k]]); k++)
			;
		if (k == b->n)
			continue;
		news->boots++;
		news->which = news->which ?: b->kinds->v[k];
	}
}

/**
 * verify_news() - what is seen after the change only
 * @d: has all kinds, with the hits marked
 * @title: what is looked for, as for verify_decide()
 * @alpha: p is to be compared with that
 * @before: boots before the change
 * @after: boots after it
 *
 * Return: the news
 */
struct verify_news verify_news(const struct verify_decision *d, const char *title, double alpha,
			       const struct verify_side *before, const struct verify_side *after)
{
	bool any = title && !strcmp(title, "any");
	struct mix m = {
		.d = d, .any = any, .all = any || !title,
		.boot = xcalloc(before->n + after->n + 1, sizeof(*m.boot)),
		.before = xcalloc(d->nr_kinds + 1, sizeof(*m.before)),
		.after = xcalloc(d->nr_kinds + 1, sizeof(*m.after)),
	};
	struct verify_news news = { .p = 1 };
	bool *is_after;

	add_side(&m, after);
	news.of = m.n;
	add_side(&m, before);
	news.none_of = m.n - news.of;
	is_after = xcalloc(m.n + 1, sizeof(*is_after));
	memset(is_after, true, news.of);
	/* Without a boot before that worked, nothing is new. */
	if (news.none_of && score(&m, is_after) > 0) {
		count(&m, &news);
		news.p = stats_permuted(news.of, m.n, alpha, score, &m);
	}
	for (unsigned int i = 0; i < m.n; i++)
		free(m.boot[i].kind);
	free(m.boot);
	free(m.before);
	free(m.after);
	free(is_after);
	return news;
}
