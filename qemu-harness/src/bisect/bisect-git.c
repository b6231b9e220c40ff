// SPDX-License-Identifier: GPL-2.0
/*
 * Asks git: which commits lie between two, which one is to be tested next, and
 * what a commit says. What to test next is "git bisect"'s own choice, skipped
 * revisions included.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/child.h"
#include "bisect/bisect-git.h"

/* A whole history is walked, or a whole tree is written. */
#define DEADLINE_S 1800
#define HASH_LEN 40
#define MAINTAINERS "scripts/get_maintainer.pl"

/* Says what git said, its last line, and fails. */
static int git_failed(const char *what, const struct buf *out, const struct buf *err)
{
	const struct buf *b = err->len ? err : out;
	const char *text = b->len ? b->data : "", *line;
	size_t len = strlen(text);

	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	line = len ? memrchr(text, '\n', len) : NULL;
	line = line ? line + 1 : text;
	pr_err("git %s failed: %.*s", what, (int)(text + len - line), line);
	return -EIO;
}

static void read_said(int fd, struct buf *said)
{
	char text[4096];
	off_t size = lseek(fd, 0, SEEK_END);
	ssize_t n = pread(fd, text, sizeof(text), size > 4096 ? size - 4096 : 0);

	if (n > 0)
		buf_add(said, text, (size_t)n);
}

/*
 * Runs git in @dir; its output goes to @out. With @status NULL, an exit status
 * other than 0 is an error.
 */
static int git_run(const char *dir, const struct strv *args, struct buf *out, int *status)
{
	/* Whatever the user has configured for terminals, and for his own checkouts. */
	static const char *const first[] = {
		"git", "--no-pager", "-c", "color.ui=false", "-c", "advice.detachedHead=false",
		"-c", "core.abbrev=12", "-c", "core.hooksPath=/dev/null",
	};
	int err = memfd_create("git", MFD_CLOEXEC), rc, code = 0;
	struct child_opts opts = { .cwd = dir, .out = -1, .err = err };
	struct buf said = {};
	struct strv argv = {};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(first); i++)
		strv_push(&argv, first[i]);
	for (i = 0; i < args->n; i++)
		strv_push(&argv, args->v[i]);
	opts.argv = (const char *const *)argv.v;
	rc = child_run(&opts, DEADLINE_S, out, &code);
	if (!rc && code && !status) {
		if (err >= 0)
			read_said(err, &said);
		rc = git_failed(args->v[0], out, &said);
	}
	if (status)
		*status = code;
	if (err >= 0)
		close(err);
	buf_free(&said);
	strv_free(&argv);
	return rc < 0 ? rc : 0;
}

/* git_run() with its arguments in a row, up to a NULL. */
static int git_l(const char *dir, struct buf *out, int *status, ...)
{
	struct strv args = {};
	const char *arg;
	va_list ap;
	int rc;

	va_start(ap, status);
	while ((arg = va_arg(ap, const char *)))
		strv_push(&args, arg);
	va_end(ap);
	rc = git_run(dir, &args, out, status);
	strv_free(&args);
	return rc;
}

static void push_lines(struct strv *list, char *text)
{
	char *save = NULL, *line;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		strv_push(list, line);
}

