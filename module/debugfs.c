// SPDX-License-Identifier: GPL-2.0
/*
 * The files in /sys/kernel/debug/irqsan, for root only.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "irqsan.h"

/* Longest line that "sites" takes: a sign, a symbol, a module, an offset. */
#define LINE_SIZE 256

static struct dentry *dir;

static int status_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "version:            %s\n", IRQSAN_VERSION);
	seq_printf(m, "engine:             %s\n", irqsan_engine());
	seq_printf(m, "enabled:            %d\n", irqsan_enabled);
	seq_printf(m, "track:              %d\n", irqsan_track);
	seq_printf(m, "kvm_wait restore:   %s\n", irqsan_pv_restore_state());
	irqsan_sites_status(m);
	seq_printf(m, "first violation ns: %llu\n", irqsan_report_first_ns());
	seq_printf(m, "lost records:       %llu\n", irqsan_record_lost() + irqsan_hooks_lost());
	seq_printf(m, "control records:    %u\n", irqsan_control_count());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(status);

static int pv_show(struct seq_file *m, void *unused)
{
	return irqsan_pv_show(m, unused);
}
DEFINE_SHOW_ATTRIBUTE(pv);

static int violations_show(struct seq_file *m, void *unused)
{
	return irqsan_violations_show(m, unused);
}
DEFINE_SHOW_ATTRIBUTE(violations);

static int denied_show(struct seq_file *m, void *unused)
{
	return irqsan_deny_show(m, unused);
}
DEFINE_SHOW_ATTRIBUTE(denied);

static int sites_open(struct inode *inode, struct file *file)
{
	return single_open(file, irqsan_sites_show, NULL);
}

/* "SYMBOL+0xOFF" to an address; the rest of the line is left at @rest. */
static int parse_place(char *text, unsigned long *addr, char **rest)
{
	char *plus = strchr(text, '+');
	unsigned long offset;
	size_t len;
	char end;

	if (!plus || plus == text)
		return -EINVAL;
	*plus++ = '\0';
	len = strcspn(plus, "/ ");
	end = plus[len];
	plus[len] = '\0';
	if (strncmp(plus, "0x", 2) || kstrtoul(plus, 16, &offset) ||
	    irqsan_text_symbols((const char * const *)&text, 1, addr) || !*addr)
		return -EINVAL;
	*addr += offset;
	plus[len] = end;
	*rest = plus + len;
	return 0;
}

/* "/0xSIZE KIND SAVED" behind a place in the list that "irqsan sites --emit" writes. */
static bool fits_list(unsigned long addr, const char *rest)
{
	struct irqsan_range fn;
	unsigned long size;

	return sscanf(rest, "/0x%lx ", &size) == 1 && !irqsan_text_around(addr, &fn) &&
	       size == fn.len;
}

/*
 * "+SYMBOL+0xOFF" adds, "-SYMBOL+0xOFF" removes. A line of a list adds what
 * isn't there yet, if the function has the size that it had for the list: the
 * list of another kernel is refused at its first difference.
 */
static int sites_command(char *line)
{
	unsigned long addr;
	char *rest;
	int rc;

	if (!*line || *line == '#')
		return 0;
	if (*line == '+' || *line == '-') {
		rc = parse_place(line + 1, &addr, &rest);
		if (rc || *rest)
			return -EINVAL;
		return *line == '+' ? irqsan_sites_add(addr) : irqsan_sites_remove(addr);
	}
	rc = parse_place(line, &addr, &rest);
	if (rc || !fits_list(addr, rest))
		return -EINVAL;
	rc = irqsan_sites_add(addr);
	/* Denied code stays so, whoever asks; the rest of the list is fine. */
	return rc == -EEXIST || rc == -EPERM ? 0 : rc;
}

/* One line a write, or several; the first that fails ends it. */
static ssize_t sites_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	char line[LINE_SIZE];
	size_t size = min(len, sizeof(line) - 1);
	char *end;
	int rc;

	if (copy_from_user(line, buf, size))
		return -EFAULT;
	line[size] = '\0';
	end = strchr(line, '\n');
	if (end)
		*end = '\0';
	else if (size < len)
		return -EINVAL;
	rc = sites_command(line);
	if (rc)
		return rc;
	return end ? end + 1 - line : size;
}

static const struct file_operations sites_fops = {
	.owner = THIS_MODULE,
	.open = sites_open,
	.read = seq_read,
	.write = sites_write,
	.llseek = seq_lseek,
	.release = single_release,
};

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

static int enabled_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "%d\n", irqsan_enabled);
	return 0;
}

static int enabled_open(struct inode *inode, struct file *file)
{
	return single_open(file, enabled_show, NULL);
}

static ssize_t enabled_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	bool enable;

	if (kstrtobool_from_user(buf, len, &enable))
		return -EINVAL;
	WRITE_ONCE(irqsan_enabled, enable);
	return len;
}

static const struct file_operations enabled_fops = {
	.owner = THIS_MODULE,
	.open = enabled_open,
	.read = seq_read,
	.write = enabled_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static ssize_t clear_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	bool clear;

	if (kstrtobool_from_user(buf, len, &clear) || !clear)
		return -EINVAL;
	irqsan_sites_clear();
	irqsan_pv_clear();
	irqsan_record_clear();
	irqsan_report_clear();
	return len;
}

static const struct file_operations clear_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = clear_write,
	.llseek = noop_llseek,
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
	debugfs_create_file("sites", 0600, dir, NULL, &sites_fops);
	debugfs_create_file("violations", 0400, dir, NULL, &violations_fops);
	debugfs_create_file("denied", 0400, dir, NULL, &denied_fops);
	debugfs_create_file("pv", 0400, dir, NULL, &pv_fops);
	debugfs_create_file("control", 0600, dir, NULL, &control_fops);
	debugfs_create_file("enabled", 0600, dir, NULL, &enabled_fops);
	debugfs_create_file("clear", 0200, dir, NULL, &clear_fops);
}

/**
 * irqsan_debugfs_stop() - remove the files; on return none is in use
 */
void irqsan_debugfs_stop(void)
{
	debugfs_remove_recursive(dir);
}
