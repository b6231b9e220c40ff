// SPDX-License-Identifier: GPL-2.0
/*
 * Builds of a tree that is no kernel, but whose Makefile answers as a kernel's
 * does: what is asked of it, what is made of the answers, and what is kept.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/child.h"
#include "kernel/build.h"
#include "kernel/buildroot.h"
#include "kernel/kernel.h"

/*
 * It knows all options but CONFIG_UNKNOWN. code.S is all of its kernel, and each
 * compilation of it is counted. Where there is a file "stop", it doesn't come further
 * than half of it.
 */
static const char makefile[] =
	"allnoconfig:\n"
	"\tgrep -v CONFIG_UNKNOWN $(KCONFIG_ALLCONFIG) >/build/.config\n"
	"olddefconfig:\n"
	"all: /build/vmlinux\n"
	"\tmkdir -p /build/include/config /build/arch/x86/boot\n"
	"\techo 6.1.0-test >/build/include/config/kernel.release\n"
	"\techo test.ko >/build/modules.order\n"
	"\techo image >/build/arch/x86/boot/bzImage\n"
	"/build/vmlinux: code.S\n"
	"\t@echo '  CC      code.o'\n"
	"\t@echo x >>/build/.tmp_compiled\n"
	"\t@[ ! -f stop ] || { echo half >$@; sleep 60; }\n"
	"\tas -o $@ code.S\n"
	"modules_install:\n"
	"\tmkdir -p $(INSTALL_MOD_PATH)/lib/modules/6.1.0-test\n"
	"\tcp /build/vmlinux $(INSTALL_MOD_PATH)/lib/modules/6.1.0-test/test.ko\n";

static const char patch[] =
	"--- a/code.S\n+++ b/code.S\n@@ -1 +1 @@\n-.text; f: nop\n+.text; f: sti\n";

/**
 * struct fixture - what a test has
 * @top: directory of all of it, the cache too
 * @tree: the source
 * @out: build tree
 * @patch: a patch file
 * @rq: asks for that
 */
struct fixture {
	char *top;
	char *tree;
	char *out;
	char *patch;
	struct build_request rq;
};

static void put(const char *dir, const char *file, const char *text)
{
	char *path = xasprintf("%s/%s", dir, file), *slash = strrchr(path, '/');

	*slash = '\0';
	assert_int_equal(mkdir_p(path), 0);
	*slash = '/';
	assert_int_equal(write_file(path, text, strlen(text)), 0);
	free(path);
}

/* One cache for all: its place is asked for only once. */
static int group_setup(void **state)
{
	static char cache[] = "/tmp/irqsan-test-XXXXXX";

	*state = cache;
	/* A lock that is never given free must not hold up all other tests. */
	alarm(200);
	return mkdtemp(cache) ? setenv("XDG_CACHE_HOME", cache, 1) : -1;
}

static int group_teardown(void **state)
{
	return remove_tree(*state);
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	char dir[] = "/tmp/irqsan-test-XXXXXX";

	if (!mkdtemp(dir))
		return -1;
	f->top = xstrdup(dir);
	f->tree = xasprintf("%s/tree", dir);
	f->out = xasprintf("%s/out", dir);
	f->patch = xasprintf("%s/patch", dir);
	put(f->tree, "Kconfig", "");
	put(f->tree, "scripts/kconfig/Makefile", "");
	put(f->tree, "Makefile", makefile);
	put(f->tree, "code.S", ".text; f: nop\n");
	put(f->top, "patch", patch);
	f->rq.source = f->tree;
	f->rq.out = f->out;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	remove_tree(f->top);
	strv_free(&f->rq.patches);
	strv_free(&f->rq.configs);
	free(f->top);
	free(f->tree);
	free(f->out);
	free(f->patch);
	free(f);
	return 0;
}

