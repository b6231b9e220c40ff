/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entries of the cache that are whole or absent, whoever is interrupted or
 * runs at the same time, and that nobody changes while they are in use.
 */
#ifndef IRQSAN_CACHE_H
#define IRQSAN_CACHE_H

#include <jansson.h>
#include <stdbool.h>

/* Locks are held until the fd is closed; none of them is 0. */
int cache_lock(const char *name);
int cache_hold(const char *dir);
int cache_claim(const char *dir);
bool cache_remove(const char *path, double idle_s);

/**
 * struct cache_entry - a directory of the cache, and how it is made
 * @key: its path in the cache, such as "kernels/bookworm"
 * @refresh: it is made anew, also if it is there
 * @find: takes what it wants to know from the entry in @dir; 0, or a negative errno
 *	  (silently) when that isn't there
 * @make: fills @dest, which is empty; @work, around it, is for all that goes again.
 *	  0 or a negative errno; the reason was printed
 * @ctx: passed to both
 */
struct cache_entry {
	const char *key;
	bool refresh;
	int (*find)(void *ctx, const char *dir);
	int (*make)(void *ctx, const char *work, const char *dest);
	void *ctx;
};

int cache_get(const struct cache_entry *e, int *held);
int cache_file(const char *dir, const char *name, int (*make)(void *ctx, const char *path),
	       void *ctx, char **path);

int manifest_write(const char *dir, json_t *o);
json_t *manifest_read(const char *dir);

#endif
