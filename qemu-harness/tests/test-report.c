// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the report: pages are made of the documents in tests/reports, parsed
 * again and held against the documents, member by member.
 *
 * run.json, verify.json and reproduce.json are recorded, bisect.json is simulated
 * (sim-machine.h), hostile.json is written by hand. With $IRQSAN_REPORT_DOM, the
 * checks are made on what a browser made of the page of all five (report.sh).
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <libxml/HTMLparser.h>
#include <libxml/uri.h>
#include <libxml/xpath.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json-text.h"
#include "base/util.h"
#include "judge/result.h"
#include "report/report.h"
#include "sim-machine.h"

/* In this order on the page of all. */
enum sample { RUN, VERIFY, REPRODUCE, BISECT, HOSTILE, SAMPLES };

static const char *const names[SAMPLES] = { "run", "verify", "reproduce", "bisect", "hostile" };

/**
 * struct page - a page that was made and parsed again
 * @dir: directory of its files; owned
 * @file: it; owned
 * @text: all of it
 * @doc: parsed
 * @xpath: to look into it
 * @source: the documents that it is made of
 * @path: and their files; owned
 * @n: how many
 */
struct page {
	char *dir;
	char *file;
	struct buf text;
	xmlDoc *doc;
	xmlXPathContext *xpath;
	struct report_source source[SAMPLES];
	char *path[SAMPLES];
	size_t n;
};

static char *sample_path(enum sample sample)
{
	return xasprintf("%s/qemu-harness/tests/reports/%s.json", irqsan_root(), names[sample]);
}

static void page_parse(struct page *p)
{
	assert_int_equal(read_file(p->file, &p->text), 0);
	p->doc = htmlReadMemory(p->text.data, (int)p->text.len, p->file, "UTF-8",
				HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
	assert_non_null(p->doc);
	p->xpath = xmlXPathNewContext(p->doc);
}

static void page_load(struct page *p, const char *path)
{
	p->path[p->n] = xstrdup(path);
	assert_int_equal(report_load(p->path[p->n], &p->source[p->n]), 0);
	p->n++;
}

static void page_begin(struct page *p)
{
	char dir[] = "/tmp/irqsan-report-XXXXXX";

	*p = (struct page){};
	assert_non_null(mkdtemp(dir));
	p->dir = xstrdup(dir);
	p->file = xasprintf("%s/page.html", dir);
}

static void page_make(struct page *p)
{
	assert_int_equal(report_write(p->source, p->n, p->file), 0);
	page_parse(p);
}

static void page_end(struct page *p)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		report_free(&p->source[i]);
		free(p->path[i]);
	}
	xmlXPathFreeContext(p->xpath);
	xmlFreeDoc(p->doc);
	xmlCleanupParser();
	buf_free(&p->text);
	remove_tree(p->dir);
	free(p->dir);
	free(p->file);
}

/* How many nodes there are like this. */
static int __attribute__((format(printf, 2, 3))) count(struct page *p, const char *fmt, ...)
{
	xmlXPathObject *found;
	va_list ap;
	char *path;
	int n;

	va_start(ap, fmt);
	assert_true(vasprintf(&path, fmt, ap) > 0);
	va_end(ap);
	found = xmlXPathEvalExpression(BAD_CAST path, p->xpath);
	if (!found || found->type != XPATH_NODESET)
		fail_msg("bad path %s", path);
	n = found->nodesetval ? found->nodesetval->nodeNr : 0;
	xmlXPathFreeObject(found);
	free(path);
	return n;
}

/* The text of the one node with this path is @want. */
static void __attribute__((format(printf, 3, 4))) is(struct page *p, const char *want,
						     const char *fmt, ...)
{
	xmlXPathObject *found;
	va_list ap;
	char *path;
	xmlChar *text;

	va_start(ap, fmt);
	assert_true(vasprintf(&path, fmt, ap) > 0);
	va_end(ap);
	found = xmlXPathEvalExpression(BAD_CAST path, p->xpath);
	if (!found || !found->nodesetval || found->nodesetval->nodeNr != 1)
		fail_msg("%d nodes like %s",
			 found && found->nodesetval ? found->nodesetval->nodeNr : 0, path);
	text = xmlNodeGetContent(found->nodesetval->nodeTab[0]);
	if (strcmp((const char *)text, want))
		fail_msg("%s is \"%s\", not \"%s\"", path, text, want);
	xmlFree(text);
	xmlXPathFreeObject(found);
	free(path);
}

/* Takes and frees @want. */
#define is_made(p, want, ...) do {			\
	char *made = (want);				\
							\
	is(p, made, __VA_ARGS__);			\
	free(made);					\
} while (0)

