// SPDX-License-Identifier: GPL-2.0
/*
 * irqsan sites: where a kernel restores IRQ flags, and how many of these places
 * the module's scanner finds by itself.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json-text.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "kernel/kernel-debian.h"
#include "kernel/kernel.h"
#include "sites/coverage.h"
#include "sites/modsites.h"
#include "sites/sitelist.h"

/* "irqsan sites --report" fails below this share. */
#define GOAL_PERCENT 99.0

/**
 * struct args - the command line
 * @list: print each site
 * @missed: print each inlined restore that the scanner missed
 * @extra: print each site that DWARF doesn't have
 * @debug: download debug information
 * @emit: file for the module's list
 * @json: file for everything
 * @report: file for the table
 * @doubtful: print each site of a module that is in doubt
 * @verdicts: file with what was found of those
 * @kernels: what to look at
 */
struct args {
	bool list;
	bool missed;
	bool extra;
	bool debug;
	const char *emit;
	const char *json;
	const char *report;
	bool doubtful;
	const char *verdicts;
	struct strv kernels;
};

/**
 * struct subject - one kernel that is looked at
 * @name: as the user gave it
 * @version: Debian package version, or NULL
 * @text: its text
 * @truth: its DWARF
 * @has_truth: there is some
 * @coverage: the comparison
 * @has_modules: there are modules
 * @modsites: their sites
 */
struct subject {
	const char *name;
	char *version;
	struct livetext text;
	struct truth truth;
	bool has_truth;
	struct coverage coverage;
	bool has_modules;
	struct modsites modsites;
};

static const struct verb_option options[] = {
	{ "list", 0, NULL, "print each site", TO(struct args, list) },
	{ "missed", 0, NULL, "print each inlined restore that the scanner misses",
	  TO(struct args, missed) },
	{ "extra", 0, NULL,
	  "print each site where DWARF has no inlined restore, and why that may be",
	  TO(struct args, extra) },
	{ "emit", 0, "FILE", "write the list of sites that the module takes",
	  TO(struct args, emit) },
	{ "json", 0, "FILE", "write all of it as JSON", TO(struct args, json) },
	{ "debug", 0, NULL,
	  "download the debug information of Debian's kernels (up to 1 GB each)",
	  TO(struct args, debug) },
	{ "report", 0, "FILE",
	  "write a table of all the kernels given; exit status 1 if the scanner finds less than "
	  "99 % in one", TO(struct args, report) },
	{ "doubtful", 0, NULL,
	  "print each site of a module that doesn't look like most restores",
	  TO(struct args, doubtful) },
	{ "verdicts", 0, "FILE", "what was found of these; exit status 1 if FILE lacks one",
	  TO(struct args, verdicts) },
	{ }
};

static void check(const struct argp_state *state, void *to)
{
	const struct args *a = to;

	if (a->kernels.n > 1 && (a->emit || a->json))
		argp_error(state, "--emit and --json take one kernel");
}

static int find_vmlinux(const char *name, bool debug, char **path, struct kernel *k)
{
	int rc;

	if (!strncmp(name, DEBIAN_PREFIX, strlen(DEBIAN_PREFIX))) {
		rc = kernel_get(name, k);
		if (rc)
			return rc;
		rc = debian_vmlinux(name, debug, path);
		if (rc == -ENOENT && !debug)
			pr_err("%s: the kernel itself has no symbols; --debug downloads its vmlinux",
			       name);
		return rc;
	}
	*path = is_directory(name) ? xasprintf("%s/vmlinux", name) : xstrdup(name);
	return 0;
}

static void close_subject(struct subject *s)
{
	modsites_free(&s->modsites);
	coverage_free(&s->coverage);
	truth_free(&s->truth);
	livetext_close(&s->text);
	free(s->version);
}

