// SPDX-License-Identifier: GPL-2.0
/*
 * Puts together what the guest under test needs.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

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
	char *text = xasprintf("%u", value);

	image_order(image, key, text);
	free(text);
}

/* "/lib/modules/ext4.ko.xz" → "/modules/ext4.ko", as it is stored uncompressed. */
static char *module_name(const char *path)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	const char *end = strstr(base, ".ko");

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
	struct strv files = {};
	size_t i;
	int rc;

	rc = kernel_module_files(image->kernel, names, &files);
	for (i = 0; rc >= 0 && i < files.n; i++) {
		char *name = module_name(files.v[i]);

		/* Another module may have brought it along. */
		if (!image->conf.len || !strstr(image->conf.data, name)) {
			rc = initramfs_add_module(image->ir, name, files.v[i]);
			image_order(image, key, name);
		}
		free(name);
	}
	strv_free(&files);
	return rc < 0 ? rc : 0;
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
	char *src = xasprintf("%s/%s", irqsan_root(), source);
	char *to = xasprintf("/modules/%s.ko", name);
	char *dir = NULL, *ko;
	int rc;

	rc = kernel_build_module(image->kernel, src, &dir);
	if (rc >= 0) {
		ko = xasprintf("%s/%s.ko", dir, name);
		rc = initramfs_add_module(image->ir, to, ko);
		free(ko);
	}
	free(dir);
	free(to);
	free(src);
	return rc < 0 ? rc : 0;
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
static int add_kexec(struct image *image)
{
	char *path = xasprintf("%s.kexec", image->path);
	struct initramfs *ir = initramfs_create(path);
	int rc = ir ? add_init(ir) : -EIO;

	if (ir && !rc)
		rc = initramfs_finish(ir);
	else if (ir)
		initramfs_abort(ir);
	if (!rc)
		rc = initramfs_add_file(image->ir, "/kexec/initramfs.cpio", S_IFREG | 0644, path);
	if (!rc)
		rc = initramfs_add_file(image->ir, "/kexec/vmlinuz", S_IFREG | 0644,
					image->kernel->image);
	unlink(path);
	free(path);
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
	char *to = xasprintf("%s%s", image->plan->root ? IMAGE_ROOT_FILES : "", name);
	int rc = initramfs_add_file(image->ir, to, S_IFREG | mode, from);

	free(to);
	return rc;
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
	struct strv libraries = {};
	int rc = initramfs_add_file(image->ir, name, S_IFREG | 0755, from);

	if (!rc)
		rc = program_libraries(from, &libraries);
	for (size_t i = 0; !rc && i < libraries.n; i++)
		rc = initramfs_add_file(image->ir, libraries.v[i], S_IFREG | 0755, libraries.v[i]);
	strv_free(&libraries);
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
	char *path = find_program("busybox");
	int rc;

	if (!path || !is_static(path)) {
		pr_err("no static busybox, which the load needs in the guest; install busybox-static");
		rc = -ENOENT;
	} else {
		rc = initramfs_add_file(image->ir, "/bin/busybox", S_IFREG | 0755, path);
	}
	free(path);
	return rc;
}

