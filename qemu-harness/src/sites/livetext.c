// SPDX-License-Identifier: GPL-2.0
/*
 * Reads a vmlinux and patches its text the way the kernel does at boot, as far
 * as the IRQ flags are concerned; the same for modules, which it links before.
 *
 * Two generations of tables (arch/x86/kernel/alternative.c):
 * - .parainstructions, before the IRQ operations became alternatives (5.12):
 *   address, index into pv_ops, length. The initial value in pv_ops names the
 *   native function, whose body replaces the call.
 * - .altinstructions: the call, its replacement, and the CPU feature that
 *   decides; "not XENPV" for the IRQ operations.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/unpack.h"
#include "sites/livetext.h"

/* arch/x86/include/asm/cpufeatures.h: (8*32+16), since 4.14. */
#define FEATURE_XENPV 272
/* Where modules are: calls of the kernel are in reach. */
#define MODULES_ADDR 0xffffffffc0000000ULL

/**
 * struct native - what a call of a native IRQ operation is patched to
 * @name: the function that pv_ops points at
 * @len: bytes of @code
 * @code: its body
 */
struct native {
	const char *name;
	size_t len;
	uint8_t code[2];
};

static const struct native natives[] = {
	{ "native_save_fl", 2, { 0x9c, 0x58 } },	/* pushf; pop %rax */
	{ "native_restore_fl", 2, { 0x57, 0x9d } },	/* push %rdi; popf */
	{ "native_irq_disable", 1, { 0xfa } },		/* cli */
	{ "native_irq_enable", 1, { 0xfb } },		/* sti */
};

static bool section(Elf *elf, const char *name, GElf_Shdr *shdr, Elf_Data **data)
{
	Elf_Scn *scn = NULL;
	size_t strings;

	if (elf_getshdrstrndx(elf, &strings))
		return false;
	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, shdr))
			continue;
		if (strcmp(elf_strptr(elf, strings, shdr->sh_name) ?: "", name))
			continue;
		*data = shdr->sh_type == SHT_NOBITS ? NULL : elf_getdata(scn, NULL);
		return *data && (*data)->d_buf;
	}
	return false;
}

/* The section that holds @len bytes at @addr. */
static Elf_Scn *section_at(Elf *elf, uint64_t addr, size_t len, GElf_Shdr *shdr)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(elf, scn))) {
		if (gelf_getshdr(scn, shdr) && (shdr->sh_flags & SHF_ALLOC) && shdr->sh_addr &&
		    addr >= shdr->sh_addr && addr - shdr->sh_addr <= shdr->sh_size &&
		    shdr->sh_size - (addr - shdr->sh_addr) >= len)
			return scn;
	}
	return NULL;
}

/**
 * livetext_bytes() - the bytes of the file at a virtual address, unpatched
 * @text: the kernel
 * @addr: the address
 * @len: how many
 *
 * Return: the bytes, or NULL where the file has none there.
 */
const void *livetext_bytes(const struct livetext *text, uint64_t addr, size_t len)
{
	GElf_Shdr shdr;
	Elf_Scn *scn = section_at(text->elf, addr, len, &shdr);
	Elf_Data *data;

	if (!scn || shdr.sh_type == SHT_NOBITS)
		return NULL;
	data = elf_getdata(scn, NULL);
	if (!data || !data->d_buf || data->d_size < shdr.sh_size)
		return NULL;
	return (char *)data->d_buf + (addr - shdr.sh_addr);
}

static const struct livetext *kernel_of(const struct livetext *text)
{
	return text->kernel ?: text;
}

