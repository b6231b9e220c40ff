// SPDX-License-Identifier: GPL-2.0
/*
 * The event loop that runs guests: starts them, keeps what they say, and ends
 * those that are done, stuck or have shown what was looked for.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/console.h"
#include "base/cpu-time.h"
#include "base/util.h"
#include "boot/load.h"
#include "boot/record.h"
#include "boot/run.h"
#include "boot/rundir.h"
#include "crash/crash.h"

/* A guest that floods its console must not fill the disk, nor make its QEMU do so. */
#define CHANNEL_BYTES_MAX (64u << 20)
#define CUT_MARK "\n[irqsan: what came behind this is not kept]\n"
/* Progress is told this often (seconds): a line that replaces itself, and one in a log. */
#define PROGRESS_TTY_S 1
#define PROGRESS_LOG_S 20
/*
 * What a boot showed is looked at again, when the first of it didn't count, after this
 * many times as long as the last look took.
 */
#define LOOK_AGAIN 20
/* What the guest itself gives a livepatch's transition, in silence. */
#define TRANSITION_S 60
/* One reload of the module with all its sites, in an emulated guest under load (seconds). */
#define RELOAD_PATIENCE 20

/* While a guest makes progress, what QEMU got of the CPUs is read this often (seconds). */
#define CPU_TIME_S 1
/* Deadlines are looked at this often (seconds) when nothing happens. */
#define LOOP_S 0.2

/*
 * boot: a kernel with few devices takes 1 to 3 s; firmware and unpacking the
 *	initramfs included, 20 s is a guest that hangs.
 * insmod: finds and arms some thousand sites, then runs the planted one: 2 s.
 * load: what a guest's clock may lag behind ours, and the storm's cleaning up.
 * finish: power off without file systems to write back.
 * stall: the longest silence of a healthy guest is the arming of the sites;
 *	under load a tick comes each second.
 * tail: a report is some hundred lines on a serial line, and the counters
 *	follow with the next tick.
 * outer: the outer guest of the nested mode sends a tick every five seconds and
 *	has nothing else to do; twelve missing ones are a dead outer guest.
 * quiet: even nested, a report in the middle of its printing never pauses so long.
 */
const struct run_limits run_limits_default = {
	.phase = {
		[PHASE_BOOT] = 20,
		[PHASE_INSMOD] = 10,
		[PHASE_LOAD] = 10,
		[PHASE_FINISH] = 10,
	},
	.stall = 10,
	.tail = 2,
	.outer = 60,
	.quiet = 1,
};

static const char *const channel_files[VM_CHANNELS] = {
	[VM_CONSOLE] = "console.log",
	[VM_RECORD] = "records.jsonl",
	[VM_LOG] = "qemu.log",
	[VM_L1] = "l1-console.log",
};

static const char *const phase_names[] = {
	[PHASE_BOOT] = "boot",
	[PHASE_INSMOD] = "insmod",
	[PHASE_LOAD] = "load",
	[PHASE_FINISH] = "finish",
};

/**
 * run_phase_name() - a phase in a word
 * @phase: the phase
 *
 * Return: a constant string
 */
const char *run_phase_name(enum run_phase phase)
{
	return phase_names[phase];
}

/**
 * struct channel - one byte stream of a guest, or of its QEMU
 * @fd: where it comes from; -1 once it has ended
 * @file: where it is kept
 * @kept: bytes in @file
 * @cut: more came, or it couldn't be written
 * @lines: the same cut into lines
 */
struct channel {
	int fd;
	int file;
	size_t kept;
	bool cut;
	struct console lines;
};

/**
 * struct boot - one running guest
 * @config: of the whole
 * @guest: what is booted
 * @number: which run
 * @attempt: 0, or which repetition
 * @dir: its directory; owned; NULL: this slot is free
 * @vm: the guest
 * @channel: what it says
 * @load_log: what a command of the user's prints; else NULL
 * @phase: where it is
 * @started: when (now()) it was started
 * @phase_at: when it came into its phase
 * @phase_cpu: what its QEMU had got of the CPUs by then
 * @progress_at: when it last showed progress
 * @progress_cpu: what its QEMU had got by then, or up to CPU_TIME_S before
 * @stuck: of a guest that was given up: what its QEMU got since it was last seen well
 * @outer_at: when the outer guest last spoke; 0 before it has
 * @console_at: when the last byte came on the console
 * @found_at: when something was found that may count; 0 while there is nothing
 * @look_at: not looked at before, since earlier findings didn't count
 * @recorded: its init has sent a record since @found_at
 * @halted: its kernel has said its last words
 * @up: the guest's uptime in its last record
 * @garbage: lines of the record channel that were no records
 * @ended: why it ended, in the words of run.json; owned
 */
