// SPDX-License-Identifier: GPL-2.0
/*
 * A hash of what runs of a kernel, so that two builds of the same code are known
 * to be equal (docs/kernel-builds.md).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "kernel/signature.h"

#define BUG_TABLE "__bug_table"

/**
 * struct signing - a signature in the making
 * @md: the hash so far
 * @bug_entry: size of vmlinux' struct bug_entry where it ends in a line number
 *	       and flags; 0 where it doesn't
 */
struct signing {
	EVP_MD_CTX *md;
	size_t bug_entry;
};

/**
 * struct image - an ELF file
 * @elf: opened
 * @module: not linked yet: the loader of modules does that
 * @names: index of the section with the sections' names
 */
struct image {
	Elf *elf;
	bool module;
	size_t names;
};

static void add(struct signing *s, const void *data, size_t len)
{
	EVP_DigestUpdate(s->md, data, len);
}

static void add_text(struct signing *s, const char *text)
{
	add(s, text ?: "", strlen(text ?: "") + 1);
}

static void add_number(struct signing *s, uint64_t n)
{
	add(s, &n, sizeof(n));
}

static const char *section_name(const struct image *im, const GElf_Shdr *sh)
{
	return elf_strptr(im->elf, im->names, sh->sh_name) ?: "";
}

/* Does @addr lie in code? */
static bool is_code(const struct image *im, uint64_t addr)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	while ((scn = elf_nextscn(im->elf, scn)))
		if (gelf_getshdr(scn, &sh) && sh.sh_flags & SHF_EXECINSTR &&
		    addr - sh.sh_addr < sh.sh_size)
			return true;
	return false;
}

/*
 * The kernel's struct bug_entry has grown a pointer (include/asm-generic/bug.h),
 * and nothing in vmlinux says its size: with the right one each entry begins with
 * the distance to an instruction.
 */
static size_t bug_entry_size(const struct image *im, const GElf_Shdr *sh, const Elf_Data *d)
{
	static const size_t sizes[] = { 12, 16 };
	size_t off = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (d->d_size % sizes[i])
			continue;
		for (off = 0; off < d->d_size; off += sizes[i]) {
			int32_t distance;

			memcpy(&distance, (const char *)d->d_buf + off, sizeof(distance));
			if (!is_code(im, sh->sh_addr + off + distance))
				break;
		}
		if (off && off == d->d_size)
			return sizes[i];
	}
	return 0;
}

/* A line number is in the last but one 16 bits of each entry: it is no code. */
static void add_bug_table(struct signing *s, const Elf_Data *d)
{
	char *copy __cleanup(free_ptr) = xcalloc(1, d->d_size);

	memcpy(copy, d->d_buf, d->d_size);
	for (size_t end = s->bug_entry; end <= d->d_size; end += s->bug_entry)
		memset(copy + end - 4, 0, 2);
	add(s, copy, d->d_size);
}

/* What the loader of a module puts into a section, by names and not by numbers. */
static int add_relocations(struct signing *s, const struct image *im, Elf_Scn *scn,
			   const GElf_Shdr *sh)
{
	Elf_Data *relocs = elf_getdata(scn, NULL), *symbols;
	Elf_Scn *symtab = elf_getscn(im->elf, sh->sh_link);
	GElf_Shdr table, home;
	GElf_Rela rela = { 0 };
	GElf_Rel rel;
	GElf_Sym sym;

	symbols = symtab ? elf_getdata(symtab, NULL) : NULL;
	if (!relocs || !symbols || !gelf_getshdr(symtab, &table))
		return -EINVAL;
	for (int i = 0;; i++) {
		Elf_Scn *in;

		/* In 32 bits the addend is in the section. */
		if (sh->sh_type == SHT_REL && gelf_getrel(relocs, i, &rel))
			rela = (GElf_Rela){ .r_offset = rel.r_offset, .r_info = rel.r_info };
		else if (sh->sh_type == SHT_REL || !gelf_getrela(relocs, i, &rela))
			break;

		if (!gelf_getsym(symbols, GELF_R_SYM(rela.r_info), &sym))
			return -EINVAL;
		add_number(s, rela.r_offset);
		add_number(s, GELF_R_TYPE(rela.r_info));
		add_number(s, rela.r_addend);
		add_number(s, sym.st_value);
		add_text(s, elf_strptr(im->elf, table.sh_link, sym.st_name));
		in = sym.st_shndx && sym.st_shndx < SHN_LORESERVE ?
		     elf_getscn(im->elf, sym.st_shndx) : NULL;
		if (in && gelf_getshdr(in, &home))
			add_text(s, section_name(im, &home));
	}
	return 0;
}

