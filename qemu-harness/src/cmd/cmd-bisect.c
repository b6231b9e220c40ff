// SPDX-License-Identifier: GPL-2.0
/*
 * irqsan bisect: which commit began a bug, or ended it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/git.h"
#include "base/json-text.h"
#include "base/program.h"
#include "base/util.h"
#include "bisect/bisect-git.h"
#include "bisect/bisect-machine.h"
#include "boot/detector.h"
#include "boot/load.h"
#include "boot/nested.h"
#include "cmd/cmd.h"
#include "cmd/request.h"
#include "kernel/build.h"
#include "kernel/buildroot.h"
#include "kernel/kernel.h"

#define DEFAULT_DIR "out/bisect"
#define STEP_DIR "out/bisect-step"
/* The bug shows within the first few seconds where it is. */
#define DEFAULT_SECONDS 15
/* Of one revision, when nothing is known of the others. */
#define STEP_RUNS 5
#define RUNS_MAX 1000

/**
 * struct args - the command line
 * @rq: how revisions are run
 * @repo: the repository
 * @good: revisions without the bug; empty: releases are tried
 * @bad: revision with it
 * @skip: revisions that are not to be tested
 * @fix: look for what ended it
 * @first_parent: what was merged is part of the merge
 * @paths: only commits to these are looked at
 * @configs: of the kernels
 * @title: that is looked for, or NULL
 * @runs: of each revision; 0: as many as it takes
 * @step: judge the revision that is checked out, and nothing more
 */
struct args {
	struct request rq;
	const char *repo;
	struct strv good;
	const char *bad;
	struct strv skip;
	bool fix;
	bool first_parent;
	struct strv paths;
	struct strv configs;
	const char *title;
	unsigned int runs;
	bool step;
};

static const struct verb_option options[] = {
	{ "repo", 0, "DIR", "git repository of the kernel (default: .)", TO(struct args, repo) },
	{ "kernel", 'K', "KERNEL",
	  "--repo is of a module: build each revision of it for this kernel, and load it",
	  TO(struct args, rq.kernel) },
	{ "good", 0, "REV",
	  "revision without the bug, may be given more than once (default: the latest release, "
	  "a tag like v5.10, that turns out to be)", TO(struct args, good) },
	{ "bad", 0, "REV", "revision with it", TO(struct args, bad) },
	{ "skip", 0, "REV", "not to be tested; may be given more than once",
	  TO(struct args, skip) },
	{ "fix", 0, NULL, "good is the later one: look for what ended the bug",
	  TO(struct args, fix) },
	{ "first-parent", 0, NULL, "don't look into what was merged: a merge is one commit",
	  TO(struct args, first_parent) },
	{ "path", 0, "PATH",
	  "only commits to this file or directory; may be given more than once",
	  TO(struct args, paths) },
	{ "config", 0, "NAME|FILE",
	  "a fragment on top of kvm-guest, or a whole .config (see irqsan kernel build)",
	  TO(struct args, configs) },
	{ "title", 0, "TITLE|any",
	  "title of the crash (default: the first that the bad revision shows)",
	  TO(struct args, title) },
	{ "runs", 'r', "N|auto", "runs of each revision (default: as many as it takes)",
	  TO(struct args, runs), .min = 1, .max = RUNS_MAX, .or_auto = true },
	{ "step", 0, NULL,
	  "for git bisect run: judge the revision that is checked out in --repo",
	  TO(struct args, step) },
	{ }
};

static void check(const struct argp_state *state, void *to)
{
	struct args *a = to;

	if (a->step && (a->good.n || a->bad || a->fix))
		argp_error(state, "--step goes without --good, --bad and --fix");
	if (a->step && (a->rq.json || a->rq.junit || a->rq.ktap))
		argp_error(state, "--step has no other result than its exit status");
	if (!a->step && !a->bad)
		argp_error(state, "--bad is needed");
	if (a->rq.kernel && a->configs.n)
		argp_error(state, "--config is for a kernel that is built, not for --kernel");
	if (a->fix && a->good.n != 1)
		argp_error(state, "--fix needs one --good");
	if (a->rq.plan.root)
		strv_push(&a->configs, "root");
}

