// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps what a bisection has seen in one file, which is whole at any time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json-text.h"
#include "bisect/bisect-state.h"

static const char *const seen_names[] = {
	[BISECT_SEEN_NOTHING] = "nothing",
	[BISECT_SEEN_CRASH] = "crash",
	[BISECT_SEEN_FAILURE] = "failure",
	[BISECT_SEEN_VOID] = "void",
};

static const char *const mark_names[] = {
	[BISECT_UNKNOWN] = "none",
	[BISECT_GOOD] = "good",
	[BISECT_BAD] = "bad",
	[BISECT_SKIP] = "skip",
};

/** bisect_build_free() - free what came of a build; may be done twice */
void bisect_build_free(struct bisect_build *build)
{
	free(build->signature);
	free(build->error);
	free(build->subject);
	*build = (struct bisect_build){};
}

/** bisect_run_free() - free what a run holds */
void bisect_run_free(struct bisect_run *run)
{
	free(run->text);
	strv_free(&run->titles);
	free(run->report);
	free(run->dir);
	*run = (struct bisect_run){};
}

/** bisect_state_free() - free all that is known; may be done twice */
void bisect_state_free(struct bisect_state *s)
{
	for (size_t i = 0; i < s->nr_kernels; i++) {
		for (size_t j = 0; j < s->kernels[i]->n; j++)
			bisect_run_free(&s->kernels[i]->runs[j]);
		free(s->kernels[i]->runs);
		free(s->kernels[i]->signature);
		free(s->kernels[i]);
	}
	for (size_t i = 0; i < s->nr_revs; i++) {
		free(s->revs[i]->hash);
		free(s->revs[i]->error);
		free(s->revs[i]->subject);
		free(s->revs[i]->contains);
		free(s->revs[i]);
	}
	free(s->kernels);
	free(s->revs);
	free(s->title);
	json_decref(s->result);
	*s = (struct bisect_state){};
}

/**
 * bisect_state_rev() - what is known of a revision
 * @s: the state
 * @hash: the revision
 *
 * Return: it; a new one when nothing was known
 */
struct bisect_rev *bisect_state_rev(struct bisect_state *s, const char *hash)
{
	struct bisect_rev *r;

	for (size_t i = 0; i < s->nr_revs; i++)
		if (!strcmp(s->revs[i]->hash, hash))
			return s->revs[i];
	r = xcalloc(1, sizeof(*r));
	r->hash = xstrdup(hash);
	r->at = -1;
	s->revs = xrealloc(s->revs, (s->nr_revs + 1) * sizeof(*s->revs));
	s->revs[s->nr_revs++] = r;
	return r;
}

/**
 * bisect_state_kernel() - the kernel with a signature
 * @s: the state
 * @signature: hash of what runs
 *
 * Return: it; a new one when there was none
 */
struct bisect_kernel *bisect_state_kernel(struct bisect_state *s, const char *signature)
{
	struct bisect_kernel *k;

	for (size_t i = 0; i < s->nr_kernels; i++)
		if (!strcmp(s->kernels[i]->signature, signature))
			return s->kernels[i];
	k = xcalloc(1, sizeof(*k));
	k->signature = xstrdup(signature);
	s->kernels = xrealloc(s->kernels, (s->nr_kernels + 1) * sizeof(*s->kernels));
	s->kernels[s->nr_kernels++] = k;
	return k;
}

/**
 * bisect_state_add() - one more run of a kernel
 * @k: the kernel
 *
 * Return: where it goes; valid until the next one
 */
struct bisect_run *bisect_state_add(struct bisect_kernel *k)
{
	k->runs = xrealloc(k->runs, (k->n + 1) * sizeof(*k->runs));
	k->runs[k->n] = (struct bisect_run){};
	return &k->runs[k->n++];
}

