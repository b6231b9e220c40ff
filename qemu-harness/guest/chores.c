// SPDX-License-Identifier: GPL-2.0
/*
 * What an administrator does to a machine, done beside the load: CPUs offline
 * and online, suspend, modules in and out, backtraces by NMI, the function
 * tracer; and at the end kexec. Each runs in a process of its own, so that it meets the load and the
 * reloading of irqsan.ko at any moment. Those that end by themselves run one
 * after the other in one process: suspend fails while a CPU goes offline.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "chores.h"
#include "conf.h"
#include "guest.h"

#define HOTPLUG_ROUNDS 3
/* Ten times a second. */
#define UNLOAD_TRIES 300
/* Longer than it takes to freeze the load and all devices of an emulated guest. */
#define SUSPEND_S "+15"
#define WAKEALARM "/sys/class/rtc/rtc0/wakealarm"
#define TRACER "/sys/kernel/tracing/current_tracer"
#define KMEMLEAK "/sys/kernel/debug/kmemleak"
#define SECOND_LIFE "irqsan_life=2"

/**
 * struct course - how a chore goes; shared with the process that does it
 * @rounds: how often it was done
 * @ended: it has ended, and the following members are valid
 * @rc: 0 or -errno
 * @skipped: why it was not done; "" when it was
 * @told: it was recorded
 */
struct course {
	unsigned int rounds;
	bool ended;
	int rc;
	char skipped[128];
	bool told;
};

/**
 * struct chore - one of them
 * @name: as ordered
 * @lasting: goes on until the load ends
 * @work: does it: 0 or -errno; the lasting ones return only then
 */
struct chore {
	const char *name;
	bool lasting;
	int (*work)(const struct conf *conf, struct course *course);
};

static int skip(struct course *course, const char *why)
{
	snprintf(course->skipped, sizeof(course->skipped), "%s", why);
	return 0;
}

static int set_online(long cpu, bool online)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%ld/online", cpu);
	return guest_write(path, online ? "1" : "0");
}

static int hotplug(const struct conf *conf, struct course *course)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	int rc = 0;

	(void)conf;
	if (cpus < 2)
		return skip(course, "one CPU only");
	for (; !rc && course->rounds < HOTPLUG_ROUNDS; course->rounds++) {
		for (long cpu = 1; !rc && cpu < cpus; cpu++) {
			rc = set_online(cpu, false);
			if (rc == -ENOENT)
				return skip(course, "this kernel can't take CPUs offline");
			if (!rc)
				rc = set_online(cpu, true);
		}
	}
	return rc;
}

static bool file_has(const char *path, const char *word)
{
	static char text[65536];

	return guest_read(path, text, sizeof(text)) > 0 && strstr(text, word);
}

/* Seconds that the machine has slept since it was started. */
static double slept(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9 - (double)guest_now_ns() / 1e9;
}

/* To memory, and woken by the clock. */
static int suspend_deep(struct course *course)
{
	double before = slept();
	int rc;

	guest_write("/sys/power/mem_sleep", "deep");
	guest_write(WAKEALARM, "0");
	rc = guest_write(WAKEALARM, SUSPEND_S);
	if (!rc)
		rc = guest_write("/sys/power/state", "mem");
	if (!rc && slept() - before < 0.5)
		rc = -EAGAIN;
	course->rounds += !rc;
	return rc;
}

/* As far as it goes without a machine that can sleep: devices and platform, then back. */
static int suspend_test(struct course *course)
{
	int rc = guest_write("/sys/power/pm_test", "platform");

	if (rc == -ENOENT)
		return skip(course, "no sleep to memory, and no pm_test");
	if (!rc)
		rc = guest_write("/sys/power/state", "freeze");
	guest_write("/sys/power/pm_test", "none");
	course->rounds += !rc;
	if (!rc)
		skip(course, "only a pm_test: the machine can't sleep to memory");
	return rc;
}

static int suspend(const struct conf *conf, struct course *course)
{
	(void)conf;
	if (file_has("/sys/power/state", "mem") && file_has("/sys/power/mem_sleep", "deep") &&
	    !access(WAKEALARM, W_OK))
		return suspend_deep(course);
	if (file_has("/sys/power/state", "freeze"))
		return suspend_test(course);
	return skip(course, "this kernel can't suspend");
}