/* A rate in the row with this path, in its second cell and the two behind. */
static void check_rate(struct page *p, const char *row, int hits, int runs, const json_t *rate)
{
	is_made(p, xasprintf("%d of %d", hits, runs), "%s/td[1]", row);
	is_made(p, xasprintf("%.0f %%", 100 * real_of(rate, "mid")), "%s/td[2]", row);
	is_made(p, xasprintf("%.0f\u2013%.0f %%", 100 * real_of(rate, "low"),
			     100 * real_of(rate, "high")), "%s/td[3]", row);
	assert_int_equal(count(p, "%s/td[4]//i[contains(@style, 'width:')]", row), 1);
}

/* A run as a cell of the grid and by itself. */
static void check_run(struct page *p, size_t section, const char *key, const json_t *run)
{
	char *id = xasprintf("d%zu-%srun%d", section, key, int_of(run, "run"));
	const char *title = text_of(run, "title"), *outcome = text_of(run, "outcome");
	const json_t *event, *finding;
	size_t i, marks = 0, reports;

	is(p, outcome, "//div[@class='grid']//a[@href='#%s']/span[@class='word']", id);
	is_made(p, xasprintf("#%d", int_of(run, "run")),
		"//div[@class='grid']//a[@href='#%s']/span[@class='no']", id);
	is_made(p, xasprintf("%s%s%s", outcome, *title ? ": " : "", title),
		"//div[@class='grid']//a[@href='#%s']/@title", id);
	/* No colour without a sign. */
	assert_int_equal(count(p, "//div[@class='grid']//a[@href='#%s'][contains('%s', "
			       "normalize-space(text()))]", id, "\u2713\u2717!?\u2013"), 1);
	is(p, outcome, "//article[@id='%s']//h4//span[@class='word']", id);
	if (*title)
		is(p, title, "//article[@id='%s']/h4/code[@class='title']", id);
	json_array_foreach(json_object_get(run, "timeline"), i, event) {
		const char *what = text_of(event, "t");

		if (!strcmp(what, "violation") || !strcmp(what, "crash")) {
			marks++;
			is(p, *text_of(event, "site") ? text_of(event, "site") :
			   text_of(event, "text"),
			   "//article[@id='%s']/ul[@class='events']/li[%zu]/code", id, marks);
		}
	}
	assert_int_equal(count(p, "//article[@id='%s']//i[@class='mark']", id), marks);
	if (strcmp(outcome, "not run")) {
		is_made(p, xasprintf("kvm_wait %lld", long_of(run, "waits")),
			"//article[@id='%s']/p/span[starts-with(., 'kvm_wait ')]", id);
		is_made(p, xasprintf("violations %lld", long_of(run, "violations")),
			"//article[@id='%s']/p/span[starts-with(., 'violations ')]", id);
	}
	reports = *text_of(run, "report") ? 1 : 0;
	json_array_foreach(json_object_get(run, "findings"), i, finding)
		reports += *text_of(finding, "report") ? 1 : 0;
	assert_int_equal(count(p, "//article[@id='%s']/details[@class='crash']", id), reports);
	assert_int_equal(count(p, "//article[@id='%s']/details[@open]", id), 0);
	free(id);
}

/* Time lines: where phases begin and end, in percent of the longest. */
static void check_phase(struct page *p, const char *id, const char *name, double from, double to,
			double scale)
{
	is_made(p, xasprintf("left:%.2f%%;width:%.2f%%", 100 * from / scale,
			     100 * (to - from) / scale),
		"//article[@id='%s']//span[@class='phase %s']/@style", id, name);
	is_made(p, xasprintf("%s %.1f s", name, to - from),
		"//article[@id='%s']//span[@class='phase %s']", id, name);
}

/* When an event of a boot was. */
static double up_of(const json_t *run, const char *what)
{
	const json_t *event;
	size_t i;

	json_array_foreach(json_object_get(run, "timeline"), i, event)
		if (!strcmp(text_of(event, "t"), what))
			return real_of(event, "up");
	fail_msg("no %s", what);
	return -1;
}

/* All sites of a function in the runs of a side (NULL: in all), summed. */
static void sum_function(const json_t *runs, const char *side, const char *function,
			 long long *hits, long long *violations, int *boots, int *shown_in)
{
	const json_t *run, *site;
	size_t i, j;

	*hits = 0;
	*violations = 0;
	*boots = 0;
	*shown_in = 0;
	json_array_foreach(runs, i, run) {
		bool told = false, shown = false;

		if (side && strcmp(text_of(run, "side"), side))
			continue;
		json_array_foreach(json_object_get(run, "sites"), j, site) {
			const char *name = text_of(site, "site");
			size_t len = strlen(function);

			if (strncmp(name, function, len) || name[len] != '+')
				continue;
			told = true;
			shown |= long_of(site, "violations") > 0;
			*hits += long_of(site, "hits");
			*violations += long_of(site, "violations");
		}
		*boots += told;
		*shown_in += shown;
	}
}

