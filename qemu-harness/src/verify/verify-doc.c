// SPDX-License-Identifier: GPL-2.0
/*
 * Presents a verification: as a document, and two texts made of it.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/json-text.h"
#include "base/stats.h"
#include "base/util.h"
#include "verify/verify-doc.h"

static const char *const sides[VERIFY_SIDES] = { "before", "after" };

/* What a fix may spoil. */
static const struct {
	const char *name;
	const char *unit;
} measures[] = {
	{ "boot to init", "s" },
	{ "kvm_wait, mean", "ms" },
	{ "kvm_wait, longest", "ms" },
};

/* The values of these; a boot that doesn't tell has a value of 0, and is left out. */
static double measured(const struct verdict *v, size_t measure)
{
	const double values[ARRAY_SIZE(measures)] = {
		v->boot_s,
		v->count.waits ? (double)v->count.waited_ns / (double)v->count.waits / 1e6 : 0,
		(double)v->count.longest_ns / 1e6,
	};

	return values[measure];
}

static json_t *range_json(struct stats_range r)
{
	return json_pack("{s:f, s:f, s:f}", "low", r.low, "mid", r.mid, "high", r.high);
}

static json_t *sample_json(const double *values, size_t n)
{
	json_t *doc = json_pack("{s:i}", "n", (int)n);

	if (n)
		json_object_set_new(doc, "median",
				    range_json(stats_median(values, n, VERIFY_CONFIDENCE)));
	return doc;
}

static json_t *measures_json(const struct result *result)
{
	double *before __cleanup(free_ptr) = xcalloc(result->n + 1, sizeof(double));
	double *after __cleanup(free_ptr) = xcalloc(result->n + 1, sizeof(double));
	double *const values[VERIFY_SIDES] = { before, after };
	json_t *list = json_array();

	for (size_t m = 0; m < ARRAY_SIZE(measures); m++) {
		size_t n[VERIFY_SIDES] = {};
		unsigned int i;

		for (i = 0; i < result->n; i++) {
			const struct verdict *v = result_verdict(result, i);
			unsigned int side = i % VERIFY_SIDES;

			if (v && v->outcome != OUTCOME_LOST && measured(v, m) > 0)
				values[side][n[side]++] = measured(v, m);
		}
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:o, s:o, s:f}",
						"name", measures[m].name, "unit", measures[m].unit,
						"before", sample_json(before, n[0]),
						"after", sample_json(after, n[1]),
						"p", stats_median_test(before, n[0], after,
								       n[1])));
	}
	return list;
}

static json_t *kinds_json(const struct verify_decision *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->nr_kinds; i++)
		json_array_append_new(list, json_pack("{s:s, s:i, s:i, s:b}",
						      "title", d->kinds[i].name,
						      "before", (int)d->kinds[i].before,
						      "after", (int)d->kinds[i].after,
						      "hit", d->kinds[i].hit));
	return list;
}

static json_t *side_json(const struct verify_report *r, unsigned int side)
{
	const struct verify_tally *t = side ? &r->decision->after : &r->decision->before;
	unsigned int boots = 0, lost = 0;
	json_int_t waits = 0;
	json_t *doc;

	for (unsigned int i = side; i < r->result->n; i += VERIFY_SIDES) {
		const struct result_run *run = &r->result->runs[i];

		boots += run->n;
		for (unsigned int j = 0; j < run->n; j++)
			lost += run->attempts[j].verdict.outcome == OUTCOME_LOST;
		if (run->n)
			waits += (json_int_t)result_verdict(r->result, i)->count.waits;
	}
	doc = json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:I, s:o}",
			"runs", (int)t->runs, "hits", (int)t->hits, "others", (int)t->others,
			"lost", (int)t->lost, "inconclusive", (int)t->inconclusive,
			"boots", (int)boots, "lost_boots", (int)lost, "waits", waits,
			"rate", range_json(stats_rate(t->hits, t->runs, VERIFY_CONFIDENCE)));
	json_object_update(doc, r->facts[side]);
	return doc;
}

