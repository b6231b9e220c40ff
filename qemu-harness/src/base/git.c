// SPDX-License-Identifier: GPL-2.0
/*
 * Runs git, on the repository of its directory, whatever the git says that we were
 * started by.
 */
#define _GNU_SOURCE
#include <ctype.h>
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
	struct buf out = { 0 };
	char *save = NULL, *name;
	int rc = 0;

	if (has_git_variables())
		rc = program_output(argv, &out);
	if (!rc && out.len)
		for (name = strtok_r(out.data, "\n", &save); name;
		     name = strtok_r(NULL, "\n", &save))
			unsetenv(name);
	buf_free(&out);
	setenv("GIT_TERMINAL_PROMPT", "0", 1);
	return rc;
}

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

/**
 * git_run() - run git
 * @dir: where
 * @env: extra "NAME=VALUE", NULL-terminated, or NULL
 * @args: its arguments
 * @out: its output is added
 * @status: its exit status; NULL: one other than 0 is an error
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int git_run(const char *dir, const char *const *env, const struct strv *args, struct buf *out,
	    int *status)
{
	/* Whatever the user has configured for terminals, and for his own checkouts. */
	static const char *const first[] = {
		"git", "--no-pager", "-c", "color.ui=false", "-c", "advice.detachedHead=false",
		"-c", "core.abbrev=12", "-c", "core.hooksPath=/dev/null",
		"-c", "core.sparseCheckout=false",
	};
	int err = memfd_create("git", MFD_CLOEXEC), rc, code = 0;
	struct child_opts opts = { .cwd = dir, .env = env, .out = -1, .err = err };
	struct buf said = {};
	struct strv argv = {};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(first); i++)
		strv_push(&argv, first[i]);
	for (i = 0; i < args->n; i++)
		strv_push(&argv, args->v[i]);
	opts.argv = (const char *const *)argv.v;
	rc = child_run(&opts, GIT_DEADLINE_S, out, &code);
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

/**
 * git_l() - git_run() with its arguments in a row, up to a NULL
 * @dir: where
 * @out: its output is added
 * @status: its exit status; NULL: one other than 0 is an error
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int git_l(const char *dir, struct buf *out, int *status, ...)
{
	struct strv args = {};
	const char *arg;
	va_list ap;
	int rc;

	va_start(ap, status);
	while ((arg = va_arg(ap, const char *)))
		strv_push(&args, arg);
	va_end(ap);
	rc = git_run(dir, NULL, &args, out, status);
	strv_free(&args);
	return rc;
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
