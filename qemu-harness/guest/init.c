// SPDX-License-Identifier: GPL-2.0
/*
 * PID 1 of the guest under test: loads the modules, proves the detector with
 * the planted bogus restore, runs the load, reports, powers off
 * (docs/guest-protocol.md).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench.h"
#include "builtin.h"
#include "chores.h"
#include "conf.h"
#include "counters.h"
#include "guest.h"
#include "livepatch.h"
#include "planted.h"
#include "root.h"
#include "selftest.h"
#include "workload.h"

#define RECORD_TTY "/dev/ttyS1"

static const struct workload *const workloads[] = { &mkdir_storm, &lock_storm, &user_command };

/* What the module's earlier lives counted (with "reload"). */
static struct counters past;

static struct counters counted_now(void)
{
	struct counters c = past;

	counters_add(&c);
	builtin_add(&c);
	return c;
}

static json_t *progress(const struct counters *c, uint64_t load_start_ns, uint64_t ops)
{
	json_int_t first_ms = -1;

	/* The kernel may have got there by itself before the load. */
	if (c->first_ns)
		first_ms = c->first_ns < load_start_ns ? 0 :
			   (json_int_t)((c->first_ns - load_start_ns) / 1000000);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "load_ms", (json_int_t)((guest_now_ns() - load_start_ns) / 1000000),
			 "ops", (json_int_t)ops,
			 "waits", (json_int_t)c->waits,
			 "slow_pv", (json_int_t)c->slow_pv,
			 "slow_native", (json_int_t)c->slow_native,
			 "violations", (json_int_t)c->violations,
			 "lost", (json_int_t)c->lost,
			 "longest_ns", (json_int_t)c->longest_ns,
			 "waited_ns", (json_int_t)c->waited_ns,
			 "first_ms", first_ms);
}

/* @ctx: set to true when the bug is a new one */
static void report_violation(void *ctx, const struct bug_count *bug)
{
	static struct bug_count seen[512];
	static unsigned int nr_seen;
	bool *new = ctx;
	char title[256];

	for (unsigned int i = 0; i < nr_seen; i++) {
		if (!strcmp(seen[i].site, bug->site) && !strcmp(seen[i].caller, bug->caller))
			return;
	}
	if (nr_seen == sizeof(seen) / sizeof(seen[0]))
		return;
	seen[nr_seen++] = *bug;
	snprintf(title, sizeof(title), "WARNING in %.*s", (int)strcspn(bug->caller, "+."),
		 bug->caller);
	guest_record("violation", json_pack("{s:s, s:s, s:s}", "title", title, "site", bug->site,
					    "caller", bug->caller));
	*new = true;
}

/* Bugs that are new; the counts of all when there are any, or at the end. */
static void report_sites(bool end)
{
	bool tell = end;

	counters_each_bug(report_violation, &tell);
	if (tell)
		guest_record("counts", json_pack("{s:o}", "sites", counters_top_sites()));
}

/* Loads irqsan.ko and proves it. False: the boot has nothing more to say. */
static bool load_irqsan(const struct conf *conf)
{
	uint64_t start = guest_now_ns();
	char restore[32];
	json_t *members;
	int rc;

	rc = guest_insmod(conf->irqsan.path, conf->irqsan.params);
	members = json_pack("{s:i, s:I, s:s}", "rc", rc,
			    "insmod_ms", (json_int_t)((guest_now_ns() - start) / 1000000),
			    "restore", counters_restore_state(restore, sizeof(restore)));
	if (!rc)
		json_object_set_new(members, "sites", counters_sites());
	guest_record("module", members);
	if (rc)
		return false;
	rc = counters_run_control();
	if (rc < 0)
		guest_error("positive control: %s", strerror(-rc));
	guest_record("control", json_pack("{s:i}", "seen", rc < 0 ? 0 : rc));
	return rc > 0;
}

/* One life of the module ends and the next begins. */
static int reload_irqsan(const struct conf *conf)
{
	int rc;

	report_sites(false);
	counters_add(&past);
	rc = guest_rmmod("irqsan");
	if (rc) {
		guest_error("rmmod irqsan: %s", strerror(-rc));
		return rc;
	}
	rc = guest_insmod(conf->irqsan.path, conf->irqsan.params);
	if (rc)
		guest_error("insmod irqsan again: %s", strerror(-rc));
	return rc;
}

