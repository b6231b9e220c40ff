// SPDX-License-Identifier: GPL-2.0
/*
 * Kernels built from source: a source, patches on top of it, a configuration;
 * out of it a build tree that can be booted and has a signature.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cache.h"
#include "kernel/build-run.h"
#include "kernel/build.h"
#include "kernel/kconfig.h"
#include "kernel/kernel-source.h"
#include "kernel/signature.h"
#include "kernel/toolchain.h"

/* A build with another one is not found again. */
#define BUILD_FORMAT "2"

#define CONFIGURE_DEADLINE_S 600
#define COMPILE_DEADLINE_S (4 * 3600)
#define INSTALL_DEADLINE_S 600

/* What each configuration begins with. */
#define BASE_CONFIG "kvm-guest"

/* Makes a directory ours: no name alone does that. */
#define MARKER "build-tree"
static const char magic[] = "irqsan build tree\n";

/* Is there while make writes. */
#define CUT "unfinished"

/**
 * struct making - a build under way
 * @rq: what is to be built
 * @b: its result
 * @source: the source as it is, without the patches
 * @clang: with clang
 * @patches: patch files, those of the series among them
 * @config: configuration
 * @text: the same as the file that kconfig reads
 * @toolchain: what it is built with
 * @name: hash of the request; of a directory whatever its content
 * @origin: source and patches, as text: of another origin, nothing in the build
 *	    tree is of use
 * @fresh: the build tree was empty
 */
struct making {
	const struct build_request *rq;
	struct build *b;
	struct kernel_source source;
	bool clang;
	struct strv patches;
	struct kconfig config;
	struct buf text;
	struct toolchain toolchain;
	char name[65];
	struct buf origin;
	bool fresh;
};

static char *inside(const struct build *b, const char *file)
{
	return xasprintf("%s/" BUILD_OWN "/%s", b->dir, file);
}

static bool is_directory(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static int collect_patches(struct making *m)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < m->rq->patches.n; i++) {
		const char *path = m->rq->patches.v[i];

		if (is_directory(path)) {
			rc = kernel_source_series(path, &m->patches);
		} else if (!file_exists(path)) {
			pr_err("no patch %s", path);
			rc = -ENOENT;
		} else {
			strv_push(&m->patches, path);
		}
	}
	return rc;
}

static int collect_config(const struct strv *configs, struct kconfig *all, struct buf *text)
{
	struct kconfig own = { 0 };
	int rc = 0;

	/* Whether there is a base is known when all are read. */
	for (size_t i = 0; !rc && i < configs->n; i++)
		rc = kconfig_add(&own, configs->v[i]);
	if (!rc && !own.base)
		rc = kconfig_add(all, BASE_CONFIG);
	kconfig_free(&own);
	for (size_t i = 0; !rc && i < configs->n; i++)
		rc = kconfig_add(all, configs->v[i]);
	return rc ? rc : kconfig_text(all, text);
}

/**
 * build_config() - what a kernel is to be configured with
 * @configs: as in a request
 * @text: all of it is appended
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int build_config(const struct strv *configs, struct buf *text)
{
	struct kconfig all = { 0 };
	int rc = collect_config(configs, &all, text);

	kconfig_free(&all);
	return rc;
}

/**
 * build_own_config() - where nothing is asked for, what the user has configured
 * @source: as in a request
 * @configs: likewise; if it is empty, the .config of a directory is appended
 */
void build_own_config(const char *source, struct strv *configs)
{
	char *path = xasprintf("%s/.config", source);
	struct stat st;

	/* Debian's sources have none. */
	if (!configs->n && !stat(path, &st) && S_ISREG(st.st_mode))
		strv_push(configs, path);
	free(path);
}

static int find_config(struct making *m)
{
	char *own = xasprintf("%s/.config", m->rq->source);
	struct strv configs = { 0 };
	int rc;

	for (size_t i = 0; i < m->rq->configs.n; i++)
		strv_push(&configs, m->rq->configs.v[i]);
	build_own_config(m->rq->source, &configs);
	rc = collect_config(&configs, &m->config, &m->text);
	m->clang = m->rq->clang || (!rc && m->config.base && !strcmp(m->config.base, own) &&
				    strstr(m->text.data, "\nCONFIG_CC_IS_CLANG=y\n"));
	strv_free(&configs);
	free(own);
	return rc;
}

