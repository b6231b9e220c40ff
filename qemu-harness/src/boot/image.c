// SPDX-License-Identifier: GPL-2.0
/*
 * Puts together what the guest under test needs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/git.h"
#include "base/program.h"
#include "base/unpack.h"
#include "boot/detector.h"
#include "boot/image.h"
#include "boot/load.h"
#include "boot/root.h"

static const char *const chores[] = {
	"hotplug", "suspend", "modules", "sysrq-l", "tracer", "kmemleak", "kexec", "reboot"
};

/* What the chore "modules" loads and unloads: small, and at home in a guest without devices. */
static const char *const churned[] = { "dummy", "zram", "loop", "brd", "veth", NULL };

/**
 * image_chore_known() - is there such a chore?
 * @name: its name
 *
 * Return: true when the guest's init knows it
 */
bool image_chore_known(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(chores); i++)
		if (!strcmp(chores[i], name))
			return true;
	return false;
}

/**
 * image_built_in() - does the kernel bring the irqsan that is to be tested?
 * @plan: what its guest is to do
 * @kernel: the kernel
 *
 * Return: true for selftests of a kernel that irqsan was put into
 */
bool image_built_in(const struct plan *plan, const struct kernel *kernel)
{
	return plan->load->loads_detector && kernel_config(kernel, "IRQSAN") == 'y';
}

/**
 * image_order() - one more order for the guest's init
 * @image: the image
 * @key: which (docs/guest-protocol.md)
 * @value: its value, without a newline
 */
void image_order(struct image *image, const char *key, const char *value)
{
	buf_addf(&image->conf, "%s %s\n", key, value);
}

/**
 * image_order_number() - one more order, whose value is a number
 * @image: the image
 * @key: which
 * @value: its value
 */
void image_order_number(struct image *image, const char *key, unsigned int value)
{
	buf_addf(&image->conf, "%s %u\n", key, value);
}

/* "/lib/modules/ext4.ko.xz" → "/modules/ext4.ko", as it is stored uncompressed. */
static char *module_name(const char *path)
{
	const char *base = basename(path), *end = strstr(base, ".ko");

	return xasprintf("/modules/%.*s.ko", (int)(end ? end - base : (long)strlen(base)), base);
}

/**
 * image_modules() - modules of the kernel, and those they need
 * @image: the image
 * @key: each is ordered by this key
 * @names: their names, NULL-terminated
 *
 * Return: 0, -ENOENT when the kernel has no such module, or another negative errno;
 * the reason was printed
 */
int image_modules(struct image *image, const char *key, const char *const *names)
{
	struct strv files __cleanup(strv_free) = {};
	int rc = kernel_module_files(image->kernel, names, &files);

	for (size_t i = 0; !rc && i < files.n; i++) {
		char *name __cleanup(free_ptr) = module_name(files.v[i]);

		/* Another module may have brought it along. */
		if (!image->conf.len || !strstr(image->conf.data, name)) {
			rc = initramfs_add_module(image->ir, name, files.v[i]);
			image_order(image, key, name);
		}
	}
	return rc;
}

/**
 * image_test_module() - one of our test modules, as /modules/NAME.ko
 * @image: the image
 * @source: directory of its source, below irqsan's
 * @name: its name
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int image_test_module(struct image *image, const char *source, const char *name)
{
	char *src __cleanup(free_ptr) = xasprintf("%s/%s", irqsan_root(), source);
	char *to __cleanup(free_ptr) = xasprintf("/modules/%s.ko", name);
	char *dir __cleanup(free_ptr) = NULL, *ko __cleanup(free_ptr) = NULL;
	int rc = kernel_build_module(image->kernel, src, &dir);

	if (rc)
		return rc;
	ko = xasprintf("%s/%s.ko", dir, name);
	return initramfs_add_module(image->ir, to, ko);
}

static int add_planted(struct image *image)
{
	int rc = image_test_module(image, IMAGE_PLANTED_SOURCE, "irqsan_planted");

	if (!rc)
		image_order(image, "planted", "/modules/irqsan_planted.ko");
	return rc;
}

/* A kernel may lack some of them: the guest says so if it gets none. */
static int add_churn(struct image *image)
{
	int rc = 0;

	for (size_t i = 0; !rc && churned[i]; i++) {
		const char *const names[] = { churned[i], NULL };

		rc = image_modules(image, "churn", names);
		if (rc == -ENOENT)
			rc = 0;
	}
	return rc;
}

