// SPDX-License-Identifier: GPL-2.0
/*
 * Prints how often simulated bisections end at the right commit, against what
 * they promise, and what that costs; and how true the rate is that they print: the
 * tables of docs/bisect.md.
 */
#include "base/stats.h"
#include "sim-machine.h"

#define BISECTIONS 1000
#define COMMITS 42

/**
 * struct row - bisections of one kind
 * @name: of the row
 * @low: least rate at which a boot with the bug shows it
 * @high: greatest
 * @runs: of each revision; 0: as many as it takes
 * @jobs: boots at once
 */
struct row {
	const char *name;
	double low;
	double high;
	unsigned int runs;
	unsigned int jobs;
};

static const struct row rows[] = {
	{ "1", 1, 1, 0, 1 },
	{ "0.9", 0.9, 0.9, 0, 1 },
	{ "0.6", 0.6, 0.6, 0, 1 },
	{ "0.3", 0.3, 0.3, 0, 1 },
	{ "0.1", 0.1, 0.1, 0, 1 },
	{ "0.1 to 1", 0.1, 1, 0, 1 },
	{ "0.6", 0.6, 0.6, 1, 1 },
	{ "0.6", 0.6, 0.6, 3, 1 },
	{ "0.6", 0.6, 0.6, 10, 1 },
	{ "0.6", 0.6, 0.6, 20, 1 },
};

static const double rates[] = { 0.9, 0.6, 0.3 };
static const unsigned int jobs[] = { 1, 2, 4, 8, 16 };

/**
 * struct sums - over the bisections of a row
 * @promised: named a commit with odds of 99 % or more
 * @promised_wrong: of these, the wrong one
 * @other: named one with less
 * @other_wrong: of these, the wrong one
 * @odds: sum of all odds of named commits
 * @runs: boots
 * @silent: of these, those that ran to their end
 * @seconds: that they took
 * @told: bisections whose log tells a rate
 * @rate: sum of these rates
 * @covered: of these, those whose interval has the true one
 */
struct sums {
	unsigned int promised;
	unsigned int promised_wrong;
	unsigned int other;
	unsigned int other_wrong;
	double odds;
	unsigned long runs;
	unsigned long silent;
	double seconds;
	unsigned int told;
	double rate;
	unsigned int covered;
};

static void add_rate(const char *log, double rate, struct sums *sums)
{
	static const char words[] = "the crash showed in ";
	const char *at = strstr(log, words);
	struct stats_range range;
	unsigned int hits, runs;

	if (!at || sscanf(at + strlen(words), "%u of %u", &hits, &runs) != 2)
		return;
	range = stats_rate(hits, runs, 0.95);
	sums->told++;
	sums->rate += range.mid;
	sums->covered += range.low <= rate && rate <= range.high;
}

static int simulate(const struct row *row, unsigned int i, struct sums *sums)
{
	struct sim s = { .n = COMMITS, .seed = 1000003 * (uint64_t)i, .jobs = row->jobs };
	struct bisect_result result;
	char *text = NULL;
	size_t len;
	FILE *log = open_memstream(&text, &len);
	int rc;

	s.rate = row->low + (row->high - row->low) * sim_chance(s.seed + 1);
	s.culprit = 1 + (unsigned int)((COMMITS - 1) * sim_chance(s.seed + 2));
	rc = log ? sim_bisect(&s, row->runs, NULL, NULL, log, &result) : -ENOMEM;
	if (rc)
		return rc;
	fclose(log);
	add_rate(text, s.rate, sums);
	free(text);
	sums->seconds += s.clock;
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

static void print_rate_row(const struct row *row, const struct sums *s)
{
	printf("| %g | %u | %.3f | %.1f | %u | %.1f | %.1f |\n", row->low, row->jobs,
	       s->rate / s->told, 100.0 * s->covered / s->told,
	       s->promised_wrong + s->other_wrong, (double)s->runs / BISECTIONS,
	       s->seconds / BISECTIONS / 60);
}

/* A row's bisections. False: it can't be done. */
static bool sum_up(const struct row *row, struct sums *sums)
{
	*sums = (struct sums){};
	for (unsigned int n = 0; n < BISECTIONS; n++)
		if (simulate(row, n, sums))
			return false;
	return true;
}

/**
 * main() - simulate and print
 *
 * Return: 0, or 1 when the promise wasn't kept
 */
int main(void)
{
	struct sums sums;
	bool kept = true;
	size_t i, j;

	printf("| rate | runs | named | wrong | of these at 99 %% odds | wrong | not named | "
	       "expected wrong, %% | wrong, %% | boots | silent boots |\n"
	       "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!sum_up(&rows[i], &sums))
			return 2;
		print_row(&rows[i], &sums);
		/* Three standard deviations above 1 %. */
		kept &= sums.promised_wrong <= 0.01 * sums.promised + 9.5;
	}
	printf("\n| rate | boots at once | printed, mean | 95 %% interval has it, %% | "
	       "wrong commits | boots | minutes of boots |\n| ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		for (j = 0; j < ARRAY_SIZE(jobs); j++) {
			const struct row row = { NULL, rates[i], rates[i], 0, jobs[j] };

			if (!sum_up(&row, &sums))
				return 2;
			print_rate_row(&row, &sums);
			/* Three standard deviations below 95 %. */
			kept &= sums.covered >= 0.95 * sums.told - 20.7;
		}
	}
	return !kept;
}