static json_t *rule_json(const struct verify_report *r)
{
	char *text __cleanup(free_ptr) = verify_plan_text(r->plan);
	json_t *looks = json_array();

	for (unsigned int i = 0; i < r->plan->nr; i++)
		json_array_append_new(looks, json_pack("{s:i, s:f}",
						       "runs", (int)r->plan->look[i].runs,
						       "alpha", r->plan->look[i].alpha));
	return json_pack("{s:f, s:o, s:i, s:s}", "alpha", r->plan->alpha, "looks", looks,
			 "ended_at", (int)r->decision->look, "text", text);
}

/**
 * verify_json() - the whole document
 * @r: what is known
 *
 * Return: a new reference
 */
json_t *verify_json(const struct verify_report *r)
{
	const struct verify_decision *d = r->decision;
	json_auto_t *boots = result_json(r->result);
	json_t *runs = json_object_get(boots, "runs"), *run;
	size_t i;

	json_array_foreach(runs, i, run)
		json_object_set_new(run, "side", json_string(sides[i % VERIFY_SIDES]));
	return json_pack("{s:s, s:s, s:s, s:s?, s:f, s:i, s:o, s:o, s:o, s:o, s:o, s:O}",
			 "format", VERIFY_FORMAT,
			 "verdict", verify_names[d->answer],
			 "why", d->why,
			 "title", r->title,
			 "p", d->p,
			 "needed", (int)d->needed,
			 "rule", rule_json(r),
			 "before", side_json(r, 0),
			 "after", side_json(r, 1),
			 "findings", kinds_json(d),
			 "measures", measures_json(r->result),
			 "runs", runs);
}

/* "5 of 5, 100 % (48-100 %)": the interval in brackets; the caller frees it. */
static char *rate_text(const json_t *side)
{
	const json_t *rate = json_object_get(side, "rate");

	if (!int_of(side, "runs"))
		return xstrdup("no boot that says so");
	return xasprintf("%d of %d, %.0f %% (%.0f-%.0f %%)", int_of(side, "hits"),
			 int_of(side, "runs"), 100 * real_of(rate, "mid"),
			 100 * real_of(rate, "low"), 100 * real_of(rate, "high"));
}

/**
 * verify_number() - a measure: three digits, or all that are before the point
 * @x: the measure
 *
 * Return: the text; the caller frees it
 */
char *verify_number(double x)
{
	return xasprintf(x >= 100 ? "%.0f" : "%.3g", x);
}

/* "10.6 (5.83-10.9)"; the caller frees it. */
static char *sample_text(const json_t *sample)
{
	const json_t *median = json_object_get(sample, "median");
	char *mid __cleanup(free_ptr) = verify_number(real_of(median, "mid"));
	char *low __cleanup(free_ptr) = verify_number(real_of(median, "low"));
	char *high __cleanup(free_ptr) = verify_number(real_of(median, "high"));

	return median ? xasprintf("%s (%s-%s)", mid, low, high) : xstrdup("-");
}

/* Takes and frees both texts. */
static void row(FILE *out, const char *name, char *before, char *after, const char *note)
{
	fprintf(out, "%-24s %-28s %-28s%s\n", name, before, after, note ?: "");
	free(before);
	free(after);
}

/*
 * What is tested beside the verdict (each measure, and the lost boots) shares the
 * look's part of alpha: at most alpha in all, however many looks and tests there were.
 */
static double side_alpha(const json_t *doc)
{
	const json_t *rule = json_object_get(doc, "rule");
	size_t look = (size_t)int_of(rule, "ended_at");

	return real_of(json_array_get(json_object_get(rule, "looks"), look), "alpha") /
	       (double)(json_array_size(json_object_get(doc, "measures")) + 1);
}

/**
 * verify_change() - has a measure changed?
 * @doc: the document
 * @measure: one of its measures
 *
 * Return: "LONGER", "shorter", or "" for what may be chance
 */