/**
 * image_init() - what each guest has: its init, and what that needs to speak
 * @ir: its initramfs
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int image_init(struct initramfs *ir)
{
	char *init __cleanup(free_ptr) = xasprintf("%s/build/guest/init", irqsan_root());

	/* The kernel opens the console for init's standard streams before /dev is mounted. */
	return initramfs_add_file(ir, "/init", S_IFREG | 0755, init) ?:
	       initramfs_add_node(ir, "/dev/console", S_IFCHR | 0600, makedev(5, 1));
}

/* What kexec starts: the same kernel, and an init without orders. */
static int add_kexec(struct image *image)
{
	char *path __cleanup(free_ptr) = xasprintf("%s.kexec", image->path);
	struct initramfs *ir = initramfs_create(path);
	int rc = initramfs_finish(ir, ir ? image_init(ir) : 0) ?:
		 initramfs_add_file(image->ir, "/kexec/initramfs.cpio", S_IFREG | 0644, path) ?:
		 initramfs_add_file(image->ir, "/kexec/vmlinuz", S_IFREG | 0644,
				    image->kernel->image);

	unlink(path);
	return rc;
}

static int add_chores(struct image *image)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < image->plan->chores.n; i++) {
		const char *name = image->plan->chores.v[i];

		image_order(image, "chore", name);
		if (!strcmp(name, "modules"))
			rc = add_churn(image);
		else if (!strcmp(name, "kexec"))
			rc = add_kexec(image);
	}
	return rc;
}

