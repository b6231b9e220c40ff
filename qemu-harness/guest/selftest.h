/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs the selftests (selftests/irqsan) in the guest and passes on what they say.
 */
#ifndef IRQSAN_SELFTEST_H
#define IRQSAN_SELFTEST_H

struct conf;

/* 0 when they ran to their end, whatever they said; or -errno with the reason recorded. */
int selftest_run(const struct conf *conf);

#endif
