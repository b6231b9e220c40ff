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

/* Longest line that a file takes: a sign, a symbol, a module, an offset. */
#define LINE_SIZE (KSYM_NAME_LEN + MODULE_NAME_LEN + 64)

static struct dentry *irqsan_dir;

static int status_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "version:            %s\n", IRQSAN_VERSION);
	seq_printf(m, "engine:             %s\n",
		   irqsan_tracepoint_active() ? "tracepoint" : "probes");
	seq_printf(m, "enabled:            %d\n", irqsan_enabled);
	seq_printf(m, "track:              %d\n", irqsan_track);
	seq_printf(m, "report:             %s\n", irqsan_report_all ? "all" : "first");
	irqsan_control_status(m);
	seq_printf(m, "kvm_wait restore:   %s\n", irqsan_pv_restore_state());
	irqsan_sites_status(m);
	irqsan_bugs_status(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(status);

DEFINE_SHOW_ATTRIBUTE(irqsan_pv);

DEFINE_SHOW_ATTRIBUTE(irqsan_deny);

/* "SYMBOL+0xOFF" to an address; the rest of the line is left at @rest. */
static int parse_place(char *text, unsigned long *addr, char **rest)
{
	char *plus = strchr(text, '+');
	struct irqsan_range fn;
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
	    irqsan_text_find((const char * const *)&text, 1, &fn) || !fn.start)
		return -EINVAL;
	*addr = fn.start + offset;
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
static ssize_t write_lines(const char __user *buf, size_t len, int (*command)(char *line))
{
	size_t size = min_t(size_t, len, LINE_SIZE - 1);
	char *line, *end;
	ssize_t rc;

	line = kmalloc(LINE_SIZE, GFP_KERNEL);
	if (!line)
		return -ENOMEM;
	rc = -EFAULT;
	if (copy_from_user(line, buf, size))
		goto out;
	line[size] = '\0';
	end = strchr(line, '\n');
	rc = -EINVAL;
	if (!end && size < len)
		goto out;
	if (end) {
		*end = '\0';
		size = end + 1 - line;
	}
	rc = command(line) ?: (ssize_t)size;
out:
	kfree(line);
	return rc;
}

static ssize_t sites_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	return write_lines(buf, len, sites_command);
}

/* "-FUNCTION": its bugs are printed no longer; "+FUNCTION": they are again. */
static int violations_command(char *line)
{
	if (*line != '+' && *line != '-')
		return -EINVAL;
	return irqsan_silence(line + 1, *line == '-');
}

static ssize_t violations_write(struct file *file, const char __user *buf, size_t len,
				loff_t *pos)
{
	return write_lines(buf, len, violations_command);
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

/* A file that is shown by @show and written by NAME_write(). */
#define DEFINE_FILE(name, show)						\
static int name##_open(struct inode *inode, struct file *file)		\
{									\
	return single_open(file, show, NULL);				\
}									\
static const struct file_operations name##_fops = {			\
	.owner = THIS_MODULE,						\
	.open = name##_open,						\
	.read = seq_read,						\
	.write = name##_write,						\
	.llseek = seq_lseek,						\
	.release = single_release,					\
}

DEFINE_FILE(sites, irqsan_sites_show);
DEFINE_FILE(violations, irqsan_bugs_show);
DEFINE_FILE(control, irqsan_control_show);

static int enabled_get(void *unused, u64 *value)
{
	*value = irqsan_enabled;
	return 0;
}

static int enabled_set(void *unused, u64 value)
{
	if (value > 1)
		return -EINVAL;
	WRITE_ONCE(irqsan_enabled, value);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(enabled_fops, enabled_get, enabled_set, "%llu\n");

static int clear_set(void *unused, u64 value)
{
	if (value != 1)
		return -EINVAL;
	irqsan_sites_clear();
	irqsan_pv_clear();
	irqsan_bugs_clear();
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(clear_fops, NULL, clear_set, NULL);

/**
 * irqsan_debugfs_start() - make the files
 *
 * A kernel without debugfs works without them: the splats still come.
 */
void irqsan_debugfs_start(void)
{
	irqsan_dir = debugfs_create_dir("irqsan", NULL);
	debugfs_create_file("status", 0400, irqsan_dir, NULL, &status_fops);
	debugfs_create_file("sites", 0600, irqsan_dir, NULL, &sites_fops);
	debugfs_create_file("violations", 0600, irqsan_dir, NULL, &violations_fops);
	debugfs_create_file("denied", 0400, irqsan_dir, NULL, &irqsan_deny_fops);
	debugfs_create_file("pv", 0400, irqsan_dir, NULL, &irqsan_pv_fops);
	debugfs_create_file("control", 0600, irqsan_dir, NULL, &control_fops);
	debugfs_create_file("enabled", 0600, irqsan_dir, NULL, &enabled_fops);
	debugfs_create_file("clear", 0200, irqsan_dir, NULL, &clear_fops);
}

/**
 * irqsan_debugfs_stop() - remove the files; on return none is in use
 */
void irqsan_debugfs_stop(void)
{
	debugfs_remove_recursive(irqsan_dir);
}
