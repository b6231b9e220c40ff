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
 * 6, on the branch, brings the bug; 12 takes it away; 7 does not build. Another
 * branch of 20 and 21 from 11 still has it.
 */
static const char script[] =
	"set -e; export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org\n"
	"export GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.org\n"
	"git init -q -b main .; mkdir scripts\n"
	/* It tries to write: into the tree, and beside it. */
	"{ echo \"system('touch', 'escaped', '$PWD/escaped');\"; cat <<'END'; }"
	" >scripts/get_maintainer.pl\n"
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
	"git tag n12; c 13; c 14; git checkout -q -b other n11; c 20; c 21; git checkout -q main\n"
	"git tag v1.1 n2; git tag v1.2 n4; git tag v1.10-rc1 n4; git tag v1.10 merge\n"
	"git tag v1.10.1 n9; git tag v2.0 n13\n"
	/* What "git bisect" says is for people: it isn't run. */
	"mkdir ../bin; printf '#!/bin/sh\\nfor a; do [ \"$a\" = bisect ] && exit 99; done\\n"
	"exec %s \"$@\"\\n' \"$(command -v git)\" >../bin/git; chmod +x ../bin/git\n";

/**
 * struct history - the repository
 * @dir: what is removed at the end
 * @repo: the repository
 * @tree: where its work tree goes
 * @path: for PATH
 * @git: the same, open
 */
struct history {
	char dir[32];
	char *repo;
	char *tree;
	char *path;
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
	h->path = xasprintf("%s/bin:%s", h->dir, getenv("PATH"));
	h->git = (struct bisect_git){ .repo = h->repo, .tree = h->tree };
	assert_int_equal(mkdir_p(h->repo), 0);
	assert_int_equal(child_run_quietly("the test history", argv, h->repo, 60), 0);
	setenv("PATH", h->path, 1);
	*state = h;
	return 0;
}

static int teardown(void **state)
{
	struct history *h = *state;

	remove_tree(h->dir);
	free(h->repo);
	free(h->tree);
	free(h->path);
	free(h);
	return 0;
}

static char *hash_of(const struct history *h, const char *name)
{
	char *hash;

	assert_int_equal(git_hash(h->repo, name, &hash), 0);
	assert_int_equal(strlen(hash), 40);
	return hash;
}

static bool in_tree(const struct history *h, const char *name)
{
	char *path = xasprintf("%s/%s", h->tree, name);
	bool there = file_exists(path);

	free(path);
	return there;
}

static int op_build(struct bisect_machine *m, const char *rev, struct bisect_build *build)
{
	const struct history *h = (const struct history *)m;
	int rc = bisect_git_checkout(&h->git, rev);

	if (!rc && in_tree(h, "broken"))
		build->error = xstrdup("no");
	else if (!rc)
		build->signature = xstrdup(rev);
	return rc;
}

