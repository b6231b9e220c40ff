// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel sources out of a git repository of the user's, whose tree, index and HEAD
 * are left alone: git writes the files into a directory of ours, and notes in an
 * index of ours what it wrote.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/git.h"
#include "base/util.h"
#include "kernel/source-git.h"

/* The line that git says to "rev-parse @what" in @tree, NULL if it fails; caller frees. */
static char *ask(const char *tree, const char *what, const char *arg)
{
	struct buf out = { 0 };
	char *line = NULL;
	int status = 0;

	if (!git_l(tree, &out, &status, "rev-parse", what, arg, NULL) && !status && out.len)
		line = strndup(out.data, strcspn(out.data, "\n"));
	buf_free(&out);
	return line;
}

/**
 * source_is_git() - is a directory the top of a git work tree?
 * @tree: its real path
 *
 * Return: false also for a directory in the work tree of something else
 */
bool source_is_git(const char *tree)
{
	char *top = ask(tree, "--show-toplevel", NULL);
	bool is = top && !strcmp(top, tree);

	free(top);
	return is;
}

static int run_git(const char *dir, const char *const *env, const char *const *argv,
		   struct buf *out)
{
	struct strv args = { 0 };
	int rc;

	for (; *argv; argv++)
		strv_push(&args, *argv);
	rc = git_run(dir, env, &args, out, NULL);
	strv_free(&args);
	return rc;
}

/* A copy of the user's index. git tells by its time which files may have changed since. */
static int copy_index(const char *tree, const char *to)
{
	char *name = ask(tree, "--git-path", "index"), *path;
	struct stat st;
	int rc = 0;

	path = xasprintf("%s%s%s", *name == '/' ? "" : tree, *name == '/' ? "" : "/", name);
	if (!stat(path, &st)) {
		const struct timespec times[] = { st.st_atim, st.st_mtim };

		rc = copy_file(path, to);
		if (!rc && utimensat(AT_FDCWD, to, times, 0))
			rc = -errno;
	}
	free(path);
	free(name);
	return rc;
}

static void tell_untracked(const char *tree)
{
	struct buf out = { 0 };

	if (!git_l(tree, &out, NULL, "ls-files", "--others", "--exclude-standard", "--directory",
		   NULL) && out.len)
		pr_info("what git doesn't track is no part of the build: %.*s, for one (\"git add -N\" makes it one)",
			(int)strcspn(out.data, "\n"), out.data);
	buf_free(&out);
}

/* The tracked files as they are in the work tree, as a tree object: git stash's way. */
static int snapshot(const char *tree, char **version)
{
	static const char *const add[] = { "add", "-u", ".", NULL };
	static const char *const write[] = { "write-tree", NULL };
	char *index = xasprintf("%s/index.%ld", irqsan_cache(), (long)getpid());
	char *variable = xasprintf("GIT_INDEX_FILE=%s", index);
	const char *const env[] = { variable, NULL };
	struct buf out = { 0 };
	int rc;

	rc = copy_index(tree, index);
	if (!rc)
		rc = run_git(tree, env, add, &out);
	buf_free(&out);
	if (!rc)
		rc = run_git(tree, env, write, &out);
	if (!rc)
		*version = strndup(out.data, strcspn(out.data, "\n"));
	if (!rc)
		tell_untracked(tree);
	unlink(index);
	buf_free(&out);
	free(variable);
	free(index);
	return rc;
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
	char *git = ask(tree, "--absolute-git-dir", NULL);
	char *variables[] = {
		xasprintf("GIT_DIR=%s", git ?: ""), xasprintf("GIT_WORK_TREE=%s", dest),
		xasprintf("GIT_INDEX_FILE=%s/.git-index", dest), NULL,
	};
	char *lock = xasprintf("%s/.git-index.lock", dest);
	struct buf out = { 0 };
	int rc = mkdir_p(dest);

	/* Of a git that was killed: nobody else writes here. */
	unlink(lock);
	if (!rc)
		rc = run_git(dest, (const char *const *)variables, argv, &out);
	buf_free(&out);
	for (size_t i = 0; variables[i]; i++)
		free(variables[i]);
	free(lock);
	free(git);
	return rc;
}