/* @s, which starts empty, is to be closed also after a failure. */
static int open_subject(const char *name, const struct args *a, struct subject *s)
{
	struct kernel k __cleanup(kernel_free) = {};
	char *path __cleanup(free_ptr) = NULL;
	int rc;

	*s = (struct subject){ .name = name, .text = { .fd = -1 } };
	rc = find_vmlinux(name, a->debug, &path, &k) ?: livetext_open(path, &s->text);
	if (rc)
		return rc;
	rc = truth_read(path, &s->truth);
	s->has_truth = !rc;
	if (rc && rc != -ENODATA)
		return rc;
	s->version = xstrdup(k.version);
	s->has_modules = k.modules;
	rc = k.modules ? modsites_scan(&s->text, k.modules, &s->modsites) : 0;
	if (!rc && k.modules && a->verdicts)
		rc = modsites_judge(&s->modsites, a->verdicts);
	if (!rc)
		coverage_measure(&s->text, s->has_truth ? &s->truth : NULL, &s->coverage);
	return rc;
}

static size_t count_origin(const struct coverage *c, enum site_origin origin)
{
	size_t n = 0;

	for (size_t i = 0; i < c->nr_sites; i++)
		n += c->sites[i].origin == origin;
	return n;
}

/**
 * struct totals - the numbers of one kernel
 * @all: inlined restores that have code in .text
 * @found: of these, by the scanner
 * @probeable: of these, where kprobes are allowed
 * @listed: of the probeable ones, in the list that --emit writes
 * @extra: sites that DWARF has no inlined restore for
 */
struct totals {
	size_t all;
	size_t found;
	size_t probeable;
	size_t listed;
	size_t extra;
};

static bool is_missed(const struct coverage_entry *e)
{
	return e->state == ENTRY_LOCATED || e->state == ENTRY_UNLOCATED;
}

static struct totals count(const struct coverage *c)
{
	struct totals t = {};

	for (size_t i = 0; i < c->nr_entries; i++) {
		const struct coverage_entry *e = &c->entries[i];

		if (e->state != ENTRY_FOUND && !is_missed(e))
			continue;
		t.all++;
		t.found += e->state == ENTRY_FOUND;
		t.probeable += !e->refused;
		t.listed += !e->refused && e->state != ENTRY_UNLOCATED;
	}
	for (size_t i = 0; i < c->nr_sites; i++)
		t.extra += coverage_is_extra(&c->sites[i]);
	return t;
}

static const char *const origin_text[] = {
	[SITE_BOTH] = "scan and DWARF",
	[SITE_DWARF] = "DWARF only",
	[SITE_COPY] = "the function itself, not inlined: a restore",
	[SITE_ASSEMBLY] = "assembly, unknown to DWARF",
	[SITE_ENABLE] = "a plain enabling of IRQs by DWARF: no restore",
	[SITE_EXTRA] = "unexplained",
	[SITE_SCAN] = "scan",
};

static const char *state_text(const struct coverage_entry *e)
{
	if (e->state == ENTRY_LOCATED)
		return e->refused ? "located by DWARF, kprobes refuse" : "located by DWARF";
	return e->refused ? "unlocated, kprobes refuse" : "unlocated";
}

static void print_missed(const struct subject *s, FILE *f, const char *bullet)
{
	for (size_t i = 0; i < s->coverage.nr_entries; i++) {
		const struct coverage_entry *e = &s->coverage.entries[i];
		char name[256];

		if (is_missed(e))
			fprintf(f, "%smissed: %s, %s:%u (%s)\n", bullet,
				livetext_symbol(&s->text, e->addr, name, sizeof(name)),
				e->restore->file ?: "?", e->restore->line, state_text(e));
	}
}

static void print_extra(const struct subject *s, FILE *f, const char *bullet)
{
	for (size_t i = 0; i < s->coverage.nr_sites; i++) {
		const struct coverage_site *site = &s->coverage.sites[i];
		char name[256];

		if (coverage_is_extra(site))
			fprintf(f, "%sextra: %s (%s)\n", bullet,
				livetext_symbol(&s->text, site->addr, name, sizeof(name)),
				origin_text[site->origin]);
	}
}

static void print_doubtful(const struct subject *s)
{
	for (size_t i = 0; i < s->modsites.nr; i++) {
		const struct modsite *site = &s->modsites.sites[i];

		if (site->doubtful)
			printf("  doubtful: %s %s %s %s\n", site->module, site->place, site->bytes,
			       site->verdict ?: "");
	}
}

