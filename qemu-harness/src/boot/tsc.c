// SPDX-License-Identifier: GPL-2.0
/*
 * Measures the time stamp counter. An emulated guest reads this machine's
 * counter, but has to find out its rate with emulated timers, which on a busy
 * machine are late: it has been seen to be wrong by a factor of ten, and then
 * guest time ran away and the guest saw lockups that weren't there. Told the
 * rate (tsc_early_khz=), a guest need not measure.
 */
#include <time.h>
#include <x86intrin.h>

#include "boot/tsc.h"

#define MEASURE_NS 20000000
/* A reading that was interrupted is taken again: the least delay of this many. */
#define TRIES 10

/* The clock and the counter of the same moment. */
static void read_both(long long *ns, unsigned long long *ticks)
{
	unsigned long long best = ~0ull;

	for (int i = 0; i < TRIES; i++) {
		unsigned long long before = __rdtsc(), after;
		struct timespec ts;

		clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
		after = __rdtsc();
		if (after - before >= best)
			continue;
		best = after - before;
		*ticks = before + best / 2;
		*ns = ts.tv_sec * 1000000000ll + ts.tv_nsec;
	}
}

/**
 * tsc_khz() - measure the time stamp counter
 *
 * Takes 20 ms at the first call; later ones give the same answer at once.
 *
 * Return: thousands of ticks a second
 */
unsigned int tsc_khz(void)
{
	static unsigned int khz;
	unsigned long long ticks, ticks0;
	long long ns, ns0;

	if (khz)
		return khz;
	read_both(&ns0, &ticks0);
	do {
		read_both(&ns, &ticks);
	} while (ns - ns0 < MEASURE_NS);
	khz = (unsigned int)((double)(ticks - ticks0) * 1e6 / (double)(ns - ns0) + 0.5);
	return khz;
}
