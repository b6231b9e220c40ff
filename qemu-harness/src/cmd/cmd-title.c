// SPDX-License-Identifier: GPL-2.0
/*
 * irqsan title: what the crash in a console log is called.
 */
#include <jansson.h>
#include <stdio.h>

#include "base/json-text.h"
#include "base/util.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "crash/crash-report.h"
#include "crash/crash.h"
#include "crash/pstore.h"

#define TITLE_FORMAT "irqsan-title/1"

/**
 * struct args - the command line
 * @json: the whole report instead of the title
 * @vmlinux: the kernel that wrote the logs, or NULL
 * @logs: files
 */
struct args {
	bool json;
	const char *vmlinux;
	struct strv logs;
};

static const struct verb_option options[] = {
	{ "json", 0, NULL, "Print the whole reports", TO(struct args, json) },
	{ "vmlinux", 0, "FILE",
	  "The kernel, with debug information: look frames up in it (with --json)",
	  TO(struct args, vmlinux) },
	{ }
};

static void check(const struct argp_state *state, void *to)
{
	const struct args *args = to;

	if (args->vmlinux && !args->json)
		argp_error(state, "--vmlinux says nothing without --json");
}

/* One log's title, or its report added to @reports. Is there one? Negative: it can't be read. */
static int title_one(const char *path, json_t *reports, struct symbols *symbols)
{
	struct buf log __cleanup(buf_free) = {};
	struct crash crash;
	int rc = read_file(path, &log);

	if (rc)
		return rc;
	pstore_order(&log);
	rc = crash_find(log.data, log.len, &crash) || crash_find_rest(log.data, log.len, &crash);
	if (reports)
		json_array_append_new(reports, json_pack("{s:s, s:o}", "log", path, "crash",
							 rc ? crash_json(&crash, symbols) :
							 json_null()));
	else
		puts(crash.title ?: "");
	crash_free(&crash);
	return rc;
}

static int verb_main(int argc, char **argv)
{
	struct args args = {};
	const struct verb verb = {
		.sets = { { options, &args, check } },
		.words = &args.logs, .lacking = "no log given", .args_doc = "LOG...",
		.doc = "Print the title of the first crash in each console log, an empty line "
		       "where there is none.\v"
		       "Exit status: 0 no log holds a crash, 1 one does, 2 a file could not be "
		       "read.",
	};
	struct symbols *symbols = NULL;
	json_t *reports, *doc;
	int rc = EXIT_OK;

	options_parse(&verb, argc, argv);
	if (args.vmlinux && symbols_open(args.vmlinux, &symbols))
		return EXIT_INFRA;
	reports = args.json ? json_array() : NULL;
	for (size_t i = 0; i < args.logs.n; i++) {
		int found = title_one(args.logs.v[i], reports, symbols);

		if (found < 0)
			rc = EXIT_INFRA;
		else if (found && rc == EXIT_OK)
			rc = EXIT_FOUND;
	}
	if (reports) {
		doc = json_pack("{s:s, s:o}", "format", TITLE_FORMAT, "logs", reports);
		if (json_write(doc, "-"))
			rc = EXIT_INFRA;
		json_decref(doc);
	}
	symbols_close(symbols);
	strv_free(&args.logs);
	return rc;
}

const struct command cmd_title = {
	"title", "say what the crash in a console log is called", verb_main
};
