// SPDX-License-Identifier: GPL-2.0
/*
 * Words of guests and programs, made fit for terminals, logs and pages: what would
 * be obeyed and not shown is shown by its number.
 */
#include <libxml/xmlstring.h>
#include <string.h>

#include "base/printable.h"
#include "base/util.h"

/*
 * Controls, and characters that turn the direction of writing, by which a text
 * could pose as another.
 */
static bool is_unsafe(int c)
{
	return (c < 0x20 && c != '\t') || (c >= 0x7f && c <= 0x9f) ||
	       c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
	       (c & 0xfffe) == 0xfffe;
}

static char *make_printable(const char *text, bool lines)
{
	struct buf out = {};
	const char *p = text;

	buf_add(&out, "", 0);
	while (*p) {
		int len = (int)strnlen(p, 4), c = xmlGetUTF8Char((const unsigned char *)p, &len);

		if (c < 0) {
			buf_addf(&out, "<%02X>", (unsigned char)*p++);
			continue;
		}
		if (is_unsafe(c) && !(lines && c == '\n'))
			buf_addf(&out, "<U+%04X>", (unsigned int)c);
		else
			buf_add(&out, p, (size_t)len);
		p += len;
	}
	return out.data;
}

/**
 * printable_line() - a text as one line that can be shown anywhere
 * @text: any bytes
 *
 * Return: UTF-8 with "<U+001B>" for a control character, a newline too, and "<FF>"
 * for a byte that is no character; the caller frees it
 */
char *printable_line(const char *text)
{
	return make_printable(text, false);
}

/**
 * printable_text() - the same for a text of several lines
 * @text: any bytes
 *
 * Return: as printable_line(), but newlines stay
 */
char *printable_text(const char *text)
{
	return make_printable(text, true);
}
