/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A byte stream from a guest cut into lines: half lines are kept until they
 * are whole, over-long ones are cut, NULs and CRs are dropped.
 */
#ifndef IRQSAN_CONSOLE_H
#define IRQSAN_CONSOLE_H

#include <stddef.h>
#include "base/util.h"

/**
 * struct console - state of one stream
 * @line: the line being put together
 * @cut: the rest of an over-long line is being dropped
 * @fn: called for each whole line, without its newline; or NULL
 * @ctx: passed to @fn
 */
struct console {
	struct buf line;
	bool cut;
	void (*fn)(void *ctx, const char *line, size_t len);
	void *ctx;
};

#define CONSOLE_LINE_MAX 8192

void console_feed(struct console *c, const char *data, size_t len);
/* The stream ended: gives out a last line that has no newline. */
void console_end(struct console *c);

#endif
