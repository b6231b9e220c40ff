// SPDX-License-Identifier: GPL-2.0
/*
 * Writes the list of a kernel's sites in the form that the module takes.
 */
#include <elfutils/libdwelf.h>
#include <stdlib.h>
#include <sys/types.h>

#include "base/util.h"
#include "sites/sitelist.h"

/**
 * sitelist_kind() - what the restores of a kernel are called in the list
 * @text: the kernel
 *
 * Return: "popf" or "test".
 */
const char *sitelist_kind(const struct livetext *text)
{
	return text->shape == IRQSAN_SHAPE_POPF ? "popf" : "test";
}

/**
 * sitelist_saved() - what a site's saved flags are called in the list
 * @site: the site
 *
 * Return: "zf", "cf", "mem" or a register.
 */
const char *sitelist_saved(const struct coverage_site *site)
{
	static const char *const registers[] = {
		"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
		"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
	};

	switch (site->saved) {
	case IRQSAN_SAVED_REG:
		return registers[site->reg & 15];
	case IRQSAN_SAVED_ZF:
		return "zf";
	case IRQSAN_SAVED_CF:
		return "cf";
	default:
		return "mem";
	}
}

/**
 * sitelist_place() - an address as the list names it
 * @text: the kernel
 * @addr: the address
 *
 * Functions whose name isn't the only one of its kind are named by their
 * distance from _stext, which KASLR leaves alone.
 *
 * Return: "SYMBOL+0xOFF/0xSIZE", to be freed; NULL where no symbol is.
 */
char *sitelist_place(const struct livetext *text, uint64_t addr)
{
	struct livetext_place place;
	uint64_t stext;

	if (!livetext_place(text, addr, &place))
		return NULL;
	if (place.unique)
		return xasprintf("%s+0x%llx/0x%llx", place.symbol,
				 (unsigned long long)(addr - place.start),
				 (unsigned long long)place.size);
	if (!livetext_address(text, "_stext", &stext) || addr < stext)
		return NULL;
	return xasprintf("_stext+0x%llx/0x%llx", (unsigned long long)(addr - stext),
			 (unsigned long long)place.size);
}

static void write_site(const struct livetext *text, const struct coverage_site *site, FILE *f)
{
	char *place = sitelist_place(text, site->addr);
	char name[256];

	livetext_symbol(text, site->addr, name, sizeof(name));
	if (site->origin == SITE_ENABLE)
		fprintf(f, "# no restore: %s\n", name);
	else if (site->refused)
		fprintf(f, "# not to be probed: %s\n", name);
	else if (!place)
		fprintf(f, "# no symbol: %s\n", name);
	else
		fprintf(f, "%s %s %s\n", place, sitelist_kind(text), sitelist_saved(site));
	free(place);
}

/**
 * sitelist_write() - write the list of a kernel
 * @text: the kernel
 * @coverage: its sites
 * @f: where to; the caller checks it for errors
 */
void sitelist_write(const struct livetext *text, const struct coverage *coverage, FILE *f)
{
	const unsigned char *id;
	ssize_t len = dwelf_elf_gnu_build_id(text->elf, (const void **)&id);

	fprintf(f, "# irqsan sites 1\n# release %s\n", text->release);
	if (len > 0) {
		fputs("# build-id ", f);
		for (ssize_t i = 0; i < len; i++)
			fprintf(f, "%02x", id[i]);
		fputc('\n', f);
	}
	for (size_t i = 0; i < coverage->nr_sites; i++)
		write_site(text, &coverage->sites[i], f);
	for (size_t i = 0; i < coverage->nr_entries; i++) {
		const struct coverage_entry *e = &coverage->entries[i];
		char name[256];

		if (e->state == ENTRY_UNLOCATED)
			fprintf(f, "# unlocated: %s %s:%u\n",
				livetext_symbol(text, e->addr, name, sizeof(name)),
				e->restore->file ?: "?", e->restore->line);
	}
}