/* How often the tree was compiled since it was made anew. */
static size_t compiled(const struct fixture *f)
{
	char *path = xasprintf("%s/.tmp_compiled", f->out);
	struct buf b = { 0 };
	size_t n;

	assert_int_equal(read_file(path, &b), 0);
	n = b.len / 2;
	buf_free(&b);
	free(path);
	return n;
}

/* Builds, and returns the signature; caller frees. */
static char *build(struct fixture *f)
{
	struct build b;
	char *signature;

	assert_int_equal(build_kernel(&f->rq, &b), 0);
	assert_string_equal(b.dir, f->out);
	assert_string_equal(b.release, "6.1.0-test");
	assert_null(b.error);
	signature = xstrdup(b.signature);
	build_free(&b);
	return signature;
}

static void test_build(void **state)
{
	struct fixture *f = *state;
	char *signature = build(f), *modules;
	struct build b;
	struct kernel k;

	assert_int_equal(strlen(signature), 64);
	assert_int_equal(build_load(f->out, &b), 0);
	assert_string_equal(b.signature, signature);
	assert_string_equal(b.source, f->tree);
	assert_null(b.suite);
	modules = build_modules(&b);
	assert_int_equal(kernel_get(f->out, &k), 0);
	assert_string_equal(k.release, "6.1.0-test");
	assert_string_equal(k.source, f->tree);
	assert_string_equal(k.modules, modules);
	assert_int_equal(kernel_config(&k, "KPROBES"), 'y');
	kernel_free(&k);
	build_free(&b);
	free(modules);
	free(signature);
}

/* What runs before vmlinux is part of the kernel; how long that is packed is not. */
static void test_boot_code(void **state)
{
	static const char objects[] =
		"\tmkdir -p /build/arch/x86/boot/compressed\n"
		"\tfor f in misc piggy header; do "
		"as --32 -o /build/arch/x86/boot/compressed/$$f.o $$f.S; done\n"
		"/build/vmlinux: code.S\n";
	struct fixture *f = *state;
	char *text = xasprintf("%s", makefile), *at = strstr(text, "/build/vmlinux: code.S\n");
	char *first, *call, *other, *packed, *header;

	at[0] = '\0';
	at = xasprintf("%s%s%s", text, objects, at + strlen("/build/vmlinux: code.S\n"));
	put(f->tree, "Makefile", at);
	put(f->tree, "misc.S", ".text; call one; ret; one: ret; two: ret\n");
	put(f->tree, "piggy.S", ".rodata; .long 1\n");
	put(f->tree, "header.S", ".data; .long 1\n");
	put(f->tree, "arch/x86/boot/header.S", "one\n");
	first = build(f);
	put(f->tree, "misc.S", ".text; call abs; ret; one: ret; two: ret\n");
	call = build(f);
	put(f->tree, "misc.S", ".text; call ext; ret; one: ret; two: ret\n");
	other = build(f);
	put(f->tree, "piggy.S", ".rodata; .long 2\n");
	put(f->tree, "header.S", ".data; .long 2\n");
	packed = build(f);
	put(f->tree, "arch/x86/boot/header.S", "two\n");
	header = build(f);
	assert_string_not_equal(first, call);
	assert_string_not_equal(call, other);
	assert_string_equal(other, packed);
	assert_string_not_equal(packed, header);
	free(first);
	free(call);
	free(other);
	free(packed);
	free(header);
	free(text);
	free(at);
}

/* Make decides what has to be compiled again; another origin leaves it no choice. */
static void test_again(void **state)
{
	struct fixture *f = *state;
	char *first = build(f), *second = build(f), *third, *fourth;

	assert_string_equal(first, second);
	assert_int_equal(compiled(f), 1);
	sleep(1);
	put(f->tree, "code.S", ".text; f: cli\n");
	third = build(f);
	assert_string_not_equal(first, third);
	assert_int_equal(compiled(f), 2);

	put(f->tree, "code.S", ".text; f: nop\n");
	strv_push(&f->rq.patches, f->patch);
	fourth = build(f);
	assert_string_not_equal(first, fourth);
	assert_string_not_equal(third, fourth);
	assert_int_equal(compiled(f), 1);
	free(first);
	free(second);
	free(third);
	free(fourth);
}

