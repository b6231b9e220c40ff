// SPDX-License-Identifier: GPL-2.0
/*
 * A cache of compiled PCRE2 patterns, keyed by the address of their text.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"
#include "base/util.h"

/* A power of two, at least twice the number of patterns that all tables and users have. */
#define SLOTS 1024
#define KEPT_MAX 128

/**
 * struct compiled - one slot of the cache
 * @text: the pattern, a string that is never freed; NULL: the slot is free
 * @code: compiled
 * @jit: to machine code
 */
struct compiled {
	const char *text;
	pcre2_code *code;
	bool jit;
};

static struct compiled cache[SLOTS];
static pcre2_match_data *match_data;

/* The pattern compiled; NULL after saying why not. */
static pcre2_code *compile(const char *pattern)
{
	PCRE2_UCHAR why[256];
	pcre2_code *code;
	size_t offset;
	int error;

	code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, 0, &error, &offset, NULL);
	if (!code) {
		pcre2_get_error_message(error, why, sizeof(why));
		pr_err("\"%s\" is no regular expression: %s at character %zu", pattern, why,
		       offset + 1);
	}
	return code;
}

static const struct compiled *lookup(const char *pattern)
{
	size_t i = ((uintptr_t)pattern >> 3) * 0x9e3779b1u % SLOTS, tries;

	if (!match_data) {
		match_data = pcre2_match_data_create(PATTERN_GROUPS, NULL);
		if (!match_data)
			abort();
	}
	for (tries = 0; tries < SLOTS; tries++, i = (i + 1) % SLOTS) {
		if (cache[i].text == pattern)
			return &cache[i];
		if (!cache[i].text) {
			cache[i].text = pattern;
			cache[i].code = compile(pattern);
			/* Patterns are constants: this one is a bug in a table. */
			if (!cache[i].code)
				abort();
			/* Where there is no JIT it is only slower. */
			cache[i].jit = !pcre2_jit_compile(cache[i].code, PCRE2_JIT_COMPLETE);
			return &cache[i];
		}
	}
	pr_err("more than %d patterns", SLOTS);
	abort();
}

/**
 * span_dup() - a part of a text as a string
 * @s: the part
 *
 * Return: a copy, to be freed; NULL for a group that took no part in the match
 */
char *span_dup(struct span s)
{
	return s.at ? xasprintf("%.*s", (int)s.len, s.at) : NULL;
}

/**
 * pattern_keep() - a pattern that isn't a constant, for pattern_find()
 * @pattern: PCRE2 syntax, from a user or a file
 *
 * Return: an equal string that stays, one for all equal patterns; or NULL when it
 * doesn't compile or there are too many, the reason was printed
 */
const char *pattern_keep(const char *pattern)
{
	static char *kept[KEPT_MAX];
	pcre2_code *code;
	size_t i;

	for (i = 0; i < KEPT_MAX && kept[i]; i++)
		if (!strcmp(kept[i], pattern))
			return kept[i];
	if (i == KEPT_MAX) {
		pr_err("more than %d patterns to ignore", KEPT_MAX);
		return NULL;
	}
	code = compile(pattern);
	if (!code)
		return NULL;
	pcre2_code_free(code);
	kept[i] = xstrdup(pattern);
	return kept[i];
}

/**
 * pattern_find() - the first match of a pattern
 * @pattern: PCRE2 syntax; a string constant or from pattern_keep(), since its address
 *	     is remembered
 * @text: where to look
 * @groups: filled with the match and its groups; may be NULL
 *
 * Return: was there one? A match that PCRE2 gives up on, for want of stack or
 * time, is none.
 */
bool pattern_find(const char *pattern, struct span text, struct span groups[PATTERN_GROUPS])
{
	const struct compiled *c = lookup(pattern);
	const size_t *at;
	int i, n;

	n = (c->jit ? pcre2_jit_match : pcre2_match)(c->code, (PCRE2_SPTR)text.at, text.len, 0, 0,
						     match_data, NULL);
	if (n < 0)
		return false;
	if (!groups)
		return true;
	at = pcre2_get_ovector_pointer(match_data);
	memset(groups, 0, PATTERN_GROUPS * sizeof(groups[0]));
	for (i = 0; i < (n ? n : PATTERN_GROUPS); i++) {
		if (at[2 * i] == PCRE2_UNSET)
			continue;
		groups[i].at = text.at + at[2 * i];
		groups[i].len = at[2 * i + 1] - at[2 * i];
	}
	return true;
}

/**
 * pattern_replace() - replace all matches of a pattern
 * @pattern: as for pattern_find()
 * @text: the text
 * @with: what comes in their place, "$1" is a group
 *
 * Return: the new text, to be freed.
 */
char *pattern_replace(const char *pattern, const char *text, const char *with)
{
	size_t len = strlen(text), size = len + 1;
	char *out = NULL;
	int rc;

	if (!pattern_find(pattern, (struct span){ .at = text, .len = len }, NULL))
		return xstrdup(text);
	do {
		out = xrealloc(out, size);
		rc = pcre2_substitute(lookup(pattern)->code, (PCRE2_SPTR)text, len, 0,
				      PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_OVERFLOW_LENGTH,
				      match_data, NULL, (PCRE2_SPTR)with, PCRE2_ZERO_TERMINATED,
				      (PCRE2_UCHAR *)out, &size);
	} while (rc == PCRE2_ERROR_NOMEMORY);
	if (rc < 0) {
		free(out);
		return xstrdup(text);
	}
	return out;
}