static int describe_origin(struct making *m)
{
	const struct kernel_source *s = &m->source;
	int rc = 0;

	/* From one revision to the next make knows what to do. */
	buf_addf(&m->origin, "%s %s\n", s->dir, s->git ? "git" : s->version ?: "");
	for (size_t i = 0; !rc && i < m->patches.n; i++) {
		char hex[65];

		rc = sha256_file(m->patches.v[i], hex);
		if (!rc)
			buf_addf(&m->origin, "%s\n", hex);
	}
	return rc;
}

static int make_key(struct making *m)
{
	struct buf all = { 0 };
	char hex[65];
	int rc;

	buf_addf(&all, BUILD_FORMAT "\n%s%s\n%s\n", m->origin.data, m->toolchain.br.id,
		 m->toolchain.clang ? "clang" : "gcc");
	buf_add(&all, m->text.data, m->text.len);
	rc = sha256_data(all.data, all.len, m->name);
	if (!rc && m->source.git)
		buf_addf(&all, "%s\n", m->source.version);
	if (!rc)
		rc = sha256_data(all.data, all.len, hex);
	if (!rc)
		m->b->key = xstrdup(hex);
	buf_free(&all);
	return rc;
}

/* "bookworm-kasan-0123456789ab": what it is, for who looks at the cache, and the key. */
static char *cache_name(const struct making *m)
{
	const char *name = m->source.suite ? m->rq->source + strlen(SOURCE_PREFIX) :
					     strrchr(m->source.dir, '/') + 1;
	const char *config = m->config.names.v[m->config.names.n - 1];
	const char *slash = strrchr(config, '/');

	return xasprintf("%s/builds/%s-%s%s%s%s-%.12s", irqsan_cache(), name,
			 slash ? slash + 1 : config, m->clang ? "-clang" : "",
			 m->rq->side ? "-" : "", m->rq->side ?: "", m->name);
}

static int find_dir(struct making *m)
{
	char *dir = m->rq->out ? xstrdup(m->rq->out) : cache_name(m);
	int rc = mkdir_p(dir);

	if (!rc) {
		m->b->dir = realpath(dir, NULL);
		if (!m->b->dir) {
			rc = -errno;
			pr_err("can't find %s: %s", dir, strerror(-rc));
		}
	}
	free(dir);
	if (!rc)
		m->b->log = inside(m->b, "build.log");
	return rc;
}

/* True also for what can't be read: it won't be ours either. */
static bool has_files(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	bool some = !d;

	while (d && !some && (e = readdir(d)))
		some = strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
	if (d)
		closedir(d);
	return some;
}

/*
 * Was the build tree made from this source? A patched copy of a directory, or of a
 * revision, is as good as another source, for the directory may have changed since.
 */
static bool is_same_origin(struct making *m)
{
	char *path = inside(m->b, "origin");
	struct buf was = { 0 };
	bool same = false;

	if (file_exists(path) && !read_file(path, &was))
		same = !strcmp(was.data, m->origin.data) &&
		       (m->source.suite || !m->patches.n);
	buf_free(&was);
	free(path);
	return same;
}

/**
 * build_is_ours() - has irqsan made this build tree?
 * @dir: any directory
 *
 * Return: true if so, however the build ended
 */
bool build_is_ours(const char *dir)
{
	char *path = xasprintf("%s/" BUILD_OWN "/" MARKER, dir);
	struct buf text = { 0 };
	bool ours;

	ours = file_exists(path) && !read_file(path, &text) && text.len == strlen(magic) &&
	       !strcmp(text.data, magic);
	buf_free(&text);
	free(path);
	return ours;
}

static bool holds_source(const struct making *m)
{
	const char *dir = m->b->dir, *source = m->source.dir;
	size_t len = strlen(dir);

	return !strcmp(dir, "/") ||
	       (!strncmp(source, dir, len) && (!source[len] || source[len] == '/'));
}