/* Every row of the table of sites against the runs; the group begins at cell @cell. */
static void check_sites(struct page *p, size_t section, const json_t *runs, const char *side,
			int groups, int group)
{
	char *base = xasprintf("//section[@id='d%zu']//table[@class='sites']/tbody/tr", section);
	int rows = count(p, "%s", base), i, boots, shown_in, cell;
	long long hits, violations, shown = 0, all = 0;
	const json_t *run, *site;
	size_t j, k;

	assert_true(rows > 0);
	for (i = 1; i <= rows; i++) {
		char *path = xasprintf("string(%s[%d]/th)", base, i);
		xmlXPathObject *name = xmlXPathEvalExpression(BAD_CAST path, p->xpath);
		int other;

		sum_function(runs, side, (const char *)name->stringval, &hits, &violations, &boots,
			     &shown_in);
		shown += violations;
		/* A group that doesn't know the function has one wide cell. */
		cell = 1;
		if (group) {
			other = count(p, "%s[%d]/td[1][@colspan]", base, i);
			cell += other ? 1 : 4;
		}
		if (!boots) {
			is(p, "\u2013", "%s[%d]/td[%d]", base, i, cell);
		} else {
			is_made(p, xasprintf("%lld", violations), "%s[%d]/td[%d]", base, i, cell);
			is_made(p, xasprintf("%lld", hits), "%s[%d]/td[%d]", base, i, cell + 1);
			is_made(p, xasprintf("%d of %d", shown_in, boots), "%s[%d]/td[%d]", base,
				i, cell + 2);
		}
		xmlXPathFreeObject(name);
		free(path);
	}
	/* None with a violation is left out. */
	json_array_foreach(runs, j, run)
		json_array_foreach(json_object_get(run, "sites"), k, site)
			if (!side || !strcmp(text_of(run, "side"), side))
				all += long_of(site, "violations");
	assert_int_equal(shown, all);
	assert_int_equal(count(p, "%s/../../thead/tr[last()]/th", base), 1 + 4 * groups);
	free(base);
}

static void check_result(struct page *p, size_t section, const char *key, const json_t *doc,
			 int row)
{
	const json_t *totals = json_object_get(doc, "totals"), *rate, *run;
	char *path;
	size_t i;

	rate = json_object_get(totals, "rate");
	json_array_foreach(json_object_get(doc, "runs"), i, run)
		check_run(p, section, key, run);
	path = xasprintf("//section[@id='d%zu']/div[h3='Rates']//tbody/tr[%d]", section, row);
	check_rate(p, path, int_of(rate, "hits"), int_of(rate, "runs"), rate);
	is_made(p, xasprintf("%lld", long_of(totals, "waits")), "%s/td[5]", path);
	is_made(p, xasprintf("%lld", long_of(totals, "violations")), "%s/td[6]", path);
	free(path);
}

static void check_page_run(struct page *p, size_t section, const json_t *doc)
{
	const json_t *run = json_array_get(json_object_get(doc, "runs"), 0);
	double boot, load, end;
	char *id;

	is(p, "\u2717 FOUND", "//section[@id='d%zu']/p[@class='verdict bad']/strong", section);
	is(p, "1 of 1 runs with a finding (1 crashed, 0 hung, 0 failed to boot), most often: "
	   "WARNING in kvm_wait", "//section[@id='d%zu']/p/span[@class='why']", section);
	is(p, text_of(json_object_get(doc, "kernel"), "release"),
	   "//section[@id='d%zu']/dl/div[dt='kernel']/dd", section);
	is_made(p, xasprintf("%.16s", text_of(doc, "module_sha256")),
		"//section[@id='d%zu']/dl/div[dt='module sha256']/dd", section);
	check_result(p, section, "", doc, 1);
	check_sites(p, section, json_object_get(doc, "runs"), NULL, 1, 0);
	is(p, text_of(run, "report"), "//article[@id='d%zu-run0']//pre", section);
	/* A boot that was ended at its first violation: no finish. */
	boot = up_of(run, "boot");
	load = up_of(run, "load");
	end = up_of(run, "end");
	assert_true(boot > 0 && boot < load && load < end);
	id = xasprintf("d%zu-run0", section);
	check_phase(p, id, "boot", 0, boot, end);
	check_phase(p, id, "insmod", boot, load, end);
	check_phase(p, id, "load", load, end, end);
	assert_int_equal(count(p, "//article[@id='%s']//span[@class='phase finish']", id), 0);
	free(id);
}

