/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Boots the two sides of a verification in turn, look by look.
 */
#ifndef IRQSAN_VERIFY_RUN_H
#define IRQSAN_VERIFY_RUN_H

#include "judge/series.h"
#include "verify/verify.h"

/* Before the change and after it. */
#define VERIFY_SIDES 2

int verify_boots(const struct verify_plan *plan, const char *title,
		 const struct series *series, struct result *result,
		 struct verify_decision *d);

#endif
