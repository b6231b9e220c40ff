// SPDX-License-Identifier: GPL-2.0
/*
 * Verdicts on what hostile guests leave behind: records, a console log and the
 * facts of a run. For libFuzzer ("make fuzz-judge"), and included by
 * test-judge-random.c.
 */
#define _GNU_SOURCE
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "base/util.h"
#include "judge/judge.h"

/* What stands between the parts of an input; one that lacks some is a console log. */
#define RECORDS "\n--- records ---\n"
#define RUN "\n--- run ---\n"

static const char usual_run[] =
	"{\"accel\":\"kvm\",\"ended\":\"exited 0\",\"expect_pv\":true,\"wall_s\":30.0}";
static const char usual_records[] =
	"{\"t\":\"boot\",\"up\":2.0,\"release\":\"6.1.0\",\"cpus\":4,\"pv\":true}\n"
	"{\"t\":\"module\",\"up\":3.0,\"rc\":0,\"restore\":\"armed\"}\n"
	"{\"t\":\"control\",\"up\":3.5,\"seen\":1}\n"
	"{\"t\":\"load\",\"up\":4.0,\"workload\":\"mkdir-storm\"}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/dev/shm/irqsan-fuzz-XXXXXX";

static void remove_dir(void)
{
	remove_tree(dir);
}

static void expect(bool ok, const char *what, const char *text)
{
	if (ok)
		return;
	fprintf(stderr, "%s: %s\n", what, text ?: "none");
	abort();
}

static void put(const char *name, const char *text, size_t len)
{
	char *path = xasprintf("%s/%s", dir, name);

	expect(!write_file(path, text, len), "can't write", path);
	free(path);
}

/* The harness's own file: any object, but an object. */
static void put_run(const char *text, size_t len)
{
	json_t *run = json_loadb(text, len, 0, NULL);

	put("run.json", run ? text : usual_run, run ? len : strlen(usual_run));
	json_decref(run);
}

/*
 * The verdict in words, nothing in which may move a terminal's cursor; NULL: the run
 * is not one that we would write.
 */
static char *judge_words(void)
{
	char *line, *shown;
	struct verdict v;

	if (judge_dir(dir, NULL, &v))
		return NULL;
	line = verdict_line(&v);
	expect(line && *line, "no words", dir);
	shown = printable_line(line);
	expect(!strcmp(shown, line), "not printable", line);
	free(shown);
	verdict_free(&v);
	verdict_free(&v);
	return line;
}

/**
 * LLVMFuzzerTestOneInput() - judge a boot
 * @data: its console log, records and run.json
 * @size: the length of all
 *
 * Return: 0; what is wrong ends the program.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool made;
	const char *text = (const char *)data, *end = text + size;
	const char *records = memmem(text, size, RECORDS, strlen(RECORDS)), *run;
	char *first, *second;

	if (!made) {
		made = mkdtemp(dir);
		expect(made, "can't create", dir);
		atexit(remove_dir);
	}
	put("console.log", text, (size_t)((records ?: end) - text));
	records = records ? records + strlen(RECORDS) : NULL;
	run = records ? memmem(records, (size_t)(end - records), RUN, strlen(RUN)) : NULL;
	put("records.jsonl", records ?: usual_records,
	    records ? (size_t)((run ?: end) - records) : strlen(usual_records));
	run = run ? run + strlen(RUN) : end;
	put_run(run, (size_t)(end - run));
	/* Whatever was judged before: the verdict is of the directory alone. */
	first = judge_words();
	second = judge_words();
	expect(first ? second && !strcmp(first, second) : !second, "another verdict", first);
	free(first);
	free(second);
	return 0;
}
