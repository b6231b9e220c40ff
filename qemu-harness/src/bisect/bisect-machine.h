/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The machine of a bisection: builds revisions, boots them, and says what was seen.
 */
#ifndef IRQSAN_BISECT_MACHINE_H
#define IRQSAN_BISECT_MACHINE_H

#include "bisect/bisect-git.h"
#include "boot/prepare.h"

struct bisect_guest;

/**
 * struct bisect_machine - the machine
 * @plan: how revisions are run; its accelerator is chosen
 * @jobs: boots at once; 0: as many as this machine can
 * @verbose: print each guest's phases
 * @kernel: the revisions are of a module, for this kernel; NULL: they are of the kernel
 * @configs: of the kernels, for build_kernel()
 * @source: source tree
 * @dir: build tree and runs go there
 * @git: the history, which puts revisions into @source; NULL: the one is there
 * @built: revision that the build tree is of, or @modules are; owned; or NULL
 * @modules: the .ko files of @built; owned
 * @guests: revisions that were made ready to be booted
 * @nr_guests: how many
 */
struct bisect_machine {
	const struct plan *plan;
	unsigned int jobs;
	bool verbose;
	const struct kernel *kernel;
	const struct strv *configs;
	const char *source;
	const char *dir;
	const struct bisect_git *git;
	char *built;
	struct strv modules;
	struct bisect_guest **guests;
	size_t nr_guests;
};

int bisect_machine_build(struct bisect_machine *m, const char *rev, struct bisect_build *build);
int bisect_machine_test(struct bisect_machine *m, const char *rev, const char *signature,
			unsigned int first, unsigned int max,
			bool (*take)(void *arg, struct bisect_run *run), void *arg);
void bisect_machine_free(struct bisect_machine *m);
void bisect_machine_clean(const struct bisect_machine *m);

#endif
