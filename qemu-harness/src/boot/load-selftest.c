// SPDX-License-Identifier: GPL-2.0
/*
 * The selftests instead of a load. Arguments: names of tests. They load irqsan and the
 * test modules themselves.
 */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "boot/image.h"
#include "boot/load.h"

#define ZOO_SOURCE "selftests/irqsan/zoo"

/* Where the selftests are, here and in the guest. */
#define SELFTESTS "selftests/irqsan"
/* In the guest, and below tools/testing in the kernel's source. */
#define KERNEL_SELFTEST "selftests/irqflags/irqflags.sh"
#define KERNEL_SELFTEST_DEP "test_irqflags.ko:\n"

/* The kernel's own selftest of its check (patches/), where it is a build that has it. */
static int add_kernel_selftest(struct image *image)
{
	static const char *const names[] = { "test_irqflags", NULL };
	const struct kernel *k = image->kernel;
	char *script, *dir, *name;
	struct strv files = {};
	int rc;

	if (!k->source || kernel_config(k, "TEST_IRQFLAGS") != 'm')
		return 0;
	script = xasprintf("%s/tools/testing/" KERNEL_SELFTEST, k->source);
	dir = xasprintf("/lib/modules/%s", k->release);
	rc = initramfs_add_file(image->ir, "/" KERNEL_SELFTEST, S_IFREG | 0755, script);
	if (!rc)
		rc = kernel_module_files(k, names, &files);
	/* Where modprobe looks for it; it needs no other. */
	name = xasprintf("%s/test_irqflags.ko", dir);
	if (!rc)
		rc = initramfs_add_module(image->ir, name, files.v[0]);
	free(name);
	name = xasprintf("%s/modules.dep", dir);
	if (!rc)
		rc = initramfs_add_data(image->ir, name, S_IFREG | 0644, KERNEL_SELFTEST_DEP,
					strlen(KERNEL_SELFTEST_DEP));
	free(name);
	free(dir);
	free(script);
	strv_free(&files);
	return rc;
}

static int add(struct image *image)
{
	char *pattern = xasprintf("%s/" SELFTESTS "/{*.sh,settings}", irqsan_root());
	glob_t files = {};
	int rc = image_busybox(image) ?: initramfs_add_dir(image->ir, "/tmp", 01777);

	if (!rc && glob(pattern, GLOB_BRACE, NULL, &files)) {
		pr_err("%s: no tests", pattern);
		rc = -ENOENT;
	}
	for (size_t i = 0; !rc && i < files.gl_pathc; i++) {
		char *name = xasprintf("/" SELFTESTS "%s", strrchr(files.gl_pathv[i], '/'));

		rc = initramfs_add_file(image->ir, name, S_IFREG | 0755, files.gl_pathv[i]);
		free(name);
	}
	if (!rc)
		rc = image_test_module(image, ZOO_SOURCE, "irqsan_zoo");
	if (!rc)
		rc = add_kernel_selftest(image);
	for (size_t i = 0; i < image->plan->args.n; i++)
		image_order(image, "selftest", image->plan->args.v[i]);
	globfree(&files);
	free(pattern);
	return rc;
}

const struct load load_selftest = {
	.name = "selftest", .add = add, .loads_detector = true,
};
