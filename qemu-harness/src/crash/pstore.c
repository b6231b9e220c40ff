// SPDX-License-Identifier: GPL-2.0
/*
 * Puts the parts of a pstore dump in order. A kernel that dies writes its log from
 * the end on, in parts as large as the store takes; each begins with a line like
 * "Oops#1 Part2", and the last one is the oldest.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"
#include "crash/pstore.h"

/**
 * struct part - a part of a dump
 * @text: what is behind its header
 * @dump: how many dumps there were before its own
 * @number: of the part
 */
struct part {
	struct span text;
	size_t dump;
	unsigned long number;
};

static int by_age(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->dump != y->dump)
		return x->dump < y->dump ? -1 : 1;
	if (x->number != y->number)
		return x->number > y->number ? -1 : 1;
	return x->text.at < y->text.at ? -1 : 1;
}

/**
 * pstore_order() - put the parts of a log in order, without their headers
 * @log: the log; one that is no dump stays as it is
 */
void pstore_order(struct buf *log)
{
	struct span rest = { .at = log->data ?: "", .len = log->len };
	struct span head[PATTERN_GROUPS], name = {};
	struct part *parts = NULL, *last;
	struct buf out = {};
	size_t n = 0, dump = 0, i;

	if (!memmem(rest.at, rest.len, " Part", 5))
		return;
	while (pattern_find("(?m)^([A-Za-z-]+#\\d+) Part(\\d{1,9})\\r?\\n", rest, head)) {
		size_t before = (size_t)(head[0].at - rest.at);

		if (n)
			parts[n - 1].text.len = before;
		else
			buf_add(&out, rest.at, before);
		if (name.len != head[1].len || memcmp(name.at, head[1].at, name.len))
			dump++;
		name = head[1];
		parts = xrealloc(parts, (n + 1) * sizeof(*parts));
		rest.at = head[0].at + head[0].len;
		rest.len -= before + head[0].len;
		last = &parts[n++];
		*last = (struct part){ .text = rest, .dump = dump,
				       .number = strtoul(head[2].at, NULL, 10) };
	}
	if (!n)
		return;
	qsort(parts, n, sizeof(*parts), by_age);
	for (i = 0; i < n; i++) {
		buf_add(&out, parts[i].text.at, parts[i].text.len);
		if (out.len && out.data[out.len - 1] != '\n')
			buf_add(&out, "\n", 1);
	}
	free(parts);
	buf_free(log);
	*log = out;
}
