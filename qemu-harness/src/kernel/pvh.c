// SPDX-License-Identifier: GPL-2.0
/*
 * From a bzImage to the ELF kernel in it, which QEMU starts directly (PVH).
 * Under emulation the kernel's own decompression is a third of the boot.
 */
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "base/cache.h"
#include "base/unpack.h"
#include "kernel/pvh.h"

/* Offsets of Documentation/arch/x86/boot.rst. */
#define SETUP_SECTS	0x1f1
#define HEADER_MAGIC	0x202
#define HEADER_VERSION	0x206
#define PAYLOAD_OFFSET	0x248
#define PAYLOAD_LENGTH	0x24c
#define HEADER_END	0x250
#define VERSION_PAYLOAD	0x0208

/* XEN_ELFNOTE_PHYS32_ENTRY: the note that says where PVH enters. */
#define NOTE_PHYS32_ENTRY 18

static uint32_t le32_at(const struct buf *b, size_t off)
{
	uint32_t v;

	memcpy(&v, b->data + off, sizeof(v));
	return le32toh(v);
}

/* The compressed kernel inside of a bzImage, or NULL. */
static const char *payload(const struct buf *image, size_t *len)
{
	size_t start, sects, version;

	if (image->len < HEADER_END || memcmp(image->data + HEADER_MAGIC, "HdrS", 4))
		return NULL;
	version = le32_at(image, HEADER_VERSION) & 0xffff;
	if (version < VERSION_PAYLOAD)
		return NULL;
	sects = (unsigned char)image->data[SETUP_SECTS];
	/* For history's sake 0 means 4. */
	start = ((sects ?: 4) + 1) * 512 + le32_at(image, PAYLOAD_OFFSET);
	*len = le32_at(image, PAYLOAD_LENGTH);
	if (start > image->len || *len > image->len - start || *len < 8)
		return NULL;
	/*
	 * All but gzip, which has it anyhow, are followed by the plain size in
	 * four bytes that are not part of the stream.
	 */
	if (memcmp(image->data + start, "\x1f\x8b", 2))
		*len -= 4;
	return image->data + start;
}

static bool has_pvh_note(const struct buf *elf, const Elf64_Phdr *ph)
{
	size_t off = ph->p_offset, end = ph->p_offset + ph->p_filesz;

	if (end > elf->len || end < off)
		return false;
	while (end - off >= sizeof(Elf64_Nhdr)) {
		const Elf64_Nhdr *note = (const void *)(elf->data + off);
		size_t name = (note->n_namesz + 3UL) & ~3UL;
		size_t desc = (note->n_descsz + 3UL) & ~3UL;

		off += sizeof(*note);
		if (name + desc > end - off)
			return false;
		if (note->n_type == NOTE_PHYS32_ENTRY && note->n_namesz == 4 &&
		    !memcmp(elf->data + off, "Xen", 4))
			return true;
		off += name + desc;
	}
	return false;
}

/* File bytes of a segment up to its last one that isn't zero, in whole pages. */
static size_t used_size(const char *data, size_t len)
{
	while (len && !data[len - 1])
		len--;
	return (len + 4095) & ~4095UL;
}

/*
 * Cuts off what no loader reads: section headers, relocations, and the zeros
 * of .bss, which kernels carry in the file (a third of it). False when the ELF
 * file has no PVH entry, or is not one.
 */
static bool trim(struct buf *elf)
{
	Elf64_Ehdr *eh = (void *)elf->data;
	Elf64_Phdr *ph;
	size_t last = 0;
	bool pvh = false;

	if (elf->len < sizeof(*eh) || memcmp(eh->e_ident, ELFMAG, SELFMAG) ||
	    eh->e_ident[EI_CLASS] != ELFCLASS64 || eh->e_phoff > elf->len ||
	    eh->e_phentsize != sizeof(*ph) || eh->e_phnum * sizeof(*ph) > elf->len - eh->e_phoff)
		return false;
	ph = (void *)(elf->data + eh->e_phoff);
	for (unsigned int i = 0; i < eh->e_phnum; i++, ph++) {
		if (ph->p_offset > elf->len || ph->p_filesz > elf->len - ph->p_offset)
			return false;
		if (ph->p_type == PT_NOTE && has_pvh_note(elf, ph))
			pvh = true;
		if (ph->p_type != PT_LOAD)
			continue;
		if (used_size(elf->data + ph->p_offset, ph->p_filesz) < ph->p_filesz)
			ph->p_filesz = used_size(elf->data + ph->p_offset, ph->p_filesz);
		if (ph->p_offset + ph->p_filesz > last)
			last = ph->p_offset + ph->p_filesz;
	}
	eh->e_shoff = 0;
	eh->e_shnum = 0;
	eh->e_shstrndx = SHN_UNDEF;
	elf->len = last;
	return pvh;
}

/* -ENOEXEC (silently) if it can't be started so. */
static int extract(void *image, const char *dest)
{
	struct buf packed __cleanup(buf_free) = { 0 }, elf __cleanup(buf_free) = { 0 };
	const char *start;
	size_t len;
	int rc = read_file(image, &packed);

	if (rc)
		return rc;
	start = payload(&packed, &len);
	if (!start || decompress(start, len, &elf) || !elf.data || !trim(&elf))
		return -ENOEXEC;
	return write_file_atomic(dest, elf.data, elf.len);
}

/**
 * pvh_kernel() - get the form of a kernel that boots fastest under emulation
 * @image: bzImage
 * @path: the ELF kernel, in the cache; or @image itself when it can't be
 *	  started so (no CONFIG_PVH, an unknown compression). Caller frees
 *
 * A kernel started so is not moved by KASLR: that is the decompressor's work.
 *
 * Return: 0 or a negative errno
 */
int pvh_kernel(const char *image, char **path)
{
	char hex[65];
	int rc;

	*path = NULL;
	rc = sha256_file(image, hex) ?:
	     cache_file("vmlinux", hex, extract, (char *)image, path);
	if (rc != -ENOEXEC)
		return rc;
	*path = xstrdup(image);
	return 0;
}