/* A note holds the build id, which covers the debug information as well. */
static int add_section(struct signing *s, const struct image *im, Elf_Scn *scn)
{
	const char *name;
	GElf_Shdr sh, to;
	Elf_Data *d;

	if (!gelf_getshdr(scn, &sh))
		return -EINVAL;
	if (sh.sh_type == SHT_RELA || sh.sh_type == SHT_REL) {
		Elf_Scn *target = elf_getscn(im->elf, sh.sh_info);

		if (!target || !gelf_getshdr(target, &to))
			return -EINVAL;
		/* Those of a vmlinux are applied already. */
		if (!im->module || !(to.sh_flags & SHF_ALLOC) || to.sh_type == SHT_NOTE)
			return 0;
		add_text(s, section_name(im, &to));
		return add_relocations(s, im, scn, &sh);
	}
	if (!(sh.sh_flags & SHF_ALLOC) || sh.sh_type == SHT_NOTE)
		return 0;
	name = section_name(im, &sh);
	add_text(s, name);
	add_number(s, sh.sh_addr);
	add_number(s, sh.sh_size);
	if (sh.sh_type == SHT_NOBITS || !sh.sh_size)
		return 0;
	d = elf_getdata(scn, NULL);
	if (!d || d->d_size != sh.sh_size)
		return -EINVAL;
	if (!strcmp(name, BUG_TABLE) && !im->module)
		s->bug_entry = bug_entry_size(im, &sh, d);
	if (!strcmp(name, BUG_TABLE) && s->bug_entry)
		add_bug_table(s, d);
	else
		add(s, d->d_buf, d->d_size);
	return 0;
}

static int add_image(struct signing *s, const char *path)
{
	int fd __cleanup(close_fd) = open(path, O_RDONLY | O_CLOEXEC);
	struct image im = { 0 };
	Elf_Scn *scn = NULL;
	GElf_Ehdr eh;
	size_t nr;
	int rc = 0;

	if (fd < 0)
		return file_err("open", path, errno);
	elf_version(EV_CURRENT);
	im.elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	/* Of a file that was cut off libelf says that it has no sections. */
	if (!im.elf || !gelf_getehdr(im.elf, &eh) || elf_getshdrnum(im.elf, &nr) || !nr ||
	    nr != eh.e_shnum || elf_getshdrstrndx(im.elf, &im.names))
		rc = -EINVAL;
	else
		im.module = eh.e_type == ET_REL;
	while (!rc && (scn = elf_nextscn(im.elf, scn)))
		rc = add_section(s, &im, scn);
	if (rc)
		pr_err("%s is no whole ELF file", path);
	elf_end(im.elf);
	return rc;
}

/* By its name below the directory, with the slash before it. */
static int add_module(void *signing, const char *path, const char *below)
{
	if (!ends_with(path, ".ko"))
		return 0;
	add_text(signing, below - 1);
	return add_image(signing, path);
}

/* By the name of the file and of its directory, wherever that is. */
static int add_boot(struct signing *s, const char *path)
{
	const char *name = strrchr(path, '/');
	struct buf text __cleanup(buf_free) = { 0 };
	int rc;

	while (name > path && name[-1] != '/')
		name--;
	add_text(s, name);
	if (ends_with(path, ".o"))
		return add_image(s, path);
	rc = read_file(path, &text);
	if (!rc) {
		add_number(s, text.len);
		add(s, text.data, text.len);
	}
	return rc;
}

/**
 * kernel_signature() - hash what runs of a kernel
 * @vmlinux: the linked kernel
 * @modules: directory of its modules, as .ko files, or NULL
 * @boot: absolute paths of what else is in the bzImage: objects (.o), which are
 *	  hashed as modules are, and files that are hashed whole; or NULL
 * @hex: filled with the signature in lower-case hex
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int kernel_signature(const char *vmlinux, const char *modules, const struct strv *boot,
		     char hex[65])
{
	struct signing s = { .md = EVP_MD_CTX_new() };
	unsigned char digest[EVP_MAX_MD_SIZE];
	int rc = 0;

	if (!s.md || !EVP_DigestInit_ex(s.md, EVP_sha256(), NULL)) {
		pr_err("libcrypto refused SHA-256");
		rc = -EIO;
	}
	rc = rc ?: add_image(&s, vmlinux);
	if (!rc && modules)
		rc = for_each_file(modules, false, add_module, &s);
	for (size_t i = 0; !rc && boot && i < boot->n; i++)
		rc = add_boot(&s, boot->v[i]);
	if (!rc)
		EVP_DigestFinal_ex(s.md, digest, NULL);
	for (int i = 0; !rc && i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	EVP_MD_CTX_free(s.md);
	return rc;
}
