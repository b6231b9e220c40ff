// SPDX-License-Identifier: GPL-2.0
/*
 * Writes a crash report as JSON: docs/crash-titles.md describes the members.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json-text.h"
#include "base/pattern.h"
#include "base/util.h"
#include "crash/crash-json.h"
#include "crash/crash-table.h"

/* "func+0x1/0x20 [module]"; the groups are its parts. */
static const char frame_pattern[] =
	"\\b([A-Za-z_][\\w.$]*)\\+0x([0-9a-f]{1,16})/0x([0-9a-f]{1,16})(?: \\[(\\w+))?";

static json_t *list_json(const struct strv *list)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < list->n; i++)
		json_array_append_new(array, json_text(list->v[i]));
	return array;
}

static json_t *sources_json(const struct sources *sources)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < sources->n; i++) {
		const struct source *s = &sources->v[i];

		json_array_append_new(array, json_pack("{s:s, s:s?, s:i, s:b}",
						       "function", s->function, "file", s->file,
						       "line", (int)s->line,
						       "inlined", s->inlined));
	}
	return array;
}

/**
 * struct frame - a place in the text that a line of a report names
 * @function: its name
 * @offset: bytes from its beginning
 * @size: its length
 * @module: the module that it is in, NULL: the kernel
 */
struct frame {
	char *function;
	uint64_t offset;
	uint64_t size;
	char *module;
};

static bool frame_read(const char *line, struct frame *f)
{
	struct span text = { .at = line, .len = strlen(line) }, groups[PATTERN_GROUPS];

	if (!pattern_find(frame_pattern, text, groups))
		return false;
	*f = (struct frame){
		.function = xasprintf("%.*s", (int)groups[1].len, groups[1].at),
		.offset = strtoull(groups[2].at, NULL, 16),
		.size = strtoull(groups[3].at, NULL, 16),
	};
	if (groups[4].at)
		f->module = xasprintf("%.*s", (int)groups[4].len, groups[4].at);
	return true;
}

static void frame_free(struct frame *f)
{
	free(f->function);
	free(f->module);
	memset(f, 0, sizeof(*f));
}

static bool same_place(const struct frame *a, const struct frame *b)
{
	return a->function && b->function && !strcmp(a->function, b->function) &&
	       a->offset == b->offset;
}

static bool in_trace(const char *line)
{
	struct span text = { .at = line, .len = strlen(line) };

	return pattern_find(crash_re.frame_lines[0], text, NULL);
}

/*
 * The lines that name a place. A stack trace has the places that calls return
 * to, but where a trap was is not such a one, there as anywhere else.
 */
static json_t *frames_json(const struct crash *crash, struct symbols *symbols)
{
	json_t *array = json_array();
	struct frame trap = {}, f;
	size_t i;

	for (i = 0; i < crash->lines.n; i++) {
		struct sources sources = {};
		bool traced;
		json_t *obj;

		if (!frame_read(crash->lines.v[i], &f))
			continue;
		traced = in_trace(crash->lines.v[i]);
		obj = json_pack("{s:I, s:s, s:I, s:I, s:s?}", "line", (json_int_t)i,
				"function", f.function, "offset", (json_int_t)f.offset,
				"size", (json_int_t)f.size, "module", f.module);
		if (symbols && !f.module) {
			symbols_find(symbols, f.function, f.offset, f.size,
				     traced && !same_place(&f, &trap), &sources);
			json_object_set_new(obj, "source", sources_json(&sources));
			sources_free(&sources);
		}
		json_array_append_new(array, obj);
		if (!traced && !trap.function)
			trap = f;
		else
			frame_free(&f);
	}
	frame_free(&trap);
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
			 "title", crash->title, "alternatives", list_json(&crash->alts),
			 "kind", crash->kind, "frame", crash->frame,
			 "corrupted", crash->corrupted, "start", (json_int_t)crash->start,
			 "end", (json_int_t)crash->end, "report", list_json(&crash->lines),
			 "frames", frames_json(crash, symbols));
}