/* Does make write at this name? Its directories have the names of the source's. */
static bool is_makes(const struct making *m, const char *name)
{
	static const char *const patterns[] = {
		BUILD_OWN, ".config*", ".tmp*", ".version", ".gitignore", ".*.cmd", ".*.d",
		"*.o", "*.a", "vmlinux*", ".vmlinux*", "System.map", "Module.symvers",
		"modules.*", "source",
	};
	char *path;
	bool is;

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (!fnmatch(patterns[i], name, 0))
			return true;
	path = xasprintf("%s/%s", m->source.dir, name);
	is = strcmp(name, ".git") && file_exists(path);
	free(path);
	return is;
}

/* What somebody else has put there stays. */
static int clean_dir(const struct making *m)
{
	DIR *d = opendir(m->b->dir);
	int rc = d ? 0 : -errno;
	struct dirent *e;

	while (!rc && (e = readdir(d))) {
		char *path = xasprintf("%s/%s", m->b->dir, e->d_name);

		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && is_makes(m, e->d_name))
			rc = remove_tree(path);
		free(path);
	}
	if (d)
		closedir(d);
	return rc;
}

/*
 * Make goes by the times of files, which say nothing once the source is another
 * one, or when a file was being written as make was killed: then all goes, and what
 * the compiler makes of the same files is in ccache.
 */
static int prepare_dir(struct making *m)
{
	char *own = inside(m->b, ""), *cut = inside(m->b, CUT), *marker = inside(m->b, MARKER);
	int rc = 0;

	m->fresh = !has_files(m->b->dir);
	if (holds_source(m)) {
		pr_err("%s holds the source %s; give the build a directory of its own",
		       m->b->dir, m->source.dir);
		rc = -EEXIST;
	} else if (!m->fresh && m->rq->out && !build_is_ours(m->b->dir)) {
		pr_err("%s is neither empty nor the result of an earlier build; give another directory",
		       m->b->dir);
		rc = -EEXIST;
	} else if (!m->fresh && (file_exists(cut) || !is_same_origin(m))) {
		rc = clean_dir(m);
		m->fresh = true;
	}
	if (!rc)
		rc = mkdir_p(own);
	if (!rc)
		rc = write_file(marker, magic, strlen(magic));
	if (!rc)
		rc = write_file(cut, "", 0);
	free(marker);
	free(cut);
	free(own);
	return rc;
}

/* What is in the build tree from now on is of this source. */
static int prepare_source(struct making *m)
{
	char *copy = inside(m->b, "source"), *path = inside(m->b, "origin");
	int rc = 0;

	m->b->source = xstrdup(m->patches.n || m->source.git ? copy : m->source.dir);
	if (m->source.git || (m->patches.n && !file_exists(copy)))
		rc = kernel_source_copy(&m->source, &m->patches, copy);
	if (!rc)
		rc = write_file(path, m->origin.data, m->origin.len);
	free(path);
	free(copy);
	return rc;
}

/* Frees @argv. 0, BUILD_BROKEN with the reason in the result, or a negative errno. */
static int run_make(struct making *m, const char *what, struct strv *argv, double deadline_s,
		    unsigned int expected, unsigned int *compiled)
{
	struct build_run run = {
		.what = what, .argv = (const char *const *)argv->v, .log = m->b->log,
		.deadline_s = deadline_s, .expected = expected,
	};
	int rc = build_run(&run);

	if (compiled)
		*compiled = run.compiled;
	if (run.failure.line && run.failure.ours) {
		pr_err("%s failed: %s (all of it: %s)", what, run.failure.line, m->b->log);
		free(run.failure.line);
	} else if (run.failure.line) {
		m->b->error = run.failure.line;
		rc = BUILD_BROKEN;
	}
	strv_free(argv);
	return rc;
}

static int check_config(struct making *m, const char *path)
{
	struct buf config = { 0 }, missed = { 0 };
	int rc = read_file(path, &config);

	if (!rc && kconfig_missed(&m->config, config.data, &missed)) {
		if (m->rq->loose) {
			pr_info("not as asked for: %s", missed.data);
		} else {
			pr_err("can't be configured so: %s (this kernel has no such option, or it depends on others)",
			       missed.data);
			rc = -EINVAL;
		}
	}
	buf_free(&missed);
	buf_free(&config);
	return rc;
}

