// SPDX-License-Identifier: GPL-2.0
/*
 * irqsan report: results as a page to read in a browser.
 */
#include <stdlib.h>

#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "report/report.h"

/**
 * struct args - the command line
 * @out: file of the page
 * @files: files of the results
 */
struct args {
	const char *out;
	struct strv files;
};

static const struct verb_option options[] = {
	{ "output", 'o', "FILE", "the page (- for standard output)", TO(struct args, out) },
	{ }
};

static void check(const struct argp_state *state, void *to)
{
	if (!((struct args *)to)->out)
		argp_error(state, "--output is missing");
}

static int verb_main(int argc, char **argv)
{
	struct args args = {};
	const struct verb verb = {
		.sets = { { options, &args, check } },
		.words = &args.files, .lacking = "no result given", .args_doc = "FILE.json...",
		.doc = "Show results of run, reproduce, verify and bisect on one HTML page.\v"
		       "Exit status: 0 the page is written, 2 it could not be.",
	};
	struct report_source *sources;
	int rc = 0;

	options_parse(&verb, argc, argv);
	sources = xcalloc(args.files.n, sizeof(*sources));
	for (size_t i = 0; !rc && i < args.files.n; i++)
		rc = report_load(args.files.v[i], &sources[i]);
	if (!rc)
		rc = report_write(sources, args.files.n, args.out);
	for (size_t i = 0; i < args.files.n; i++)
		report_free(&sources[i]);
	free(sources);
	strv_free(&args.files);
	return rc ? EXIT_INFRA : EXIT_OK;
}

const struct command cmd_report = {
	"report", "show results on one page, to read in a browser", verb_main
};
