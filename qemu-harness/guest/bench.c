// SPDX-License-Identifier: GPL-2.0
/*
 * Fixed work, measured: the time it takes (under QEMU's -icount that is the
 * number of instructions), and the probes it hit, by mechanism.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <search.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "guest.h"

#define SITES "/sys/kernel/debug/irqsan/sites"
#define KPROBES "/sys/kernel/debug/kprobes/list"
#define TRACING "/sys/kernel/tracing/"
#define LOOP "/sys/module/irqsan_loop/parameters/run"
#define NOP "/bench/nop"
#define DIR "/bench/tmpfs"

/* Of the operations, this part more is done before: caches, page tables, slabs. */
#define WARM_UP 10
/* The kernel optimises probes some jiffies after they were armed, batch by batch. */
#define SETTLE_MS 2000
#define SETTLE_MAX 60
#define MECHANISMS_MAX 16
#define SITES_A_RECORD 50

/**
 * struct tally - hits of one mechanism
 * @name: of the mechanism
 * @hits: probes that ran
 * @missed: probes that the kprobe layer skipped
 */
struct tally {
	char name[32];
	uint64_t hits;
	uint64_t missed;
};

/* Sites of the kprobe events, by number of the event. */
static char **event_sites;
static size_t nr_events;

/* Tree of "FUNC+0xOFF" of each probe that is no plain int3: struct special. */
static void *special_probes;
static unsigned int nr_special;

/**
 * struct special - a kprobe that is not an int3
 * @site: where
 * @mechanism: what it is instead
 */
struct special {
	char *site;
	const char *mechanism;
};

static int by_site(const void *a, const void *b)
{
	return strcmp(((const struct special *)a)->site, ((const struct special *)b)->site);
}

static void free_special(void *p)
{
	struct special *s = p;

	free(s->site);
	free(s);
}

/* What the kernel says of its probes. */
static void read_special(void)
{
	FILE *f = fopen(KPROBES, "re");
	char *line = NULL;
	size_t size = 0;

	tdestroy(special_probes, free_special);
	special_probes = NULL;
	nr_special = 0;
	while (f && getline(&line, &size, f) > 0) {
		struct special *s, **slot;
		char site[256];

		if (!strstr(line, "[OPTIMIZED]") && !strstr(line, "[FTRACE]"))
			continue;
		if (sscanf(line, "%*s %*s %255s", site) != 1)
			continue;
		s = malloc(sizeof(*s));
		if (!s)
			break;
		s->site = strdup(site);
		s->mechanism = strstr(line, "[OPTIMIZED]") ? "jump" : "ftrace";
		slot = s->site ? tsearch(s, &special_probes, by_site) : NULL;
		if (!slot || *slot != s)
			free_special(s);
		nr_special++;
	}
	free(line);
	if (f)
		fclose(f);
}

static const char *kprobe_mechanism(char *site)
{
	struct special key = { .site = site };
	struct special **found = tfind(&key, &special_probes, by_site);

	return found ? (*found)->mechanism : "int3";
}

static void count(struct tally *tallies, const char *mechanism, uint64_t hits, uint64_t missed)
{
	struct tally *t = tallies;

	while (t < tallies + MECHANISMS_MAX - 1 && t->name[0] && strcmp(t->name, mechanism))
		t++;
	snprintf(t->name, sizeof(t->name), "%s", mechanism);
	t->hits += hits;
	t->missed += missed;
}

static void tally_sites(struct tally *tallies)
{
	FILE *f = fopen(SITES, "re");
	char *line = NULL;
	size_t size = 0;

	while (f && getline(&line, &size, f) > 0) {
		char site[256], engine[32];
		uint64_t hits, missed;

		if (sscanf(line, "%255s %*s %31s %" SCNu64 " %*u %" SCNu64, site, engine, &hits,
			   &missed) != 4 || line[0] == '#')
			continue;
		count(tallies, strcmp(engine, "kprobe") ? engine : kprobe_mechanism(site), hits,
		      missed);
	}
	free(line);
	if (f)
		fclose(f);
}

static void tally_events(struct tally *tallies)
{
	FILE *f = fopen(TRACING "kprobe_profile", "re");
	char *line = NULL;
	size_t size = 0;

	while (f && getline(&line, &size, f) > 0) {
		uint64_t hits, missed;
		unsigned int nr;

		if (sscanf(line, " s%u %" SCNu64 " %" SCNu64, &nr, &hits, &missed) == 3 &&
		    nr < nr_events)
			count(tallies, kprobe_mechanism(event_sites[nr]), hits, missed);
	}
	free(line);
	if (f)
		fclose(f);
}

static void tally_all(struct tally *tallies)
{
	memset(tallies, 0, MECHANISMS_MAX * sizeof(*tallies));
	if (nr_events)
		tally_events(tallies);
	else
		tally_sites(tallies);
}

