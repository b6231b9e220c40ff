// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of symbolize.c and crash-report.c on a small kernel that the compiler has
 * just made.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gelf.h>
#include <fcntl.h>
#include <jansson.h>

#include "base/json-text.h"
#include "crash/crash-report.h"
#include "tiny-vmlinux.h"

#include "crash/symbolize.c"

static const char kernel[] =
	"#line 10 \"arch/entry.c\"\n"
	"void _stext(void) { for (;;) ; }\n"
	"volatile int counter;\n"
	"#line 20 \"include/linux/inner.h\"\n"
	"static inline __attribute__((always_inline)) void inner(void)\n"
	"{ asm volatile(\"ud2\\nmarker: .globl marker\"); }\n"
	"#line 30 \"./kernel/middle.c\"\n"
	"static inline __attribute__((always_inline)) void middle(void)\n"
	"{\n"
	"	counter++;\n"
	"	inner();\n"
	"}\n"
	"#line 40 \"kernel/outer.c\"\n"
	"__attribute__((noinline, used)) void outer(void)\n"
	"{\n"
	"	middle();\n"
	"}\n"
	"#line 50 \"kernel/caller.c\"\n"
	"__attribute__((noinline, used)) void caller(void)\n"
	"{\n"
	"	outer();\n"
	"	asm volatile(\"returns: .globl returns\");\n"
	"	counter = 7;\n"
	"}\n";

/**
 * struct tiny - an open small kernel
 * @path: the file
 * @symbols: it
 * @ud2: offset of the trap in outer(): behind its "ud2" stands "marker"
 * @returns: offset in caller() that outer() returns to
 */
struct tiny {
	char *path;
	struct symbols *symbols;
	uint64_t ud2;
	uint64_t returns;
};

static uint64_t address_of(const char *path, const char *name)
{
	uint64_t address = 0;
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	GElf_Sym sym;
	int fd, i;
	Elf *elf;

	elf_version(EV_CURRENT);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	assert_non_null(elf);
	while ((section = elf_nextscn(elf, section))) {
		gelf_getshdr(section, &header);
		if (header.sh_type != SHT_SYMTAB)
			continue;
		for (i = 0; gelf_getsym(elf_getdata(section, NULL), i, &sym); i++)
			if (!strcmp(elf_strptr(elf, header.sh_link, sym.st_name), name))
				address = sym.st_value;
	}
	elf_end(elf);
	close(fd);
	assert_true(address);
	return address;
}

static int make_tiny(void **state)
{
	struct tiny *t = xcalloc(1, sizeof(*t));

	t->path = tiny_vmlinux(kernel, "c");
	assert_int_equal(symbols_open(t->path, &t->symbols), 0);
	t->ud2 = address_of(t->path, "marker") - 2 - address_of(t->path, "outer");
	t->returns = address_of(t->path, "returns") - address_of(t->path, "caller");
	*state = t;
	return 0;
}

static int remove_tiny(void **state)
{
	struct tiny *t = *state;

	symbols_close(t->symbols);
	tiny_vmlinux_remove(t->path);
	free(t);
	return 0;
}

/* Are the sources of a place @want, "function file:line" or "[function] …" if inlined? */
static void expect_sources(json_t *sources, size_t n, const char *const *want)
{
	json_t *s;
	size_t i;

	assert_int_equal(json_array_size(sources), n);
	json_array_foreach(sources, i, s) {
		bool inlined = json_is_true(json_object_get(s, "inlined"));
		char *text = xasprintf(inlined ? "[%s] %s:%d" : "%s %s:%d", text_of(s, "function"),
				       text_of(s, "file"), int_of(s, "line"));

		assert_string_equal(text, want[i]);
		free(text);
	}
	json_decref(sources);
}

static void test_inlined(void **state)
{
	static const char *const want[] = {
		"[inner] include/linux/inner.h:21",
		"[middle] kernel/middle.c:33",
		"outer kernel/outer.c:42",
	};
	struct tiny *t = *state;

	expect_sources(symbols_find(t->symbols, "outer", t->ud2, 0x1000, false), 3, want);
}

/* What a call returns to may be another line's: the call is meant. */
static void test_return(void **state)
{
	static const char *const want[] = { "caller kernel/caller.c:52" };
	struct tiny *t = *state;
	json_t *sources;

	expect_sources(symbols_find(t->symbols, "caller", t->returns, 0x1000, true), 1, want);
	sources = symbols_find(t->symbols, "caller", t->returns, 0x1000, false);
	assert_int_equal(json_array_size(sources), 1);
	assert_true(int_of(json_array_get(sources, 0), "line") > 52);
	json_decref(sources);
}

static void test_unknown(void **state)
{
	struct tiny *t = *state;

	expect_sources(symbols_find(t->symbols, "no_such_function", 1, 0x1000, false), 0, NULL);
	/* A function of that name, but not one of that size. */
	expect_sources(symbols_find(t->symbols, "caller", t->returns, 1, false), 0, NULL);
	/* An offset far behind all code. */
	expect_sources(symbols_find(t->symbols, "caller", UINT64_MAX / 2, 0x1000, false), 0, NULL);
}

