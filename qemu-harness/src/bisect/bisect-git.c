// SPDX-License-Identifier: GPL-2.0
/*
 * Asks git: which commits lie between two, which one is to be tested next, and
 * what a commit says. What to test next is what "git bisect" would choose, by the
 * same plumbing; its own words are for people, and change.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/git.h"
#include "base/printable.h"
#include "bisect/bisect-git.h"
#include "kernel/buildroot.h"

/* get_maintainer.pl may walk a whole history. */
#define DEADLINE_S 1800
#define MAINTAINERS "scripts/get_maintainer.pl"
#define PATCH ".git-commit.patch"

/* Splits @text, at any of @at, into @list. */
static void split(struct strv *list, char *text, const char *at)
{
	char *save = NULL, *part;

	for (part = strtok_r(text, at, &save); part; part = strtok_r(NULL, at, &save))
		strv_push(list, part);
}

/* Removes the locks of a git that was killed: nobody else works in this tree. */
static int drop_locks(const char *tree)
{
	struct buf dir __cleanup(buf_free) = {};
	struct strv names __cleanup(strv_free) = {};
	int rc = git_l(tree, &dir, NULL, "rev-parse", "--absolute-git-dir", NULL);

	if (rc)
		return rc;
	dir.data[strcspn(dir.data, "\n")] = '\0';
	rc = list_directory(dir.data, &names);
	for (size_t i = 0; i < names.n; i++) {
		char *path __cleanup(free_ptr) = xasprintf("%s/%s", dir.data, names.v[i]);

		if (ends_with(path, ".lock"))
			unlink(path);
	}
	return rc;
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
	char *link __cleanup(free_ptr) = xasprintf("%s/.git", g->tree);
	int rc = 0;

	if (!file_exists(link))
		rc = git_l(g->repo, NULL, NULL, "worktree", "add", "--force", "--no-checkout",
			   "--detach", g->tree, rev, NULL);
	return rc ?: drop_locks(g->tree);
}

/**
 * bisect_git_remove() - take the work tree away again
 * @g: the history
 */
void bisect_git_remove(const struct bisect_git *g)
{
	git_l(g->repo, NULL, NULL, "worktree", "remove", "--force", g->tree, NULL);
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
	return git_l(g->tree, NULL, NULL, "checkout", "-q", "--force", "--detach", rev, NULL);
}

/* Lists what @bad has and none of @good, with one more @option for rev-list or NULL. */
static int rev_list(const struct bisect_git *g, const char *option, const char *bad,
		    const struct strv *good, struct strv *list)
{
	struct strv args __cleanup(strv_free) = {};
	struct buf out __cleanup(buf_free) = {};
	int rc;

	strv_push(&args, "rev-list");
	if (option)
		strv_push(&args, option);
	if (g->first_parent)
		strv_push(&args, "--first-parent");
	strv_push(&args, bad);
	for (size_t i = 0; i < good->n; i++)
		strv_pushf(&args, "^%s", good->v[i]);
	strv_push(&args, "--");
	for (size_t i = 0; g->paths && i < g->paths->n; i++)
		strv_push(&args, g->paths->v[i]);
	rc = git_run(g->tree, NULL, (const char *const *)args.v, &out, NULL);
	if (!rc)
		split(list, out.data, "\n");
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
	struct buf out __cleanup(buf_free) = {};
	struct strv tags __cleanup(strv_free) = {};
	size_t n;
	int rc;

	/* @bad may be a release itself. */
	rc = git_l(repo, &out, NULL, "tag", "--list", "--merged", bad, "--no-contains", bad,
		   "--sort=-version:refname", "v[0-9]*.[0-9]*", NULL);
	if (!rc)
		split(&tags, out.data, "\n");
	for (size_t i = 0; i < tags.n; i++) {
		const char *tag = tags.v[i];

		/* v5.10, but not v5.10-rc1, nor v5.10.3, which other releases don't come from */
		n = 1 + strspn(tag + 1, digits);
		if (tag[n] == '.' && !tag[n + 1 + strspn(tag + n + 1, digits)])
			strv_push(names, tag);
	}
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
	struct buf out __cleanup(buf_free) = {};
	int rc, status;

	/* 1: they have nothing in common. */
	rc = git_l(g->tree, &out, &status, "merge-base", "--all", a, b, NULL);
	if (!rc && !status)
		split(list, out.data, "\n");
	return rc;
}

