// SPDX-License-Identifier: GPL-2.0
/*
 * Asks git: which commits lie between two, which one is to be tested next, and
 * what a commit says. What to test next is what "git bisect" would choose, by the
 * same plumbing; its own words are for people, and change.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/git.h"
#include "bisect/bisect-git.h"
#include "kernel/buildroot.h"

/* get_maintainer.pl may walk a whole history. */
#define DEADLINE_S 1800
#define MAINTAINERS "scripts/get_maintainer.pl"
#define PATCH ".git-commit.patch"

static void push_lines(struct strv *list, char *text)
{
	char *save = NULL, *line;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		strv_push(list, line);
}

/* What a git that was killed has left: nobody else works in this tree. */
static int drop_leftovers(const char *tree)
{
	struct buf out = {};
	char *pattern;
	glob_t found;
	size_t i;
	int rc;

	rc = git_l(tree, &out, NULL, "rev-parse", "--absolute-git-dir", NULL);
	if (rc < 0) {
		buf_free(&out);
		return rc;
	}
	out.data[strcspn(out.data, "\n")] = '\0';
	pattern = xasprintf("%s/*.lock", out.data);
	if (!glob(pattern, 0, NULL, &found)) {
		for (i = 0; i < found.gl_pathc; i++)
			unlink(found.gl_pathv[i]);
		globfree(&found);
	}
	free(pattern);
	buf_free(&out);
	return 0;
}

/**
 * bisect_git_open() - make the work tree, or take the one that is there
 * @g: the history; nobody else may use its tree
 * @rev: any revision of it
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int bisect_git_open(const struct bisect_git *g, const char *rev)
{
	char *link = xasprintf("%s/.git", g->tree);
	struct buf out = {};
	int rc = 0;

	if (!file_exists(link))
		rc = git_l(g->repo, &out, NULL, "worktree", "add", "--force", "--no-checkout",
			   "--detach", g->tree, rev, NULL);
	if (!rc)
		rc = drop_leftovers(g->tree);
	buf_free(&out);
	free(link);
	return rc;
}

/**
 * bisect_git_remove() - take the work tree away again
 * @g: the history
 */
void bisect_git_remove(const struct bisect_git *g)
{
	struct buf out = {};

	git_l(g->repo, &out, NULL, "worktree", "remove", "--force", g->tree, NULL);
	buf_free(&out);
}

/**
 * bisect_git_checkout() - put a revision's files into the work tree
 * @g: the history
 * @rev: the revision; files that it doesn't change keep their times, so that
 *	 a build goes on from the last one
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int bisect_git_checkout(const struct bisect_git *g, const char *rev)
{
	struct buf out = {};
	int rc;

	rc = git_l(g->tree, &out, NULL, "checkout", "-q", "--force", "--detach", rev, NULL);
	buf_free(&out);
	return rc;
}

/* Lists what @bad has and none of @good, with one more @option for rev-list or NULL. */
static int rev_list(const struct bisect_git *g, const char *option, const char *bad,
		    const struct strv *good, struct strv *list)
{
	struct strv args = {};
	struct buf out = {};
	size_t i;
	int rc;

	strv_push(&args, "rev-list");
	if (option)
		strv_push(&args, option);
	if (g->first_parent)
		strv_push(&args, "--first-parent");
	strv_push(&args, bad);
	for (i = 0; i < good->n; i++)
		strv_pushf(&args, "^%s", good->v[i]);
	strv_push(&args, "--");
	for (i = 0; g->paths && i < g->paths->n; i++)
		strv_push(&args, g->paths->v[i]);
	rc = git_run(g->tree, NULL, &args, &out, NULL);
	if (!rc)
		push_lines(list, out.data);
	strv_free(&args);
	buf_free(&out);
	return rc;
}

/**
 * bisect_git_releases() - releases that a revision comes from, but itself
 * @repo: the repository
 * @bad: the revision
 * @names: their tags are appended, the latest first
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int bisect_git_releases(const char *repo, const char *bad, struct strv *names)
{
	static const char digits[] = "0123456789";
	char *save = NULL, *tag;
	struct buf out = {};
	size_t n;
	int rc;

	/* @bad may be a release itself. */
	rc = git_l(repo, &out, NULL, "tag", "--list", "--merged", bad, "--no-contains", bad,
		   "--sort=-version:refname", "v[0-9]*.[0-9]*", NULL);
	for (tag = rc ? NULL : strtok_r(out.data, "\n", &save); tag;
	     tag = strtok_r(NULL, "\n", &save)) {
		/* v5.10, but not v5.10-rc1, nor v5.10.3, which other releases don't come from */
		n = 1 + strspn(tag + 1, digits);
		if (tag[n] == '.' && !tag[n + 1 + strspn(tag + n + 1, digits)])
			strv_push(names, tag);
	}
	buf_free(&out);
	return rc;
}