static int configure(struct making *m)
{
	char *fragment = inside(m->b, "config"), *config = xasprintf("%s/.config", m->b->dir);
	struct strv argv = { 0 };
	int rc;

	toolchain_kernel(&m->toolchain, m->b->source, m->b->dir, &argv);
	if (m->config.base) {
		strv_push(&argv, "olddefconfig");
		rc = write_file(config, m->text.data, m->text.len);
	} else {
		strv_push(&argv, "KCONFIG_ALLCONFIG=/build/" BUILD_OWN "/config");
		strv_push(&argv, "allnoconfig");
		rc = write_file(fragment, m->text.data, m->text.len);
	}
	if (!rc)
		rc = run_make(m, "configuring the kernel", &argv, CONFIGURE_DEADLINE_S, 0, NULL);
	if (!rc)
		rc = check_config(m, config);
	strv_free(&argv);
	free(fragment);
	free(config);
	return rc;
}

/* How many files such a build compiled when it last had all to compile; 0 if not known. */
static char *expectation_path(const struct making *m)
{
	struct buf names = { 0 };
	char *path, hex[65];

	for (size_t i = 0; i < m->config.names.n; i++)
		buf_addf(&names, "%s\n", m->config.names.v[i]);
	buf_addf(&names, "%s\n", m->source.name);
	path = sha256_data(names.data, names.len, hex) ? NULL :
	       xasprintf("%s/builds/expect/%.16s", irqsan_cache(), hex);
	buf_free(&names);
	return path;
}

static unsigned int expectation(const struct making *m)
{
	char *path = expectation_path(m);
	struct buf text = { 0 };
	unsigned int n = 0;

	if (m->fresh && path && file_exists(path) && !read_file(path, &text))
		n = strtoul(text.data, NULL, 10);
	buf_free(&text);
	free(path);
	return n;
}

static void expect(const struct making *m, unsigned int compiled)
{
	char *path = expectation_path(m), *text = xasprintf("%u\n", compiled), *slash;

	if (m->fresh && path) {
		slash = strrchr(path, '/');
		*slash = '\0';
		if (!mkdir_p(path)) {
			*slash = '/';
			write_file_atomic(path, text, strlen(text));
		}
	}
	free(text);
	free(path);
}

static int compile(struct making *m)
{
	unsigned int compiled = 0;
	struct strv argv = { 0 };
	int rc;

	toolchain_kernel(&m->toolchain, m->b->source, m->b->dir, &argv);
	strv_push(&argv, "all");
	rc = run_make(m, "building the kernel", &argv, COMPILE_DEADLINE_S, expectation(m),
		      &compiled);
	if (!rc)
		expect(m, compiled);
	return rc;
}

/* With depmod, so that the modules are found by name. */
static int install_modules(struct making *m)
{
	char *order = xasprintf("%s/modules.order", m->b->dir), *old = inside(m->b, "modules");
	struct strv argv = { 0 };
	int rc = remove_tree(old);

	/* A kernel without modules has no order of them. */
	if (!rc && file_exists(order)) {
		toolchain_kernel(&m->toolchain, m->b->source, m->b->dir, &argv);
		strv_push(&argv, "INSTALL_MOD_PATH=/build/" BUILD_OWN "/modules");
		strv_push(&argv, "INSTALL_MOD_STRIP=1");
		strv_push(&argv, "modules_install");
		rc = run_make(m, "installing the modules", &argv, INSTALL_DEADLINE_S, 0, NULL);
	}
	free(old);
	free(order);
	return rc;
}

static int read_release(struct build *b)
{
	char *path = xasprintf("%s/include/config/kernel.release", b->dir);
	struct buf text = { 0 };
	int rc = read_file(path, &text);

	if (!rc)
		b->release = strndup(text.data, strcspn(text.data, "\n"));
	buf_free(&text);
	free(path);
	return rc;
}

