// SPDX-License-Identifier: GPL-2.0
/*
 * The modules of a kernel: which sites are in doubt, and what was said of them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sites/modsites.h"
#include "tiny-vmlinux.h"

#define KERNEL(release) \
	".text\n.globl _stext\n_stext: ret\n" \
	".section .rodata\nlinux_banner: .ascii \"Linux version " release " (a@b) #1\"\n" \
	".fill 80\n"
#define FUNC(name) ".balign 16, 0xcc\n.type " name ", @function\n" name ":\n"

#define SAVE "pushf\npop %rax\n"

static const char test_module[] =
	".text\n"
	FUNC("usual") SAVE "testl $0x200, %edi\nje 1f\nsti\n1: ret\n"
	FUNC("no_save") "testl $0x200, %edi\nje 1f\nsti\n1: ret\n"
	FUNC("far_sti") SAVE "testl $0x200, %edi\njne 1f\nret\n1: mov %rax, %rbx\nsti\nret\n"
	FUNC("early_mask") SAVE
	"and $0x200, %ebx\ncall other\ntest %rbx, %rbx\nje 1f\nsti\n1: ret\n"
	FUNC("kept_mask") SAVE
	"and $0x200, %eax\nmov %rax, 8(%rsp)\ncall other\ncmpq $0, 8(%rsp)\nje 1f\nsti\n1: ret\n";

static const char popf_module[] =
	".text\n"
	FUNC("usual") SAVE "push %rdi\npopf\nnop\nret\n"
	FUNC("calls") SAVE "push %rdi\npopf\ncall other\nret\n";

/**
 * struct tiny - a kernel and its modules
 * @path: its vmlinux
 * @dir: of the modules
 * @kernel: its text
 * @modsites: their sites
 */
struct tiny {
	char *path;
	char *dir;
	struct livetext kernel;
	struct modsites modsites;
};

/* One module is compressed, and one directory deeper; it has no sites. */
static void begin(struct tiny *t, const char *kernel, const char *module)
{
	char *deep, *ko, *plain;

	t->path = tiny_vmlinux(kernel, "assembler");
	t->dir = xasprintf("%s.modules", t->path);
	deep = xasprintf("%s/deep", t->dir);
	ko = xasprintf("%s/one.ko", t->dir);
	plain = xasprintf("%s/two.ko", deep);
	assert_int_equal(mkdir_p(deep), 0);
	tiny_module(ko, module);
	tiny_module(plain, ".text\n" FUNC("nothing") "ret\n");
	{
		const char *const argv[] = { "xz", plain, NULL };

		assert_int_equal(child_run_quietly("xz", argv, NULL, 60), 0);
	}
	free(ko);
	ko = xasprintf("%s/modules.kofile", t->dir);
	assert_int_equal(write_file(ko, "none", 4), 0);
	assert_int_equal(livetext_open(t->path, &t->kernel), 0);
	assert_int_equal(modsites_scan(&t->kernel, t->dir, &t->modsites), 0);
	assert_int_equal(t->modsites.modules, 2);
	assert_int_equal(t->modsites.with_sites, 1);
	free(plain);
	free(deep);
	free(ko);
}

static void end(struct tiny *t)
{
	modsites_free(&t->modsites);
	livetext_close(&t->kernel);
	tiny_vmlinux_remove(t->path);
	free(t->dir);
}

static void expect_site(const struct tiny *t, size_t i, const char *place, const char *bytes,
			bool doubtful)
{
	const struct modsite *s = &t->modsites.sites[i];

	assert_true(i < t->modsites.nr);
	assert_string_equal(s->module, "one");
	assert_string_equal(s->place, place);
	assert_string_equal(s->bytes, bytes);
	assert_int_equal(s->doubtful, doubtful);
}

static void test_doubt(void **state)
{
	struct tiny t;

	(void)state;
	begin(&t, KERNEL("6.12.1"), test_module);
	assert_int_equal(t.modsites.nr, 5);
	expect_site(&t, 0, "usual+0x8", "f7c7000200007401", false);
	expect_site(&t, 1, "no_save+0x6", "f7c7000200007401", true);
	expect_site(&t, 2, "far_sti+0x8", "f7c7000200007501", true);
	expect_site(&t, 3, "early_mask+0x10", "81e3000200007401", true);
	expect_site(&t, 4, "kept_mask+0x17", "48837c2408007401", true);
	assert_int_equal(modsites_count(&t.modsites, false), 4);
	end(&t);

	begin(&t, KERNEL("5.10.0-1"), popf_module);
	assert_int_equal(t.modsites.nr, 2);
	expect_site(&t, 0, "usual+0x2", "579d90", false);
	expect_site(&t, 1, "calls+0x2", "579de8", true);
	end(&t);
}

static int take(struct tiny *t, const char *verdicts)
{
	char *path = xasprintf("%s/verdicts", t->dir);
	int rc;

	assert_int_equal(write_file(path, verdicts, strlen(verdicts)), 0);
	rc = modsites_judge(&t->modsites, path);
	free(path);
	return rc;
}

/* A verdict holds for a place with these bytes, and for no other. */
static void test_verdicts(void **state)
{
	struct tiny t;

	(void)state;
	begin(&t, KERNEL("6.12.1"), test_module);
	assert_int_equal(modsites_count(&t.modsites, true), 4);
	assert_int_equal(take(&t, "# none of these\n\n"
			      "one far_sti+0x8 f7c7000200007502 restore\n"
			      "one far_sti+0x9 f7c7000200007501 restore\n"
			      "two far_sti+0x8 f7c7000200007501 restore\n"
			      "one usual+0x8 f7c7000200007401 restore\n"), 0);
	assert_int_equal(modsites_count(&t.modsites, true), 4);
	assert_int_equal(take(&t, "one far_sti+0x8 f7c7000200007501 no restore: a test\n"), 0);
	assert_int_equal(modsites_count(&t.modsites, true), 3);
	assert_int_equal(modsites_count(&t.modsites, false), 4);
	assert_string_equal(t.modsites.sites[2].verdict, "no restore: a test");
	assert_int_equal(take(&t, "one kept_mask+0x17 48837c2408007401\n"), -EINVAL);
	assert_int_equal(take(&t, "one\n"), -EINVAL);
	assert_int_equal(modsites_judge(&t.modsites, "/nonexistent"), -ENOENT);
	end(&t);
}

static void test_damaged(void **state)
{
	struct modsites again;
	struct tiny t;
	char *ko;

	(void)state;
	begin(&t, KERNEL("6.12.1"), test_module);
	ko = xasprintf("%s/bad.ko", t.dir);
	assert_int_equal(write_file(ko, "text", 4), 0);
	assert_int_equal(modsites_scan(&t.kernel, t.dir, &again), -ENOEXEC);
	modsites_free(&again);
	free(ko);
	end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_doubt),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests_name("modsites", tests, NULL, NULL);
}