static void check_page_verify(struct page *p, size_t section, const json_t *doc)
{
	static const char *const sides[] = { "before", "after" };
	const json_t *run, *one;
	char *path;
	size_t i;

	is_made(p, xasprintf("? %s", text_of(doc, "verdict")),
		"//section[@id='d%zu']/p[@class='verdict doubt']/strong", section);
	assert_int_equal(count(p, "//section[@id='d%zu']/p/span[@class='why']"
			       "[starts-with(., '%s')][contains(., '--runs %d ')]", section,
			       text_of(doc, "why"), int_of(doc, "needed")), 1);
	json_array_foreach(json_object_get(doc, "runs"), i, run)
		check_run(p, section, "", run);
	for (i = 0; i < ARRAY_SIZE(sides); i++) {
		const json_t *side = json_object_get(doc, sides[i]);

		path = xasprintf("//section[@id='d%zu']/div[h3='Rates']//tbody/tr[th='%s']",
				 section, sides[i]);
		check_rate(p, path, int_of(side, "hits"), int_of(side, "runs"),
			   json_object_get(side, "rate"));
		is_made(p, xasprintf("%d", int_of(side, "lost_boots")), "%s/td[8]", path);
		is_made(p, xasprintf("%lld", long_of(side, "waits")), "%s/td[9]", path);
		check_sites(p, section, json_object_get(doc, "runs"), sides[i], 2, (int)i);
		free(path);
	}
	json_array_foreach(json_object_get(doc, "findings"), i, one) {
		path = xasprintf("//section[@id='d%zu']/div[h3='Findings']//tbody/tr[%zu]", section,
				 i + 1);
		is(p, text_of(one, "title"), "%s/td[1]", path);
		is_made(p, xasprintf("%d", int_of(one, "before")), "%s/td[2]", path);
		is_made(p, xasprintf("%d", int_of(one, "after")), "%s/td[3]", path);
		free(path);
	}
	assert_int_equal(count(p, "//section[@id='d%zu']/div[h3='What a fix may spoil']//tbody/tr",
			       section),
			 json_array_size(json_object_get(doc, "measures")));
}

static void check_page_reproduce(struct page *p, size_t section, const json_t *doc)
{
	static const char *const steps[] = { "buggy", "fixed", "livepatched" };
	bool reproduced = json_is_true(json_object_get(doc, "reproduced"));
	const json_t *run;
	double end;
	size_t i;
	char *key;

	is(p, reproduced ? "\u2713 REPRODUCED" : "? NOT AS EXPECTED",
	   "//section[@id='d%zu']/p[starts-with(@class, 'verdict')]/strong", section);
	is(p, text_of(doc, "verdict"), "//section[@id='d%zu']/p/span[@class='why']", section);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		key = xasprintf("%s-", steps[i]);
		check_result(p, section, key, json_object_get(doc, steps[i]), (int)i + 1);
		free(key);
	}
	run = json_array_get(json_object_get(json_object_get(doc, "livepatched"), "runs"), 0);
	key = xasprintf("d%zu-livepatched-run0", section);
	end = up_of(run, "end");
	check_phase(p, key, "livepatch", up_of(run, "boot"), up_of(run, "livepatch"), end);
	check_phase(p, key, "insmod", up_of(run, "livepatch"), up_of(run, "load"), end);
	free(key);
}

static void check_revision(struct page *p, size_t section, const json_t *doc, size_t n,
			   const json_t *rev)
{
	static const char *const words[][2] = {
		{ "nothing", "OK" }, { "crash", "crashed" }, { "failure", "failed" },
		{ "void", "inconclusive" },
	};
	const json_t *kernel = NULL, *rate, *run, *one;
	char *row = xasprintf("//div[@id='d%zu-rev%zu']", section, n), *path;
	size_t i, j;

	is_made(p, xasprintf("%.12s", text_of(rev, "commit")), "%s/div/code", row);
	is(p, text_of(rev, "subject"), "%s/div/span[@class='subject']", row);
	is(p, text_of(rev, "mark"), "%s/div/span[@class='mark-%s']", row, text_of(rev, "mark"));
	json_array_foreach(json_object_get(doc, "kernels"), i, one)
		if (!strcmp(text_of(one, "signature"), text_of(rev, "signature")))
			kernel = one;
	if (!kernel) {
		is(p, text_of(rev, "error"), "%s/ol/li", row);
		free(row);
		return;
	}
	if (count(p, "%s/ol/li[starts-with(., 'the same kernel as ')]", row)) {
		free(row);
		return;
	}
	assert_int_equal(count(p, "%s/ol/li", row),
			 json_array_size(json_object_get(kernel, "runs")));
	json_array_foreach(json_object_get(kernel, "runs"), i, run) {
		for (j = 0; j < ARRAY_SIZE(words); j++)
			if (!strcmp(words[j][0], text_of(run, "seen")))
				is(p, words[j][1], "%s/ol/li[%zu]//span[@class='word']", row,
				   i + 1);
		is(p, text_of(run, "text"), "(%s/ol/li[%zu]/@title | %s/ol/li[%zu]/a/@title)", row,
		   i + 1, row, i + 1);
		if (*text_of(run, "report"))
			is(p, text_of(run, "report"),
			   "//article[@id='d%zu-rev%zu-run%zu']/details/pre", section, n, i);
	}
	rate = json_object_get(kernel, "rate");
	path = xasprintf("//section[@id='d%zu']/div[h3='Rates']//tbody/tr[th='%.12s']", section,
			 text_of(rev, "commit"));
	if (int_of(rate, "runs"))
		check_rate(p, path, int_of(rate, "hits"), int_of(rate, "runs"), rate);
	else
		assert_int_equal(count(p, "%s", path), 0);
	free(path);
	free(row);
}

