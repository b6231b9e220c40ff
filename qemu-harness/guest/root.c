// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's userland: a disk that is only read, under a tmpfs that takes the writes.
 * Init stays where it is, with its modules and files around it; what it starts in the
 * root has a mount namespace of its own, and no way back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"
#include "root.h"
#include "userland.h"

#define DISK	"/dev/vda"
#define LOWER	"/userland/lower"
#define WRITES	"/userland/writes"
#define ROOT	"/userland/root"
/* What the harness puts into the root (boot/image.h). */
#define FILES	"/userland/files"

/* Status of the child that tries the root: the reason is recorded. */
#define EXIT_TOLD 99
#define DISK_WAIT_MS 10000

static bool mounted;

static bool fail(const char *what, const char *config)
{
	guest_error("root: %s: %s%s%s", what, strerror(errno),
		    errno == ENODEV ? "; the kernel lacks CONFIG_" : "",
		    errno == ENODEV ? config : "");
	return false;
}

/* Its driver may look for it in the background. */
static bool disk_appears(void)
{
	for (unsigned int ms = 0; ms < DISK_WAIT_MS; ms += 10) {
		if (!access(DISK, F_OK))
			return true;
		guest_sleep_ms(10);
	}
	guest_error("root: no " DISK ": the kernel lacks CONFIG_VIRTIO_BLK, or _PCI, or _MMIO");
	return false;
}

/* What init has mounted is the root's, too. */
static bool share_mounts(void)
{
	static const char *const shared[] = { "/dev", "/proc", "/sys", "/run" };

	userland_mount();
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		char to[32] = ROOT;

		strcat(to, shared[i]);
		mkdir(to, 0755);
		if (mount(shared[i], to, NULL, MS_BIND | MS_REC, NULL))
			return fail(to, "");
	}
	mkdir(ROOT "/tmp", 01777);
	return true;
}

/* A new root and not only a chroot: in one no user namespace can be made. */
static int enter(void)
{
	if (unshare(CLONE_NEWNS) || chdir(ROOT) || mount(".", "/", NULL, MS_MOVE, NULL) ||
	    chroot("."))
		return -errno;
	return 0;
}

/* One of init's files for the root, whose name begins with a dot here. */
static int copy_file(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
	const char *to = name + 1;
	int in, out, rc = -1;

	(void)ftw;
	if (type != FTW_F)
		return *to && mkdir(to, 0755) && errno != EEXIST ? -1 : 0;
	in = open(name, O_RDONLY);
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	if (in >= 0 && out >= 0 && !fchmod(out, st->st_mode & 07777))
		rc = sendfile(out, in, NULL, (size_t)st->st_size) == st->st_size ? 0 : -1;
	if (rc)
		guest_error("root: can't add %s: %s", to, strerror(errno));
	close(in);
	close(out);
	return rc;
}

/*
 * Copies files through the root's own symlinks; then a shell does nothing: a root in
 * which it doesn't is none.
 */
static void fill_and_try(void)
{
	char *const argv[] = { "/bin/sh", "-c", ":", NULL };
	int files = open(FILES, O_RDONLY | O_DIRECTORY);
	int rc = enter();

	if (!rc && files >= 0 && (fchdir(files) || nftw(".", copy_file, 16, FTW_PHYS)))
		_exit(EXIT_TOLD);
	if (!rc) {
		execv(argv[0], argv);
		rc = -errno;
	}
	guest_error("root: /bin/sh: %s; is it the root of a system?", strerror(-rc));
	_exit(EXIT_TOLD);
}

static bool root_works(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		fill_and_try();
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return fail("/bin/sh", "");
	if (status && (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_TOLD))
		guest_error("root: /bin/sh -c : ended with wait status %#x", status);
	return !status;
}

/**
 * root_mount() - mount the root
 * @fs: file system of the disk
 *
 * Return: true when programs run in it; else the reason was recorded
 */
bool root_mount(const char *fs)
{
	mkdir("/userland", 0755);
	mkdir(LOWER, 0755);
	mkdir(WRITES, 0755);
	mkdir(ROOT, 0755);
	if (!disk_appears())
		return false;
	if (mount(DISK, LOWER, fs, MS_RDONLY, NULL))
		return fail(fs, !strcmp(fs, "squashfs") ? "SQUASHFS" :
				!strcmp(fs, "erofs") ? "EROFS_FS" : "EXT4_FS");
	if (mount("tmpfs", WRITES, "tmpfs", 0, "mode=0755"))
		return fail("tmpfs", "TMPFS");
	mkdir(WRITES "/upper", 0755);
	mkdir(WRITES "/work", 0755);
	if (mount("overlay", ROOT, "overlay", 0,
		  "lowerdir=" LOWER ",upperdir=" WRITES "/upper,workdir=" WRITES "/work"))
		return fail("overlay", "OVERLAY_FS");
	mounted = share_mounts();
	return mounted && root_works();
}

/* Is there a file of that name, where it would be looked for? */
static bool is_there(const char *name)
{
	char *dirs = strdup(getenv("PATH") ?: ""), *save, *dir, path[4096];

	if (strchr(name, '/'))
		return !access(name, F_OK);
	for (dir = strtok_r(dirs, ":", &save); dir; dir = strtok_r(NULL, ":", &save)) {
		snprintf(path, sizeof(path), "%s/%s", dir, name);
		if (!access(path, F_OK))
			return true;
	}
	return false;
}

/**
 * root_exec() - become a program of the root, or of the initramfs where there is none
 * @argv: the program, looked for in PATH, and its arguments; it runs in /tmp
 *
 * Return: -errno. -ELIBACC: it is there, but its interpreter or dynamic linker isn't,
 * of which the kernel says ENOENT, too
 */
int root_exec(char *const argv[])
{
	int rc = mounted ? enter() : 0;

	if (rc || chdir("/tmp"))
		return rc ?: -errno;
	execvp(argv[0], argv);
	rc = -errno;
	return rc == -ENOENT && is_there(argv[0]) ? -ELIBACC : rc;
}
