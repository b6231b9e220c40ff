// SPDX-License-Identifier: GPL-2.0
/*
 * What programs of others find in a guest: busybox's commands, a place for temporary
 * files, a network of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"
#include "userland.h"

#define BUSYBOX "/bin/busybox"

/* Their address, and nothing else, is what many programs count on. */
static void loopback_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	ioctl(fd, SIOCSIFFLAGS, &lo);
	close(fd);
}

/**
 * userland_mount() - what programs expect of a machine, but init doesn't need
 *
 * What the kernel lacks (a file system, a network) is left out in silence: a program
 * that needs it says so.
 */
void userland_mount(void)
{
	mkdir("/dev/shm", 0755);
	mkdir("/dev/pts", 0755);
	mount("tmpfs", "/dev/shm", "tmpfs", 0, NULL);
	mount("devpts", "/dev/pts", "devpts", 0, NULL);
	loopback_up();
}

/**
 * userland_install() - give the guest a shell and common commands
 *
 * Return: 0 or -errno; the reason was recorded
 */
int userland_install(void)
{
	static const char *const dirs[] = { "/tmp", "/root", "/usr" };
	char *const argv[] = { BUSYBOX, "--install", "-s", "/bin", NULL };
	int status = 0;
	pid_t pid;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		mkdir(dirs[i], 0755);
	mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
	chmod("/tmp", 01777);
	userland_mount();
	pid = fork();
	if (!pid) {
		execv(argv[0], argv);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid < 0 || status) {
		guest_error("%s --install: status %d", BUSYBOX, pid < 0 ? -1 : status);
		return -ENOEXEC;
	}
	/* Where scripts look for them; what is there already stays. */
	symlink("/bin", "/sbin");
	symlink("/bin", "/usr/bin");
	symlink("/bin", "/usr/sbin");
	return 0;
}
