// SPDX-License-Identifier: GPL-2.0
/*
 * The scanner measured against the debug information of a small kernel that
 * the compiler has just made.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sites/coverage.h"
#include "sites/sitelist.h"
#include "tiny-vmlinux.h"

#define HEAD(release) \
	"const char linux_banner[160] = \"Linux version " release " (a@b) #1\";\n" \
	"#define __always_inline inline __attribute__((always_inline))\n" \
	"#define F __attribute__((noinline, used))\n" \
	"volatile int counter;\n" \
	"F void _stext(void) { counter++; }\n"

static const char test_kernel[] =
	HEAD("6.12.0-test")
	"static __always_inline void arch_local_irq_enable(void)\n"
	"{ asm volatile(\"sti\" ::: \"memory\"); }\n"
	"static __always_inline void arch_local_irq_restore(unsigned long flags)\n"
	"{ if (flags & 0x200) arch_local_irq_enable(); }\n"
	"F void plain(unsigned long flags)\n"
	"{\n"
	"	counter++;\n"
	"#line 77 \"kernel/plain.c\"\n"
	"	arch_local_irq_restore(flags);\n"
	"	counter++;\n"
	"}\n"
	/* Only the compiler knows where these flags come from. */
	"F void known(int on)\n"
	"{ counter++; arch_local_irq_restore(on ? 0x200 : 0); counter++; }\n"
	/* No restore, but it looks like one. */
	"F void enable(unsigned long flags)\n"
	"{ counter++; if (flags & 0x200) arch_local_irq_enable(); counter++; }\n"
	"F void refused(unsigned long flags)\n"
	"{ counter++; arch_local_irq_restore(flags); counter++; }\n"
	"F __attribute__((section(\".init.text\"))) void init(unsigned long flags)\n"
	"{ counter++; arch_local_irq_restore(flags); counter++; }\n"
	"extern const unsigned long __start_kprobe_blacklist[];\n"
	"asm(\".section .blacklist, \\\"a\\\"\\n\"\n"
	"    \".globl __start_kprobe_blacklist, __stop_kprobe_blacklist\\n\"\n"
	"    \"__start_kprobe_blacklist: .quad refused\\n\"\n"
	"    \"__stop_kprobe_blacklist:\\n.text\\n\");\n";

static const char popf_kernel[] =
	HEAD("5.10.0-test")
	"static __always_inline void arch_local_irq_restore(unsigned long flags)\n"
	"{ asm volatile(\"push %0\\npopf\" :: \"r\" (flags) : \"memory\", \"cc\"); }\n"
	"F void plain(unsigned long flags)\n"
	"{ counter++; arch_local_irq_restore(flags); counter++; }\n";

/**
 * struct measured - a kernel and all about it
 * @path: the file
 * @text: its text
 * @truth: its DWARF
 * @coverage: the comparison
 */
struct measured {
	char *path;
	struct livetext text;
	struct truth truth;
	struct coverage coverage;
};

static void measure(const char *source, struct measured *m)
{
	m->path = tiny_vmlinux(source, "c");
	assert_int_equal(livetext_open(m->path, &m->text), 0);
	assert_int_equal(truth_read(m->path, &m->truth), 0);
	coverage_measure(&m->text, &m->truth, &m->coverage);
}

static void end(struct measured *m)
{
	coverage_free(&m->coverage);
	truth_free(&m->truth);
	livetext_close(&m->text);
	tiny_vmlinux_remove(m->path);
}

static const struct coverage_entry *entry_in(const struct measured *m, const char *function)
{
	for (size_t i = 0; i < m->coverage.nr_entries; i++) {
		if (!strcmp(m->coverage.entries[i].restore->function, function))
			return &m->coverage.entries[i];
	}
	fail_msg("no restore in %s", function);
	return NULL;
}

static const struct coverage_site *site_in(const struct measured *m, const char *function)
{
	for (size_t i = 0; i < m->coverage.nr_sites; i++) {
		struct livetext_place place;

		if (livetext_place(&m->text, m->coverage.sites[i].addr, &place) &&
		    !strcmp(place.symbol, function))
			return &m->coverage.sites[i];
	}
	fail_msg("no site in %s", function);
	return NULL;
}

static void test_truth(void **state)
{
	const struct truth_restore *plain;
	struct measured m;

	(void)state;
	measure(test_kernel, &m);
	assert_int_equal(m.truth.nr, 4);
	plain = entry_in(&m, "plain")->restore;
	assert_string_equal(plain->name, "arch_local_irq_restore");
	assert_string_equal(plain->file, "kernel/plain.c");
	assert_int_equal(plain->line, 77);
	assert_true(plain->code.n > 0);
	assert_true(m.truth.enables.n > 0);
	end(&m);
}

