/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a plan and a kernel to a guest that is ready to be booted.
 */
#ifndef IRQSAN_PREPARE_H
#define IRQSAN_PREPARE_H

#include "boot/image.h"
#include "boot/run.h"

/**
 * struct prepared - a guest that is ready to be booted
 * @plan: what is ordered of it; owned
 * @image: its initramfs
 * @kernel: a copy of its kernel, which no build and no refresh changes; owned
 * @cmdline: more of its kernel's command line; owned
 * @run: for run_boots(); points into the above
 */
struct prepared {
	struct plan plan;
	struct image image;
	char *kernel;
	char *cmdline;
	struct run_guest run;
};

int prepare_guest(const struct plan *plan, const struct kernel *k, const char *dir,
		  struct prepared *p);
json_t *prepared_json(const struct prepared *p);
void prepared_free(struct prepared *p);

#endif
