// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of bisect-git.c, and of bisect.c on a history that has branches, with
 * a small repository. A commit has the bug if its file "bug" says so.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/git.h"
#include "bisect/bisect-git.h"

/*
 * start, 1 to 4, a branch of 5 to 8 from 2 merged into 4, then 9 to 14. Commit
 * 6, on the branch, brings the bug; 12 takes it away; 7 does not build.
 */
static const char script[] =
	"set -e; export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org\n"
	"export GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.org\n"
	"git init -q -b main .; mkdir scripts\n"
	"cat >scripts/get_maintainer.pl <<'END'\n"
	"print 'M One <m1@example.org> (maintainer:PARTS,reviewer:X)', \"\\n\";\n"
	"print 'R <r@example.org> (reviewer:PARTS)', \"\\n\";\n"
	"print 'C <m1@example.org> (commit_signer:1/1=100%)', \"\\n\";\n"
	"print 'linux@example.org (open list:PARTS (ALL))', \"\\n\";\n"
	"END\n"
	"echo no >bug; git add .; git commit -q -m start; git tag start\n"
	"c() { echo $1 >file$1; git add .; git commit -q -m \"number $1\"; git tag n$1; }\n"
	"c 1; c 2; git checkout -q -b side; c 5; echo yes >bug; touch new; git add new\n"
	"git commit -q -a -m 'number 6' -m \"$(printf 'Signed-off-by: S <s@example.org>')\"\n"
	"git tag n6; touch broken; c 7; git rm -q broken; c 8\n"
	"git checkout -q main; c 3; c 4; git merge -q --no-ff -m merge side; git tag merge\n"
	"for i in 9 10 11; do c $i; done; echo no >bug; git commit -q -a -m 'number 12'\n"
	"git tag n12; c 13; c 14\n";

/**
 * struct history - the repository
 * @dir: what is removed at the end
 * @repo: the repository
 * @tree: where its work tree goes
 * @git: the same, open
 */
struct history {
	char dir[32];
	char *repo;
	char *tree;
	struct bisect_git git;
};

