// SPDX-License-Identifier: GPL-2.0
/*
 * Makes JSON strings of texts that may hold bytes that are no characters.
 */
#include <stdlib.h>

#include "json-text.h"
#include "util.h"

/**
 * json_text() - a text as a JSON string
 * @text: any bytes, or NULL
 *
 * Return: a new reference; a text that isn't UTF-8 has a '?' for each byte that
 * isn't ASCII; null for NULL
 */
json_t *json_text(const char *text)
{
	char *ascii, *p;
	json_t *value;

	if (!text)
		return json_null();
	value = json_string(text);
	if (value)
		return value;
	ascii = xstrdup(text);
	for (p = ascii; *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	value = json_string(ascii);
	free(ascii);
	return value;
}
