/* SPDX-License-Identifier: GPL-2.0 */
/*
 * HTML pages as libxml2 trees: what goes in is text, whatever it looks like.
 */
#ifndef IRQSAN_HTML_H
#define IRQSAN_HTML_H

#include <libxml/tree.h>

#include "base/util.h"

xmlNode *html_open(const char *title, const char *style);
int html_write(const xmlNode *body, const char *path);
void html_close(xmlNode *body);

xmlNode *html_add(xmlNode *parent, const char *tag, const char *class, const char *text);
xmlNode *html_text(xmlNode *node, const char *text);
void html_attr(xmlNode *node, const char *name, const char *value);
void html_link(xmlNode *node, const char *path);

/* The same, formatted. */
#define html_addf(parent, tag, class, ...) \
	html_textf(html_add(parent, tag, class, NULL), __VA_ARGS__)
#define html_textf(node, ...) \
	({ \
		char *_text __cleanup(free_ptr) = xasprintf(__VA_ARGS__); \
		html_text(node, _text); \
	})
#define html_attrf(node, name, ...) \
	({ \
		char *_value __cleanup(free_ptr) = xasprintf(__VA_ARGS__); \
		html_attr(node, name, _value); \
	})

#endif
