/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The list of sites as text that the module takes (docs/sites.md).
 */
#ifndef IRQSAN_SITELIST_H
#define IRQSAN_SITELIST_H

#include <stdio.h>

#include "sites/coverage.h"

const char *sitelist_kind(const struct livetext *text);
const char *sitelist_saved(const struct coverage_site *site);
char *sitelist_place(const struct livetext *text, uint64_t addr);
void sitelist_write(const struct livetext *text, const struct coverage *coverage, FILE *f);

#endif
