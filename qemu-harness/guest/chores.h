/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an administrator does to a machine, done beside the load: each chore
 * ends in one "chore" record.
 */
#ifndef IRQSAN_CHORES_H
#define IRQSAN_CHORES_H

#include <stdbool.h>

struct conf;

/* Starts those that run beside the load. 0, or -errno with the reason recorded. */
int chores_start(const struct conf *conf);
/* Records those that have ended; true while one has not done its part. */
bool chores_pending(void);
/* Ends the others and records them. */
void chores_stop(void);

/* Does those that end the guest, after the last record; returns when there is none. */
void chores_last(const struct conf *conf);
/* This is the life after a kexec: records that. False when it is the first one. */
bool chores_second_life(void);

#endif
