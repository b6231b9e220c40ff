// SPDX-License-Identifier: GPL-2.0
/*
 * Puts together what the guest under test needs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/child.h"
#include "base/program.h"
#include "base/util.h"
#include "boot/guest-image.h"
#include "boot/initramfs.h"

/* Sources of the test modules that make load. */
#define STORM_SOURCE "qemu-harness/guest/storm"
#define ZOO_SOURCE "selftests/irqsan/zoo"

/* Where the selftests are, here and in the guest. */
#define SELFTESTS "selftests/irqsan"
/* In the guest, and below tools/testing in the kernel's source. */
#define KERNEL_SELFTEST "selftests/irqflags/irqflags.sh"
#define KERNEL_SELFTEST_DEP "test_irqflags.ko:\n"

/*
 * A small image, as it travels in the initramfs; with a journal, whose commits
 * are what makes the mkdir storm fight for locks. Everything that mke2fs would
 * take from clock or chance is fixed, so that it's the same bytes everywhere.
 */
#define DISK_SIZE "8M"
#define DISK_UUID "69727173-616e-4000-8000-000000000001"
#define DISK_TIME "E2FSPROGS_FAKE_TIME=1600000000"

/* Name of the image in the cache: a change of its options needs another one. */
#define DISK_NAME "storm-1.ext4"
#define DISK_DEADLINE_S 30

static const char *const workloads[] = { "mkdir-storm", "lock-storm", "none" };
static const char *const chores[] = {
	"hotplug", "suspend", "modules", "sysrq-l", "tracer", "kmemleak", "kexec", "reboot", NULL
};

/* What the chore "modules" loads and unloads: small, and at home in a guest without devices. */
static const char *const churned[] = { "dummy", "zram", "loop", "brd", "veth", NULL };

/**
 * guest_workload_known() - is there such a workload?
 * @name: its name
 *
 * Return: true when the guest's init knows it
 */
bool guest_workload_known(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(workloads); i++)
		if (!strcmp(workloads[i], name))
			return true;
	return false;
}

/**
 * guest_chores_known() - are there such chores?
 * @names: their names, with commas between
 *
 * Return: true when the guest's init knows all of them
 */
bool guest_chores_known(const char *names)
{
	const char *p = names;
	size_t len, i;

	do {
		len = strcspn(p, ",");
		for (i = 0; chores[i]; i++)
			if (strlen(chores[i]) == len && !strncmp(p, chores[i], len))
				break;
		if (!chores[i])
			return false;
		p += len;
	} while (*p++);
	return true;
}

static int make_disk(const char *path, const char *log)
{
	char *tmp = xasprintf("%s.%ld", path, (long)getpid());
	const char *const argv[] = {
		"mke2fs", "-q", "-F", "-b", "1024", "-I", "256", "-N", "4096", "-m", "0",
		"-O", "has_journal,extent,dir_index,filetype,sparse_super,^resize_inode",
		"-J", "size=1", "-U", DISK_UUID,
		"-E", "hash_seed=" DISK_UUID ",lazy_itable_init=0,lazy_journal_init=0,nodiscard",
		tmp, DISK_SIZE, NULL
	};
	/* The machine's own mke2fs.conf must not change the image. */
	const char *const env[] = { DISK_TIME, "MKE2FS_CONFIG=/dev/null", NULL };
	struct child_opts opts = { .argv = argv, .env = env, .out = -1 };
	int status = 0, rc;

	/* It also warns of what an empty mke2fs.conf lacks: of interest only on failure. */
	opts.err = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (opts.err < 0) {
		rc = -errno;
		pr_err("%s: %s", log, strerror(errno));
		free(tmp);
		return rc;
	}
	rc = child_run(&opts, DISK_DEADLINE_S, NULL, &status);
	close(opts.err);
	if (!rc && status) {
		pr_err("mke2fs failed with status %d; it said: %s", status, log);
		rc = -EIO;
	}
	if (!rc && rename(tmp, path)) {
		rc = -errno;
		pr_err("%s: %s", path, strerror(errno));
	}
	if (rc)
		unlink(tmp);
	free(tmp);
	return rc;
}

