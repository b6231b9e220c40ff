// SPDX-License-Identifier: GPL-2.0
/*
 * Fixed work to be measured ("irqsan bench"). Arguments: "NAME OPS" each; "events SITES":
 * watch these sites, one a line, with kprobe events; "tell-sites 1": send those of
 * irqsan.
 */
#include <string.h>
#include <sys/stat.h>

#include "boot/image.h"
#include "boot/load.h"

#define EVENTS "events "
#define TELL_SITES "tell-sites 1"

static int add_arg(struct image *image, const char *arg)
{
	if (!strcmp(arg, TELL_SITES)) {
		image_order(image, "tell-sites", "1");
		return 0;
	}
	if (strncmp(arg, EVENTS, strlen(EVENTS))) {
		image_order(image, "bench", arg);
		return 0;
	}
	arg += strlen(EVENTS);
	image_order(image, "events", "/etc/events");
	return initramfs_add_data(image->ir, "/etc/events", S_IFREG | 0644, arg, strlen(arg));
}

static int add(struct image *image)
{
	char *nop __cleanup(free_ptr) = xasprintf("%s/build/guest/nop", irqsan_root());
	int rc = initramfs_add_file(image->ir, "/bench/nop", S_IFREG | 0755, nop) ?:
		 image_test_module(image, IMAGE_STORM_SOURCE, "irqsan_loop");

	image_order(image, "module", "/modules/irqsan_loop.ko");
	for (size_t i = 0; !rc && i < image->plan->args.n; i++)
		rc = add_arg(image, image->plan->args.v[i]);
	return rc;
}

const struct load load_bench = { .name = "bench", .add = add };
