// SPDX-License-Identifier: GPL-2.0
/*
 * mkdir-storm: processes that create and remove directories side by side in
 * one parent directory, on tmpfs and, where there is a disk, on ext4 - the
 * way (ext4_mkdir) that led to the first report of the kvm_wait bug. Now and
 * then a process forks, so that the page allocator's locks are fought over
 * too.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf.h"
#include "guest.h"
#include "workload.h"

#define PROCS_MAX 512
#define FORK_EVERY 16

/* One cache line a process: the counters must not become the contention. */
static struct slot {
	uint64_t ops;
	char pad[56];
} *slots;

static pid_t pids[PROCS_MAX];
static unsigned int nr_procs;

static int mount_disk(const char *image, const char *dir)
{
	int control = -1, file = -1, loop, nr, rc = 0;
	char path[32];

	control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	file = open(image, O_RDWR | O_CLOEXEC);
	nr = control < 0 ? -1 : ioctl(control, LOOP_CTL_GET_FREE);
	if (nr < 0 || file < 0) {
		rc = -errno;
		goto out;
	}
	snprintf(path, sizeof(path), "/dev/loop%d", nr);
	loop = open(path, O_RDWR | O_CLOEXEC);
	if (loop < 0 || ioctl(loop, LOOP_SET_FD, file))
		rc = -errno;
	/* Without BLK_DEV_WRITE_MOUNTED (6.8) who mounts must be the only one to write. */
	if (loop >= 0)
		close(loop);
	if (!rc && mount(path, dir, "ext4", 0, NULL))
		rc = -errno;
out:
	if (file >= 0)
		close(file);
	if (control >= 0)
		close(control);
	return rc;
}

static void storm(unsigned int self, const char *parent)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/d%u", parent, self);
	for (uint64_t n = 0;; n++) {
		if (mkdir(path, 0755) || rmdir(path))
			_exit(1);
		slots[self].ops += 2;
		if (n % FORK_EVERY == 0) {
			pid_t pid = fork();

			if (!pid)
				_exit(0);
			if (pid > 0)
				waitpid(pid, NULL, 0);
		}
	}
}

static int mkdir_start(const struct conf *conf, unsigned int cpus)
{
	const char *parent[2] = { "/storm/tmpfs", "/storm/ext4" };
	unsigned int parents = 1;
	int rc;

	mkdir("/storm", 0755);
	mkdir(parent[0], 0755);
	mkdir(parent[1], 0755);
	if (mount("tmpfs", parent[0], "tmpfs", 0, NULL)) {
		rc = -errno;
		guest_error("tmpfs: %s", strerror(errno));
		return rc;
	}
	if (conf->disk) {
		rc = mount_disk(conf->disk, parent[1]);
		if (rc) {
			guest_error("%s: can't mount as ext4: %s", conf->disk, strerror(-rc));
			return rc;
		}
		parents = 2;
	}
	slots = mmap(NULL, sizeof(*slots) * PROCS_MAX, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (slots == MAP_FAILED)
		return -ENOMEM;
	for (nr_procs = 0; nr_procs < 2 * cpus && nr_procs < PROCS_MAX; nr_procs++) {
		pids[nr_procs] = fork();
		if (!pids[nr_procs]) {
			prctl(PR_SET_NAME, "mkdir-storm");
			storm(nr_procs, parent[nr_procs % parents]);
		}
		if (pids[nr_procs] < 0)
			break;
	}
	return (int)nr_procs;
}

static uint64_t mkdir_ops(void)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < nr_procs; i++)
		sum += slots[i].ops;
	return sum;
}

static void mkdir_stop(void)
{
	for (unsigned int i = 0; i < nr_procs; i++)
		kill(pids[i], SIGKILL);
	for (unsigned int i = 0; i < nr_procs; i++)
		waitpid(pids[i], NULL, 0);
}

const struct workload mkdir_storm = {
	.name = "mkdir-storm",
	.start = mkdir_start,
	.ops = mkdir_ops,
	.stop = mkdir_stop,
};