static int compare_names(const void *a, const void *b)
{
	const struct livetext_symbol *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int compare_addrs(const void *a, const void *b)
{
	const struct livetext_symbol *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	if (x->function != y->function)
		return x->function ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Symbols that scripts/kallsyms.c leaves out, as far as they are found in text. */
static bool is_hidden(const char *name)
{
	return !*name || !strncmp(name, ".L", 2) || *name == '$';
}

/* The section is executable and not discarded. */
static bool is_code(Elf *elf, size_t index)
{
	Elf_Scn *scn = index < SHN_LORESERVE ? elf_getscn(elf, index) : NULL;
	GElf_Shdr shdr;

	return scn && gelf_getshdr(scn, &shdr) && (shdr.sh_flags & SHF_ALLOC) &&
	       (shdr.sh_flags & SHF_EXECINSTR);
}

static int read_symbols(struct livetext *text)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr = { 0 };
	Elf_Data *data;
	GElf_Sym sym;
	size_t nr;

	while ((scn = elf_nextscn(text->elf, scn))) {
		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_SYMTAB)
			break;
	}
	data = scn ? elf_getdata(scn, NULL) : NULL;
	if (!data || !shdr.sh_entsize)
		return -ENOENT;
	nr = shdr.sh_size / shdr.sh_entsize;
	text->by_name = xcalloc(nr + 1, sizeof(*text->by_name));
	text->by_addr = xcalloc(nr + 1, sizeof(*text->by_addr));
	for (size_t i = 0; i < nr; i++) {
		struct livetext_symbol s;

		if (!gelf_getsym(data, (int)i, &sym) || sym.st_shndx == SHN_UNDEF ||
		    GELF_ST_TYPE(sym.st_info) == STT_SECTION ||
		    GELF_ST_TYPE(sym.st_info) == STT_FILE)
			continue;
		s.addr = sym.st_value;
		s.name = elf_strptr(text->elf, shdr.sh_link, sym.st_name) ?: "";
		s.function = GELF_ST_TYPE(sym.st_info) == STT_FUNC;
		text->by_name[text->nr_by_name++] = s;
		if (!is_hidden(s.name) && is_code(text->elf, sym.st_shndx))
			text->by_addr[text->nr_by_addr++] = s;
	}
	qsort(text->by_name, text->nr_by_name, sizeof(*text->by_name), compare_names);
	qsort(text->by_addr, text->nr_by_addr, sizeof(*text->by_addr), compare_addrs);
	return 0;
}

static const struct livetext_symbol *find_name(const struct livetext *text, const char *name)
{
	const struct livetext_symbol key = { .name = name };

	return bsearch(&key, text->by_name, text->nr_by_name, sizeof(key), compare_names);
}

static bool is_unique(const struct livetext *text, const struct livetext_symbol *s)
{
	const struct livetext_symbol *found = find_name(text, s->name);
	const struct livetext_symbol *end = text->by_name + text->nr_by_name;

	return found && (found == text->by_name || strcmp(found[-1].name, s->name)) &&
	       (found + 1 == end || strcmp(found[1].name, s->name));
}

/**
 * livetext_address() - the address of a symbol
 * @text: the kernel
 * @name: the symbol; if there are several of the name, any of them
 * @addr: its value
 *
 * Return: whether there is such a symbol.
 */
bool livetext_address(const struct livetext *text, const char *name, uint64_t *addr)
{
	const struct livetext_symbol *s = find_name(text, name);

	if (s)
		*addr = s->addr;
	return s;
}

/**
 * livetext_place() - the function that an address lies in
 * @text: the kernel
 * @addr: the address
 * @place: filled; of several names for one function it has a unique one, if
 *	   there is one
 *
 * What counts as a function's end is what counts in the running kernel: the
 * next symbol that kallsyms knows, or the end of the section.
 *
 * Return: false where no symbol stands before the address in its section.
 */
bool livetext_place(const struct livetext *text, uint64_t addr, struct livetext_place *place)
{
	const struct livetext_symbol *s = text->by_addr;
	size_t low = 0, high = text->nr_by_addr, first;
	GElf_Shdr shdr;

	if (!section_at(text->elf, addr, 1, &shdr))
		return false;
	/* The first symbol beyond @addr. */
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || s[low - 1].addr < shdr.sh_addr)
		return false;
	place->size = shdr.sh_addr + shdr.sh_size - s[low - 1].addr;
	if (low < text->nr_by_addr && s[low].addr - s[low - 1].addr < place->size)
		place->size = s[low].addr - s[low - 1].addr;
	for (first = low - 1; first && s[first - 1].addr == s[low - 1].addr; first--)
		;
	place->start = s[first].addr;
	place->symbol = s[first].name;
	place->unique = is_unique(text, &s[first]);
	for (size_t i = first + 1; i < low && !place->unique; i++) {
		if (s[i].function == s[first].function && is_unique(text, &s[i])) {
			place->symbol = s[i].name;
			place->unique = true;
		}
	}
	return true;
}