/* The ext4 image, from the cache. */
static int get_disk(char **path)
{
	char *dir = xasprintf("%s/guest", irqsan_cache());
	char *log = xasprintf("%s/mke2fs.log", dir);
	int rc;

	*path = xasprintf("%s/" DISK_NAME, dir);
	rc = mkdir_p(dir);
	if (rc >= 0 && !file_exists(*path))
		rc = make_disk(*path, log);
	free(log);
	free(dir);
	return rc < 0 ? rc : 0;
}

/**
 * struct making - a guest being made
 * @config: what it is to do
 * @ir: its initramfs
 * @conf: its orders so far
 * @out: the result
 */
struct making {
	const struct guest_config *config;
	struct initramfs *ir;
	struct buf conf;
	struct guest *out;
};

static void order(struct making *m, const char *key, const char *value)
{
	buf_add(&m->conf, key, strlen(key));
	buf_add(&m->conf, " ", 1);
	buf_add(&m->conf, value, strlen(value));
	buf_add(&m->conf, "\n", 1);
}

static void order_number(struct making *m, const char *key, unsigned int value)
{
	char *text = xasprintf("%u", value);

	order(m, key, text);
	free(text);
}

/* "/lib/modules/ext4.ko.xz" → "/modules/ext4.ko", as it is stored uncompressed. */
static char *module_name(const char *path)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	const char *end = strstr(base, ".ko");

	return xasprintf("/modules/%.*s.ko", (int)(end ? end - base : (long)strlen(base)), base);
}

/* Adds the modules @names and those they need, each with an order @key. */
static int add_modules(struct making *m, const char *key, const char *const *names)
{
	struct strv files = {};
	size_t i;
	int rc;

	rc = kernel_module_files(m->config->kernel, names, &files);
	for (i = 0; rc >= 0 && i < files.n; i++) {
		char *name = module_name(files.v[i]);

		/* Another module may have brought it along. */
		if (!m->conf.len || !strstr(m->conf.data, name)) {
			rc = initramfs_add_module(m->ir, name, files.v[i]);
			order(m, key, name);
		}
		free(name);
	}
	strv_free(&files);
	return rc < 0 ? rc : 0;
}

/* Can the guest mount ext4 through a loop device? Negative errno when asking went wrong. */
static int add_ext4(struct making *m)
{
	static const char *const crc[] = { "crc32c_generic", NULL };
	static const char *const modules[] = { "loop", "ext4", NULL };
	const struct kernel *k = m->config->kernel;
	int rc;

	if (kernel_config(k, "EXT4_FS") == 'y' && kernel_config(k, "BLK_DEV_LOOP") == 'y')
		return 1;
	if (!k->modules)
		return 0;
	/* ext4 asks for it by algorithm name, so no dependency leads to it. */
	rc = add_modules(m, "module", crc);
	if (!rc || rc == -ENOENT)
		rc = add_modules(m, "module", modules);
	if (rc == -ENOENT)
		return 0;
	return rc ? rc : 1;
}

static int add_mkdir_storm(struct making *m)
{
	char *disk = NULL;
	int rc;

	rc = add_ext4(m);
	if (!rc)
		pr_info("%s has no ext4 or no loop devices: the storm runs on tmpfs only",
			m->config->kernel->name);
	if (rc <= 0)
		return rc;
	rc = get_disk(&disk);
	if (!rc)
		rc = initramfs_add_file(m->ir, "/storm.ext4", S_IFREG | 0644, disk);
	if (!rc)
		order(m, "disk", "/storm.ext4");
	free(disk);
	return rc;
}

/* Builds one of our test modules and puts it where guests find it: /modules/NAME.ko. */
static int add_test_module(struct making *m, const char *source, const char *name)
{
	char *src = xasprintf("%s/%s", irqsan_root(), source);
	char *to = xasprintf("/modules/%s.ko", name);
	char *dir = NULL, *ko;
	int rc;

	rc = kernel_build_module(m->config->kernel, src, &dir);
	if (rc >= 0) {
		ko = xasprintf("%s/%s.ko", dir, name);
		rc = initramfs_add_module(m->ir, to, ko);
		free(ko);
	}
	free(dir);
	free(to);
	free(src);
	return rc < 0 ? rc : 0;
}

static int add_lock_storm(struct making *m)
{
	int rc = add_test_module(m, STORM_SOURCE, "irqsan_storm");

	if (!rc)
		order(m, "storm", "/modules/irqsan_storm.ko");
	return rc;
}