static void check_page_bisect(struct page *p, size_t section, const json_t *doc)
{
	const json_t *result = json_object_get(doc, "result"), *rate, *rev;
	char *path;
	size_t i;

	is(p, "\u2717 FIRST BAD COMMIT", "//section[@id='d%zu']/p[@class='verdict bad']/strong",
	   section);
	is_made(p, xasprintf("%.12s %s (odds that this is right: %.2f %%)",
			     text_of(result, "commit"), text_of(result, "subject"),
			     100 * real_of(result, "odds")),
		"//section[@id='d%zu']/p/span[@class='why']", section);
	is(p, text_of(result, "commit"), "//section[@id='d%zu']/dl/div[dt='commit']/dd", section);
	is(p, text_of(result, "report"), "//section[@id='d%zu']/details/pre", section);
	assert_true(json_array_size(json_object_get(doc, "revisions")) > 5);
	json_array_foreach(json_object_get(doc, "revisions"), i, rev)
		check_revision(p, section, doc, i, rev);
	assert_int_equal(count(p, "//div[@class='gridrow'][div/strong='the commit']"
			       "[contains(div/code, '%.12s')]", text_of(result, "commit")), 1);
	rate = json_object_get(doc, "rate");
	path = xasprintf("//section[@id='d%zu']//tr[th='all that showed it']", section);
	check_rate(p, path, int_of(rate, "hits"), int_of(rate, "runs"), rate);
	free(path);
}

/* What logs say is shown, and does nothing. */
static void check_page_hostile(struct page *p, size_t section, const json_t *doc)
{
	static const char report[] =
		"<U+001B>[31mred<U+001B>[0m<U+000D>back<U+0007> &amp; "
		"<img src=x onerror=\"document.title='broken'\">\n"
		"</pre></details><script>document.title='broken'</script>\n"
		"<U+202E>turned<U+202C> <U+0085> <U+FFFF> \xf0\x9f\x98\x80 end\n";

	check_result(p, section, "", doc, 1);
	is(p, report, "//article[@id='d%zu-run1']//pre", section);
	is(p, "'\"><script>document.title='broken'</script>",
	   "//section[@id='d%zu']/dl/div[dt='command line']/dd", section);
	is(p, "</code><script>document.title='broken'</script>",
	   "//section[@id='d%zu']//table[@class='sites']/tbody/tr/th", section);
	is(p, "console log not found (javascript:alert(1))",
	   "//article[@id='d%zu-run0']/p/span[last()]", section);
}

/* What holds of any page. */
static void check_any(struct page *p)
{
	const unsigned char *c;

	assert_int_equal(count(p, "//script"), 0);
	assert_int_equal(count(p, "//img | //iframe | //object | //embed | //link"), 0);
	assert_int_equal(count(p, "//@*[starts-with(name(), 'on')]"), 0);
	assert_int_equal(count(p, "//a[not(starts-with(@href, '#') or starts-with(@href, './'))]"),
			 0);
	assert_int_equal(count(p, "//@src"), 0);
	/* The links on the page lead somewhere, and to one place. */
	assert_int_equal(count(p, "//a[starts-with(@href, '#')]"
			       "[not(substring(@href, 2) = //@id)]"), 0);
	assert_int_equal(count(p, "//*[@id = following::*/@id]"), 0);
	is(p, "irqsan report", "//title");
	for (c = (const unsigned char *)p->text.data; *c; c++)
		assert_true(*c >= 0x20 || *c == '\n' || *c == '\t');
}

static void (*const checks[SAMPLES])(struct page *p, size_t section, const json_t *doc) = {
	check_page_run, check_page_verify, check_page_reproduce, check_page_bisect,
	check_page_hostile,
};

static void check_one(enum sample sample)
{
	struct page p;
	char *path = sample_path(sample);

	page_begin(&p);
	page_load(&p, path);
	page_make(&p);
	check_any(&p);
	assert_int_equal(count(&p, "//nav"), 0);
	is(&p, path, "//h2/code");
	checks[sample](&p, 0, p.source[0].doc);
	page_end(&p);
	free(path);
}

static void test_run(void **state)
{
	(void)state;
	check_one(RUN);
}

static void test_verify(void **state)
{
	(void)state;
	check_one(VERIFY);
}

