// SPDX-License-Identifier: GPL-2.0
/*
 * Kernels built from source: a source, patches on top of it, a configuration;
 * out of it a build tree that can be booted and has a signature.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fnmatch.h>
#include <jansson.h>
#include <string.h>

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
	struct kconfig own __cleanup(kconfig_free) = { 0 };
	int rc = 0;

	/* Whether there is a base is known when all are read. */
	for (size_t i = 0; !rc && i < configs->n; i++)
		rc = kconfig_add(&own, configs->v[i]);
	if (!rc && !own.base)
		rc = kconfig_add(all, BASE_CONFIG);
	for (size_t i = 0; !rc && i < configs->n; i++)
		rc = kconfig_add(all, configs->v[i]);
	return rc ?: kconfig_text(all, text);
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
	struct kconfig all __cleanup(kconfig_free) = { 0 };

	return collect_config(configs, &all, text);
}

/**
 * build_own_config() - where nothing is asked for, what the user has configured
 * @source: as in a request
 * @configs: likewise; if it is empty, the .config of a directory is appended
 */
void build_own_config(const char *source, struct strv *configs)
{
	char *path __cleanup(free_ptr) = xasprintf("%s/.config", source);

	/* Debian's sources have none. */
	if (!configs->n && file_exists(path) && !is_directory(path))
		strv_push(configs, path);
}

static int find_config(struct making *m)
{
	char *own __cleanup(free_ptr) = xasprintf("%s/.config", m->rq->source);
	struct strv configs __cleanup(strv_free) = { 0 };
	int rc;

	strv_extend(&configs, (const char *const *)m->rq->configs.v);
	build_own_config(m->rq->source, &configs);
	rc = collect_config(&configs, &m->config, &m->text);
	m->clang = m->rq->clang || (!rc && m->config.base && !strcmp(m->config.base, own) &&
				    strstr(m->text.data, "\nCONFIG_CC_IS_CLANG=y\n"));
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
	struct buf all __cleanup(buf_free) = { 0 };
	char hex[65];
	int rc;

	buf_addf(&all, BUILD_FORMAT "\n%s%s\n%s\n", m->origin.data, m->toolchain.br.id,
		 m->toolchain.clang ? "clang" : "gcc");
	buf_add(&all, m->text.data, m->text.len);
	rc = sha256_data(all.data, all.len, m->name);
	if (!rc && m->source.git)
		buf_addf(&all, "%s\n", m->source.version);
	rc = rc ?: sha256_data(all.data, all.len, hex);
	if (!rc)
		m->b->key = xstrdup(hex);
	return rc;
}

/* "bookworm-kasan-0123456789ab": what it is, for who looks at the cache, and the key. */
static char *cache_name(const struct making *m)
{
	const char *name = m->source.suite ? m->rq->source + strlen(SOURCE_PREFIX) :
					     strrchr(m->source.dir, '/') + 1;

	return xasprintf("%s/builds/%s-%s%s%s%s-%.12s", irqsan_cache(), name,
			 basename(m->config.names.v[m->config.names.n - 1]),
			 m->clang ? "-clang" : "", m->rq->side ? "-" : "", m->rq->side ?: "",
			 m->name);
}

static int find_dir(struct making *m)
{
	char *dir __cleanup(free_ptr) = m->rq->out ? xstrdup(m->rq->out) : cache_name(m);
	int rc = mkdir_p(dir);

	if (rc)
		return rc;
	m->b->dir = realpath(dir, NULL);
	if (!m->b->dir)
		return file_err("find", dir, errno);
	m->b->log = inside(m->b, "build.log");
	return 0;
}

/*
 * Was the build tree made from this source? A patched copy of a directory, or of a
 * revision, is as good as another source, for the directory may have changed since.
 */
static bool is_same_origin(struct making *m)
{
	char *path __cleanup(free_ptr) = inside(m->b, "origin");

	return file_holds(path, m->origin.data) && (m->source.suite || !m->patches.n);
}

