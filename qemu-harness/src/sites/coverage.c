// SPDX-License-Identifier: GPL-2.0
/*
 * Compares what the scanner finds in a kernel's text with what its debug
 * information says, and finds the instruction to watch where only the latter
 * knows of a restore.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "sites/coverage.h"

/* Instructions to look at behind a branch, or between a test and its jump. */
#define FOLLOW 8

/**
 * struct measure - a comparison that is being made
 * @text: the kernel
 * @truth: its DWARF, or NULL
 * @refused: code that kprobes refuse
 * @coverage: filled
 */
struct measure {
	const struct livetext *text;
	const struct truth *truth;
	struct truth_ranges refused;
	struct coverage *coverage;
};

static void add_range(struct truth_ranges *ranges, uint64_t low, uint64_t high)
{
	ranges->v = xrealloc(ranges->v, (ranges->n + 1) * sizeof(*ranges->v));
	ranges->v[ranges->n++] = (struct truth_range){ low, high };
}

/*
 * What populate_kprobe_blacklist() and arch_within_kprobe_blacklist() go by:
 * three ranges of text, and a table of functions.
 */
static void find_refused(struct measure *m)
{
	static const char *const bounds[][2] = {
		{ "__noinstr_text_start", "__noinstr_text_end" },
		{ "__entry_text_start", "__entry_text_end" },
		{ "__kprobes_text_start", "__kprobes_text_end" },
	};
	uint64_t low, high, addr;

	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
		if (livetext_address(m->text, bounds[i][0], &low) &&
		    livetext_address(m->text, bounds[i][1], &high))
			add_range(&m->refused, low, high);
	}
	if (!livetext_address(m->text, "__start_kprobe_blacklist", &low) ||
	    !livetext_address(m->text, "__stop_kprobe_blacklist", &high))
		return;
	for (; low + sizeof(addr) <= high; low += sizeof(addr)) {
		const void *p = livetext_bytes(m->text, low, sizeof(addr));
		struct livetext_place place;

		if (!p)
			break;
		memcpy(&addr, p, sizeof(addr));
		if (livetext_place(m->text, addr, &place))
			add_range(&m->refused, place.start, place.start + place.size);
	}
}

/*
 * Parts that the compiler split off (name.cold, name.part.0) are refused with
 * the function that they come from.
 */
static bool is_refused(const struct measure *m, uint64_t addr)
{
	struct livetext_place place;
	char name[256];
	uint64_t whole;

	if (truth_covers(&m->refused, addr))
		return true;
	if (!livetext_place(m->text, addr, &place))
		return false;
	snprintf(name, sizeof(name), "%s", place.symbol);
	name[strcspn(name, ".")] = '\0';
	return livetext_address(m->text, name, &whole) && truth_covers(&m->refused, whole);
}

static void add_site(struct measure *m, const struct coverage_site *site)
{
	struct coverage *c = m->coverage;

	c->sites = xrealloc(c->sites, (c->nr_sites + 1) * sizeof(*c->sites));
	c->sites[c->nr_sites] = *site;
	c->sites[c->nr_sites++].refused = is_refused(m, site->addr);
}

static int add_found(void *ctx, const struct irqsan_found *found)
{
	struct measure *m = ctx;
	const struct coverage_site site = {
		.addr = m->text->addr + found->offset,
		.test = m->text->addr + found->test,
		.enable = m->text->addr + found->enable,
		.saved = found->saved,
		.reg = found->reg,
		.origin = m->truth ? SITE_EXTRA : SITE_SCAN,
	};

	add_site(m, &site);
	return 0;
}

static bool decode_at(const struct livetext *text, uint64_t addr, struct irqsan_insn *insn)
{
	return addr >= text->addr && addr - text->addr < text->len &&
	       irqsan_insn_decode(text->data + (addr - text->addr),
				  text->len - (addr - text->addr), insn);
}

static bool is_one(const struct irqsan_insn *insn, uint8_t opcode)
{
	return insn->map == IRQSAN_MAP_ONE && insn->opcode == opcode;
}

/* jb, jae, je, jne: the low bits of the opcode; else -1. */
static int condition(const struct irqsan_insn *insn)
{
	int low = insn->opcode & 0x0f;

	if (!(insn->map == IRQSAN_MAP_ONE && (insn->opcode & 0xf0) == 0x70) &&
	    !(insn->map == IRQSAN_MAP_0F && (insn->opcode & 0xf0) == 0x80))
		return -1;
	return low >= 2 && low <= 5 ? low : -1;
}