static int op_test(struct bisect_machine *m, const char *rev, const char *signature,
		   unsigned int first, unsigned int max,
		   bool (*take)(void *arg, struct bisect_run *run), void *arg)
{
	const struct history *h = (const struct history *)m;
	char *path = xasprintf("%s/bug", h->tree);
	struct buf text = {};
	unsigned int n;
	bool more = true;
	int rc;

	(void)signature;
	(void)first;

	rc = bisect_git_checkout(&h->git, rev);
	if (!rc)
		rc = read_file(path, &text);
	for (n = 0; !rc && more && n < max; n++) {
		struct bisect_run run = { .number = n };

		if (!strcmp(text.data, "yes\n")) {
			run.seen = BISECT_SEEN_CRASH;
			strv_push(&run.titles, "BUG: yes");
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
	.commits = bisect_git_commits, .bases = bisect_git_bases, .next = bisect_git_next,
	.commit = bisect_git_commit, .build = op_build, .test = op_test,
};

/* Names in a row, in one string, to hashes. */
static void add_hashes(const struct history *h, const char *names, struct strv *list)
{
	char *copy = xstrdup(names), *save = NULL, *name, *hash;

	for (name = strtok_r(copy, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
		hash = hash_of(h, name);
		strv_push(list, hash);
		free(hash);
	}
	free(copy);
}

/* The log of a bisection; @config has what is beside its ends. The caller frees it. */
static char *bisect_log(struct history *h, const char *good, const char *bad,
			struct bisect_config *config, struct bisect_result *result)
{
	char *hash = hash_of(h, bad), *text = NULL;
	size_t len, i;

	config->bad = hash;
	config->compiler = "gcc 1";
	config->log = open_memstream(&text, &len);
	config->walk = !good;
	if (good)
		add_hashes(h, good, &config->good);
	else
		assert_int_equal(bisect_git_releases(h->repo, bad, &config->names), 0);
	for (i = 0; i < config->names.n; i++)
		add_hashes(h, config->names.v[i], &config->good);
	while (config->names.n < config->good.n)
		strv_push(&config->names, config->good.v[config->names.n]);
	assert_int_equal(bisect_git_open(&h->git, hash), 0);
	assert_int_equal(bisect(config, &ops, &h->git, (struct bisect_machine *)h, result), 0);
	fclose(config->log);
	strv_free(&config->good);
	strv_free(&config->names);
	free(hash);
	return text;
}

/* The log of a bisection that names @want; the caller frees it. */
static char *find(struct history *h, const char *good, const char *bad, bool fix, const char *want)
{
	struct bisect_config config = { .fix = fix };
	struct bisect_result result;
	char *w = hash_of(h, want), *text = bisect_log(h, good, bad, &config, &result);

	if (result.verdict != BISECT_NAMED || strcmp(result.commit, w))
		fail_msg("not %s:\n%s", want, text);
	bisect_result_free(&result);
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
	/* What the script of a stranger's tree does stays in the sandbox. */
	line = xasprintf("%s/escaped", h->repo);
	assert_false(file_exists(line));
	assert_false(in_tree(h, "escaped"));
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

/* "PREFIX HASH1 HASH2", of names. */
static void expect_hashes(const struct history *h, const char *log, const char *prefix,
			  const char *names)
{
	struct strv hashes = {};
	struct buf line = {};

	add_hashes(h, names, &hashes);
	buf_addf(&line, "%s", prefix);
	for (size_t i = 0; i < hashes.n; i++)
		buf_addf(&line, " %s", hashes.v[i]);
	buf_addf(&line, "\n");
	expect(log, line.data);
	buf_free(&line);
	strv_free(&hashes);
}

/* Releases back to one without the bug: v1.10, then v1.2; no candidates, no stable ones. */
static void test_releases(void **state)
{
	struct history *h = *state;
	char *log = find(h, NULL, "n11", false, "n6");

	expect(log, "testing release v1.10\n");
	expect(log, "testing release v1.2\n");
	expect_hashes(h, log, "# git bisect start", "merge n4");
	assert_null(strstr(log, "v1.1\n"));
	assert_null(strstr(log, "v2.0\n"));
	assert_null(strstr(log, "rc1"));
	assert_null(strstr(log, "v1.10.1"));
	free(log);
	/* The bad one is a release itself. */
	log = find(h, NULL, "v1.10", false, "n6");
	assert_null(strstr(log, "testing release v1.10\n"));
	expect_hashes(h, log, "# git bisect start", "merge n4");
	free(log);
}

static void test_several_good(void **state)
{
	struct history *h = *state;
	char *log = find(h, "n4 n5", "n11", false, "n6");

	expect_hashes(h, log, "# git bisect start", "n11 n4 n5");
	free(log);
}

static void test_first_parent(void **state)
{
	struct history *h = *state;

	h->git.first_parent = true;
	free(find(h, "start", "n11", false, "merge"));
	h->git.first_parent = false;
}

/* Only commits to some paths; and those paths are the wrong ones. */
static void test_paths(void **state)
{
	struct bisect_config config = {};
	struct bisect_result result;
	struct history *h = *state;
	struct strv paths = {};
	char *log;

	strv_push(&paths, "bug");
	strv_push(&paths, "file3");
	h->git.paths = &paths;
	log = find(h, "start", "n11", false, "n6");
	assert_null(strstr(log, "number 8"));
	free(log);
	strv_free(&paths);
	strv_push(&paths, "file3");
	log = bisect_log(h, "start", "n11", &config, &result);
	expect(log, "no commit to the paths is the first bad one\n");
	assert_int_equal(result.verdict, BISECT_INCONCLUSIVE);
	bisect_result_free(&result);
	strv_free(&paths);
	h->git.paths = NULL;
	free(log);
}

static void test_skip(void **state)
{
	struct bisect_config config = {};
	struct bisect_result result;
	struct history *h = *state;
	char *log, *line;

	add_hashes(h, "n6", &config.skip);
	log = bisect_log(h, "start", "n11", &config, &result);
	assert_int_equal(result.verdict, BISECT_INCONCLUSIVE);
	expect(log, "There are only 'skip'ped commits left to test.\n");
	/* 7, which doesn't build, and 8 are the others. */
	line = xasprintf("\n%s\n", config.skip.v[0]);
	expect(strstr(log, "commit could be any of:"), line);
	free(line);
	line = xasprintf("testing commit %s", config.skip.v[0]);
	assert_null(strstr(log, line));
	free(line);
	strv_free(&config.skip);
	bisect_result_free(&result);
	free(log);
}

/* Good and bad on different branches: where they parted is to be good, too. */
static void test_merge_base(void **state)
{
	struct bisect_config config = {};
	struct bisect_result result;
	struct history *h = *state;
	char *log = find(h, "n4", "n8", false, "n6");

	expect_hashes(h, log, "testing merge base", "n2");
	free(log);
	log = bisect_log(h, "n14", "n21", &config, &result);
	expect_hashes(h, log, "testing merge base", "n11");
	expect(log, " is bad: the bug was fixed between it and ");
	assert_int_equal(result.verdict, BISECT_MERGE_BASE);
	assert_null(strstr(log, "git bisect"));
	bisect_result_free(&result);
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

	assert_int_equal(child_run_quietly("the work tree", argv, h->repo, 60), 0);
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
	char *hash, *b = hash_of(h, "start");
	struct bisect_config config = { .bad = b, .compiler = "gcc 1", .log = stderr };
	struct bisect_result result;

	assert_true(git_hash(h->repo, "nothing", &hash) < 0);
	assert_true(git_hash("/nowhere", "HEAD", &hash) < 0);
	/* Good and bad mixed up. */
	add_hashes(h, "n11", &config.good);
	add_hashes(h, "n11", &config.names);
	assert_int_equal(bisect_git_open(&h->git, b), 0);
	assert_true(bisect(&config, &ops, &h->git, (struct bisect_machine *)h, &result) < 0);
	strv_free(&config.good);
	strv_free(&config.names);
	free(b);
}

/* Subjects, names and addresses are somebody else's words. */
static void test_hostile(void **state)
{
	const struct history *h = *state;
	const char *const argv[] = {
		"git", "-C", h->repo, "-c", "user.name=A\033[2J", "-c", "user.email=a\033@b",
		"commit", "--allow-empty", "-q", "-m", "evil \033[2Jsubject", NULL
	};
	struct bisect_commit commit = {};
	struct bisect_git g = h->git;
	char *rev, *subject;

	assert_int_equal(child_run_quietly("a hostile commit", argv, h->repo, 60), 0);
	rev = hash_of(h, "HEAD");
	assert_int_equal(bisect_git_open(&g, rev), 0);
	assert_int_equal(bisect_git_subject(&g, rev, &subject), 0);
	assert_string_equal(subject, "evil <U+001B>[2Jsubject");
	assert_int_equal(bisect_git_commit(&g, rev, &commit), 0);
	for (size_t i = 0; i < commit.to.n; i++)
		assert_null(strchr(commit.to.v[i], '\033'));
	strv_free(&commit.parents);
	strv_free(&commit.to);
	strv_free(&commit.cc);
	free(commit.title);
	free(subject);
	free(rev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_cause),
		cmocka_unit_test(test_subject),
		cmocka_unit_test(test_fix),
		cmocka_unit_test(test_releases),
		cmocka_unit_test(test_several_good),
		cmocka_unit_test(test_first_parent),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_skip),
		cmocka_unit_test(test_merge_base),
		cmocka_unit_test(test_leftovers),
		cmocka_unit_test(test_untouched),
		cmocka_unit_test(test_below_git),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
