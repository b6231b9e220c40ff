/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What several JSON documents have: strings of bytes that a guest has chosen, and
 * rates. And members that are read leniently: one that is absent, or something
 * else, is empty or 0.
 */
#ifndef IRQSAN_JSON_TEXT_H
#define IRQSAN_JSON_TEXT_H

#include <jansson.h>

#include "base/util.h"

/* Of the interval of a rate. */
#define RATE_CONFIDENCE 0.95

json_t *json_text(const char *text);
json_t *json_texts(const struct strv *list);
void json_strings(const json_t *array, struct strv *list);
json_t *json_rate(unsigned int hits, unsigned int runs);
int json_write(const json_t *doc, const char *path);

static inline const char *text_of(const json_t *obj, const char *name)
{
	return json_string_value(json_object_get(obj, name)) ?: "";
}

static inline int int_of(const json_t *obj, const char *name)
{
	return (int)json_integer_value(json_object_get(obj, name));
}

static inline long long long_of(const json_t *obj, const char *name)
{
	return json_integer_value(json_object_get(obj, name));
}

static inline double real_of(const json_t *obj, const char *name)
{
	return json_number_value(json_object_get(obj, name));
}

#endif
