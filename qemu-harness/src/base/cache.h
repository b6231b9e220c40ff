/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entries of the cache that are whole or absent, whoever is interrupted or
 * runs at the same time.
 */
#ifndef IRQSAN_CACHE_H
#define IRQSAN_CACHE_H

/* Locks are held until the fd is closed; name: one word, '/' is allowed. */
int cache_lock(const char *name);
int cache_commit(const char *tmp, const char *dest);

#endif
