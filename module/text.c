// SPDX-License-Identifier: GPL-2.0
/*
 * Where code lies. kallsyms_lookup_name() is exported to no module; what can
 * be asked is the kprobe layer (name to address) and the symbol printer
 * (address to function, with its size).
 */
#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "irqsan.h"

/**
 * irqsan_text_around() - the function that an address lies in
 * @addr: a text address
 * @start: its first byte
 * @len: its length in bytes, padding behind it included
 *
 * Return: 0, or -ENOENT when no symbol covers @addr.
 */
int irqsan_text_around(unsigned long addr, unsigned long *start, unsigned long *len)
{
	char symbol[KSYM_SYMBOL_LEN];
	unsigned long offset;
	char *plus;

	/* "name+0xoffset/0xsize", and " [module]" behind it */
	sprint_symbol(symbol, addr);
	plus = strrchr(symbol, '+');
	if (!plus || sscanf(plus, "+0x%lx/0x%lx", &offset, len) != 2)
		return -ENOENT;
	*start = addr - offset;
	return 0;
}

/**
 * irqsan_text_function() - find a function of the kernel by name
 * @name: its symbol
 * @start: its first byte
 * @len: its length in bytes
 *
 * A kprobe that is registered disabled changes no text but has its symbol
 * looked up. Its address may lie behind an ENDBR, hence the second look.
 * May sleep.
 *
 * Return: 0; -ENOENT where the kernel has no such function; another error
 * where kprobes don't work at all.
 */
int irqsan_text_function(const char *name, unsigned long *start, unsigned long *len)
{
	struct kprobe kp = {
		.symbol_name = name,
		.flags = KPROBE_FLAG_DISABLED,
	};
	unsigned long addr;
	int rc;

	rc = register_kprobe(&kp);
	if (rc)
		return rc;
	addr = (unsigned long)kp.addr;
	unregister_kprobe(&kp);
	return irqsan_text_around(addr, start, len);
}