/**
 * bisect_git_commits() - commits between revisions
 * @g: the history
 * @from: those that any of these has are left out
 * @to: those that it has, itself included
 * @list: they are appended
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int bisect_git_commits(const struct bisect_git *g, const struct strv *from, const char *to,
		       struct strv *list)
{
	return rev_list(g, NULL, to, from, list);
}

/**
 * bisect_git_bases() - where two revisions parted
 * @g: the history
 * @a: a revision
 * @b: another one
 * @list: their merge bases are appended; @a if @b comes from it
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int bisect_git_bases(const struct bisect_git *g, const char *a, const char *b,
		     struct strv *list)
{
	struct buf out = {};
	int rc, status;

	/* 1: they have nothing in common. */
	rc = git_l(g->tree, &out, &status, "merge-base", "--all", a, b, NULL);
	if (!rc && !status)
		push_lines(list, out.data);
	buf_free(&out);
	return rc;
}

/*
 * The best of @left (best first) that isn't @bad and wasn't skipped; NULL: none. What
 * can't be tested often has neighbours that can't be either: the more of the best were
 * skipped, the further away from them.
 */
static const char *best(const struct strv *left, const char *bad, const struct strv *skip)
{
	size_t skipped = 0, away, i;
	const char *found = NULL;

	while (skipped < left->n && strv_has(skip, left->v[skipped]))
		skipped++;
	away = skipped < 16 ? (1u << skipped) - 1 : left->n;
	if (away > left->n / 2)
		away = left->n / 2;
	for (i = 0; i < left->n && (!found || i <= away); i++)
		if (strcmp(left->v[i], bad) && !strv_has(skip, left->v[i]))
			found = left->v[i];
	return found;
}

/* What git would say of the commit that is found. */
static int say_found(const struct bisect_git *g, const char *rev, char **text)
{
	struct buf out = {};
	int rc = git_l(g->tree, &out, NULL, "diff-tree", "--root", "--pretty", "--stat",
		       "--summary", "--cc", rev, NULL);

	if (!rc)
		*text = xasprintf("%s is the first bad commit\n%s", rev, out.data ?: "");
	buf_free(&out);
	return rc;
}

static int say_next(const struct bisect_git *g, const char *rev, size_t all, char **text)
{
	size_t left = (all - 1) / 2;
	unsigned int steps = 0;
	char *subject = NULL;
	int rc;

	/* As git reckons. */
	while (3 * all > (size_t)8 << steps)
		steps++;
	rc = bisect_git_subject(g, rev, &subject);
	if (!rc)
		*text = xasprintf("Bisecting: %zu revision%s left to test after this "
				  "(roughly %u step%s)\n[%s] %s\n", left, left == 1 ? "" : "s",
				  steps, steps == 1 ? "" : "s", rev, subject);
	free(subject);
	return rc;
}

static char *say_left(const struct strv *left)
{
	struct buf text = {};
	size_t i;

	buf_addf(&text, "There are only 'skip'ped commits left to test.\n"
		 "The first bad commit could be any of:\n");
	for (i = 0; i < left->n; i++)
		buf_addf(&text, "%s\n", left->v[i]);
	buf_addf(&text, "We cannot bisect more!\n");
	return text.data;
}

/**
 * bisect_git_next() - where the bisection stands
 * @g: the history
 * @bad: git's bad revision
 * @good: its good ones
 * @skip: those that can't be judged
 * @next: filled
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int bisect_git_next(const struct bisect_git *g, const char *bad, const struct strv *good,
		    const struct strv *skip, struct bisect_next *next)
{
	struct strv left = {};
	const char *rev;
	size_t i;
	int rc;

	/* "HASH (dist=3)": the best is the one that parts the others into like halves. */
	rc = rev_list(g, "--bisect-all", bad, good, &left);
	for (i = 0; i < left.n; i++)
		left.v[i][strcspn(left.v[i], " ")] = '\0';
	rev = best(&left, bad, skip);
	if (!rc && rev) {
		next->where = BISECT_NEXT;
		strv_push(&next->revs, rev);
		rc = say_next(g, rev, left.n, &next->text);
	} else if (!rc && left.n == 1 && !strcmp(left.v[0], bad)) {
		next->where = BISECT_FOUND;
		strv_push(&next->revs, bad);
		rc = say_found(g, bad, &next->text);
	} else if (!rc) {
		next->where = BISECT_LEFT;
		for (i = 0; i < left.n; i++)
			strv_push(&next->revs, left.v[i]);
		next->text = say_left(&left);
	}
	strv_free(&left);
	return rc;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "Name <mail>" or "mail", to the list if it isn't there. */
static void add_mail(struct strv *list, const struct strv *not, const char *line, size_t len)
{
	const char *open = memchr(line, '<', len), *close = memchr(line, '>', len);
	char *mail;

	if (open && close && open < close) {
		line = open + 1;
		len = (size_t)(close - line);
	}
	mail = strndup(line, len);
	if (strchr(mail, '@') && !strv_has(list, mail) && (!not || !strv_has(not, mail)))
		strv_push(list, mail);
	free(mail);
}

