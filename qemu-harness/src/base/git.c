// SPDX-License-Identifier: GPL-2.0
/*
 * Runs git, on the repository of its directory, whatever the git says that we were
 * started by.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/child.h"
#include "base/git.h"
#include "base/program.h"

/* A whole history is walked, or a whole tree is written. */
#define GIT_DEADLINE_S 1800

static bool has_git_variables(void)
{
	for (char **e = environ; *e; e++)
		if (!strncmp(*e, "GIT_", 4))
			return true;
	return false;
}

/**
 * git_forget_caller() - drop the variables that name a repository
 *
 * git sets them for aliases, hooks and "rebase --exec": a child of ours, git or a
 * script that runs git, would then change the caller's repository. Nor may any ask
 * for a password.
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int git_forget_caller(void)
{
	static const char *const argv[] = { "git", "rev-parse", "--local-env-vars", NULL };
	struct strv names __cleanup(strv_free) = {};
	int rc = has_git_variables() ? program_lines(argv, &names) : 0;

	for (size_t i = 0; i < names.n; i++)
		unsetenv(names.v[i]);
	setenv("GIT_TERMINAL_PROMPT", "0", 1);
	return rc;
}

/* Prints the last line that git has written to @err, and fails. */
static int git_failed(const char *what, int err)
{
	char *path __cleanup(free_ptr) = xasprintf("/proc/self/fd/%d", err);
	struct buf text __cleanup(buf_free) = {};
	char *said __cleanup(free_ptr) = read_file(path, &text) ? NULL : child_last_line(&text);

	pr_err("git %s failed: %s", what, said ?: "");
	return -EIO;
}

/**
 * git_run() - run git
 * @dir: where
 * @env: extra "NAME=VALUE", NULL-terminated, or NULL
 * @args: its arguments, NULL-terminated
 * @out: its output is added; NULL: nobody wants it
 * @status: its exit status; NULL: one other than 0 is an error
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int git_run(const char *dir, const char *const *env, const char *const *args, struct buf *out,
	    int *status)
{
	/* Whatever the user has configured for terminals, and for his own checkouts. */
	static const char *const first[] = {
		"git", "--no-pager", "-c", "color.ui=false", "-c", "advice.detachedHead=false",
		"-c", "core.abbrev=12", "-c", "core.hooksPath=/dev/null",
		"-c", "core.sparseCheckout=false", NULL
	};
	int err = memfd_create("git", MFD_CLOEXEC), rc, code = 0;
	struct child_opts opts = { .cwd = dir, .env = env, .out = -1, .err = err };
	struct strv argv __cleanup(strv_free) = {};

	strv_extend(&argv, first);
	strv_extend(&argv, args);
	opts.argv = (const char *const *)argv.v;
	rc = child_run(&opts, GIT_DEADLINE_S, out, &code);
	if (!rc && code && !status)
		rc = git_failed(args[0], err);
	if (status)
		*status = code;
	close(err);
	return rc;
}

/**
 * git_l() - git_run() with its arguments in a row, up to a NULL
 * @dir: where
 * @out: its output is added; NULL: nobody wants it
 * @status: its exit status; NULL: one other than 0 is an error
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int git_l(const char *dir, struct buf *out, int *status, ...)
{
	struct strv args __cleanup(strv_free) = {};
	const char *arg;
	va_list ap;

	va_start(ap, status);
	while ((arg = va_arg(ap, const char *)))
		strv_push(&args, arg);
	va_end(ap);
	return git_run(dir, NULL, (const char *const *)args.v, out, status);
}

/**
 * git_hash() - the commit that a name stands for
 * @repo: the repository
 * @name: a tag, a branch, a hash…
 * @hash: the full hash; the caller frees it
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int git_hash(const char *repo, const char *name, char **hash)
{
	char *spec __cleanup(free_ptr) = xasprintf("%s^{commit}", name);
	struct buf out __cleanup(buf_free) = {};
	int rc, status;

	*hash = NULL;
	rc = git_l(repo, &out, &status, "rev-parse", "--verify", "-q", spec, NULL);
	if (!rc && status) {
		pr_err("%s: no commit \"%s\" (is it a git repository?)", repo, name);
		rc = -ENOENT;
	}
	if (!rc)
		*hash = strndup(out.data, strcspn(out.data, "\n"));
	return rc;
}