/* linux_banner: "Linux version RELEASE (…". */
static int read_release(struct livetext *text)
{
	static const char prefix[] = "Linux version ";
	unsigned int major, minor;
	const char *banner = NULL;
	uint64_t addr;
	size_t len;

	if (livetext_address(text, "linux_banner", &addr))
		banner = livetext_bytes(text, addr, sizeof(prefix) + 64);
	if (!banner || strncmp(banner, prefix, sizeof(prefix) - 1))
		return -ENOENT;
	banner += sizeof(prefix) - 1;
	for (len = 0; len < 64 && banner[len] > ' '; len++)
		;
	text->release = strndup(banner, len);
	if (!text->release || sscanf(text->release, "%u.%u", &major, &minor) != 2)
		return -ENOENT;
	text->shape = major > 5 || (major == 5 && minor >= 12) ? IRQSAN_SHAPE_TEST : IRQSAN_SHAPE_POPF;
	return 0;
}

/* Replaces @len bytes at @addr by @code, padded with single-byte NOPs. */
static bool patch(struct livetext *text, uint64_t addr, size_t len, const uint8_t *code,
		  size_t code_len)
{
	if (addr < text->addr || addr - text->addr > text->len ||
	    text->len - (addr - text->addr) < len || code_len > len)
		return false;
	memcpy(text->data + (addr - text->addr), code, code_len);
	memset(text->data + (addr - text->addr) + code_len, 0x90, len - code_len);
	return true;
}

static void patch_parainstructions(struct livetext *text, const Elf_Data *data)
{
	struct {
		uint64_t addr;
		uint8_t type;
		uint8_t len;
		uint8_t pad[6];
	} entry;
	const struct livetext *kernel = kernel_of(text);
	uint64_t pv_ops, native[ARRAY_SIZE(natives)];

	if (!livetext_address(kernel, "pv_ops", &pv_ops))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(natives); i++) {
		if (!livetext_address(kernel, natives[i].name, &native[i]))
			native[i] = 0;
	}
	for (size_t at = 0; at + sizeof(entry) <= data->d_size; at += sizeof(entry)) {
		const void *slot;
		uint64_t function;

		memcpy(&entry, (char *)data->d_buf + at, sizeof(entry));
		slot = livetext_bytes(kernel, pv_ops + 8 * entry.type, sizeof(function));
		if (!slot)
			continue;
		memcpy(&function, slot, sizeof(function));
		for (size_t i = 0; i < ARRAY_SIZE(natives); i++) {
			if (function && function == native[i])
				text->patched += patch(text, entry.addr, entry.len,
						       natives[i].code, natives[i].len);
		}
	}
}

/**
 * struct alt_format - layout of an entry of .altinstructions
 * @size: bytes of an entry
 * @not_flag: bit of the 32-bit word behind the two offsets that negates the
 *	      feature in its low bits
 * @feature_mask: those low bits
 * @len_at: offset of the two lengths
 */
struct alt_format {
	size_t size;
	uint32_t not_flag;
	uint32_t feature_mask;
	size_t len_at;
};

static const struct alt_format alt_formats[] = {
	{ 14, 1u << 16, 0xffff, 12 },	/* 6.3 and later: 16 bits feature, 16 bits flags */
	{ 12, 1u << 15, 0x7fff, 10 },	/* before: 16 bits with the flag on top */
};

/* Does every entry, read like this, lie in the text and replace with no more than there is? */
static bool format_fits(const struct alt_format *f, const Elf_Data *data)
{
	if (!data->d_size || data->d_size % f->size)
		return false;
	for (size_t at = 0; at < data->d_size; at += f->size) {
		const uint8_t *p = (uint8_t *)data->d_buf + at;
		uint32_t feature;

		memcpy(&feature, p + 8, sizeof(feature));
		if ((feature & f->feature_mask & 0x7fff) >= 32 * 32 || !p[f->len_at] ||
		    p[f->len_at + 1] > p[f->len_at])
			return false;
	}
	return true;
}