static const struct bisect_ops ops = {
	.commits = bisect_git_commits, .bases = bisect_git_bases, .next = bisect_git_next,
	.commit = bisect_git_commit, .build = bisect_machine_build, .test = bisect_machine_test,
};

/* What irqsan.ko is made from, or the one that was named. */
static int hash_module(const char *module, char hex[65])
{
	char *dir __cleanup(free_ptr) = xasprintf("%s/module", irqsan_root());
	struct buf list __cleanup(buf_free) = {};

	if (module)
		return sha256_file(module, hex);
	return kernel_module_source(dir, &list) ?: sha256_data(list.data, list.len, hex);
}

/* What must be the same for a bisection to go on: names, and what is behind them. */
static int facts(const struct args *a, json_t **doc)
{
	const struct plan *plan = &a->rq.plan;
	char *found __cleanup(free_ptr) = plan->accel == ACCEL_NESTED ? nested_qemu() : NULL;
	const char *const argv[] = { found ?: plan->qemu ?: "qemu-system-x86_64", "--version",
				     NULL };
	char *qemu __cleanup(free_ptr) = program_first_line(argv), module[65], config[65];
	struct buf text __cleanup(buf_free) = {};
	int rc = build_config(&a->configs, &text) ?: sha256_data(text.data, text.len, config) ?:
		 hash_module(plan->module, module) ?: plan_to_json(plan, doc);

	if (!rc)
		json_object_update_new(*doc,
				       json_pack("{s:b, s:s?, s:o, s:o, s:s, s:s, s:s?}",
						 "first_parent", a->first_parent,
						 "kernel", a->rq.kernel,
						 "paths", json_texts(&a->paths),
						 "configs", json_texts(&a->configs),
						 "config_sha256", config, "module_sha256", module,
						 "qemu_version", qemu));
	return rc;
}

/* Two bisections in one directory would spoil each other. An fd, or a negative errno. */
static int lock_dir(const char *dir)
{
	char *path __cleanup(free_ptr) = xasprintf("%s/lock", dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666), rc = fd;

	if (fd < 0) {
		rc = -errno;
		pr_err("can't open %s: %s", path, strerror(-rc));
	} else if (flock(fd, LOCK_EX | LOCK_NB)) {
		rc = -errno;
		pr_err("another bisection runs in %s; choose another directory with --keep", dir);
		close(fd);
	}
	return rc;
}

/**
 * struct work - where revisions are built and run
 * @dir: directory of it all
 * @lock: keeps others out of that
 * @kernel: where the revisions are of a module
 * @machine: what builds and runs
 */
struct work {
	char *dir;
	int lock;
	struct kernel kernel;
	struct bisect_machine machine;
};

static void close_work(struct work *w)
{
	bisect_machine_free(&w->machine);
	kernel_free(&w->kernel);
	close_fd(&w->lock);
	free(w->dir);
}

static int open_work(struct args *a, const char *keep, struct work *w)
{
	int rc = mkdir_p(keep);

	if (rc)
		return rc;
	w->dir = realpath(keep, NULL);
	w->lock = lock_dir(w->dir);
	if (w->lock < 0)
		return w->lock;
	w->machine = (struct bisect_machine){
		.plan = &a->rq.plan, .jobs = a->rq.jobs, .verbose = a->rq.verbose,
		.kernel = a->rq.kernel ? &w->kernel : NULL, .configs = &a->configs,
		.source = a->repo, .dir = w->dir,
	};
	return request_accel(&a->rq) ?: a->rq.kernel ? kernel_get(a->rq.kernel, &w->kernel) : 0;
}

/**
 * struct tee - a log that goes to a file and to the user
 * @file: the file
 * @out: where the user reads
 */
struct tee {
	FILE *file;
	FILE *out;
};