static int read_sites(const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	int rc = 0;

	if (!f)
		return -errno;
	while (!rc && getline(&line, &size, f) > 0) {
		char **more = realloc(event_sites, (nr_events + 1) * sizeof(*more));

		line[strcspn(line, "\n")] = '\0';
		if (more) {
			event_sites = more;
			more[nr_events] = strdup(line);
		}
		if (!more || !more[nr_events])
			rc = -ENOMEM;
		else
			nr_events++;
	}
	free(line);
	fclose(f);
	return rc;
}

/**
 * bench_arm_events() - watch sites the way it is done without irqsan
 * @path: file of sites, "FUNC+0xOFF" a line
 *
 * A kprobe event a site that fetches the flags register, and a filter that
 * keeps those with IRQs on. What the kernel refuses is left out and counted in
 * the "events" record.
 *
 * Return: 0, or -errno with the reason recorded.
 */
int bench_arm_events(const char *path)
{
	unsigned int made = 0;
	char text[320];
	int fd, rc;

	rc = read_sites(path);
	if (rc) {
		guest_error("%s: %s", path, strerror(-rc));
		return rc;
	}
	/* Without O_APPEND each write would begin with none. */
	fd = open(TRACING "kprobe_events", O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0) {
		rc = -errno;
		guest_error("kprobe_events: %s", strerror(-rc));
		return rc;
	}
	for (size_t i = 0; i < nr_events; i++) {
		int len = snprintf(text, sizeof(text), "p:irqsan/s%zu %s f=%%flags:u64\n", i,
				   event_sites[i]);

		made += write(fd, text, (size_t)len) == len;
	}
	close(fd);
	rc = guest_write(TRACING "events/irqsan/filter", "f & 0x200");
	if (!rc)
		rc = guest_write(TRACING "events/irqsan/enable", "1");
	guest_record("events", json_pack("{s:i, s:i, s:i}", "asked", (int)nr_events,
					 "made", (int)made, "rc", rc));
	if (rc)
		guest_error("kprobe events: %s", strerror(-rc));
	return rc;
}

/**
 * bench_settle() - wait until the kernel has made of its probes what it can
 *
 * Reads from then on which probe is what. The waiting costs nothing: with
 * nothing to do, an emulated clock jumps to the next timer.
 */
void bench_settle(void)
{
	unsigned int before;

	guest_sleep_ms(SETTLE_MS);
	read_special();
	for (int i = 0; i < SETTLE_MAX; i++) {
		before = nr_special;
		guest_sleep_ms(SETTLE_MS);
		read_special();
		if (nr_special == before)
			break;
	}
}

/**
 * bench_tell_sites() - send the list of the module's armed sites
 */
void bench_tell_sites(void)
{
	FILE *f = fopen(SITES, "re");
	json_t *sites = json_array();
	char *line = NULL;
	size_t size = 0;

	while (f && getline(&line, &size, f) > 0) {
		char site[256], kind[32], engine[32];

		/* Other words in the third column say why a site isn't armed. */
		if (sscanf(line, "%255s %31s %31s", site, kind, engine) != 3 ||
		    !strcmp(kind, "control") ||
		    (strcmp(engine, "kprobe") && strcmp(engine, "direct")))
			continue;
		json_array_append_new(sites, json_string(site));
		if (json_array_size(sites) < SITES_A_RECORD)
			continue;
		guest_record("sites", json_pack("{s:O}", "sites", sites));
		json_array_clear(sites);
	}
	if (json_array_size(sites))
		guest_record("sites", json_pack("{s:O}", "sites", sites));
	json_decref(sites);
	free(line);
	if (f)
		fclose(f);
}

/* The kernel module's loop; one that is absent says so here. */
static int unlock_run(uint64_t ops)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, ops);
	return guest_write(LOOP, text);
}

static int storm_prepare(void)
{
	mkdir("/bench", 0755);
	mkdir(DIR, 0755);
	return mount("tmpfs", DIR, "tmpfs", 0, NULL) ? -errno : 0;
}

/* The first errno-setting call that fails ends it. */
static int storm_run(uint64_t ops)
{
	static char *const argv[] = { NOP, NULL };

	while (ops--) {
		pid_t pid = fork();
		int status;

		if (!pid) {
			execv(NOP, argv);
			_exit(127);
		}
		if (pid < 0 || waitpid(pid, &status, 0) < 0)
			return -errno;
		if (status)
			return -ENOEXEC;
		if (mkdir(DIR "/d", 0755) || rmdir(DIR "/d"))
			return -errno;
	}
	return 0;
}

static int there[2], back[2];

/* One process sends back what comes; it lives as long as the guest. */
static int pipe_prepare(void)
{
	char c;

	if (pipe2(there, O_CLOEXEC) || pipe2(back, O_CLOEXEC))
		return -errno;
	switch (fork()) {
	case -1:
		return -errno;
	case 0:
		while (read(there[0], &c, 1) == 1 && write(back[1], &c, 1) == 1)
			;
		_exit(0);
	default:
		return 0;
	}
}