static int setup(void **state)
{
	struct history *h = xcalloc(1, sizeof(*h));
	const char *const argv[] = { "sh", "-c", script, NULL };

	strcpy(h->dir, "/tmp/irqsan-git-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	h->repo = xasprintf("%s/repo", h->dir);
	h->tree = xasprintf("%s/tree", h->dir);
	h->git = (struct bisect_git){ .repo = h->repo, .tree = h->tree };
	assert_int_equal(mkdir_p(h->repo), 0);
	assert_int_equal(child_run_logged("the test history", argv, h->repo, 60, NULL), 0);
	*state = h;
	return 0;
}

static int teardown(void **state)
{
	struct history *h = *state;

	remove_tree(h->dir);
	free(h->repo);
	free(h->tree);
	free(h);
	return 0;
}

static char *hash_of(const struct history *h, const char *name)
{
	char *hash;

	assert_int_equal(bisect_git_hash(h->repo, name, &hash), 0);
	assert_int_equal(strlen(hash), 40);
	return hash;
}

static int op_commits(void *ctx, const char *from, const char *to, struct strv *list)
{
	return bisect_git_commits(&((struct history *)ctx)->git, from, to, list);
}

static int op_next(void *ctx, const char *bad, const struct strv *good, const struct strv *skip,
		   struct bisect_next *next)
{
	return bisect_git_next(&((struct history *)ctx)->git, bad, good, skip, next);
}

static int op_commit(void *ctx, const char *rev, struct bisect_commit *commit)
{
	return bisect_git_commit(&((struct history *)ctx)->git, rev, commit);
}

static bool in_tree(const struct history *h, const char *name)
{
	char *path = xasprintf("%s/%s", h->tree, name);
	bool there = file_exists(path);

	free(path);
	return there;
}

static int op_build(void *ctx, const char *rev, struct bisect_build *build)
{
	const struct history *h = ctx;
	int rc = bisect_git_checkout(&h->git, rev);

	if (!rc && in_tree(h, "broken"))
		build->error = xstrdup("no");
	else if (!rc)
		build->signature = xstrdup(rev);
	return rc;
}

static int op_test(void *ctx, const char *rev, unsigned int first, unsigned int max,
		   bool (*take)(void *arg, struct bisect_run *run), void *arg)
{
	const struct history *h = ctx;
	char *path = xasprintf("%s/bug", h->tree);
	struct buf text = {};
	unsigned int n;
	bool more = true;
	int rc;

	(void)first;

	rc = bisect_git_checkout(&h->git, rev);
	if (!rc)
		rc = read_file(path, &text);
	for (n = 0; !rc && more && n < max; n++) {
		struct bisect_run run = { .number = n };

		if (!strcmp(text.data, "yes\n")) {
			run.seen = BISECT_SEEN_CRASH;
			run.title = xstrdup("BUG: yes");
			run.text = xstrdup("crashed: BUG: yes");
		} else {
			run.text = xstrdup("OK");
		}
		more = !take(arg, &run);
	}
	buf_free(&text);
	free(path);
	return rc;
}

static const struct bisect_ops ops = {
	.commits = op_commits, .next = op_next, .commit = op_commit, .build = op_build,
	.test = op_test,
};

/* The log of a bisection that names @want; the caller frees it. */
static char *find(struct history *h, const char *good, const char *bad, bool fix, const char *want)
{
	char *g = hash_of(h, good), *b = hash_of(h, bad), *w = hash_of(h, want), *text = NULL;
	struct bisect_result result;
	size_t len;
	FILE *log = open_memstream(&text, &len);
	struct bisect_config config = {
		.good = g, .bad = b, .fix = fix, .compiler = "gcc 1", .log = log,
	};

	assert_int_equal(bisect_git_open(&h->git, b), 0);
	assert_int_equal(bisect(&config, &ops, h, &result), 0);
	fclose(log);
	if (result.verdict != BISECT_NAMED || strcmp(result.commit, w))
		fail_msg("not %s:\n%s", want, text);
	bisect_result_free(&result);
	free(g);
	free(b);
	free(w);
	return text;
}

static void expect(const char *text, const char *part)
{
	if (!strstr(text, part))
		fputs(text, stderr);
	assert_non_null(strstr(text, part));
}

static void test_cause(void **state)
{
	struct history *h = *state;
	char *log = find(h, "start", "n11", false, "n6"), *hash = hash_of(h, "n6"), *line;

	line = xasprintf("%s is the first bad commit\ncommit %s\nAuthor: A <a@example.org>\n"
			 "Date:   ", hash, hash);
	expect(log, line);
	expect(log, "\n    number 6\n    \n    Signed-off-by: S <s@example.org>\n\n bug | 2 +-\n"
	       " new | 0\n 2 files changed, 1 insertion(+), 1 deletion(-)\n"
	       " create mode 100644 new\n\n");
	expect(log, " revisions left to test after this (roughly ");
	expect(log, "recipients (to): [\"a@example.org\" \"linux@example.org\" \"m1@example.org\" "
	       "\"s@example.org\"]\nrecipients (cc): [\"r@example.org\"]\ncrash: BUG: yes\n");
	free(line);
	free(hash);
	free(log);
}

static void test_subject(void **state)
{
	struct history *h = *state;
	char *hash = hash_of(h, "n6"), *subject = NULL;

	assert_int_equal(bisect_git_subject(&h->git, hash, &subject), 0);
	assert_string_equal(subject, "number 6");
	free(subject);
	free(hash);
	assert_true(bisect_git_subject(&h->git, "nothing", &subject) < 0);
}

/* Good and bad of git are the other way round then. */
static void test_fix(void **state)
{
	struct history *h = *state;
	char *log = find(h, "n14", "merge", true, "n12"), *line;
	char *new = hash_of(h, "n14"), *old = hash_of(h, "merge");

	line = xasprintf("# git bisect start %s %s\n", new, old);
	expect(log, "bisecting fixing commit since ");
	expect(log, line);
	expect(log, "first good commit: ");
	free(line);
	free(new);
	free(old);
	free(log);
}

/* A git that was killed leaves its locks, and its state half written. */
static void test_leftovers(void **state)
{
	struct history *h = *state;
	char *lock = xasprintf("%s/.git/worktrees/tree/index.lock", h->repo);
	char *start = xasprintf("%s/.git/worktrees/tree/BISECT_START", h->repo);

	assert_int_equal(write_file(lock, "", 0), 0);
	assert_int_equal(write_file(start, "nonsense", 8), 0);
	free(find(h, "start", "n11", false, "n6"));
	assert_false(file_exists(lock));
	free(start);
	free(lock);
}

/* The user's own work tree and its bisection stay as they are. */
static void test_untouched(void **state)
{
	struct history *h = *state;
	char *path = xasprintf("%s/.git/BISECT_START", h->repo);
	char *head = xasprintf("%s/.git/HEAD", h->repo);
	struct buf text = {};

	assert_false(file_exists(path));
	assert_int_equal(read_file(head, &text), 0);
	assert_string_equal(text.data, "ref: refs/heads/main\n");
	bisect_git_remove(&h->git);
	assert_false(file_exists(h->tree));
	buf_free(&text);
	free(head);
	free(path);
}

/*
 * As git starts an alias in a linked work tree on a branch: that one's HEAD stays,
 * and no hook of the user's runs.
 */
static void test_below_git(void **state)
{
	static const char linked[] =
		"set -e; git worktree add -q ../linked -b mywork n14\n"
		"printf '#!/bin/sh\ntouch %s/hooked\n' \"$PWD\" >.git/hooks/post-checkout\n"
		"chmod +x .git/hooks/post-checkout\n";
	struct history *h = *state;
	const char *const argv[] = { "sh", "-c", linked, NULL };
	char *git_dir = xasprintf("%s/.git/worktrees/linked", h->repo);
	char *head = xasprintf("%s/HEAD", git_dir), *hooked = xasprintf("%s/hooked", h->repo);
	char *work_tree = xasprintf("%s/linked", h->dir), *hash = hash_of(h, "n6");
	struct buf text = {};

	assert_int_equal(child_run_logged("the work tree", argv, h->repo, 60, NULL), 0);
	setenv("GIT_DIR", git_dir, 1);
	setenv("GIT_WORK_TREE", work_tree, 1);
	setenv("GIT_PREFIX", "", 1);
	assert_int_equal(git_forget_caller(), 0);
	assert_null(getenv("GIT_DIR"));
	assert_null(getenv("GIT_WORK_TREE"));
	assert_null(getenv("GIT_PREFIX"));
	assert_int_equal(bisect_git_open(&h->git, hash), 0);
	assert_int_equal(bisect_git_checkout(&h->git, hash), 0);
	assert_true(in_tree(h, "new"));
	assert_int_equal(read_file(head, &text), 0);
	assert_string_equal(text.data, "ref: refs/heads/mywork\n");
	assert_false(file_exists(hooked));
	bisect_git_remove(&h->git);
	buf_free(&text);
	free(work_tree);
	free(git_dir);
	free(hooked);
	free(head);
	free(hash);
}

static void test_errors(void **state)
{
	struct history *h = *state;
	struct bisect_result result;
	char *hash, *g = hash_of(h, "n11"), *b = hash_of(h, "start");
	struct bisect_config config = {
		.good = g, .bad = b, .compiler = "gcc 1", .log = stderr,
	};

	assert_true(bisect_git_hash(h->repo, "nothing", &hash) < 0);
	assert_true(bisect_git_hash("/nowhere", "HEAD", &hash) < 0);
	/* Good and bad mixed up. */
	assert_int_equal(bisect_git_open(&h->git, b), 0);
	assert_true(bisect(&config, &ops, h, &result) < 0);
	free(g);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cause),
		cmocka_unit_test(test_subject),
		cmocka_unit_test(test_fix),
		cmocka_unit_test(test_leftovers),
		cmocka_unit_test(test_untouched),
		cmocka_unit_test(test_below_git),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
