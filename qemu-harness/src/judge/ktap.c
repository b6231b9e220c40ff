// SPDX-License-Identifier: GPL-2.0
/*
 * Reads KTAP and TAP.
 *
 * The results of a test's parts come before its own, indented by more: they
 * are gathered in a group for each indentation, and a result takes the group
 * that is deeper than itself.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "judge/ktap.h"

/* Deeper nesting than this is no KTAP. */
#define DEPTH_MAX 16

/**
 * struct group - results of one indentation, so far
 * @indent: spaces before them
 * @test: holds them, and gets their name if they say it ("# Subtest:")
 */
struct group {
	size_t indent;
	struct ktap_test test;
};

/**
 * struct parser - state
 * @stack: groups, the outermost first
 * @depth: how many
 * @said: the last remark since a result, which may say why the next one is bad;
 *	  owned
 * @bailed: "Bail out!" was said; owned
 */
struct parser {
	struct group stack[DEPTH_MAX];
	size_t depth;
	char *said;
	char *bailed;
};

/**
 * struct result - a result line
 * @number: its number; 0 when it has none
 * @status: what it says
 * @name: owned
 * @reason: owned, or NULL
 */
struct result {
	size_t number;
	enum ktap_status status;
	char *name;
	char *reason;
};

const char *const ktap_status_names[] = {
	[KTAP_PASS] = "pass",
	[KTAP_FAIL] = "fail",
	[KTAP_SKIP] = "skip",
	[KTAP_XFAIL] = "xfail",
	[KTAP_DIED] = "died",
};

static bool begins(const char *line, const char *with)
{
	return !strncmp(line, with, strlen(with));
}

/* Moves past @with if the line begins with it. */
static bool skip_over(const char **line, const char *with)
{
	if (!begins(*line, with))
		return false;
	*line += strlen(with);
	return true;
}

static struct ktap_test *add(struct ktap_test *to, const char *name)
{
	struct ktap_test *test;

	to->sub = xrealloc(to->sub, (to->n + 1) * sizeof(*to->sub));
	test = &to->sub[to->n++];
	*test = (struct ktap_test){ .name = xstrdup(name) };
	return test;
}

/* Is any part of it, or a missing one, a failure? */
static bool parts_failed(const struct ktap_test *test)
{
	struct ktap_totals t = { 0 };

	for (size_t i = 0; i < test->n; i++)
		ktap_count(&test->sub[i], &t);
	return t.status[KTAP_FAIL] || t.status[KTAP_DIED] || t.missing || t.errors ||
	       test->disorder || (test->n && !test->has_plan) ||
	       (test->has_plan && test->n != test->plan);
}

/* @to takes the parts of the innermost group, which is over. */
static void close_group(struct parser *p, struct ktap_test *to)
{
	struct ktap_test *from = &p->stack[--p->depth].test;

	free(from->name);
	from->name = to->name;
	*to = *from;
}

/* The innermost group has no result of its own: whatever ran it has died. */
static void orphan_group(struct parser *p)
{
	const char *name = p->stack[p->depth - 1].test.name;
	struct ktap_test *test = add(&p->stack[p->depth - 2].test, name ?: "?");

	close_group(p, test);
	test->status = KTAP_DIED;
	test->reason = xstrdup("no result");
}

/* The group of an indentation, made if it isn't there. NULL: nested too deep. */
static struct ktap_test *group_at(struct parser *p, size_t indent)
{
	while (p->depth > 1 && p->stack[p->depth - 1].indent > indent &&
	       p->stack[p->depth - 2].indent >= indent)
		orphan_group(p);
	if (!p->depth || p->stack[p->depth - 1].indent < indent) {
		if (p->depth == DEPTH_MAX)
			return NULL;
		p->stack[p->depth++] = (struct group){ .indent = indent };
	}
	return &p->stack[p->depth - 1].test;
}

/* "1..N", also "1..0 # SKIP why", which the result of the whole repeats. */
static bool take_plan(struct parser *p, size_t indent, const char *line)
{
	struct ktap_test *group;
	char *end;
	size_t n;

	if (!skip_over(&line, "1.."))
		return false;
	n = strtoul(line, &end, 10);
	if (end == line || (*end && *end != ' '))
		return false;
	group = group_at(p, indent);
	if (group && !group->has_plan) {
		group->has_plan = true;
		group->plan = n;
	}
	return true;
}

