// SPDX-License-Identifier: GPL-2.0
/*
 * The list of loads.
 */
#include <string.h>

#include "base/util.h"
#include "boot/load.h"

static const struct load *const loads[] = {
	&load_none, &load_mkdir_storm, &load_lock_storm, &load_command, &load_selftest, &load_bench,
};

/**
 * load_find() - a load by its name
 * @name: the name
 *
 * Return: the load, or NULL
 */
const struct load *load_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(loads); i++)
		if (!strcmp(loads[i]->name, name))
			return loads[i];
	return NULL;
}

static int add_nothing(struct image *image)
{
	(void)image;
	return 0;
}

const struct load load_none = { .name = "none", .add = add_nothing, .offered = true };