static int add_bench(struct making *m)
{
	const struct guest_config *config = m->config;
	char *nop = xasprintf("%s/build/guest/nop", irqsan_root());
	const char *const *b;
	int rc;

	rc = initramfs_add_file(m->ir, "/bench/nop", S_IFREG | 0755, nop);
	if (!rc && config->events)
		rc = initramfs_add_data(m->ir, "/etc/events", S_IFREG | 0644, config->events,
					strlen(config->events));
	if (!rc)
		rc = add_test_module(m, STORM_SOURCE, "irqsan_loop");
	order(m, "module", "/modules/irqsan_loop.ko");
	for (b = config->bench; *b; b++)
		order(m, "bench", *b);
	if (config->events)
		order(m, "events", "/etc/events");
	if (config->tell_sites)
		order(m, "tell-sites", "1");
	free(nop);
	return rc;
}

static int add_planted(struct making *m)
{
	int rc = add_test_module(m, "selftests/irqsan/planted", "irqsan_planted");

	if (!rc)
		order(m, "planted", "/modules/irqsan_planted.ko");
	return rc;
}

/* A kernel without the check has nothing that could be proved. */
static int add_builtin(struct making *m)
{
	int rc;

	order_number(m, "builtin", 1);
	if (kernel_config(m->config->kernel, "DEBUG_IRQFLAGS") != 'y')
		return 0;
	rc = add_test_module(m, "selftests/irqsan/planted", "irqsan_planted");
	if (!rc)
		order(m, "control", "/modules/irqsan_planted.ko");
	return rc;
}

/* A kernel may lack some of them: the guest says so if it gets none. */
static int add_churn(struct making *m)
{
	int rc = 0;

	for (size_t i = 0; !rc && churned[i]; i++) {
		const char *const names[] = { churned[i], NULL };

		rc = add_modules(m, "churn", names);
		if (rc == -ENOENT)
			rc = 0;
	}
	return rc;
}

static int add_init(struct initramfs *ir)
{
	char *init = xasprintf("%s/build/guest/init", irqsan_root());
	int rc;

	rc = initramfs_add_file(ir, "/init", S_IFREG | 0755, init);
	/* The kernel opens it for init's standard streams before /dev is mounted. */
	if (!rc)
		rc = initramfs_add_node(ir, "/dev/console", S_IFCHR | 0600, makedev(5, 1));
	free(init);
	return rc;
}

/* What kexec starts: the same kernel, and an init without orders. */
static int add_kexec(struct making *m)
{
	char *path = xasprintf("%s.kexec", m->out->initramfs);
	struct initramfs *ir = initramfs_create(path);
	int rc = ir ? add_init(ir) : -EIO;

	if (ir && !rc)
		rc = initramfs_finish(ir);
	else if (ir)
		initramfs_abort(ir);
	if (!rc)
		rc = initramfs_add_file(m->ir, "/kexec/initramfs.cpio", S_IFREG | 0644, path);
	if (!rc)
		rc = initramfs_add_file(m->ir, "/kexec/vmlinuz", S_IFREG | 0644,
					m->config->kernel->image);
	unlink(path);
	free(path);
	return rc;
}

static int add_chores(struct making *m)
{
	char *names = xstrdup(m->config->chores), *save = NULL, *name;
	int rc = 0;

	for (name = strtok_r(names, ",", &save); !rc && name; name = strtok_r(NULL, ",", &save)) {
		order(m, "chore", name);
		if (!strcmp(name, "modules"))
			rc = add_churn(m);
		else if (!strcmp(name, "kexec"))
			rc = add_kexec(m);
	}
	free(names);
	return rc;
}

static int get_irqsan(struct making *m)
{
	char *src, *dir = NULL;
	int rc = 0;

	if (m->config->module) {
		m->out->module = xstrdup(m->config->module);
		return kernel_check_module(m->config->kernel, m->config->module);
	}
	src = xasprintf("%s/module", irqsan_root());
	rc = kernel_build_module(m->config->kernel, src, &dir);
	if (rc >= 0)
		m->out->module = xasprintf("%s/irqsan.ko", dir);
	free(dir);
	free(src);
	return rc < 0 ? rc : 0;
}

static int add_irqsan(struct making *m)
{
	const char *params = m->config->params;
	char *value;
	int rc;

	rc = get_irqsan(m);
	if (!rc)
		rc = initramfs_add_module(m->ir, "/modules/irqsan.ko", m->out->module);
	if (rc || m->config->selftests)
		return rc;
	value = xasprintf("/modules/irqsan.ko%s%s", params ? " " : "", params ?: "");
	order(m, "irqsan", value);
	free(value);
	return 0;
}

