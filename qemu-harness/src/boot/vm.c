// SPDX-License-Identifier: GPL-2.0
/*
 * One guest under test: QEMU's command line, its process, and the channels that come
 * out of it, whatever the accelerator.
 *
 * The channels are pipes whose write ends QEMU inherits. Console and records stand in its
 * command line as
 *
 *	-add-fd fd=N,set=1,opaque=console
 *	-add-fd fd=N,set=2,opaque=record
 *
 * in every mode, and that is all that a program in QEMU's place (the tests
 * have one) needs to write to them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "boot/nested.h"
#include "boot/tsc.h"
#include "boot/vm.h"
#include "kernel/pvh.h"

/* A reader that is late by some seconds must not stall the guest. */
#define CHANNEL_SIZE (1 << 20)
#define HELP_DEADLINE_S 20

/* A chardev "name" that is the inherited @fd. Without append=on it is truncated: pipes can't be. */
static void add_channel(struct strv *argv, const char *name, int set, int fd)
{
	strv_push(argv, "-add-fd");
	strv_pushf(argv, "fd=%d,set=%d,opaque=%s", fd, set, name);
	strv_push(argv, "-chardev");
	strv_pushf(argv, "file,id=%s,path=/dev/fdset/%d,append=on", name, set);
}

/*
 * The clock is the number of instructions, and jumps to the next timer when
 * there is nothing to do. A fixed date and seed: no two boots differ by what
 * they took from outside.
 */
static const char *const icount_args[] = {
	"-icount", "shift=0,sleep=off", "-rtc", "base=2020-01-01T00:00:00,clock=vm", "-seed", "1",
	NULL
};

#define ICOUNT_TSC_KHZ 1000000

/*
 * What a guest that has taken over its QEMU can't ask of this machine's kernel: other
 * programs, another user, the schedule.
 */
static const char *const sandbox_args[] = {
	"-sandbox",
	"on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
	NULL
};

/*
 * QEMU can be built without seccomp, and so can the kernel. Asked once for each QEMU:
 * it enters the sandbox before it lists its CPUs. Of two sandboxes both are in force, so
 * where the user orders one, ours must not be there.
 */
static int add_sandbox(struct strv *argv, const struct vm_config *config, const char *qemu)
{
	const char *const ask[] = { qemu, sandbox_args[0], sandbox_args[1], "-cpu", "help", NULL };
	struct child_opts opts = { .argv = ask, .out = -1, .err = -1 };
	static char *asked;
	static bool can;
	int rc, status;

	/* Nested, the arguments are those of the QEMU in L1. */
	if (config->accel != ACCEL_NESTED && config->args &&
	    strv_has(config->args, sandbox_args[0]))
		return 0;
	if (!asked || strcmp(asked, qemu)) {
		rc = child_run(&opts, HELP_DEADLINE_S, NULL, &status);
		if (rc)
			return rc;
		can = !status;
		free(asked);
		asked = xstrdup(qemu);
		if (!can)
			pr_info("%s has no -sandbox; its guests run without", qemu);
	}
	if (can)
		strv_extend(argv, sandbox_args);
	return 0;
}

/*
 * The image of the root as a disk. It isn't locked: nobody writes to it, and many guests
 * have it at once. A comma in an option stands twice.
 */
static void add_disk(struct strv *argv, const char *driver, const char *path, const char *device)
{
	struct buf name = {};

	for (; *path; path++)
		buf_add(&name, *path == ',' ? ",," : path, *path == ',' ? 2 : 1);
	strv_push(argv, "-blockdev");
	strv_pushf(argv, "node-name=root,driver=%s,read-only=on,locking=off,filename=%s", driver,
		   name.data);
	strv_push(argv, "-device");
	strv_pushf(argv, "%s,drive=root", device);
	buf_free(&name);
}

/**
 * vm_is_micro() - is the guest under test a microvm?
 * @accel: how it is run
 * @devices: those that are ordered, or NULL
 *
 * Return: false when it is a machine with PCI
 */
bool vm_is_micro(enum accel accel, const struct strv *devices)
{
	return accel != ACCEL_TCG && (!devices || !devices->n);
}

/*
 * QEMU of the guest under test, on this machine or in L1.
 *
 * A microvm has no PCI, no network, nothing but its two serial lines and perhaps a disk.
 * It has no clock chip under KVM unless asked, and 6.12 spends ten seconds
 * looking for it. Without kvm-clock a kernel must measure the TSC, which on a
 * busy machine fails with the microvm's only timer: tcg gets a q35, and so does who
 * wants devices.
 */
