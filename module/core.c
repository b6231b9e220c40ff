// SPDX-License-Identifier: GPL-2.0
/*
 * irqsan: finds code that calls raw_local_irq_restore() with IRQs on, on a
 * kernel that nobody rebuilt. This file loads and unloads it: the parameters,
 * and the order in which the parts start and stop.
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>

#include "compat.h"
#include "irqsan.h"

static char *sites = "all";
module_param(sites, charp, 0444);
MODULE_PARM_DESC(sites, "which restores to watch: all (default), unlocks, pv, none");

bool irqsan_track;
module_param_named(track, irqsan_track, bool, 0444);
MODULE_PARM_DESC(track, "also watch what turns IRQs on, and name the culprit");

static char *report = "first";
module_param(report, charp, 0444);
MODULE_PARM_DESC(report, "what is printed: first (default: each site's first violation), all (every one, rate-limited)");

bool irqsan_report_all;

bool irqsan_panic;
module_param_named(panic, irqsan_panic, bool, 0644);
MODULE_PARM_DESC(panic, "panic after the splat");

bool irqsan_enabled = true;

/**
 * irqsan_engine() - what finds the violations
 *
 * Return: its name.
 */
const char *irqsan_engine(void)
{
	if (irqsan_hooks_active())
		return "hooks";
	return irqsan_builtin() ? "builtin" : "probes";
}

/* Nothing hits a probe once it is gone; then the rings can go. */
static void stop(void)
{
	irqsan_hooks_stop();
	irqsan_pv_stop();
	irqsan_scope_stop();
	irqsan_sites_drop_all();
	irqsan_record_stop();
	irqsan_deny_stop();
}

/*
 * The hooks watch every restore and nothing else: less than that, or more, is
 * for the probes.
 */
static int start_hooks(void)
{
	int rc;

	if (strcmp(sites, "all") || irqsan_track)
		return -EOPNOTSUPP;
	rc = irqsan_hooks_start();
	return rc ?: irqsan_control_run();
}

static int start_probes(void)
{
	int rc;

	if (!IS_ENABLED(CONFIG_KPROBES)) {
		pr_err("this kernel was built without CONFIG_KPROBES\n");
		return -EOPNOTSUPP;
	}
	rc = irqsan_deny_start();
	if (rc)
		return rc;
	rc = irqsan_control_start();
	if (rc)
		return rc;
	irqsan_builtin_start();
	rc = irqsan_scope_start(sites);
	if (rc)
		return rc;
	rc = irqsan_pv_start();
	if (rc < 0)
		return rc;
	if (!rc && !irqsan_sites_armed()) {
		pr_err("nothing to watch: sites=%s, and no paravirtualised spinlocks in this kernel\n",
		       sites);
		return -ENODEV;
	}
	return 0;
}

static int __init irqsan_init(void)
{
	int rc;

	irqsan_report_all = !strcmp(report, "all");
	if (!irqsan_report_all && strcmp(report, "first")) {
		pr_err("report=%s: must be first or all\n", report);
		return -EINVAL;
	}
	rc = irqsan_record_start();
	if (rc)
		return rc;
	rc = start_hooks();
	if (rc == -EOPNOTSUPP)
		rc = start_probes();
	else if (rc)
		pr_err("the kernel's hooks don't work (%d): is there another reporter?\n", rc);
	if (rc) {
		stop();
		return rc;
	}
	irqsan_debugfs_start();
	return 0;
}

static void __exit irqsan_exit(void)
{
	irqsan_debugfs_stop();
	stop();
}

module_init(irqsan_init);
module_exit(irqsan_exit);
MODULE_DESCRIPTION("finds raw_local_irq_restore() calls with IRQs on");
MODULE_VERSION(IRQSAN_VERSION);
MODULE_LICENSE("GPL");
