// SPDX-License-Identifier: GPL-2.0
/*
 * irqsan: finds code that calls raw_local_irq_restore() with IRQs on, on a
 * kernel that nobody rebuilt. This file loads and unloads it: the order in
 * which the parts start and stop.
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>

#include "compat.h"
#include "irqsan.h"

/* Nothing hits a probe once it is gone; then the rings can go, then the sites. */
static void stop(void)
{
	irqsan_pv_stop();
	irqsan_disarm_all();
	irqsan_record_stop();
	irqsan_sites_free();
}

static int __init irqsan_init(void)
{
	int rc;

	if (!IS_ENABLED(CONFIG_KPROBES)) {
		pr_err("this kernel was built without CONFIG_KPROBES\n");
		return -EOPNOTSUPP;
	}
	rc = irqsan_record_start();
	if (rc)
		return rc;
	rc = irqsan_control_start();
	if (!rc)
		rc = irqsan_pv_start();
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
