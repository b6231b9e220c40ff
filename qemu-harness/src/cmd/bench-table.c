// SPDX-License-Identifier: GPL-2.0
/*
 * Reads what guests measured, and makes the tables of it: each piece of work
 * with each configuration against the bare kernel, and the goals.
 */
#include <string.h>

#include "base/json-text.h"
#include "cmd/bench-table.h"

/* What irqsan may cost. */
#define GOAL_STORM 1.05
#define GOAL_EVENTS 3.0
/* The unlock loop, against the build BENCH_CHECK. */
#define GOAL_CHECK 2.0
/*
 * A difference below this part of the bare kernel's is taken for none: where
 * memory lies differs between configurations, and no mean levels that out.
 */
#define NOTHING 0.002

enum { UNLOCK, STORM, PIPE };

static const char *const works[] = {
	[UNLOCK] = "unlock", [STORM] = "storm", [PIPE] = "pipe",
};

enum { BARE, IRQSAN, EVENTS, TRACK, TRACK_EVENTS };

static const char *const configs[] = {
	[BARE] = BENCH_BARE,
	[IRQSAN] = BENCH_IRQSAN,
	[EVENTS] = BENCH_EVENTS,
	[TRACK] = BENCH_TRACK,
	[TRACK_EVENTS] = BENCH_TRACK_EVENTS,
};

/* Configurations with the module, and what has the same sites without it. */
static const struct {
	unsigned int with;
	unsigned int without;
} pairs[] = { { IRQSAN, EVENTS }, { TRACK, TRACK_EVENTS } };

/* Each hit counter is a pair of counts: probes that ran, probes that were skipped. */
static bool hits_valid(json_t *hits)
{
	const char *mechanism;
	json_t *pair;

	json_object_foreach(hits, mechanism, pair) {
		json_int_t ran, missed;

		if (json_unpack(pair, "[I, I!]", &ran, &missed) || ran < 0 || missed < 0)
			return false;
	}
	return true;
}

static void take_sample(json_t *samples, json_t *record)
{
	json_int_t ns, ops;
	const char *name;
	json_t *hits;

	if (!json_unpack(record, "{s:s, s:I, s:I, s:o}", "name", &name, "ns", &ns, "ops", &ops,
			 "hits", &hits) &&
	    ns > 0 && ops > 0 && json_is_object(hits) && hits_valid(hits))
		json_array_append_new(samples, json_pack("{s:s, s:I, s:I, s:O}", "name", name,
							 "ns", ns, "ops", ops, "hits", hits));
}

/**
 * bench_take() - one more record of a boot, for records_each()
 * @ctx: what the boot has measured: a struct bench_boot, for bench_boot_free()
 * @r: the record; what is no valid record of a measurement is left out
 */
void bench_take(void *ctx, struct record *r)
{
	const char *kind = text_of(r->whole, "t");
	struct bench_boot *b = ctx;
	int asked, made;
	json_t *site;
	size_t i;

	if (r->l1)
		return;
	b->samples = b->samples ?: json_array();
	if (!strcmp(kind, "bench"))
		take_sample(b->samples, r->whole);
	else if (!strcmp(kind, "events") && !b->events &&
		 !json_unpack(r->whole, "{s:i, s:i}", "asked", &asked, "made", &made))
		b->events = json_pack("{s:i, s:i}", "asked", asked, "made", made);
	else if (!strcmp(kind, "sites"))
		json_array_foreach(json_object_get(r->whole, "sites"), i, site)
			if (json_is_string(site))
				buf_addf(&b->sites, "%s\n", json_string_value(site));
}

/** bench_boot_free() - free what bench_take() filled in */
void bench_boot_free(struct bench_boot *b)
{
	json_decref(b->samples);
	json_decref(b->events);
	buf_free(&b->sites);
}

