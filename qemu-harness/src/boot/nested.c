// SPDX-License-Identifier: GPL-2.0
/*
 * The outer guest (L1): an emulated machine with AMD's virtualisation, in
 * which KVM runs the guest under test (L2).
 *
 * L1's initramfs is two archives in a row. The first (its init, modules, a
 * QEMU with its libraries and firmware) is the same for every run and kept in
 * the cache; the second holds the kernel, initramfs and QEMU command line of
 * this run's L2. L1 sees nothing else of this machine.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cache.h"
#include "base/program.h"
#include "boot/initramfs.h"
#include "boot/nested.h"
#include "kernel/kernel.h"
#include "kernel/pvh.h"

/* Its kvm-amd and its KVM under TCG are the ones that were measured. */
#define L1_KERNEL_NAME "debian:bookworm"
/* What L1 needs besides L2's memory and what is staged; measured, doubled. */
#define L1_OWN_MB 384

/**
 * struct staged - one file of L1
 * @from: on this machine; owned
 * @name: in L1; owned
 * @module: a kernel module: uncompressed on the way
 */
struct staged {
	char *from;
	char *name;
	bool module;
};

/**
 * struct staging - all files of L1's constant part
 * @files: in order
 * @nr: how many
 * @insmod: L1's /l1/modules: one path a line, in load order
 */
struct staging {
	struct staged *files;
	size_t nr;
	struct buf insmod;
};

static void stage(struct staging *s, const char *from, const char *name, bool module)
{
	s->files = xrealloc(s->files, (s->nr + 1) * sizeof(*s->files));
	s->files[s->nr++] = (struct staged){ xstrdup(from), xstrdup(name), module };
}

static void staging_free(struct staging *s)
{
	for (size_t i = 0; i < s->nr; i++) {
		free(s->files[i].from);
		free(s->files[i].name);
	}
	free(s->files);
	buf_free(&s->insmod);
}

/**
 * nested_qemu() - find the QEMU that is to run in L1
 *
 * Return: the small one that knows only KVM and microvm, where the
 * distribution has it, else the ordinary one; NULL if there is none
 */
char *nested_qemu(void)
{
	char *path = find_program("qemu-system-x86_64-microvm");

	return path ?: find_program("qemu-system-x86_64");
}

/* The program's shared libraries, under their own paths. */
static int stage_libraries(struct staging *s, const char *program)
{
	struct strv files __cleanup(strv_free) = { 0 };
	int rc = program_libraries(program, &files);

	for (size_t i = 0; !rc && i < files.n; i++)
		stage(s, files.v[i], files.v[i], false);
	return rc;
}

/*
 * QEMU says itself where its firmware is. In the order of its own search the
 * first file of a name counts.
 */
static int stage_firmware(struct staging *s, const char *qemu)
{
	static const char *const names[] = {
		"bios-microvm.bin", "pvh.bin", "linuxboot_dma.bin", "kvmvapic.bin",
	};
	const char *const argv[] = { qemu, "-L", "help", NULL };
	struct strv dirs __cleanup(strv_free) = { 0 };
	int rc = program_lines(argv, &dirs);

	for (size_t i = 0; !rc && i < ARRAY_SIZE(names); i++) {
		char *name __cleanup(free_ptr) = xasprintf("%s/%s", L1_FIRMWARE, names[i]);

		rc = -ENOENT;
		for (size_t d = 0; rc && d < dirs.n; d++) {
			char *from __cleanup(free_ptr) = xasprintf("%s/%s", dirs.v[d], names[i]);

			if (file_exists(from)) {
				stage(s, from, name, false);
				rc = 0;
			}
		}
		if (rc)
			pr_err("QEMU's firmware %s is missing; install qemu-system-data", names[i]);
	}
	return rc;
}

static int stage_modules(struct staging *s, const struct kernel *k)
{
	static const char *const names[] = {
		"virtio_pci", "virtio_console", "virtio_blk", "kvm-amd", NULL
	};
	struct strv files __cleanup(strv_free) = { 0 };
	int rc = kernel_module_files(k, names, &files);

	if (rc)
		pr_err("%s lacks a module that nested guests need (virtio_pci, virtio_console, virtio_blk, kvm-amd)",
		       k->name);
	for (size_t i = 0; !rc && i < files.n; i++) {
		char *name __cleanup(free_ptr) = xasprintf("/l1/modules.d/%s",
							   basename(files.v[i]));

		stage(s, files.v[i], name, true);
		buf_addf(&s->insmod, "%s\n", name);
	}
	return rc;
}

/* Changes when a staged file, or the order of any, does. */
static int staging_key(const struct staging *s, char hex[65])
{
	struct buf text __cleanup(buf_free) = { 0 };

	for (size_t i = 0; i < s->nr; i++) {
		struct stat st;

		if (stat(s->files[i].from, &st))
			return file_err("read", s->files[i].from, errno);
		buf_addf(&text, "%s %s %lld %lld.%09ld\n", s->files[i].from, s->files[i].name,
			 (long long)st.st_size, (long long)st.st_mtim.tv_sec,
			 st.st_mtim.tv_nsec);
	}
	return sha256_data(text.data, text.len, hex);
}