/* get_maintainer.pl's lines: "Name <mail> (role:section)". */
static void add_maintainers(const char *text, bool want_to, struct bisect_commit *c)
{
	static const char *const roles[] = {
		"(maintainer", "(supporter", "(open list", "(moderated list",
	};
	size_t i, len;

	for (; *text; text += len + !!text[len]) {
		const char *role;
		bool to = false;

		len = strcspn(text, "\n");
		role = memchr(text, '(', len);
		if (!role)
			continue;
		for (i = 0; i < ARRAY_SIZE(roles); i++)
			to |= !strncmp(role, roles[i], strlen(roles[i]));
		if (to != want_to)
			continue;
		while (role > text && role[-1] == ' ')
			role--;
		add_mail(to ? &c->to : &c->cc, to ? NULL : &c->to, text, (size_t)(role - text));
	}
}

/* Runs the tree's script, which may be anybody's: in the sandbox, without git. */
static int run_maintainers(const struct bisect_git *g, struct buf *out, int *status)
{
	const struct bind binds[] = { { g->tree, "/build", false }, { 0 } };
	struct buildroot br = {};
	struct strv argv = {};
	struct child_opts opts = { .out = -1, .err = -1 };
	int rc = buildroot_host(&br);

	if (!rc) {
		buildroot_enter(&br, binds, &argv);
		strv_push(&argv, "perl");
		strv_push(&argv, MAINTAINERS);
		strv_push(&argv, "--nogit");
		strv_push(&argv, "--nogit-fallback");
		strv_push(&argv, PATCH);
		opts.argv = (const char *const *)argv.v;
		rc = child_run(&opts, DEADLINE_S, out, status);
	}
	strv_free(&argv);
	buildroot_free(&br);
	return rc;
}

/* Asks the tree itself who is to be told; one without the script knows nobody. */
static int ask_maintainers(const struct bisect_git *g, const char *rev, struct buf *out)
{
	char *script = xasprintf("%s/%s", g->tree, MAINTAINERS);
	char *patch = xasprintf("%s/%s", g->tree, PATCH);
	struct buf text = {};
	int rc, status = 0;

	rc = bisect_git_checkout(g, rev);
	if (!rc && file_exists(script)) {
		rc = git_l(g->tree, &text, NULL, "format-patch", "-1", "--stdout", rev, NULL);
		if (!rc)
			rc = write_file(patch, text.data, text.len);
		if (!rc)
			rc = run_maintainers(g, out, &status);
		if (!rc && status)
			pr_warn("%s ended with status %d: the recipients are incomplete",
				MAINTAINERS, status);
		unlink(patch);
	}
	buf_free(&text);
	free(patch);
	free(script);
	return rc;
}

/**
 * bisect_git_subject() - the first line of a commit's message
 * @g: the history
 * @rev: the commit
 * @subject: the line; the caller frees it
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int bisect_git_subject(const struct bisect_git *g, const char *rev, char **subject)
{
	struct buf out = {};
	int rc = git_l(g->tree, &out, NULL, "show", "-s", "--format=%s", rev, NULL);

	if (!rc)
		*subject = strndup(out.data ?: "", strcspn(out.data ?: "", "\n"));
	buf_free(&out);
	return rc;
}

/**
 * bisect_git_commit() - what is to be told of a commit
 * @g: the history
 * @rev: the commit
 * @commit: filled
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int bisect_git_commit(const struct bisect_git *g, const char *rev, struct bisect_commit *commit)
{
	struct buf out = {}, people = {}, asked = {};
	char *line, *save = NULL;
	int rc;

	rc = git_l(g->tree, &out, NULL, "show", "-s", "--format=%s%n%P", rev, NULL);
	if (!rc)
		rc = git_l(g->tree, &people, NULL, "show", "-s",
			   "--format=%ae%n%(trailers:key=Signed-off-by,valueonly)", rev, NULL);
	if (!rc)
		rc = ask_maintainers(g, rev, &asked);
	if (!rc) {
		commit->title = strndup(out.data, strcspn(out.data, "\n"));
		line = out.data + strlen(commit->title);
		line[strcspn(line + 1, "\n") + 1] = '\0';
		for (line = strtok_r(line + 1, " ", &save); line; line = strtok_r(NULL, " ", &save))
			strv_push(&commit->parents, line);
		save = NULL;
		for (line = strtok_r(people.data, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save))
			add_mail(&commit->to, NULL, line, strlen(line));
		if (asked.len) {
			add_maintainers(asked.data, true, commit);
			add_maintainers(asked.data, false, commit);
		}
		qsort(commit->to.v, commit->to.n, sizeof(char *), by_text);
		qsort(commit->cc.v, commit->cc.n, sizeof(char *), by_text);
	}
	buf_free(&out);
	buf_free(&people);
	buf_free(&asked);
	return rc;
}
