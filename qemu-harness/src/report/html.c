// SPDX-License-Identifier: GPL-2.0
/*
 * Builds HTML pages and writes them.
 */
#include <errno.h>
#include <libxml/HTMLparser.h>
#include <libxml/HTMLtree.h>
#include <libxml/uri.h>

#include "base/printable.h"
#include "report/html.h"

/* Scripts of whatever origin don't run; nothing is fetched. */
#define POLICY "default-src 'none'; style-src 'unsafe-inline'"

static const char page[] =
	"<!DOCTYPE html>"
	"<html lang=\"en\">"
	"<head>"
	"<meta charset=\"utf-8\"/>"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"" POLICY "\"/>"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>"
	"<meta name=\"color-scheme\" content=\"light dark\"/>"
	"</head>"
	"<body/>"
	"</html>";

/**
 * html_text() - more text in an element
 * @node: the element
 * @text: any text
 *
 * Return: @node
 */
xmlNode *html_text(xmlNode *node, const char *text)
{
	char *safe __cleanup(free_ptr) = printable_text(text);

	xmlAddChild(node, xmlNewDocText(node->doc, BAD_CAST safe));
	return node;
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
	return text ? html_text(node, text) : node;
}

/**
 * html_attr() - an attribute
 * @node: the element
 * @name: of the attribute
 * @value: any text
 */
void html_attr(xmlNode *node, const char *name, const char *value)
{
	char *safe __cleanup(free_ptr) = printable_text(value);

	xmlNewProp(node, BAD_CAST name, BAD_CAST safe);
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
 * @title: of the page
 * @style: its style sheet
 *
 * Return: its body, for html_close()
 */
xmlNode *html_open(const char *title, const char *style)
{
	xmlNode *root = xmlDocGetRootElement(htmlReadDoc(BAD_CAST page, NULL, "UTF-8", 0));

	html_add(root->children, "title", NULL, title);
	html_add(root->children, "style", NULL, style);
	return root->last;
}

/**
 * html_write() - put a page into a file, whole or not at all
 * @body: of the page
 * @path: the file, or "-" for standard output
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int html_write(const xmlNode *body, const char *path)
{
	xmlChar *text = NULL;
	int len = 0, rc;

	htmlDocDumpMemoryFormat(body->doc, &text, &len, 0);
	if (!text)
		return -ENOMEM;
	rc = write_output(path, text, (size_t)len);
	xmlFree(text);
	return rc;
}

/** html_close() - free a page */
void html_close(xmlNode *body)
{
	xmlFreeDoc(body->doc);
}
