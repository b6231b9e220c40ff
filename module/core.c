// SPDX-License-Identifier: GPL-2.0
/*
 * irqsan: finds code that calls raw_local_irq_restore() with IRQs on, on a
 * kernel that nobody rebuilt. This file loads and unloads it: the parameters,
 * and the order in which the parts start and stop.
 */
#include <linux/init.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "compat.h"
#include "irqsan.h"

static char *sites = "all";
module_param(sites, charp, 0444);
MODULE_PARM_DESC(sites, "which restores to watch: all (default), unlocks, pv, none");

bool irqsan_track;
module_param_named(track, irqsan_track, bool, 0444);
MODULE_PARM_DESC(track, "also watch what turns IRQs on, and name the culprit");

bool irqsan_report_all;

static int set_report(const char *value, const struct kernel_param *kp)
{
	bool all = sysfs_streq(value, "all");

	if (!all && !sysfs_streq(value, "first")) {
		pr_err("report=%s: must be first or all\n", value);
		return -EINVAL;
	}
	WRITE_ONCE(irqsan_report_all, all);
	return 0;
}

static int get_report(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", irqsan_report_all ? "all" : "first");
}

static const struct kernel_param_ops report_ops = { .set = set_report, .get = get_report };
module_param_cb(report, &report_ops, NULL, 0644);
MODULE_PARM_DESC(report, "what is printed: first (default: each bug's first violation), all (again and again, rate-limited)");

bool irqsan_panic;
module_param_named(panic, irqsan_panic, bool, 0644);
MODULE_PARM_DESC(panic, "panic after the splat; kernel.panic_on_warn and warn_limit are not asked, panic_on_taint=0x200 is");

static char *silence = "";
module_param(silence, charp, 0444);
MODULE_PARM_DESC(silence, "functions, with commas, whose bugs are counted and not printed");

bool irqsan_enabled = true;

/* Nothing hits a probe once it is gone; then the table of bugs can go. */
static void irqsan_stop(void)
{
	irqsan_tracepoint_stop();
	irqsan_pv_stop();
	irqsan_scope_stop();
	irqsan_control_stop();
	irqsan_sites_drop(NULL, false);
	irqsan_bugs_stop();
	irqsan_deny_stop();
}

static int silence_all(void)
{
	char *names, *rest, *name;
	int rc = 0;

	names = kstrdup(silence, GFP_KERNEL);
	if (!names)
		return -ENOMEM;
	rest = names;
	while (!rc && (name = strsep(&rest, ",")))
		rc = *name ? irqsan_silence(name, true) : 0;
	if (rc)
		pr_err("silence=%s: not a list of functions, or a function twice\n", silence);
	kfree(names);
	return rc;
}

static int watch_everything(void)
{
	unsigned int found;
	int rc;

	/* The kernel's own check watches every restore and nothing else. */
	if (!strcmp(sites, "all") && !irqsan_track)
		irqsan_tracepoint_start();
	rc = irqsan_scope_start(sites);
	if (rc)
		return rc;
	rc = irqsan_pv_start();
	if (rc < 0)
		return rc;
	if (!rc && !irqsan_sites_armed(NULL, &found) && !irqsan_tracepoint_active()) {
		pr_err("nothing to watch: sites=%s, and no paravirtualised spinlocks in this kernel\n",
		       sites);
		return -ENODEV;
	}
	return irqsan_scope_modules() ?: irqsan_control_run();
}

static int irqsan_start(void)
{
	if (!IS_ENABLED(CONFIG_KPROBES)) {
		pr_err("this kernel was built without CONFIG_KPROBES\n");
		return -EOPNOTSUPP;
	}
	return irqsan_bugs_start() ?: silence_all() ?: irqsan_text_start() ?:
	       irqsan_deny_start() ?: irqsan_control_start() ?: watch_everything();
}

static int __init irqsan_init(void)
{
	int rc = irqsan_start();

	if (rc)
		irqsan_stop();
	else
		irqsan_debugfs_start();
	return rc;
}

static void __exit irqsan_exit(void)
{
	irqsan_debugfs_stop();
	irqsan_stop();
}

module_init(irqsan_init);
module_exit(irqsan_exit);
MODULE_DESCRIPTION("finds raw_local_irq_restore() calls with IRQs on");
MODULE_VERSION(IRQSAN_VERSION);
MODULE_LICENSE("GPL");
