/* SPDX-License-Identifier: GPL-2.0 */
/*
 * HTML pages as libxml2 trees: what goes in is text, whatever it looks like.
 */
#ifndef IRQSAN_HTML_H
#define IRQSAN_HTML_H

#include <libxml/tree.h>

/**
 * struct html - a page
 * @doc: the whole
 * @head: its <head>
 * @body: its <body>
 */
struct html {
	xmlDoc *doc;
	xmlNode *head;
	xmlNode *body;
};

void html_open(struct html *page, const char *title, const char *style);
int html_write(const struct html *page, const char *path);
void html_close(struct html *page);

xmlNode *html_add(xmlNode *parent, const char *tag, const char *class, const char *text);
xmlNode *html_addf(xmlNode *parent, const char *tag, const char *class, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void html_text(xmlNode *node, const char *text);
void html_textf(xmlNode *node, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void html_attr(xmlNode *node, const char *name, const char *value);
void html_attrf(xmlNode *node, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void html_link(xmlNode *node, const char *path);

#endif