static void print_list(const struct subject *s)
{
	for (size_t i = 0; i < s->coverage.nr_sites; i++) {
		const struct coverage_site *site = &s->coverage.sites[i];
		char name[256];

		printf("%-48s %s %-4s %s%s\n",
		       livetext_symbol(&s->text, site->addr, name, sizeof(name)),
		       sitelist_kind(&s->text), sitelist_saved(site), origin_text[site->origin],
		       site->refused ? ", kprobes refuse" : "");
	}
	for (size_t i = 0; i < s->modsites.nr; i++)
		printf("%s [%s]\n", s->modsites.sites[i].place, s->modsites.sites[i].module);
}

static void print_counts(const struct subject *s)
{
	const struct coverage *c = &s->coverage;
	struct totals t = count(c);

	printf("%s: %zu sites found in %.1f MB of text, %u PV calls patched\n", s->text.release,
	       c->nr_sites - count_origin(c, SITE_DWARF), (double)s->text.len / 1e6,
	       s->text.patched);
	if (s->has_modules)
		printf("modules                %u, %u with sites, %zu sites, %zu in doubt; %.1f s\n",
		       s->modsites.modules, s->modsites.with_sites, s->modsites.nr,
		       modsites_count(&s->modsites, false), s->modsites.seconds);
	if (!s->has_truth) {
		printf("no DWARF in this file: nothing to compare with\n");
		return;
	}
	printf("inlined restores       %zu, and %zu in init sections, %zu without code of their own\n",
	       t.all, coverage_count(c, ENTRY_INIT), coverage_count(c, ENTRY_EMPTY));
	printf("found by the scan      %zu (%.2f %%), missed %zu\n", t.found, coverage_percent(c),
	       t.all - t.found);
	printf("kprobes accept         %zu, in the list of scan and DWARF %zu\n", t.probeable,
	       t.listed);
	printf("extra                  %zu: %zu not inlined, %zu in assembly, %zu no restores, %zu unexplained\n",
	       t.extra, count_origin(c, SITE_COPY), count_origin(c, SITE_ASSEMBLY),
	       count_origin(c, SITE_ENABLE), count_origin(c, SITE_EXTRA));
}

static int emit(const struct subject *s, const char *path)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int rc;

	sitelist_write(&s->text, &s->coverage, f);
	fclose(f);
	rc = write_file(path, text, len);
	free(text);
	return rc;
}

/* JSON's numbers are signed. */
static json_t *json_address(uint64_t addr)
{
	return json_sprintf("0x%llx", (unsigned long long)addr);
}

static json_t *json_site(const struct subject *s, const struct coverage_site *site)
{
	char *place __cleanup(free_ptr) = sitelist_place(&s->text, site->addr);
	char name[256];

	return json_pack("{ss ss* so so so ss ss ss sb sb}",
		      "symbol", livetext_symbol(&s->text, site->addr, name, sizeof(name)),
		      "place", place, "addr", json_address(site->addr),
		      "test", json_address(site->test), "enable", json_address(site->enable),
		      "kind", sitelist_kind(&s->text), "saved", sitelist_saved(site),
		      "origin", origin_text[site->origin], "refused", site->refused,
		      "wanted", coverage_is_wanted(site));
}

static json_t *json_modules(const struct modsites *m)
{
	json_t *sites = json_array();

	for (size_t i = 0; i < m->nr; i++) {
		const struct modsite *s = &m->sites[i];

		json_array_append_new(sites, json_pack("{ss ss ss sb ss*}", "module", s->module,
						       "symbol", s->place, "bytes", s->bytes,
						       "doubtful", s->doubtful,
						       "verdict", s->verdict));
	}
	return json_pack("{sI sI so}", "scanned", (json_int_t)m->modules,
			 "with_sites", (json_int_t)m->with_sites, "sites", sites);
}

