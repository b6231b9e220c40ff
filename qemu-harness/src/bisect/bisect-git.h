/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The history that is bisected: a git repository, and a work tree of our own,
 * so that the user's is left alone.
 */
#ifndef IRQSAN_BISECT_GIT_H
#define IRQSAN_BISECT_GIT_H

#include "bisect/bisect.h"

/**
 * struct bisect_git - an open history
 * @repo: the user's repository
 * @tree: our work tree of it
 * @first_parent: of a merge, what was merged is part of it
 * @paths: only commits that touch these are looked at; NULL: all
 */
struct bisect_git {
	const char *repo;
	const char *tree;
	bool first_parent;
	const struct strv *paths;
};

int bisect_git_open(const struct bisect_git *g, const char *rev);
int bisect_git_checkout(const struct bisect_git *g, const char *rev);
int bisect_git_releases(const char *repo, const char *bad, struct strv *names);
int bisect_git_commits(const struct bisect_git *g, const struct strv *from, const char *to,
		       struct strv *list);
int bisect_git_bases(const struct bisect_git *g, const char *a, const char *b,
		     struct strv *list);
int bisect_git_next(const struct bisect_git *g, const char *bad, const struct strv *good,
		    const struct strv *skip, struct bisect_next *next);
int bisect_git_subject(const struct bisect_git *g, const char *rev, char **subject);
int bisect_git_commit(const struct bisect_git *g, const char *rev, struct bisect_commit *commit);
void bisect_git_remove(const struct bisect_git *g);

#endif
