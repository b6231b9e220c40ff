// SPDX-License-Identifier: GPL-2.0
/*
 * Builds HTML pages and writes them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <libxml/HTMLtree.h>
#include <libxml/uri.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "base/util.h"
#include "report/html.h"

/* Scripts of whatever origin don't run; nothing is fetched. */
#define POLICY "default-src 'none'; style-src 'unsafe-inline'"

static char *format(const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	return text;
}

/**
 * html_text() - more text in an element
 * @node: the element
 * @text: any text
 */
void html_text(xmlNode *node, const char *text)
{
	char *safe = printable_text(text);

	xmlAddChild(node, xmlNewDocText(node->doc, BAD_CAST safe));
	free(safe);
}

/**
 * html_textf() - the same, formatted
 * @node: the element
 * @fmt: as for printf()
 */
void html_textf(xmlNode *node, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = format(fmt, ap);
	va_end(ap);
	html_text(node, text);
	free(text);
}

/**
 * html_add() - a new element
 * @parent: the element that it is in
 * @tag: its name
 * @class: its class, or NULL
 * @text: its text, or NULL
 *
 * Return: the element; it belongs to the page
 */
xmlNode *html_add(xmlNode *parent, const char *tag, const char *class, const char *text)
{
	xmlNode *node = xmlNewChild(parent, NULL, BAD_CAST tag, NULL);

	if (class)
		html_attr(node, "class", class);
	if (text)
		html_text(node, text);
	return node;
}

/**
 * html_addf() - the same, formatted
 * @parent: the element that it is in
 * @tag: its name
 * @class: its class, or NULL
 * @fmt: as for printf()
 *
 * Return: the element; it belongs to the page
 */
xmlNode *html_addf(xmlNode *parent, const char *tag, const char *class, const char *fmt, ...)
{
	xmlNode *node;
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = format(fmt, ap);
	va_end(ap);
	node = html_add(parent, tag, class, text);
	free(text);
	return node;
}

/**
 * html_attr() - an attribute
 * @node: the element
 * @name: of the attribute
 * @value: any text
 */
void html_attr(xmlNode *node, const char *name, const char *value)
{
	char *safe = printable_text(value);

	xmlNewProp(node, BAD_CAST name, BAD_CAST safe);
	free(safe);
}

/**
 * html_attrf() - the same, formatted
 * @node: the element
 * @name: of the attribute
 * @fmt: as for printf()
 */
void html_attrf(xmlNode *node, const char *name, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = format(fmt, ap);
	va_end(ap);
	html_attr(node, name, text);
	free(text);
}

/**
 * html_link() - where a link leads
 * @node: the <a>
 * @path: a file, relative to the page
 */
void html_link(xmlNode *node, const char *path)
{
	xmlChar *escaped = xmlURIEscapeStr(BAD_CAST path, BAD_CAST "/");

	/* "a:b" would be the scheme a. */
	html_attrf(node, "href", "./%s", (char *)escaped);
	xmlFree(escaped);
}

/**
 * html_open() - an empty page
 * @page: filled; for html_close()
 * @title: of the page
 * @style: its style sheet
 */
void html_open(struct html *page, const char *title, const char *style)
{
	xmlNode *root, *meta;

	page->doc = htmlNewDocNoDtD(NULL, NULL);
	xmlCreateIntSubset(page->doc, BAD_CAST "html", NULL, NULL);
	root = xmlNewDocNode(page->doc, NULL, BAD_CAST "html", NULL);
	html_attr(root, "lang", "en");
	xmlDocSetRootElement(page->doc, root);
	page->head = html_add(root, "head", NULL, NULL);
	meta = html_add(page->head, "meta", NULL, NULL);
	html_attr(meta, "charset", "utf-8");
	meta = html_add(page->head, "meta", NULL, NULL);
	html_attr(meta, "http-equiv", "Content-Security-Policy");
	html_attr(meta, "content", POLICY);
	meta = html_add(page->head, "meta", NULL, NULL);
	html_attr(meta, "name", "viewport");
	html_attr(meta, "content", "width=device-width, initial-scale=1");
	meta = html_add(page->head, "meta", NULL, NULL);
	html_attr(meta, "name", "color-scheme");
	html_attr(meta, "content", "light dark");
	html_add(page->head, "title", NULL, title);
	html_add(page->head, "style", NULL, style);
	page->body = html_add(root, "body", NULL, NULL);
}

/**
 * html_write() - put a page into a file, whole or not at all
 * @page: the page
 * @path: the file, or "-" for standard output
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int html_write(const struct html *page, const char *path)
{
	xmlChar *text = NULL;
	int len = 0, rc;

	htmlDocDumpMemoryFormat(page->doc, &text, &len, 0);
	if (!text)
		return -ENOMEM;
	rc = write_output(path, text, (size_t)len);
	xmlFree(text);
	return rc;
}

/**
 * html_close() - free a page
 * @page: the page
 */
void html_close(struct html *page)
{
	xmlFreeDoc(page->doc);
	memset(page, 0, sizeof(*page));
}
