// SPDX-License-Identifier: GPL-2.0
/*
 * Finds, makes and removes entries of the cache, under locks.
 *
 * An entry has two locks. Those who make it have the first, one after the other.
 * Those who use it share the second; who is about to replace it wants that alone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cache.h"
#include "base/child.h"
#include "base/util.h"

static char *lock_path(const char *name, const char *suffix)
{
	char hex[65] = "";

	sha256_data(name, strlen(name), hex);
	return xasprintf("%s/locks/%.16s%s", irqsan_cache(), hex, suffix);
}

/* @operation: as for flock(); @others: what those do who are waited for. NULL: no waiting. */
static int take(const char *name, const char *suffix, int operation, const char *others)
{
	char *dir __cleanup(free_ptr) = xasprintf("%s/locks", irqsan_cache());
	char *path __cleanup(free_ptr) = lock_path(name, suffix);
	int fd, rc = mkdir_p(dir);
	bool told = false;

	if (rc)
		return rc;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0) {
		rc = -errno;
		if (others)
			pr_err("can't open the lock %s: %s", path, strerror(-rc));
		return rc;
	}
	/* A blocking flock() could not be told apart from one that hangs. */
	while ((rc = flock(fd, operation | LOCK_NB) ? -errno : 0) == -EWOULDBLOCK && others) {
		if (!told)
			pr_info("waiting for another irqsan that %s %s", others, name);
		told = true;
		rc = child_ppoll(NULL, 0, now() + 0.2);
		if (rc)
			break;
	}
	if (!rc)
		return fd;
	if (others && rc != -EINTR)
		pr_err("can't lock %s: %s", path, strerror(-rc));
	close(fd);
	return rc;
}

/**
 * cache_lock() - become the only one to work on something
 * @name: what it is; a path, for an entry
 *
 * Waits for another irqsan that has the lock; a signal ends the wait.
 *
 * Return: an fd to be closed, or a negative errno
 */
int cache_lock(const char *name)
{
	return take(name, "", LOCK_EX, "works on");
}

/**
 * cache_hold() - keep a directory as it is
 * @dir: its path; many may hold it at once
 *
 * Return: as cache_lock()
 */
int cache_hold(const char *dir)
{
	int fd = take(dir, ".used", LOCK_SH, "changes");

	/* When it was last used: cache_remove(). */
	if (fd >= 0)
		futimens(fd, NULL);
	return fd;
}

/**
 * cache_claim() - wait until nobody holds a directory, and keep others from doing so
 * @dir: its path
 *
 * Return: as cache_lock()
 */
int cache_claim(const char *dir)
{
	return take(dir, ".used", LOCK_EX, "uses");
}

/**
 * cache_remove() - remove what nobody needs
 * @path: a directory or a file of the cache
 * @idle_s: seconds since it was made or last used
 *
 * Return: true when it is gone; false if it was used since, or is held or being made,
 * or can't be removed
 */
bool cache_remove(const char *path, double idle_s)
{
	char *used __cleanup(free_ptr) = lock_path(path, ".used");
	char *tmp __cleanup(free_ptr) = xasprintf("%s.tmp", path);
	int lock __cleanup(close_fd) = -1, claim __cleanup(close_fd) = -1;
	time_t since = time(NULL) - idle_s;
	struct stat made, last = { 0 };

	/* Before its lock is opened, which makes that. */
	if (lstat(path, &made) || (!stat(used, &last) && last.st_mtime > since) ||
	    made.st_mtime > since)
		return false;
	lock = take(path, "", LOCK_EX, NULL);
	claim = take(path, ".used", LOCK_EX, NULL);
	/* Under the name of what an interrupted run has left: never half of an entry. */
	return lock >= 0 && claim >= 0 &&
	       !remove_tree(tmp) && !rename(path, tmp) && !remove_tree(tmp);
}

