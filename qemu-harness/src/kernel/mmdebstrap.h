/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Small Debians, made by mmdebstrap from the archive that this machine uses.
 */
#ifndef IRQSAN_MMDEBSTRAP_H
#define IRQSAN_MMDEBSTRAP_H

#include "base/util.h"

/**
 * struct mmdebstrap - one to be made
 * @what: that, for messages
 * @suite: Debian suite
 * @variant: mmdebstrap's word for what is in it besides @packages
 * @packages: what is added
 * @tmp: directory for what is needed meanwhile
 * @tar: archive that is written
 * @log: what mmdebstrap says
 */
struct mmdebstrap {
	const char *what;
	const char *suite;
	const char *variant;
	const struct strv *packages;
	const char *tmp;
	const char *tar;
	const char *log;
};

int mmdebstrap(const struct mmdebstrap *m);

#endif