/* The one .ko file of @dir; the caller frees it. */
static int only_module(const char *dir, char **path)
{
	char *pattern = xasprintf("%s/*.ko", dir);
	glob_t found = {};
	int rc = -ENOENT;

	glob(pattern, 0, NULL, &found);
	if (found.gl_pathc == 1) {
		*path = xstrdup(found.gl_pathv[0]);
		rc = 0;
	}
	globfree(&found);
	free(pattern);
	return rc;
}

/* Does this program need nothing but the kernel? */
static bool is_static(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool is = false;
	size_t n = 0;
	GElf_Phdr ph;
	Elf *elf;

	if (fd < 0)
		return false;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF && !elf_getphdrnum(elf, &n))
		is = true;
	for (size_t i = 0; is && i < n; i++)
		is = gelf_getphdr(elf, (int)i, &ph) && ph.p_type != PT_INTERP;
	elf_end(elf);
	close(fd);
	return is;
}

/* A shell, and the commands that the tests use. */
static int add_busybox(struct initramfs *ir)
{
	char *path = find_program("busybox");
	int rc;

	if (!path || !is_static(path)) {
		pr_err("no static busybox, which the tests need in the guest; install busybox-static");
		rc = -ENOENT;
	} else {
		rc = initramfs_add_file(ir, "/bin/busybox", S_IFREG | 0755, path);
	}
	free(path);
	return rc;
}

/* The kernel's own selftest of its check (patches/), where it is a build that has it. */
static int add_kernel_selftest(struct making *m)
{
	static const char *const names[] = { "test_irqflags", NULL };
	const struct kernel *k = m->config->kernel;
	char *script, *dir, *name;
	struct strv files = {};
	int rc;

	if (!k->source || kernel_config(k, "TEST_IRQFLAGS") != 'm')
		return 0;
	script = xasprintf("%s/tools/testing/" KERNEL_SELFTEST, k->source);
	dir = xasprintf("/lib/modules/%s", k->release);
	rc = initramfs_add_file(m->ir, "/" KERNEL_SELFTEST, S_IFREG | 0755, script);
	if (!rc)
		rc = kernel_module_files(k, names, &files);
	/* Where modprobe looks for it; it needs no other. */
	name = xasprintf("%s/test_irqflags.ko", dir);
	if (!rc)
		rc = initramfs_add_module(m->ir, name, files.v[0]);
	free(name);
	name = xasprintf("%s/modules.dep", dir);
	if (!rc)
		rc = initramfs_add_data(m->ir, name, S_IFREG | 0644, KERNEL_SELFTEST_DEP,
					strlen(KERNEL_SELFTEST_DEP));
	free(name);
	free(dir);
	free(script);
	strv_free(&files);
	return rc;
}

static int add_selftests(struct making *m)
{
	char *pattern = xasprintf("%s/" SELFTESTS "/{*.sh,settings}", irqsan_root());
	const char *const *test;
	glob_t files = {};
	int rc = add_busybox(m->ir) ?: initramfs_add_dir(m->ir, "/tmp", 01777);

	if (!rc && glob(pattern, GLOB_BRACE, NULL, &files)) {
		pr_err("%s: no tests", pattern);
		rc = -ENOENT;
	}
	for (size_t i = 0; !rc && i < files.gl_pathc; i++) {
		char *name = xasprintf("/" SELFTESTS "%s", strrchr(files.gl_pathv[i], '/'));

		rc = initramfs_add_file(m->ir, name, S_IFREG | 0755, files.gl_pathv[i]);
		free(name);
	}
	if (!rc)
		rc = add_test_module(m, ZOO_SOURCE, "irqsan_zoo");
	if (!rc)
		rc = add_kernel_selftest(m);
	for (test = m->config->selftests; *test; test++)
		order(m, "selftest", *test);
	globfree(&files);
	free(pattern);
	return rc;
}

static int add_program(struct making *m, const char *from, const char *name)
{
	struct strv libraries = {};
	int rc = initramfs_add_file(m->ir, name, S_IFREG | 0755, from);

	if (!rc)
		rc = program_libraries(from, &libraries);
	for (size_t i = 0; !rc && i < libraries.n; i++)
		rc = initramfs_add_file(m->ir, libraries.v[i], S_IFREG | 0755, libraries.v[i]);
	strv_free(&libraries);
	return rc;
}

