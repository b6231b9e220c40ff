/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One guest that runs selftests, from the request to the KTAP that came back.
 */
#ifndef IRQSAN_HOST_SELFTEST_H
#define IRQSAN_HOST_SELFTEST_H

#include "base/util.h"
#include "cmd/request.h"
#include "judge/ktap.h"

/**
 * struct selftest_boot - a guest that ran tests
 * @result: of the one run; owned
 * @verdict: on it; points into @result; NULL when it never started
 * @text: the KTAP; owned
 * @root: the same, read; owned
 * @totals: and counted
 */
struct selftest_boot {
	struct result result;
	const struct verdict *verdict;
	struct buf text;
	struct ktap_test root;
	struct ktap_totals totals;
};

int selftest_boot(const struct request *asked, const char *const *tests, const char *name,
		  struct selftest_boot *b);
bool selftest_panicked(const struct selftest_boot *b);
void selftest_free(struct selftest_boot *b);

#endif
