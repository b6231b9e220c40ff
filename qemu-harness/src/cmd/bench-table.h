/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What benchmarks measured: from the records of boots to the document
 * ("irqsan-bench/1"), and from that to the tables of docs/bench.md.
 */
#ifndef IRQSAN_HOST_BENCH_H
#define IRQSAN_HOST_BENCH_H

#include <jansson.h>
#include <stdio.h>

#include "base/util.h"
#include "boot/record.h"

#define BENCH_FORMAT "irqsan-bench/1"

/* Configurations, by their names in the document. */
#define BENCH_BARE "bare"
#define BENCH_IRQSAN "irqsan"
#define BENCH_TRACK "irqsan track=1"
#define BENCH_EVENTS "kprobe events"
#define BENCH_TRACK_EVENTS "kprobe events, track=1"
/* What the build with the kernel's own check is to be called. */
#define BENCH_CHECK "DEBUG_IRQFLAGS"
/* As many builds beside the kernel have room in a table. */
#define BENCH_AGAINST_MAX 8

/**
 * struct bench_boot - what one boot has measured
 * @samples: array of objects with name, ns, ops and hits, in the order of the records
 * @events: what became of the kprobe events: object with "asked" and "made"; NULL when
 *	    none was asked for
 * @sites: those that irqsan had armed: "FUNC+0xOFF", one a line
 */
struct bench_boot {
	json_t *samples;
	json_t *events;
	struct buf sites;
};

void bench_take(void *ctx, struct record *r);
void bench_boot_free(struct bench_boot *b);
void bench_report(const json_t *doc, FILE *out);

#endif