/*
 * What runs before vmlinux: the objects of arch/x86/boot and of EFI's stub. piggy.o
 * is the compressed vmlinux, and header.o holds the length of that, which the build
 * id changes: for it stands its source.
 */
static void boot_files(const struct build *b, struct strv *files)
{
	static const char *const objects[] = {
		"arch/x86/boot/*.o", "arch/x86/boot/compressed/*.o",
		"drivers/firmware/efi/libstub/*.o",
	};
	static const char *const sources[] = {
		"arch/x86/boot/header.S", "arch/x86/boot/setup.ld",
		"arch/x86/boot/compressed/vmlinux.lds.S",
	};
	glob_t found;

	for (size_t i = 0; i < ARRAY_SIZE(objects); i++) {
		char *pattern = xasprintf("%s/%s", b->dir, objects[i]);

		if (!glob(pattern, 0, NULL, &found)) {
			for (size_t n = 0; n < found.gl_pathc; n++) {
				const char *name = strrchr(found.gl_pathv[n], '/');

				if (strcmp(name, "/piggy.o") && strcmp(name, "/header.o"))
					strv_push(files, found.gl_pathv[n]);
			}
			globfree(&found);
		}
		free(pattern);
	}
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		char *path = xasprintf("%s/%s", b->source, sources[i]);

		if (file_exists(path))
			strv_push(files, path);
		free(path);
	}
}

static int sign(struct build *b)
{
	struct strv boot = { 0 };
	char *vmlinux = xasprintf("%s/vmlinux", b->dir), *modules = build_modules(b);
	char hex[65];
	int rc;

	boot_files(b, &boot);
	rc = kernel_signature(vmlinux, modules, &boot, hex);
	strv_free(&boot);
	if (!rc)
		b->signature = xstrdup(hex);
	free(modules);
	free(vmlinux);
	return rc;
}

static json_t *to_json(const struct build *b)
{
	return json_pack("{ss* ss* ss* sb ss* ss* ss* sf sb ss* ss*}", "dir", b->dir,
			 "source", b->source, "suite", b->suite, "clang", b->clang,
			 "release", b->release, "signature", b->signature, "key", b->key,
			 "seconds", b->seconds, "kept", b->kept, "error", b->error,
			 "log", b->log);
}

/**
 * build_write_json() - write a result for other programs
 * @b: result
 * @path: file, replaced; "-" for standard output
 *
 * Return: 0 or a negative errno
 */
int build_write_json(const struct build *b, const char *path)
{
	json_t *o = to_json(b);
	char *text = o ? json_dumps(o, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) : NULL;
	int rc = 0;

	if (!text)
		rc = -ENOMEM;
	else if (!strcmp(path, "-"))
		puts(text);
	else
		rc = write_file_atomic(path, text, strlen(text));
	free(text);
	json_decref(o);
	return rc;
}

static char *record_path(const char *dir)
{
	return xasprintf("%s/" BUILD_OWN "/build.json", dir);
}

/**
 * build_load() - what is known of a finished build
 * @dir: its build tree
 * @b: filled; build_free() it
 *
 * Return: 0, or -ENOENT (silently) when irqsan has not built it, or not to the
 * end
 */
int build_load(const char *dir, struct build *b)
{
	const char *source, *suite = NULL, *release, *signature, *key;
	char *path = record_path(dir);
	json_t *o = json_load_file(path, 0, NULL);
	int clang, rc = 0;

	*b = (struct build){ 0 };
	if (!o || json_unpack(o, "{ss s?s sb ss ss ss sf}", "source", &source, "suite", &suite,
			      "clang", &clang, "release", &release, "signature", &signature,
			      "key", &key, "seconds", &b->seconds)) {
		rc = -ENOENT;
	} else {
		b->dir = realpath(dir, NULL);
		b->source = xstrdup(source);
		b->suite = xstrdup(suite);
		b->clang = clang;
		b->release = xstrdup(release);
		b->signature = xstrdup(signature);
		b->key = xstrdup(key);
		b->log = inside(b, "build.log");
		b->kept = true;
	}
	json_decref(o);
	free(path);
	return rc;
}