static int write_json(const struct subject *s, const char *path)
{
	const struct coverage *c = &s->coverage;
	json_t *sites = json_array(), *missed = json_array();
	struct totals t = count(c);
	json_auto_t *o = NULL;

	for (size_t i = 0; i < c->nr_sites; i++)
		json_array_append_new(sites, json_site(s, &c->sites[i]));
	for (size_t i = 0; i < c->nr_entries; i++) {
		const struct coverage_entry *e = &c->entries[i];
		char name[256];

		if (is_missed(e))
			json_array_append_new(missed, json_pack("{ss ss ss* si ss}",
								"symbol", livetext_symbol(&s->text, e->addr, name, sizeof(name)),
				"function", e->restore->function, "file", e->restore->file,
				"line", e->restore->line, "state", state_text(e)));
	}
	o = json_pack("{ss ss sI sI sb sI sI sI sI sI sI sI so so so*}",
		      "format", "irqsan-sites/1", "release", s->text.release,
		      "text_bytes", (json_int_t)s->text.len,
		      "pv_patched", (json_int_t)s->text.patched, "dwarf", s->has_truth,
		      "restores", (json_int_t)t.all, "found", (json_int_t)t.found,
		      "init", (json_int_t)coverage_count(c, ENTRY_INIT),
		      "empty", (json_int_t)coverage_count(c, ENTRY_EMPTY),
		      "probeable", (json_int_t)t.probeable, "listed", (json_int_t)t.listed,
		      "extra", (json_int_t)t.extra, "missed", missed, "sites", sites,
		      "modules", s->has_modules ? json_modules(&s->modsites) : NULL);
	return json_write(o, path);
}

static void report_start(FILE *f)
{
	time_t t = time(NULL);
	char date[32];

	strftime(date, sizeof(date), "%Y-%m-%d", gmtime(&t));
	fprintf(f, "# Coverage of the scanner\n\n"
		"Measured on %s by `make sites-report`: what the module's scanner finds in a\n"
		"kernel's text, against the inlined `arch_local_irq_restore()` and\n"
		"`native_local_irq_restore()` in the kernel's DWARF. Restores in init sections and\n"
		"those without code of their own don't count. \"Listed\" is the share of those that\n"
		"kprobes accept in the list of scan and DWARF together (`irqsan sites --emit`).\n\n",
		date);
	fputs("| kernel | text, MB | inlined restores | found by scan | % | kprobes accept | listed, % | extra |\n"
	      "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n", f);
}

static void report_row(FILE *f, const struct subject *s)
{
	const struct totals t = count(&s->coverage);

	fprintf(f, "| %s%s%s%s | %.1f | %zu | %zu | %.2f | %zu | %.2f | %zu |\n", s->text.release,
		s->version ? " (" : "", s->version ?: "", s->version ? ")" : "",
		(double)s->text.len / 1e6, t.all, t.found, coverage_percent(&s->coverage),
		t.probeable,
		t.probeable ? 100.0 * (double)t.listed / (double)t.probeable : 100.0, t.extra);
}

static void report_modules(FILE *f, const struct subject *subjects, size_t nr)
{
	fputs("\n## Modules\n\n"
	      "All modules of these kernels, with their init text, PV calls patched as when they are\n"
	      "loaded. There is no DWARF to compare with. \"In doubt\" are sites that don't look like\n"
	      "most: with the test, or the mask, not right before the jump, or the `sti` at neither\n"
	      "end of it; before 5.12, with a call or a jump behind the `popf`; in a function that\n"
	      "saves no flags. Somebody has looked at each of them in a disassembly: the verdicts are\n"
	      "kept in `docs/sites-verdicts.txt`.\n\n"
	      "| kernel | modules | with sites | sites | in doubt | seconds |\n"
	      "| --- | ---: | ---: | ---: | ---: | ---: |\n", f);
	for (size_t i = 0; i < nr; i++) {
		const struct modsites *m = &subjects[i].modsites;

		if (subjects[i].has_modules)
			fprintf(f, "| %s | %u | %u | %zu | %zu | %.1f |\n",
				subjects[i].text.release, m->modules, m->with_sites, m->nr,
				modsites_count(m, false), m->seconds);
	}
}

/* Sites of one function with one verdict share a line. */
static void report_doubtful(FILE *f, const struct modsites *m)
{
	const struct modsite *last = NULL;

	if (modsites_count(m, false))
		fputs("\n| module | sites in doubt | verdict |\n| --- | --- | --- |", f);
	for (size_t i = 0; i < m->nr; i++) {
		const struct modsite *s = &m->sites[i];
		size_t name = strcspn(s->place, "+") + 1;

		if (!s->doubtful)
			continue;
		if (last && !strcmp(last->module, s->module) &&
		    !strncmp(last->place, s->place, name) &&
		    !strcmp(last->verdict ?: "", s->verdict ?: "")) {
			fprintf(f, ", %s", s->place + name - 1);
		} else {
			if (last)
				fprintf(f, " | %s |", last->verdict ?: "**nobody has looked**");
			fprintf(f, "\n| %s | %s", s->module, s->place);
		}
		last = s;
	}
	if (last)
		fprintf(f, " | %s |\n", last->verdict ?: "**nobody has looked**");
}