/**
 * bisect_state_showed() - how often the bug showed where it is
 * @s: the state
 * @hits: set to the runs that showed it
 * @runs: set to all runs of kernels that did at least once, but those that say nothing
 */
void bisect_state_showed(const struct bisect_state *s, unsigned int *hits, unsigned int *runs)
{
	*hits = 0;
	*runs = 0;
	for (size_t i = 0; i < s->nr_kernels; i++) {
		const struct bisect_kernel *k = s->kernels[i];

		*hits += k->hits;
		*runs += k->hits ? k->hits + k->silent : 0;
	}
}

/* What a document must say to be this bisection's. */
static json_t *identity(const struct bisect_config *config)
{
	json_t *doc = json_pack("{s:s, s:o, s:o, s:s, s:b, s:o, s:i, s:s?}",
				"format", BISECT_FORMAT, "good", json_texts(&config->good),
				"skip", json_texts(&config->skip), "bad", config->bad,
				"fix", config->fix, "title", json_text(config->title),
				"runs", (int)config->runs, "compiler", config->compiler);

	if (config->facts)
		json_object_set(doc, "facts", config->facts);
	return doc;
}

static json_t *kernel_json(const struct bisect_kernel *k)
{
	json_t *runs = json_array();

	for (unsigned int i = 0; i < k->n; i++) {
		const struct bisect_run *r = &k->runs[i];

		json_array_append_new(runs, json_pack("{s:s, s:o, s:o, s:o, s:o}",
						      "seen", seen_names[r->seen],
						      "text", json_text(r->text),
						      "titles", json_texts(&r->titles),
						      "report", json_text(r->report),
						      "dir", json_text(r->dir)));
	}
	return json_pack("{s:s, s:o, s:o}", "signature", k->signature, "runs", runs,
			 "rate", json_rate(k->hits, k->hits + k->silent));
}

static json_t *state_json(const struct bisect_state *s)
{
	json_t *doc = identity(s->config), *kernels = json_array(), *revs = json_array();
	unsigned int hits, runs;

	for (size_t i = 0; i < s->nr_kernels; i++)
		json_array_append_new(kernels, kernel_json(s->kernels[i]));
	for (size_t i = 0; i < s->nr_revs; i++) {
		const struct bisect_rev *r = s->revs[i];

		json_array_append_new(revs, json_pack("{s:s, s:o, s:s?, s:o, s:s, s:f, s:f}",
						      "commit", r->hash,
						      "subject", json_text(r->subject), "signature",
						      r->kernel ? r->kernel->signature : NULL,
						      "error", json_text(r->error), "mark",
						      mark_names[r->mark], "build_s", r->build_s,
						      "test_s", r->test_s));
	}
	bisect_state_showed(s, &hits, &runs);
	json_object_update_new(doc, json_pack("{s:o, s:o, s:o, s:o, s:f, s:O?}",
					      "looked_for", json_text(s->title),
					      "kernels", kernels, "revisions", revs,
					      "rate", json_rate(hits, runs),
					      "seconds", now() - s->started,
					      "result", s->result));
	return doc;
}

/**
 * bisect_state_save() - write the file
 * @s: the state
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int bisect_state_save(const struct bisect_state *s)
{
	char *text __cleanup(free_ptr) = NULL;
	json_auto_t *doc = NULL;

	if (!s->config->state)
		return 0;
	doc = state_json(s);
	text = json_dumps(doc, JSON_INDENT(1));
	return text ? write_file_atomic(s->config->state, text, strlen(text)) : -ENOMEM;
}

/* A member that may be null. */
static const char *member(const json_t *doc, const char *name)
{
	return json_string_value(json_object_get(doc, name));
}