static void test_options(void **state)
{
	struct fixture *f = *state;
	struct build b;

	put(f->top, "fragment", "CONFIG_UNKNOWN=y\n");
	strv_pushf(&f->rq.configs, "%s/fragment", f->top);
	assert_int_equal(build_kernel(&f->rq, &b), -EINVAL);
	build_free(&b);
	f->rq.loose = true;
	assert_int_equal(build_kernel(&f->rq, &b), 0);
	build_free(&b);
}

/* What a source that doesn't build leaves behind is no kernel. */
static void test_broken(void **state)
{
	struct fixture *f = *state;
	struct build b;
	struct kernel k;

	free(build(f));
	sleep(1);
	put(f->tree, "code.S", "nonsense\n");
	assert_int_equal(build_kernel(&f->rq, &b), BUILD_BROKEN);
	assert_string_equal(b.error, "code.S:1: Error: no such instruction: `nonsense'");
	assert_true(file_exists(b.log));
	build_free(&b);
	assert_int_equal(build_load(f->out, &b), -ENOENT);
	assert_int_equal(kernel_get(f->out, &k), -ENOENT);
	put(f->tree, "code.S", ".text; f: nop\n");
	free(build(f));
}

static bool is_half(const char *vmlinux)
{
	struct buf b = { 0 };
	bool half = !read_file(vmlinux, &b) && b.len == 5 && !memcmp(b.data, "half\n", 5);

	buf_free(&b);
	return half;
}

/* For make, what it was writing when it was killed is newer than its source, and done. */
static void test_killed(void **state)
{
	struct fixture *f = *state;
	char *before = build(f), *vmlinux = xasprintf("%s/vmlinux", f->out);
	char *after, *stop;
	double deadline = now() + 20;
	struct build b;
	pid_t pid;

	sleep(1);
	put(f->tree, "code.S", ".text; f: cli\n");
	put(f->tree, "stop", "");
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		build_kernel(&f->rq, &b);
		_exit(0);
	}
	while (!is_half(vmlinux) && now() < deadline)
		usleep(10000);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(is_half(vmlinux));

	stop = xasprintf("%s/stop", f->tree);
	assert_int_equal(unlink(stop), 0);
	after = build(f);
	assert_string_not_equal(before, after);
	assert_int_equal(compiled(f), 1);
	free(after);
	free(before);
	free(stop);
	free(vmlinux);
}

static bool is_there(const char *dir, const char *file)
{
	char *path = xasprintf("%s/%s", dir, file);
	bool there = file_exists(path);

	free(path);
	return there;
}

/* Nothing of a user's is taken for an old build. */
static void test_foreign(void **state)
{
	struct fixture *f = *state;
	struct build b;

	/* What was there once made a directory ours. */
	put(f->out, "irqsan/README.md", "a checkout of irqsan");
	put(f->out, "irqsan/origin", "a file of that");
	put(f->out, "irqsan/build.json", "another");

	put(f->out, "thesis.txt", "years of work");
	assert_int_equal(build_kernel(&f->rq, &b), -EEXIST);
	build_free(&b);
	assert_true(is_there(f->out, "thesis.txt"));
	assert_true(is_there(f->out, "irqsan/README.md"));
	assert_true(is_there(f->out, "irqsan/build.json"));
	f->rq.out = f->tree;
	assert_int_equal(build_kernel(&f->rq, &b), -EEXIST);
	build_free(&b);
}

/* Not even an empty directory that is ours may hold the source. */
static void test_source_below(void **state)
{
	struct fixture *f = *state;
	struct build b;

	put(f->top, "irqsan/build-tree", "irqsan build tree\n");
	f->rq.out = f->top;
	assert_int_equal(build_kernel(&f->rq, &b), -EEXIST);
	build_free(&b);
	assert_true(is_there(f->tree, "Makefile"));
}