/*
 * The best of @left (best first) that isn't @bad and wasn't skipped; NULL: none. What
 * can't be tested often has neighbours that can't be either: the more of the best were
 * skipped, the further away from them.
 */
static const char *best(const struct strv *left, const char *bad, const struct strv *skip)
{
	size_t skipped = 0, away;
	const char *found = NULL;

	while (skipped < left->n && strv_has(skip, left->v[skipped]))
		skipped++;
	away = skipped < 16 ? (1u << skipped) - 1 : left->n;
	if (away > left->n / 2)
		away = left->n / 2;
	for (size_t i = 0; i < left->n && (!found || i <= away); i++)
		if (strcmp(left->v[i], bad) && !strv_has(skip, left->v[i]))
			found = left->v[i];
	return found;
}

/* What git would say of the commit that is found. */
static int say_found(const struct bisect_git *g, const char *rev, char **text)
{
	struct buf out __cleanup(buf_free) = {};
	char *said __cleanup(free_ptr) = NULL;
	int rc = git_l(g->tree, &out, NULL, "diff-tree", "--root", "--pretty", "--stat",
		       "--summary", "--cc", rev, NULL);

	if (!rc) {
		said = printable_text(out.data);
		*text = xasprintf("%s is the first bad commit\n%s", rev, said);
	}
	return rc;
}

static int say_next(const struct bisect_git *g, const char *rev, size_t all, char **text)
{
	char *subject __cleanup(free_ptr) = NULL;
	size_t left = (all - 1) / 2;
	unsigned int steps = 0;
	int rc;

	/* As git reckons. */
	while (3 * all > (size_t)8 << steps)
		steps++;
	rc = bisect_git_subject(g, rev, &subject);
	if (!rc)
		*text = xasprintf("Bisecting: %zu revision%s left to test after this "
				  "(roughly %u step%s)\n[%s] %s\n", left, left == 1 ? "" : "s",
				  steps, steps == 1 ? "" : "s", rev, subject);
	return rc;
}

