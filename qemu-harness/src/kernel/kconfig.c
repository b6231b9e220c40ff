// SPDX-License-Identifier: GPL-2.0
/*
 * What a kernel is to be configured with: fragments in the form of .config,
 * merged, and compared with what came of it.
 */
#include <errno.h>
#include <string.h>

#include "base/pattern.h"
#include "kernel/kconfig.h"

/* What "make config" and its kin write into the head of each .config. */
#define WHOLE_CONFIG "# Automatically generated file; DO NOT EDIT."

/* A line that sets an option, one that unsets it, and any other that may be there. */
#define SET "^\\s*(CONFIG_\\w+)=(.*\\S)\\s*$"
#define UNSET "^\\s*# *(CONFIG_\\w+) is not set\\s*$"
#define NOTHING "^\\s*(#|$)"

/* @line's groups: the option, and its value; none: "n". */
static void set_option(struct kconfig *kc, const struct span *line, const char *from)
{
	const struct kconfig_option new = {
		.name = span_dup(line[1]), .value = span_dup(line[2]) ?: xstrdup("n"), .from = from,
	};
	struct kconfig_option *o = kc->options;

	while (o < kc->options + kc->n && strcmp(o->name, new.name))
		o++;
	if (o == kc->options + kc->n) {
		kc->options = xrealloc(kc->options, (kc->n + 1) * sizeof(*o));
		o = &kc->options[kc->n++];
	} else {
		free(o->name);
		free(o->value);
	}
	*o = new;
}

/* False when @line says nothing that a fragment may say. */
static bool parse_line(struct kconfig *kc, const char *line, const char *from)
{
	const struct span text = { line, strlen(line) };
	struct span groups[PATTERN_GROUPS];

	if (!pattern_find(SET, text, groups) && !pattern_find(UNSET, text, groups))
		return pattern_find(NOTHING, text, NULL);
	set_option(kc, groups, from);
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
	char *path __cleanup(free_ptr) = find_fragment(name), *line, *rest;
	struct buf b __cleanup(buf_free) = { 0 };
	unsigned int nr = 0;
	int rc;

	if (!file_exists(path)) {
		pr_err("no configuration \"%s\": neither a file nor one of qemu-harness/configs",
		       name);
		return -ENOENT;
	}
	rc = read_file(path, &b);
	if (rc)
		return rc;
	strv_push(&kc->names, name);
	if (strstr(b.data, WHOLE_CONFIG)) {
		if (!kc->base) {
			kc->base = xstrdup(path);
			return 0;
		}
		pr_err("%s and %s are both whole configurations; only fragments can be merged",
		       kc->base, path);
		return -EINVAL;
	}
	for (rest = b.data; (line = strsep(&rest, "\n")); ) {
		nr++;
		if (!parse_line(kc, line, kc->names.v[kc->names.n - 1])) {
			pr_err("%s:%u: neither CONFIG_NAME=value nor a comment: %s", path, nr,
			       line);
			return -EINVAL;
		}
	}
	return 0;
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
			buf_addf(b, "# %s is not set\n", o->name);
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
		char *value __cleanup(free_ptr) = kconfig_value(config, o->name);

		if (strcmp(value, o->value))
			buf_addf(missed, "%s%s=%s of %s is %s", n++ ? ", " : "", o->name, o->value,
				 o->from, value);
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
