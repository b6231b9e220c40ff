// SPDX-License-Identifier: GPL-2.0
/*
 * irqsan report: results as a page to read in a browser.
 */
#include <argp.h>
#include <stdlib.h>

#include "base/util.h"
#include "cmd/cmd.h"
#include "report/report.h"

/**
 * struct args - the command line
 * @out: file of the page
 * @files: files of the results; points into argv
 * @n: how many
 */
struct args {
	const char *out;
	char **files;
	unsigned int n;
};

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "the page (- for standard output)", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	switch (key) {
	case 'o':
		args->out = arg;
		break;
	case ARGP_KEY_ARGS:
		args->files = state->argv + state->next;
		args->n = (unsigned int)(state->argc - state->next);
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no result given");
		break;
	case ARGP_KEY_END:
		if (!args->out)
			argp_error(state, "--output is missing");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/**
 * cmd_report() - irqsan report
 * @argc: number of arguments
 * @argv: the arguments
 *
 * Return: an exit code
 */
int cmd_report(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse, .args_doc = "FILE.json...",
		.doc = "Show results of run, reproduce, verify and bisect on one HTML page.\v"
		       "Exit status: 0 the page is written, 2 it could not be.",
	};
	struct report_source *sources;
	struct args args = {};
	unsigned int i;
	int rc = 0;

	argp_parse(&argp, argc, argv, 0, NULL, &args);
	sources = xcalloc(args.n, sizeof(*sources));
	for (i = 0; !rc && i < args.n; i++)
		rc = report_load(args.files[i], &sources[i]);
	if (!rc)
		rc = report_write(sources, args.n, args.out);
	for (i = 0; i < args.n; i++)
		report_free(&sources[i]);
	free(sources);
	return rc ? EXIT_INFRA : EXIT_OK;
}
