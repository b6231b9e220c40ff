// SPDX-License-Identifier: GPL-2.0
/*
 * irqsan recheck: judge boots of the past again, without booting.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/request.h"
#include "judge/result.h"

/**
 * struct recheck - the work of one call
 * @dirs: what the user named
 * @ignore: patterns of titles that don't count, on top of what each boot has
 * @checked: boots judged
 * @differ: boots whose verdict is another one now
 * @failed: boots or directories that can't be read
 */
struct recheck {
	struct strv dirs;
	struct strv ignore;
	unsigned int checked;
	unsigned int differ;
	unsigned int failed;
};

static json_t *load_stored(const char *dir)
{
	char *path __cleanup(free_ptr) = xasprintf("%s/verdict.json", dir);

	return json_load_file(path, 0, NULL);
}

static void say_difference(const char *dir, const json_t *old, const struct verdict *v)
{
	char *line __cleanup(free_ptr) = verdict_line(v), *was __cleanup(free_ptr) = NULL;
	const char *outcome = "none", *title = NULL;

	json_unpack((json_t *)old, "{s?s, s?s?}", "outcome", &outcome, "title", &title);
	was = printable_line(title ?: "");
	printf("%s: %s (stored: %s%s%s)\n", dir, line, outcome, title ? ": " : "", was);
}

/*
 * What an older irqsan didn't store can't differ, nor what it stored in another form:
 * before the findings there were "titles" and one "report".
 */
static bool same_verdict(const json_t *old, const json_t *new)
{
	const char *name;
	json_t *value;

	if (!old)
		return false;
	json_object_foreach((json_t *)old, name, value)
		if (json_object_get(new, name) && !json_equal(value, json_object_get(new, name)))
			return false;
	return true;
}

static void check_boot(struct recheck *rc, const char *dir)
{
	struct verdict v __cleanup(verdict_free) = {};
	json_auto_t *old = NULL, *new = NULL;
	char *line __cleanup(free_ptr) = NULL;

	if (judge_dir(dir, &rc->ignore, &v)) {
		rc->failed++;
		return;
	}
	rc->checked++;
	old = load_stored(dir);
	new = result_verdict_json(&v);
	if (same_verdict(old, new)) {
		line = verdict_line(&v);
		printf("%s: %s\n", dir, line);
	} else {
		rc->differ++;
		say_difference(dir, old, &v);
	}
}

static bool is_boot(const char *dir)
{
	char *path __cleanup(free_ptr) = xasprintf("%s/run.json", dir);

	return file_exists(path);
}

/* A boot's directory, or any directory above such. */
static void check_dir(struct recheck *rc, const char *dir)
{
	unsigned int before = rc->checked + rc->failed;
	struct dirent **entries;
	int i, n;

	if (is_boot(dir)) {
		check_boot(rc, dir);
		return;
	}
	n = scandir(dir, &entries, NULL, versionsort);
	if (n < 0) {
		pr_err("%s: %s", dir, strerror(errno));
		rc->failed++;
		return;
	}
	for (i = 0; i < n; i++) {
		char *path __cleanup(free_ptr) = xasprintf("%s/%s", dir, entries[i]->d_name);

		if (entries[i]->d_name[0] != '.' && is_boot(path))
			check_boot(rc, path);
		free(entries[i]);
	}
	free(entries);
	if (rc->checked + rc->failed == before) {
		pr_err("%s: holds no boot (no run.json)", dir);
		rc->failed++;
	}
}

static int verb_main(int argc, char **argv)
{
	struct recheck rc = {};
	const struct verb verb = {
		.sets = { { request_ignore_options, &rc.ignore } },
		.words = &rc.dirs, .lacking = "no directory given", .args_doc = "DIR...",
		.doc = "Judge boots (or all boots of runs) again from their files.\v"
		       "Exit status: 0 all verdicts are what is stored, 1 some differ, "
		       "2 something could not be read.",
	};

	options_parse(&verb, argc, argv);
	for (size_t i = 0; i < rc.dirs.n; i++)
		check_dir(&rc, rc.dirs.v[i]);
	strv_free(&rc.dirs);
	printf("%u boots judged again, %u differ from what is stored\n", rc.checked, rc.differ);
	if (rc.failed)
		return EXIT_INFRA;
	return rc.differ ? EXIT_FOUND : EXIT_OK;
}

const struct command cmd_recheck = {
	"recheck", "judge a finished run again from its directory", verb_main
};
