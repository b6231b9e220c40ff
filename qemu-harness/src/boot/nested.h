/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The outer guest (L1): an emulated machine with AMD's virtualisation, in
 * which KVM runs the guest under test (L2).
 */
#ifndef IRQSAN_NESTED_H
#define IRQSAN_NESTED_H

#include "base/util.h"
#include "boot/vm.h"

/* Where the staged files are in L1, and the fds that l1.c gives to L2's QEMU. */
#define L1_QEMU		"/l1/qemu"
#define L1_FIRMWARE	"/l1/firmware"
#define L1_KERNEL	"/l2/kernel"
#define L1_INITRAMFS	"/l2/initramfs"
#define L1_ROOT		"/dev/vda"
#define L1_CONSOLE_FD	3
#define L1_RECORD_FD	4

/**
 * struct nested - what vm.c must know to start L1
 * @kernel: L1's kernel; owned
 * @initramfs: fd of L1's initramfs, which has no name any more; -1 if none
 * @memory_mb: L1's memory
 */
struct nested {
	char *kernel;
	int initramfs;
	unsigned int memory_mb;
};

int nested_prepare(struct nested *n, const struct vm_config *config, const struct strv *l2_argv,
		   const char *l2_kernel);
void nested_free(struct nested *n);
/* The QEMU that runs in L1: the small one where the distribution has it. NULL if there is none. */
char *nested_qemu(void);
unsigned int nested_memory_mb(unsigned int l2_memory_mb, unsigned int staged_mb);

#endif