/*
 * "/modules/lz4-comp.ko" is the module lz4_comp. A module is in use for as long
 * as irqsan.ko searches it while it is being loaded: that passes.
 */
static int unload(const char *path)
{
	const char *base = strrchr(path, '/') + 1;
	char name[64];
	int rc;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(base, "."), base);
	for (char *p = name; *p; p++)
		if (*p == '-')
			*p = '_';
	for (int i = 0; (rc = guest_rmmod(name)) == -EAGAIN && i < UNLOAD_TRIES; i++)
		guest_sleep_ms(100);
	return rc;
}

static int modules(const struct conf *conf, struct course *course)
{
	int rc = 0, n;

	if (!conf->churn[0].path)
		return skip(course, "the kernel has none of these modules");
	for (; !rc; course->rounds++) {
		for (n = 0; !rc && conf->churn[n].path; n++)
			rc = guest_insmod(conf->churn[n].path, conf->churn[n].params);
		while (!rc && n--)
			rc = unload(conf->churn[n].path);
	}
	return rc;
}

static int sysrq_l(const struct conf *conf, struct course *course)
{
	int rc;

	(void)conf;
	for (;; course->rounds++) {
		rc = guest_write("/proc/sysrq-trigger", "l");
		if (rc == -ENOENT)
			return skip(course, "this kernel has no SysRq");
		if (rc)
			return rc;
		guest_sleep_ms(1000);
	}
}

/* Every function traced, the sites' among them, then none: on and off, again and again. */
static int tracer(const struct conf *conf, struct course *course)
{
	int rc = 0;

	(void)conf;
	for (; !rc; course->rounds++) {
		rc = guest_write(TRACER, "function");
		if (rc == -ENOENT)
			return skip(course, "this kernel has no tracefs");
		if (rc == -EINVAL)
			return skip(course, "this kernel has no function tracer");
		guest_sleep_ms(1000);
		if (!rc)
			rc = guest_write(TRACER, "nop");
		guest_sleep_ms(1000);
	}
	return rc;
}

/* Looks for memory that irqsan.ko has lost, again and again. */
static int kmemleak(const struct conf *conf, struct course *course)
{
	int rc;

	(void)conf;
	for (;; course->rounds++) {
		rc = guest_write(KMEMLEAK, "scan");
		if (rc == -ENOENT)
			return skip(course, "this kernel has no kmemleak");
		if (!rc && file_has(KMEMLEAK, "[irqsan]")) {
			guest_error("kmemleak: memory of irqsan.ko is lost");
			rc = -ENOTRECOVERABLE;
		}
		if (rc)
			return rc;
		guest_sleep_ms(5000);
	}
}

static const struct chore chores[] = {
	{ "hotplug", false, hotplug },
	{ "suspend", false, suspend },
	{ "modules", true, modules },
	{ "sysrq-l", true, sysrq_l },
	{ "tracer", true, tracer },
	{ "kmemleak", true, kmemleak },
};

#define NR_CHORES (sizeof(chores) / sizeof(chores[0]))

static struct course *courses;
/* One for each lasting chore, and at [NR_CHORES] the one of all others. */
static pid_t pids[NR_CHORES + 1];

static bool ordered(const struct conf *conf, const char *name)
{
	for (const char *const *c = conf->chore; *c; c++)
		if (!strcmp(*c, name))
			return true;
	return false;
}

static void work(const struct conf *conf, size_t i)
{
	courses[i].rc = chores[i].work(conf, &courses[i]);
	__atomic_store_n(&courses[i].ended, true, __ATOMIC_RELEASE);
}

static void record(const char *name, int rc, unsigned int rounds, const char *skipped)
{
	json_t *members = json_pack("{s:s, s:i, s:i}", "name", name, "rc", rc,
				    "rounds", (int)rounds);

	if (*skipped)
		json_object_set_new(members, "skipped", json_string(skipped));
	guest_record("chore", members);
}

static void tell(size_t i)
{
	struct course *c = &courses[i];

	record(chores[i].name, c->rc, c->rounds, c->skipped);
	c->told = true;
}

static int start_process(const struct conf *conf, size_t which)
{
	pid_t pid = fork();

	if (pid < 0) {
		guest_error("chores: fork: %s", strerror(errno));
		return -errno;
	}
	pids[which] = pid;
	if (pid)
		return 0;
	for (size_t i = 0; i < NR_CHORES; i++) {
		if (chores[i].lasting ? i == which : which == NR_CHORES && !courses[i].told)
			work(conf, i);
	}
	_exit(0);
}