/**
 * image_user_file() - a file of the user's, for the load
 * @image: the image
 * @from: its path
 * @name: its path in the guest: in its root, where it has one
 * @mode: permissions
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int image_user_file(struct image *image, const char *from, const char *name, mode_t mode)
{
	char *to __cleanup(free_ptr) = xasprintf("%s%s", image->plan->root ? IMAGE_ROOT_FILES : "",
						 name);

	return initramfs_add_file(image->ir, to, S_IFREG | mode, from);
}

/**
 * image_program() - a program of this machine, with its libraries
 * @image: the image
 * @from: its path
 * @name: its path in the guest
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int image_program(struct image *image, const char *from, const char *name)
{
	struct strv libraries __cleanup(strv_free) = {};
	int rc = initramfs_add_file(image->ir, name, S_IFREG | 0755, from) ?:
		 program_libraries(from, &libraries);

	for (size_t i = 0; !rc && i < libraries.n; i++)
		rc = initramfs_add_file(image->ir, libraries.v[i], S_IFREG | 0755, libraries.v[i]);
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

/**
 * image_busybox() - a shell and common commands, which init installs
 * @image: the image
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int image_busybox(struct image *image)
{
	char *path __cleanup(free_ptr) = find_program("busybox");

	if (path && is_static(path))
		return initramfs_add_file(image->ir, "/bin/busybox", S_IFREG | 0755, path);
	pr_err("no static busybox, which the load needs in the guest; install busybox-static");
	return -ENOENT;
}

static int add_tracers(struct image *image)
{
	static const char *const names[] = { "perf", "trace-cmd", "bpftrace" };
	unsigned int added = 0;
	int rc = 0;

	for (size_t i = 0; !rc && i < ARRAY_SIZE(names); i++) {
		char *from __cleanup(free_ptr) = find_program(names[i]);
		char *name __cleanup(free_ptr) = xasprintf("/bin/%s", names[i]);

		if (from) {
			rc = image_program(image, from, name);
			added++;
		}
	}
	if (!added) {
		pr_err("none of perf, trace-cmd and bpftrace is on this machine; install linux-perf, trace-cmd or bpftrace");
		rc = -ENOENT;
	}
	return rc;
}

static int get_livepatch(struct image *image)
{
	const char *from = image->plan->livepatch;
	char *dir __cleanup(free_ptr) = NULL;
	struct strv found __cleanup(strv_free) = {};
	int rc;

	if (!is_directory(from)) {
		image->livepatch = xstrdup(from);
		return kernel_check_module(image->kernel, from);
	}
	rc = kernel_build_module(image->kernel, from, &dir);
	if (rc)
		return rc;
	if (strv_glob(&found, "%s/*.ko", dir) != 1) {
		pr_err("%s: makes more than one module: name the livepatch's .ko file", from);
		return -ENOENT;
	}
	image->livepatch = xstrdup(found.v[0]);
	return 0;
}

static int add_livepatch(struct image *image)
{
	char *name __cleanup(free_ptr) = NULL;
	int rc;

	if (kernel_config(image->kernel, "LIVEPATCH") != 'y') {
		pr_err("%s is built without CONFIG_LIVEPATCH", image->kernel->name);
		return -EINVAL;
	}
	rc = get_livepatch(image);
	if (rc)
		return rc;
	name = module_name(image->livepatch);
	image_order(image, "livepatch", name);
	return initramfs_add_module(image->ir, name, image->livepatch);
}

/* "FILE" goes to the same absolute path, "FILE:PATH" to PATH. */
static int add_file(struct image *image, const char *spec)
{
	const char *colon = strrchr(spec, ':');
	char *from __cleanup(free_ptr) =
		xasprintf("%.*s", (int)(colon ? colon - spec : (long)strlen(spec)), spec);
	char *full __cleanup(free_ptr) = realpath(from, NULL);
	struct stat st;

	if (!full || stat(full, &st) || !S_ISREG(st.st_mode)) {
		pr_err("--add %s: no such file", from);
		return -ENOENT;
	}
	if (colon && colon[1] != '/') {
		pr_err("--add %s: the path in the guest must begin with /", spec);
		return -EINVAL;
	}
	return image_user_file(image, full, colon ? colon + 1 : full, st.st_mode & 0777);
}

static int insert(struct image *image, const char *file, const char *params)
{
	char *name __cleanup(free_ptr) = module_name(file);
	char *value __cleanup(free_ptr) = xasprintf("%s%s%s", name, *params ? " " : "", params);

	image_order(image, "insmod", value);
	strv_push(&image->inserted, file);
	return kernel_check_module(image->kernel, file) ?:
	       initramfs_add_module(image->ir, name, file);
}

static char *same_name(const char *name)
{
	return xstrdup(name);
}

/* The tree of a revision, in a directory beside the image; to be freed and removed. */
static int export_revision(const struct image *image, const char *repo, const char *rev,
			   char **dir)
{
	char *cwd __cleanup(free_ptr) = getcwd(NULL, 0);
	char *tar __cleanup(free_ptr) = xasprintf("%s.tar", image->path);
	/* git runs in the repository. */
	char *out __cleanup(free_ptr) = xasprintf("--output=%s%s%s", *tar == '/' ? "" : cwd,
						  *tar == '/' ? "" : "/", tar);
	struct unpack u = { .path = same_name, .link = same_name };
	int rc, status;

	*dir = xasprintf("%s.source", image->path);
	u.dest = *dir;
	rc = git_l(repo, NULL, &status, "archive", "--format=tar", out, rev, NULL);
	if (!rc && status) {
		pr_err("%s has no revision %s", repo, rev);
		rc = -EINVAL;
	}
	rc = rc ?: unpack_tar(&u, tar);
	unlink(tar);
	return rc;
}

/* Modules that are built for the guest's kernel: all that the directory makes. */
static int insert_source(struct image *image, const char *source, const char *params)
{
	struct strv found __cleanup(strv_free) = {};
	char *dir __cleanup(free_ptr) = NULL;
	int rc = kernel_build_module(image->kernel, source, &dir);

	strv_glob(&found, "%s/*.ko", dir);
	for (size_t i = 0; !rc && i < found.n; i++)
		rc = insert(image, found.v[i], params);
	return rc;
}