/* The same kernel on both sides was not booted: numbers would be made up. */
static void test_verify_unbooted(void **state)
{
	char *path = sample_path(VERIFY);
	struct page p;

	(void)state;
	page_begin(&p);
	page_load(&p, path);
	json_array_clear(json_object_get(p.source[0].doc, "runs"));
	json_object_set_new(p.source[0].doc, "verdict", json_string("NOT FIXED"));
	page_make(&p);
	check_any(&p);
	is(&p, "\u2717 NOT FIXED", "//section/p[@class='verdict bad']/strong");
	assert_int_equal(count(&p, "//dl"), 2);
	assert_int_equal(count(&p, "//table | //article | //div[@class='grid']"), 0);
	page_end(&p);
	free(path);
}

static void test_reproduce(void **state)
{
	(void)state;
	check_one(REPRODUCE);
}

static void test_bisect(void **state)
{
	(void)state;
	check_one(BISECT);
}

static void test_hostile(void **state)
{
	(void)state;
	check_one(HOSTILE);
}

static void load_all(struct page *p)
{
	enum sample i;

	page_begin(p);
	for (i = 0; i < SAMPLES; i++) {
		char *path = sample_path(i);

		page_load(p, path);
		free(path);
	}
}

static void check_all(struct page *p)
{
	enum sample i;

	check_any(p);
	assert_int_equal(count(p, "//nav/ol/li"), SAMPLES);
	for (i = 0; i < SAMPLES; i++) {
		is(p, p->path[i], "//nav//a[@href='#d%d']/code", i);
		checks[i](p, i, p->source[i].doc);
	}
}

static void test_several(void **state)
{
	struct page p;

	(void)state;
	load_all(&p);
	page_make(&p);
	check_all(&p);
	page_end(&p);
}

/* The same of what a browser has made of the page. */
static void test_dom(void **state)
{
	const char *dom = getenv("IRQSAN_REPORT_DOM");
	struct page p;

	(void)state;
	if (!dom)
		skip();
	load_all(&p);
	free(p.file);
	p.file = xstrdup(dom);
	page_parse(&p);
	check_all(&p);
	page_end(&p);
}

static void put(const char *dir, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);

	assert_int_equal(write_file(path, text, strlen(text)), 0);
	free(path);
}

/* The file that the one link to a console leads to; the caller frees it. */
static char *console_of(struct page *p)
{
	xmlXPathObject *href;
	char *file, *path;

	assert_int_equal(count(p, "//a[@class='console']"), 1);
	href = xmlXPathEvalExpression(BAD_CAST "string(//a[@class='console']/@href)", p->xpath);
	path = xmlURIUnescapeString((const char *)href->stringval, 0, NULL);
	assert_int_equal(strncmp(path, "./", 2), 0);
	file = xasprintf("%.*s/%s", (int)(strrchr(p->file, '/') - p->file), p->file, path);
	xmlFree(path);
	xmlXPathFreeObject(href);
	return file;
}

#define LINKED "{\"format\":\"irqsan-result/1\",\"runs\":[{\"run\":0,\"outcome\":\"OK\"," \
	"\"attempts\":[{\"dir\":\"%s\"}]}],\"totals\":{}}"

/* @dir as the document has it; @find: it is found beside the document in runs/a b%c. */
static void check_link(const char *dir, bool find)
{
	char *doc = xasprintf(LINKED, dir), *path, *console;
	struct page p;

	page_begin(&p);
	/* The way from the page is up and down. */
	free(p.file);
	path = xasprintf("%s/pages/run", p.dir);
	assert_int_equal(mkdir_p(path), 0);
	p.file = xasprintf("%s/page.html", path);
	free(path);
	path = xasprintf("%s/runs/a b%%c#/0", p.dir);
	assert_int_equal(mkdir_p(path), 0);
	put(path, "console.log", "hello");
	free(path);
	path = xasprintf("%s/runs/a b%%c#", p.dir);
	put(path, "result.json", doc);
	free(doc);
	doc = xasprintf("%s/result.json", path);
	page_load(&p, doc);
	page_make(&p);
	if (find) {
		console = console_of(&p);
		assert_true(file_exists(console));
		free(console);
	} else {
		assert_int_equal(count(&p, "//a[@class='console']"), 0);
		assert_int_equal(count(&p, "//span[contains(., 'not found')]"), 1);
	}
	page_end(&p);
	free(doc);
	free(path);
}

static void test_links(void **state)
{
	(void)state;
	/* Moved together with its document, from anywhere. */
	check_link("out/a b%c#/0", true);
	check_link("/nowhere/a b%c#/0", true);
	/* Another run's boot is none of this one's. */
	check_link("out/other/0", false);
	check_link("out/xa b%c#/0", false);
	check_link("out/a b%c#/1", false);
}

