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

json_t *bench_samples(const char *records, size_t len);
json_t *bench_events(const char *records, size_t len);
void bench_sites(const char *records, size_t len, struct buf *sites);
void bench_report(const json_t *doc, FILE *out);

#endif