static void report_details(FILE *f, const struct subject *s)
{
	fprintf(f, "\n## %s\n\n%zu more in init sections, %zu without code of their own.\n\n",
		s->text.release, coverage_count(&s->coverage, ENTRY_INIT),
		coverage_count(&s->coverage, ENTRY_EMPTY));
	print_missed(s, f, "- ");
	print_extra(s, f, "- ");
	report_doubtful(f, &s->modsites);
}

/* Return: an exit code; the goal missed is "found". */
static int report(struct subject *subjects, size_t nr, const char *path)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int rc;

	report_start(f);
	for (size_t i = 0; i < nr; i++)
		report_row(f, &subjects[i]);
	report_modules(f, subjects, nr);
	for (size_t i = 0; i < nr; i++)
		report_details(f, &subjects[i]);
	fclose(f);
	rc = write_file(path, text, len) ? EXIT_INFRA : EXIT_OK;
	free(text);
	for (size_t i = 0; i < nr; i++) {
		double percent = coverage_percent(&subjects[i].coverage);

		if (!subjects[i].has_truth) {
			pr_err("%s has no DWARF: nothing was measured", subjects[i].name);
			return EXIT_INFRA;
		}
		if (percent < GOAL_PERCENT) {
			pr_err("%s: the scan finds %.2f %%, less than %.0f %%",
			       subjects[i].text.release, percent, GOAL_PERCENT);
			rc = EXIT_FOUND;
		}
	}
	return rc;
}

/* Return: an exit code; a site that nobody has looked at is "found". */
static int check_verdicts(const struct subject *subjects, size_t nr)
{
	int rc = EXIT_OK;

	for (size_t i = 0; i < nr; i++) {
		size_t unjudged = modsites_count(&subjects[i].modsites, true);

		if (!unjudged)
			continue;
		pr_err("%s: nobody has looked at %zu sites of modules; --doubtful names them",
		       subjects[i].text.release, unjudged);
		rc = EXIT_FOUND;
	}
	return rc;
}

static int verb_main(int argc, char **argv)
{
	struct args a = { 0 };
	const struct verb verb = {
		.sets = { { options, &a, check } },
		.words = &a.kernels, .lacking = "no kernel given", .args_doc = "VMLINUX|KERNEL...",
		.doc = "Find the places in a kernel's text that restore IRQ flags, with the "
		       "module's own scanner, and compare with the kernel's debug information. "
		       "The modules of Debian's kernels are scanned too.\v"
		       "VMLINUX is an uncompressed kernel with symbols.  KERNEL is "
		       "debian:SUITE[/FLAVOUR], whose vmlinux --debug downloads, or a kernel "
		       "build tree.",
	};
	struct subject *subjects;
	size_t nr = 0;
	int rc = 0;

	options_parse(&verb, argc, argv);
	subjects = xcalloc(a.kernels.n, sizeof(*subjects));
	for (; !rc && nr < a.kernels.n; nr++) {
		struct subject *s = &subjects[nr];

		rc = open_subject(a.kernels.v[nr], &a, s);
		if (rc)
			continue;
		print_counts(s);
		if (a.list)
			print_list(s);
		if (a.missed)
			print_missed(s, stdout, "  ");
		if (a.extra)
			print_extra(s, stdout, "  ");
		if (a.doubtful)
			print_doubtful(s);
		if (a.emit)
			rc = emit(s, a.emit);
		if (!rc && a.json)
			rc = write_json(s, a.json);
	}
	rc = rc ? EXIT_INFRA : EXIT_OK;
	if (!rc && a.report)
		rc = report(subjects, nr, a.report);
	if (!rc && a.verdicts)
		rc = check_verdicts(subjects, nr);
	for (size_t i = 0; i < nr; i++)
		close_subject(&subjects[i]);
	free(subjects);
	strv_free(&a.kernels);
	return rc;
}

const struct command cmd_sites = {
	"sites", "find where a kernel restores IRQ flags, and measure the scanner", verb_main
};