/* True when the load and what was ordered beside it went to the end. */
static bool run_load(const struct conf *conf, unsigned int cpus)
{
	const struct workload *load = NULL;
	unsigned int reloads = 0;
	uint64_t start, deadline, next_tick, ops = 0;
	struct counters c;
	int procs = 0;

	for (size_t i = 0; i < sizeof(workloads) / sizeof(workloads[0]); i++) {
		if (!strcmp(conf->workload, workloads[i]->name))
			load = workloads[i];
	}
	if (!load && strcmp(conf->workload, "none")) {
		guest_error("unknown workload '%s'", conf->workload);
		return false;
	}

	start = guest_now_ns();
	deadline = start + (uint64_t)conf->seconds * 1000000000;
	next_tick = start + 1000000000;
	/* Announced first: what the kernel says from here on is the load's. */
	guest_record("load", json_pack("{s:s}", "workload", conf->workload));
	if (load) {
		procs = load->start(conf, cpus);
		if (procs <= 0)
			return false;
	}
	if (chores_start(conf))
		return false;
	/* Or each time would take as long as the load lets it. */
	if (conf->reload)
		setpriority(PRIO_PROCESS, 0, -20);
	while (chores_pending() || reloads < conf->reload ||
	       (guest_now_ns() < deadline && !(load && load->over && load->over()))) {
		if (reloads < conf->reload) {
			if (reload_irqsan(conf))
				break;
			if (++reloads % 10 == 0)
				guest_record("reload", json_pack("{s:i}", "done", (int)reloads));
		} else {
			guest_sleep_ms(100);
		}
		if (guest_now_ns() < next_tick)
			continue;
		next_tick += 1000000000;
		report_sites(false);
		c = counted_now();
		guest_record("tick", progress(&c, start, load ? load->ops() : 0));
	}
	chores_stop();
	if (load) {
		ops = load->ops();
		load->stop();
	}
	report_sites(true);
	c = counted_now();
	if (reloads < conf->reload)
		return false;
	guest_record("done", progress(&c, start, ops));
	return true;
}

/* Fixed work, each piece measured, instead of a load that runs for a time. */
static void run_bench(const struct conf *conf)
{
	uint64_t start = guest_now_ns();
	struct counters c;

	guest_record("load", json_pack("{s:s}", "workload", "bench"));
	if (bench_worker_start())
		return;
	if (conf->events && bench_arm_events(conf->events))
		return;
	bench_settle();
	for (const struct conf_bench *b = conf->bench; b->name; b++) {
		if (bench_run(b->name, b->ops))
			return;
	}
	if (conf->tell_sites)
		bench_tell_sites();
	c = counted_now();
	guest_record("done", progress(&c, start, 0));
}

/* Tests instead of a load: what they find, they say themselves. */
static void run_selftests(const struct conf *conf)
{
	uint64_t start = guest_now_ns();
	struct counters none = { 0 };

	guest_record("load", json_pack("{s:s}", "workload", "selftest"));
	if (!selftest_run(conf))
		guest_record("done", progress(&none, start, 0));
}

static void load_modules(const struct conf *conf)
{
	for (const struct conf_module *m = conf->module; m->path; m++) {
		int rc = guest_insmod(m->path, m->params);

		if (rc)
			guest_error("insmod %s: %s", m->path, strerror(-rc));
	}
}

/* The user's modules: the load is for what is in them. */
static bool insert_modules(const struct conf *conf)
{
	for (const struct conf_module *m = conf->insmod; m->path; m++) {
		int rc = guest_insmod(m->path, m->params);

		if (rc) {
			guest_error("insmod %s: %s", m->path, strerror(-rc));
			return false;
		}
	}
	return true;
}

/* All that comes before the load. False: the boot has nothing more to say. */
static bool prepare(const struct conf *conf)
{
	if (conf->livepatch.path && !livepatch_load(&conf->livepatch))
		return false;
	if (conf->irqsan.path && !load_irqsan(conf))
		return false;
	if (conf->builtin)
		builtin_count();
	if (conf->planted.path && planted_run(conf))
		return false;
	return insert_modules(conf);
}

/* All that comes behind the load. */
static void finish(const struct conf *conf)
{
	if (conf->control.path)
		builtin_control(&conf->control);
	chores_last(conf);
}

int main(void)
{
	struct conf conf;
	struct utsname u;
	long cpus;
	int fd;

	if (getpid() != 1)
		return bench_worker();
	guest_mount_base();
	fd = open("/dev/console", O_RDWR | O_NOCTTY);
	for (int i = 0; fd >= 0 && i < 3; i++)
		dup2(fd, i);
	if (guest_record_open(RECORD_TTY))
		dprintf(STDERR_FILENO, "irqsan-init: no record channel " RECORD_TTY "\n");

	if (chores_second_life())
		guest_power_off();
	uname(&u);
	cpus = sysconf(_SC_NPROCESSORS_ONLN);
	guest_record("boot", json_pack("{s:s, s:i, s:b}", "release", u.release,
				       "cpus", (int)cpus, "pv",
				       strstr(guest_kernel_log(), "PV spinlocks enabled") != NULL));
	if (conf_read("/etc/irqsan.conf", &conf) == 0) {
		load_modules(&conf);
		if ((conf.root && !root_mount(conf.root)) || !prepare(&conf))
			guest_power_off();
		if (conf.selftest[0])
			run_selftests(&conf);
		else if (conf.bench[0].name)
			run_bench(&conf);
		else if (run_load(&conf, (unsigned int)cpus))
			finish(&conf);
	}
	guest_power_off();
}
