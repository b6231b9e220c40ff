// SPDX-License-Identifier: GPL-2.0
/*
 * The driver of docs/walkthrough.md: a ring buffer behind /dev/ring. make.sh makes a
 * history of it, in the middle of which a bug comes in.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#define RING_BYTES 4096

static DEFINE_SPINLOCK(ring_lock);
static DEFINE_SPINLOCK(stats_lock);
static char ring[RING_BYTES];
static size_t head, used;
static unsigned long dropped;

/* The ring is full: the oldest bytes make room. */
static noinline void ring_drop(size_t n)
{
	head = (head + n) % RING_BYTES;
	used -= n;
	dropped += n;
}

static void ring_put(const char *data, size_t n)
{
	unsigned long flags;

	spin_lock_irqsave(&ring_lock, flags);
	if (used + n > RING_BYTES)
		ring_drop(used + n - RING_BYTES);
	for (size_t i = 0; i < n; i++)
		ring[(head + used++) % RING_BYTES] = data[i];
	spin_unlock_irqrestore(&ring_lock, flags);
}

static ssize_t ring_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	char data[256];
	size_t n = min(len, sizeof(data));

	if (copy_from_user(data, from, n))
		return -EFAULT;
	ring_put(data, n);
	return n;
}

static const struct file_operations ring_fops = {
	.owner = THIS_MODULE,
	.write = ring_write,
};

static struct miscdevice ring_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "ring",
	.fops = &ring_fops,
};

static int __init ring_init(void)
{
	return misc_register(&ring_device);
}

static void __exit ring_exit(void)
{
	misc_deregister(&ring_device);
	pr_info("ring: %lu bytes dropped\n", dropped);
}

module_init(ring_init);
module_exit(ring_exit);
MODULE_DESCRIPTION("A ring buffer, for irqsan's walkthrough");
MODULE_LICENSE("GPL");
