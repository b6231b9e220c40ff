// SPDX-License-Identifier: GPL-2.0
/*
 * Cuts a guest's byte stream into lines.
 */
#include <string.h>

#include "base/console.h"

static void console_line(struct console *c)
{
	/* An empty line has no buffer behind it yet. */
	if (c->fn)
		c->fn(c->ctx, c->line.len ? c->line.data : "", c->line.len);
	c->line.len = 0;
	c->cut = false;
}

/* Adds a piece without newline to the line; what is over the limit is dropped. */
static void console_add(struct console *c, const char *data, size_t len)
{
	size_t room = CONSOLE_LINE_MAX - c->line.len;

	if (len > room) {
		len = room;
		c->cut = true;
	}
	if (len)
		buf_add(&c->line, data, len);
}

/**
 * console_feed() - take the next bytes of a stream
 * @c: the stream; @c->fn, if there is one, gets every line that these bytes complete
 * @data: the bytes, cut anywhere
 * @len: how many
 *
 * A line longer than CONSOLE_LINE_MAX is given out cut to that length: a guest
 * that floods its console without a newline must not fill our memory.
 */
void console_feed(struct console *c, const char *data, size_t len)
{
	size_t start = 0, i;

	for (i = 0; i < len; i++) {
		/* CR and NUL are noise of the serial line, never part of a message. */
		if (data[i] != '\n' && data[i] != '\r' && data[i] != '\0')
			continue;
		console_add(c, data + start, i - start);
		start = i + 1;
		if (data[i] == '\n')
			console_line(c);
	}
	console_add(c, data + start, len - start);
}

/**
 * console_end() - the stream has ended
 * @c: the stream; a last line without newline is given out, memory is freed
 */
void console_end(struct console *c)
{
	if (c->line.len)
		console_line(c);
	buf_free(&c->line);
}
