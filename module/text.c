// SPDX-License-Identifier: GPL-2.0
/*
 * Where code lies: the kernel's text, each module's, and the function around an
 * address. kallsyms_lookup_name() is exported to no module; the kprobe layer tells the
 * address of a name, and the symbol printer the function and size of an address.
 */
#include <linux/kallsyms.h>
#include <linux/slab.h>

#include "compat.h"
#include "irqsan.h"

#define ENDBR_LEN 4

/* From _stext to _etext, without its init sections. */
struct irqsan_range irqsan_kernel_text;

static const char * const unlock_names[] = {
	"_raw_spin_unlock_irqrestore", "_raw_read_unlock_irqrestore",
	"_raw_write_unlock_irqrestore", "_local_interrupt_enable",
};

static struct irqsan_range unlocks[ARRAY_SIZE(unlock_names)];

/**
 * irqsan_text_around() - the function that an address lies in
 * @addr: a text address
 * @fn: its bytes, padding behind it included
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
 * irqsan_text_name() - the name of an address as one word: "function+0xoffset"
 * @buf: gets it; KSYM_SYMBOL_LEN bytes
 * @addr: the address
 * Return: @buf.
 */
char *irqsan_text_name(char *buf, unsigned long addr)
{
	sprint_symbol(buf, addr);
	buf[strcspn(buf, "/ ")] = '\0';
	return buf;
}

/**
 * irqsan_text_find() - find functions by name
 * @names: symbols of the kernel's text, or "module:symbol"
 * @nr: how many
 * @fns: their bytes. The start is 0 for a symbol that isn't there, the length is for
 *	 one that names no function, as _etext
 *
 * A kprobe that is registered disabled changes no text but has its symbol looked up;
 * also one that is refused then. To unregister it takes an RCU grace period, hence
 * many at once.
 * Context: Sleeps.
 * Return: 0 or -ENOMEM.
 */
int irqsan_text_find(const char * const *names, unsigned int nr, struct irqsan_range *fns)
{
	struct kprobe *kps = kcalloc(nr, sizeof(*kps), GFP_KERNEL);
	struct kprobe **registered = kcalloc(nr, sizeof(*registered), GFP_KERNEL);
	unsigned int i, nr_registered = 0;
	int rc = -ENOMEM;

	if (!kps || !registered)
		goto out;
	for (i = 0; i < nr; i++) {
		kps[i].symbol_name = names[i];
		kps[i].flags = KPROBE_FLAG_DISABLED;
		if (!register_kprobe(&kps[i]))
			registered[nr_registered++] = &kps[i];
		fns[i] = (struct irqsan_range){ (unsigned long)kps[i].addr, 0 };
	}
	if (nr_registered)
		unregister_kprobes(registered, nr_registered);
	for (i = 0; i < nr; i++) {
		struct irqsan_range fn;

		/* The address may be the one behind an ENDBR. */
		if (fns[i].start && !irqsan_text_around(fns[i].start, &fn) &&
		    (fns[i].start == fn.start || fns[i].start - fn.start == ENDBR_LEN))
			fns[i] = fn;
	}
	rc = 0;
out:
	kfree(registered);
	kfree(kps);
	return rc;
}

/**
 * irqsan_text_start() - find the kernel's own text and the out-of-line unlocks
 * Context: May sleep.
 * Return: 0 or a negative errno.
 */
int irqsan_text_start(void)
{
	static const char * const names[] = { "_stext", "_etext" };
	struct irqsan_range ends[2];
	int rc;

	rc = irqsan_text_find(names, ARRAY_SIZE(names), ends) ?:
	     irqsan_text_find(unlock_names, ARRAY_SIZE(unlock_names), unlocks);
	if (rc)
		return rc;
	if (!ends[0].start || ends[1].start <= ends[0].start) {
		pr_err("the kernel's text can't be located: CONFIG_KPROBES and CONFIG_KALLSYMS are needed\n");
		return -ENOENT;
	}
	irqsan_kernel_text = (struct irqsan_range){ ends[0].start, ends[1].start - ends[0].start };
	return 0;
}

/**
 * irqsan_text_unlocks() - is this code an unlock that restores for its caller?
 * @addr: a text address
 * Context: Any, NMI too.
 * Return: true if it is.
 */
bool __kprobes irqsan_text_unlocks(unsigned long addr)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(unlocks); i++) {
		if (irqsan_range_has(&unlocks[i], addr))
			return true;
	}
	return false;
}

/**
 * irqsan_text_style() - how restores are compiled in this kernel
 * @start: address of the text that is to be scanned
 * Context: Any.
 * Return: for irqsan_scan().
 */
struct irqsan_style irqsan_text_style(unsigned long start)
{
	static const unsigned long told[IRQSAN_TOLD] = {
		COMPAT_TRACE_HARDIRQS_ON, COMPAT_COV_TRACE_PC,
	};
	struct irqsan_style style = { .shape = IRQSAN_SHAPE };
	unsigned int i;

	for (i = 0; i < IRQSAN_TOLD; i++)
		style.told[i] = told[i] ? told[i] - start : 0;
	return style;
}

/*
 * The next module behind @from in the kernel's list, with a reference, or NULL. Its
 * entries are freed after an RCU grace period, which this holds up: module_mutex is not
 * exported. The head of the list is the one entry that is no module.
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
 * @fn: called for each but this one, with a reference held; may sleep. True ends it
 * @arg: for @fn
 *
 * find_module() is exported to no module, and neither is __module_address(), but
 * every module is in one list. Modules that come or go meanwhile are the notifier's
 * business.
 * Context: May sleep.
 * Return: the module for which @fn was true, with the reference; else NULL.
 */
struct module *irqsan_text_modules(bool (*fn)(struct module *mod, unsigned long arg),
				   unsigned long arg)
{
	struct module *mod, *next;

	/* Built in, this is there before any module, and in no list. */
	mod = __is_defined(MODULE) ? next_module(THIS_MODULE) : NULL;
	while (mod && !fn(mod, arg)) {
		next = next_module(mod);
		module_put(mod);
		mod = next;
	}
	return mod;
}

static bool has_text(struct module *mod, unsigned long addr)
{
	struct irqsan_range text = compat_module_text(mod, false);

	return irqsan_range_has(&text, addr);
}

/**
 * irqsan_text_module() - the module whose text an address lies in
 * @addr: the address
 * Context: May sleep.
 * Return: the module, with a reference to be put; NULL if it is none that runs, or
 * this one.
 */
struct module *irqsan_text_module(unsigned long addr)
{
	return irqsan_text_modules(has_text, addr);
}