/* A kernel that was built elsewhere has absolute names of sources. */
static void test_root(void **state)
{
	static const char *const want[] = { "_stext init/main.c:3" };
	char *path = tiny_vmlinux("# 1 \"/usr/src/linux/init/main.c\"\n"
				  "volatile int counter;\n"
				  "void _stext(void)\n"
				  "{ for (;;) counter++; }\n", "cpp-output");
	struct symbols *symbols;

	(void)state;
	assert_int_equal(symbols_open(path, &symbols), 0);
	expect_sources(symbols_find(symbols, "_stext", 1, 0x1000, false), 1, want);
	symbols_close(symbols);
	tiny_vmlinux_remove(path);
}

static void test_no_kernel(void **state)
{
	struct symbols *symbols;

	(void)state;
	assert_int_equal(symbols_open("/no/such/file", &symbols), -ENOENT);
	assert_int_equal(symbols_open("/dev/null", &symbols), -EINVAL);
	/* The program has symbols, but a directory is no file. */
	assert_true(symbols_open("/", &symbols) < 0);
}

static json_t *member(json_t *doc, const char *list, size_t i)
{
	json_t *value = json_array_get(json_object_get(doc, list), i);

	assert_non_null(value);
	return value;
}

/* The trap is where it says it is; what a trace has are returns, but for the trap itself. */
static void test_json(void **state)
{
	struct tiny *t = *state;
	struct crash crash;
	json_t *doc, *f;
	char *log;

	log = xasprintf("BUG: kernel NULL pointer dereference, address: 0\n"
			"garbage \xff\xfe\n"
			"RIP: 0010:outer+0x%llx/0x1000\n"
			"Call Trace:\n"
			" outer+0x%llx/0x1000\n"
			" caller+0x%llx/0x1000\n"
			" caller+0x%llx/0x1000 [storm]\n",
			(unsigned long long)t->ud2, (unsigned long long)t->ud2,
			(unsigned long long)t->returns, (unsigned long long)t->returns);
	assert_int_equal(crash_find(log, strlen(log), &crash), 1);
	doc = crash_json(&crash, t->symbols);
	assert_non_null(doc);
	assert_string_equal(json_string_value(json_object_get(doc, "frame")), "outer");
	assert_string_equal(json_string_value(json_object_get(doc, "kind")), "oops");
	assert_true(json_is_null(json_object_get(doc, "corrupted")));
	assert_string_equal(json_string_value(member(doc, "report", 1)), "garbage ??");
	assert_string_equal(json_string_value(member(doc, "alternatives", 0)),
			    "bad-access in outer");
	assert_int_equal(json_array_size(json_object_get(doc, "frames")), 4);
	f = member(doc, "frames", 0);
	assert_int_equal(json_integer_value(json_object_get(f, "line")), 2);
	assert_int_equal(json_integer_value(json_object_get(f, "offset")), t->ud2);
	assert_int_equal(json_integer_value(json_object_get(member(f, "source", 0), "line")), 21);
	f = member(doc, "frames", 1);
	assert_int_equal(json_integer_value(json_object_get(member(f, "source", 0), "line")), 21);
	assert_true(json_is_true(json_object_get(member(f, "source", 0), "inlined")));
	f = member(doc, "frames", 2);
	assert_int_equal(json_integer_value(json_object_get(member(f, "source", 0), "line")), 52);
	/* The kernel doesn't have what a module has. */
	f = member(doc, "frames", 3);
	assert_string_equal(json_string_value(json_object_get(f, "module")), "storm");
	assert_null(json_object_get(f, "source"));
	json_decref(doc);

	doc = crash_json(&crash, NULL);
	assert_int_equal(json_array_size(json_object_get(doc, "frames")), 4);
	assert_null(json_object_get(member(doc, "frames", 0), "source"));
	json_decref(doc);
	crash_free(&crash);
	free(log);
}

/* A line for what is inlined, the place behind the frame, all else as it was. */
static void test_text(void **state)
{
	struct tiny *t = *state;
	struct crash crash;
	char *log, *text, *want;

	log = xasprintf("[    1.5] BUG: kernel NULL pointer dereference, address: 0\n"
			"[    1.5] RIP: 0010:outer+0x%llx/0x1000\n"
			"[    1.5] Call Trace:\n"
			"[    1.5]  caller+0x%llx/0x1000 and more\n"
			"[    1.5]  caller+0x%llx/0x1000 [storm]\n", (unsigned long long)t->ud2,
			(unsigned long long)t->returns, (unsigned long long)t->returns);
	want = xasprintf("BUG: kernel NULL pointer dereference, address: 0\n"
			 "RIP: 0010:inner include/linux/inner.h:21 [inline]\n"
			 "RIP: 0010:middle kernel/middle.c:33 [inline]\n"
			 "RIP: 0010:outer+0x%llx/0x1000 kernel/outer.c:42\n"
			 "Call Trace:\n"
			 " caller+0x%llx/0x1000 kernel/caller.c:52 and more\n"
			 " caller+0x%llx/0x1000 [storm]\n", (unsigned long long)t->ud2,
			 (unsigned long long)t->returns, (unsigned long long)t->returns);
	assert_int_equal(crash_find(log, strlen(log), &crash), 1);
	text = crash_text(&crash, t->symbols);
	assert_string_equal(text, want);
	crash_free(&crash);
	free(text);
	free(want);
	free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inlined),
		cmocka_unit_test(test_return),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_no_kernel),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, make_tiny, remove_tiny);
}
