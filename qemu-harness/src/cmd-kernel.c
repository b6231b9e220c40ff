// SPDX-License-Identifier: GPL-2.0
/*
 * irqsan kernel: lists and gets kernels, and builds modules for them by hand.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "kernel-debian.h"
#include "kernel.h"

enum {
	OPT_REFRESH = 256,
	OPT_KERNEL,
};

/**
 * struct args - the command line
 * @refresh: take the version that the suite has now
 * @kernel: kernel to build for
 * @words: what is no option: ACTION and its objects
 */
struct args {
	bool refresh;
	const char *kernel;
	struct strv words;
};

static error_t parse_opt(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case OPT_REFRESH:
		a->refresh = true;
		return 0;
	case OPT_KERNEL:
		a->kernel = arg;
		return 0;
	case ARGP_KEY_ARG:
		strv_push(&a->words, arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ .name = "refresh", .key = OPT_REFRESH,
	  .doc = "get: take the version that the suite has now, whatever the cache holds" },
	{ .name = "kernel", .key = OPT_KERNEL, .arg = "NAME",
	  .doc = "build-module: the kernel to build for" },
	{ 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse_opt,
	.args_doc = "list\nget NAME...\nbuild-module --kernel NAME DIR",
	.doc = "Get kernels to test, and build modules for them.\v"
	       "NAME is debian:SUITE, with /rt or /cloud for these flavours (\"list\" prints "
	       "them all), or the path of a bzImage or of a kernel build tree.  "
	       "build-module prints the directory that the .ko files are in.",
};

static int list(void)
{
	printf("%-24s%-28s%-20s%s\n", "NAME", "RELEASE", "VERSION", "IN THE CACHE");
	for (size_t i = 0; debian_names[i]; i++) {
		struct debian_kernel d;

		if (debian_load(debian_names[i], &d)) {
			printf("%-24s%-28s%-20s%s\n", debian_names[i], "-", "-", "no");
			continue;
		}
		printf("%-24s%-28s%-20s%llu MB\n", debian_names[i], d.release, d.version,
		       (unsigned long long)d.bytes >> 20);
		debian_kernel_free(&d);
	}
	return 0;
}

static int get(char **names, bool refresh)
{
	for (; *names; names++) {
		struct kernel k;
		int rc = 0;

		if (refresh && debian_known(*names))
			rc = debian_fetch(*names, true);
		if (!rc)
			rc = kernel_get(*names, &k);
		if (rc)
			return rc;
		printf("%s %s %s\n", *names, k.release, k.image);
		kernel_free(&k);
	}
	return 0;
}

static int build_module(const char *name, const char *dir)
{
	struct kernel k;
	char *out;
	int rc;

	rc = kernel_get(name, &k);
	if (rc)
		return rc;
	rc = kernel_build_module(&k, dir, &out);
	if (!rc)
		puts(out);
	free(out);
	kernel_free(&k);
	return rc;
}

/**
 * cmd_kernel() - irqsan kernel
 * @argc: number of arguments
 * @argv: "irqsan kernel" and what follows
 *
 * Return: an exit code (enum irqsan_exit)
 */
int cmd_kernel(int argc, char **argv)
{
	struct args a = { 0 };
	const char *action;
	int rc = -1;

	argp_parse(&argp, argc, argv, 0, NULL, &a);
	action = a.words.n ? a.words.v[0] : "";
	if (!strcmp(action, "list") && a.words.n == 1)
		rc = list();
	else if (!strcmp(action, "get") && a.words.n > 1)
		rc = get(a.words.v + 1, a.refresh);
	else if (!strcmp(action, "build-module") && a.words.n == 2 && a.kernel)
		rc = build_module(a.kernel, a.words.v[1]);
	else
		pr_err("usage: irqsan kernel list | get NAME... | build-module --kernel NAME DIR");
	strv_free(&a.words);
	return rc ? EXIT_INFRA : EXIT_OK;
}
