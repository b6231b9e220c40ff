/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One guest under test: QEMU's command line, its process, and the channels that come
 * out of it, whatever the accelerator.
 */
#ifndef IRQSAN_VM_H
#define IRQSAN_VM_H

#include "base/child.h"
#include "base/util.h"
#include "boot/accel.h"

/**
 * struct vm_config - what to boot
 * @accel: kvm, nested or tcg (not auto)
 * @qemu: QEMU binary, or NULL for the one in PATH
 * @kernel: bzImage of the guest under test
 * @initramfs: its initramfs
 * @cmdline: added to the kernel command line that vm.c makes, or NULL
 * @cpus: vCPUs of the guest under test
 * @memory_mb: its memory
 * @icount: tcg only: the guest's clock counts its instructions, a nanosecond
 *	    each, and nothing that it sees comes from this machine
 * @root: image of its root, a disk that it can't write to, or NULL
 * @devices: more devices, in QEMU's words; with any of them the guest has PCI; or NULL
 * @args: more arguments of QEMU, or NULL
 * @dir: run directory: vm_start() writes qemu.argv there and, for nested, l2.argv
 */
struct vm_config {
	enum accel accel;
	const char *qemu;
	const char *kernel;
	const char *initramfs;
	const char *cmdline;
	unsigned int cpus;
	unsigned int memory_mb;
	bool icount;
	const char *root;
	const struct strv *devices;
	const struct strv *args;
	const char *dir;
};

/**
 * enum vm_channel - what comes out of a guest, and of its QEMU
 * @VM_CONSOLE: what the guest under test writes to its first serial line
 * @VM_RECORD: JSON lines from guest/init (second serial line). For nested also L1's
 *	       own lines, told apart by "from":"l1"
 * @VM_LOG: QEMU's own messages
 * @VM_L1: L1's console (nested only)
 * @VM_CHANNELS: how many
 */
enum vm_channel {
	VM_CONSOLE,
	VM_RECORD,
	VM_LOG,
	VM_L1,
	VM_CHANNELS,
};

/**
 * struct vm - a running guest
 * @child: the QEMU on this machine
 * @channel: read ends, non-blocking, EOF once QEMU is gone; -1: there is none
 */
struct vm {
	struct child child;
	int channel[VM_CHANNELS];
};

bool vm_is_micro(enum accel accel, const struct strv *devices);
int vm_start(struct vm *vm, const struct vm_config *config);
/* Kills QEMU if it still runs, closes the channels. Safe to call twice. */
void vm_stop(struct vm *vm);

#endif