/**
 * build_modules() - where a build's modules are installed
 * @b: a build that has its release
 *
 * Return: …/lib/modules/RELEASE, to be freed; NULL when it has no modules
 */
char *build_modules(const struct build *b)
{
	char *path = xasprintf("%s/" BUILD_OWN "/modules/lib/modules/%s", b->dir, b->release);

	if (file_exists(path))
		return path;
	free(path);
	return NULL;
}

/* Is what was asked for there already? A directory's content may have changed. */
static bool is_kept(struct making *m)
{
	struct build old;
	bool kept = false;

	if (!m->source.version || build_load(m->b->dir, &old))
		return false;
	if (!strcmp(old.key, m->b->key)) {
		build_free(m->b);
		*m->b = old;
		kept = true;
	} else {
		build_free(&old);
	}
	return kept;
}

/* Make has come to an end by itself: what is there is whole. */
static void not_cut(const struct making *m)
{
	char *cut = inside(m->b, CUT);

	if (unlink(cut))
		pr_warn("can't remove %s: %s", cut, strerror(errno));
	free(cut);
}

static int build_locked(struct making *m)
{
	struct build *b = m->b;
	char *record = record_path(b->dir);
	double start = now();
	/* Make writes into the tree itself: not while a kernel of it is booted. */
	int claim = cache_claim(b->dir);
	int rc = claim < 0 ? claim : 0;

	b->suite = xstrdup(m->source.suite);
	b->clang = m->toolchain.clang;
	if (!rc)
		rc = prepare_dir(m);
	if (!rc && unlink(record) && errno != ENOENT)
		pr_warn("can't remove %s: %s", record, strerror(errno));
	if (!rc)
		rc = prepare_source(m);
	if (!rc)
		rc = write_file(b->log, "", 0);
	if (!rc)
		rc = configure(m);
	if (!rc)
		rc = compile(m);
	if (!rc)
		rc = install_modules(m);
	if (!rc)
		rc = read_release(b);
	if (!rc)
		rc = sign(b);
	if (!rc || rc == BUILD_BROKEN)
		not_cut(m);
	b->seconds = now() - start;
	if (!rc)
		rc = build_write_json(b, record);
	if (claim >= 0)
		close(claim);
	free(record);
	return rc;
}

/**
 * build_kernel() - build a kernel from source
 * @rq: what is to be built
 * @b: filled, in each case; build_free() it
 *
 * Return: 0; BUILD_BROKEN when the source doesn't build, and @b->error says why;
 * a negative errno when the request or this machine is to blame, and the reason
 * was printed
 */
int build_kernel(const struct build_request *rq, struct build *b)
{
	struct making m = { .rq = rq, .b = b };
	int lock = -1, rc;

	*b = (struct build){ 0 };
	rc = collect_patches(&m);
	if (!rc)
		rc = find_config(&m);
	if (!rc)
		rc = kernel_source_get(rq->source, rq->rev, &m.source);
	if (!rc)
		rc = toolchain_get(m.source.suite, m.clang, &m.toolchain);
	if (!rc)
		rc = describe_origin(&m);
	if (!rc)
		rc = make_key(&m);
	if (!rc)
		rc = find_dir(&m);
	if (!rc) {
		lock = cache_lock(b->dir);
		rc = lock < 0 ? lock : 0;
	}
	if (!rc && !is_kept(&m))
		rc = build_locked(&m);
	if (!rc) {
		b->held = cache_hold(b->dir);
		rc = b->held < 0 ? b->held : 0;
	}
	if (lock >= 0)
		close(lock);
	toolchain_free(&m.toolchain);
	kernel_source_free(&m.source);
	kconfig_free(&m.config);
	strv_free(&m.patches);
	buf_free(&m.origin);
	buf_free(&m.text);
	return rc;
}

/**
 * build_free() - free what build_kernel() or build_load() filled
 * @b: result
 */
void build_free(struct build *b)
{
	if (b->held > 0)
		close(b->held);
	free(b->dir);
	free(b->source);
	free(b->suite);
	free(b->release);
	free(b->signature);
	free(b->key);
	free(b->error);
	free(b->log);
	*b = (struct build){ 0 };
}
