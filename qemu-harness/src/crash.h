/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a console log to the title of the crash in it, in the form that kernel
 * CI systems use ("WARNING in kvm_wait"). Pure: text in, title out.
 */
#ifndef IRQSAN_CRASH_H
#define IRQSAN_CRASH_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct crash - the first crash of a log
 * @title: owned; NULL where the log holds none
 * @start: offset of its first line in the log
 * @end: offset just behind its last line
 * @corrupted: the report is cut or mixed up, the frame in @title is a guess
 */
struct crash {
	char *title;
	size_t start;
	size_t end;
	bool corrupted;
};

/* 1 and @crash filled when there is one, 0 when there is none. */
int crash_find(const char *log, size_t len, struct crash *crash);
void crash_free(struct crash *crash);

#endif
