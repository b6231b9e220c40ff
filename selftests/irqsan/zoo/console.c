// SPDX-License-Identifier: GPL-2.0
/*
 * A console's lock, as a serial port's: whoever prints takes it, and a bug below it
 * that is reported by printing at once is the machine's last. The unlock is
 * reported by what stands at its entry, or at its restore; the inlined restore by a
 * breakpoint there. The console is there only while an exhibit runs.
 */
#include <linux/console.h>
#include <linux/irqflags.h>
#include <linux/spinlock.h>

#include "zoo.h"

static DEFINE_RAW_SPINLOCK(zoo_console_lock);
static DEFINE_RAW_SPINLOCK(inner);

static void write_nothing(struct console *unused, const char *text, unsigned int len)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&zoo_console_lock, flags);
	raw_spin_unlock_irqrestore(&zoo_console_lock, flags);
}

static void with_console(void (*fn)(void))
{
	static struct console console;

	console = (struct console){
		.name = "zoo", .write = write_nothing, .flags = CON_ENABLED, .index = -1,
	};
	register_console(&console);
	fn();
	unregister_console(&console);
}

/* The lock is the one that is being released. */
static noinline __noclone void zoo_console_unlock(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&zoo_console_lock, flags);
	local_irq_enable();
	raw_spin_unlock_irqrestore(&zoo_console_lock, flags);
}

static void run_console(void)
{
	with_console(zoo_console_unlock);
}

/* The lock is held further out. */
static noinline __noclone void zoo_console_nested(void)
{
	unsigned long flags;

	raw_spin_lock(&zoo_console_lock);
	raw_spin_lock_irqsave(&inner, flags);
	local_irq_enable();
	raw_spin_unlock_irqrestore(&inner, flags);
	raw_spin_unlock(&zoo_console_lock);
}

static void run_console_nested(void)
{
	with_console(zoo_console_nested);
}

static noinline __noclone void zoo_console_inline(void)
{
	unsigned long flags;

	raw_spin_lock(&zoo_console_lock);
	local_irq_save(flags);
	local_irq_enable();
	zoo_irq_restore(flags);
	raw_spin_unlock(&zoo_console_lock);
}

static void run_console_inline(void)
{
	with_console(zoo_console_inline);
}

#ifdef CONFIG_DEBUG_IRQFLAGS
#define CONSOLE_UNSUPPORTED "the kernel's own check prints at once"
#else
#define CONSOLE_UNSUPPORTED NULL
#endif

const struct exhibit zoo_console[] = {
	{
		.name = "console", .run = run_console, .alone = true, .violations = 1,
		.site = SITE_UNLOCK, .caller = "zoo_console_unlock",
		.enabler = "zoo_console_unlock", .unsupported = CONSOLE_UNSUPPORTED,
		.reference = "a console's lock at its unlock",
	}, {
		.name = "console_nested", .run = run_console_nested, .alone = true,
		.violations = 1, .site = SITE_UNLOCK, .caller = "zoo_console_nested",
		.enabler = "zoo_console_nested", .unsupported = CONSOLE_UNSUPPORTED,
		.reference = "an unlock below a console's lock",
	}, {
		.name = "console_inline", .run = run_console_inline, .alone = true,
		.violations = 1, .site = "zoo_console_inline",
		.enabler = "zoo_console_inline", .unsupported = CONSOLE_UNSUPPORTED,
		.reference = "an inlined restore below a console's lock",
	},
	{ }
};
