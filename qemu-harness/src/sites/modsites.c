// SPDX-License-Identifier: GPL-2.0
/*
 * Scans the modules of a kernel, and knows what was said about the sites in
 * doubt.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>

#include "sites/modsites.h"

/* cmp $imm8,r/m: of what was masked before and put away. */
#define OP_CMP 0x83

/**
 * struct scan - a module that is being scanned
 * @text: its text
 * @module: its name
 * @modsites: filled
 */
struct scan {
	const struct livetext *text;
	char *module;
	struct modsites *modsites;
};

static size_t decode(const struct livetext *text, size_t offset, struct irqsan_insn *insn)
{
	*insn = (struct irqsan_insn){ 0 };
	if (offset < text->len)
		irqsan_insn_decode(text->data + offset, text->len - offset, insn);
	return offset + insn->len;
}

static void add_hex(struct buf *b, const struct livetext *text, size_t from, size_t to)
{
	for (; from < to && from < text->len; from++)
		buf_addf(b, "%02x", text->data[from]);
}

/* Most popfs have the NOPs of a patched PV call behind them; no restore goes on to call. */
static bool is_doubtful_popf(const struct livetext *text, const struct irqsan_found *found,
			     struct buf *bytes)
{
	struct irqsan_insn insn;

	add_hex(bytes, text, found->offset, found->enable + 2);
	decode(text, found->enable + 1, &insn);
	return !insn.len || (insn.map == IRQSAN_MAP_ONE && (insn.opcode == 0xff || insn.opcode == 0xe8 ||
						     insn.opcode == 0xe9 || insn.opcode == 0xeb));
}

/* In most, the test is before the jump, and the sti at the one or other end of it. */
static bool is_doubtful_test(const struct livetext *text, const struct irqsan_found *found,
			     struct buf *bytes)
{
	struct irqsan_insn test, jump;
	size_t tested = decode(text, found->test, &test);
	size_t behind = decode(text, found->offset, &jump);

	add_hex(bytes, text, found->test, tested);
	add_hex(bytes, text, found->offset, behind);
	return tested != found->offset || test.opcode == OP_CMP ||
	       (found->enable != behind && found->enable != behind + (size_t)(long)jump.imm);
}

/* Most functions restore what they saved: "pushf; pop %rax", as a PV call is patched. */
static bool saves_flags(const struct livetext *text, const struct irqsan_found *found)
{
	static const uint8_t save[] = { 0x9c, 0x58 };
	struct livetext_place place;

	return livetext_place(text, text->addr + found->offset, &place) &&
	       memmem(text->data + (place.start - text->addr), place.size, save, sizeof(save));
}

static int add_site(void *ctx, const struct irqsan_found *found)
{
	struct scan *scan = ctx;
	struct modsites *m = scan->modsites;
	struct buf bytes = { 0 };
	struct modsite *site;
	char name[256];

	m->sites = xrealloc(m->sites, (m->nr + 1) * sizeof(*m->sites));
	site = &m->sites[m->nr++];
	*site = (struct modsite){
		.module = xstrdup(scan->module),
		.place = xstrdup(livetext_symbol(scan->text, scan->text->addr + found->offset,
						 name, sizeof(name))),
		.doubtful = scan->text->shape == IRQSAN_SHAPE_POPF ?
			    is_doubtful_popf(scan->text, found, &bytes) :
			    is_doubtful_test(scan->text, found, &bytes),
	};
	site->doubtful |= !saves_flags(scan->text, found);
	site->bytes = bytes.data;
	return 0;
}

static int scan_module(const FTSENT *e, const struct livetext *kernel, struct modsites *m)
{
	struct irqsan_style style;
	struct livetext text;
	struct scan scan = { .text = &text, .modsites = m };
	size_t before = m->nr;
	int rc = livetext_open_module(e->fts_path, kernel, &text);

	if (rc)
		return rc;
	style = livetext_style(&text);
	scan.module = strndup(e->fts_name, strcspn(e->fts_name, "."));
	irqsan_scan(text.data, text.len, &style, add_site, &scan);
	m->modules++;
	m->with_sites += m->nr > before;
	free(scan.module);
	livetext_close(&text);
	return 0;
}

