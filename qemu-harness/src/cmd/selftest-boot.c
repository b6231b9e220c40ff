// SPDX-License-Identifier: GPL-2.0
/*
 * One guest that runs selftests, from the request to the KTAP that came back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "boot/record.h"
#include "boot/rundir.h"
#include "cmd/selftest-boot.h"

#define PANIC "Kernel panic - not syncing: irqsan: panic=1 and a violation at "

static void take_record(void *ctx, struct record *r)
{
	if (r->kind == RECORD_KTAP)
		buf_addf(ctx, "%s\n", r->text);
}

static int read_ktap(struct selftest_boot *b)
{
	struct buf records __cleanup(buf_free) = {};
	int rc = rundir_read(result_dir(&b->result, 0), "records.jsonl", &records);

	buf_add(&b->text, "", 0);
	records_each(records.data, records.len, take_record, &b->text);
	ktap_parse(b->text.data, b->text.len, &b->root);
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
	char *keep __cleanup(free_ptr) = rq.keep ? xasprintf("%s/%s", rq.keep, name) : NULL;
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
	struct buf console __cleanup(buf_free) = {};

	return !rundir_read(result_dir(&b->result, 0), "console.log", &console) &&
	       memmem(console.data, console.len, PANIC, strlen(PANIC));
}

/** selftest_free() - free what selftest_boot() filled in; may be done twice */
void selftest_free(struct selftest_boot *b)
{
	result_free(&b->result);
	buf_free(&b->text);
	ktap_free(&b->root);
}
