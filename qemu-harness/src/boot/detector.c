// SPDX-License-Identifier: GPL-2.0
/*
 * The list of detectors, and what those for bogus restores have in common.
 */
#define _GNU_SOURCE
#include <string.h>

#include "base/util.h"
#include "boot/detector.h"

static const struct detector *const detectors[] = {
	&detector_irqsan, &detector_builtin, &detector_none,
};

/**
 * detector_find() - a detector by its name
 * @name: the name
 *
 * Return: the detector, or NULL
 */
const struct detector *detector_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(detectors); i++)
		if (!strcmp(detectors[i]->name, name))
			return detectors[i];
	return NULL;
}

/**
 * detector_bogus_restore() - is it the report of a bogus restore?
 * @report: a report of the console
 * @len: its length
 *
 * A report loses its first line to another that is printed at the same time, so any
 * of its marks will do.
 *
 * Return: true when irqsan or the kernel's own check printed it
 */
bool detector_bogus_restore(const char *report, size_t len)
{
	static const char *const marks[] = {
		"raw_local_irq_restore() called with IRQs enabled",
		" at irqsan/",
		"kernel/locking/irqflag-debug.c:",
	};

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (memmem(report, len, marks[i], strlen(marks[i])))
			return true;
	return false;
}

static int add_nothing(struct image *image)
{
	(void)image;
	return 0;
}

static bool never_proves(const struct plan *plan, const struct kernel *kernel)
{
	(void)plan;
	(void)kernel;
	return false;
}

static bool reports_nothing(const char *report, size_t len)
{
	(void)report;
	(void)len;
	return false;
}

const struct detector detector_none = {
	.name = "none",
	.summary = "any report on the kernel's console",
	.add = add_nothing,
	.proves = never_proves,
	.reported = reports_nothing,
};