static int build_base(void *staging, const char *path)
{
	const struct staging *s = staging;
	struct initramfs *ir = initramfs_create(path);
	int rc;

	if (!ir)
		return -EIO;
	rc = initramfs_add_node(ir, "/dev/console", S_IFCHR | 0600, makedev(5, 1));
	for (size_t i = 0; !rc && i < s->nr; i++) {
		const struct staged *f = &s->files[i];

		rc = f->module ? initramfs_add_module(ir, f->name, f->from) :
				 initramfs_add_file(ir, f->name, 0755, f->from);
	}
	rc = rc ?: initramfs_add_data(ir, "/l1/modules", 0644, s->insmod.data, s->insmod.len);
	return initramfs_finish(ir, rc);
}

/* L1's constant part, from the cache if it's there. */
static int get_base(const struct kernel *k, char **path)
{
	char *l1 __cleanup(free_ptr) = xasprintf("%s/build/guest/l1", irqsan_root());
	char *qemu __cleanup(free_ptr) = nested_qemu();
	struct staging s __cleanup(staging_free) = { 0 };
	char hex[65];

	if (!qemu) {
		pr_err("QEMU is missing; install qemu-system-x86");
		return -ENOENT;
	}
	stage(&s, l1, "/init", false);
	stage(&s, qemu, L1_QEMU, false);
	return stage_libraries(&s, qemu) ?: stage_firmware(&s, qemu) ?: stage_modules(&s, k) ?:
	       staging_key(&s, hex) ?: cache_file("l1", hex, build_base, &s, path);
}

/* The part of this run. */
static int build_run(const char *path, const struct vm_config *config, const struct strv *l2_argv,
		     const char *l2_kernel)
{
	struct initramfs *ir = initramfs_create(path);
	struct buf argv __cleanup(buf_free) = { 0 };

	if (!ir)
		return -EIO;
	for (size_t i = 0; i < l2_argv->n; i++)
		buf_add(&argv, l2_argv->v[i], strlen(l2_argv->v[i]) + 1);
	return initramfs_finish(ir, initramfs_add_data(ir, "/l2/argv", 0644, argv.data, argv.len) ?:
				    initramfs_add_file(ir, L1_KERNEL, 0644, l2_kernel) ?:
				    initramfs_add_file(ir, L1_INITRAMFS, 0644, config->initramfs));
}

static int append_file(int to, const char *path)
{
	int fd __cleanup(close_fd) = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return file_err("open", path, errno);
	do {
		n = sendfile(to, fd, NULL, 1 << 30);
	} while (n > 0);
	return n < 0 ? file_err("copy", path, errno) : 0;
}

/*
 * Joins @base and this run's part in a file without a name: it is some 80 MB
 * that nobody needs once QEMU has read them, and so it goes even if we die.
 */
static int join(struct nested *n, const char *base, const char *run, const char *dir)
{
	char *path __cleanup(free_ptr) = xasprintf("%s/l1-initramfs.XXXXXX", dir);

	n->initramfs = mkostemp(path, O_CLOEXEC);
	if (n->initramfs < 0)
		return file_err("create", path, errno);
	unlink(path);
	return append_file(n->initramfs, base) ?: append_file(n->initramfs, run);
}

/**
 * nested_memory_mb() - memory that L1 needs
 * @l2_memory_mb: memory of the guest in it
 * @staged_mb: size of its initramfs, which is in memory twice while unpacked
 *
 * Return: MiB
 */
unsigned int nested_memory_mb(unsigned int l2_memory_mb, unsigned int staged_mb)
{
	return l2_memory_mb + 2 * staged_mb + L1_OWN_MB;
}

/**
 * nested_prepare() - stage an outer guest
 * @n: filled; for nested_free(), also after a failure
 * @config: the guest under test
 * @l2_argv: QEMU's command line for it, in L1's file names
 * @l2_kernel: its kernel, as L1's QEMU is to start it
 *
 * Return: 0 or a negative errno
 */
int nested_prepare(struct nested *n, const struct vm_config *config, const struct strv *l2_argv,
		   const char *l2_kernel)
{
	char *run __cleanup(free_ptr) = xasprintf("%s/l2.cpio", config->dir);
	struct kernel k __cleanup(kernel_free) = { 0 };
	char *base __cleanup(free_ptr) = NULL;
	struct stat st;
	int rc;

	*n = (struct nested){ .initramfs = -1 };
	rc = kernel_get(L1_KERNEL_NAME, &k) ?: pvh_kernel(k.image, &n->kernel) ?:
	     get_base(&k, &base) ?: build_run(run, config, l2_argv, l2_kernel) ?:
	     join(n, base, run, config->dir);
	if (!rc && fstat(n->initramfs, &st))
		rc = -errno;
	if (!rc)
		n->memory_mb = nested_memory_mb(config->memory_mb, st.st_size >> 20);
	unlink(run);
	return rc;
}

/**
 * nested_free() - free what nested_prepare() made
 * @n: a running QEMU keeps what it needs of it
 */
void nested_free(struct nested *n)
{
	close_fd(&n->initramfs);
	free(n->kernel);
	*n = (struct nested){ .initramfs = -1 };
}