const char *verify_change(const json_t *doc, const json_t *measure)
{
	const json_t *before = json_object_get(json_object_get(measure, "before"), "median");
	const json_t *after = json_object_get(json_object_get(measure, "after"), "median");

	if (!stats_significant(real_of(measure, "p"), side_alpha(doc)))
		return "";
	return real_of(after, "mid") > real_of(before, "mid") ? "LONGER" : "shorter";
}

static void measure_row(FILE *out, const json_t *doc, const json_t *measure)
{
	const json_t *before = json_object_get(measure, "before");
	const json_t *after = json_object_get(measure, "after");
	const char *change = verify_change(doc, measure);
	char *name __cleanup(free_ptr) = xasprintf("%s, %s", text_of(measure, "name"),
						    text_of(measure, "unit"));
	char *note __cleanup(free_ptr) = xasprintf(" p = %.2g%s%s", real_of(measure, "p"),
						    *change ? ": " : "", change);

	row(out, name, sample_text(before), sample_text(after), note);
}

static void count_row(FILE *out, const char *name, const json_t *doc, const char *member)
{
	row(out, name, xasprintf("%d", int_of(json_object_get(doc, "before"), member)),
	    xasprintf("%d", int_of(json_object_get(doc, "after"), member)), NULL);
}

/* Under an emulated machine a kernel that doesn't come up is no more than a lost boot. */
static void say_lost(const json_t *doc, FILE *out)
{
	const json_t *before = json_object_get(doc, "before");
	const json_t *after = json_object_get(doc, "after");
	double p = stats_fisher((unsigned int)int_of(after, "lost_boots"),
				(unsigned int)int_of(after, "boots"),
				(unsigned int)int_of(before, "lost_boots"),
				(unsigned int)int_of(before, "boots"));

	if (stats_significant(p, side_alpha(doc)))
		fprintf(out, "More boots are lost after than before (p = %.2g): look whether the "
			"kernel comes up at all.\n", p);
}

/* There are none for a change that changes nothing that runs. */
static bool has_boots(const json_t *doc)
{
	return json_array_size(json_object_get(doc, "runs"));
}

static void boots_rows(const json_t *doc, FILE *out)
{
	const json_t *entry;
	size_t i;

	row(out, "", xstrdup("before"), xstrdup("after"), NULL);
	row(out, "the bug (95 % interval)", rate_text(json_object_get(doc, "before")),
	    rate_text(json_object_get(doc, "after")), NULL);
	count_row(out, "with other findings", doc, "others");
	count_row(out, "inconclusive", doc, "inconclusive");
	count_row(out, "lost for good", doc, "lost");
	count_row(out, "lost, then repeated", doc, "lost_boots");
	count_row(out, "kvm_wait calls", doc, "waits");
	json_array_foreach(json_object_get(doc, "measures"), i, entry)
		measure_row(out, doc, entry);
	json_array_foreach(json_object_get(doc, "findings"), i, entry)
		fprintf(out, "%s %s: %d before, %d after\n",
			json_is_true(json_object_get(entry, "hit")) ? "the bug:" : "other:",
			text_of(entry, "title"), int_of(entry, "before"), int_of(entry, "after"));
	say_lost(doc, out);
}

/**
 * verify_table() - the verdict for a terminal
 * @doc: the document
 * @out: where to
 */
void verify_table(const json_t *doc, FILE *out)
{
	if (has_boots(doc))
		boots_rows(doc, out);
	fprintf(out, "%s: %s\n", text_of(doc, "verdict"), text_of(doc, "why"));
	if (int_of(doc, "needed"))
		fprintf(out, "A new verification with --runs %d will tell, nine times in ten.\n",
			int_of(doc, "needed"));
}

/*
 * "before  5.10.0-32-amd64 (debian:bullseye 5.10.223-1)", or of one that was built
 * "after   5.10.223 (debian-source:bullseye + fix.patch)"; and more lines
 */