/* Where the directive begins: a '#' that isn't escaped. */
static const char *find_directive(const char *text)
{
	for (const char *p = text; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		else if (*p == '#' && (p == text || p[-1] == ' '))
			return p;
	}
	return NULL;
}

static enum ktap_status directed(bool ok, const char *text, const char **reason)
{
	size_t len = strcspn(text, " ");

	*reason = text + len + strspn(text + len, " ");
	if (len == 4 && !strncasecmp(text, "SKIP", len))
		return KTAP_SKIP;
	if (len == 5 && !strncasecmp(text, "XFAIL", len))
		return KTAP_XFAIL;
	if (len == 4 && !strncasecmp(text, "TODO", len))
		return ok ? KTAP_PASS : KTAP_XFAIL;
	*reason = text;
	/* A test that had an error or was out of time has not passed. */
	if (begins(text, "TIMEOUT") || begins(text, "ERROR"))
		return KTAP_FAIL;
	return ok ? KTAP_PASS : KTAP_FAIL;
}

static char *trimmed(const char *text, size_t len)
{
	while (len && text[len - 1] == ' ')
		len--;
	return xasprintf("%.*s", (int)len, text);
}

static bool parse_result(const char *line, struct result *r)
{
	const char *directive, *reason = "";
	bool ok = false;
	char *end;

	if (skip_over(&line, "ok"))
		ok = true;
	else if (!skip_over(&line, "not ok"))
		return false;
	if (*line && *line != ' ')
		return false;
	line += strspn(line, " ");
	r->number = strtoul(line, &end, 10);
	line = end + strspn(end, " ");
	if (skip_over(&line, "- "))
		line += strspn(line, " ");
	directive = find_directive(line);
	r->name = trimmed(line, directive ? (size_t)(directive - line) : strlen(line));
	r->status = ok ? KTAP_PASS : KTAP_FAIL;
	if (directive)
		r->status = directed(ok, directive + 1 + strspn(directive + 1, " "), &reason);
	r->reason = *reason ? trimmed(reason, strlen(reason)) : NULL;
	return true;
}

static bool take_result(struct parser *p, size_t indent, const char *line)
{
	struct ktap_test *group, *test;
	struct result r = { 0 };
	bool parts;

	if (!parse_result(line, &r))
		return false;
	/* Its parts are in the one group that is deeper, if there is one. */
	while (p->depth > 1 && p->stack[p->depth - 2].indent > indent)
		orphan_group(p);
	parts = p->depth && p->stack[p->depth - 1].indent > indent;
	if (parts && (p->depth == 1 || p->stack[p->depth - 2].indent < indent) &&
	    p->depth < DEPTH_MAX) {
		/* Parts before anything that they could be parts of. */
		p->stack[p->depth] = p->stack[p->depth - 1];
		p->stack[p->depth++ - 1] = (struct group){ .indent = indent };
	}
	if (parts)
		group = p->depth > 1 ? &p->stack[p->depth - 2].test : NULL;
	else
		group = group_at(p, indent);
	if (!group) {
		free(r.name);
		free(r.reason);
		return true;
	}
	if (r.number && r.number != group->n + 1)
		group->disorder++;
	test = add(group, r.name);
	if (parts)
		close_group(p, test);
	test->status = r.status;
	test->reason = r.reason;
	if (test->status == KTAP_FAIL && !test->reason && !test->n) {
		test->reason = p->said;
		p->said = NULL;
	}
	free(p->said);
	p->said = NULL;
	if (test->status == KTAP_PASS && parts_failed(test)) {
		test->status = KTAP_FAIL;
		if (!test->reason)
			test->reason = xstrdup("a part of it failed");
	}
	free(r.name);
	return true;
}

static void take_line(struct parser *p, const char *line)
{
	size_t indent = strspn(line, " ");
	struct ktap_test *group;

	line += indent;
	if (begins(line, "KTAP version ") || begins(line, "TAP version ")) {
		group_at(p, indent);
	} else if (take_plan(p, indent, line) || take_result(p, indent, line)) {
		return;
	} else if (skip_over(&line, "# Subtest: ")) {
		group = group_at(p, indent);
		if (group && !group->name)
			group->name = xstrdup(line);
	} else if (skip_over(&line, "# ")) {
		free(p->said);
		p->said = xstrdup(line);
	} else if (begins(line, "Bail out!") && !p->bailed) {
		p->bailed = xstrdup(line);
	}
}

