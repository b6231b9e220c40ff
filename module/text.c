// SPDX-License-Identifier: GPL-2.0
/*
 * Where code lies: the kernel's text, each module's, and the function around
 * an address. kallsyms_lookup_name() is exported to no module; what can be
 * asked is the kprobe layer (name to address) and the symbol printer (address
 * to function, with its size).
 */
#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>

#include "compat.h"
#include "irqsan.h"

#define ENDBR_LEN 4

/**
 * irqsan_text_around() - the function that an address lies in
 * @addr: a text address
 * @fn: its bytes, padding behind it included
 *
 * Return: 0, or -ENOENT when no symbol covers @addr.
 */
int irqsan_text_around(unsigned long addr, struct irqsan_range *fn)
{
	char symbol[KSYM_SYMBOL_LEN];
	unsigned long offset;
	char *plus;

	/* "name+0xoffset/0xsize", and " [module]" behind it */
	sprint_symbol(symbol, addr);
	plus = strrchr(symbol, '+');
	if (!plus || sscanf(plus, "+0x%lx/0x%lx", &offset, &fn->len) != 2)
		return -ENOENT;
	fn->start = addr - offset;
	return 0;
}

/**
 * irqsan_text_symbol() - the address of a symbol
 * @name: a symbol of the kernel's text, or "module:symbol"
 * @addr: its address
 *
 * A kprobe that is registered disabled changes no text but has its symbol
 * looked up; also one that is refused then. For a function it may give the
 * address behind an ENDBR, so go back to the start. May sleep.
 *
 * Return: 0; -ENOENT where there is no such symbol; another error where kprobes
 * don't work at all.
 */
int irqsan_text_symbol(const char *name, unsigned long *addr)
{
	struct kprobe kp = {
		.symbol_name = name,
		.flags = KPROBE_FLAG_DISABLED,
	};
	struct irqsan_range fn;
	int rc;

	rc = register_kprobe(&kp);
	*addr = (unsigned long)kp.addr;
	if (!rc)
		unregister_kprobe(&kp);
	if (!*addr)
		return rc;
	/* Not for _etext, which ends the last function. */
	if (!irqsan_text_around(*addr, &fn) && *addr - fn.start == ENDBR_LEN)
		*addr = fn.start;
	return 0;
}

/**
 * irqsan_text_function() - find a function of the kernel by name
 * @name: its symbol
 * @fn: its bytes
 *
 * May sleep.
 *
 * Return: 0; -ENOENT where the kernel has no such function; another error
 * where kprobes don't work at all.
 */
int irqsan_text_function(const char *name, struct irqsan_range *fn)
{
	unsigned long addr;
	int rc = irqsan_text_symbol(name, &addr);

	return rc ?: irqsan_text_around(addr, fn);
}

/**
 * irqsan_text_kernel() - the kernel's own text, without its init sections
 * @text: from _stext to _etext
 *
 * May sleep.
 *
 * Return: 0 or a negative errno.
 */
int irqsan_text_kernel(struct irqsan_range *text)
{
	unsigned long end;
	int rc;

	rc = irqsan_text_symbol("_stext", &text->start);
	if (!rc)
		rc = irqsan_text_symbol("_etext", &end);
	if (rc)
		return rc;
	text->len = end - text->start;
	return end > text->start ? 0 : -ENOENT;
}

/*
 * The next module behind @from in the kernel's list, with a reference, or NULL.
 * The list is changed under module_mutex, which is out of reach, and its
 * entries are freed after an RCU grace period, which this section holds up.
 * The head of the list is the one entry that is no module.
 */
static struct module *next_module(struct module *from)
{
	struct list_head *pos;

	preempt_disable();
	for (pos = READ_ONCE(from->list.next); pos != &THIS_MODULE->list;
	     pos = READ_ONCE(pos->next)) {
		struct module *mod = list_entry(pos, struct module, list);

		if ((unsigned long)pos < MODULES_VADDR || (unsigned long)pos >= MODULES_END)
			continue;
		if (mod->state == MODULE_STATE_LIVE && try_module_get(mod)) {
			preempt_enable();
			return mod;
		}
	}
	preempt_enable();
	return NULL;
}

/**
 * irqsan_text_modules() - visit the modules that are loaded
 * @fn: called for each but this one, with a reference held; may sleep
 *
 * find_module() is exported to no module, but every module is in one list.
 * Modules that come or go meanwhile are the notifier's business. May sleep.
 */
void irqsan_text_modules(void (*fn)(struct module *mod))
{
	struct module *mod = next_module(THIS_MODULE), *next;

	while (mod) {
		fn(mod);
		next = next_module(mod);
		module_put(mod);
		mod = next;
	}
}
