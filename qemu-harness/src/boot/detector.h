/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What finds bugs in a guest. A new detector is a file of its own and a line in
 * detector.c.
 */
#ifndef IRQSAN_DETECTOR_H
#define IRQSAN_DETECTOR_H

#include <stdbool.h>
#include <stddef.h>

struct image;
struct kernel;
struct plan;

/**
 * struct detector - one of them
 * @name: for --detector and run.json
 * @summary: one line of help
 * @add: puts its files and orders into a guest; 0 or a negative errno, the reason
 *	 was printed
 * @proves: is it to prove itself in each boot of that plan, by a planted bug?
 * @reported: is this report on the console, of so many bytes, the detector's?
 * @refused: why it could not be loaded (@rc, a negative errno), by what the console
 *	     says; the caller frees it
 */
struct detector {
	const char *name;
	const char *summary;
	int (*add)(struct image *image);
	bool (*proves)(const struct plan *plan, const struct kernel *kernel);
	bool (*reported)(const char *report, size_t len);
	char *(*refused)(int rc, const char *console, size_t len);
};

extern const struct detector detector_irqsan;
extern const struct detector detector_builtin;
extern const struct detector detector_none;

const struct detector *detector_find(const char *name);
bool detector_bogus_restore(const char *report, size_t len);

#endif