static int pipe_run(uint64_t ops)
{
	char c = 0;

	while (ops--) {
		if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
			return errno ? -errno : -EPIPE;
	}
	return 0;
}

/**
 * struct bench - one kind of work
 * @name: as ordered
 * @prepare: what has to be done once before, or NULL
 * @run: do so many operations; 0 or -errno
 */
static const struct bench {
	const char *name;
	int (*prepare)(void);
	int (*run)(uint64_t ops);
} benches[] = {
	{ "unlock", NULL, unlock_run },
	{ "storm", storm_prepare, storm_run },
	{ "pipe", pipe_prepare, pipe_run },
};

static json_t *hits_since(const struct tally *before, const struct tally *after)
{
	json_t *hits = json_object();

	for (int i = 0; i < MECHANISMS_MAX && after[i].name[0]; i++) {
		uint64_t n = after[i].hits, missed = after[i].missed;

		for (int j = 0; j < MECHANISMS_MAX; j++) {
			if (strcmp(before[j].name, after[i].name))
				continue;
			n -= before[j].hits;
			missed -= before[j].missed;
		}
		if (n || missed)
			json_object_set_new(hits, after[i].name,
					    json_pack("[I, I]", (json_int_t)n, (json_int_t)missed));
	}
	return hits;
}

/**
 * struct job - what the worker is told
 * @bench: which of benches[]
 * @ops: how often; 0: prepare
 */
struct job {
	size_t bench;
	uint64_t ops;
};

/**
 * struct done - what it answers
 * @rc: 0 or -errno
 * @ns: how long it took
 */
struct done {
	int rc;
	uint64_t ns;
};

static int job_fd = -1, done_fd = -1;

/**
 * bench_worker_start() - start the process that does the work
 *
 * It is a program newly executed: init itself is larger the more probes it has
 * read of, and each fork of the storm would pay for that.
 *
 * Return: 0, or -errno with the reason recorded.
 */
int bench_worker_start(void)
{
	static char *const argv[] = { "/init", NULL };
	int job[2], done[2];
	pid_t pid = -1;

	if (!pipe2(job, O_CLOEXEC) && !pipe2(done, O_CLOEXEC))
		pid = fork();
	if (!pid) {
		dup2(job[0], STDIN_FILENO);
		dup2(done[1], STDOUT_FILENO);
		execv(argv[0], argv);
		_exit(127);
	}
	if (pid < 0) {
		int rc = -errno;

		guest_error("worker: %s", strerror(-rc));
		return rc;
	}
	close(job[0]);
	close(done[1]);
	job_fd = job[1];
	done_fd = done[0];
	return 0;
}

/**
 * bench_worker() - be that process: jobs on standard input, answers on output
 *
 * Return: exit status, once init closes its end.
 */
int bench_worker(void)
{
	struct job job;

	while (read(STDIN_FILENO, &job, sizeof(job)) == sizeof(job)) {
		const struct bench *b = &benches[job.bench];
		struct done done = {};
		uint64_t start;

		start = guest_now_ns();
		if (job.ops)
			done.rc = b->run(job.ops);
		else if (b->prepare)
			done.rc = b->prepare();
		done.ns = guest_now_ns() - start;
		if (write(STDOUT_FILENO, &done, sizeof(done)) != sizeof(done))
			return 1;
	}
	return 0;
}

static struct done worker_do(const struct bench *b, uint64_t ops)
{
	struct job job = { .bench = (size_t)(b - benches), .ops = ops };
	struct done done;

	if (write(job_fd, &job, sizeof(job)) != sizeof(job) ||
	    read(done_fd, &done, sizeof(done)) != sizeof(done))
		done = (struct done){ .rc = -EPIPE };
	return done;
}

/**
 * bench_run() - do a piece of work and send its "bench" record
 * @name: which
 * @ops: how many operations are measured; some are done before
 *
 * Return: 0, or -errno with the reason recorded.
 */
int bench_run(const char *name, uint64_t ops)
{
	static struct tally before[MECHANISMS_MAX], after[MECHANISMS_MAX];
	const struct bench *b = NULL;
	struct done done;

	for (size_t i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
		if (!strcmp(name, benches[i].name))
			b = &benches[i];
	}
	if (!b || !ops) {
		guest_error("no benchmark '%s' of %" PRIu64 " operations", name, ops);
		return -EINVAL;
	}
	done = worker_do(b, 0);
	if (!done.rc)
		done = worker_do(b, ops / WARM_UP + 1);
	tally_all(before);
	if (!done.rc)
		done = worker_do(b, ops);
	tally_all(after);
	if (done.rc) {
		guest_error("benchmark %s: %s", name, strerror(-done.rc));
		return done.rc;
	}
	guest_record("bench", json_pack("{s:s, s:I, s:I, s:o}", "name", name,
					"ns", (json_int_t)done.ns, "ops", (json_int_t)ops,
					"hits", hits_since(before, after)));
	return 0;
}