static ssize_t tee_write(void *ctx, const char *text, size_t len)
{
	struct tee *t = ctx;

	pr_progress_end();
	if (fwrite(text, 1, len, t->out) != len || fflush(t->out) ||
	    fwrite(text, 1, len, t->file) != len || fflush(t->file))
		return 0;
	return (ssize_t)len;
}

static FILE *open_log(const char *dir, struct tee *tee)
{
	const cookie_io_functions_t io = { .write = tee_write };
	char *path __cleanup(free_ptr) = xasprintf("%s/bisect.log", dir);
	FILE *log = NULL;

	tee->file = fopen(path, "we");
	if (!tee->file)
		pr_err("can't write %s: %s", path, strerror(errno));
	else
		log = fopencookie(tee, "w", io);
	return log;
}

static int hashes(const char *repo, const struct strv *names, struct strv *list)
{
	for (size_t i = 0; i < names->n; i++) {
		char *hash __cleanup(free_ptr) = NULL;
		int rc = git_hash(repo, names->v[i], &hash);

		if (rc)
			return rc;
		strv_push(list, hash);
	}
	return 0;
}

/* The good revisions, or, if none was named, the releases before @bad. */
static int find_good(const struct args *a, struct bisect_config *config)
{
	int rc = 0;

	config->walk = !a->good.n;
	for (size_t i = 0; i < a->good.n; i++)
		strv_push(&config->names, a->good.v[i]);
	if (config->walk)
		rc = bisect_git_releases(a->repo, config->bad, &config->names);
	if (!rc && !config->names.n) {
		pr_err("%s: no release (a tag like v5.10) before %s; name a --good", a->repo,
		       a->bad);
		return -ENOENT;
	}
	return rc ?: hashes(a->repo, &config->names, &config->good);
}

static int write_result(const struct request *rq, const char *state)
{
	json_auto_t *doc = json_load_file(state, 0, NULL);

	return doc ? request_write(rq, doc) : -EIO;
}

static int run_locked(const struct args *a, struct work *w, struct bisect_git *git,
		      struct bisect_result *result)
{
	char *state __cleanup(free_ptr) = xasprintf("%s/bisect.json", w->dir);
	struct buildroot br __cleanup(buildroot_free) = {};
	struct tee tee = { .out = request_out(&a->rq) };
	struct bisect_config config = {
		.fix = a->fix, .title = a->title, .runs = a->runs, .state = state,
	};
	char *bad __cleanup(free_ptr) = NULL;
	int rc = git_hash(a->repo, a->bad, &bad);

	config.bad = bad;
	if (!rc)
		rc = find_good(a, &config) ?: hashes(a->repo, &a->skip, &config.skip) ?:
		     bisect_git_open(git, bad) ?: buildroot_host(&br) ?: facts(a, &config.facts);
	if (!rc) {
		config.log = open_log(w->dir, &tee);
		config.compiler = br.id;
		rc = !config.log ? -EIO :
		     bisect(&config, &ops, git, &w->machine, result) ?: write_result(&a->rq, state);
	}
	if (!rc) {
		bisect_machine_clean(&w->machine);
		bisect_git_remove(git);
	}
	if (config.log)
		fclose(config.log);
	if (tee.file)
		fclose(tee.file);
	json_decref(config.facts);
	strv_free(&config.good);
	strv_free(&config.names);
	strv_free(&config.skip);
	return rc;
}

static int run_all(struct args *a)
{
	struct bisect_result result __cleanup(bisect_result_free) = {};
	struct work w __cleanup(close_work) = { .lock = -1 };
	struct bisect_git git = {
		.repo = a->repo, .first_parent = a->first_parent, .paths = &a->paths,
	};
	char *tree __cleanup(free_ptr) = NULL;
	int rc = open_work(a, a->rq.keep ?: DEFAULT_DIR, &w);

	if (!rc) {
		tree = xasprintf("%s/tree", w.dir);
		git.tree = tree;
		w.machine.source = tree;
		w.machine.git = &git;
		rc = run_locked(a, &w, &git, &result);
	}
	if (rc == -EINTR)
		pr_info("run the same command to go on");
	if (rc < 0)
		return EXIT_INFRA;
	return result.verdict == BISECT_NAMED ? EXIT_OK : EXIT_FOUND;
}

