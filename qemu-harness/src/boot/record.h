/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One JSON line of the record channel (docs/guest-protocol.md) as a struct.
 * Strict: what isn't a whole, valid object is garbage and is never trusted.
 */
#ifndef IRQSAN_RECORD_H
#define IRQSAN_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * enum record_kind - the "t" of a record
 * @RECORD_BOOT: init (of the guest, or of L1) has started
 * @RECORD_MODULE: irqsan.ko went in, or did not
 * @RECORD_CONTROL: the planted bogus restore ran
 * @RECORD_LOAD: the load begins
 * @RECORD_TICK: a second of load; from L1: a sign of life
 * @RECORD_VIOLATION: first violation of a site
 * @RECORD_COUNTS: what the busiest sites have counted
 * @RECORD_LIVEPATCH: a livepatch is in force, or is not
 * @RECORD_PLANTED: a planted restore of the test module ran
 * @RECORD_CHORE: a chore was done
 * @RECORD_RELOAD: the module was taken out and put back
 * @RECORD_COMMAND: what became of the user's command
 * @RECORD_OUTPUT: a line that it printed
 * @RECORD_KTAP: a line of the selftests
 * @RECORD_ERROR: init could not do what it was told
 * @RECORD_DONE: the load ended as ordered
 * @RECORD_L2: L1 started the inner QEMU
 * @RECORD_EXIT: L1 saw the inner QEMU end
 * @RECORD_OTHER: a valid object of a kind that this version doesn't know
 */
enum record_kind {
	RECORD_BOOT,
	RECORD_MODULE,
	RECORD_CONTROL,
	RECORD_LOAD,
	RECORD_TICK,
	RECORD_VIOLATION,
	RECORD_COUNTS,
	RECORD_LIVEPATCH,
	RECORD_PLANTED,
	RECORD_CHORE,
	RECORD_RELOAD,
	RECORD_COMMAND,
	RECORD_OUTPUT,
	RECORD_KTAP,
	RECORD_ERROR,
	RECORD_DONE,
	RECORD_L2,
	RECORD_EXIT,
	RECORD_OTHER,
};

/**
 * struct record_counters - what the module has counted since it was loaded
 * @waits: kvm_wait() calls
 * @slow_pv: entries of the paravirtual slow path
 * @slow_native: entries of the native slow path
 * @violations: bogus restores and imbalances
 * @lost: violations counted but not described
 * @longest_ns: the longest kvm_wait(); 0 from a guest that doesn't tell
 * @waited_ns: all of them together; likewise
 * @first_ms: guest milliseconds to the first violation, -1 until there is one
 * @load_ms: guest milliseconds that the load has run
 * @ops: operations that it did
 */
struct record_counters {
	uint64_t waits;
	uint64_t slow_pv;
	uint64_t slow_native;
	uint64_t violations;
	uint64_t lost;
	uint64_t longest_ns;
	uint64_t waited_ns;
	int64_t first_ms;
	int64_t load_ms;
	uint64_t ops;
};

/**
 * struct record_site - what a site has counted since the module was loaded
 * @site: FUNC+0xOFF; owned
 * @hits: how often it was checked
 * @violations: how often it was bogus
 */
struct record_site {
	char *site;
	uint64_t hits;
	uint64_t violations;
};

/**
 * struct record - one record
 * @kind: its kind
 * @l1: it comes from the outer guest of the nested mode
 * @up: uptime of its sender in seconds
 * @text: owned, printable like all strings here; the one string of the kind: boot: release, module: restore,
 *	  load: workload, violation: title, livepatch: name, planted: plant,
 *	  chore: name, command: why it could not be run, or "", output and ktap: line,
 *	  error: what; else NULL
 * @site: owned; violation, planted: FUNC+0xOFF; else NULL
 * @caller: violation: FUNC+0xOFF, or NULL from an older guest; owned
 * @skipped: chore: why it was not done, or only in part, or NULL; owned
 * @ran: planted, chore, command: how often
 * @failed: command: how often with another status than 0
 * @killed: command: how many of it still ran at the end
 * @ms: command: how long its first run took
 * @pv: boot: the guest has PV spinlocks
 * @number: boot: cpus, module: rc, control: seen, livepatch: rc,
 *	    planted: seen, chore: rc, command: its exit status, or 128 and a signal, reload: done, l2: pid, exit: status
 * @counters: tick (of the guest) and done
 * @sites: counts: the sites; owned
 * @nr_sites: how many
 * @whole: the object itself: who is the only one to know a kind reads it here; owned
 */
struct record {
	enum record_kind kind;
	bool l1;
	double up;
	char *text;
	char *site;
	char *caller;
	char *skipped;
	int64_t ran;
	int64_t failed;
	int64_t killed;
	int64_t ms;
	bool pv;
	int64_t number;
	struct record_counters counters;
	struct record_site *sites;
	size_t nr_sites;
	json_t *whole;
};

int record_parse(const char *line, size_t len, struct record *r);
void records_each(const char *text, size_t len, void (*take)(void *ctx, struct record *r),
		  void *ctx);
void record_sites_free(struct record_site *sites, size_t n);
void record_free(struct record *r);

#endif
