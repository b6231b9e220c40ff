// SPDX-License-Identifier: GPL-2.0
/*
 * irqsan title: what the crash in a console log is called.
 */
#include <argp.h>
#include <jansson.h>
#include <stdio.h>

#include "base/util.h"
#include "cmd/cmd.h"
#include "crash/crash-report.h"
#include "crash/crash.h"
#include "crash/pstore.h"
#include "judge/result.h"

#define TITLE_FORMAT "irqsan-title/1"

enum {
	OPT_JSON = 256,
	OPT_VMLINUX,
};

/**
 * struct args - the command line
 * @json: the whole report instead of the title
 * @vmlinux: the kernel that wrote the logs, or NULL
 * @logs: files; points into argv
 * @n: how many
 */
struct args {
	bool json;
	const char *vmlinux;
	char **logs;
	unsigned int n;
};

static const struct argp_option options[] = {
	{ "json", OPT_JSON, NULL, 0, "Print the whole reports", 0 },
	{ "vmlinux", OPT_VMLINUX, "FILE", 0,
	  "The kernel, with debug information: look frames up in it (with --json)", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	switch (key) {
	case OPT_JSON:
		args->json = true;
		break;
	case OPT_VMLINUX:
		args->vmlinux = arg;
		break;
	case ARGP_KEY_ARGS:
		args->logs = state->argv + state->next;
		args->n = (unsigned int)(state->argc - state->next);
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no log given");
		break;
	case ARGP_KEY_END:
		if (args->vmlinux && !args->json)
			argp_error(state, "--vmlinux says nothing without --json");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* One log's title, or its report added to @reports. Is there one? Negative: it can't be read. */
static int title_one(const char *path, json_t *reports, struct symbols *symbols)
{
	struct buf log = {};
	struct crash crash;
	int rc;

	rc = read_file(path, &log);
	if (rc)
		return rc;
	pstore_order(&log);
	rc = crash_find(log.data ?: "", log.len, &crash) ||
	     crash_find_rest(log.data ?: "", log.len, &crash);
	if (reports)
		json_array_append_new(reports, json_pack("{s:s, s:o}", "log", path, "crash",
							 rc ? crash_json(&crash, symbols) :
							 json_null()));
	else
		puts(crash.title ?: "");
	crash_free(&crash);
	buf_free(&log);
	return rc;
}

/**
 * cmd_title() - irqsan title
 * @argc: number of arguments
 * @argv: the arguments
 *
 * Return: an exit code
 */
int cmd_title(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse, .args_doc = "LOG...",
		.doc = "Print the title of the first crash in each console log, an empty line "
		       "where there is none.\v"
		       "Exit status: 0 no log holds a crash, 1 one does, 2 a file could not be "
		       "read.",
	};
	struct symbols *symbols = NULL;
	struct args args = {};
	json_t *reports, *doc;
	int rc = EXIT_OK;
	unsigned int i;

	argp_parse(&argp, argc, argv, 0, NULL, &args);
	if (args.vmlinux && symbols_open(args.vmlinux, &symbols))
		return EXIT_INFRA;
	reports = args.json ? json_array() : NULL;
	for (i = 0; i < args.n; i++) {
		int found = title_one(args.logs[i], reports, symbols);

		if (found < 0)
			rc = EXIT_INFRA;
		else if (found && rc == EXIT_OK)
			rc = EXIT_FOUND;
	}
	if (reports) {
		doc = json_pack("{s:s, s:o}", "format", TITLE_FORMAT, "logs", reports);
		if (result_write(doc, "-"))
			rc = EXIT_INFRA;
		json_decref(doc);
	}
	symbols_close(symbols);
	return rc;
}
