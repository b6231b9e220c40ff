// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel sources out of a git repository of the user's, whose tree, index and HEAD
 * are left alone: git writes the files into a directory of ours, and notes in an
 * index of ours what it wrote.
 */
#define _GNU_SOURCE
#include <string.h>

#include "base/child.h"
#include "base/git.h"
#include "base/util.h"
#include "kernel/source-git.h"

/* The line that git says to "rev-parse @what" in @tree, NULL if it fails; caller frees. */
static char *ask(const char *tree, const char *what, const char *arg)
{
	struct buf out __cleanup(buf_free) = { 0 };
	int status = 0;

	if (git_l(tree, &out, &status, "rev-parse", what, arg, NULL) || status || !out.len)
		return NULL;
	return strndup(out.data, strcspn(out.data, "\n"));
}

/**
 * source_is_git() - is a directory the top of a git work tree?
 * @tree: its real path
 *
 * Return: false also for a directory in the work tree of something else
 */
bool source_is_git(const char *tree)
{
	char *top __cleanup(free_ptr) = ask(tree, "--show-toplevel", NULL);

	return top && !strcmp(top, tree);
}

/* A copy of the user's index. git tells by its time which files may have changed since. */
static int copy_index(const char *tree, const char *to)
{
	char *name __cleanup(free_ptr) = ask(tree, "--git-path", "index");
	char *path __cleanup(free_ptr) = xasprintf("%s%s%s", *name == '/' ? "" : tree,
						   *name == '/' ? "" : "/", name);
	const char *const argv[] = { "cp", "--preserve=timestamps", path, to, NULL };

	return file_exists(path) ? child_run_quietly("copying git's index", argv, NULL, 60) : 0;
}

static void tell_untracked(const char *tree)
{
	struct buf out __cleanup(buf_free) = { 0 };

	if (!git_l(tree, &out, NULL, "ls-files", "--others", "--exclude-standard", "--directory",
		   NULL) && out.len)
		pr_info("what git doesn't track is no part of the build: %.*s, for one (\"git add -N\" makes it one)",
			(int)strcspn(out.data, "\n"), out.data);
}

/* The tracked files as they are in the work tree, as a tree object: git stash's way. */
static int snapshot(const char *tree, char **version)
{
	static const char *const add[] = { "add", "-u", ".", NULL };
	static const char *const write[] = { "write-tree", NULL };
	char *index __cleanup(free_ptr) = xasprintf("%s/index.%ld", irqsan_cache(), (long)getpid());
	char *variable __cleanup(free_ptr) = xasprintf("GIT_INDEX_FILE=%s", index);
	const char *const env[] = { variable, NULL };
	struct buf out __cleanup(buf_free) = { 0 };
	int rc = copy_index(tree, index) ?: git_run(tree, env, add, NULL, NULL) ?:
		 git_run(tree, env, write, &out, NULL);

	unlink(index);
	if (rc)
		return rc;
	*version = strndup(out.data, strcspn(out.data, "\n"));
	tell_untracked(tree);
	return 0;
}

/**
 * source_version() - the hash of what is to be built
 * @tree: top of the user's work tree
 * @rev: a revision; NULL: the files that git tracks, as they are now
 * @version: a commit or a tree, to be freed
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int source_version(const char *tree, const char *rev, char **version)
{
	return rev ? git_hash(tree, rev, version) : snapshot(tree, version);
}

/**
 * source_checkout() - make a directory hold the files of a commit or tree
 * @tree: top of the user's work tree
 * @version: from source_version()
 * @dest: absolute path of a directory that only this function has written to; files
 *	  that need not change keep their times, for make
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int source_checkout(const char *tree, const char *version, const char *dest)
{
	const char *const argv[] = { "read-tree", "--reset", "-u", version, NULL };
	char *git __cleanup(free_ptr) = ask(tree, "--absolute-git-dir", NULL);
	char *lock __cleanup(free_ptr) = xasprintf("%s/.git-index.lock", dest);
	struct strv env __cleanup(strv_free) = { 0 };

	strv_pushf(&env, "GIT_DIR=%s", git ?: "");
	strv_pushf(&env, "GIT_WORK_TREE=%s", dest);
	strv_pushf(&env, "GIT_INDEX_FILE=%s/.git-index", dest);
	/* Of a git that was killed: nobody else writes here. */
	unlink(lock);
	return mkdir_p(dest) ?: git_run(dest, (const char *const *)env.v, argv, NULL, NULL);
}