struct boot {
	const struct run_config *config;
	const struct run_guest *guest;
	unsigned int number;
	unsigned int attempt;
	char *dir;
	struct vm vm;
	struct channel channel[VM_CHANNELS];
	FILE *load_log;
	enum run_phase phase;
	double started;
	double phase_at;
	struct cpu_time phase_cpu;
	double progress_at;
	struct cpu_time progress_cpu;
	struct cpu_time stuck;
	double outer_at;
	double console_at;
	double found_at;
	double look_at;
	bool recorded;
	bool halted;
	double up;
	unsigned int garbage;
	char *ended;
};

/**
 * struct loop - all runs of one call
 * @config: of the whole
 * @boots: one slot a job
 * @end: behind the last run's number
 * @started: the next run to be started
 * @progress_at: when progress was last shown
 * @enough: no more boots are wanted
 */
struct loop {
	const struct run_config *config;
	struct boot *boots;
	unsigned int end;
	unsigned int started;
	double progress_at;
	bool enough;
};

static void found(struct boot *b)
{
	if (!b->found_at)
		b->found_at = now();
}

/*
 * Nothing ends the QEMU of a kernel that stops for good with these words: of the
 * decompressor, of an exception that comes before the kernel can handle any, of a panic
 * that comes before panic=-1 is read, and of a load that halts the machine.
 */
