// SPDX-License-Identifier: GPL-2.0
/*
 * What irqsan.ko does for a boot, without irqsan.ko: counts kvm_wait() calls, so
 * that a load which never gets there is seen, and proves the detector. The
 * kernel warns only once a boot, so the planted restore comes behind the load:
 * if the kernel warns of it, it would have warned of one before.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "builtin.h"
#include "guest.h"

#define TRACING "/sys/kernel/tracing/"
#define RUN "/sys/module/irqsan_planted/parameters/run"
/* A report is printed at once; the log may be slow to take it in. */
#define CONTROL_MS 2000
#define CONTROL_STEP_MS 100

static bool counting;

/**
 * builtin_count() - count kvm_wait() calls
 *
 * A kernel that has no kvm_wait(), or no kprobe events, is told of and gets no
 * count: its boots have not been seen to reach the code under test.
 */
void builtin_count(void)
{
	int rc = guest_write(TRACING "kprobe_events", "p:builtin/kvm_wait kvm_wait");

	if (!rc)
		rc = guest_write(TRACING "events/builtin/kvm_wait/enable", "1");
	if (rc)
		guest_error("kprobe event on kvm_wait: %s", strerror(-rc));
	counting = !rc;
}

/**
 * builtin_add() - add the calls so far
 * @c: where to
 */
void builtin_add(struct counters *c)
{
	static char text[4096];
	uint64_t hits;

	if (counting && guest_read(TRACING "kprobe_profile", text, sizeof(text)) > 0 &&
	    sscanf(text, " kvm_wait %" SCNu64, &hits) == 1)
		c->waits += hits;
}

/* Has the kernel reported the planted restore? */
static bool reported(void)
{
	const char *at = strstr(guest_kernel_log(),
				"raw_local_irq_restore() called with IRQs enabled");

	return at && strstr(at, " planted_plain+");
}

/**
 * builtin_control() - prove the detector
 * @planted: the module of planted restores
 */
void builtin_control(const struct conf_module *planted)
{
	int rc = guest_insmod(planted->path, planted->params);

	if (!rc)
		rc = guest_write(RUN, "plain");
	if (rc)
		guest_error("planted restore: %s", strerror(-rc));
	for (int ms = 0; !rc && ms < CONTROL_MS && !reported(); ms += CONTROL_STEP_MS)
		guest_sleep_ms(CONTROL_STEP_MS);
	guest_record("control", json_pack("{s:i}", "seen", !rc && reported()));
}