static int add_tracers(struct image *image)
{
	static const char *const names[] = { "perf", "trace-cmd", "bpftrace" };
	unsigned int added = 0;
	int rc = 0;

	for (size_t i = 0; !rc && i < ARRAY_SIZE(names); i++) {
		char *from = find_program(names[i]);
		char *name = xasprintf("/bin/%s", names[i]);

		if (from) {
			rc = image_program(image, from, name);
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

static int get_livepatch(struct image *image)
{
	const char *from = image->plan->livepatch;
	struct stat st;
	char *dir;
	int rc;

	if (stat(from, &st) || !S_ISDIR(st.st_mode)) {
		image->livepatch = xstrdup(from);
		return kernel_check_module(image->kernel, from);
	}
	rc = kernel_build_module(image->kernel, from, &dir);
	if (rc < 0)
		return rc;
	rc = only_module(dir, &image->livepatch);
	if (rc)
		pr_err("%s: makes more than one module: name the livepatch's .ko file", from);
	free(dir);
	return rc;
}

static int add_livepatch(struct image *image)
{
	char *name;
	int rc;

	if (kernel_config(image->kernel, "LIVEPATCH") != 'y') {
		pr_err("%s is built without CONFIG_LIVEPATCH", image->kernel->name);
		return -EINVAL;
	}
	rc = get_livepatch(image);
	if (rc)
		return rc;
	name = module_name(image->livepatch);
	rc = initramfs_add_module(image->ir, name, image->livepatch);
	image_order(image, "livepatch", name);
	free(name);
	return rc;
}

/* "FILE" goes to the same absolute path, "FILE:PATH" to PATH. */
static int add_file(struct image *image, const char *spec)
{
	const char *colon = strrchr(spec, ':');
	char *from = xasprintf("%.*s", (int)(colon ? colon - spec : (long)strlen(spec)), spec);
	char *full = realpath(from, NULL);
	struct stat st;
	int rc;

	if (!full || stat(full, &st) || !S_ISREG(st.st_mode)) {
		pr_err("--add %s: no such file", from);
		rc = -ENOENT;
	} else if (colon && colon[1] != '/') {
		pr_err("--add %s: the path in the guest must begin with /", spec);
		rc = -EINVAL;
	} else {
		rc = image_user_file(image, full, colon ? colon + 1 : full, st.st_mode & 0777);
	}
	free(full);
	free(from);
	return rc;
}

static int insert(struct image *image, const char *file, const char *params)
{
	char *name = module_name(file);
	char *value = xasprintf("%s%s%s", name, *params ? " " : "", params);
	int rc = kernel_check_module(image->kernel, file);

	if (!rc)
		rc = initramfs_add_module(image->ir, name, file);
	image_order(image, "insmod", value);
	strv_push(&image->inserted, file);
	free(value);
	free(name);
	return rc;
}

static char *same_name(const char *name)
{
	return xstrdup(name);
}

/* The tree of a revision, in a directory beside the image; to be freed and removed. */
static int export_revision(const struct image *image, const char *repo, const char *rev,
			   char **dir)
{
	char *cwd = getcwd(NULL, 0), *tar = xasprintf("%s.tar", image->path);
	/* git goes to the repository before it opens this. */
	char *out = xasprintf("--output=%s%s%s", *tar == '/' ? "" : cwd, *tar == '/' ? "" : "/",
			      tar);
	const char *const argv[] = { "git", "-C", repo, "archive", "--format=tar", out, rev, NULL };
	struct unpack u = { .path = same_name, .link = same_name };
	struct buf said = {};
	int rc = program_output(argv, &said);

	*dir = xasprintf("%s.source", image->path);
	if (rc)
		pr_err("%s has no revision %s", repo, rev);
	u.dest = *dir;
	if (!rc)
		rc = unpack_tar(&u, tar);
	unlink(tar);
	buf_free(&said);
	free(out);
	free(tar);
	free(cwd);
	return rc;
}

/* Modules that are built for the guest's kernel: all that the directory makes. */
static int insert_source(struct image *image, const char *source, const char *params)
{
	char *dir = NULL, *pattern;
	glob_t found = {};
	int rc = kernel_build_module(image->kernel, source, &dir);

	if (rc < 0)
		return rc;
	pattern = xasprintf("%s/*.ko", dir);
	glob(pattern, 0, NULL, &found);
	for (size_t i = 0; !rc && i < found.gl_pathc; i++)
		rc = insert(image, found.gl_pathv[i], params);
	globfree(&found);
	free(pattern);
	free(dir);
	return rc;
}

/* "FILE.ko", "DIR" or "DIR@REV", and perhaps ",PARAMETERS": loaded before the load. */
static int add_insmod(struct image *image, const char *spec)
{
	size_t len = strcspn(spec, ",");
	char *path = xasprintf("%.*s", (int)len, spec), *at = strrchr(path, '@'), *dir = NULL;
	const char *params = spec[len] ? spec + len + 1 : "";
	struct stat st;
	int rc;

	if (!stat(path, &st)) {
		rc = S_ISDIR(st.st_mode) ? insert_source(image, path, params) :
					   insert(image, path, params);
	} else if (at) {
		*at = '\0';
		rc = export_revision(image, path, at + 1, &dir);
		if (!rc)
			rc = insert_source(image, dir, params);
		remove_tree(dir);
		free(dir);
	} else {
		pr_err("--insmod %s: no such file or directory", path);
		rc = -ENOENT;
	}
	free(path);
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
	int rc;

	rc = add_init(image->ir);
	if (!rc && image->root)
		rc = root_add(image);
	if (!rc)
		rc = plan->load->add(image);
	if (!rc && plan->livepatch)
		rc = add_livepatch(image);
	if (!rc)
		rc = plan->detector->add(image);
	if (!rc && plan->planted)
		rc = add_planted(image);
	if (!rc && plan->tracers)
		rc = add_tracers(image);
	if (!rc)
		rc = add_chores(image);
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
	if (!rc)
		rc = initramfs_add_data(image->ir, "/etc/irqsan.conf", S_IFREG | 0644,
					image->conf.data, image->conf.len);
	return rc;
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
	if (!image->ir)
		return -EIO;
	rc = add_all(image);
	if (rc < 0)
		initramfs_abort(image->ir);
	else
		rc = initramfs_finish(image->ir);
	image->ir = NULL;
	return rc < 0 ? rc : 0;
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
