/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scanner on all modules of a kernel. There is no DWARF to hold it against:
 * sites that don't look like most are told apart, for people to look at.
 */
#ifndef IRQSAN_MODSITES_H
#define IRQSAN_MODSITES_H

#include "sites/livetext.h"

/**
 * struct modsite - a site of a module
 * @module: its name
 * @place: "function+0xoffset"
 * @bytes: in hexadecimal, those that make it a site: the test and the jump, or
 *	   the push, the popf and the next one. None of them depends on where
 *	   the module or the kernel lies
 * @doubtful: it doesn't look like most restores
 * @verdict: what somebody found who looked; NULL: nobody did
 */
struct modsite {
	char *module;
	char *place;
	char *bytes;
	bool doubtful;
	char *verdict;
};

/**
 * struct modsites - the sites of all modules
 * @modules: modules that were scanned
 * @with_sites: of these, that have any
 * @sites: by path of the module, then by address
 * @nr: how many
 * @seconds: what it took
 */
struct modsites {
	unsigned int modules;
	unsigned int with_sites;
	struct modsite *sites;
	size_t nr;
	double seconds;
};

int modsites_scan(const struct livetext *kernel, const char *dir, struct modsites *modsites);
int modsites_judge(struct modsites *modsites, const char *path);
size_t modsites_count(const struct modsites *modsites, bool unjudged);
void modsites_free(struct modsites *modsites);

#endif
