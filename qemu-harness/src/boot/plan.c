// SPDX-License-Identifier: GPL-2.0
/*
 * Plans: defaults, copies, and their form in run.json.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "boot/detector.h"
#include "boot/load.h"
#include "boot/plan.h"

/* Boots have "plan" since this format. */
#define PLAN_FORMAT "irqsan-boot/2"

enum kind {
	NUMBER,
	FLAG,
	TEXT,
	LIST,
};

/**
 * struct field - a member of a plan, but for those that stand for something by name
 * @name: in JSON
 * @kind: its type
 * @at: its offset
 */
struct field {
	const char *name;
	enum kind kind;
	size_t at;
};

#define FIELD(kind, name) { #name, kind, offsetof(struct plan, name) }

static const struct field fields[] = {
	FIELD(LIST, args), FIELD(NUMBER, repeat), FIELD(NUMBER, procs),
	FIELD(NUMBER, cpus), FIELD(NUMBER, memory_mb), FIELD(NUMBER, seconds),
	FIELD(NUMBER, scale), FIELD(NUMBER, timeout), FIELD(NUMBER, reload),
	FIELD(FLAG, icount), FIELD(FLAG, proof), FIELD(FLAG, planted),
	FIELD(FLAG, tracers), FIELD(FLAG, expect_pv), FIELD(FLAG, until_first),
	FIELD(LIST, chores), FIELD(LIST, add), FIELD(LIST, insmod), FIELD(LIST, modprobe),
	FIELD(LIST, devices), FIELD(LIST, qemu_args), FIELD(LIST, ignore),
	FIELD(TEXT, cmdline), FIELD(TEXT, qemu), FIELD(TEXT, module), FIELD(TEXT, params),
	FIELD(TEXT, syz), FIELD(TEXT, livepatch), FIELD(TEXT, root),
};

static void *member(const struct plan *plan, const struct field *f)
{
	return (char *)plan + f->at;
}

/**
 * plan_init() - a plan with the defaults
 * @plan: filled; for plan_free()
 */
void plan_init(struct plan *plan)
{
	*plan = (struct plan){
		.detector = &detector_irqsan, .load = load_find("mkdir-storm"),
		.cpus = 4, .memory_mb = 512, .seconds = 30, .until_first = true, .repeat = 1,
		.procs = 1, .scale = 100,
	};
}

/**
 * plan_set() - replace a string of a plan
 * @to: the member
 * @value: its new value, copied; or NULL
 */
void plan_set(char **to, const char *value)
{
	free(*to);
	*to = value ? xstrdup(value) : NULL;
}

static void list_copy(struct strv *to, const struct strv *from)
{
	*to = (struct strv){};
	for (size_t i = 0; i < from->n; i++)
		strv_push(to, from->v[i]);
}

/**
 * plan_copy() - an equal plan
 * @to: filled; for plan_free()
 * @from: the plan
 */
void plan_copy(struct plan *to, const struct plan *from)
{
	*to = *from;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field *f = &fields[i];

		if (f->kind == LIST) {
			list_copy(member(to, f), member(from, f));
		} else if (f->kind == TEXT) {
			*(char **)member(to, f) = NULL;
			plan_set(member(to, f), *(char **)member(from, f));
		}
	}
}

static json_t *list_json(const struct strv *list)
{
	json_t *doc = json_array();

	for (size_t i = 0; i < list->n; i++) {
		if (json_array_append_new(doc, json_string(list->v[i]))) {
			json_decref(doc);
			return NULL;
		}
	}
	return doc;
}

static json_t *field_json(const struct plan *plan, const struct field *f)
{
	const void *at = member(plan, f);

	switch (f->kind) {
	case NUMBER:
		return json_integer(*(const unsigned int *)at);
	case FLAG:
		return json_boolean(*(const bool *)at);
	case TEXT:
		return *(char *const *)at ? json_string(*(char *const *)at) : json_null();
	default:
		return list_json(at);
	}
}

/**
 * plan_to_json() - a plan as run.json has it
 * @plan: the plan
 * @doc: filled with a new reference
 *
 * Return: 0, or -EINVAL when a string isn't UTF-8; the reason was printed
 */
