/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs the planted bogus restores and says which of them were caught.
 */
#ifndef IRQSAN_PLANTED_H
#define IRQSAN_PLANTED_H

struct conf;

/* Leaves a fresh irqsan.ko behind, without a count. 0, or -errno with the reason recorded. */
int planted_run(const struct conf *conf);

#endif