static bool is_module(const FTSENT *e)
{
	const char *ko = e->fts_info == FTS_F ? strstr(e->fts_name, ".ko") : NULL;

	return ko && (!ko[3] || ko[3] == '.');
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/**
 * modsites_scan() - scan all modules below a directory
 * @kernel: what they are for
 * @dir: /lib/modules/RELEASE
 * @modsites: filled; modsites_free() it, also after an error
 *
 * Return: 0 or a negative errno, with the reason said.
 */
int modsites_scan(const struct livetext *kernel, const char *dir, struct modsites *modsites)
{
	char *const paths[] = { (char *)dir, NULL };
	double start = now();
	FTSENT *e;
	FTS *fts;
	int rc = 0;

	*modsites = (struct modsites){ 0 };
	fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	if (!fts) {
		rc = -errno;
		pr_err("%s: %s", dir, strerror(-rc));
		return rc;
	}
	while (!rc && (e = fts_read(fts))) {
		if (is_module(e))
			rc = scan_module(e, kernel, modsites);
	}
	fts_close(fts);
	modsites->seconds = now() - start;
	return rc;
}

static void judge(struct modsites *m, const char *module, const char *place, const char *bytes,
		  const char *verdict)
{
	for (size_t i = 0; i < m->nr; i++) {
		struct modsite *s = &m->sites[i];

		if (s->doubtful && !s->verdict && !strcmp(s->module, module) &&
		    !strcmp(s->place, place) && !strcmp(s->bytes, bytes))
			s->verdict = xstrdup(verdict);
	}
}

/**
 * modsites_judge() - take the verdicts of a file
 * @modsites: sites; those in doubt get theirs
 * @path: the file. A line is "MODULE PLACE BYTES VERDICT", the last with spaces,
 *	  or a comment that begins with "#"
 *
 * A kernel of a later version has other places and other bytes, where a function
 * has changed: somebody has to look anew.
 *
 * Return: 0 or a negative errno, with the reason said.
 */
int modsites_judge(struct modsites *modsites, const char *path)
{
	struct buf text = { 0 };
	int rc = read_file(path, &text), nr = 0;
	char *line, *rest = text.data;

	while (!rc && (line = strsep(&rest, "\n"))) {
		char *module = strsep(&line, " "), *place = strsep(&line, " ");
		char *bytes = strsep(&line, " ");

		nr++;
		if (!*module || *module == '#')
			continue;
		if (line && *line) {
			judge(modsites, module, place, bytes, line);
			continue;
		}
		pr_err("%s, line %d: not \"MODULE PLACE BYTES VERDICT\"", path, nr);
		rc = -EINVAL;
	}
	buf_free(&text);
	return rc;
}

/**
 * modsites_count() - how many sites are in doubt
 * @modsites: sites
 * @unjudged: count only those without a verdict
 *
 * Return: their number.
 */
size_t modsites_count(const struct modsites *modsites, bool unjudged)
{
	size_t n = 0;

	for (size_t i = 0; i < modsites->nr; i++)
		n += modsites->sites[i].doubtful && !(unjudged && modsites->sites[i].verdict);
	return n;
}

/**
 * modsites_free() - free what modsites_scan() filled
 * @modsites: may be empty
 */
void modsites_free(struct modsites *modsites)
{
	for (size_t i = 0; i < modsites->nr; i++) {
		free(modsites->sites[i].module);
		free(modsites->sites[i].place);
		free(modsites->sites[i].bytes);
		free(modsites->sites[i].verdict);
	}
	free(modsites->sites);
	*modsites = (struct modsites){ 0 };
}
