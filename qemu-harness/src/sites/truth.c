// SPDX-License-Identifier: GPL-2.0
/*
 * Reads the inlined restores of the IRQ flags out of a vmlinux's DWARF.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "crash/symbolize.h"
#include "sites/truth.h"

/* Code that may run before paravirt is set up uses the native function itself. */
static const char *const restore_names[] = {
	"arch_local_irq_restore", "native_local_irq_restore",
};

/* Before 5.12 pv_ops points at native_restore_fl. */
static const char *const body_names[] = {
	"arch_local_irq_restore", "native_local_irq_restore", "native_restore_fl",
};

static const char *const enable_names[] = {
	"arch_local_irq_enable", "native_irq_enable",
};

/**
 * struct frame - a function that the walk is in
 * @die: the inlined copy
 * @up: the one that it is inlined into, NULL for a function of its own
 */
struct frame {
	Dwarf_Die *die;
	const struct frame *up;
};

/**
 * struct walk - what stays the same within a compilation unit
 * @truth: filled
 * @files: its source files, or NULL
 * @dir: directory that it was compiled in, or ""
 * @function: the function that the walk is in
 */
struct walk {
	struct truth *truth;
	Dwarf_Files *files;
	const char *dir;
	const char *function;
};

static bool is_any(const char *name, const char *const *names, size_t nr)
{
	for (size_t i = 0; name && i < nr; i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	return false;
}

static void add_ranges(Dwarf_Die *die, struct truth_ranges *ranges)
{
	Dwarf_Addr base = 0, low, high;
	ptrdiff_t offset = 0;

	while ((offset = dwarf_ranges(die, offset, &base, &low, &high)) > 0) {
		if (low >= high)
			continue;
		ranges->v = xrealloc(ranges->v, (ranges->n + 1) * sizeof(*ranges->v));
		ranges->v[ranges->n++] = (struct truth_range){ low, high };
	}
}

static bool unsigned_attr(Dwarf_Die *die, unsigned int name, Dwarf_Word *value)
{
	Dwarf_Attribute attr;

	return dwarf_attr(die, name, &attr) && !dwarf_formudata(&attr, value);
}

/*
 * local_irq_restore() is called by the functions of headers that everybody
 * uses: the caller that tells something is further out.
 */
static void find_call(const struct walk *w, const struct frame *frame,
		      struct truth_restore *restore)
{
	const char *best = NULL;

	for (; frame; frame = frame->up) {
		Dwarf_Word file, line;
		const char *path;

		if (!unsigned_attr(frame->die, DW_AT_call_file, &file) ||
		    !unsigned_attr(frame->die, DW_AT_call_line, &line))
			continue;
		path = w->files ? dwarf_filesrc(w->files, file, NULL, NULL) : NULL;
		path = source_in_tree(path, w->dir);
		if (!path || (best && strstr(path, "include/")))
			continue;
		best = path;
		restore->line = (unsigned int)line;
		if (!strstr(path, "include/"))
			break;
	}
	restore->file = best ? xstrdup(best) : NULL;
}

static void add_restore(const struct walk *w, const struct frame *frame, const char *name)
{
	struct truth *t = w->truth;
	struct truth_restore *restore;
	Dwarf_Addr entry = 0;

	t->restores = xrealloc(t->restores, (t->nr + 1) * sizeof(*t->restores));
	restore = &t->restores[t->nr++];
	*restore = (struct truth_restore){
		.name = xstrdup(name),
		.function = xstrdup(w->function),
	};
	add_ranges(frame->die, &restore->code);
	if (!dwarf_entrypc(frame->die, &entry))
		restore->entry = entry;
	find_call(w, frame, restore);
}

/* @die and its siblings, with all that is in them. */
static void walk(struct walk *w, Dwarf_Die *die, const struct frame *up)
{
	do {
		const struct frame frame = { die, up }, *inner = up;
		const char *function = w->function, *name;
		Dwarf_Die child;

		if (dwarf_tag(die) == DW_TAG_inlined_subroutine) {
			name = dwarf_diename(die);
			if (is_any(name, restore_names, ARRAY_SIZE(restore_names))) {
				/* One restore made of another is one. */
				add_restore(w, &frame, name);
				continue;
			}
			if (is_any(name, enable_names, ARRAY_SIZE(enable_names)))
				add_ranges(die, &w->truth->enables);
			inner = &frame;
		} else if (dwarf_tag(die) == DW_TAG_subprogram) {
			w->function = dwarf_diename(die) ?: "?";
			if (is_any(w->function, body_names, ARRAY_SIZE(body_names)))
				add_ranges(die, &w->truth->bodies);
			inner = NULL;
		}
		if (!dwarf_child(die, &child))
			walk(w, &child, inner);
		w->function = function;
	} while (!dwarf_siblingof(die, die));
}

static void walk_unit(struct truth *truth, Dwarf_Die *unit)
{
	struct walk w = { .truth = truth, .function = "?" };
	Dwarf_Attribute attr;
	Dwarf_Die child;
	size_t nr;

	if (dwarf_srclang(unit) == DW_LANG_Mips_Assembler)
		add_ranges(unit, &truth->assembly);
	if (dwarf_getsrcfiles(unit, &w.files, &nr))
		w.files = NULL;
	w.dir = (dwarf_attr(unit, DW_AT_comp_dir, &attr) ? dwarf_formstring(&attr) : NULL) ?: "";
	if (!dwarf_child(unit, &child))
		walk(&w, &child, NULL);
}

/**
 * truth_read() - collect what a vmlinux's DWARF says
 * @path: the file
 * @truth: filled; truth_free() it
 *
 * Return: 0 or a negative errno; -ENODATA (silently) when there is no DWARF.
 */
int truth_read(const char *path, struct truth *truth)
{
	Dwarf_Off offset = 0, next;
	size_t header;
	int fd, rc = 0;
	Dwarf *dwarf;

	*truth = (struct truth){ 0 };
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		rc = -errno;
		pr_err("%s: %s", path, strerror(errno));
		return rc;
	}
	dwarf = dwarf_begin(fd, DWARF_C_READ);
	if (!dwarf || dwarf_nextcu(dwarf, 0, &next, &header, NULL, NULL, NULL)) {
		rc = -ENODATA;
		goto out;
	}
	while (!(rc = dwarf_nextcu(dwarf, offset, &next, &header, NULL, NULL, NULL))) {
		Dwarf_Die unit;

		if (dwarf_offdie(dwarf, offset + header, &unit))
			walk_unit(truth, &unit);
		offset = next;
	}
	/* 1 is the end, -1 an error. */
	if (rc < 0) {
		pr_err("%s: damaged debug information: %s", path, dwarf_errmsg(-1));
		truth_free(truth);
		rc = -EBADMSG;
	} else {
		rc = 0;
	}
out:
	dwarf_end(dwarf);
	close(fd);
	return rc;
}

/**
 * truth_free() - free what truth_read() filled
 * @truth: may be empty
 */
void truth_free(struct truth *truth)
{
	for (size_t i = 0; i < truth->nr; i++) {
		free(truth->restores[i].name);
		free(truth->restores[i].function);
		free(truth->restores[i].file);
		free(truth->restores[i].code.v);
	}
	free(truth->restores);
	free(truth->bodies.v);
	free(truth->enables.v);
	free(truth->assembly.v);
	*truth = (struct truth){ 0 };
}

/**
 * truth_covers() - does an address lie in one of some ranges?
 * @ranges: the ranges, in any order
 * @addr: the address
 *
 * Return: true if so.
 */
bool truth_covers(const struct truth_ranges *ranges, uint64_t addr)
{
	for (size_t i = 0; i < ranges->n; i++) {
		if (addr >= ranges->v[i].low && addr < ranges->v[i].high)
			return true;
	}
	return false;
}