/**
 * ktap_parse() - read KTAP
 * @text: as it came; what is no KTAP in it is passed over
 * @len: how many bytes
 * @root: filled with the whole; for ktap_free(). Without any KTAP in @text it
 *	  has neither parts nor a plan
 */
void ktap_parse(const char *text, size_t len, struct ktap_test *root)
{
	struct parser p = { .depth = 0 };
	const char *end = text + len;

	*root = (struct ktap_test){ 0 };
	while (text < end) {
		const char *eol = memchr(text, '\n', (size_t)(end - text)) ?: end;
		size_t n = (size_t)(eol - text);
		char *line;

		/* A NUL would hide the rest of the line. */
		line = strndup(text, n && eol[-1] == '\r' ? n - 1 : n);
		take_line(&p, line);
		free(line);
		text = eol + 1;
	}
	while (p.depth > 1)
		orphan_group(&p);
	if (p.depth)
		close_group(&p, root);
	free(p.said);
	root->reason = p.bailed;
	if (p.bailed || parts_failed(root))
		root->status = KTAP_FAIL;
}

static void free_parts(struct ktap_test *test)
{
	for (size_t i = 0; i < test->n; i++) {
		free_parts(&test->sub[i]);
		free(test->sub[i].name);
		free(test->sub[i].reason);
	}
	free(test->sub);
	test->sub = NULL;
	test->n = 0;
}

/** ktap_free() - free what ktap_parse() filled in; may be done twice */
void ktap_free(struct ktap_test *root)
{
	free_parts(root);
	free(root->reason);
	*root = (struct ktap_test){ 0 };
}

/**
 * ktap_count() - count the results of a tree
 * @test: its top
 * @t: what is found is added
 *
 * A test with parts counts by its parts, and itself only when it failed though
 * none of them did.
 */
void ktap_count(const struct ktap_test *test, struct ktap_totals *t)
{
	unsigned int before = t->status[KTAP_FAIL] + t->status[KTAP_DIED] + t->missing + t->errors;
	unsigned int after;

	for (size_t i = 0; i < test->n; i++)
		ktap_count(&test->sub[i], t);
	if (test->has_plan && test->n < test->plan)
		t->missing += (unsigned int)(test->plan - test->n);
	t->errors += test->disorder + (test->has_plan && test->n > test->plan) +
		     (test->n && !test->has_plan);
	after = t->status[KTAP_FAIL] + t->status[KTAP_DIED] + t->missing + t->errors;
	if (test->status == KTAP_DIED)
		t->status[KTAP_DIED]++;
	else if (test->status == KTAP_FAIL && after == before)
		t->status[KTAP_FAIL]++;
	else if (!test->n && test->name && after == before)
		t->status[test->status]++;
}

/**
 * ktap_passed() - is all well?
 * @t: the totals
 *
 * Return: true when something passed (or failed as expected), and nothing
 * failed, died or is missing
 */
bool ktap_passed(const struct ktap_totals *t)
{
	return t->status[KTAP_PASS] + t->status[KTAP_XFAIL] && !t->status[KTAP_FAIL] &&
	       !t->status[KTAP_DIED] && !t->missing && !t->errors;
}

/**
 * ktap_json() - a tree as JSON
 * @root: its top
 *
 * Return: an array of its parts; a new reference
 */
json_t *ktap_json(const struct ktap_test *root)
{
	json_t *parts = json_array();

	for (size_t i = 0; i < root->n; i++) {
		const struct ktap_test *test = &root->sub[i];
		json_t *o = json_pack("{s:s, s:s, s:s*}", "name", test->name,
				      "status", ktap_status_names[test->status],
				      "reason", test->reason);

		if (test->has_plan)
			json_object_set_new(o, "planned", json_integer((json_int_t)test->plan));
		if (test->n)
			json_object_set_new(o, "tests", ktap_json(test));
		json_array_append_new(parts, o);
	}
	return parts;
}
