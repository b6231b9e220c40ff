// SPDX-License-Identifier: GPL-2.0
/*
 * What a kernel is to be configured with: fragments in the form of .config,
 * merged, and compared with what came of it.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kconfig.h"

/* What "make config" and its kin write into the head of each .config. */
#define WHOLE_CONFIG "# Automatically generated file; DO NOT EDIT."

static const char prefix[] = "CONFIG_";
static const char unset[] = " is not set";

/* Length of the symbol that @s begins with, 0 for none. */
static size_t symbol_length(const char *s)
{
	size_t n = strlen(prefix);

	if (strncmp(s, prefix, n))
		return 0;
	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n > strlen(prefix) ? n : 0;
}

static void set_option(struct kconfig *kc, const char *name, size_t len, const char *value,
		       const char *from)
{
	struct kconfig_option *o = kc->options;

	while (o < kc->options + kc->n && (strncmp(o->name, name, len) || o->name[len]))
		o++;
	if (o == kc->options + kc->n) {
		kc->options = xrealloc(kc->options, (kc->n + 1) * sizeof(*o));
		o = &kc->options[kc->n++];
		*o = (struct kconfig_option){ .name = xasprintf("%.*s", (int)len, name) };
	}
	free(o->value);
	o->value = xstrdup(value);
	o->from = from;
}

/* False when @line says nothing that a fragment may say. */
static bool parse_line(struct kconfig *kc, char *line, const char *from)
{
	size_t len;

	line += strspn(line, " \t");
	for (len = strlen(line); len && strchr(" \t\r", line[len - 1]); len--)
		line[len - 1] = '\0';
	if (*line == '#') {
		const char *name = line + 1 + strspn(line + 1, " ");

		len = symbol_length(name);
		if (len && !strcmp(name + len, unset))
			set_option(kc, name, len, "n", from);
		return true;
	}
	len = symbol_length(line);
	if (len && line[len] == '=' && line[len + 1])
		set_option(kc, line, len, line + len + 1, from);
	else if (*line)
		return false;
	return true;
}

/* A fragment of ours by its name, else a file; caller frees. */
static char *find_fragment(const char *name)
{
	char *path = xasprintf("%s/qemu-harness/configs/%s", irqsan_root(), name);

	if (!strchr(name, '/') && file_exists(path))
		return path;
	free(path);
	return xstrdup(name);
}

/**
 * kconfig_add() - put a fragment on top of those that are there
 * @kc: merged fragments, zeroed in the beginning
 * @name: one of qemu-harness/configs, or the path of a file; a whole .config
 *	  becomes the base
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int kconfig_add(struct kconfig *kc, const char *name)
{
	char *path = find_fragment(name), *save = NULL;
	unsigned int nr = 0;
	struct buf b = { 0 };
	int rc = 0;

	if (!file_exists(path)) {
		pr_err("no configuration \"%s\": neither a file nor one of qemu-harness/configs",
		       name);
		rc = -ENOENT;
	}
	if (!rc)
		rc = read_file(path, &b);
	if (rc)
		goto out;
	strv_push(&kc->names, name);
	if (strstr(b.data, WHOLE_CONFIG)) {
		if (kc->base) {
			pr_err("%s and %s are both whole configurations; only fragments can be merged",
			       kc->base, path);
			rc = -EINVAL;
		} else {
			kc->base = xstrdup(path);
		}
		goto out;
	}
	/* Not strtok_r(): empty lines count. */
	for (char *line = b.data; line && !rc; line = save) {
		save = strchr(line, '\n');
		if (save)
			*save++ = '\0';
		nr++;
		if (!parse_line(kc, line, kc->names.v[kc->names.n - 1])) {
			pr_err("%s:%u: neither CONFIG_NAME=value nor a comment: %s", path, nr,
			       line);
			rc = -EINVAL;
		}
	}
out:
	buf_free(&b);
	free(path);
	return rc;
}

/**
 * kconfig_text() - the merged fragments as one, on top of the base
 * @kc: merged fragments
 * @b: the text is appended
 *
 * Return: 0 or a negative errno
 */
int kconfig_text(const struct kconfig *kc, struct buf *b)
{
	int rc = kc->base ? read_file(kc->base, b) : 0;

	buf_add(b, "", 0);
	for (size_t i = 0; !rc && i < kc->n; i++) {
		const struct kconfig_option *o = &kc->options[i];

		if (!strcmp(o->value, "n"))
			buf_addf(b, "# %s%s\n", o->name, unset);
		else
			buf_addf(b, "%s=%s\n", o->name, o->value);
	}
	return rc;
}

/**
 * kconfig_value() - what a .config says of a symbol
 * @config: its text
 * @name: with CONFIG_
 *
 * Return: the value, to be freed; "n" where it says nothing
 */
char *kconfig_value(const char *config, const char *name)
{
	size_t len = strlen(name);
	const char *hit = config;

	while ((hit = strstr(hit, name))) {
		if ((hit == config || hit[-1] == '\n') && hit[len] == '=')
			return xasprintf("%.*s", (int)strcspn(hit + len + 1, "\n"), hit + len + 1);
		hit += len;
	}
	return xstrdup("n");
}

/**
 * kconfig_missed() - which options did not become what was asked for?
 * @kc: merged fragments
 * @config: text of the .config that came of them
 * @missed: these options are appended, for a message
 *
 * Return: how many
 */
size_t kconfig_missed(const struct kconfig *kc, const char *config, struct buf *missed)
{
	size_t n = 0;

	for (size_t i = 0; i < kc->n; i++) {
		const struct kconfig_option *o = &kc->options[i];
		char *value = kconfig_value(config, o->name);

		if (strcmp(value, o->value))
			buf_addf(missed, "%s%s=%s of %s is %s", n++ ? ", " : "", o->name, o->value,
				 o->from, value);
		free(value);
	}
	return n;
}

/**
 * kconfig_free() - free what kconfig_add() filled
 * @kc: merged fragments
 */
void kconfig_free(struct kconfig *kc)
{
	for (size_t i = 0; i < kc->n; i++) {
		free(kc->options[i].name);
		free(kc->options[i].value);
	}
	free(kc->options);
	free(kc->base);
	strv_free(&kc->names);
	*kc = (struct kconfig){ 0 };
}
