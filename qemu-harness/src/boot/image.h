/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Makes the initramfs of the guest under test: init, modules, orders. Detectors and
 * loads put into it what they need.
 */
#ifndef IRQSAN_IMAGE_H
#define IRQSAN_IMAGE_H

#include "base/util.h"
#include "boot/initramfs.h"
#include "boot/plan.h"
#include "kernel/kernel.h"

/* Sources of our test modules. */
#define IMAGE_STORM_SOURCE "qemu-harness/guest/storm"
#define IMAGE_PLANTED_SOURCE "selftests/irqsan/planted"

/* The guest's init copies what is below into the root. */
#define IMAGE_ROOT_FILES "/userland/files"

/**
 * struct image - an initramfs, made or being made
 * @plan: what its guest is to do
 * @kernel: the guest's kernel
 * @ir: the initramfs; NULL once it is made
 * @conf: the guest's orders
 * @path: of the initramfs; owned
 * @module: path of the irqsan.ko in it, or NULL; owned
 * @inserted: paths of the user's modules in it; owned
 * @livepatch: path of the livepatch in it, or NULL; owned
 * @root: path of the image of its userland, or NULL; owned
 * @root_held: keeps that in the cache; 0 if it isn't there
 */
struct image {
	const struct plan *plan;
	const struct kernel *kernel;
	struct initramfs *ir;
	struct buf conf;
	char *path;
	char *module;
	struct strv inserted;
	char *livepatch;
	char *root;
	int root_held;
};

int image_make(const struct plan *plan, const struct kernel *kernel, const char *dir,
	       struct image *image);
void image_free(struct image *image);
bool image_chore_known(const char *name);
bool image_built_in(const struct plan *plan, const struct kernel *kernel);

void image_order(struct image *image, const char *key, const char *value);
void image_order_number(struct image *image, const char *key, unsigned int value);
int image_init(struct initramfs *ir);
int image_modules(struct image *image, const char *key, const char *const *names);
int image_test_module(struct image *image, const char *source, const char *name);
int image_busybox(struct image *image);
int image_user_file(struct image *image, const char *from, const char *name, mode_t mode);
int image_program(struct image *image, const char *from, const char *name);

#endif