/* "FILE.ko", "DIR" or "DIR@REV", and perhaps ",PARAMETERS": loaded before the load. */
static int add_insmod(struct image *image, const char *spec)
{
	size_t len = strcspn(spec, ",");
	char *path __cleanup(free_ptr) = xasprintf("%.*s", (int)len, spec);
	char *dir __cleanup(free_ptr) = NULL, *at = strrchr(path, '@');
	const char *params = spec[len] ? spec + len + 1 : "";
	int rc;

	if (is_directory(path))
		return insert_source(image, path, params);
	if (file_exists(path))
		return insert(image, path, params);
	if (!at) {
		pr_err("--insmod %s: no such file or directory", path);
		return -ENOENT;
	}
	*at = '\0';
	rc = export_revision(image, path, at + 1, &dir) ?: insert_source(image, dir, params);
	remove_tree(dir);
	return rc;
}

/* A module of the kernel's, with those it needs. */
static int add_modprobe(struct image *image, const char *name)
{
	const char *const names[] = { name, NULL };
	int rc = image_modules(image, "insmod", names);

	if (rc == -ENOENT)
		pr_err("%s has no module %s", image->kernel->name, name);
	return rc;
}

static int add_all(struct image *image)
{
	const struct plan *plan = image->plan;
	int rc = image_init(image->ir) ?:
		 (image->root ? root_add(image) : 0) ?:
		 plan->load->add(image) ?:
		 (plan->livepatch ? add_livepatch(image) : 0) ?:
		 plan->detector->add(image) ?:
		 (plan->planted ? add_planted(image) : 0) ?:
		 (plan->tracers ? add_tracers(image) : 0) ?:
		 add_chores(image);

	for (size_t i = 0; !rc && i < plan->add.n; i++)
		rc = add_file(image, plan->add.v[i]);
	for (size_t i = 0; !rc && i < plan->insmod.n; i++)
		rc = add_insmod(image, plan->insmod.v[i]);
	for (size_t i = 0; !rc && i < plan->modprobe.n; i++)
		rc = add_modprobe(image, plan->modprobe.v[i]);
	/* Selftests and benchmarks have orders of their own. */
	image_order(image, "workload", plan->load->offered || plan->load->exits ?
		    plan->load->name : "none");
	image_order_number(image, "seconds", plan->seconds);
	image_order_number(image, "reload", plan->reload);
	return rc ?: initramfs_add_data(image->ir, "/etc/irqsan.conf", S_IFREG | 0644,
					image->conf.data, image->conf.len);
}

/**
 * image_make() - make a guest's initramfs
 * @plan: what it is to do; must outlive @image
 * @kernel: its kernel; likewise
 * @dir: where it is put, as "initramfs.cpio"
 * @image: filled; for image_free(), also after a failure
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int image_make(const struct plan *plan, const struct kernel *kernel, const char *dir,
	       struct image *image)
{
	int rc;

	*image = (struct image){
		.plan = plan, .kernel = kernel, .path = xasprintf("%s/initramfs.cpio", dir),
	};
	rc = plan->root ? root_get(plan->root, dir, &image->root, &image->root_held) : 0;
	if (rc)
		return rc;
	image->ir = initramfs_create(image->path);
	rc = initramfs_finish(image->ir, image->ir ? add_all(image) : 0);
	image->ir = NULL;
	return rc;
}

/**
 * image_free() - free what image_make() filled in, and remove initramfs and root: what
 *		  they were made of is named in run.json
 * @image: the image; may be freed twice
 */
void image_free(struct image *image)
{
	if (image->path)
		unlink(image->path);
	if (image->root)
		unlink(image->root);
	if (image->root_held)
		close(image->root_held);
	free(image->path);
	free(image->root);
	buf_free(&image->conf);
	free(image->module);
	free(image->livepatch);
	strv_free(&image->inserted);
	*image = (struct image){};
}
