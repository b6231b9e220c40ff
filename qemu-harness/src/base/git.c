// SPDX-License-Identifier: GPL-2.0
/*
 * Which repository a git works on: the one of its directory, whatever the git says
 * that we were started by.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/git.h"
#include "base/program.h"

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
