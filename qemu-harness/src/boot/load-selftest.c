// SPDX-License-Identifier: GPL-2.0
/*
 * The selftests instead of a load. Arguments: names of tests. They load irqsan and the
 * test modules themselves.
 */
#include <errno.h>
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
	char *script __cleanup(free_ptr) =
		xasprintf("%s/tools/testing/" KERNEL_SELFTEST, k->source ?: "");
	/* Where modprobe looks for it; it needs no other. */
	char *ko __cleanup(free_ptr) = xasprintf("/lib/modules/%s/test_irqflags.ko", k->release);
	char *dep __cleanup(free_ptr) = xasprintf("/lib/modules/%s/modules.dep", k->release);
	struct strv files __cleanup(strv_free) = {};

	if (!k->source || kernel_config(k, "TEST_IRQFLAGS") != 'm')
		return 0;
	return kernel_module_files(k, names, &files) ?:
	       initramfs_add_file(image->ir, "/" KERNEL_SELFTEST, S_IFREG | 0755, script) ?:
	       initramfs_add_module(image->ir, ko, files.v[0]) ?:
	       initramfs_add_data(image->ir, dep, S_IFREG | 0644, KERNEL_SELFTEST_DEP,
				  strlen(KERNEL_SELFTEST_DEP));
}

static int add(struct image *image)
{
	struct strv files __cleanup(strv_free) = {};
	int rc = image_busybox(image) ?: initramfs_add_dir(image->ir, "/tmp", 01777);

	if (!strv_glob(&files, "%s/" SELFTESTS "/{*.sh,settings}", irqsan_root())) {
		pr_err("%s/" SELFTESTS ": no tests", irqsan_root());
		return -ENOENT;
	}
	for (size_t i = 0; !rc && i < files.n; i++) {
		char *name __cleanup(free_ptr) = xasprintf("/" SELFTESTS "%s",
							   strrchr(files.v[i], '/'));

		rc = initramfs_add_file(image->ir, name, S_IFREG | 0755, files.v[i]);
	}
	for (size_t i = 0; i < image->plan->args.n; i++)
		image_order(image, "selftest", image->plan->args.v[i]);
	return rc ?: image_test_module(image, ZOO_SOURCE, "irqsan_zoo") ?:
	       add_kernel_selftest(image);
}

const struct load load_selftest = {
	.name = "selftest", .add = add, .loads_detector = true,
};
