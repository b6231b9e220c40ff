// SPDX-License-Identifier: GPL-2.0
/*
 * Entries of the cache that are whole or absent, whoever is interrupted or
 * runs at the same time: one lock an entry, and a rename at the end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cache.h"
#include "base/child.h"
#include "base/util.h"

/**
 * cache_lock() - become the only one to write an entry
 * @name: what is locked, such as "kernels/bookworm"
 *
 * Waits for another irqsan that holds the lock; a signal ends the wait.
 *
 * Return: an fd to be closed, or a negative errno
 */
int cache_lock(const char *name)
{
	char *path = xasprintf("%s/locks/%s", irqsan_cache(), name);
	char *slash = strrchr(path, '/');
	bool told = false;
	int fd, rc;

	*slash = '\0';
	rc = mkdir_p(path);
	*slash = '/';
	if (rc)
		goto out;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0) {
		rc = -errno;
		pr_err("can't open the lock %s: %s", path, strerror(-rc));
		goto out;
	}
	/* A blocking flock() could not be told apart from one that hangs. */
	while ((rc = flock(fd, LOCK_EX | LOCK_NB) ? -errno : 0) == -EWOULDBLOCK) {
		if (!told)
			pr_info("waiting for another irqsan that works on %s", name);
		told = true;
		rc = child_ppoll(NULL, 0, now() + 0.2);
		if (rc)
			break;
	}
	if (rc) {
		if (rc != -EINTR)
			pr_err("can't lock %s: %s", path, strerror(-rc));
		close(fd);
	} else {
		rc = fd;
	}
out:
	free(path);
	return rc;
}

/**
 * cache_commit() - put a finished entry in its place
 * @tmp: the finished directory, next to @dest
 * @dest: its final name; what was there is removed
 *
 * Return: 0 or a negative errno
 */
int cache_commit(const char *tmp, const char *dest)
{
	int fd = open(tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	/* The name must not reach the disk before the data does. */
	if (fd < 0 || syncfs(fd)) {
		rc = -errno;
		pr_err("can't write %s: %s", tmp, strerror(-rc));
	}
	if (fd >= 0)
		close(fd);
	if (rc || !rename(tmp, dest))
		return rc;
	/* The old entry is in the way: there is no moment without either. */
	if (renameat2(AT_FDCWD, tmp, AT_FDCWD, dest, RENAME_EXCHANGE)) {
		rc = -errno;
		pr_err("can't put %s in place: %s", dest, strerror(-rc));
		return rc;
	}
	return remove_tree(tmp);
}