/* A module's table may be so short that both layouts fit: it has the kernel's. */
static void find_alt_format(struct livetext *text, const Elf_Data *data)
{
	if (text->kernel) {
		text->alts = text->kernel->alts;
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(alt_formats) && !text->alts; i++) {
		if (format_fits(&alt_formats[i], data))
			text->alts = &alt_formats[i];
	}
	/* Before 5.12 the IRQ operations are in the other table. */
	if (!text->alts && data->d_size && text->shape != IRQSAN_SHAPE_POPF)
		pr_warn(".altinstructions has an unknown layout: no PV call is patched, sites will be missed");
}

static void patch_altinstructions(struct livetext *text, uint64_t section_addr,
				  const Elf_Data *data)
{
	const struct alt_format *f;

	find_alt_format(text, data);
	f = text->alts;
	for (size_t at = 0; f && at + f->size <= data->d_size; at += f->size) {
		const uint8_t *p = (uint8_t *)data->d_buf + at, *code;
		int32_t instr, replacement;
		uint32_t feature;

		memcpy(&instr, p, sizeof(instr));
		memcpy(&replacement, p + 4, sizeof(replacement));
		memcpy(&feature, p + 8, sizeof(feature));
		if (!(feature & f->not_flag) || (feature & f->feature_mask) != FEATURE_XENPV)
			continue;
		code = livetext_bytes(text, section_addr + at + 4 + (uint64_t)(int64_t)replacement,
				p[f->len_at + 1]);
		if (code || !p[f->len_at + 1])
			text->patched += patch(text, section_addr + at + (uint64_t)(int64_t)instr,
					       p[f->len_at], code, p[f->len_at + 1]);
	}
}

/*
 * Compilers put a call of __fentry__ at the start of each function. It is a
 * NOP unless that function is being traced.
 */
static void patch_fentry(struct livetext *text)
{
	static const uint8_t nop5[] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };
	uint64_t fentry;

	if (!livetext_address(kernel_of(text), "__fentry__", &fentry))
		return;
	for (size_t at = 0; at + 5 <= text->len; at++) {
		int32_t rel;

		if (text->data[at] != 0xe8)
			continue;
		memcpy(&rel, text->data + at + 1, sizeof(rel));
		if (text->addr + at + 5 + (uint64_t)(int64_t)rel == fentry)
			patch(text, text->addr + at, 5, nop5, sizeof(nop5));
	}
}

static void patch_text(struct livetext *text)
{
	GElf_Shdr shdr;
	Elf_Data *data;

	if (section(text->elf, ".parainstructions", &shdr, &data))
		patch_parainstructions(text, data);
	if (section(text->elf, ".altinstructions", &shdr, &data))
		patch_altinstructions(text, shdr.sh_addr, data);
	patch_fentry(text);
}

/**
 * livetext_open() - read and patch the text of a vmlinux
 * @path: the file, with its symbols
 * @text: filled; livetext_close() frees it
 *
 * A kernel without PARAVIRT_XXL has nothing to patch: @text->patched is 0 then.
 *
 * Return: 0 or a negative errno, with the reason said.
 */
int livetext_open(const char *path, struct livetext *text)
{
	GElf_Shdr shdr;
	Elf_Data *data;
	int rc = -ENOEXEC;

	*text = (struct livetext){ .fd = open(path, O_RDONLY | O_CLOEXEC) };
	if (text->fd < 0) {
		rc = -errno;
		pr_err("%s: %s", path, strerror(errno));
		return rc;
	}
	elf_version(EV_CURRENT);
	text->elf = elf_begin(text->fd, ELF_C_READ_MMAP, NULL);
	if (!text->elf || elf_kind(text->elf) != ELF_K_ELF) {
		pr_err("%s: not an ELF file; a vmlinux is needed, not a bzImage", path);
		goto fail;
	}
	if (read_symbols(text) || !text->nr_by_addr || !section(text->elf, ".text", &shdr, &data)) {
		pr_err("%s: no .text or no symbols; take the vmlinux of a -dbg package or of a build",
		       path);
		goto fail;
	}
	if (read_release(text)) {
		pr_err("%s: no linux_banner in it, so the kernel version isn't known; is it a kernel?",
		       path);
		goto fail;
	}
	text->addr = shdr.sh_addr;
	text->len = data->d_size;
	text->data = xcalloc(1, text->len);
	memcpy(text->data, data->d_buf, text->len);
	patch_text(text);
	return 0;
fail:
	livetext_close(text);
	return rc;
}

