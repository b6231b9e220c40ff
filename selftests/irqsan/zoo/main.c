// SPDX-License-Identifier: GPL-2.0
/*
 * irqsan_zoo: restores of IRQ flags with IRQs on, run by name, for testing a
 * checker that looks for them. A kernel that ran these has been lied to: test
 * only.
 *
 * /sys/kernel/debug/irqsan_zoo/exhibits: the table, a line each, its columns
 * between bars: name, kind, violations a run, function of the site, function
 * that it restores for, soft or hard, enabler, whether there is a twin, why it is
 * missed, why the enabler isn't named, why this kernel can't run it, where it
 * comes from; "-" for nothing.
 *
 * /sys/kernel/debug/irqsan_zoo/run: write "NAME[/fixed] [COUNT [all]]". "all": on
 * every CPU at once. The write returns when all is done. Reads what was written
 * last, and how often it ran in all. No CPU may go offline meanwhile.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "zoo.h"

#define LINE_SIZE 64
#define COUNT_MAX 1000000

static bool init;
module_param(init, bool, 0444);
MODULE_PARM_DESC(init, "run the bogus restore of the init function");

static unsigned int init_ms;
module_param(init_ms, uint, 0444);
MODULE_PARM_DESC(init_ms, "how long the init function takes once the files are there; a signal ends it");

static bool fentry;
module_param(fentry, bool, 0444);
MODULE_PARM_DESC(fentry, "have a direct call from _raw_spin_unlock_irqrestore");

static const struct exhibit * const tables[] = {
	zoo_plain_forms, zoo_bugs, zoo_console, zoo_blind, zoo_friends, zoo_loads,
};

static const char * const kinds[] = {
	[ZOO_BUG] = "bug", [ZOO_FRIEND] = "friend", [ZOO_LOAD] = "load",
};

static struct dentry *dir;

/* One run at a time; guards what follows. */
static DEFINE_MUTEX(run_lock);
static char last[LINE_SIZE] = "-";
static unsigned int ran;

static noinline __noclone void __init zoo_init_text(void)
{
	unsigned long flags;

	local_irq_save(flags);
	local_irq_enable();
	zoo_irq_restore(flags);
}

static void show_exhibit(struct seq_file *m, const struct exhibit *e)
{
	seq_printf(m, "%s|%s|%u|%s|%s|%s|%s|%s|%s|%s|%s|%s\n", e->name, kinds[e->kind],
		   e->violations, e->site ?: "-", e->caller ?: e->site ?: "-",
		   !e->violations || !e->site ? "-" : e->hard ? "hard" : "soft",
		   e->enabler ?: "-", e->fixed ? "twin" : "-", e->missed ?: "-",
		   e->unblamed ?: "-", e->unsupported ?: "-", e->reference);
}

static int exhibits_show(struct seq_file *m, void *unused)
{
	const struct exhibit *e;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		for (e = tables[i]; e->name; e++)
			show_exhibit(m, e);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(exhibits);

static const struct exhibit *find(const char *name)
{
	const struct exhibit *e;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		for (e = tables[i]; e->name; e++) {
			if (!strcmp(e->name, name))
				return e;
		}
	}
	return NULL;
}

static int run(char *line)
{
	const struct exhibit *exhibit;
	char *name = strsep(&line, " "), *count_text = strsep(&line, " ");
	const char *how = strsep(&line, " "), *twin;
	unsigned int count = 1, runs;
	bool fixed = false;
	int rc;

	twin = strchr(name, '/');
	if (twin) {
		fixed = !strcmp(twin, "/fixed");
		name[twin - name] = '\0';
	}
	exhibit = find(name);
	if (line || !exhibit || (twin && !fixed))
		return -EINVAL;
	if (count_text && (kstrtouint(count_text, 10, &count) || !count || count > COUNT_MAX))
		return -EINVAL;
	if (!how) {
		runs = count;
		rc = zoo_run_here(exhibit, fixed, count);
	} else if (!strcmp(how, "all") && !exhibit->alone) {
		runs = count * num_online_cpus();
		rc = zoo_run_on(cpu_online_mask, exhibit, fixed, count);
	} else {
		return -EINVAL;
	}
	if (!rc)
		ran = runs;
	return rc;
}

static ssize_t run_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	char line[LINE_SIZE], copy[LINE_SIZE];
	int rc;

	if (len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, buf, len))
		return -EFAULT;
	line[len] = '\0';
	if (len && line[len - 1] == '\n')
		line[len - 1] = '\0';
	strscpy(copy, line, sizeof(copy));
	mutex_lock(&run_lock);
	rc = run(copy);
	if (!rc)
		strscpy(last, line, sizeof(last));
	mutex_unlock(&run_lock);
	return rc ?: len;
}

static int run_show(struct seq_file *m, void *unused)
{
	mutex_lock(&run_lock);
	seq_printf(m, "%s: %u\n", last, ran);
	mutex_unlock(&run_lock);
	return 0;
}

static int run_open(struct inode *inode, struct file *file)
{
	return single_open(file, run_show, NULL);
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.open = run_open,
	.read = seq_read,
	.write = run_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int __init zoo_init(void)
{
	int rc = fentry ? zoo_fentry_start() : 0;

	if (rc)
		return rc;
	if (init)
		zoo_init_text();
	dir = debugfs_create_dir("irqsan_zoo", NULL);
	debugfs_create_file("exhibits", 0400, dir, NULL, &exhibits_fops);
	debugfs_create_file("run", 0600, dir, NULL, &run_fops);
	msleep_interruptible(init_ms);
	return 0;
}

static void __exit zoo_exit(void)
{
	debugfs_remove_recursive(dir);
	if (fentry)
		zoo_fentry_stop();
}

module_init(zoo_init);
module_exit(zoo_exit);
MODULE_DESCRIPTION("restores of IRQ flags that are bogus on purpose, for testing irqsan");
MODULE_LICENSE("GPL");
