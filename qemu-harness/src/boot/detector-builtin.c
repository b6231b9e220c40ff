// SPDX-License-Identifier: GPL-2.0
/*
 * The detector that a kernel with CONFIG_DEBUG_IRQFLAGS has itself. It warns once a
 * boot, so its proof comes behind the load.
 */
#include "boot/detector.h"
#include "boot/image.h"

static bool proves(const struct plan *plan, const struct kernel *kernel)
{
	(void)plan;
	return kernel_config(kernel, "DEBUG_IRQFLAGS") == 'y';
}

static int add(struct image *image)
{
	int rc;

	image_order(image, "builtin", "1");
	/* A kernel without the check has nothing that could be proved. */
	if (!proves(image->plan, image->kernel))
		return 0;
	rc = image_test_module(image, IMAGE_PLANTED_SOURCE, "irqsan_planted");
	if (!rc)
		image_order(image, "control", "/modules/irqsan_planted.ko");
	return rc;
}

const struct detector detector_builtin = {
	.name = "builtin",
	.summary = "the kernel's own check (CONFIG_DEBUG_IRQFLAGS)",
	.add = add,
	.proves = proves,
	.reported = detector_bogus_restore,
};
