// SPDX-License-Identifier: GPL-2.0
/*
 * The detector irqsan.ko: built for the kernel, loaded by init, proved by the planted
 * restores of its own.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/console.h"
#include "base/printable.h"
#include "boot/detector.h"
#include "boot/image.h"
#include "boot/load.h"

static int get_module(struct image *image)
{
	const char *module = image->plan->module;
	char *src, *dir = NULL;
	int rc;

	if (module) {
		image->module = xstrdup(module);
		return kernel_check_module(image->kernel, module);
	}
	src = xasprintf("%s/module", irqsan_root());
	rc = kernel_build_module(image->kernel, src, &dir);
	if (rc >= 0)
		image->module = xasprintf("%s/irqsan.ko", dir);
	free(dir);
	free(src);
	return rc < 0 ? rc : 0;
}

static int add(struct image *image)
{
	const char *params = image->plan->params;
	char *value;
	int rc;

	/* The selftests take it as it is. */
	if (image_built_in(image->plan, image->kernel))
		return 0;
	rc = get_module(image);
	if (!rc)
		rc = initramfs_add_module(image->ir, "/modules/irqsan.ko", image->module);
	if (rc || image->plan->load->loads_detector)
		return rc;
	value = xasprintf("/modules/irqsan.ko%s%s", params ? " " : "", params ?: "");
	image_order(image, "irqsan", value);
	free(value);
	return 0;
}

static bool proves(const struct plan *plan, const struct kernel *kernel)
{
	(void)kernel;
	return !plan->load->loads_detector;
}

static void keep_message(void *ctx, const char *line, size_t len)
{
	const char *at = memmem(line, len, "irqsan: ", 8);
	char **message = ctx;

	/* The line before the refusal may be the module's own greeting: the last one counts. */
	if (at) {
		free(*message);
		*message = printable_line(at + 8);
	}
}

/* The kernel says on its console why it refuses a module. */
static char *refused(int rc, const char *console, size_t len)
{
	char *message = NULL, *why;
	struct console lines = { .fn = keep_message, .ctx = &message };

	if (len) {
		console_feed(&lines, console, len);
		console_end(&lines);
	}
	why = xasprintf("insmod irqsan.ko: %s", message ?: strerror(-rc));
	free(message);
	return why;
}

const struct detector detector_irqsan = {
	.name = "irqsan",
	.summary = "irqsan.ko",
	.add = add,
	.proves = proves,
	.reported = detector_bogus_restore,
	.refused = refused,
};