/* A tree with a directory of that name, which somebody else has built, is a kernel. */
static void test_name_only(void **state)
{
	struct fixture *f = *state;
	struct kernel k;

	put(f->out, "irqsan/irqsan.c", "part of the source");
	put(f->out, "include/config/kernel.release", "6.1.0-other\n");
	put(f->out, "arch/x86/boot/bzImage", "image");
	put(f->out, ".config", "");
	assert_int_equal(kernel_get(f->out, &k), 0);
	assert_string_equal(k.release, "6.1.0-other");
	assert_null(k.source);
	kernel_free(&k);
}

/* A build from another origin removes what make made, and nothing else. */
static void test_guest_file(void **state)
{
	struct fixture *f = *state;

	free(build(f));
	put(f->out, "thesis.txt", "years of work");
	put(f->out, "notes/one.txt", "more work");
	strv_push(&f->rq.patches, f->patch);
	free(build(f));
	assert_int_equal(compiled(f), 1);
	assert_true(is_there(f->out, "thesis.txt"));
	assert_true(is_there(f->out, "notes/one.txt"));
}

/* Without a place of its own it is in the cache, and found there again. */
static void test_in_cache(void **state)
{
	struct fixture *f = *state;
	struct build one, two, other;
	char *dir;

	f->rq.out = NULL;
	assert_int_equal(build_kernel(&f->rq, &one), 0);
	dir = xstrdup(one.dir);
	/* As long as it is held nobody builds there again. */
	build_free(&one);
	assert_int_equal(build_kernel(&f->rq, &two), 0);
	assert_string_equal(dir, two.dir);
	assert_ptr_equal(strstr(dir, irqsan_cache()), dir);
	strv_push(&f->rq.patches, f->patch);
	assert_int_equal(build_kernel(&f->rq, &other), 0);
	assert_string_not_equal(dir, other.dir);
	build_free(&two);
	build_free(&other);
	free(dir);
}

/* What somebody boots, or reads the modules of, stays until he is done with it. */
static void test_held(void **state)
{
	struct fixture *f = *state;
	char *module = xasprintf("%s/irqsan/modules/lib/modules/6.1.0-test/test.ko", f->out);
	char was[65], is[65], *signature = build(f);
	struct kernel k;
	int status;
	pid_t pid;

	assert_int_equal(kernel_get(f->out, &k), 0);
	assert_int_equal(sha256_file(module, was), 0);
	put(f->tree, "code.S", ".text; f: sti\n");
	pid = fork();
	if (!pid) {
		kernel_release(&k);
		free(build(f));
		_exit(0);
	}
	usleep(700000);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	assert_int_equal(sha256_file(module, is), 0);
	assert_string_equal(was, is);
	kernel_free(&k);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* By then it is another one. */
	assert_int_equal(kernel_get(f->out, &k), 0);
	assert_int_equal(sha256_file(module, is), 0);
	assert_string_not_equal(was, is);
	kernel_free(&k);
	free(signature);
	free(module);
}

/* Runs @script in the tree; what it says is to be freed. */
static char *shell(const struct fixture *f, const char *script)
{
	const char *const argv[] = { "sh", "-ec", script, NULL };
	struct child_opts opts = { .argv = argv, .cwd = f->tree, .out = -1, .err = 2 };
	struct buf out = { 0 };
	int status;

	buf_add(&out, "", 0);
	assert_int_equal(child_run(&opts, 60, &out, &status), 0);
	assert_int_equal(status, 0);
	return out.data;
}

/*
 * A tree as developers have it: of the last of three commits, of which the second
 * changes the code and the third a comment; built in, with a change not committed yet.
 */