/**
 * build_is_ours() - has irqsan made this build tree?
 * @dir: any directory
 *
 * Return: true if so, however the build ended
 */
bool build_is_ours(const char *dir)
{
	char *path __cleanup(free_ptr) = xasprintf("%s/" BUILD_OWN "/" MARKER, dir);

	return file_holds(path, magic);
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
	char *path __cleanup(free_ptr) = xasprintf("%s/%s", m->source.dir, name);

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (!fnmatch(patterns[i], name, 0))
			return true;
	return strcmp(name, ".git") && file_exists(path);
}

/* What somebody else has put there stays. */
static int clean_dir(const struct making *m, const struct strv *names)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < names->n; i++) {
		char *path __cleanup(free_ptr) = xasprintf("%s/%s", m->b->dir, names->v[i]);

		if (is_makes(m, names->v[i]))
			rc = remove_tree(path);
	}
	return rc;
}

/*
 * Make goes by the times of files, which say nothing once the source is another
 * one, or when a file was being written as make was killed: then all goes, and what
 * the compiler makes of the same files is in ccache.
 */
static int prepare_dir(struct making *m)
{
	char *own __cleanup(free_ptr) = inside(m->b, "");
	char *cut __cleanup(free_ptr) = inside(m->b, CUT);
	char *marker __cleanup(free_ptr) = inside(m->b, MARKER);
	struct strv names __cleanup(strv_free) = { 0 };
	int rc = list_directory(m->b->dir, &names);

	if (rc)
		return rc;
	m->fresh = !names.n;
	if (holds_source(m)) {
		pr_err("%s holds the source %s; give the build a directory of its own",
		       m->b->dir, m->source.dir);
		return -EEXIST;
	}
	if (!m->fresh && m->rq->out && !build_is_ours(m->b->dir)) {
		pr_err("%s is neither empty nor the result of an earlier build; give another directory",
		       m->b->dir);
		return -EEXIST;
	}
	if (!m->fresh && (file_exists(cut) || !is_same_origin(m))) {
		rc = clean_dir(m, &names);
		m->fresh = true;
	}
	return rc ?: mkdir_p(own) ?: write_file(marker, magic, strlen(magic)) ?:
	       write_file(cut, "", 0);
}

/* What is in the build tree from now on is of this source. */
static int prepare_source(struct making *m)
{
	char *copy __cleanup(free_ptr) = inside(m->b, "source");
	char *path __cleanup(free_ptr) = inside(m->b, "origin");
	int rc = 0;

	m->b->source = xstrdup(m->patches.n || m->source.git ? copy : m->source.dir);
	if (m->source.git || (m->patches.n && !file_exists(copy)))
		rc = kernel_source_copy(&m->source, &m->patches, copy);
	return rc ?: write_file(path, m->origin.data, m->origin.len);
}

/*
 * Runs make with @targets, up to a NULL. @compiled: how many files are expected to be
 * compiled, and then how many were; or NULL. 0, BUILD_BROKEN with the reason in the
 * result, or a negative errno.
 */
static int run_make(struct making *m, const char *what, double deadline_s,
		    unsigned int *compiled, const char *const *targets)
{
	struct strv argv __cleanup(strv_free) = { 0 };
	struct build_run run = {
		.what = what, .log = m->b->log, .deadline_s = deadline_s,
		.expected = compiled ? *compiled : 0,
	};
	int rc;

	toolchain_kernel(&m->toolchain, m->b->source, m->b->dir, &argv);
	strv_extend(&argv, targets);
	run.argv = (const char *const *)argv.v;
	rc = build_run(&run);
	if (compiled)
		*compiled = run.compiled;
	if (run.failure.line && run.failure.ours) {
		pr_err("%s failed: %s (all of it: %s)", what, run.failure.line, m->b->log);
		free(run.failure.line);
	} else if (run.failure.line) {
		m->b->error = run.failure.line;
		rc = BUILD_BROKEN;
	}
	return rc;
}