int plan_to_json(const struct plan *plan, json_t **doc)
{
	*doc = json_pack("{s:s, s:s, s:s}", "accel", accel_name(plan->accel),
			 "detector", plan->detector->name, "workload", plan->load->name);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!json_object_set_new(*doc, fields[i].name, field_json(plan, &fields[i])))
			continue;
		pr_err("\"%s\" of what is ordered isn't UTF-8", fields[i].name);
		json_decref(*doc);
		*doc = NULL;
		return -EINVAL;
	}
	return 0;
}

static int read_field(const json_t *doc, const struct field *f, struct plan *plan)
{
	const json_t *value = json_object_get(doc, f->name), *item;
	void *at = member(plan, f);
	size_t i;

	/* An older irqsan had no such orders. */
	if (!value || json_is_null(value))
		return 0;
	if (f->kind == NUMBER && json_is_integer(value) && json_integer_value(value) >= 0) {
		*(unsigned int *)at = (unsigned int)json_integer_value(value);
	} else if (f->kind == FLAG && json_is_boolean(value)) {
		*(bool *)at = json_is_true(value);
	} else if (f->kind == TEXT && json_is_string(value)) {
		plan_set(at, json_string_value(value));
	} else if (f->kind == LIST && json_is_array(value)) {
		json_array_foreach(value, i, item)
			strv_push(at, json_string_value(item) ?: "");
	} else {
		pr_err("run.json: \"%s\" is of the wrong type", f->name);
		return -EINVAL;
	}
	return 0;
}

static bool is_true(const json_t *doc, const char *name)
{
	return json_is_true(json_object_get(doc, name));
}

/* Before there were plans, run.json had facts. */
static void read_facts(const json_t *run, struct plan *plan)
{
	const char *load = json_string_value(json_object_get(run, "workload"));
	const char *chores = json_string_value(json_object_get(run, "chores"));
	bool bare = is_true(run, "bare"), check = is_true(run, "check");
	char *copy = xstrdup(chores ?: ""), *save = NULL, *name;

	for (name = strtok_r(copy, ",", &save); name; name = strtok_r(NULL, ",", &save))
		strv_push(&plan->chores, name);
	free(copy);
	plan->expect_pv = is_true(run, "expect_pv");
	plan->icount = is_true(run, "icount") ||
		       json_integer_value(json_object_get(run, "icount"));
	plan->planted = is_true(run, "planted");
	if (is_true(run, "livepatch"))
		plan_set(&plan->livepatch, "");
	if (is_true(run, "selftest"))
		plan->load = load_find("selftest");
	else if (plan->icount)
		plan->load = load_find("bench");
	else if (load && load_find(load))
		plan->load = load_find(load);
	plan->detector = bare ? &detector_builtin : &detector_irqsan;
	plan->proof = check || (!bare && !is_true(run, "selftest"));
}

/**
 * plan_from_json() - the plan of a boot
 * @run: its run.json, of this format or the first one
 * @plan: filled on success; for plan_free()
 *
 * Return: 0, or -EINVAL; the reason was printed
 */
int plan_from_json(const json_t *run, struct plan *plan)
{
	const char *format = json_string_value(json_object_get(run, "format"));
	const char *accel, *detector, *load;
	const json_t *doc = run;
	json_error_t error;
	int rc = 0;

	plan_init(plan);
	if (!format || strcmp(format, PLAN_FORMAT)) {
		accel = json_string_value(json_object_get(run, "accel"));
		read_facts(run, plan);
	} else {
		doc = json_object_get(run, "plan");
		if (json_unpack_ex((json_t *)doc, &error, 0, "{s:s, s:s, s:s}", "accel", &accel,
				   "detector", &detector, "workload", &load)) {
			pr_err("run.json: \"plan\": %s", error.text);
			rc = -EINVAL;
		} else {
			plan->detector = detector_find(detector);
			plan->load = load_find(load);
		}
		for (size_t i = 0; !rc && i < ARRAY_SIZE(fields); i++)
			rc = read_field(doc, &fields[i], plan);
	}
	if (!rc && (!accel || accel_parse(accel, &plan->accel) || !plan->detector ||
		    !plan->load)) {
		pr_err("run.json: no such accelerator, detector or load");
		rc = -EINVAL;
	}
	if (rc)
		plan_free(plan);
	return rc;
}

/**
 * plan_free() - free what a plan owns
 * @plan: the plan; may be freed twice
 */
void plan_free(struct plan *plan)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (fields[i].kind == LIST)
			strv_free(member(plan, &fields[i]));
		else if (fields[i].kind == TEXT)
			plan_set(member(plan, &fields[i]), NULL);
	}
}
