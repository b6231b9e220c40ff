/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How many of a kernel's restores the scanner finds, measured against the
 * kernel's debug information; and the list of sites that both together give.
 */
#ifndef IRQSAN_COVERAGE_H
#define IRQSAN_COVERAGE_H

#include "sites/livetext.h"
#include "sites/truth.h"

/**
 * enum site_origin - why a site is in the list
 * @SITE_BOTH: the scanner found it, and DWARF has an inlined restore there
 * @SITE_DWARF: DWARF has one, the scanner missed it
 * @SITE_COPY: extra: the function itself, not inlined. A restore
 * @SITE_ASSEMBLY: extra: assembly code, of which DWARF says nothing
 * @SITE_ENABLE: extra: DWARF has a plain enabling of IRQs there. No restore
 * @SITE_EXTRA: extra, and nothing explains it
 * @SITE_SCAN: found by the scanner; there is no DWARF
 */
enum site_origin {
	SITE_BOTH,
	SITE_DWARF,
	SITE_COPY,
	SITE_ASSEMBLY,
	SITE_ENABLE,
	SITE_EXTRA,
	SITE_SCAN,
};

/**
 * struct coverage_site - one site
 * @addr: of the instruction to watch
 * @test: of the one that tests the flags
 * @enable: of the one that turns IRQs on
 * @saved: where the flags are
 * @reg: their register, if they are in one
 * @origin: who found it
 * @refused: the kernel lets nobody probe it
 */
struct coverage_site {
	uint64_t addr;
	uint64_t test;
	uint64_t enable;
	enum irqsan_saved saved;
	uint8_t reg;
	enum site_origin origin;
	bool refused;
};

/**
 * enum entry_state - what became of an inlined restore of DWARF's
 * @ENTRY_FOUND: the scanner found it
 * @ENTRY_LOCATED: it didn't, but DWARF leads to the instruction to watch
 * @ENTRY_UNLOCATED: neither
 * @ENTRY_EMPTY: it has no code of its own
 * @ENTRY_INIT: it lies outside of .text: gone once the kernel has booted
 */
enum entry_state {
	ENTRY_FOUND,
	ENTRY_LOCATED,
	ENTRY_UNLOCATED,
	ENTRY_EMPTY,
	ENTRY_INIT,
};

/**
 * struct coverage_entry - an inlined restore of DWARF's
 * @restore: it
 * @state: what became of it
 * @addr: an address to name it by
 * @refused: the kernel lets nobody probe it
 */
struct coverage_entry {
	const struct truth_restore *restore;
	enum entry_state state;
	uint64_t addr;
	bool refused;
};

/**
 * struct coverage - the comparison
 * @sites: sorted by address
 * @nr_sites: how many
 * @entries: in DWARF's order
 * @nr_entries: how many
 */
struct coverage {
	struct coverage_site *sites;
	size_t nr_sites;
	struct coverage_entry *entries;
	size_t nr_entries;
};

/* True of a site that the module should take. */
static inline bool coverage_is_wanted(const struct coverage_site *site)
{
	return site->origin != SITE_ENABLE && !site->refused;
}

static inline bool coverage_is_extra(const struct coverage_site *site)
{
	return site->origin >= SITE_COPY && site->origin <= SITE_EXTRA;
}

void coverage_measure(const struct livetext *text, const struct truth *truth,
		      struct coverage *coverage);
void coverage_free(struct coverage *coverage);
size_t coverage_count(const struct coverage *coverage, enum entry_state state);
double coverage_percent(const struct coverage *coverage);

#endif