/**
 * chores_start() - start those that run beside the load
 * @conf: the orders
 *
 * Return: 0, or -errno; the reason was recorded.
 */
int chores_start(const struct conf *conf)
{
	bool others = false;
	int rc = 0;

	courses = mmap(NULL, sizeof(*courses) * NR_CHORES, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (courses == MAP_FAILED) {
		guest_error("chores: out of memory");
		return -ENOMEM;
	}
	for (size_t i = 0; i < NR_CHORES; i++) {
		courses[i].told = !ordered(conf, chores[i].name);
		others |= !courses[i].told && !chores[i].lasting;
	}
	for (size_t i = 0; !rc && i < NR_CHORES; i++)
		if (chores[i].lasting && !courses[i].told)
			rc = start_process(conf, i);
	if (!rc && others)
		rc = start_process(conf, NR_CHORES);
	return rc;
}

/**
 * chores_pending() - look after those that run
 *
 * Records those that have ended.
 *
 * Return: true while one has not done its part.
 */
bool chores_pending(void)
{
	bool pending = false;

	for (size_t i = 0; i < NR_CHORES; i++) {
		if (courses[i].told)
			continue;
		if (__atomic_load_n(&courses[i].ended, __ATOMIC_ACQUIRE))
			tell(i);
		else
			/* One that has not been through once has done nothing. */
			pending |= !chores[i].lasting || !courses[i].rounds;
	}
	return pending;
}

/**
 * chores_stop() - end the lasting ones, and record them
 *
 * The load may have ended early: what isn't done then counts as failed.
 */
void chores_stop(void)
{
	for (size_t i = 0; i <= NR_CHORES; i++) {
		if (pids[i] > 0) {
			kill(pids[i], SIGKILL);
			waitpid(pids[i], NULL, 0);
		}
	}
	for (size_t i = 0; i < NR_CHORES; i++) {
		if (courses[i].told)
			continue;
		if (!courses[i].ended && (!chores[i].lasting || !courses[i].rounds))
			courses[i].rc = -ETIME;
		tell(i);
	}
}

/* This kernel again, with a small initramfs that only says that it is there. */
static int kexec_load(void)
{
	int kernel = open("/kexec/vmlinuz", O_RDONLY | O_CLOEXEC);
	int initrd = open("/kexec/initramfs.cpio", O_RDONLY | O_CLOEXEC);
	char cmdline[2048];
	long len;
	int rc;

	len = guest_read("/proc/cmdline", cmdline, sizeof(cmdline) - sizeof(SECOND_LIFE) - 1);
	if (kernel < 0 || initrd < 0 || len <= 0)
		return -ENOENT;
	cmdline[strcspn(cmdline, "\n")] = '\0';
	strcat(cmdline, " " SECOND_LIFE);
	rc = syscall(SYS_kexec_file_load, kernel, initrd, strlen(cmdline) + 1, cmdline, 0UL) ?
	     -errno : 0;
	close(kernel);
	close(initrd);
	return rc;
}

/**
 * chores_last() - do those that end the guest
 * @conf: the orders
 *
 * The restart has no more to say for itself than that it begins: whether it
 * works shows by the end of QEMU. kexec is recorded by the life behind it.
 * Comes back when neither is ordered, or kexec doesn't work.
 */
void chores_last(const struct conf *conf)
{
	int rc;

	if (ordered(conf, "reboot"))
		record("reboot", 0, 1, "");
	if (!ordered(conf, "kexec"))
		return;
	rc = kexec_load();
	if (rc == -ENOSYS) {
		record("kexec", 0, 0, "this kernel has no kexec_file_load()");
		return;
	}
	if (!rc) {
		sync();
		guest_record_drain();
		rc = syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
			     LINUX_REBOOT_CMD_KEXEC, NULL) ? -errno : 0;
	}
	record("kexec", rc, 0, "");
}

/**
 * chores_second_life() - is this the life after a kexec?
 *
 * Return: true if so; it was recorded.
 */
bool chores_second_life(void)
{
	char cmdline[4096];

	guest_read("/proc/cmdline", cmdline, sizeof(cmdline));
	if (!strstr(cmdline, SECOND_LIFE))
		return false;
	record("kexec", 0, 1, "");
	return true;
}
