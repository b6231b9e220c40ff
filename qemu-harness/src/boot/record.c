// SPDX-License-Identifier: GPL-2.0
/*
 * Parses the lines of the record channel.
 */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/console.h"
#include "base/printable.h"
#include "base/util.h"
#include "boot/record.h"

/**
 * struct record_form - the members that a kind of record must have
 * @name: its "t"
 * @kind: what that is for us
 * @l1: it is L1's form of the record
 * @text: name of its string, or NULL
 * @number: name of its number, or NULL
 * @counters: it carries the counters
 */
struct record_form {
	const char *name;
	enum record_kind kind;
	bool l1;
	const char *text;
	const char *number;
	bool counters;
};

static const struct record_form forms[] = {
	{ .name = "boot", .kind = RECORD_BOOT, .text = "release", .number = "cpus" },
	{ .name = "module", .kind = RECORD_MODULE, .text = "restore", .number = "rc" },
	{ .name = "control", .kind = RECORD_CONTROL, .number = "seen" },
	{ .name = "load", .kind = RECORD_LOAD, .text = "workload" },
	{ .name = "tick", .kind = RECORD_TICK, .counters = true },
	{ .name = "violation", .kind = RECORD_VIOLATION, .text = "title" },
	{ .name = "counts", .kind = RECORD_COUNTS },
	{ .name = "livepatch", .kind = RECORD_LIVEPATCH, .text = "name", .number = "rc" },
	{ .name = "planted", .kind = RECORD_PLANTED, .text = "plant", .number = "seen" },
	{ .name = "chore", .kind = RECORD_CHORE, .text = "name", .number = "rc" },
	{ .name = "reload", .kind = RECORD_RELOAD, .number = "done" },
	{ .name = "command", .kind = RECORD_COMMAND, .text = "error", .number = "status" },
	{ .name = "output", .kind = RECORD_OUTPUT, .text = "line" },
	{ .name = "ktap", .kind = RECORD_KTAP, .text = "line" },
	{ .name = "error", .kind = RECORD_ERROR, .text = "what" },
	{ .name = "done", .kind = RECORD_DONE, .counters = true },
	{ .name = "boot", .kind = RECORD_BOOT, .l1 = true },
	{ .name = "l2", .kind = RECORD_L2, .l1 = true, .number = "pid" },
	{ .name = "tick", .kind = RECORD_TICK, .l1 = true },
	{ .name = "exit", .kind = RECORD_EXIT, .l1 = true, .number = "status" },
	{ .name = "error", .kind = RECORD_ERROR, .l1 = true, .text = "what" },
};

static const struct record_form *form_find(const char *name, bool l1)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(forms); i++)
		if (forms[i].l1 == l1 && !strcmp(forms[i].name, name))
			return &forms[i];
	return NULL;
}

static int get_int(const json_t *obj, const char *name, int64_t min, int64_t *out)
{
	const json_t *v = json_object_get(obj, name);

	if (!json_is_integer(v) || json_integer_value(v) < min)
		return -EINVAL;
	*out = json_integer_value(v);
	return 0;
}

static int get_count(const json_t *obj, const char *name, uint64_t *out)
{
	int64_t v;

	if (get_int(obj, name, 0, &v))
		return -EINVAL;
	*out = (uint64_t)v;
	return 0;
}

/* A number that older guests don't send: 0 when it is absent. */
static int get_new_count(const json_t *obj, const char *name, uint64_t *out)
{
	*out = 0;
	return json_object_get(obj, name) ? get_count(obj, name, out) : 0;
}

static int get_text(const json_t *obj, const char *name, char **out)
{
	const json_t *v = json_object_get(obj, name);

	if (!json_is_string(v))
		return -EINVAL;
	*out = printable_line(json_string_value(v));
	return 0;
}

static int get_counters(const json_t *obj, struct record_counters *c)
{
	if (get_count(obj, "waits", &c->waits) ||
	    get_count(obj, "slow_pv", &c->slow_pv) ||
	    get_count(obj, "slow_native", &c->slow_native) ||
	    get_count(obj, "violations", &c->violations) ||
	    get_count(obj, "lost", &c->lost) ||
	    get_count(obj, "ops", &c->ops) ||
	    get_new_count(obj, "longest_ns", &c->longest_ns) ||
	    get_new_count(obj, "waited_ns", &c->waited_ns) ||
	    get_int(obj, "first_ms", -1, &c->first_ms) ||
	    get_int(obj, "load_ms", 0, &c->load_ms))
		return -EINVAL;
	return 0;
}

