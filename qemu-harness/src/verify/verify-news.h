/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is seen after a change only, and whether chance explains it.
 */
#ifndef IRQSAN_VERIFY_NEWS_H
#define IRQSAN_VERIFY_NEWS_H

#include "verify/verify.h"

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

struct verify_news verify_news(const struct verify_decision *d, const char *title, double alpha,
			       const struct verify_side *before, const struct verify_side *after);

#endif