/* Gives the sections addresses: first all that can be executed, without a gap. */
static void lay_out(struct livetext *text)
{
	uint64_t addr = MODULES_ADDR;

	text->addr = addr;
	for (int code = 1; code >= 0; code--) {
		Elf_Scn *scn = NULL;

		while ((scn = elf_nextscn(text->elf, scn))) {
			Elf64_Shdr *s = elf64_getshdr(scn);
			uint64_t align = s && s->sh_addralign ? s->sh_addralign : 1;

			if (!s || !(s->sh_flags & SHF_ALLOC) ||
			    !!(s->sh_flags & SHF_EXECINSTR) != code)
				continue;
			s->sh_addr = (addr + align - 1) / align * align;
			addr = s->sh_addr + s->sh_size;
		}
		if (code)
			text->len = addr - text->addr;
	}
}

/* Gives a module's symbols their addresses, those of the kernel among them. */
static Elf_Data *resolve(struct livetext *text)
{
	Elf_Scn *scn = NULL, *home;
	Elf64_Shdr *shdr = NULL;
	Elf_Data *data;

	while ((scn = elf_nextscn(text->elf, scn))) {
		shdr = elf64_getshdr(scn);
		if (shdr && shdr->sh_type == SHT_SYMTAB)
			break;
	}
	data = scn ? elf_getdata(scn, NULL) : NULL;
	if (!data)
		return NULL;
	for (size_t i = 1; i < data->d_size / sizeof(Elf64_Sym); i++) {
		Elf64_Sym *sym = (Elf64_Sym *)data->d_buf + i;
		const char *name = elf_strptr(text->elf, shdr->sh_link, sym->st_name) ?: "";

		home = sym->st_shndx < SHN_LORESERVE ? elf_getscn(text->elf, sym->st_shndx) : NULL;
		if (sym->st_shndx == SHN_UNDEF)
			livetext_address(text->kernel, name, &sym->st_value);
		else if (home && elf64_getshdr(home))
			sym->st_value += elf64_getshdr(home)->sh_addr;
	}
	return data;
}

/* Of what another module exports the address is not known, and not needed. */
static void relocate(const Elf_Data *symbols, const Elf64_Rela *rela, uint64_t addr,
		     const Elf_Data *target)
{
	size_t index = ELF64_R_SYM(rela->r_info), size = sizeof(uint32_t);
	uint64_t value;

	if (index >= symbols->d_size / sizeof(Elf64_Sym))
		return;
	value = ((Elf64_Sym *)symbols->d_buf)[index].st_value + (uint64_t)rela->r_addend;
	switch (ELF64_R_TYPE(rela->r_info)) {
	case R_X86_64_64:
		size = sizeof(uint64_t);
		break;
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		value -= addr + rela->r_offset;
		break;
	case R_X86_64_32:
	case R_X86_64_32S:
		break;
	default:
		return;
	}
	if (rela->r_offset < target->d_size && target->d_size - rela->r_offset >= size)
		memcpy((char *)target->d_buf + rela->r_offset, &value, size);
}

/* What is to be scanned, and the tables that say how it is patched. */
static bool is_relocated(const Elf64_Shdr *shdr, const char *name)
{
	return (shdr->sh_flags & SHF_ALLOC) && shdr->sh_type != SHT_NOBITS &&
	       ((shdr->sh_flags & SHF_EXECINSTR) || !strcmp(name, ".parainstructions") ||
		!strcmp(name, ".altinstructions"));
}

