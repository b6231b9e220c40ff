// SPDX-License-Identifier: GPL-2.0
/*
 * Reads this guest's orders.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "guest.h"

static struct conf_module module_value(char *value)
{
	char *space = strchr(value, ' ');

	if (space)
		*space++ = '\0';
	return (struct conf_module){ value, space ?: "" };
}

/* "NAME OPS" */
static struct conf_bench bench_value(char *value)
{
	char *space = strchr(value, ' ');

	if (space)
		*space++ = '\0';
	return (struct conf_bench){ value, strtoull(space ?: "0", NULL, 10) };
}

/**
 * conf_read() - read the orders
 * @path: the file
 * @conf: filled; its strings stay valid for good
 *
 * An order that init doesn't know is an error: a guest that does less than it
 * was told to would give a verdict on something else.
 *
 * Return: 0 or -errno; the reason was recorded.
 */
int conf_read(const char *path, struct conf *conf)
{
	static char text[16384];
	char *line, *save = NULL;
	unsigned int modules = 0, benches = 0, churn = 0, chores = 0, selftests = 0, insmods = 0;
	long len;

	*conf = (struct conf){ .workload = "none", .seconds = 30 };
	len = guest_read(path, text, sizeof(text));
	if (len < 0) {
		guest_error("%s: %s", path, strerror((int)-len));
		return (int)len;
	}
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *value = strchr(line, ' ');

		if (!value) {
			guest_error("%s: no value in '%s'", path, line);
			return -EINVAL;
		}
		*value++ = '\0';
		if (!strcmp(line, "module") && modules < CONF_MODULES_MAX) {
			conf->module[modules++] = module_value(value);
		} else if (!strcmp(line, "livepatch")) {
			conf->livepatch = module_value(value);
		} else if (!strcmp(line, "irqsan")) {
			conf->irqsan = module_value(value);
		} else if (!strcmp(line, "storm")) {
			conf->storm = module_value(value);
		} else if (!strcmp(line, "planted")) {
			conf->planted = module_value(value);
		} else if (!strcmp(line, "churn") && churn < CONF_MODULES_MAX) {
			conf->churn[churn++] = module_value(value);
		} else if (!strcmp(line, "chore") && chores < CONF_CHORES_MAX) {
			conf->chore[chores++] = value;
		} else if (!strcmp(line, "insmod") && insmods < CONF_MODULES_MAX) {
			conf->insmod[insmods++] = module_value(value);
		} else if (!strcmp(line, "command")) {
			conf->command = value;
		} else if (!strcmp(line, "repeat")) {
			conf->repeat = (unsigned int)strtoul(value, NULL, 10);
		} else if (!strcmp(line, "procs")) {
			conf->procs = (unsigned int)strtoul(value, NULL, 10);
		} else if (!strcmp(line, "until-first")) {
			conf->until_first = strtoul(value, NULL, 10);
		} else if (!strcmp(line, "workload")) {
			conf->workload = value;
		} else if (!strcmp(line, "disk")) {
			conf->disk = value;
		} else if (!strcmp(line, "root")) {
			conf->root = value;
		} else if (!strcmp(line, "seconds")) {
			conf->seconds = (unsigned int)strtoul(value, NULL, 10);
		} else if (!strcmp(line, "reload")) {
			conf->reload = (unsigned int)strtoul(value, NULL, 10);
		} else if (!strcmp(line, "bench") && benches < CONF_BENCH_MAX) {
			conf->bench[benches++] = bench_value(value);
		} else if (!strcmp(line, "events")) {
			conf->events = value;
		} else if (!strcmp(line, "tell-sites")) {
			conf->tell_sites = strtoul(value, NULL, 10);
		} else if (!strcmp(line, "builtin")) {
			conf->builtin = strtoul(value, NULL, 10);
		} else if (!strcmp(line, "control")) {
			conf->control = module_value(value);
		} else if (!strcmp(line, "selftest") && selftests < CONF_SELFTESTS_MAX) {
			conf->selftest[selftests++] = value;
		} else {
			guest_error("%s: unknown order '%s'", path, line);
			return -EINVAL;
		}
	}
	return 0;
}
