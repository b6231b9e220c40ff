// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the planted bogus restores (selftests/irqsan/planted) and says which of
 * them were caught, and where: loaded behind irqsan.ko, whose notifier must
 * see the module come, and before it, so that irqsan.ko finds it there.
 */
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "counters.h"
#include "guest.h"
#include "planted.h"

#define RUN "/sys/module/irqsan_planted/parameters/run"
#define TIMES 3

/**
 * struct plant - one planted restore
 * @name: as the module's parameter "run" knows it
 * @function: where its site is
 */
struct plant {
	const char *name;
	const char *function;
};

static const struct plant plants[] = {
	{ "plain", "planted_plain" },
	{ "hardirq", "planted_hardirq" },
	/* The unlock restores for it, out of line. */
	{ "rawlock", "_raw_spin_unlock_irqrestore" },
};

/**
 * struct sum - violations of one function
 * @function: its name
 * @violations: at all of its sites
 * @site: the last of these
 */
struct sum {
	const char *function;
	uint64_t violations;
	char site[256];
};

static void add(void *ctx, const struct bug_count *bug)
{
	struct sum *sum = ctx;
	size_t len = strlen(sum->function);

	if (strncmp(bug->site, sum->function, len) || bug->site[len] != '+')
		return;
	sum->violations += bug->violations;
	snprintf(sum->site, sizeof(sum->site), "%s", bug->site);
}

static void report(const char *name, const char *order, int ran, int seen, const char *site)
{
	guest_record("planted", json_pack("{s:s, s:s, s:i, s:i, s:s}", "plant", name,
					  "order", order, "ran", ran, "seen", seen,
					  "site", site));
}

static int run(const struct plant *plant, const char *order)
{
	struct sum before = { .function = plant->function };
	struct sum after = { .function = plant->function };
	int rc;

	counters_each_bug(add, &before);
	for (int i = 0; i < TIMES; i++) {
		rc = guest_write(RUN, plant->name);
		if (rc) {
			guest_error("planted %s: %s", plant->name, strerror(-rc));
			return rc;
		}
	}
	counters_each_bug(add, &after);
	report(plant->name, order, TIMES, (int)(after.violations - before.violations),
	       after.site);
	return 0;
}

static int run_all(const char *order)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof(plants) / sizeof(plants[0]); i++)
		rc = run(&plants[i], order);
	return rc;
}

/*
 * The init function's text, and its site with it, is gone when insmod comes
 * back: what stays is the report. A kthread of the module prints it, so it may
 * lag; up to two seconds of guest time.
 */
static void report_init(void)
{
	static const char mark[] = " planted_init+";
	const char *at = NULL;
	char site[64] = "";

	for (int i = 0; i < 20 && !at; i++) {
		const char *warning = strstr(guest_kernel_log(), "WARNING: ");

		for (; warning && !at; warning = strstr(warning + 1, "WARNING: ")) {
			at = strstr(warning, mark);
			if (at > strchr(warning, '\n'))
				at = NULL;
		}
		if (!at)
			guest_sleep_ms(100);
	}
	if (at)
		snprintf(site, sizeof(site), "%.*s", (int)strcspn(at + 1, "/ \n"), at + 1);
	report("init", "after", 1, at != NULL, site);
}

static int load(const struct conf_module *m, const char *params)
{
	int rc = guest_insmod(m->path, params);

	if (rc)
		guest_error("insmod %s: %s", m->path, strerror(-rc));
	return rc;
}

static int unload(const char *name)
{
	int rc = guest_rmmod(name);

	if (rc)
		guest_error("rmmod %s: %s", name, strerror(-rc));
	return rc;
}

/**
 * planted_run() - run all planted restores, in both orders of loading
 * @conf: the orders; irqsan.ko is loaded
 *
 * irqsan.ko is left as loaded afresh, so that none of these counts as found.
 *
 * Return: 0, or -errno; the reason was recorded.
 */
int planted_run(const struct conf *conf)
{
	int rc;

	rc = load(&conf->planted, "init=1");
	if (rc)
		return rc;
	report_init();
	rc = run_all("after");
	if (!rc)
		rc = unload("irqsan");
	if (!rc)
		rc = load(&conf->irqsan, conf->irqsan.params);
	if (!rc)
		rc = run_all("before");
	if (!rc)
		rc = unload("irqsan_planted");
	if (!rc)
		rc = unload("irqsan");
	if (!rc)
		rc = load(&conf->irqsan, conf->irqsan.params);
	return rc;
}