static int check_config(struct making *m, const char *path)
{
	struct buf config __cleanup(buf_free) = { 0 }, missed __cleanup(buf_free) = { 0 };
	int rc = read_file(path, &config);

	if (rc || !kconfig_missed(&m->config, config.data, &missed))
		return rc;
	if (m->rq->loose) {
		pr_info("not as asked for: %s", missed.data);
		return 0;
	}
	pr_err("can't be configured so: %s (this kernel has no such option, or it depends on others)",
	       missed.data);
	return -EINVAL;
}

static int configure(struct making *m)
{
	static const char *const on_base[] = { "olddefconfig", NULL };
	static const char *const on_nothing[] = {
		"KCONFIG_ALLCONFIG=/build/" BUILD_OWN "/config", "allnoconfig", NULL
	};
	char *fragment __cleanup(free_ptr) = inside(m->b, "config");
	char *config __cleanup(free_ptr) = xasprintf("%s/.config", m->b->dir);

	return write_file(m->config.base ? config : fragment, m->text.data, m->text.len) ?:
	       run_make(m, "configuring the kernel", CONFIGURE_DEADLINE_S, NULL,
			m->config.base ? on_base : on_nothing) ?:
	       check_config(m, config);
}

/* The file that says how many files such a build compiled when it last had all to compile. */
static char *expectation_path(const struct making *m)
{
	struct buf names __cleanup(buf_free) = { 0 };
	char hex[65] = "";

	for (size_t i = 0; i < m->config.names.n; i++)
		buf_addf(&names, "%s\n", m->config.names.v[i]);
	buf_addf(&names, "%s\n", m->source.name);
	sha256_data(names.data, names.len, hex);
	return xasprintf("%s/builds/expect/%.16s", irqsan_cache(), hex);
}

static int compile(struct making *m)
{
	static const char *const targets[] = { "all", NULL };
	char *path __cleanup(free_ptr) = expectation_path(m);
	char *text __cleanup(free_ptr) = m->fresh && file_exists(path) ? read_first_line(path) :
									  NULL;
	unsigned int compiled = text ? strtoul(text, NULL, 10) : 0;
	int rc = run_make(m, "building the kernel", COMPILE_DEADLINE_S, &compiled, targets);

	if (!rc && m->fresh && !mkdir_for(path)) {
		free(text);
		text = xasprintf("%u\n", compiled);
		write_file_atomic(path, text, strlen(text));
	}
	return rc;
}

/* With depmod, so that the modules are found by name. */
static int install_modules(struct making *m)
{
	static const char *const targets[] = {
		"INSTALL_MOD_PATH=/build/" BUILD_OWN "/modules", "INSTALL_MOD_STRIP=1",
		"modules_install", NULL
	};
	char *order __cleanup(free_ptr) = xasprintf("%s/modules.order", m->b->dir);
	char *old __cleanup(free_ptr) = inside(m->b, "modules");
	int rc = remove_tree(old);

	/* A kernel without modules has no order of them. */
	return rc || !file_exists(order) ? rc :
	       run_make(m, "installing the modules", INSTALL_DEADLINE_S, NULL, targets);
}

static int read_release(struct build *b)
{
	char *path __cleanup(free_ptr) = xasprintf("%s/include/config/kernel.release", b->dir);

	b->release = read_first_line(path);
	return b->release ? 0 : -EIO;
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
	struct strv found __cleanup(strv_free) = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(objects); i++)
		strv_glob(&found, "%s/%s", b->dir, objects[i]);
	for (size_t i = 0; i < found.n; i++)
		if (!ends_with(found.v[i], "/piggy.o") && !ends_with(found.v[i], "/header.o"))
			strv_push(files, found.v[i]);
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		char *path __cleanup(free_ptr) = xasprintf("%s/%s", b->source, sources[i]);

		if (file_exists(path))
			strv_push(files, path);
	}
}