/* Goes elsewhere, or doesn't come back: jumps, calls, ret, int3, ud2. */
static bool is_branch(const struct irqsan_insn *insn)
{
	uint8_t op = insn->opcode;

	if (insn->map == IRQSAN_MAP_0F)
		return (op & 0xf0) == 0x80 || op == 0x0b;
	if (insn->map != IRQSAN_MAP_ONE)
		return false;
	return (op & 0xf0) == 0x70 || op == 0xe8 || op == 0xe9 || op == 0xeb || op == 0xc3 ||
	       op == 0xcc || op == 0xff;
}

/* Where does what runs from @addr on enable IRQs? DWARF says that it restores: no doubts. */
static bool leads_to_sti(const struct livetext *text, uint64_t addr, uint64_t *enable)
{
	struct irqsan_insn insn;

	for (int i = 0; i < FOLLOW && decode_at(text, addr, &insn); i++) {
		if (is_one(&insn, 0xfb)) {
			*enable = addr;
			return true;
		}
		addr += insn.len;
		if (is_one(&insn, 0xe9) || is_one(&insn, 0xeb))
			addr += (uint64_t)(int64_t)insn.imm;
		else if (is_branch(&insn))
			return false;
	}
	return false;
}

/* Is the instruction at @addr a conditional jump around an sti, or to one? */
static bool is_guard(const struct livetext *text, uint64_t addr, const struct irqsan_insn *insn,
		     struct coverage_site *site)
{
	uint64_t behind = addr + insn->len, target = behind + (uint64_t)(int64_t)insn->imm;
	int cond = condition(insn);

	if (cond < 0)
		return false;
	/* The side on which bit 9 is set: taken with jb and jne. */
	if (!leads_to_sti(text, cond == 2 || cond == 5 ? target : behind, &site->enable))
		return false;
	site->addr = addr;
	site->saved = cond < 4 ? IRQSAN_SAVED_CF : IRQSAN_SAVED_ZF;
	return true;
}

static bool is_push(const struct irqsan_insn *insn)
{
	return insn->map == IRQSAN_MAP_ONE && ((insn->opcode & 0xf8) == 0x50 ||
					(insn->opcode == 0xff && ((insn->modrm >> 3) & 7) == 6));
}

/* The push before a popf that lies in @range, or right behind it. */
static bool locate_popf(const struct livetext *text, uint64_t start,
			const struct truth_range *range, struct coverage_site *site)
{
	struct irqsan_insn insn, before = { .len = 0 };

	for (uint64_t at = start; at <= range->high && decode_at(text, at, &insn);
	     at += insn.len) {
		if (is_one(&insn, 0x9d) && at >= range->low && is_push(&before)) {
			site->addr = at - before.len;
			site->test = site->addr;
			site->enable = at;
			site->saved = before.opcode == 0xff ? IRQSAN_SAVED_UNKNOWN : IRQSAN_SAVED_REG;
			site->reg = before.opcode == 0xff ? 0 :
				    (before.opcode & 7) | (before.rex & 1 ? 8 : 0);
			return true;
		}
		before = insn;
	}
	return false;
}

/*
 * The conditional jump in @range, or the one that uses what was tested in it,
 * or the one before it, when all that lies in it is the sti.
 */
static bool locate_jump(const struct livetext *text, uint64_t start,
			const struct truth_range *range, struct coverage_site *site)
{
	struct irqsan_insn insn, before = { .len = 0 };
	uint64_t last = 0;
	int behind = 0;

	for (uint64_t at = start; decode_at(text, at, &insn) && behind < FOLLOW; at += insn.len) {
		if (at < range->low) {
			before = insn;
			continue;
		}
		if (at == range->low && before.len && is_one(&insn, 0xfb) &&
		    is_guard(text, at - before.len, &before, site) && site->enable == at) {
			site->test = site->addr;
			return true;
		}
		if (is_guard(text, at, &insn, site)) {
			site->test = last ?: at;
			return true;
		}
		if (is_one(&insn, 0xfb) ||
		    (at >= range->high && (is_branch(&insn) || ++behind == FOLLOW)))
			return false;
		last = at;
	}
	return false;
}

/* Instructions can only be told apart from the start of the function on. */
static bool locate(const struct livetext *text, const struct truth_restore *restore,
		   struct coverage_site *site)
{
	for (size_t i = 0; i < restore->code.n; i++) {
		const struct truth_range *range = &restore->code.v[i];
		struct livetext_place place;

		if (!livetext_place(text, range->low, &place))
			continue;
		if (text->shape == IRQSAN_SHAPE_POPF ?
		    locate_popf(text, place.start, range, site) :
		    locate_jump(text, place.start, range, site))
			return true;
	}
	return false;
}

static bool matches(const struct coverage_site *site, const struct truth_restore *restore)
{
	return truth_covers(&restore->code, site->addr) ||
	       truth_covers(&restore->code, site->test) ||
	       truth_covers(&restore->code, site->enable) || site->addr == restore->entry;
}