static int add_tracers(struct making *m)
{
	static const char *const names[] = { "perf", "trace-cmd", "bpftrace" };
	unsigned int added = 0;
	int rc = 0;

	for (size_t i = 0; !rc && i < ARRAY_SIZE(names); i++) {
		char *from = find_program(names[i]);
		char *name = xasprintf("/bin/%s", names[i]);

		if (from) {
			rc = add_program(m, from, name);
			added++;
		}
		free(name);
		free(from);
	}
	if (!added) {
		pr_err("none of perf, trace-cmd and bpftrace is on this machine; install linux-perf, trace-cmd or bpftrace");
		rc = -ENOENT;
	}
	return rc;
}

static int get_livepatch(struct making *m)
{
	const char *from = m->config->livepatch;
	struct stat st;
	char *dir;
	int rc;

	if (stat(from, &st) || !S_ISDIR(st.st_mode)) {
		m->out->livepatch = xstrdup(from);
		return kernel_check_module(m->config->kernel, from);
	}
	rc = kernel_build_module(m->config->kernel, from, &dir);
	if (rc < 0)
		return rc;
	rc = only_module(dir, &m->out->livepatch);
	if (rc)
		pr_err("%s: makes more than one module: name the livepatch's .ko file", from);
	free(dir);
	return rc;
}

static int add_livepatch(struct making *m)
{
	char *name;
	int rc;

	if (kernel_config(m->config->kernel, "LIVEPATCH") != 'y') {
		pr_err("%s is built without CONFIG_LIVEPATCH", m->config->kernel->name);
		return -EINVAL;
	}
	rc = get_livepatch(m);
	if (rc)
		return rc;
	name = module_name(m->out->livepatch);
	rc = initramfs_add_module(m->ir, name, m->out->livepatch);
	order(m, "livepatch", name);
	free(name);
	return rc;
}

static int add_all(struct making *m)
{
	const struct guest_config *config = m->config;
	int rc;

	rc = add_init(m->ir);
	if (!rc && !strcmp(config->workload, "mkdir-storm"))
		rc = add_mkdir_storm(m);
	if (!rc && !strcmp(config->workload, "lock-storm"))
		rc = add_lock_storm(m);
	if (!rc && config->bench)
		rc = add_bench(m);
	if (!rc && config->livepatch)
		rc = add_livepatch(m);
	if (!rc && !config->bare)
		rc = add_irqsan(m);
	if (!rc && config->builtin)
		rc = add_builtin(m);
	if (!rc && config->planted)
		rc = add_planted(m);
	if (!rc && config->selftests)
		rc = add_selftests(m);
	if (!rc && config->tracers)
		rc = add_tracers(m);
	if (!rc && config->chores)
		rc = add_chores(m);
	order(m, "workload", config->workload);
	order_number(m, "seconds", config->seconds);
	order_number(m, "reload", config->reload);
	if (!rc)
		rc = initramfs_add_data(m->ir, "/etc/irqsan.conf", S_IFREG | 0644, m->conf.data,
					m->conf.len);
	return rc;
}

/**
 * guest_build() - make a guest's initramfs
 * @config: what it is to do
 * @dir: where it is put, as "initramfs.cpio"
 * @guest: filled on success; for guest_free()
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int guest_build(const struct guest_config *config, const char *dir, struct guest *guest)
{
	struct making m = { .config = config, .out = guest };
	int rc;

	*guest = (struct guest){ .initramfs = xasprintf("%s/initramfs.cpio", dir) };
	m.ir = initramfs_create(guest->initramfs);
	if (!m.ir) {
		guest_free(guest);
		return -EIO;
	}
	rc = add_all(&m);
	if (rc < 0)
		initramfs_abort(m.ir);
	else
		rc = initramfs_finish(m.ir);
	guest->conf = m.conf.data;
	if (rc < 0)
		guest_free(guest);
	return rc < 0 ? rc : 0;
}

/**
 * guest_free() - free what guest_build() filled in; the initramfs stays
 * @guest: the guest; may be freed twice
 */
void guest_free(struct guest *guest)
{
	free(guest->initramfs);
	free(guest->conf);
	free(guest->module);
	free(guest->livepatch);
	*guest = (struct guest){};
}
