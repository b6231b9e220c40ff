// SPDX-License-Identifier: GPL-2.0
/*
 * Writes a crash report as text, in the form in which kernel CI systems mail it:
 *
 *	 kvm_wait arch/x86/kernel/kvm.c:860 [inline]
 *	 kvm_wait+0xc3/0xe0 arch/x86/kernel/kvm.c:837
 */
#include <stdlib.h>
#include <string.h>

#include "crash/crash-json.h"
#include "crash/crash-text.h"

/* "arch/x86/kernel/kvm.c:837", with a space in front; nothing if it isn't known. */
static void add_place(struct buf *out, json_t *source)
{
	const char *file = json_string_value(json_object_get(source, "file"));

	if (file)
		buf_addf(out, " %s:%d", file,
			 (int)json_integer_value(json_object_get(source, "line")));
}

/* A line once for each function that is inlined at its place, then the line itself. */
static void add_line(struct buf *out, const char *line, json_t *frame)
{
	const char *function = json_string_value(json_object_get(frame, "function"));
	json_t *sources = json_object_get(frame, "source"), *source;
	const char *name = function ? strstr(line, function) : NULL;
	size_t i, end;

	if (!name || !json_array_size(sources)) {
		buf_addf(out, "%s\n", line);
		return;
	}
	json_array_foreach(sources, i, source) {
		if (!json_is_true(json_object_get(source, "inlined")))
			continue;
		buf_addf(out, "%.*s%s", (int)(name - line), line,
			 json_string_value(json_object_get(source, "function")));
		add_place(out, source);
		buf_addf(out, " [inline]\n");
	}
	/* Behind the frame: a WARNING line may go on. */
	end = (size_t)(name - line) + strcspn(name, " \t");
	buf_addf(out, "%.*s", (int)end, line);
	add_place(out, json_array_get(sources, json_array_size(sources) - 1));
	buf_addf(out, "%s\n", line + end);
}

/**
 * crash_text() - a crash report as text
 * @crash: the report
 * @symbols: the kernel's, to look its frames up in; may be NULL
 *
 * Return: lines; the caller frees them
 */
char *crash_text(const struct crash *crash, struct symbols *symbols)
{
	json_t *doc = crash_json(crash, symbols), *frames = json_object_get(doc, "frames");
	json_t *lines = json_object_get(doc, "report"), *line, *frame;
	struct buf out = {};
	size_t i, next = 0;

	buf_add(&out, "", 0);
	json_array_foreach(lines, i, line) {
		frame = json_array_get(frames, next);
		if (frame && json_integer_value(json_object_get(frame, "line")) == (json_int_t)i)
			next++;
		else
			frame = NULL;
		add_line(&out, json_string_value(line), frame);
	}
	json_decref(doc);
	return out.data;
}