/* This and the next ones read parts of the document into the state. */
static int take_run(struct bisect_kernel *k, json_t *doc)
{
	const char *seen = text_of(doc, "seen"), *text;
	struct bisect_run *run;
	json_t *title;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(seen_names) && strcmp(seen_names[i], seen); i++)
		;
	if (i == ARRAY_SIZE(seen_names) || json_unpack(doc, "{s:s}", "text", &text))
		return -EINVAL;
	run = bisect_state_add(k);
	run->seen = (enum bisect_seen)i;
	run->text = xstrdup(text);
	json_array_foreach(json_object_get(doc, "titles"), i, title)
		strv_push(&run->titles, json_string_value(title) ?: "");
	run->report = xstrdup(member(doc, "report"));
	run->dir = xstrdup(member(doc, "dir"));
	return 0;
}

static int take_kernel(struct bisect_state *s, json_t *doc)
{
	struct bisect_kernel *k;
	const char *signature;
	json_t *runs, *run;
	int rc = 0;
	size_t i;

	if (json_unpack(doc, "{s:s, s:o}", "signature", &signature, "runs", &runs))
		return -EINVAL;
	k = bisect_state_kernel(s, signature);
	json_array_foreach(runs, i, run)
		rc |= take_run(k, run);
	return rc;
}

static int take_rev(struct bisect_state *s, json_t *doc)
{
	const char *hash, *signature = member(doc, "signature");
	double build_s, test_s;
	struct bisect_rev *r;

	if (json_unpack(doc, "{s:s, s:F, s:F}", "commit", &hash, "build_s", &build_s, "test_s",
			&test_s))
		return -EINVAL;
	r = bisect_state_rev(s, hash);
	r->kernel = signature ? bisect_state_kernel(s, signature) : NULL;
	r->error = xstrdup(member(doc, "error"));
	r->subject = xstrdup(member(doc, "subject"));
	r->build_s = build_s;
	r->test_s = test_s;
	return 0;
}

static int take_state(struct bisect_state *s, json_t *doc)
{
	json_t *kernels, *revs, *one;
	double seconds;
	size_t i;
	int rc;

	rc = json_unpack(doc, "{s:o, s:o, s:F}", "kernels", &kernels, "revisions", &revs,
			 "seconds", &seconds);
	if (rc)
		return -EINVAL;
	s->started -= seconds;
	json_array_foreach(kernels, i, one)
		rc |= take_kernel(s, one);
	json_array_foreach(revs, i, one)
		rc |= take_rev(s, one);
	return rc ? -EINVAL : 0;
}

/* What of @want is another one in @doc, or NULL. */
static const char *differs(json_t *want, json_t *doc)
{
	json_t *value, *other;
	const char *key;

	json_object_foreach(want, key, value) {
		other = json_object_get(doc, key);
		if (json_is_object(value) && json_is_object(other) && differs(value, other))
			return differs(value, other);
		if (!json_equal(value, other))
			return key;
	}
	return NULL;
}

/**
 * bisect_state_load() - what earlier calls have seen
 * @s: filled; for bisect_state_free()
 * @config: what the bisection is about; its file need not exist
 *
 * Return: 0; -EEXIST when the file is another bisection's, or another negative
 * errno; the reason was printed
 */
int bisect_state_load(struct bisect_state *s, const struct bisect_config *config)
{
	json_auto_t *doc = NULL, *want = NULL;
	json_error_t error;
	const char *other;
	int rc;

	*s = (struct bisect_state){ .config = config, .started = now() };
	if (!config->state || !file_exists(config->state))
		return 0;
	doc = json_load_file(config->state, 0, &error);
	if (!doc) {
		pr_err("%s: %s; remove it to begin anew", config->state, error.text);
		return -EINVAL;
	}
	want = identity(config);
	other = differs(want, doc);
	if (other) {
		pr_err("%s is of another bisection (%s differs); remove it, or choose another directory",
		       config->state, other);
		return -EEXIST;
	}
	rc = take_state(s, doc);
	if (rc)
		pr_err("%s is damaged; remove it to begin anew", config->state);
	if (rc)
		bisect_state_free(s);
	return rc;
}
