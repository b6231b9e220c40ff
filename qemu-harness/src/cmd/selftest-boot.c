// SPDX-License-Identifier: GPL-2.0
/*
 * One guest that runs selftests, from the request to the KTAP that came back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/console.h"
#include "boot/record.h"
#include "cmd/selftest-boot.h"

#define PANIC "Kernel panic - not syncing: irqsan: panic=1 and a violation at "

static void take_line(void *ctx, const char *line, size_t len)
{
	struct buf *text = ctx;
	struct record r;

	if (record_parse(line, len, &r))
		return;
	if (r.kind == RECORD_KTAP) {
		buf_add(text, r.text, strlen(r.text));
		buf_add(text, "\n", 1);
	}
	record_free(&r);
}

/* A file of the boot that counts. */
static int read_part(const struct selftest_boot *b, const char *name, struct buf *out)
{
	const struct result_run *run = &b->result.runs[0];
	char *path = xasprintf("%s/%s", run->attempts[run->n - 1].dir, name);
	int rc = read_file(path, out);

	free(path);
	return rc;
}

static int read_ktap(struct selftest_boot *b)
{
	struct console lines = { .fn = take_line, .ctx = &b->text };
	struct buf records = {};
	int rc = read_part(b, "records.jsonl", &records);

	if (!rc && records.len) {
		console_feed(&lines, records.data, records.len);
		console_end(&lines);
	}
	buf_free(&records);
	ktap_parse(b->text.data ?: "", b->text.len, &b->root);
	ktap_count(&b->root, &b->totals);
	return rc;
}

/**
 * selftest_boot() - run tests in a guest
 * @asked: what guest
 * @tests: names of the tests, NULL-terminated
 * @name: directory of the boot in that of the request, if it has one
 * @b: filled; for selftest_free(), also after a failure
 *
 * Return: 0 when there is a verdict, whatever it is; or a negative errno, the
 * reason was printed
 */
int selftest_boot(const struct request *asked, const char *const *tests, const char *name,
		  struct selftest_boot *b)
{
	struct request rq = *asked;
	char *keep = rq.keep ? xasprintf("%s/%s", rq.keep, name) : NULL;
	int rc;

	*b = (struct selftest_boot){};
	rq.keep = keep;
	plan_copy(&rq.plan, &asked->plan);
	for (; *tests; tests++)
		strv_push(&rq.plan.args, *tests);
	result_init(&b->result, 1);
	rc = request_run(&rq, &b->result);
	b->verdict = result_verdict(&b->result, 0);
	if (!rc && b->result.interrupted)
		rc = -EINTR;
	if (!rc)
		rc = read_ktap(b);
	plan_free(&rq.plan);
	free(keep);
	return rc;
}

/**
 * selftest_panicked() - did the kernel panic because irqsan was told to?
 * @b: the guest
 *
 * Return: true if its console says so
 */
bool selftest_panicked(const struct selftest_boot *b)
{
	struct buf console = {};
	bool did;

	did = !read_part(b, "console.log", &console) && console.len &&
	      memmem(console.data, console.len, PANIC, strlen(PANIC));
	buf_free(&console);
	return did;
}

/**
 * selftest_free() - free what selftest_boot() filled in
 * @b: the guest; may be freed twice
 */
void selftest_free(struct selftest_boot *b)
{
	result_free(&b->result);
	buf_free(&b->text);
	ktap_free(&b->root);
}