static void make_history(const struct fixture *f)
{
	free(shell(f, "git init -q .; git config user.name A; git config user.email a@example.org\n"
		   "printf '.config\\n/include/\\n*.o\\n' >.gitignore\n"
		   "git add .; git commit -q -m one\n"
		   "echo '.text; f: sti' >code.S; git commit -q -a -m two\n"
		   "echo '/* no more */' >>code.S; git commit -q -a -m three\n"
		   "mkdir -p include/config; touch include/config/auto.conf code.o\n"
		   "echo '# Automatically generated file; DO NOT EDIT.' >.config\n"
		   "echo CONFIG_OWN=y >>.config\n"
		   "echo '.text; f: cli' >code.S; echo new >untracked; git add -N untracked\n"));
}

/* All that a user sees of his repository. */
static char *look(const struct fixture *f)
{
	return shell(f, "cat .git/HEAD; sha1sum .git/index; git worktree list; git stash list\n"
		     "git status --porcelain; git branch -a; find . -path ./.git -prune -o -print\n");
}

/* Builds @rev as one side; its signature, to be freed. */
static char *build_rev(struct fixture *f, const char *rev, const char *side, char **dir)
{
	char *signature;
	struct kernel k;
	struct build b;

	f->rq.out = NULL;
	f->rq.rev = rev;
	f->rq.side = side;
	assert_int_equal(build_kernel(&f->rq, &b), 0);
	assert_int_equal(kernel_get(b.dir, &k), 0);
	assert_int_equal(kernel_config(&k, "OWN"), 'y');
	assert_string_equal(k.source, b.source);
	assert_string_not_equal(k.source, f->tree);
	signature = xstrdup(b.signature);
	*dir = xstrdup(b.dir);
	kernel_free(&k);
	build_free(&b);
	return signature;
}

/* Revisions are built from copies; what the user has there is neither used nor changed. */
static void test_revisions(void **state)
{
	struct fixture *f = *state;
	char *dirs[4], *one, *two, *three, *again, *before, *after;

	make_history(f);
	free(f->out);
	before = look(f);
	one = build_rev(f, "HEAD~2", "before", &dirs[0]);
	two = build_rev(f, "HEAD~1", "after", &dirs[1]);
	three = build_rev(f, "HEAD", "after", &dirs[2]);
	f->out = xstrdup(dirs[2]);
	assert_int_equal(compiled(f), 2);
	again = build_rev(f, "HEAD~2", "after", &dirs[3]);
	after = look(f);
	assert_string_equal(before, after);
	assert_string_not_equal(one, two);
	assert_string_equal(two, three);
	assert_string_equal(one, again);
	assert_string_not_equal(dirs[0], dirs[1]);
	assert_string_equal(dirs[1], dirs[2]);
	assert_string_equal(dirs[2], dirs[3]);
	for (size_t i = 0; i < 4; i++)
		free(dirs[i]);
	free(one);
	free(two);
	free(three);
	free(again);
	free(before);
	free(after);
}

/* The two sides may be the same revision; a build that is kept says so. */
static void test_revision_kept(void **state)
{
	struct fixture *f = *state;
	struct build b;
	char *dir;

	make_history(f);
	free(build_rev(f, "HEAD", "before", &dir));
	assert_int_equal(build_kernel(&f->rq, &b), 0);
	assert_true(b.kept);
	assert_string_equal(b.dir, dir);
	build_free(&b);
	f->rq.rev = "nonsense";
	assert_int_equal(build_kernel(&f->rq, &b), -ENOENT);
	build_free(&b);
	free(dir);
}

/* Without a revision it is the tracked files as they are that are built. */
static void test_built_in(void **state)
{
	struct fixture *f = *state;
	char *edited, *again, *committed, *before, *after;
	struct build b;

	make_history(f);
	before = look(f);
	edited = build(f);
	assert_int_equal(build_load(f->out, &b), 0);
	assert_true(is_there(b.source, "untracked"));
	assert_false(is_there(b.source, "code.o"));
	build_free(&b);
	after = look(f);
	assert_string_equal(before, after);
	put(f->tree, "code.S", ".text; f: nop; nop\n");
	again = build(f);
	strv_push(&f->rq.patches, f->patch);
	free(shell(f, "git checkout -q HEAD~2 -- code.S"));
	committed = build(f);
	assert_string_not_equal(edited, again);
	assert_string_not_equal(again, committed);
	free(before);
	free(after);
	free(edited);
	free(again);
	free(committed);
}

