// SPDX-License-Identifier: GPL-2.0
/*
 * The files in /sys/kernel/debug/irqsan, for root only.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "irqsan.h"

static struct dentry *dir;

static int status_show(struct seq_file *m, void *unused)
{
	struct irqsan_count total = irqsan_sites_total();

	seq_printf(m, "version:            %s\n", IRQSAN_VERSION);
	seq_puts(m, "engine:             probes\n");
	seq_printf(m, "kvm_wait restore:   %s\n", irqsan_pv_restore_state());
	seq_printf(m, "sites armed:        %u\n", irqsan_sites_armed());
	seq_printf(m, "hits:               %llu\n", total.hits);
	seq_printf(m, "violations:         %llu\n", total.violations);
	seq_printf(m, "first violation ns: %llu\n", irqsan_report_first_ns());
	seq_printf(m, "lost records:       %llu\n", irqsan_record_lost());
	seq_printf(m, "missed hits:        %llu\n", irqsan_sites_nmissed() + irqsan_pv_nmissed());
	seq_printf(m, "control records:    %u\n", irqsan_control_count());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(status);

static int sites_show(struct seq_file *m, void *unused)
{
	return irqsan_sites_show(m, unused);
}
DEFINE_SHOW_ATTRIBUTE(sites);

static int pv_show(struct seq_file *m, void *unused)
{
	return irqsan_pv_show(m, unused);
}
DEFINE_SHOW_ATTRIBUTE(pv);

/* Read: records of the planted restore. Write 1: run it. */
static int control_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "%u\n", irqsan_control_count());
	return 0;
}

static int control_open(struct inode *inode, struct file *file)
{
	return single_open(file, control_show, NULL);
}

static ssize_t control_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	bool run;
	int rc;

	rc = kstrtobool_from_user(buf, len, &run);
	if (rc || !run)
		return -EINVAL;
	rc = irqsan_control_run();
	return rc ?: len;
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.open = control_open,
	.read = seq_read,
	.write = control_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/**
 * irqsan_debugfs_start() - make the files
 *
 * A kernel without debugfs works without them: the splats still come.
 */
void irqsan_debugfs_start(void)
{
	dir = debugfs_create_dir("irqsan", NULL);
	debugfs_create_file("status", 0400, dir, NULL, &status_fops);
	debugfs_create_file("sites", 0400, dir, NULL, &sites_fops);
	debugfs_create_file("pv", 0400, dir, NULL, &pv_fops);
	debugfs_create_file("control", 0600, dir, NULL, &control_fops);
}

/**
 * irqsan_debugfs_stop() - remove the files; on return none is being read
 */
void irqsan_debugfs_stop(void)
{
	debugfs_remove_recursive(dir);
}