/**
 * struct step - the runs of one revision
 * @title: that is looked for
 * @runs: the runs so far
 * @n: how many
 * @lost: runs that were lost
 */
struct step {
	const char *title;
	struct bisect_run runs[RUNS_MAX];
	unsigned int n;
	unsigned int lost;
};

static bool take_step(void *arg, struct bisect_run *run)
{
	struct step *s = arg;

	printf("run #%u: %s\n", s->n, run->text);
	fflush(stdout);
	if (run->seen == BISECT_SEEN_LOST) {
		s->lost++;
		bisect_run_free(run);
		return true;
	}
	s->runs[s->n++] = *run;
	return bisect_judge(s->runs, s->n, s->title) == BISECT_BAD;
}

static int run_step(struct args *a)
{
	static const int codes[] = {
		[BISECT_GOOD] = EXIT_OK, [BISECT_BAD] = EXIT_FOUND, [BISECT_SKIP] = EXIT_SKIP,
	};
	struct step *s __cleanup(free_ptr) = xcalloc(1, sizeof(*s));
	struct bisect_build build __cleanup(bisect_build_free) = {};
	struct work w __cleanup(close_work) = { .lock = -1 };
	char *rev __cleanup(free_ptr) = NULL;
	int rc, code = EXIT_BROKEN;

	s->title = a->title ?: "any";
	rc = open_work(a, a->rq.keep ?: STEP_DIR, &w) ?: git_hash(a->repo, "HEAD", &rev) ?:
	     bisect_machine_build(&w.machine, rev, &build);
	if (!rc && build.error) {
		printf("build failed: %s\n", build.error);
		code = EXIT_SKIP;
	} else if (!rc) {
		printf("kernel signature: %s\n", build.signature);
		rc = bisect_machine_test(&w.machine, rev, build.signature, 0,
					 a->runs ?: STEP_RUNS, take_step, s);
		if (!rc && !s->lost)
			code = codes[bisect_judge(s->runs, s->n, s->title)];
	}
	while (s->n)
		bisect_run_free(&s->runs[--s->n]);
	return code;
}

/*
 * EXIT_OK when a commit was named, EXIT_FOUND when none could be, EXIT_INFRA when the
 * machine couldn't do it. With --step what "git bisect run" wants: EXIT_OK good,
 * EXIT_FOUND bad, EXIT_SKIP can't be judged, EXIT_BROKEN stop.
 */
static int verb_main(int argc, char **argv)
{
	struct args a = { .repo = "." };
	const struct verb verb = {
		.sets = {
			{ request_load_options, &a.rq, request_check_load },
			{ request_ignore_options, &a.rq.plan.ignore },
			{ request_options, &a.rq },
			{ options, &a, check, 1 },
		},
		.words = &a.rq.plan.args, .args_doc = "[-- COMMAND [ARG...]]",
		.doc = "Find the commit that began a bug, or ended it.\v"
		       "The same command goes on with a bisection that was interrupted, from "
		       "what is in its directory (--keep, default: " DEFAULT_DIR ").\n\n"
		       "Exit status: 0 a commit was named, 1 none could be, 2 wrong usage or "
		       "the machine could not do the work.  With --step: 0 good, 1 bad, 125 "
		       "can't be judged, 128 wrong usage or the machine could not do the work.",
	};
	int rc;

	/* For git bisect run, a status below 128 would be a verdict. */
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--step"))
			argp_err_exit_status = EXIT_BROKEN;
	request_init(&a.rq, "bisect");
	a.rq.plan.seconds = DEFAULT_SECONDS;
	options_parse(&verb, argc, argv);
	rc = a.step ? run_step(&a) : run_all(&a);
	strv_free(&a.good);
	strv_free(&a.skip);
	strv_free(&a.paths);
	strv_free(&a.configs);
	plan_free(&a.rq.plan);
	return rc;
}

const struct command cmd_bisect = {
	"bisect", "find the commit that began a bug, or ended it", verb_main
};