/**
 * bisect_git_hash() - the commit that a name stands for
 * @repo: the repository
 * @name: a tag, a branch, a hash…
 * @hash: the full hash; the caller frees it
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int bisect_git_hash(const char *repo, const char *name, char **hash)
{
	char *spec = xasprintf("%s^{commit}", name);
	struct buf out = {};
	int rc, status;

	*hash = NULL;
	rc = git_l(repo, &out, &status, "rev-parse", "--verify", "-q", spec, NULL);
	if (!rc && status) {
		pr_err("%s: no commit \"%s\" (is it a git repository?)", repo, name);
		rc = -ENOENT;
	}
	if (!rc)
		*hash = strndup(out.data, strcspn(out.data, "\n"));
	buf_free(&out);
	free(spec);
	return rc;
}

/* What a git that was killed has left: nobody else works in this tree. */
static int drop_leftovers(const char *tree)
{
	static const char *const patterns[] = { "*.lock", "refs/bisect/*.lock", "BISECT_*" };
	struct buf out = {};
	size_t i, j;
	glob_t found;
	int rc;

	rc = git_l(tree, &out, NULL, "rev-parse", "--absolute-git-dir", NULL);
	if (rc < 0) {
		buf_free(&out);
		return rc;
	}
	out.data[strcspn(out.data, "\n")] = '\0';
	for (i = 0; i < ARRAY_SIZE(patterns); i++) {
		char *pattern = xasprintf("%s/%s", out.data, patterns[i]);

		if (!glob(pattern, 0, NULL, &found)) {
			for (j = 0; j < found.gl_pathc; j++)
				unlink(found.gl_pathv[j]);
			globfree(&found);
		}
		free(pattern);
	}
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

/**
 * bisect_git_commits() - commits between two
 * @g: the history
 * @from: those that it has are left out
 * @to: those that it has, itself included
 * @list: they are appended
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int bisect_git_commits(const struct bisect_git *g, const char *from, const char *to,
		       struct strv *list)
{
	char *range = xasprintf("%s..%s", from, to);
	struct buf out = {};
	int rc;

	rc = git_l(g->tree, &out, NULL, "rev-list", range, NULL);
	if (!rc)
		push_lines(list, out.data);
	buf_free(&out);
	free(range);
	return rc;
}

static bool is_hash(const char *line, size_t len)
{
	return len == HASH_LEN && strspn(line, "0123456789abcdef") >= HASH_LEN;
}

/* "HASH is the first bad commit", "[HASH] subject", or lines with nothing but a hash. */
static int read_answer(char *text, struct bisect_next *next)
{
	static const char found[] = " is the first bad commit\n";
	char *at = text, *end;

	next->text = xstrdup(text);
	if (is_hash(text, strcspn(text, " ")) &&
	    !strncmp(text + HASH_LEN, found, strlen(found))) {
		next->where = BISECT_FOUND;
		text[HASH_LEN] = '\0';
		strv_push(&next->revs, text);
		return 0;
	}
	next->where = BISECT_LEFT;
	for (; *at; at = *end ? end + 1 : end) {
		end = at + strcspn(at, "\n");
		if (*at == '[' && end - at > HASH_LEN && at[HASH_LEN + 1] == ']') {
			at[HASH_LEN + 1] = '\0';
			strv_push(&next->revs, at + 1);
			next->where = BISECT_NEXT;
			return 0;
		}
		if (is_hash(at, (size_t)(end - at))) {
			char *hash = strndup(at, HASH_LEN);

			strv_push(&next->revs, hash);
			free(hash);
		}
	}
	return next->revs.n ? 0 : -EIO;
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
	struct strv args = {};
	struct buf out = {};
	int rc, status;
	size_t i;

	strv_push(&args, "bisect");
	strv_push(&args, "start");
	strv_push(&args, "--no-checkout");
	strv_push(&args, bad);
	for (i = 0; i < good->n; i++)
		strv_push(&args, good->v[i]);
	rc = git_run(g->tree, &args, &out, &status);
	strv_free(&args);
	if (!rc && !status && skip->n) {
		buf_free(&out);
		strv_push(&args, "bisect");
		strv_push(&args, "skip");
		for (i = 0; i < skip->n; i++)
			strv_push(&args, skip->v[i]);
		rc = git_run(g->tree, &args, &out, &status);
		strv_free(&args);
	}
	if (!rc && read_answer(out.data, next)) {
		pr_err("git bisect failed: %.*s (git bisect start %s …)",
		       (int)strcspn(out.data, "\n"), out.data, bad);
		rc = -EIO;
	}
	buf_free(&out);
	return rc;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool has(const struct strv *list, const char *text)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (!strcmp(list->v[i], text))
			return true;
	return false;
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
	if (strchr(mail, '@') && !has(list, mail) && (!not || !has(not, mail)))
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

/* Asks the tree itself who is to be told; one without the script knows nobody. */
static int ask_maintainers(const struct bisect_git *g, const char *rev, struct buf *out)
{
	char *script = xasprintf("%s/%s", g->tree, MAINTAINERS);
	char *patch = xasprintf("%s/.git-commit.patch", g->tree);
	const char *const argv[] = { "perl", MAINTAINERS, patch, NULL };
	struct child_opts opts = { .argv = argv, .cwd = g->tree, .out = -1, .err = -1 };
	struct buf text = {};
	int rc, status = 0;

	rc = bisect_git_checkout(g, rev);
	if (!rc && file_exists(script)) {
		rc = git_l(g->tree, &text, NULL, "format-patch", "-1", "--stdout", rev, NULL);
		if (!rc)
			rc = write_file(patch, text.data, text.len);
		if (!rc)
			rc = child_run(&opts, DEADLINE_S, out, &status);
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