static int sign(struct build *b)
{
	struct strv boot __cleanup(strv_free) = { 0 };
	char *vmlinux __cleanup(free_ptr) = xasprintf("%s/vmlinux", b->dir);
	char *modules __cleanup(free_ptr) = build_modules(b);
	char hex[65];
	int rc;

	boot_files(b, &boot);
	rc = kernel_signature(vmlinux, modules, &boot, hex);
	if (!rc)
		b->signature = xstrdup(hex);
	return rc;
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
	json_auto_t *o = json_pack("{ss* ss* ss* sb ss* ss* ss* sf sb ss* ss*}", "dir", b->dir,
				   "source", b->source, "suite", b->suite, "clang", b->clang,
				   "release", b->release, "signature", b->signature,
				   "key", b->key, "seconds", b->seconds, "kept", b->kept,
				   "error", b->error, "log", b->log);
	char *text __cleanup(free_ptr) =
		json_dumps(o, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	char *line __cleanup(free_ptr) = text ? xasprintf("%s\n", text) : NULL;

	return line ? write_output(path, line, strlen(line)) : -ENOMEM;
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
	char *path __cleanup(free_ptr) = record_path(dir);
	json_auto_t *o = json_load_file(path, 0, NULL);
	double seconds;
	int clang;

	*b = (struct build){ 0 };
	if (!o || json_unpack(o, "{ss s?s sb ss ss ss sf}", "source", &source, "suite", &suite,
			      "clang", &clang, "release", &release, "signature", &signature,
			      "key", &key, "seconds", &seconds))
		return -ENOENT;
	*b = (struct build){
		.dir = realpath(dir, NULL), .source = xstrdup(source), .suite = xstrdup(suite),
		.clang = clang, .release = xstrdup(release), .signature = xstrdup(signature),
		.key = xstrdup(key), .seconds = seconds, .kept = true,
	};
	b->log = inside(b, "build.log");
	return 0;
}

/**
 * build_modules() - where a build's modules are installed
 * @b: a build that has its release
 *
 * Return: …/lib/modules/RELEASE, to be freed; NULL when it has no modules
 */
char *build_modules(const struct build *b)
{
	char *path __cleanup(free_ptr) = xasprintf("%s/" BUILD_OWN "/modules/lib/modules/%s",
						   b->dir, b->release);

	return file_exists(path) ? xstrdup(path) : NULL;
}

/* Is what was asked for there already? A directory's content may have changed. */
static bool is_kept(struct making *m)
{
	struct build old;

	if (!m->source.version || build_load(m->b->dir, &old))
		return false;
	if (strcmp(old.key, m->b->key)) {
		build_free(&old);
		return false;
	}
	build_free(m->b);
	*m->b = old;
	return true;
}

static int build_locked(struct making *m)
{
	struct build *b = m->b;
	char *record __cleanup(free_ptr) = record_path(b->dir);
	char *cut __cleanup(free_ptr) = inside(b, CUT);
	double start = now();
	/* Make writes into the tree itself: not while a kernel of it is booted. */
	int claim __cleanup(close_fd) = cache_claim(b->dir);
	int rc;

	if (claim < 0)
		return claim;
	b->suite = xstrdup(m->source.suite);
	b->clang = m->toolchain.clang;
	rc = prepare_dir(m) ?: remove_tree(record) ?: prepare_source(m) ?:
	     write_file(b->log, "", 0) ?: configure(m) ?: compile(m) ?: install_modules(m) ?:
	     read_release(b) ?: sign(b);
	/* Make has come to an end by itself: what is there is whole. */
	if (!rc || rc == BUILD_BROKEN)
		remove_tree(cut);
	b->seconds = now() - start;
	return rc ?: build_write_json(b, record);
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
	int lock __cleanup(close_fd) = -1, rc;

	*b = (struct build){ 0 };
	rc = collect_patches(&m) ?: find_config(&m) ?:
	     kernel_source_get(rq->source, rq->rev, &m.source) ?:
	     toolchain_get(m.source.suite, m.clang, &m.toolchain) ?:
	     describe_origin(&m) ?: make_key(&m) ?: find_dir(&m);
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