/**
 * struct cell - one piece of work with one configuration
 * @boots: how many measured it; 0: nobody did
 * @per_op: instructions an operation, mean of the boots
 * @spread: the boots' greatest difference, as a part of @per_op
 * @hits: probes that ran, an operation
 * @text: the same by mechanism: "int3 1.0, jump 2.0"; those skipped too
 */
struct cell {
	unsigned int boots;
	double per_op;
	double spread;
	double hits;
	struct buf text;
};

static const json_t *find(const json_t *array, const char *member, const char *value)
{
	const json_t *obj;
	size_t i;

	json_array_foreach(array, i, obj)
		if (!strcmp(text_of(obj, member), value))
			return obj;
	return NULL;
}

/* Of the first boot: the others' differ by as little as their instructions do. */
static void cell_hits(struct cell *c, const json_t *sample)
{
	double ops = real_of(sample, "ops"), missed = 0;
	json_t *hits = json_object_get(sample, "hits"), *pair;
	const char *mechanism;

	json_object_foreach(hits, mechanism, pair) {
		double ran = json_number_value(json_array_get(pair, 0)) / ops;

		missed += json_number_value(json_array_get(pair, 1)) / ops;
		c->hits += ran;
		buf_addf(&c->text, "%s%s %.2f", c->text.len ? ", " : "", mechanism, ran);
	}
	/* A timer tick that came between is no property of the work. */
	if (missed >= 0.005)
		buf_addf(&c->text, ", skipped %.2f", missed);
}

static void cell_fill(struct cell *c, const json_t *kernel, const char *config, const char *work)
{
	const json_t *boots, *boot;
	double min = 0, max = 0, sum = 0;
	size_t i;

	*c = (struct cell){};
	boots = json_object_get(find(json_object_get(kernel, "configs"), "config", config),
				"boots");
	json_array_foreach(boots, i, boot) {
		const json_t *sample = find(boot, "name", work);
		double per_op;

		if (!sample)
			continue;
		per_op = real_of(sample, "ns") / real_of(sample, "ops");
		if (!c->boots++)
			cell_hits(c, sample);
		if (c->boots == 1 || per_op < min)
			min = per_op;
		if (per_op > max)
			max = per_op;
		sum += per_op;
	}
	if (c->boots) {
		c->per_op = sum / c->boots;
		c->spread = (max - min) / c->per_op;
	}
}

/**
 * struct table - all cells of one kernel
 * @configs: names of the configurations: those known, and builds beside the kernel
 * @n: how many
 * @cell: by work and configuration
 */
struct table {
	const char *configs[ARRAY_SIZE(configs) + BENCH_AGAINST_MAX];
	size_t n;
	struct cell cell[ARRAY_SIZE(works)][ARRAY_SIZE(configs) + BENCH_AGAINST_MAX];
};

static void table_fill(struct table *t, const json_t *kernel)
{
	const json_t *list = json_object_get(kernel, "configs"), *config;
	size_t c;

	for (t->n = 0; t->n < ARRAY_SIZE(configs); t->n++)
		t->configs[t->n] = configs[t->n];
	json_array_foreach(list, c, config) {
		if (json_is_string(json_object_get(config, "against")) &&
		    t->n < ARRAY_SIZE(t->configs))
			t->configs[t->n++] = json_string_value(json_object_get(config, "config"));
	}
	for (size_t w = 0; w < ARRAY_SIZE(works); w++)
		for (c = 0; c < t->n; c++)
			cell_fill(&t->cell[w][c], kernel, t->configs[c], works[w]);
}

static void print_row(FILE *out, const struct table *t, size_t work, size_t config)
{
	const struct cell *c = &t->cell[work][config], *bare = &t->cell[work][BARE];
	bool first = config == BARE;

	if (!c->boots)
		return;
	fprintf(out, "| %s | %s | %.1f | %.2f %% |", works[work], t->configs[config], c->per_op,
		100 * c->spread);
	if (bare->boots)
		fprintf(out, " %.3f |", c->per_op / bare->per_op);
	else
		fputs(" |", out);
	fprintf(out, " %s |", c->text.len ? c->text.data : first ? "" : "none");
	if (!first && bare->boots && c->hits > 0)
		fprintf(out, " %.0f |\n", (c->per_op - bare->per_op) / c->hits);
	else
		fputs(" |\n", out);
}

