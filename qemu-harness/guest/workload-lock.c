// SPDX-License-Identifier: GPL-2.0
/*
 * lock-storm: a test module whose threads hammer one spinlock, with
 * interrupts on and off in turn. Needs no file system and no disk.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "guest.h"
#include "workload.h"

#define PARAMETERS "/sys/module/irqsan_storm/parameters/"

static int lock_start(const struct conf *conf, unsigned int cpus)
{
	char text[32];
	int rc;

	(void)cpus;
	rc = conf->storm.path ? guest_insmod(conf->storm.path, conf->storm.params) : -ENOENT;
	if (rc) {
		guest_error("insmod %s: %s", conf->storm.path ?: "irqsan_storm.ko", strerror(-rc));
		return rc;
	}
	guest_read(PARAMETERS "threads", text, sizeof(text));
	return atoi(text);
}

static uint64_t lock_ops(void)
{
	char text[32];

	guest_read(PARAMETERS "ops", text, sizeof(text));
	return strtoull(text, NULL, 10);
}

static void lock_stop(void)
{
	int rc = guest_rmmod("irqsan_storm");

	if (rc)
		guest_error("rmmod irqsan_storm: %s", strerror(-rc));
}

const struct workload lock_storm = {
	.name = "lock-storm",
	.start = lock_start,
	.ops = lock_ops,
	.stop = lock_stop,
};