static void guest_argv(struct strv *argv, const struct vm_config *config, const char *kernel,
		       const char *initramfs, int console, int record)
{
	static const char *const common[] = {
		"-nodefaults", "-no-user-config", "-nic", "none", "-display", "none",
		"-monitor", "none", "-no-reboot", NULL
	};
	bool kvm = config->accel != ACCEL_TCG;
	bool micro = vm_is_micro(config->accel, config->devices);
	char *append;

	if (config->accel == ACCEL_NESTED) {
		strv_push(argv, L1_QEMU);
		strv_push(argv, "-L");
		strv_push(argv, L1_FIRMWARE);
	}
	strv_extend(argv, common);
	strv_push(argv, "-M");
	strv_push(argv, micro ? "microvm,rtc=on" : "q35");
	strv_push(argv, "-accel");
	/*
	 * One thread for all emulated CPUs: with one each, a CPU has been seen
	 * to run into a breakpoint that another had taken out already, and the
	 * kernel died of it (QEMU 7.2, while probes were armed and disarmed).
	 */
	strv_push(argv, kvm ? "kvm" : "tcg,thread=single");
	if (config->icount)
		strv_extend(argv, icount_args);
	strv_push(argv, "-cpu");
	strv_push(argv, kvm ? "host" : "max");
	strv_push(argv, "-smp");
	strv_pushf(argv, "%u", config->cpus);
	strv_push(argv, "-m");
	strv_pushf(argv, "%u", config->memory_mb);
	strv_push(argv, "-kernel");
	strv_push(argv, kernel);
	strv_push(argv, "-initrd");
	strv_push(argv, initramfs);
	strv_push(argv, "-append");
	/*
	 * panic=-1 and reboot=t make a panic and a restart end QEMU at once.
	 * pci=off spares the probing of a bus that is not there (2 s nested).
	 * Nested, a character on the console costs 0.7 ms, so only warnings
	 * and worse go there; that is half of the boot. no_timer_check: a busy
	 * host is late with timer interrupts, which is no reason to panic, and
	 * no way to measure the TSC (tsc.c) or to find fault with it, for the
	 * switch to another clock patches the kernel; KVM guests know that by
	 * themselves.
	 * earlyprintk lets a kernel that dies before its console is there, and
	 * the decompressor, have a last word; L2 has none and is short of time.
	 */
	append = xasprintf("console=ttyS0 panic=-1 reboot=t %s%s%s",
			   config->accel == ACCEL_NESTED ? "loglevel=5" :
			   "loglevel=7 earlyprintk=ttyS0",
			   config->cmdline ? " " : "", config->cmdline ?: "");
	if (micro)
		strv_pushf(argv, "%s pci=off", append);
	else if (kvm)
		strv_push(argv, append);
	else
		strv_pushf(argv, "%s no_timer_check tsc=reliable tsc_early_khz=%u", append,
			   config->icount ? ICOUNT_TSC_KHZ : tsc_khz());
	free(append);
	add_channel(argv, "console", 1, console);
	strv_push(argv, "-serial");
	strv_push(argv, "chardev:console");
	add_channel(argv, "record", 2, record);
	/* A microvm makes only the first serial line from -serial. */
	strv_push(argv, "-device");
	strv_push(argv, "isa-serial,index=1,chardev=record");
	/* L1 is short of memory: L2 keeps what it has read, and L1 needn't. */
	if (config->root && config->accel == ACCEL_NESTED)
		add_disk(argv, "host_device,cache.direct=on", L1_ROOT, "virtio-blk-device");
	else if (config->root)
		add_disk(argv, "file", config->root, micro ? "virtio-blk-device" : "virtio-blk-pci");
	for (size_t i = 0; config->devices && i < config->devices->n; i++) {
		strv_push(argv, "-device");
		strv_push(argv, config->devices->v[i]);
	}
	for (size_t i = 0; config->args && i < config->args->n; i++)
		strv_push(argv, config->args->v[i]);
}

/*
 * QEMU of L1. One CPU: with two, KVM under emulation crashes L1 now and then.
 * la57 would make every page walk a step longer; without XSAVE there is less
 * to switch on each exit, and 5.10 as L2 does not boot with it. What needs
 * XSAVE must go along: 7.2 uses AVX without asking whether XSAVE is there.
 */
static void l1_argv(struct strv *argv, const struct nested *n, const int *writers,
		    const char *root)
{
	static const char *const common[] = {
		"-nodefaults", "-no-user-config", "-nic", "none", "-display", "none",
		"-monitor", "none", "-no-reboot", "-M", "q35", "-accel", "tcg",
		"-cpu", "max,la57=off,xsave=off,avx=off,avx2=off,f16c=off,fma=off,pku=off",
		"-smp", "1", "-device", "virtio-serial-pci", NULL
	};

	strv_extend(argv, common);
	strv_push(argv, "-append");
	strv_pushf(argv, "console=ttyS0 panic=-1 loglevel=5 mitigations=off tsc=reliable "
		   "clocksource=tsc no_timer_check tsc_early_khz=%u", tsc_khz());
	strv_push(argv, "-m");
	strv_pushf(argv, "%u", n->memory_mb);
	strv_push(argv, "-kernel");
	strv_push(argv, n->kernel);
	strv_push(argv, "-initrd");
	strv_pushf(argv, "/dev/fd/%d", n->initramfs);
	add_channel(argv, "console", 1, writers[VM_CONSOLE]);
	strv_push(argv, "-device");
	strv_push(argv, "virtserialport,nr=1,chardev=console");
	add_channel(argv, "record", 2, writers[VM_RECORD]);
	strv_push(argv, "-device");
	strv_push(argv, "virtserialport,nr=2,chardev=record");
	add_channel(argv, "l1", 3, writers[VM_L1]);
	strv_push(argv, "-serial");
	strv_push(argv, "chardev:l1");
	if (root)
		add_disk(argv, "file", root, "virtio-blk-pci");
}