/* Puts the finished directory @tmp in the place of @dir; what was there is @tmp then. */
static int commit(const char *tmp, const char *dir)
{
	int fd __cleanup(close_fd) = open(tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int claim __cleanup(close_fd) = -1, rc = 0;

	/* The name must not reach the disk before the data does. */
	if (fd < 0 || syncfs(fd)) {
		rc = -errno;
		pr_err("can't write %s: %s", tmp, strerror(-rc));
		return rc;
	}
	claim = cache_claim(dir);
	if (claim < 0)
		return claim;
	/* The old entry may be in the way: there is no moment without either. */
	if (rename(tmp, dir) && renameat2(AT_FDCWD, tmp, AT_FDCWD, dir, RENAME_EXCHANGE)) {
		rc = -errno;
		pr_err("can't put %s in place: %s", dir, strerror(-rc));
	}
	return rc;
}

static int make(const struct cache_entry *e, const char *dir)
{
	char *work __cleanup(free_ptr) = xasprintf("%s.tmp", dir);
	char *dest __cleanup(free_ptr) = xasprintf("%s/entry", work);
	/* Whoever was interrupted may have left something. */
	int rc = remove_tree(work);

	if (!rc)
		rc = mkdir_p(dest);
	if (!rc)
		rc = e->make(e->ctx, work, dest);
	if (!rc)
		rc = commit(dest, dir);
	remove_tree(work);
	return rc;
}

/* With its lock: unless somebody else has just made it. */
static int make_locked(const struct cache_entry *e, const char *dir, int *held)
{
	int lock __cleanup(close_fd) = cache_lock(dir), rc = lock < 0 ? lock : 0;

	if (!rc && (e->refresh || e->find(e->ctx, dir))) {
		rc = make(e, dir);
		if (!rc && e->find(e->ctx, dir)) {
			pr_err("%s was made, but is not whole", dir);
			rc = -EIO;
		}
	}
	if (!rc) {
		*held = cache_hold(dir);
		rc = *held < 0 ? *held : 0;
	}
	return rc;
}

/**
 * cache_get() - find an entry, or make it
 * @e: what it is
 * @held: to be closed when it may be replaced; NULL for an entry that nobody replaces
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int cache_get(const struct cache_entry *e, int *held)
{
	char *dir __cleanup(free_ptr) = xasprintf("%s/%s", irqsan_cache(), e->key);
	int fd = cache_hold(dir);
	int rc = fd < 0 ? fd : 0;

	if (!rc && (e->refresh || e->find(e->ctx, dir))) {
		close(fd);
		rc = make_locked(e, dir, &fd);
	}
	if (!rc && held)
		*held = fd;
	else if (!rc)
		close(fd);
	return rc;
}

/**
 * cache_file() - find a file that is named by all it is made from, or make it
 * @dir: its directory in the cache
 * @name: its name there
 * @make: makes it appear whole; 0 or a negative errno
 * @ctx: passed to @make
 * @path: its path, to be freed
 *
 * Return: 0, or what @make returned
 */
int cache_file(const char *dir, const char *name, int (*make)(void *ctx, const char *path),
	       void *ctx, char **path)
{
	int rc = 0;

	*path = xasprintf("%s/%s/%s", irqsan_cache(), dir, name);
	/* Found, its time is that of its last use: cache_remove(). */
	if (utimensat(AT_FDCWD, *path, NULL, 0))
		rc = mkdir_for(*path) ?: make(ctx, *path);
	if (rc) {
		free(*path);
		*path = NULL;
	}
	return rc;
}

/**
 * manifest_write() - say what an entry is
 * @dir: the entry, being made
 * @o: what is to be known of it; NULL if that could not be put together. Taken
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int manifest_write(const char *dir, json_t *o)
{
	char *path __cleanup(free_ptr) = xasprintf("%s/manifest.json", dir);
	char *text __cleanup(free_ptr) = o ? json_dumps(o, JSON_INDENT(2)) : NULL;
	int rc = -EILSEQ;

	if (text)
		rc = write_file(path, text, strlen(text));
	else
		pr_err("can't write %s: what it is to hold is no text", path);
	json_decref(o);
	return rc;
}

/**
 * manifest_read() - what manifest_write() was given
 * @dir: the entry
 *
 * Return: a new reference; NULL (silently) if there is no such entry
 */
json_t *manifest_read(const char *dir)
{
	char *path __cleanup(free_ptr) = xasprintf("%s/manifest.json", dir);

	return json_load_file(path, 0, NULL);
}