/* A guest that says what it likes, judged and shown. */
static void test_live(void **state)
{
	struct result result;
	struct page p;
	char *boot, *path;
	json_t *doc;

	(void)state;
	page_begin(&p);
	boot = xasprintf("%s/0", p.dir);
	assert_int_equal(mkdir_p(boot), 0);
	put(boot, "run.json", "{\"accel\":\"kvm\",\"ended\":\"exited 0\",\"expect_pv\":true,"
	    "\"wall_s\":12.5}");
	put(boot, "console.log", "[    9.100000] WARNING: CPU: 1 PID: 9 at a.c:1 kvm_wait+0x1/0x2\n"
	    "[    9.100001] Comm: <script>\xff\xfe\x1b[2J</script> Not tainted\n"
	    "[    9.100002] RIP: 0010:kvm_wait+0x1/0x2\n"
	    "[    9.100003] ---[ end trace 0000000000000000 ]---\n");
	put(boot, "records.jsonl",
	    "{\"t\":\"boot\",\"up\":2,\"release\":\"<b>6\",\"cpus\":2,\"pv\":true}\n"
	    "{\"t\":\"module\",\"up\":3,\"rc\":0,\"restore\":\"armed\"}\n"
	    "{\"t\":\"control\",\"up\":3.5,\"seen\":1}\n"
	    "{\"t\":\"load\",\"up\":4,\"workload\":\"x\"}\n"
	    "{\"t\":\"violation\",\"up\":10,\"title\":\"WARNING in kvm_wait\","
	    "\"site\":\"kvm_wait+0x1\"}\n"
	    "{\"t\":\"counts\",\"up\":10,\"sites\":[{\"site\":\"kvm_wait+0x1\",\"hits\":5,"
	    "\"violations\":3},{\"site\":\"<s>+0x2\",\"hits\":9,\"violations\":0}]}\n"
	    "{\"t\":\"counts\",\"up\":10,\"sites\":[{\"site\":\"kvm_wait+0x1\",\"hits\":-1}]}\n"
	    "{\"t\":\"done\",\"up\":20,\"load_ms\":16000,\"ops\":1,\"waits\":5,\"slow_pv\":1,"
	    "\"slow_native\":0,\"violations\":3,\"lost\":0,\"first_ms\":5100}\n");
	result_init(&result, 1);
	assert_int_equal(judge_dir(boot, NULL, &result_add(&result, 0, boot)->verdict), 0);
	doc = result_json(&result);
	path = xasprintf("%s/result.json", p.dir);
	assert_int_equal(json_write(doc, path), 0);
	page_load(&p, path);
	page_make(&p);
	check_any(&p);
	check_result(&p, 0, "", doc, 1);
	check_sites(&p, 0, json_object_get(doc, "runs"), NULL, 1, 0);
	check_phase(&p, "d0-run0", "boot", 0, 2, 20);
	check_phase(&p, "d0-run0", "insmod", 2, 4, 20);
	check_phase(&p, "d0-run0", "load", 4, 20, 20);
	is(&p, "at 9.10 s: kvm_wait+0x1 (first violation there)", "//ul[@class='events']/li[1]");
	is(&p, "at 9.10 s: WARNING in kvm_wait (first report on the console)",
	   "//ul[@class='events']/li[2]");
	assert_int_equal(count(&p, "//pre[contains(., '<script>%s<U+001B>[2J</script>')]", "??"),
			 1);
	json_decref(doc);
	result_free(&result);
	page_end(&p);
	free(path);
	free(boot);
}

/* A bisection as it is written now, with all that can become of a revision. */
static void test_live_bisect(void **state)
{
	struct sim s = {
		.n = 42, .culprit = 17, .rate = 0.6, .seed = 11,
		.broken = { [20] = true }, .mute = { [10] = true }, .noop = { [15] = true },
	};
	FILE *log = fopen("/dev/null", "w");
	struct bisect_result result;
	struct page p;
	char *path;

	(void)state;
	page_begin(&p);
	path = xasprintf("%s/bisect.json", p.dir);
	assert_int_equal(sim_bisect(&s, 0, NULL, path, log, &result), 0);
	fclose(log);
	assert_int_equal(result.verdict, BISECT_NAMED);
	page_load(&p, path);
	page_make(&p);
	check_any(&p);
	check_page_bisect(&p, 0, p.source[0].doc);
	assert_int_equal(count(&p, "//div[@class='gridrow']//li[@class='words']"
			       "[.='kernel/x.c:1:1: error: no']"), 1);
	bisect_result_free(&result);
	page_end(&p);
	free(path);
}

/* Not taken. */
static void refuse(const char *dir, const char *text, size_t len)
{
	struct report_source source;
	char *path = xasprintf("%s/bad.json", dir);

	assert_int_equal(write_file(path, text, len), 0);
	assert_true(report_load(path, &source) < 0);
	report_free(&source);
	free(path);
}