/* One argument a line. */
static int write_argv(const char *dir, const char *name, const struct strv *argv)
{
	char *path = xasprintf("%s/%s", dir, name);
	struct buf text = { 0 };
	int rc;

	for (size_t i = 0; i < argv->n; i++) {
		buf_add(&text, argv->v[i], strlen(argv->v[i]));
		buf_add(&text, "\n", 1);
	}
	rc = write_file(path, text.data, text.len);
	buf_free(&text);
	free(path);
	return rc;
}

/* QEMU itself writes to no file: what a guest makes it say has a limit in run.c. */
static int make_channel(int *reader, int *writer)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC)) {
		int rc = -errno;

		pr_err("can't make a pipe: %s", strerror(-rc));
		return rc;
	}
	/* Not every user may have a pipe this big; a smaller one will do. */
	fcntl(fds[1], F_SETPIPE_SZ, CHANNEL_SIZE);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	*reader = fds[0];
	*writer = fds[1];
	return 0;
}

static void close_channels(int *fds)
{
	for (unsigned int i = 0; i < VM_CHANNELS; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

/* Stages L1 and makes its command line; that of L2 goes with it. */
static int nested_argv(struct strv *argv, struct nested *n, const struct vm_config *config,
		       const int *writers)
{
	struct strv l2 = { 0 };
	char *kernel;
	int rc = pvh_kernel(config->kernel, &kernel);

	if (rc)
		return rc;
	guest_argv(&l2, config, L1_KERNEL, L1_INITRAMFS, L1_CONSOLE_FD, L1_RECORD_FD);
	rc = nested_prepare(n, config, &l2, kernel);
	if (!rc)
		rc = write_argv(config->dir, "l2.argv", &l2);
	if (!rc)
		l1_argv(argv, n, writers, config->root);
	strv_free(&l2);
	free(kernel);
	return rc;
}

/**
 * vm_start() - boot a guest
 * @vm: filled; vm_stop() it, also after a failure
 * @config: what to boot
 *
 * Writes qemu.argv and, for nested, l2.argv into the run directory.
 *
 * Return: 0 or a negative errno
 */
int vm_start(struct vm *vm, const struct vm_config *config)
{
	const char *qemu = config->qemu ?: "qemu-system-x86_64";
	bool is_nested = config->accel == ACCEL_NESTED;
	int writers[VM_CHANNELS];
	struct nested nested = { .initramfs = -1 };
	struct strv argv = { 0 };
	int rc;

	*vm = (struct vm){ .child.pidfd = -1 };
	for (unsigned int i = 0; i < VM_CHANNELS; i++)
		vm->channel[i] = writers[i] = -1;
	strv_push(&argv, qemu);
	rc = add_sandbox(&argv, config, qemu);
	for (unsigned int i = 0; !rc && i < VM_CHANNELS; i++)
		if (i != VM_L1 || is_nested)
			rc = make_channel(&vm->channel[i], &writers[i]);
	if (!rc && is_nested)
		rc = nested_argv(&argv, &nested, config, writers);
	else if (!rc)
		guest_argv(&argv, config, config->kernel, config->initramfs, writers[VM_CONSOLE],
			   writers[VM_RECORD]);
	if (!rc)
		rc = write_argv(config->dir, "qemu.argv", &argv);
	if (!rc) {
		int keep[] = { writers[VM_CONSOLE], writers[VM_RECORD], writers[VM_L1],
			       nested.initramfs };
		struct child_opts opts = {
			.argv = (const char *const *)argv.v,
			.out = writers[VM_LOG],
			.err = CHILD_AS_OUT,
			.keep = keep,
			.nr_keep = is_nested ? 4 : 2,
		};

		rc = child_spawn(&vm->child, &opts);
	}
	nested_free(&nested);
	close_channels(writers);
	strv_free(&argv);
	if (rc)
		vm_stop(vm);
	return rc;
}

/**
 * vm_stop() - end a guest: kills QEMU if it still runs, closes the channels
 * @vm: guest; may have been stopped before
 */
void vm_stop(struct vm *vm)
{
	child_kill(&vm->child);
	close_channels(vm->channel);
}
