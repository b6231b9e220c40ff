// SPDX-License-Identifier: GPL-2.0
/*
 * The files in /sys/kernel/debug/irqsan, for root only.
 */
#include <linux/debugfs.h>
#include <linux/slab.h>
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
	bool sign = *line == '+' || *line == '-';
	unsigned long addr;
	char *rest;
	int rc;

	if (!*line || *line == '#')
		return 0;
	rc = parse_place(line + sign, &addr, &rest);
	if (rc || (sign ? *rest : !fits_list(addr, rest)))
		return -EINVAL;
	if (*line == '-')
		return irqsan_sites_remove(addr);
	rc = irqsan_sites_add(addr);
	/* Denied code stays so, whoever asks; the rest of the list is fine. */
	return !sign && (rc == -EEXIST || rc == -EPERM) ? 0 : rc;
}

/* "-FUNCTION": its bugs are printed no longer; "+FUNCTION": they are again. */
static int violations_command(char *line)
{
	if (*line != '+' && *line != '-')
		return -EINVAL;
	return irqsan_silence(line + 1, *line == '-');
}

static int control_command(char *line)
{
	bool run;

	return kstrtobool(line, &run) || !run ? -EINVAL : irqsan_control_run();
}

static int enabled_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "%d\n", irqsan_enabled);
	return 0;
}

static int enabled_command(char *line)
{
	unsigned int value;

	if (kstrtouint(line, 0, &value) || value > 1)
		return -EINVAL;
	WRITE_ONCE(irqsan_enabled, value);
	return 0;
}

static int clear_command(char *line)
{
	unsigned int value;

	if (kstrtouint(line, 0, &value) || value != 1)
		return -EINVAL;
	irqsan_sites_clear();
	irqsan_pv_clear();
	irqsan_bugs_clear();
	return 0;
}

/**
 * struct irqsan_file - a file
 * @name: its name
 * @mode: its permissions
 * @show: what a read shows; NULL: it can't be read
 * @command: does what a line that is written says; NULL: it can't be written
 */
struct irqsan_file {
	const char *name;
	umode_t mode;
	int (*show)(struct seq_file *m, void *unused);
	int (*command)(char *line);
};

static const struct irqsan_file files[] = {
	{ "status", 0400, status_show, NULL },
	{ "sites", 0600, irqsan_sites_show, sites_command },
	{ "violations", 0600, irqsan_bugs_show, violations_command },
	{ "denied", 0400, irqsan_deny_show, NULL },
	{ "pv", 0400, irqsan_pv_show, NULL },
	{ "control", 0600, irqsan_control_show, control_command },
	{ "enabled", 0600, enabled_show, enabled_command },
	{ "clear", 0200, NULL, clear_command },
};

static int file_open(struct inode *inode, struct file *file)
{
	const struct irqsan_file *what = inode->i_private;

	if ((file->f_mode & FMODE_READ && !what->show) ||
	    (file->f_mode & FMODE_WRITE && !what->command))
		return -EACCES;
	return single_open(file, what->show, NULL);
}

/* A line a write, or several; the first that fails ends it. */
static ssize_t file_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	const struct irqsan_file *what = file_inode(file)->i_private;
	size_t size = min_t(size_t, len, LINE_SIZE - 1);
	char *line, *end;
	ssize_t rc = -EINVAL;

	line = memdup_user_nul(buf, size);
	if (IS_ERR(line))
		return PTR_ERR(line);
	end = strchr(line, '\n');
	if (end) {
		*end = '\0';
		size = end + 1 - line;
	}
	if (end || size == len)
		rc = what->command(line) ?: (ssize_t)size;
	kfree(line);
	return rc;
}

static const struct file_operations file_fops = {
	.owner = THIS_MODULE,
	.open = file_open,
	.read = seq_read,
	.write = file_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/**
 * irqsan_debugfs_start() - make the files
 *
 * A kernel without debugfs works without them: the splats still come.
 * Context: Sleeps.
 */
void irqsan_debugfs_start(void)
{
	unsigned int i;

	irqsan_dir = debugfs_create_dir("irqsan", NULL);
	for (i = 0; i < ARRAY_SIZE(files); i++)
		debugfs_create_file(files[i].name, files[i].mode, irqsan_dir, (void *)&files[i],
				    &file_fops);
}

/**
 * irqsan_debugfs_stop() - remove the files; on return none is in use
 * Context: Sleeps.
 */
void irqsan_debugfs_stop(void)
{
	debugfs_remove_recursive(irqsan_dir);
}