static void kernel_lines(const json_t *doc, const char *side, struct buf *out)
{
	const json_t *s = json_object_get(doc, side), *patch, *module;
	const json_t *kernel = json_object_get(s, "kernel");
	const char *release = text_of(kernel, "release"), *version = text_of(kernel, "version");
	size_t i;

	buf_addf(out, "%-8s%s (", side, *release ? release : "unknown");
	if (json_object_get(s, "source")) {
		buf_addf(out, "%s", text_of(s, "source"));
		json_array_foreach(json_object_get(s, "patches"), i, patch)
			buf_addf(out, " + %s", basename(json_string_value(patch)));
		buf_addf(out, ")\n        kernel signature %.16s\n", text_of(s, "signature"));
	} else {
		buf_addf(out, "%s%s%s)\n", text_of(kernel, "name"), *version ? " " : "", version);
	}
	if (*text_of(s, "livepatch_name"))
		buf_addf(out, "        livepatch %s\n", text_of(s, "livepatch_name"));
	json_array_foreach(json_object_get(s, "insmod"), i, module)
		buf_addf(out, "        insmod %s\n", json_string_value(module));
	if (*text_of(s, "config_sha256"))
		buf_addf(out, "        config sha256 %.16s\n", text_of(s, "config_sha256"));
}

static void side_lines(const json_t *doc, const char *side, struct buf *out)
{
	const json_t *s = json_object_get(doc, side), *rate = json_object_get(s, "rate");

	kernel_lines(doc, side, out);
	buf_addf(out, "        bug in %d of %d boots", int_of(s, "hits"), int_of(s, "runs"));
	if (int_of(s, "runs"))
		buf_addf(out, ", %.0f %% (95 %% interval %.0f-%.0f %%)",
			 100 * real_of(rate, "mid"), 100 * real_of(rate, "low"),
			 100 * real_of(rate, "high"));
	buf_addf(out,
		 "\n        other findings %d, inconclusive %d, lost %d, kvm_wait calls %lld\n",
		 int_of(s, "others"), int_of(s, "inconclusive"), int_of(s, "lost"),
		 long_of(s, "waits"));
}

/**
 * verify_text() - the verdict as a text to paste under a patch
 * @doc: the document
 *
 * Return: the text; the caller frees it
 */
char *verify_text(const json_t *doc)
{
	const json_t *before = json_object_get(doc, "before"), *entry;
	const json_t *rule = json_object_get(doc, "rule");
	struct buf out = {};
	size_t i;

	buf_addf(&out, "irqsan verify: %s\n", text_of(doc, "verdict"));
	json_array_foreach(json_object_get(doc, "findings"), i, entry)
		buf_addf(&out, "%-8s%s\n", json_is_true(json_object_get(entry, "hit")) ? "bug" :
			 "other", text_of(entry, "title"));
	if (!has_boots(doc)) {
		kernel_lines(doc, "before", &out);
		kernel_lines(doc, "after", &out);
		buf_addf(&out, "why     %s\n", text_of(doc, "why"));
		return out.data;
	}
	side_lines(doc, "before", &out);
	side_lines(doc, "after", &out);
	buf_addf(&out, "guest   %s, %d CPUs, %d MB, %s for %d s\n", text_of(before, "accel"),
		 int_of(before, "cpus"), int_of(before, "memory_mb"), text_of(before, "workload"),
		 int_of(before, "seconds"));
	buf_addf(&out, "irqsan  " IRQSAN_VERSION " %s\n", text_of(before, "params"));
	buf_addf(&out, "test    Fisher's exact, one-sided: p = %.2g\n", real_of(doc, "p"));
	buf_addf(&out, "rule    fixed beforehand: looks after");
	json_array_foreach(json_object_get(rule, "looks"), i, entry)
		buf_addf(&out, "%s %d", i ? "," : "", int_of(entry, "runs"));
	buf_addf(&out, " boots a side, alpha %g in all\n", real_of(rule, "alpha"));
	return out.data;
}