static int get_sites(const json_t *obj, struct record *r)
{
	const json_t *sites = json_object_get(obj, "sites"), *site;
	size_t i;

	if (!json_is_array(sites))
		return -EINVAL;
	r->sites = xcalloc(json_array_size(sites) + 1, sizeof(*r->sites));
	json_array_foreach(sites, i, site) {
		struct record_site *s = &r->sites[r->nr_sites++];

		if (get_text(site, "site", &s->site) || get_count(site, "hits", &s->hits) ||
		    get_count(site, "violations", &s->violations))
			return -EINVAL;
	}
	return 0;
}

static int record_fill(const json_t *obj, struct record *r)
{
	const json_t *from = json_object_get(obj, "from");
	const json_t *kind = json_object_get(obj, "t");
	const json_t *up = json_object_get(obj, "up");
	const struct record_form *form;

	if (!json_is_string(kind) || !json_is_number(up))
		return -EINVAL;
	if (from && (!json_is_string(from) || strcmp(json_string_value(from), "l1")))
		return -EINVAL;
	r->l1 = from;
	r->up = json_number_value(up);

	form = form_find(json_string_value(kind), r->l1);
	if (!form) {
		/* A newer guest may say more than we understand. */
		r->kind = RECORD_OTHER;
		return 0;
	}
	r->kind = form->kind;
	if (form->text && get_text(obj, form->text, &r->text))
		return -EINVAL;
	/* Its negative is a number, too. */
	if (form->number && get_int(obj, form->number, -INT64_MAX, &r->number))
		return -EINVAL;
	if (form->counters && get_counters(obj, &r->counters))
		return -EINVAL;
	if ((r->kind == RECORD_VIOLATION || r->kind == RECORD_PLANTED) &&
	    get_text(obj, "site", &r->site))
		return -EINVAL;
	if (r->kind == RECORD_VIOLATION && json_object_get(obj, "caller") &&
	    get_text(obj, "caller", &r->caller))
		return -EINVAL;
	if (r->kind == RECORD_COUNTS && get_sites(obj, r))
		return -EINVAL;
	if (r->kind == RECORD_COMMAND &&
	    (get_int(obj, "runs", 0, &r->ran) || get_int(obj, "failed", 0, &r->failed) ||
	     get_int(obj, "killed", 0, &r->killed) || get_int(obj, "ms", 0, &r->ms)))
		return -EINVAL;
	if (r->kind == RECORD_PLANTED && get_int(obj, "ran", 1, &r->ran))
		return -EINVAL;
	if (r->kind == RECORD_CHORE && json_object_get(obj, "skipped") &&
	    get_text(obj, "skipped", &r->skipped))
		return -EINVAL;
	if (r->kind == RECORD_CHORE)
		r->ran = json_integer_value(json_object_get(obj, "rounds"));
	if (r->kind == RECORD_BOOT && !r->l1) {
		const json_t *pv = json_object_get(obj, "pv");

		if (!json_is_boolean(pv))
			return -EINVAL;
		r->pv = json_is_true(pv);
	}
	return 0;
}

/**
 * record_parse() - one line of the record channel
 * @line: the line, without its newline
 * @len: its length
 * @r: filled in on success; for record_free()
 *
 * Return: 0, or -EINVAL when the line is not a whole and valid record.
 */
int record_parse(const char *line, size_t len, struct record *r)
{
	int rc;

	memset(r, 0, sizeof(*r));
	r->counters.first_ms = -1;
	r->whole = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	rc = r->whole ? record_fill(r->whole, r) : -EINVAL;
	if (rc)
		record_free(r);
	return rc;
}

/**
 * struct taker - gets records
 * @take: the function
 * @ctx: for it
 */
struct taker {
	void (*take)(void *ctx, struct record *r);
	void *ctx;
};

static void take_line(void *ctx, const char *line, size_t len)
{
	const struct taker *t = ctx;
	struct record r;

	/* What a dying guest left of a line proves nothing. */
	if (record_parse(line, len, &r))
		return;
	t->take(t->ctx, &r);
	record_free(&r);
}

/**
 * records_each() - all records of a boot
 * @text: its records.jsonl; lines that are no records are passed over
 * @len: its length
 * @take: gets each record, which is freed then
 * @ctx: for @take
 */
void records_each(const char *text, size_t len, void (*take)(void *ctx, struct record *r),
		  void *ctx)
{
	struct taker taker = { take, ctx };
	struct console lines = { .fn = take_line, .ctx = &taker };

	console_feed(&lines, text, len);
	console_end(&lines);
}

/**
 * record_sites_free() - free a list of sites
 * @sites: the list; may be NULL
 * @n: how many are in it
 */
void record_sites_free(struct record_site *sites, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(sites[i].site);
	free(sites);
}

/**
 * record_free() - free what record_parse() filled in
 * @r: the record; may be freed twice
 */
void record_free(struct record *r)
{
	record_sites_free(r->sites, r->nr_sites);
	free(r->text);
	free(r->site);
	free(r->caller);
	free(r->skipped);
	json_decref(r->whole);
	*r = (struct record){};
}