static void print_storm(FILE *out, const struct table *t, size_t config)
{
	const struct cell *c = &t->cell[STORM][config], *bare = &t->cell[STORM][BARE];
	double ratio;

	if (!c->boots || !bare->boots)
		return;
	ratio = c->per_op / bare->per_op;
	fprintf(out, "- %s, %s: %.3f of the bare kernel, goal %.2f: ", works[STORM],
		configs[config], ratio, GOAL_STORM);
	if (ratio <= GOAL_STORM)
		fputs("met\n", out);
	else
		fprintf(out, "**missed by %.3f**. The %.0f instructions more are %.1f hits (%s) of "
			"%.0f each\n", ratio - GOAL_STORM, c->per_op - bare->per_op, c->hits,
			c->text.len ? c->text.data : "none",
			c->hits > 0 ? (c->per_op - bare->per_op) / c->hits : 0);
}

static void print_cheaper(FILE *out, const struct table *t, size_t work, size_t pair)
{
	size_t config = pairs[pair].with;
	const struct cell *c = &t->cell[work][config], *bare = &t->cell[work][BARE];
	const struct cell *events = &t->cell[work][pairs[pair].without];
	double cost, other;

	if (!c->boots || !bare->boots || !events->boots)
		return;
	cost = c->per_op - bare->per_op;
	other = events->per_op - bare->per_op;
	fprintf(out, "- %s, %s: ", works[work], configs[config]);
	if (cost <= NOTHING * bare->per_op)
		fprintf(out, "costs nothing that can be measured, kprobe events %.1f: met",
			other);
	else
		fprintf(out, "costs %.1f instructions, kprobe events %.1f, %.1f times as much, "
			"goal %.0f: %s", cost, other, other / cost, GOAL_EVENTS,
			other >= GOAL_EVENTS * cost ? "met" : "**missed**");
	/* They have fewer sites. */
	if (cost > NOTHING * bare->per_op && c->hits > 0 && events->hits > 0)
		fprintf(out, "; a hit %.1f times", other / events->hits / (cost / c->hits));
	fputs("\n", out);
}

/* The goal against a kernel that checks itself. */
static void print_check(FILE *out, const struct table *t, size_t config)
{
	const struct cell *check = NULL, *c = &t->cell[UNLOCK][config];
	double ratio;

	for (size_t i = ARRAY_SIZE(configs); i < t->n; i++)
		if (!strcmp(t->configs[i], BENCH_CHECK))
			check = &t->cell[UNLOCK][i];
	if (!c->boots || !check || !check->boots)
		return;
	ratio = c->per_op / check->per_op;
	fprintf(out, "- %s, %s: %.3f of the " BENCH_CHECK " build, goal %.0f: %s\n",
		works[UNLOCK], configs[config], ratio, GOAL_CHECK,
		ratio <= GOAL_CHECK ? "met" : "**missed**");
}

static void print_config(FILE *out, const json_t *config)
{
	const char *params = json_string_value(json_object_get(config, "params"));
	const char *cmdline = json_string_value(json_object_get(config, "cmdline"));
	int sites, made;

	if (json_unpack((json_t *)config, "{s:i}", "sites", &sites))
		return;
	if (json_is_string(json_object_get(config, "against")))
		fprintf(out, "- `%s`: another build of this kernel, without irqsan.ko%s%s%s\n",
			text_of(config, "config"), cmdline ? ", booted with `" : "", cmdline ?: "",
			cmdline ? "`" : "");
	else if (params)
		fprintf(out, "- `%s`: irqsan.ko %s%s%d sites armed\n", text_of(config, "config"),
			params, *params ? ", " : "", sites);
	else if (!json_unpack((json_t *)config, "{s:{s:i}}", "events", "made", &made))
		fprintf(out, "- `%s`: the kernel took %d of %d sites\n",
			text_of(config, "config"), made, sites);
}

