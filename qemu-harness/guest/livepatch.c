// SPDX-License-Identifier: GPL-2.0
/*
 * Loads a livepatch and waits for the end of its transition: until then some
 * tasks still run the old code.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "livepatch.h"

/*
 * A task that is caught in an old function is tried again each second, and
 * woken by a fake signal after fifteen.
 */
#define TRANSITION_S 60

/* "/modules/fix-it.ko" becomes "fix_it", as the kernel calls it. */
static void module_name(const char *path, char *name, size_t size)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

	snprintf(name, size, "%.*s", (int)strcspn(base, "."), base);
	for (char *p = name; *p; p++)
		*p = *p == '-' ? '_' : *p;
}

static bool reads(const char *name, const char *file, const char *want)
{
	char path[256], text[16];

	snprintf(path, sizeof(path), "/sys/kernel/livepatch/%s/%s", name, file);
	return guest_read(path, text, sizeof(text)) > 0 && !strncmp(text, want, strlen(want));
}

/*
 * An idle task takes the new code when its loop comes round. On a vCPU with nothing
 * to do that may be never: kernels before 5.16 don't wake it for that.
 */
static void visit_cpus(void)
{
	cpu_set_t all, one;

	if (sched_getaffinity(0, sizeof(all), &all))
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
	}
	sched_setaffinity(0, sizeof(all), &all);
}

static int wait_for_transition(const char *name)
{
	for (int i = 0; i < TRANSITION_S * 10; i++) {
		if (reads(name, "enabled", "1") && reads(name, "transition", "0"))
			return 0;
		visit_cpus();
		guest_sleep_ms(100);
	}
	return -ETIMEDOUT;
}

/**
 * livepatch_load() - put a livepatch in force
 * @module: the module that brings it
 *
 * Return: true when every task runs the new code; else the reason was recorded
 */
bool livepatch_load(const struct conf_module *module)
{
	char name[64];
	int rc;

	module_name(module->path, name, sizeof(name));
	rc = guest_insmod(module->path, module->params);
	if (rc)
		guest_error("insmod %s: %s", module->path, strerror(-rc));
	else
		rc = wait_for_transition(name);
	if (rc == -ETIMEDOUT)
		guest_error("livepatch %s: not in force after %d s", name, TRANSITION_S);
	guest_record("livepatch", json_pack("{s:s, s:i}", "name", name, "rc", rc));
	return !rc;
}