static char *say_left(const struct strv *left)
{
	struct buf text = {};

	buf_addf(&text, "There are only 'skip'ped commits left to test.\n"
		 "The first bad commit could be any of:\n");
	for (size_t i = 0; i < left->n; i++)
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
	struct strv left __cleanup(strv_free) = {};
	const char *rev;
	int rc;

	/* "HASH (dist=3)": the best is the one that parts the others into like halves. */
	rc = rev_list(g, "--bisect-all", bad, good, &left);
	if (rc)
		return rc;
	for (size_t i = 0; i < left.n; i++)
		left.v[i][strcspn(left.v[i], " ")] = '\0';
	rev = best(&left, bad, skip);
	if (rev) {
		next->where = BISECT_NEXT;
		strv_push(&next->revs, rev);
		return say_next(g, rev, left.n, &next->text);
	}
	if (left.n == 1 && !strcmp(left.v[0], bad)) {
		next->where = BISECT_FOUND;
		strv_push(&next->revs, bad);
		return say_found(g, bad, &next->text);
	}
	next->where = BISECT_LEFT;
	for (size_t i = 0; i < left.n; i++)
		strv_push(&next->revs, left.v[i]);
	next->text = say_left(&left);
	return 0;
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

/*
 * get_maintainer.pl's lines: "Name <mail> (role:section)". Those that a patch goes to
 * are added to @c->to, or, without @want_to, the others to @c->cc.
 */
static void add_maintainers(const struct strv *lines, bool want_to, struct bisect_commit *c)
{
	static const char *const roles[] = {
		"(maintainer", "(supporter", "(open list", "(moderated list",
	};

	for (size_t i = 0; i < lines->n; i++) {
		const char *line = lines->v[i], *role = strchr(line, '(');
		bool to = false;

		for (size_t j = 0; role && j < ARRAY_SIZE(roles); j++)
			to |= !strncmp(role, roles[j], strlen(roles[j]));
		if (!role || to != want_to)
			continue;
		while (role > line && role[-1] == ' ')
			role--;
		add_mail(to ? &c->to : &c->cc, to ? NULL : &c->to, line, (size_t)(role - line));
	}
}

/* Runs the tree's script, which may be anybody's: in the sandbox, without git. */
static int run_maintainers(const struct bisect_git *g, struct buf *out)
{
	static const char *const command[] = {
		"perl", MAINTAINERS, "--nogit", "--nogit-fallback", PATCH,
	};
	const struct bind binds[] = { { g->tree, "/build", false }, { 0 } };
	struct strv argv __cleanup(strv_free) = {};
	struct buildroot br __cleanup(buildroot_free) = {};
	struct child_opts opts = { .out = -1, .err = -1 };
	int rc = buildroot_host(&br), status = 0;

	if (rc)
		return rc;
	buildroot_enter(&br, binds, &argv);
	for (size_t i = 0; i < ARRAY_SIZE(command); i++)
		strv_push(&argv, command[i]);
	opts.argv = (const char *const *)argv.v;
	rc = child_run(&opts, DEADLINE_S, out, &status);
	if (!rc && status)
		pr_warn("%s ended with status %d: the recipients are incomplete", MAINTAINERS,
			status);
	return rc;
}

/* Asks the tree itself for the recipients; one without the script knows none. */
static int ask_maintainers(const struct bisect_git *g, const char *rev, struct buf *out)
{
	char *script __cleanup(free_ptr) = xasprintf("%s/%s", g->tree, MAINTAINERS);
	char *patch __cleanup(free_ptr) = xasprintf("%s/%s", g->tree, PATCH);
	struct buf text __cleanup(buf_free) = {};
	int rc;

	rc = bisect_git_checkout(g, rev);
	if (rc || !file_exists(script))
		return rc;
	rc = git_l(g->tree, &text, NULL, "format-patch", "-1", "--stdout", rev, NULL);
	if (!rc)
		rc = write_file(patch, text.data, text.len);
	if (!rc)
		rc = run_maintainers(g, out);
	unlink(patch);
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
	struct buf out __cleanup(buf_free) = {};
	int rc = git_l(g->tree, &out, NULL, "show", "-s", "--format=%s", rev, NULL);

	if (!rc) {
		out.data[strcspn(out.data, "\n")] = '\0';
		*subject = printable_line(out.data);
	}
	return rc;
}

/**
 * bisect_git_commit() - title, parents and recipients of a commit
 * @g: the history
 * @rev: the commit
 * @commit: filled
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int bisect_git_commit(const struct bisect_git *g, const char *rev, struct bisect_commit *commit)
{
	struct strv people __cleanup(strv_free) = {}, asked __cleanup(strv_free) = {};
	struct buf parents __cleanup(buf_free) = {}, out __cleanup(buf_free) = {};
	struct buf maintainers __cleanup(buf_free) = {};
	char *said __cleanup(free_ptr) = NULL;
	int rc;

	rc = git_l(g->tree, &parents, NULL, "show", "-s", "--format=%P", rev, NULL);
	if (!rc)
		rc = git_l(g->tree, &out, NULL, "show", "-s",
			   "--format=%ae%n%(trailers:key=Signed-off-by,valueonly)", rev, NULL);
	if (!rc)
		rc = ask_maintainers(g, rev, &maintainers);
	if (!rc)
		rc = bisect_git_subject(g, rev, &commit->title);
	if (rc)
		return rc;
	split(&commit->parents, parents.data, "\n ");
	/* Mail addresses and names are printed, too. */
	said = printable_text(out.data);
	split(&people, said, "\n");
	for (size_t i = 0; i < people.n; i++)
		add_mail(&commit->to, NULL, people.v[i], strlen(people.v[i]));
	if (maintainers.len) {
		free(said);
		said = printable_text(maintainers.data);
		split(&asked, said, "\n");
	}
	add_maintainers(&asked, true, commit);
	add_maintainers(&asked, false, commit);
	qsort(commit->to.v, commit->to.n, sizeof(char *), by_text);
	qsort(commit->cc.v, commit->cc.n, sizeof(char *), by_text);
	return 0;
}
