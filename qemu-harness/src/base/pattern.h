/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Patterns that stand in tables as text: compiled when they are first used,
 * once for the life of the program. Text is bytes here, never UTF-8: console
 * logs hold anything.
 */
#ifndef IRQSAN_PATTERN_H
#define IRQSAN_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* Groups that a pattern may have, the whole match among them. */
#define PATTERN_GROUPS 5

/**
 * struct span - a part of a text
 * @at: its first byte; NULL for a group that took no part in the match
 * @len: its length
 */
struct span {
	const char *at;
	size_t len;
};

char *span_dup(struct span s);
const char *pattern_keep(const char *pattern);
bool pattern_find(const char *pattern, struct span text, struct span groups[PATTERN_GROUPS]);
char *pattern_replace(const char *pattern, const char *text, const char *with);

#endif
