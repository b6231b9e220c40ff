// SPDX-License-Identifier: GPL-2.0
/*
 * irqsan kernel: lists and gets kernels, builds them from source, and builds
 * modules for them by hand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cache.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "kernel/build.h"
#include "kernel/kernel-debian.h"
#include "kernel/kernel-source.h"
#include "kernel/kernel.h"

#define DAYS_MAX 36500

/**
 * struct args - the command line
 * @refresh: take the version that the suite has now
 * @kernel: kernel to build a module for
 * @build: kernel to build
 * @json: file for the build's result
 * @days: what was not used for so long goes
 * @words: what is no option: ACTION and its objects
 */
struct args {
	bool refresh;
	const char *kernel;
	struct build_request build;
	const char *json;
	unsigned int days;
	struct strv words;
};

static const struct verb_option options[] = {
	{ "refresh", 0, NULL,
	  "get: take the version that the suite has now, whatever the cache holds",
	  TO(struct args, refresh) },
	{ "kernel", 0, "NAME", "build-module: the kernel to build for", TO(struct args, kernel) },
	{ "series", 0, "DIR", "build: apply the patches in DIR first; in order with --patch",
	  TO(struct args, build.patches) },
	{ "patch", 0, "FILE", "build: apply FILE first", TO(struct args, build.patches) },
	{ "config", 0, "NAME|FILE",
	  "build: a fragment of qemu-harness/configs or of your own, on top of kvm-guest; or a "
	  "whole .config instead of that", TO(struct args, build.configs) },
	{ "clang", 0, NULL, "build: with LLVM=1", TO(struct args, build.clang) },
	{ "out", 'o', "DIR", "build: the build tree (default: one in the cache)",
	  TO(struct args, build.out) },
	{ "json", 0, "FILE", "build: write the result there as well", TO(struct args, json) },
	{ "days", 0, "N", "prune: what nobody has used for N days (default 30)",
	  TO(struct args, days), .min = 1, .max = DAYS_MAX },
	{ }
};

static int list(void)
{
	struct strv names = { 0 };

	debian_list(&names);
	printf("%-24s%-28s%-20s%s\n", "NAME", "RELEASE", "VERSION", "IN THE CACHE");
	for (size_t i = 0; i < names.n; i++) {
		struct debian_kernel d;

		if (debian_load(names.v[i], &d)) {
			printf("%-24s%-28s%-20s%s\n", names.v[i], "-", "-", "no");
			continue;
		}
		printf("%-24s%-28s%-20s%llu MB\n", names.v[i], d.release, d.version,
		       (unsigned long long)d.bytes >> 20);
		debian_kernel_free(&d);
	}
	strv_free(&names);
	return 0;
}

static int refresh_debian(const char *name)
{
	struct debian_kernel d;
	int held, rc = debian_get(name, true, &d, &held);

	if (!rc) {
		close(held);
		debian_kernel_free(&d);
	}
	return rc;
}

static int get(char **names, bool refresh)
{
	for (; *names; names++) {
		struct kernel k __cleanup(kernel_free) = {};
		int rc = refresh && debian_known(*names) ? refresh_debian(*names) : 0;

		rc = rc ?: kernel_get(*names, &k);
		if (rc)
			return rc;
		printf("%s %s %s\n", *names, k.release, k.image);
	}
	return 0;
}

static int build_module(const char *name, const char *dir)
{
	struct kernel k __cleanup(kernel_free) = {};
	char *out __cleanup(free_ptr) = NULL;
	int rc = kernel_get(name, &k) ?: kernel_build_module(&k, dir, &out);

	if (!rc)
		puts(out);
	return rc;
}

static int source(const char *name)
{
	struct kernel_source s;
	int rc = kernel_source_get(name, NULL, &s);

	if (rc)
		return rc;
	puts(s.dir);
	kernel_source_free(&s);
	return 0;
}