static bool is_last_word(const char *line, size_t len)
{
	static const char *const words[] = {
		"System halted", "PANIC: early exception", "---[ end Kernel panic",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (memmem(line, len, words[i], strlen(words[i])))
			return true;
	return false;
}

static void on_console_line(void *ctx, const char *line, size_t len)
{
	struct boot *b = ctx;
	struct crash crash;

	b->halted |= is_last_word(line, len);
	/* Only the first line matters here; the judge reads the whole report. */
	if (!b->found_at && crash_find(line, len, &crash)) {
		found(b);
		crash_free(&crash);
	}
}

static void enter(struct boot *b, enum run_phase phase)
{
	/* A late or repeated record doesn't turn a guest's life back. */
	if (phase <= b->phase)
		return;
	b->phase = phase;
	b->phase_at = now();
	cpu_time_read(b->vm.child.pid, &b->phase_cpu);
	if (b->config->verbose)
		pr_info("run #%u: %s (after %.1f s)", b->number, phase_names[phase],
			b->phase_at - b->started);
}

static void on_guest_record(struct boot *b, const struct record *r)
{
	if (r->up > b->up) {
		b->up = r->up;
		b->progress_at = now();
	}
	switch (r->kind) {
	case RECORD_BOOT:
		enter(b, PHASE_INSMOD);
		break;
	case RECORD_LOAD:
		enter(b, PHASE_LOAD);
		break;
	case RECORD_DONE:
		enter(b, PHASE_FINISH);
		break;
	case RECORD_OUTPUT:
		if (b->load_log)
			fprintf(b->load_log, "%s\n", r->text);
		break;
	default:
		break;
	}
	/* After the finding itself one more record, with the counters, is worth waiting for. */
	b->recorded |= b->found_at && r->kind != RECORD_VIOLATION && r->kind != RECORD_COUNTS;
	if (r->kind == RECORD_VIOLATION || r->counters.violations)
		found(b);
}

static void on_record_line(void *ctx, const char *line, size_t len)
{
	struct boot *b = ctx;
	struct record r;
	int rc = record_parse(line, len, &r);

	/* Only the nested mode has an outer guest: this one poses as it. */
	if (!rc && r.l1 && b->guest->vm.accel != ACCEL_NESTED) {
		record_free(&r);
		rc = -EINVAL;
	}
	if (rc) {
		b->garbage++;
		return;
	}
	if (r.l1)
		b->outer_at = now();
	if (!r.l1)
		on_guest_record(b, &r);
	else if (r.kind != RECORD_TICK)
		/* L1's ticks only say that L1 lives; its other records are steps forward. */
		b->progress_at = now();
	if (b->config->verbose && r.kind == RECORD_ERROR)
		pr_info("run #%u: %s: %s", b->number, r.l1 ? "outer guest" : "guest", r.text);
	record_free(&r);
}

/*
 * Reads once, so that one guest's flood doesn't keep us from the others'
 * deadlines; true when bytes came.
 */
static bool channel_read(struct channel *c)
{
	char data[65536];
	ssize_t n;

	if (c->fd < 0)
		return false;
	n = read(c->fd, data, sizeof(data));
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	if (n <= 0) {
		/* The fd itself belongs to the vm, which closes it. */
		c->fd = -1;
		return false;
	}
	if (!c->cut && c->kept + (size_t)n > CHANNEL_BYTES_MAX) {
		c->cut = true;
		dprintf(c->file, CUT_MARK);
	}
	if (!c->cut && write(c->file, data, (size_t)n) != n) {
		pr_err("run directory: %s", strerror(errno));
		c->cut = true;
	}
	c->kept += (size_t)n;
	console_feed(&c->lines, data, (size_t)n);
	return true;
}

static int channel_open(struct channel *c, const char *dir, const char *name)
{
	char *path __cleanup(free_ptr) = xasprintf("%s/%s", dir, name);

	c->file = create_file(path);
	return c->file < 0 ? c->file : 0;
}

static void channel_close(struct channel *c)
{
	console_end(&c->lines);
	if (c->file >= 0)
		close(c->file);
	c->file = -1;
	c->fd = -1;
}

/* Also at the start, so that what a boot has shown so far can be judged. */
static int write_run_json(const struct boot *b, const char *ended)
{
	json_t *doc, *plan, *stuck = NULL;
	int rc = plan_to_json(b->guest->plan, &plan);

	if (rc)
		return rc;
	if (b->stuck.at)
		stuck = json_pack("{s:f, s:f, s:f}", "wall_s", b->stuck.at, "ran_s", b->stuck.ran,
				  "waited_s", b->stuck.waited);
	doc = json_pack("{s:s, s:i, s:i, s:s, s:i, s:b, s:f, s:o*, s:o, s:O*}",
			"format", "irqsan-boot/2",
			"run", (int)b->number, "attempt", (int)b->attempt,
			"ended", ended,
			"garbage", (int)b->garbage,
			"truncated", b->channel[VM_CONSOLE].cut ||
			b->channel[VM_RECORD].cut || b->channel[VM_L1].cut,
			"wall_s", now() - b->started,
			"stuck", stuck,
			"plan", plan, "facts", b->guest->facts);
	rc = rundir_write_json(b->dir, "run.json", doc);
	json_decref(doc);
	return rc;
}

/* Also in the records; here as it was printed. */
static int open_load_log(struct boot *b)
{
	char *path = xasprintf("%s/load.log", b->dir);
	int rc = 0;

	b->load_log = fopen(path, "we");
	if (!b->load_log) {
		rc = -errno;
		pr_err("%s: %s", path, strerror(errno));
	}
	free(path);
	return rc;
}

static void close_logs(struct boot *b)
{
	for (unsigned int i = 0; i < VM_CHANNELS; i++)
		channel_close(&b->channel[i]);
	if (b->load_log)
		fclose(b->load_log);
	b->load_log = NULL;
}

static int boot_start(struct boot *b, const struct run_config *config, unsigned int number,
		      unsigned int attempt)
{
	const struct run_guest *guest = &config->guests[number % config->nr_guests];
	struct vm_config vm = guest->vm;
	unsigned int i;
	int rc;

	*b = (struct boot){
		.config = config, .guest = guest, .number = number, .attempt = attempt,
	};
	for (i = 0; i < VM_CHANNELS; i++)
		b->channel[i] = (struct channel){ .fd = -1, .file = -1, .lines.ctx = b };
	b->channel[VM_CONSOLE].lines.fn = on_console_line;
	b->channel[VM_RECORD].lines.fn = on_record_line;
	rc = rundir_boot(config->dir, number, attempt, &b->dir);
	if (!rc && guest->conf)
		rc = rundir_write_text(b->dir, "irqsan.conf", guest->conf);
	b->started = now();
	if (rc >= 0)
		rc = write_run_json(b, "running");
	for (i = 0; rc >= 0 && i < VM_CHANNELS; i++)
		if (i != VM_L1 || vm.accel == ACCEL_NESTED)
			rc = channel_open(&b->channel[i], b->dir, channel_files[i]);
	if (rc >= 0 && guest->plan->load->exits)
		rc = open_load_log(b);
	vm.dir = b->dir;
	if (rc >= 0)
		rc = vm_start(&b->vm, &vm);
	if (rc < 0) {
		close_logs(b);
		free(b->dir);
		b->dir = NULL;
		return rc;
	}
	for (i = 0; i < VM_CHANNELS; i++)
		b->channel[i].fd = b->vm.channel[i];
	b->phase_at = b->started;
	b->progress_at = b->started;
	b->phase_cpu.at = b->started;
	b->progress_cpu.at = b->started;
	b->console_at = b->started;
	return 0;
}

/* Factor on all patience: of the accelerator, and of a user who knows the kernel or the host. */
static double scale_of(const struct boot *b)
{
	return b->config->scale * b->guest->plan->scale / 100;
}

/* Seconds that a livepatch may take on top. */
static double transition(const struct boot *b)
{
	return b->phase == PHASE_INSMOD && b->guest->plan->livepatch ? TRANSITION_S : 0;
}

static double patience(const struct boot *b)
{
	const struct run_config *config = b->config;
	const struct plan *plan = b->guest->plan;
	double s = config->limits->phase[b->phase] * scale_of(b) + transition(b);

	/* Guest time may run at half our pace on a loaded machine. */
	return b->phase == PHASE_LOAD ? s + 2 * plan->seconds + RELOAD_PATIENCE * plan->reload : s;
}

/*
 * Has this boot shown what ends it? Only once it has been printed to its end: then the
 * report has its title, and a harmless one doesn't end the boot.
 */
static bool boot_found(struct boot *b, double t)
{
	const struct run_config *config = b->config;
	bool told = b->recorded && t - b->console_at >= config->limits->quiet;

	if (!told && t - b->found_at < config->limits->tail * scale_of(b))
		return false;
	if (t < b->look_at)
		return false;
	if (config->counts(config->ctx, b->dir))
		return true;
	b->look_at = now() + LOOK_AGAIN * (now() - t);
	b->found_at = 0;
	b->recorded = false;
	return false;
}

/* What is bogus on purpose is reported, too: it must not end the boot. */
static bool ends_at_finding(const struct plan *plan)
{
	return plan->until_first && !plan->planted && !plan->load->loads_detector;
}

/* The decompressor's last line has no end. */
static bool has_halted(const struct boot *b)
{
	const struct buf *line = &b->channel[VM_CONSOLE].lines.line;

	return b->halted || (line->len && is_last_word(line->data, line->len));
}

/* The guest is given up; the judge has to know whether this machine let it run. */
static char *give_up(struct boot *b, const char *how, const struct cpu_time *since)
{
	b->stuck = cpu_time_since(b->vm.child.pid, since);
	return xasprintf("%s %s", how, phase_names[b->phase]);
}

/* Why this guest has to be ended now, in the words of run.json (caller frees), or NULL. */
static char *boot_due(struct boot *b, double t)
{
	const struct run_config *config = b->config;
	const struct plan *plan = b->guest->plan;

	/* A load can say such words, too, and goes on. */
	if (has_halted(b) && t - b->progress_at >= config->limits->quiet)
		return xstrdup("stopped halted");
	if (ends_at_finding(plan) && b->found_at && boot_found(b, t))
		return xstrdup("stopped first-violation");
	/* No guest can go on without it: no need to wait for what the guest may take. */
	if (b->outer_at && t - b->outer_at >= config->limits->outer)
		return xstrdup("stalled outer guest");
	if (t - b->progress_at >= config->limits->stall * scale_of(b) + transition(b))
		return give_up(b, "stalled", &b->progress_cpu);
	if ((plan->timeout && t - b->started >= plan->timeout) || t - b->phase_at >= patience(b))
		return give_up(b, "deadline", &b->phase_cpu);
	return NULL;
}

/* Reads the guest's channels and its state; true when it is over, with @b->ended set. */
static bool boot_step(struct boot *b)
{
	/* Asked before the reads: what QEMU wrote before its end is in the pipes then. */
	bool gone = child_poll(&b->vm.child);
	bool spoke = channel_read(&b->channel[VM_CONSOLE]);

	if (spoke) {
		b->console_at = now();
		b->progress_at = b->console_at;
	}
	for (unsigned int i = VM_RECORD; i < VM_CHANNELS; i++)
		spoke |= channel_read(&b->channel[i]);
	if (!gone) {
		if (b->progress_at >= b->progress_cpu.at + CPU_TIME_S)
			cpu_time_read(b->vm.child.pid, &b->progress_cpu);
		b->ended = boot_due(b, now());
		return b->ended;
	}
	if (spoke)
		return false;
	if (WIFSIGNALED(b->vm.child.status))
		b->ended = xasprintf("exited %d", 128 + WTERMSIG(b->vm.child.status));
	else
		b->ended = xasprintf("exited %d", WEXITSTATUS(b->vm.child.status));
	return true;
}

/* Ends the guest and writes what the host knows; frees all but the slot and its directory. */
static int boot_finish(struct boot *b)
{
	int rc;

	vm_stop(&b->vm);
	close_logs(b);
	rc = write_run_json(b, b->ended);
	free(b->ended);
	b->ended = NULL;
	return rc < 0 ? rc : 0;
}

/* A boot is over: its run is done, or starts again in the same slot. */
static int boot_over(struct loop *loop, struct boot *b, bool last)
{
	const struct run_config *config = loop->config;
	int rc = boot_finish(b);
	char *dir = b->dir;

	b->dir = NULL;
	if (!rc)
		rc = config->ended(config->ctx, b->number, b->attempt, dir, last);
	free(dir);
	if (rc == RUN_AGAIN && !last)
		return boot_start(b, config, b->number, b->attempt + 1);
	loop->enough |= rc == RUN_ENOUGH;
	return rc < 0 ? rc : 0;
}

static int fill_slots(struct loop *loop)
{
	unsigned int i;
	int rc;

	for (i = 0; i < loop->config->jobs && loop->started < loop->end; i++) {
		if (loop->boots[i].dir)
			continue;
		rc = boot_start(&loop->boots[i], loop->config, loop->started, 0);
		if (rc < 0)
			return rc;
		loop->started++;
	}
	return 0;
}

/* Waits until one of the guests says something; -EINTR when the user wants us to stop. */
static int wait_for_any(const struct loop *loop)
{
	unsigned int i, n = 0;
	struct pollfd *fds = xcalloc(loop->config->jobs * (VM_CHANNELS + 1), sizeof(*fds));
	int rc;

	for (i = 0; i < loop->config->jobs; i++) {
		const struct boot *b = &loop->boots[i];

		if (!b->dir)
			continue;
		for (unsigned int j = 0; j < VM_CHANNELS; j++)
			fds[n++] = (struct pollfd){ .fd = b->channel[j].fd, .events = POLLIN };
		/* Negative once reaped, which poll skips: then the channels' ends are awaited. */
		fds[n++] = (struct pollfd){ .fd = b->vm.child.pidfd, .events = POLLIN };
	}
	rc = child_ppoll(fds, n, now() + LOOP_S);
	free(fds);
	return rc < 0 ? rc : 0;
}

static void show_progress(struct loop *loop)
{
	double every = isatty(STDERR_FILENO) ? PROGRESS_TTY_S : PROGRESS_LOG_S;
	struct buf text = {};
	unsigned int i;

	if (loop->config->verbose || now() - loop->progress_at < every)
		return;
	loop->progress_at = now();
	for (i = 0; i < loop->config->jobs; i++) {
		const struct boot *b = &loop->boots[i];
		char *one;

		if (!b->dir)
			continue;
		one = xasprintf("%srun #%u: %s, %.0f s", text.len ? "; " : "", b->number,
				phase_names[b->phase], now() - b->phase_at);
		buf_add(&text, one, strlen(one));
		free(one);
	}
	pr_progress("%s", text.data);
	buf_free(&text);
}

static bool any_running(const struct loop *loop)
{
	unsigned int i;

	for (i = 0; i < loop->config->jobs; i++)
		if (loop->boots[i].dir)
			return true;
	return false;
}

static int loop_run(struct loop *loop)
{
	unsigned int i;
	int rc;

	for (;;) {
		rc = fill_slots(loop);
		if (rc < 0 || !any_running(loop))
			return rc;
		show_progress(loop);
		rc = wait_for_any(loop);
		if (rc < 0)
			return rc;
		for (i = 0; i < loop->config->jobs; i++) {
			struct boot *b = &loop->boots[i];

			if (!b->dir || !boot_step(b))
				continue;
			rc = boot_over(loop, b, false);
			if (rc < 0 || loop->enough)
				return rc;
		}
	}
}

/* The loop ended early: no guest stays, and each directory says why it is incomplete. */
static void stop_all(struct loop *loop)
{
	unsigned int i;

	for (i = 0; i < loop->config->jobs; i++) {
		struct boot *b = &loop->boots[i];

		if (!b->dir)
			continue;
		b->ended = xstrdup("interrupted");
		boot_over(loop, b, true);
	}
}

/**
 * run_boots() - boot guests
 * @config: what and how often
 *
 * No guest is left running, whatever happens.
 *
 * Return: 0 when all runs are done or enough of them; -EINTR when the user ended it
 * early; another negative errno when the machine couldn't do it, the reason was printed
 */
int run_boots(const struct run_config *config)
{
	struct loop loop = {
		.config = config, .end = config->first + config->runs,
		.started = config->first, .progress_at = now(),
	};
	int rc;

	loop.boots = xcalloc(config->jobs, sizeof(*loop.boots));
	rc = loop_run(&loop);
	if (rc < 0 || loop.enough)
		stop_all(&loop);
	pr_progress_end();
	free(loop.boots);
	return rc;
}
