/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The archive of any Debian suite through apt, which checks signatures and
 * hashes, keeps what is downloaded already and knows this machine's proxies.
 * The machine's own package lists and packages are never touched.
 */
#ifndef IRQSAN_APT_H
#define IRQSAN_APT_H

#include <stdint.h>
#include "base/unpack.h"
#include "base/util.h"

/**
 * struct apt - private apt state of one suite
 * @suite: its name
 * @dir: directory of the state, in the cache
 * @conf: apt configuration file that leads there
 * @lock: held while this is open
 */
struct apt {
	char *suite;
	char *dir;
	char *conf;
	int lock;
};

/**
 * struct apt_package - what the package lists say
 * @name: package
 * @version: the one that would be installed
 * @depends: names only, the first of each alternative
 * @size: of the .deb
 * @sha256: of the same
 */
struct apt_package {
	char *name;
	char *version;
	struct strv depends;
	uint64_t size;
	char *sha256;
};

int apt_source(const char *suite, char **line);
int apt_open(struct apt *apt, const char *suite);
void apt_close(struct apt *apt);
int apt_update(struct apt *apt);
int apt_names(struct apt *apt, const char *prefix, struct strv *names);
int apt_show(struct apt *apt, const char *name, struct apt_package *p);
void apt_package_free(struct apt_package *p);
int apt_unpack(const struct apt_package *p, const char *debs, struct unpack *u);
int apt_get(struct apt *apt, const char *what, const struct apt_package *p, size_t nr,
	    const char *work, struct unpack *u);
char *apt_own_suite(void);

#endif
