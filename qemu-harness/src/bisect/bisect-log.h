/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The log of a bisection, line for line in the form of syzbot's.
 */
#ifndef IRQSAN_BISECT_LOG_H
#define IRQSAN_BISECT_LOG_H

#include "bisect/bisect-state.h"

void bisect_log_runs(FILE *log, const struct bisect_kernel *k, unsigned int from);
void bisect_log_git(FILE *log, const char *words, const char *revs, const char *said);
void bisect_log_total(FILE *log, const struct bisect_state *s);
void bisect_log_recipients(FILE *log, const struct bisect_commit *commit);
void bisect_log_crash(FILE *log, const char *title, const char *report);

#endif