static bool link_module(struct livetext *text)
{
	Elf_Data *symbols, *data, *relas;
	Elf64_Shdr *shdr, *home;
	Elf_Scn *scn = NULL, *target;
	size_t strings;

	lay_out(text);
	symbols = resolve(text);
	if (!symbols || text->len > text->image.len + (1 << 20) ||
	    elf_getshdrstrndx(text->elf, &strings))
		return false;
	while ((scn = elf_nextscn(text->elf, scn))) {
		shdr = elf64_getshdr(scn);
		target = shdr && shdr->sh_type == SHT_RELA ?
			 elf_getscn(text->elf, shdr->sh_info) : NULL;
		home = target ? elf64_getshdr(target) : NULL;
		if (!home || !is_relocated(home, elf_strptr(text->elf, strings,
							    home->sh_name) ?: ""))
			continue;
		relas = elf_getdata(scn, NULL);
		data = elf_getdata(target, NULL);
		for (size_t i = 0; relas && data && data->d_buf &&
		     i < relas->d_size / sizeof(Elf64_Rela); i++)
			relocate(symbols, (Elf64_Rela *)relas->d_buf + i, home->sh_addr, data);
	}
	text->data = xcalloc(1, text->len + 1);
	scn = NULL;
	while ((scn = elf_nextscn(text->elf, scn))) {
		shdr = elf64_getshdr(scn);
		data = elf_getdata(scn, NULL);
		if (shdr && data && data->d_buf && is_code(text->elf, elf_ndxscn(scn)) &&
		    data->d_size <= shdr->sh_size)
			memcpy(text->data + (shdr->sh_addr - text->addr), data->d_buf,
			       data->d_size);
	}
	return true;
}

/**
 * livetext_open_module() - read, link and patch all text of a module
 * @path: the file, compressed or not
 * @kernel: what it is for; must stay as long as @text
 * @text: filled; livetext_close() frees it. Its sections of code are one behind
 *	  the other, those of its start too
 *
 * Return: 0 or a negative errno, with the reason said.
 */
int livetext_open_module(const char *path, const struct livetext *kernel, struct livetext *text)
{
	struct buf packed = { 0 };
	int rc = read_file(path, &packed);

	*text = (struct livetext){ .fd = -1, .kernel = kernel, .shape = kernel->shape };
	if (rc)
		return rc;
	rc = decompress(packed.data, packed.len, &text->image);
	buf_free(&packed);
	elf_version(EV_CURRENT);
	if (!rc)
		text->elf = elf_memory(text->image.data, text->image.len);
	if (!text->elf || elf_kind(text->elf) != ELF_K_ELF ||
	    gelf_getclass(text->elf) != ELFCLASS64 || !link_module(text) || read_symbols(text)) {
		pr_err("%s: no module that can be read", path);
		livetext_close(text);
		return -ENOEXEC;
	}
	text->release = xstrdup(kernel->release);
	patch_text(text);
	return 0;
}

/**
 * livetext_style() - how restores are compiled in a text
 * @text: the text
 *
 * It is what irqsan_text_style() says in the running kernel.
 *
 * Return: for irqsan_scan() of @text->data.
 */
struct irqsan_style livetext_style(const struct livetext *text)
{
	static const char *const told[IRQSAN_TOLD] = {
		"trace_hardirqs_on", "__sanitizer_cov_trace_pc",
	};
	struct irqsan_style style = { .shape = text->shape };
	uint64_t addr;

	for (int i = 0; i < IRQSAN_TOLD; i++) {
		if (livetext_address(kernel_of(text), told[i], &addr))
			style.told[i] = (size_t)(addr - text->addr);
	}
	return style;
}

/**
 * livetext_close() - free a text
 * @text: may be half open
 */
void livetext_close(struct livetext *text)
{
	free(text->data);
	free(text->release);
	free(text->by_name);
	free(text->by_addr);
	if (text->elf)
		elf_end(text->elf);
	buf_free(&text->image);
	if (text->fd >= 0)
		close(text->fd);
	*text = (struct livetext){ .fd = -1 };
}

/**
 * livetext_symbol() - name an address for people
 * @text: the kernel
 * @addr: the address
 * @buf: for the answer
 * @size: of @buf
 *
 * Return: @buf with "function+0xoff", or the bare address where no symbol
 * covers it.
 */
const char *livetext_symbol(const struct livetext *text, uint64_t addr, char *buf, size_t size)
{
	struct livetext_place place;

	if (livetext_place(text, addr, &place))
		snprintf(buf, size, "%s+0x%lx", place.symbol, (unsigned long)(addr - place.start));
	else
		snprintf(buf, size, "0x%lx", (unsigned long)addr);
	return buf;
}