static void print_kernel(FILE *out, const json_t *kernel)
{
	const json_t *list = json_object_get(kernel, "configs");
	struct table t;

	table_fill(&t, kernel);
	/* A kernel that isn't a package is named by a path of this machine. */
	if (json_is_string(json_object_get(kernel, "version")))
		fprintf(out, "\n## %s (%s, %s)\n\n", text_of(kernel, "release"),
			text_of(kernel, "name"), text_of(kernel, "version"));
	else
		fprintf(out, "\n## %s (built from source)\n\n", text_of(kernel, "release"));
	for (size_t c = 0; c < t.n; c++)
		print_config(out, find(list, "config", t.configs[c]));
	fputs("\n| work | with | instructions an operation | spread | of bare | "
	      "hits an operation | instructions a hit |\n"
	      "| --- | --- | ---: | ---: | ---: | --- | ---: |\n", out);
	for (size_t w = 0; w < ARRAY_SIZE(works); w++)
		for (size_t c = 0; c < t.n; c++)
			print_row(out, &t, w, c);
	fputs("\nGoals:\n\n", out);
	for (size_t p = 0; p < ARRAY_SIZE(pairs); p++)
		print_storm(out, &t, pairs[p].with);
	for (size_t p = 0; p < ARRAY_SIZE(pairs); p++)
		print_check(out, &t, pairs[p].with);
	for (size_t w = 0; w < ARRAY_SIZE(works); w++)
		for (size_t p = 0; p < ARRAY_SIZE(pairs); p++)
			print_cheaper(out, &t, w, p);

	for (size_t w = 0; w < ARRAY_SIZE(works); w++)
		for (size_t c = 0; c < t.n; c++)
			buf_free(&t.cell[w][c].text);
}

/**
 * bench_report() - print a document as Markdown
 * @doc: the document
 * @out: where to
 */
void bench_report(const json_t *doc, FILE *out)
{
	json_t *kernel;
	size_t i;

	fprintf(out, "# What irqsan costs\n\n"
		"Measured on %s by `irqsan bench` (irqsan %s, %s), in\n"
		"guests of one CPU whose clock counts instructions (`-icount shift=0`). Each row is\n"
		"the mean of two boots, and the spread what they differ by. Guests take no chance and\n"
		"no time from outside (a fixed seed and date), so boots of one configuration repeat.\n\n"
		"- `unlock`: `spin_lock_irqsave()` and `spin_unlock_irqrestore()` of a free lock.\n"
		"- `storm`: fork, exec of a program that exits at once, wait; mkdir and rmdir on tmpfs.\n"
		"- `pipe`: a byte through a pipe to another process and one back.\n"
		"- `kprobe events`: what is done by hand: a kprobe event on each of irqsan's sites\n"
		"  that fetches the flags register, with the filter `f & 0x200`. With `track=1` there\n"
		"  are more sites. Kprobe events refuse functions without ftrace, so they have fewer\n"
		"  sites and fewer hits than irqsan; *a hit* compares what one hit costs.\n\n"
		"Instructions don't show what an int3 costs on hardware: an exception takes far\n"
		"longer than the instruction that it counts as. So hits stand beside them, by\n"
		"mechanism: `int3` is a breakpoint, `jump` one that the kernel has turned into a\n"
		"jump, `direct` a direct ftrace call. *Skipped* hits came while another probe's\n"
		"handler ran; the kprobe layer counts them and does no more.\n",
		text_of(doc, "date"), IRQSAN_VERSION, text_of(doc, "qemu"));
	json_array_foreach(json_object_get(doc, "kernels"), i, kernel)
		print_kernel(out, kernel);
}
