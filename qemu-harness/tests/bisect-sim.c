// SPDX-License-Identifier: GPL-2.0
/*
 * Prints how often simulated bisections end at the right commit, against what
 * they promise, and what that costs: the table of docs/bisect.md.
 */
#include "sim-machine.h"

#define BISECTIONS 1000
#define COMMITS 42

/**
 * struct row - bisections of one kind
 * @name: of the row
 * @low: least rate at which a boot with the bug shows it
 * @high: greatest
 * @runs: of each revision; 0: as many as it takes
 */
struct row {
	const char *name;
	double low;
	double high;
	unsigned int runs;
};

static const struct row rows[] = {
	{ "1", 1, 1, 0 },
	{ "0.9", 0.9, 0.9, 0 },
	{ "0.6", 0.6, 0.6, 0 },
	{ "0.3", 0.3, 0.3, 0 },
	{ "0.1", 0.1, 0.1, 0 },
	{ "0.1 to 1", 0.1, 1, 0 },
	{ "0.6", 0.6, 0.6, 1 },
	{ "0.6", 0.6, 0.6, 3 },
	{ "0.6", 0.6, 0.6, 10 },
	{ "0.6", 0.6, 0.6, 20 },
};

/**
 * struct sums - over the bisections of a row
 * @promised: named a commit with odds of 99 % or more
 * @promised_wrong: of these, the wrong one
 * @other: named one with less
 * @other_wrong: of these, the wrong one
 * @odds: sum of all odds of named commits
 * @runs: boots
 * @silent: of these, those that ran to their end
 */
struct sums {
	unsigned int promised;
	unsigned int promised_wrong;
	unsigned int other;
	unsigned int other_wrong;
	double odds;
	unsigned long runs;
	unsigned long silent;
};

static int simulate(const struct row *row, unsigned int i, FILE *log, struct sums *sums)
{
	struct sim s = { .n = COMMITS, .seed = 1000003 * (uint64_t)i };
	struct bisect_result result;
	int rc;

	s.rate = row->low + (row->high - row->low) * sim_chance(s.seed + 1);
	s.culprit = 1 + (unsigned int)((COMMITS - 1) * sim_chance(s.seed + 2));
	rc = sim_bisect(&s, row->runs, NULL, NULL, log, &result);
	if (rc)
		return rc;
	sums->runs += s.runs;
	sums->silent += s.silent;
	if (result.verdict == BISECT_NAMED) {
		bool wrong = sim_number(result.commit) != s.culprit;

		sums->odds += result.odds;
		if (result.odds >= 0.99) {
			sums->promised++;
			sums->promised_wrong += wrong;
		} else {
			sums->other++;
			sums->other_wrong += wrong;
		}
	}
	bisect_result_free(&result);
	return 0;
}

static void print_row(const struct row *row, const struct sums *s)
{
	unsigned int named = s->promised + s->other, wrong = s->promised_wrong + s->other_wrong;

	printf("| %s | ", row->name);
	if (row->runs)
		printf("%u", row->runs);
	else
		printf("auto");
	printf(" | %u | %u | %u | %u | %u | %.2f | %.2f | %.1f | %.1f |\n", named, wrong,
	       s->promised, s->promised_wrong, BISECTIONS - named,
	       named ? 100 * (1 - s->odds / named) : 0.0, named ? 100.0 * wrong / named : 0.0,
	       (double)s->runs / BISECTIONS, (double)s->silent / BISECTIONS);
}

/**
 * main() - simulate and print
 *
 * Return: 0, or 1 when the promise wasn't kept
 */
int main(void)
{
	FILE *log = fopen("/dev/null", "w");
	bool kept = true;
	size_t i;

	if (!log)
		return 2;
	printf("| rate | runs | named | wrong | of these at 99 %% odds | wrong | not named | "
	       "expected wrong, %% | wrong, %% | boots | silent boots |\n"
	       "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sums sums = {};

		for (unsigned int n = 0; n < BISECTIONS; n++)
			if (simulate(&rows[i], n, log, &sums))
				return 2;
		print_row(&rows[i], &sums);
		/* Three standard deviations above 1 %. */
		kept &= sums.promised_wrong <= 0.01 * sums.promised + 9.5;
	}
	fclose(log);
	return !kept;
}