static void test_entries(void **state)
{
	struct measured m;

	(void)state;
	measure(test_kernel, &m);
	assert_int_equal(entry_in(&m, "plain")->state, ENTRY_FOUND);
	assert_false(entry_in(&m, "plain")->refused);
	assert_int_equal(entry_in(&m, "known")->state, ENTRY_LOCATED);
	assert_int_equal(entry_in(&m, "refused")->state, ENTRY_FOUND);
	assert_true(entry_in(&m, "refused")->refused);
	assert_int_equal(entry_in(&m, "init")->state, ENTRY_INIT);
	assert_int_equal(coverage_count(&m.coverage, ENTRY_FOUND), 2);
	assert_true(coverage_percent(&m.coverage) > 66 && coverage_percent(&m.coverage) < 67);
	end(&m);
}

static void test_sites(void **state)
{
	struct measured m;

	(void)state;
	measure(test_kernel, &m);
	assert_int_equal(m.coverage.nr_sites, 4);
	assert_int_equal(site_in(&m, "plain")->origin, SITE_BOTH);
	assert_true(coverage_is_wanted(site_in(&m, "plain")));
	assert_int_equal(site_in(&m, "known")->origin, SITE_DWARF);
	assert_int_equal(site_in(&m, "known")->saved, IRQSAN_SAVED_ZF);
	assert_int_equal(site_in(&m, "enable")->origin, SITE_ENABLE);
	assert_false(coverage_is_wanted(site_in(&m, "enable")));
	assert_false(coverage_is_wanted(site_in(&m, "refused")));
	end(&m);
}

/* The list names every site that is wanted, and says why others aren't in it. */
static void test_list(void **state)
{
	struct measured m;
	size_t len, lines = 0;
	char *list, *line, *save = NULL;
	FILE *f = open_memstream(&list, &len);

	(void)state;
	assert_non_null(f);
	measure(test_kernel, &m);
	sitelist_write(&m.text, &m.coverage, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(strncmp(list, "# irqsan sites 1\n# release 6.12.0-test\n", 39), 0);
	assert_non_null(strstr(list, "\n# no restore: enable+0x"));
	assert_non_null(strstr(list, "\n# not to be probed: refused+0x"));
	for (line = strtok_r(list, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		unsigned int off, size;
		char name[64], kind[8], saved[8];

		if (*line == '#')
			continue;
		lines++;
		assert_int_equal(sscanf(line, "%63[^+]+0x%x/0x%x %7s %7s", name, &off, &size,
					kind, saved), 5);
		assert_true(off < size);
		assert_true(!strcmp(name, "plain") || !strcmp(name, "known"));
		assert_string_equal(kind, "test");
		assert_string_equal(saved, "zf");
	}
	assert_int_equal(lines, 2);
	free(list);
	end(&m);
}

static void test_popf(void **state)
{
	struct measured m;

	(void)state;
	measure(popf_kernel, &m);
	assert_int_equal(m.text.shape, IRQSAN_SHAPE_POPF);
	assert_int_equal(entry_in(&m, "plain")->state, ENTRY_FOUND);
	assert_int_equal(m.coverage.nr_sites, 1);
	assert_int_equal(site_in(&m, "plain")->saved, IRQSAN_SAVED_REG);
	assert_string_equal(sitelist_kind(&m.text), "popf");
	assert_string_equal(sitelist_saved(site_in(&m, "plain")), "rdi");
	end(&m);
}

static void test_no_dwarf(void **state)
{
	const char *argv[] = { "strip", "-g", NULL, NULL };
	char *path = tiny_vmlinux(test_kernel, "c");
	struct coverage coverage;
	struct livetext text;
	struct truth truth;

	(void)state;
	argv[2] = path;
	assert_int_equal(child_run_quietly("strip", argv, NULL, 60), 0);
	assert_int_equal(truth_read(path, &truth), -ENODATA);
	assert_int_equal(livetext_open(path, &text), 0);
	coverage_measure(&text, NULL, &coverage);
	assert_int_equal(coverage.nr_entries, 0);
	assert_int_equal(coverage.nr_sites, 3);
	assert_int_equal(coverage.sites[0].origin, SITE_SCAN);
	coverage_free(&coverage);
	livetext_close(&text);
	tiny_vmlinux_remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_truth),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_sites),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_popf),
		cmocka_unit_test(test_no_dwarf),
	};

	return cmocka_run_group_tests_name("coverage", tests, NULL, NULL);
}