/* What the user has configured is taken where nothing else is, and first. */
static void test_own_config(void **state)
{
	struct fixture *f = *state;
	char *own = xasprintf("%s/.config", f->tree);
	struct strv configs = { 0 };

	build_own_config(f->tree, &configs);
	assert_int_equal(configs.n, 0);
	put(f->tree, ".config", "");
	build_own_config(f->tree, &configs);
	assert_int_equal(configs.n, 1);
	assert_string_equal(configs.v[0], own);
	build_own_config(f->tree, &configs);
	assert_int_equal(configs.n, 1);
	/* In a home directory .config is one. */
	assert_int_equal(unlink(own), 0);
	put(own, "file", "");
	strv_free(&configs);
	build_own_config(f->tree, &configs);
	assert_int_equal(configs.n, 0);
	free(own);
}

/* A linked worktree has its own HEAD and index. */
static void test_linked(void **state)
{
	struct fixture *f = *state;
	char *one, *linked, *dir;

	make_history(f);
	one = build_rev(f, "HEAD~2", "before", &dir);
	free(dir);
	free(shell(f, "git worktree add -q --detach ../linked HEAD~2; cp .config ../linked\n"));
	free(f->tree);
	f->tree = xasprintf("%s/linked", f->top);
	f->rq.source = f->tree;
	linked = build_rev(f, "HEAD", "before", &dir);
	free(dir);
	assert_string_equal(one, linked);
	free(linked);
	linked = build_rev(f, NULL, NULL, &dir);
	assert_string_equal(one, linked);
	free(dir);
	free(linked);
	free(one);
}

/* Whoever we are: no capability, nothing of the machine's to write to, no terminal. */
static void test_sandbox(void **state)
{
	static const char script[] =
		"grep -q 'CapEff:[[:space:]]*0*$' /proc/self/status || echo capabilities\n"
		"[ ! -w /proc/sys/kernel/core_pattern ] || echo core_pattern\n"
		"[ ! -w /proc/sysrq-trigger ] || echo sysrq\n"
		"(: >/dev/tty) 2>/dev/null && echo terminal\n"
		"touch /usr/x 2>/dev/null && echo usr\n"
		"touch /build/x || echo build\n";
	struct fixture *f = *state;
	const struct bind binds[] = { { f->top, "/build", true }, { 0 } };
	struct buildroot br = { .root = xstrdup("/") };
	struct child_opts opts = { .out = -1, .err = -1 };
	struct strv argv = { 0 };
	struct buf out = { 0 };
	int status;

	buildroot_enter(&br, binds, &argv);
	strv_push(&argv, "sh");
	strv_push(&argv, "-c");
	strv_push(&argv, script);
	opts.argv = (const char *const *)argv.v;
	assert_int_equal(child_run(&opts, 30, &out, &status), 0);
	assert_string_equal(out.data, "");
	assert_int_equal(status, 0);
	strv_free(&argv);
	buf_free(&out);
	buildroot_free(&br);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_build, setup, teardown),
		cmocka_unit_test_setup_teardown(test_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_boot_code, setup, teardown),
		cmocka_unit_test_setup_teardown(test_options, setup, teardown),
		cmocka_unit_test_setup_teardown(test_broken, setup, teardown),
		cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_foreign, setup, teardown),
		cmocka_unit_test_setup_teardown(test_source_below, setup, teardown),
		cmocka_unit_test_setup_teardown(test_name_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_guest_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_in_cache, setup, teardown),
		cmocka_unit_test_setup_teardown(test_held, setup, teardown),
		cmocka_unit_test_setup_teardown(test_revisions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_revision_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_built_in, setup, teardown),
		cmocka_unit_test_setup_teardown(test_own_config, setup, teardown),
		cmocka_unit_test_setup_teardown(test_linked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sandbox, setup, teardown),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