static bool is_in_text(const struct livetext *text, const struct truth_restore *restore)
{
	for (size_t i = 0; i < restore->code.n; i++) {
		uint64_t low = restore->code.v[i].low;

		if (low >= text->addr && low - text->addr < text->len)
			return true;
	}
	return false;
}

/* @nr_scanned: the sites that the scanner found; behind them are those of DWARF only. */
static void judge_entry(struct measure *m, struct coverage_entry *e, size_t nr_scanned)
{
	struct coverage *c = m->coverage;
	struct coverage_site site = { .origin = SITE_DWARF };
	bool found = false, accepted = false;

	e->addr = e->restore->code.n ? e->restore->code.v[0].low : e->restore->entry;
	if (!e->restore->code.n) {
		e->state = ENTRY_EMPTY;
		return;
	}
	if (!is_in_text(m->text, e->restore)) {
		e->state = ENTRY_INIT;
		return;
	}
	for (size_t i = 0; i < nr_scanned; i++) {
		if (!matches(&c->sites[i], e->restore))
			continue;
		found = true;
		accepted |= !c->sites[i].refused;
		c->sites[i].origin = SITE_BOTH;
	}
	e->state = ENTRY_FOUND;
	e->refused = !accepted;
	if (found)
		return;
	e->refused = is_refused(m, e->addr);
	e->state = ENTRY_UNLOCATED;
	if (!locate(m->text, e->restore, &site))
		return;
	e->state = ENTRY_LOCATED;
	e->addr = site.addr;
	e->refused = is_refused(m, site.addr);
	/* Two restores may share the jump, also with one that was found. */
	for (size_t i = 0; i < c->nr_sites; i++) {
		if (c->sites[i].addr == site.addr) {
			if (i < nr_scanned)
				c->sites[i].origin = SITE_BOTH;
			return;
		}
	}
	add_site(m, &site);
}

static enum site_origin explain(const struct truth *truth, const struct coverage_site *site)
{
	if (truth_covers(&truth->bodies, site->addr))
		return SITE_COPY;
	if (truth_covers(&truth->enables, site->enable))
		return SITE_ENABLE;
	if (truth_covers(&truth->assembly, site->addr))
		return SITE_ASSEMBLY;
	return SITE_EXTRA;
}

static int compare_sites(const void *a, const void *b)
{
	const struct coverage_site *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/**
 * coverage_measure() - scan a kernel and compare
 * @text: the kernel
 * @truth: what its DWARF says; must stay as long as @coverage. NULL if it has
 *	   none
 * @coverage: filled; coverage_free() it
 */
void coverage_measure(const struct livetext *text, const struct truth *truth,
		      struct coverage *coverage)
{
	struct measure m = { .text = text, .truth = truth, .coverage = coverage };
	struct irqsan_style style = livetext_style(text);
	size_t nr_scanned;

	*coverage = (struct coverage){ .nr_entries = truth ? truth->nr : 0 };
	coverage->entries = xcalloc(coverage->nr_entries + 1, sizeof(*coverage->entries));
	find_refused(&m);
	irqsan_scan(text->data, text->len, &style, add_found, &m);
	nr_scanned = coverage->nr_sites;
	for (size_t i = 0; i < coverage->nr_entries; i++) {
		coverage->entries[i].restore = &truth->restores[i];
		judge_entry(&m, &coverage->entries[i], nr_scanned);
	}
	for (size_t i = 0; i < nr_scanned; i++) {
		if (coverage->sites[i].origin == SITE_EXTRA)
			coverage->sites[i].origin = explain(truth, &coverage->sites[i]);
	}
	if (coverage->nr_sites)
		qsort(coverage->sites, coverage->nr_sites, sizeof(*coverage->sites),
		      compare_sites);
	free(m.refused.v);
}

/**
 * coverage_free() - free what coverage_measure() filled
 * @coverage: may be empty
 */
void coverage_free(struct coverage *coverage)
{
	free(coverage->sites);
	free(coverage->entries);
	*coverage = (struct coverage){ 0 };
}

/**
 * coverage_count() - how many restores of DWARF's ended in a state
 * @coverage: the comparison
 * @state: the state
 *
 * Return: their number.
 */
size_t coverage_count(const struct coverage *coverage, enum entry_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < coverage->nr_entries; i++)
		n += coverage->entries[i].state == state;
	return n;
}

/**
 * coverage_percent() - the share of the inlined restores that the scanner found
 * @coverage: the comparison
 *
 * Return: percent of those that have code in .text; 100 when there are none.
 */
double coverage_percent(const struct coverage *coverage)
{
	size_t found = coverage_count(coverage, ENTRY_FOUND);
	size_t all = found + coverage_count(coverage, ENTRY_LOCATED) +
		     coverage_count(coverage, ENTRY_UNLOCATED);

	return all ? 100.0 * (double)found / (double)all : 100.0;
}