static void test_bad_input(void **state)
{
	static const char *const bad[] = {
		"", "{", "[]", "7", "null", "\"irqsan-result/1\"", "{}", "{\"format\":1}",
		"{\"format\":\"irqsan-result/1\"}",
		"{\"format\":\"irqsan-result/1\",\"runs\":{}}",
		"{\"format\":\"irqsan-result/3\",\"runs\":[]}",
		"{\"format\":\"irqsan-result/\",\"runs\":[]}",
		"{\"format\":\"irqsan-result/0\",\"runs\":[]}",
		"{\"format\":\"irqsan-result/1x\",\"runs\":[]}",
		"{\"format\":\"irqsan-selftest/1\",\"runs\":[]}",
		"{\"format\":\"irqsan-bisect/1\",\"kernels\":[]}",
		"{\"format\":\"irqsan-result/1\",\"runs\":[\"\xff\"]}",
		"{\"format\":\"irqsan-result/1\",\"runs\":[]} x",
	};
	struct report_source source;
	struct page p;
	size_t i;

	(void)state;
	page_begin(&p);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		refuse(p.dir, bad[i], strlen(bad[i]));
	assert_true(report_load("/nowhere/result.json", &source) < 0);
	assert_true(report_load(p.dir, &source) < 0);
	page_end(&p);
}

/* A document that was cut is none, wherever it was cut. */
static void test_truncated(void **state)
{
	struct buf text = {};
	char *path = sample_path(HOSTILE);
	struct page p;
	size_t len;

	(void)state;
	page_begin(&p);
	assert_int_equal(read_file(path, &text), 0);
	for (len = 0; len < text.len - 2; len += 37)
		refuse(p.dir, text.data, len);
	buf_free(&text);
	free(path);
	page_end(&p);
}

/* Puts @value in place of each value in @at in turn, and makes a page each time. */
static void mangle(struct page *p, json_t *at, json_t *value)
{
	const char *key;
	json_t *old;
	size_t i;
	void *tmp;

	if (json_is_array(at)) {
		for (i = 0; i < json_array_size(at); i++) {
			old = json_incref(json_array_get(at, i));
			json_array_set(at, i, value);
			assert_int_equal(report_write(p->source, 1, p->file), 0);
			json_array_set(at, i, old);
			mangle(p, old, value);
			json_decref(old);
		}
		return;
	}
	json_object_foreach_safe(at, tmp, key, old) {
		json_incref(old);
		json_object_set(at, key, value);
		assert_int_equal(report_write(p->source, 1, p->file), 0);
		json_object_set(at, key, old);
		mangle(p, old, value);
		json_decref(old);
	}
}

static void shorten(json_t *array, size_t n)
{
	while (json_array_size(array) > n)
		json_array_remove(array, n);
}

/* A page can be made whatever a member is: what a newer or broken program writes. */
static void test_mangled(void **state)
{
	static const char *const values[] = { "null", "[[7]]", "{\"a\":{}}", "-1e300", "\"x\"" };
	static const enum sample samples[] = { HOSTILE, BISECT };
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(samples); i++) {
		char *path = sample_path(samples[i]);
		struct page p;

		page_begin(&p);
		page_load(&p, path);
		if (samples[i] == BISECT) {
			/* One of each will do. */
			json_t *kernels = json_object_get(p.source[0].doc, "kernels");

			shorten(json_object_get(p.source[0].doc, "revisions"), 3);
			shorten(kernels, 2);
			shorten(json_object_get(json_array_get(kernels, 0), "runs"), 0);
			shorten(json_object_get(json_array_get(kernels, 1), "runs"), 4);
		}
		for (j = 0; j < ARRAY_SIZE(values); j++) {
			json_t *value = json_loads(values[j], JSON_DECODE_ANY, NULL);

			mangle(&p, p.source[0].doc, value);
			json_decref(value);
		}
		page_parse(&p);
		page_end(&p);
		free(path);
	}
}

/* A page that can't be written leaves the old one, and nothing else. */
static void test_unwritable(void **state)
{
	char *path = sample_path(HOSTILE), *file;
	struct buf text = {};
	struct page p;

	(void)state;
	page_begin(&p);
	page_load(&p, path);
	file = xasprintf("%s/no/such/page.html", p.dir);
	assert_true(report_write(p.source, 1, file) < 0);
	assert_false(file_exists(file));
	free(file);
	file = xasprintf("%s/taken", p.dir);
	assert_int_equal(mkdir_p(file), 0);
	put(file, "in.the.way", "old");
	assert_true(report_write(p.source, 1, file) < 0);
	free(file);
	file = xasprintf("%s/taken/in.the.way", p.dir);
	assert_int_equal(read_file(file, &text), 0);
	assert_string_equal(text.data, "old");
	buf_free(&text);
	free(file);
	assert_int_equal(unlink(p.file), -1);
	assert_int_equal(errno, ENOENT);
	page_end(&p);
	free(path);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_verify_unbooted),
		cmocka_unit_test(test_reproduce),
		cmocka_unit_test(test_bisect),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_dom),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_live),
		cmocka_unit_test(test_live_bisect),
		cmocka_unit_test(test_bad_input),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_mangled),
		cmocka_unit_test(test_unwritable),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