static int build(struct args *a, bool *broken)
{
	struct build b __cleanup(build_free);
	int rc;

	a->build.source = a->words.v[1];
	rc = build_kernel(&a->build, &b);
	*broken = rc == BUILD_BROKEN;
	if (!rc)
		fprintf(a->json && !strcmp(a->json, "-") ? stderr : stdout,
			"directory: %s\nrelease: %s\nkernel signature: %s\nbuild time: %.0f s%s\n",
		       b.dir, b.release, b.signature, b.seconds,
		       b.kept ? " (it was in the cache)" : "");
	else if (*broken)
		pr_err("%s doesn't build: %s (all of it: %s)", a->build.source, b.error, b.log);
	if (rc >= 0 && a->json && build_write_json(&b, a->json))
		rc = -1;
	return rc;
}

static int prune(unsigned int days)
{
	struct strv entries __cleanup(strv_free) = {};

	strv_glob(&entries,
		  "%s/{kernels,debug,sources,buildroots,roots,builds,modules,trees,vmlinux,l1}/*",
		  irqsan_cache());
	for (size_t i = 0; i < entries.n; i++) {
		const char *path = entries.v[i];
		unsigned long long mb = tree_size(path) >> 20;

		printf("%8llu MB  %s%s\n", mb, path,
		       cache_remove(path, days * 86400.0) ? "  removed" : "");
	}
	return 0;
}

static int verb_main(int argc, char **argv)
{
	struct args a = { .days = 30 };
	const struct verb verb = {
		.sets = { { options, &a } },
		.words = &a.words,
		.args_doc = "list\nget NAME...\nsource SOURCE\nbuild SOURCE\n"
			    "build-module --kernel NAME DIR\nprune",
		.doc = "Get kernels to test, build them, and build modules for them.\v"
		       "NAME is debian:SUITE[/FLAVOUR][=VERSION], of any suite that the mirror "
		       "has, backports among them (\"list\" prints the usual ones), FLAVOUR being "
		       "rt or cloud; or the release of a kernel of this machine; or the path of a "
		       "bzImage, of a kernel build tree, or of what make modules_install made.  "
		       "build-module prints the directory that the .ko files are in.\n\n"
		       "SOURCE is debian-source:bullseye, bookworm, trixie or sid, or a directory; "
		       "one that was built in has to be a git repository.  source prints the "
		       "directory of it, which is only to be read; build prints the build tree, "
		       "which is a NAME, and the kernel's signature; it ends with 125 when the "
		       "source doesn't build.\n\n"
		       "prune lists what the cache holds, with sizes, and removes what was not "
		       "used for long; what is in use stays.",
	};
	const char *action;
	bool broken = false;
	int rc = -1;

	options_parse(&verb, argc, argv);
	action = a.words.n ? a.words.v[0] : "";
	if (!strcmp(action, "list") && a.words.n == 1)
		rc = list();
	else if (!strcmp(action, "get") && a.words.n > 1)
		rc = get(a.words.v + 1, a.refresh);
	else if (!strcmp(action, "build-module") && a.words.n == 2 && a.kernel)
		rc = build_module(a.kernel, a.words.v[1]);
	else if (!strcmp(action, "source") && a.words.n == 2)
		rc = source(a.words.v[1]);
	else if (!strcmp(action, "build") && a.words.n == 2)
		rc = build(&a, &broken);
	else if (!strcmp(action, "prune") && a.words.n == 1)
		rc = prune(a.days);
	else
		pr_err("usage: irqsan kernel list | get NAME... | source SOURCE | build SOURCE | build-module --kernel NAME DIR | prune");
	strv_free(&a.build.patches);
	strv_free(&a.build.configs);
	strv_free(&a.words);
	if (broken && rc > 0)
		return EXIT_SKIP;
	return rc ? EXIT_INFRA : EXIT_OK;
}

const struct command cmd_kernel = {
	"kernel", "get kernels to test and build modules for them", verb_main
};
