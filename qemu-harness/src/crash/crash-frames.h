/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which of the functions in a crash report is the one to name.
 */
#ifndef IRQSAN_CRASH_FRAMES_H
#define IRQSAN_CRASH_FRAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/pattern.h"
#include "crash/crash-table.h"

/**
 * struct guilty - the function that names a report
 * @name: as in a title, without what tells the entries of a system call apart;
 *	  owned, NULL where none was found
 * @raw: as in the report; owned
 * @sure: the report led there as its form says
 */
struct guilty {
	char *name;
	char *raw;
	bool sure;
};

void crash_guilty(const struct crash_form *form, const struct span *lines, size_t n,
		  struct guilty *guilty);
void crash_guilty_free(struct guilty *guilty);
bool crash_trace_whole(const struct span *lines, size_t n);

#endif
