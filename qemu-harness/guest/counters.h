/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads the module's files in /sys/kernel/debug/irqsan.
 */
#ifndef IRQSAN_COUNTERS_H
#define IRQSAN_COUNTERS_H

#include <jansson.h>
#include <stdint.h>

/**
 * struct counters - sums of what the module has seen
 * @waits: kvm_wait() calls
 * @slow_pv: __pv_queued_spin_lock_slowpath() entries
 * @slow_native: native_queued_spin_lock_slowpath() entries
 * @violations: bogus restores and imbalances, without the planted ones
 * @lost: of these, how many the module could not list
 * @longest_ns: the longest wait
 * @waited_ns: the time of all waits
 * @first_ns: guest_now_ns() of the first violation; 0 when there is none
 */
struct counters {
	uint64_t waits;
	uint64_t slow_pv;
	uint64_t slow_native;
	uint64_t violations;
	uint64_t lost;
	uint64_t longest_ns;
	uint64_t waited_ns;
	uint64_t first_ns;
};

/* Adds the module's present counts to @c. 0 or -errno (module not loaded). */
int counters_add(struct counters *c);

/* State of the site in kvm_wait, from the status file: "armed", "none", "absent". */
const char *counters_restore_state(char *buf, size_t size);

/* Restores by state ("armed", "denied", …), from the status file. */
json_t *counters_sites(void);

/* The sites that have counted most, each with its kind, hits and violations. */
json_t *counters_top_sites(void);

/* Runs the planted bogus restores; how many records of them came back, or -errno. */
int counters_run_control(void);

/**
 * struct bug_count - a line of the violations file
 * @site: FUNC+0xOFF
 * @caller: FUNC+0xOFF: who came to it
 * @violations: how often
 */
struct bug_count {
	char site[192];
	char caller[192];
	uint64_t violations;
};

/* Calls @fn once for each bug that the module lists. */
void counters_each_bug(void (*fn)(void *ctx, const struct bug_count *bug), void *ctx);

#endif
