/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What happened when in a boot, and what its sites have counted, for people.
 */
#ifndef IRQSAN_TIMELINE_H
#define IRQSAN_TIMELINE_H

#include "judge/judge.h"

void timeline_take(struct verdict *v, const struct record *r);
void timeline_add(struct verdict *v, const char *what, double up, const char *text,
		  const char *site);

#endif
