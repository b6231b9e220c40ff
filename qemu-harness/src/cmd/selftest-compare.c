// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own check for bogus restores (CONFIG_DEBUG_IRQFLAGS) beside
 * irqsan, on the same zoo. The former warns once a boot, and so gets a boot for
 * each exhibit.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/util.h"
#include "cmd/selftest-boot.h"
#include "cmd/selftest-compare.h"
#include "kernel/kernel.h"

/* selftests/irqsan/compare.sh: what stands behind the '#' of its results. */
enum field {
	FIELD_FOUND,
	FIELD_HOW,
	FIELD_SITE,
	FIELD_ENABLER,
	FIELD_REFERENCE,
	FIELDS,
};

static const char *const tests[] = { "compare.sh", NULL };

/**
 * struct row - what was said of an exhibit
 * @text: owned
 * @field: point into @text
 */
struct row {
	char *text;
	const char *field[FIELDS];
};

/* False when the guest has not said all of it. */
static bool row_parse(const struct ktap_test *t, struct row *row)
{
	char *save = NULL, *p;
	unsigned int n = 0;

	row->text = xstrdup(t->reason ?: "");
	for (p = strtok_r(row->text, "|", &save); p && n < FIELDS; p = strtok_r(NULL, "|", &save))
		row->field[n++] = p;
	if (n == FIELDS && !p)
		return true;
	pr_err("what the guest says of %s can't be understood: %s", t->name, t->reason ?: "");
	free(row->text);
	return false;
}

/* The results of compare.sh in a guest, or NULL, with the reason printed. */
static const struct ktap_test *results(const struct selftest_boot *b)
{
	const struct ktap_test *test = b->root.n == 1 ? &b->root.sub[0] : NULL;

	if (b->verdict->outcome != OUTCOME_OK) {
		char *line __cleanup(free_ptr) = verdict_line(b->verdict);

		pr_err("the guest: %s", line);
		return NULL;
	}
	if (test && ktap_passed(&b->totals))
		return test;
	pr_err("%s did not run to its end: %s", tests[0],
	       test && test->reason ? test->reason : "see its records");
	return NULL;
}

/* What the kernel's own check says of one exhibit: a boot. */
static int ask_kernel(const struct request *asked, const char *name, struct row *row)
{
	struct request rq = *asked;
	char *cmdline __cleanup(free_ptr) = xasprintf("irqsan_exhibit=%s", name);
	struct selftest_boot b __cleanup(selftest_free);
	const struct ktap_test *test;
	int rc;

	rq.plan.cmdline = cmdline;
	rc = selftest_boot(&rq, tests, name, &b);
	if (!rc) {
		test = results(&b);
		if (!test || test->n != 1 || !row_parse(&test->sub[0], row))
			rc = -EPROTO;
	}
	return rc;
}

static void put_row(FILE *out, const char *name, const struct row *kernel,
		    const struct row *irqsan)
{
	const char *const *ours = irqsan->field, *const *theirs = kernel->field;

	fprintf(out, "| `%s` | %s | %s | %s | %s%s%s | %s | %s |\n", name,
		theirs[FIELD_FOUND], theirs[FIELD_SITE], ours[FIELD_FOUND],
		*ours[FIELD_ENABLER] == '-' ? "" : "`", ours[FIELD_ENABLER],
		*ours[FIELD_ENABLER] == '-' ? "" : "`", ours[FIELD_HOW], ours[FIELD_REFERENCE]);
	fflush(out);
}

static void put_head(FILE *out, const char *release)
{
	time_t t = time(NULL);
	char date[16];

	strftime(date, sizeof(date), "%Y-%m-%d", localtime(&t));
	fprintf(out, "# The zoo, by two checks\n\n"
		"Measured on %s by `make zoo-compare`: the exhibits of `selftests/irqsan/zoo` on\n"
		"%s, which was built with CONFIG_DEBUG_IRQFLAGS=y. The kernel's own check warns\n"
		"once a boot: it had a boot for each exhibit, irqsan (`track=1`) one for all.\n"
		"`docs/selftests.md` says what the exhibits are; those behind `spl_cache` are false\n"
		"friends, of which nothing is to be found.\n\n"
		"| exhibit | kernel's check | names | irqsan | enabler named | flags | from |\n"
		"| --- | --- | --- | --- | --- | --- | --- |\n", date, release);
}

/* irqsan's results are there; a boot a row for those of the other. */
static int compare_rows(const struct request *rq, const struct ktap_test *ours,
			const char *release)
{
	FILE *out = request_out(rq);
	int rc = 0;

	put_head(out, release);
	for (size_t i = 0; !rc && i < ours->n; i++) {
		struct row irqsan, kernel;

		if (!row_parse(&ours->sub[i], &irqsan))
			return -EPROTO;
		rc = ask_kernel(rq, ours->sub[i].name, &kernel);
		if (!rc) {
			put_row(out, ours->sub[i].name, &kernel, &irqsan);
			free(kernel.text);
		}
		free(irqsan.text);
	}
	return rc;
}

static int check_kernel(const char *name)
{
	struct kernel k __cleanup(kernel_free);
	int rc = kernel_get(name, &k);

	if (!rc && kernel_config(&k, "DEBUG_IRQFLAGS") != 'y') {
		pr_err("%s was not built with CONFIG_DEBUG_IRQFLAGS=y: there is nothing to compare with",
		       name);
		rc = -EINVAL;
	}
	return rc;
}

/**
 * compare_checks() - print a table of what both checks find
 * @rq: the guest; its kernel must have CONFIG_DEBUG_IRQFLAGS
 *
 * Return: an exit code
 */
int compare_checks(const struct request *rq)
{
	struct selftest_boot b __cleanup(selftest_free) = {};
	const struct ktap_test *ours;
	int rc;

	if (check_kernel(rq->kernel))
		return EXIT_INFRA;
	rc = selftest_boot(rq, tests, "irqsan", &b);
	if (!rc) {
		ours = results(&b);
		rc = ours ? compare_rows(rq, ours, b.verdict->release ?: rq->kernel) : -EPROTO;
	}
	return rc ? EXIT_INFRA : EXIT_OK;
}
