/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The text of a vmlinux or of a module as it is when the kernel runs: with the
 * paravirt calls of the IRQ flags patched, as the kernel's own tables say, for a
 * machine that is not a Xen PV guest.
 */
#ifndef IRQSAN_LIVETEXT_H
#define IRQSAN_LIVETEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "scan.h"

struct alt_format;

/**
 * struct livetext_symbol - one symbol
 * @addr: its value
 * @name: its name; belongs to the ELF file
 * @function: it is of the type for functions
 */
struct livetext_symbol {
	uint64_t addr;
	const char *name;
	bool function;
};

/**
 * struct livetext - a kernel's main text, or all text of a module
 * @kernel: the kernel that a module is for; NULL: this is a kernel
 * @addr: virtual address of its first byte
 * @data: the bytes, patched
 * @len: how many
 * @patched: PV calls that were patched
 * @release: what uname -r prints in it
 * @shape: what a restore looks like in this version
 * @alts: layout of the kernel's .altinstructions; NULL: there are none that are
 *	  known
 * @elf: the open ELF file
 * @fd: its descriptor, of a kernel
 * @image: its bytes, of a module
 * @by_name: all symbols, sorted by name
 * @nr_by_name: how many
 * @by_addr: those of executable sections that kallsyms knows, sorted by
 *	     address; functions are before labels of the same address
 * @nr_by_addr: how many
 */
struct livetext {
	const struct livetext *kernel;
	uint64_t addr;
	uint8_t *data;
	size_t len;
	unsigned int patched;
	char *release;
	enum irqsan_shape shape;
	const struct alt_format *alts;
	void *elf;
	int fd;
	struct buf image;
	struct livetext_symbol *by_name;
	size_t nr_by_name;
	struct livetext_symbol *by_addr;
	size_t nr_by_addr;
};

/**
 * struct livetext_place - where an address lies, as the running kernel says it
 * @symbol: name of the function
 * @unique: no other symbol has that name
 * @start: address of the function
 * @size: its bytes, with the padding up to the next symbol
 */
struct livetext_place {
	const char *symbol;
	bool unique;
	uint64_t start;
	uint64_t size;
};

int livetext_open(const char *path, struct livetext *text);
int livetext_open_module(const char *path, const struct livetext *kernel, struct livetext *text);
void livetext_close(struct livetext *text);
struct irqsan_style livetext_style(const struct livetext *text);
bool livetext_address(const struct livetext *text, const char *name, uint64_t *addr);
const void *livetext_bytes(const struct livetext *text, uint64_t addr, size_t len);
bool livetext_place(const struct livetext *text, uint64_t addr, struct livetext_place *place);
const char *livetext_symbol(const struct livetext *text, uint64_t addr, char *buf, size_t size);

#endif
