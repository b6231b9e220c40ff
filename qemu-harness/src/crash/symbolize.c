// SPDX-License-Identifier: GPL-2.0
/*
 * Looks up addresses in a vmlinux: its symbol table says where a function is,
 * its DWARF what is inlined there and which lines it comes from.
 */
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "crash/symbolize.h"
/* Behind util.h, which has an ARRAY_SIZE, too. */
#include <libiberty/demangle.h>

/**
 * struct symbols - an open vmlinux
 * @dwfl: what libdwfl knows of it
 * @kernel: its symbols and debug information
 * @root: directory that the sources were in, where it isn't the one of the build;
 *	  owned; or ""
 */
struct symbols {
	Dwfl *dwfl;
	Dwfl_Module *kernel;
	char *root;
};

/*
 * Of a kernel that was built in a directory of its own (O=), sources have absolute
 * names: that of a source that every kernel has tells where the tree was.
 */
static char *find_root(Dwarf *dwarf)
{
	static const char source[] = "/init/main.c";
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;

	while (!dwarf_get_units(dwarf, cu, &cu, NULL, NULL, &die, NULL)) {
		const char *name = dwarf_diename(&die);

		if (name && name[0] == '/' && ends_with(name, source))
			return xasprintf("%.*s", (int)(strlen(name) - strlen(source)), name);
	}
	return xstrdup("");
}

/**
 * symbols_open() - open a vmlinux
 * @vmlinux: the file
 * @symbols: set; for symbols_close()
 *
 * Return: 0, or a negative errno after saying why not: it can't be read, or has
 * no symbols or no debug information.
 */
int symbols_open(const char *vmlinux, struct symbols **symbols)
{
	static const Dwfl_Callbacks callbacks = {
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};
	struct symbols *s = xcalloc(1, sizeof(*s));
	const char *why = NULL;
	Dwarf *dwarf = NULL;
	Dwarf_Addr bias;
	int rc = -EINVAL;

	errno = 0;
	s->dwfl = dwfl_begin(&callbacks);
	s->kernel = dwfl_report_offline(s->dwfl, "", vmlinux, -1);
	if (!s->kernel) {
		rc = -errno ?: rc;
		why = dwfl_errmsg(-1);
	} else if (dwfl_module_getsymtab(s->kernel) <= 0) {
		why = "has no symbols";
	} else {
		dwarf = dwfl_module_getdwarf(s->kernel, &bias);
		why = dwarf ? NULL : "has no debug information";
	}
	if (why) {
		pr_err("%s: %s", vmlinux, why);
		symbols_close(s);
		return rc;
	}
	s->root = find_root(dwarf);
	*symbols = s;
	return 0;
}

/**
 * symbols_close() - close what symbols_open() opened
 * @s: may be NULL
 */
void symbols_close(struct symbols *s)
{
	if (!s)
		return;
	dwfl_end(s->dwfl);
	free(s->root);
	free(s);
}

/*
 * The kernel prints how far it is to the next symbol, which is a function's size
 * and what is between: of several functions of one name it is the one that
 * fills most of that.
 */
static bool find_function(const struct symbols *s, const char *name, uint64_t size,
			  uint64_t *address)
{
	int i, n = dwfl_module_getsymtab(s->kernel);
	bool found = false;
	uint64_t best = 0;
	GElf_Addr value;
	GElf_Sym sym;

	for (i = 0; i < n; i++) {
		const char *symbol = dwfl_module_getsym_info(s->kernel, i, &sym, &value, NULL,
							     NULL, NULL);

		if (!symbol || sym.st_shndx == SHN_UNDEF || sym.st_size > size ||
		    (found && sym.st_size <= best) || strcmp(symbol, name))
			continue;
		found = true;
		best = sym.st_size;
		*address = value;
	}
	return found;
}

/**
 * source_in_tree() - a source file's path without the directory of the build
 * @path: as DWARF has it, or NULL
 * @dir: the directory that it was compiled in, or ""
 *
 * Return: a part of @path.
 */
const char *source_in_tree(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	if (path && len && !strncmp(path, dir, len) && path[len] == '/')
		path += len + 1;
	if (path && !strncmp(path, "./", 2))
		path += 2;
	return path;
}

static json_t *source_json(Dwarf_Die *die, const char *file, int line)
{
	bool inlined = dwarf_tag(die) == DW_TAG_inlined_subroutine, known = file && line > 0;
	Dwarf_Attribute attr;
	const char *name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_linkage_name, &attr)) ?:
			   dwarf_diename(die);
	char *demangled __cleanup(free_ptr) = name ? rust_demangle(name, DMGL_NO_OPTS) : NULL;

	return json_pack("{s:s, s:s?, s:i, s:b}", "function", demangled ?: name ?: "?",
			 "file", known ? file : NULL, "line", known ? line : 0, "inlined", inlined);
}

static int number_attr(Dwarf_Die *die, unsigned int name)
{
	Dwarf_Attribute attr;
	Dwarf_Word value;

	if (!dwarf_attr(die, name, &attr) || dwarf_formudata(&attr, &value))
		return 0;
	return (int)value;
}

/* The functions around @address, from the inside out; each was called on a line of the next. */
static void find_scopes(const struct symbols *s, Dwarf_Die *cu, uint64_t address, json_t *sources)
{
	Dwarf_Die *inner __cleanup(free_ptr) = NULL, *scopes __cleanup(free_ptr) = NULL;
	Dwarf_Attribute attr;
	const char *dir = dwarf_formstring(dwarf_attr(cu, DW_AT_comp_dir, &attr)) ?: "";
	Dwarf_Line *row = dwarf_getsrc_die(cu, address);
	Dwarf_Files *files = NULL;
	const char *file = dwarf_linesrc(row, NULL, NULL);
	int i, n, line = 0;

	if (dwarf_getscopes(cu, address, &inner) <= 0)
		return;
	n = dwarf_getscopes_die(&inner[0], &scopes);
	dwarf_getsrcfiles(cu, &files, NULL);
	dwarf_lineno(row, &line);
	for (i = 0; i < n; i++) {
		int tag = dwarf_tag(&scopes[i]);

		if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram)
			continue;
		file = source_in_tree(source_in_tree(file, dir), s->root);
		json_array_append_new(sources, source_json(&scopes[i], file, line));
		if (tag == DW_TAG_subprogram)
			break;
		line = number_attr(&scopes[i], DW_AT_call_line);
		file = dwarf_filesrc(files, (size_t)number_attr(&scopes[i], DW_AT_call_file),
				     NULL, NULL);
	}
}

/**
 * symbols_find() - where a frame is in the source
 * @s: the kernel
 * @function: its name
 * @offset: bytes from its beginning
 * @size: its length, as the kernel prints it
 * @returns: the frame is one that a call returns to: the call is meant
 *
 * Return: an array, empty where the kernel doesn't have it: the functions that the
 * address is in, each inlined into the next one. Of each "function", "file" in the
 * kernel tree or null, "line" there, "inlined"
 */
json_t *symbols_find(struct symbols *s, const char *function, uint64_t offset, uint64_t size,
		     bool returns)
{
	json_t *sources = json_array();
	Dwarf_Addr bias;
	Dwarf *dwarf = dwfl_module_getdwarf(s->kernel, &bias);
	uint64_t address;
	Dwarf_Die cu;

	if (!find_function(s, function, size, &address))
		return sources;
	address += offset - (returns && offset ? 1 : 0) - bias;
	if (dwarf_addrdie(dwarf, address, &cu))
		find_scopes(s, &cu, address, sources);
	return sources;
}
