// SPDX-License-Identifier: GPL-2.0
/*
 * Writes a crash report as JSON, which docs/crash-titles.md describes, and as text in
 * the form in which kernel CI systems mail it:
 *
 *	 kvm_wait arch/x86/kernel/kvm.c:860 [inline]
 *	 kvm_wait+0xc3/0xe0 arch/x86/kernel/kvm.c:837
 */
#include <stdlib.h>
#include <string.h>

#include "base/json-text.h"
#include "base/pattern.h"
#include "base/util.h"
#include "crash/crash-report.h"
#include "crash/crash-table.h"

/* "func+0x1/0x20 [module]"; the groups are its parts. */
static const char frame_pattern[] =
	"\\b([A-Za-z_][\\w.$]*)\\+0x([0-9a-f]{1,16})/0x([0-9a-f]{1,16})(?: \\[(\\w+))?";

/*
 * The lines that name a place. A stack trace has the places that calls return
 * to, but where a trap was is not such a one, there as anywhere else.
 */
static json_t *frames_json(const struct crash *crash, struct symbols *symbols)
{
	json_t *array = json_array(), *trap = NULL;
	struct span part[PATTERN_GROUPS];
	size_t i;

	for (i = 0; i < crash->lines.n; i++) {
		struct span line = { crash->lines.v[i], strlen(crash->lines.v[i]) };
		json_t *frame, *place;
		uint64_t offset, size;
		bool traced;

		if (!pattern_find(frame_pattern, line, part))
			continue;
		traced = pattern_find(re_frame_lines[0], line, NULL);
		offset = strtoull(part[2].at, NULL, 16);
		size = strtoull(part[3].at, NULL, 16);
		place = json_pack("[s%, I]", part[1].at, part[1].len, (json_int_t)offset);
		frame = json_pack("{s:I, s:O, s:I, s:I, s:o}", "line", (json_int_t)i,
				  "function", json_array_get(place, 0),
				  "offset", (json_int_t)offset, "size", (json_int_t)size, "module",
				  part[4].at ? json_stringn(part[4].at, part[4].len) : json_null());
		if (symbols && !part[4].at)
			json_object_set_new(frame, "source",
					    symbols_find(symbols, text_of(frame, "function"),
							 offset, size,
							 traced && !json_equal(place, trap)));
		json_array_append_new(array, frame);
		if (!traced && !trap)
			trap = json_incref(place);
		json_decref(place);
	}
	json_decref(trap);
	return array;
}

/**
 * crash_json() - a crash report as JSON
 * @crash: the report
 * @symbols: the kernel's, to look its frames up in; may be NULL
 *
 * Return: an object.
 */
json_t *crash_json(const struct crash *crash, struct symbols *symbols)
{
	return json_pack("{s:s, s:o, s:s, s:s?, s:s?, s:I, s:I, s:o, s:o}",
			 "title", crash->title, "alternatives", json_texts(&crash->alts),
			 "kind", crash->kind, "frame", crash->frame,
			 "corrupted", crash->corrupted, "start", (json_int_t)crash->start,
			 "end", (json_int_t)crash->end, "report", json_texts(&crash->lines),
			 "frames", frames_json(crash, symbols));
}

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
	json_auto_t *doc = crash_json(crash, symbols);
	json_t *frames = json_object_get(doc, "frames");
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
	return out.data;
}
