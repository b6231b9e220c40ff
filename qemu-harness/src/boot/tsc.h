/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rate of this machine's time stamp counter.
 */
#ifndef IRQSAN_TSC_H
#define IRQSAN_TSC_H

unsigned int tsc_khz(void);

#endif
