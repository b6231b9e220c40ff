// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of root.c: what is a root, under which name the cache has it, and what a kernel
 * must have for it; and of the disk that vm.c makes of it.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The files themselves: their functions are their own. */
#include "boot/root.c"
#include "boot/vm.c"

#define DIR_TEMPLATE "/tmp/irqsan-test-XXXXXX"

static char *put(const char *dir, const char *name, const void *data, size_t len)
{
	char *path = xasprintf("%s/%s", dir, name);

	assert_int_equal(write_file(path, data, len), 0);
	return path;
}

/* An entry of the cache is found again by whoever means the same packages. */
static void test_key(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		bool same;
	} tests[] = {
		{ "debian:trixie,perl,make", "debian:trixie,make,perl,make", true },
		{ "debian:trixie", "debian:bookworm", false },
		{ "debian:trixie", "debian:trixie,make", false },
		{ "debian:trixie,make", "debian:trixie,g++", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		const char *specs[] = { tests[i].a, tests[i].b };
		char *keys[2];

		for (unsigned int n = 0; n < 2; n++) {
			struct debian d = {};

			assert_int_equal(parse_debian(specs[n], &d.suite, &d.packages), 0);
			assert_int_equal(debian_key(&d, &keys[n]), 0);
			strv_free(&d.packages);
			free(d.suite);
		}
		assert_int_equal(!strcmp(keys[0], keys[1]), tests[i].same);
		free(keys[0]);
		free(keys[1]);
	}
}

/* What apt and mmdebstrap would take for options, patterns or versions. */
static void test_bad_names(void **state)
{
	static const char *const specs[] = {
		"debian:", "debian:,make", "debian:trixie,", "debian:trixie,,make",
		"debian:trixie,make=1", "debian:trixie,~n", "debian:trixie,-y",
		"debian:../x", "debian:trixie,a b", "debian:trixie/main", "debian:trixie,?x",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++)
		assert_int_equal(root_check(specs[i]), -EINVAL);
	assert_int_equal(root_check("debian:trixie,0ad,libstdc++6,a.b-c"), 0);
}

static void test_images(void **state)
{
	static const struct {
		size_t at;
		const char *magic;
		const char *fs;
	} tests[] = {
		{ 0, "hsqs", "squashfs" }, { 1024, "\xe2\xe1\xf5\xe0", "erofs" },
		{ 1080, "\x53\xef", "ext4" }, { 512, "hsqs", NULL },
	};
	unsigned char head[HEAD_SIZE];
	char dir[] = DIR_TEMPLATE, *path;
	const struct root_fs *fs;

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		char data[4096] = "";

		memcpy(data + tests[i].at, tests[i].magic, strlen(tests[i].magic));
		path = put(dir, "image", data, sizeof(data));
		assert_int_equal(image_fs(path, head, &fs), tests[i].fs ? 0 : -EINVAL);
		if (tests[i].fs)
			assert_string_equal(fs->name, tests[i].fs);
		/* A journal that is not empty: the kernel would refuse it, or want to write. */
		data[EXT4_INCOMPAT] = EXT4_RECOVER;
		assert_int_equal(write_file(path, data, sizeof(data)), 0);
		if (tests[i].fs)
			assert_int_equal(root_check(path),
					 strcmp(tests[i].fs, "ext4") ? 0 : -EINVAL);
		assert_int_equal(write_file(path, data, 100), 0);
		assert_int_equal(root_check(path), -EINVAL);
		free(path);
	}
	assert_int_equal(root_check("/no/such"), -ENOENT);
	remove_tree(dir);
}

/* A directory becomes an image in the run's directory, and nothing else is written. */
static void test_dirs(void **state)
{
	char dir[] = DIR_TEMPLATE, *root, *bin, *sh, *run, *precious, *link, *path = NULL;
	struct buf text = {};
	int held = 0;

	(void)state;
	assert_non_null(mkdtemp(dir));
	root = xasprintf("%s/root", dir);
	bin = xasprintf("%s/bin", root);
	run = xasprintf("%s/run", dir);
	link = xasprintf("%s/root.image", run);
	assert_int_equal(mkdir_p(bin), 0);
	assert_int_equal(mkdir_p(run), 0);
	assert_int_equal(root_check("/"), -EINVAL);
	assert_int_equal(root_check(root), -EINVAL);
	sh = put(bin, "sh", "x", 1);
	assert_int_equal(root_check(root), 0);

	/* An earlier run, whose root was an image, was killed. */
	precious = put(dir, "image", "precious", 8);
	assert_int_equal(symlink(precious, link), 0);
	assert_int_equal(root_get(root, run, &path, &held), 0);
	assert_int_equal(root_check(path), 0);
	free(path);
	assert_int_equal(read_file(precious, &text), 0);
	assert_string_equal(text.data, "precious");
	assert_int_equal(root_get(root, bin, &path, &held), -EINVAL);
	free(path);

	assert_int_equal(root_get(precious, run, &path, &held), 0);
	buf_free(&text);
	assert_int_equal(read_file(path, &text), 0);
	assert_string_equal(text.data, "precious");
	free(path);
	assert_int_equal(held, 0);
	remove_tree(dir);
	buf_free(&text);
	free(precious);
	free(link);
	free(run);
	free(sh);
	free(bin);
	free(root);
}

/* What a kernel certainly lacks is an error; of what isn't known the guest tells. */
static void test_drivers(void **state)
{
	static const char config[] = "\nCONFIG_VIRTIO_BLK=y\nCONFIG_OVERLAY_FS=m\n";
	static const char micro[] = "\nCONFIG_VIRTIO_BLK=y\nCONFIG_OVERLAY_FS=y\n"
				    "CONFIG_VIRTIO_MMIO=y\nCONFIG_SQUASHFS=y\n";
	static const char data[4096] = "hsqs";
	unsigned char head[HEAD_SIZE] = { [SQUASHFS_COMPRESSOR] = 6 };
	struct kernel kernel = { .name = (char *)"k" };
	struct plan plan = { .root = (char *)"r" };
	struct image image = { .kernel = &kernel, .plan = &plan };
	char dir[] = DIR_TEMPLATE;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(add_driver(&image, "squashfs", "SQUASHFS"), 0);
	assert_int_equal(check_compressor(&image, head), 0);
	kernel.config = put(dir, "config", config, strlen(config));
	assert_int_equal(add_driver(&image, "virtio_blk", "VIRTIO_BLK"), 0);
	assert_int_equal(add_driver(&image, "squashfs", "SQUASHFS"), -EINVAL);
	/* A module that isn't there. */
	assert_int_equal(add_driver(&image, "overlay", "OVERLAY_FS"), -EINVAL);
	assert_int_equal(check_compressor(&image, head), -EINVAL);
	head[SQUASHFS_COMPRESSOR] = 200;
	assert_int_equal(check_compressor(&image, head), 0);
	free(kernel.config);

	/* The disk is where the devices are. */
	image.root = put(dir, "image", data, sizeof(data));
	kernel.config = put(dir, "config", micro, strlen(micro));
	plan.accel = ACCEL_KVM;
	assert_int_equal(root_add(&image), 0);
	assert_non_null(strstr(image.conf.data, "root squashfs\n"));
	strv_push(&plan.devices, "e1000");
	assert_int_equal(root_add(&image), -EINVAL);
	strv_free(&plan.devices);
	buf_free(&image.conf);
	free(image.root);
	free(kernel.config);
	remove_tree(dir);
}

/* In each mode a disk that can't be written to, whatever its name. */
static void test_disk(void **state)
{
	static const struct {
		enum accel accel;
		const char *blockdev;
		const char *device;
	} tests[] = {
		{ ACCEL_TCG, "filename=a,,b=c", "virtio-blk-pci,drive=root" },
		{ ACCEL_KVM, "filename=a,,b=c", "virtio-blk-device,drive=root" },
		{ ACCEL_NESTED, "filename=/dev/vda", "virtio-blk-device,drive=root" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		struct vm_config config = { .accel = tests[i].accel, .root = "a,b=c" };
		struct strv argv = {};

		guest_argv(&argv, &config, "k", "i", 3, 4);
		assert_string_equal(argv.v[argv.n - 1], tests[i].device);
		assert_non_null(strstr(argv.v[argv.n - 3], tests[i].blockdev));
		assert_non_null(strstr(argv.v[argv.n - 3], ",read-only=on,locking=off,"));
		strv_free(&argv);
		config.root = NULL;
		guest_argv(&argv, &config, "k", "i", 3, 4);
		assert_false(strv_has(&argv, "-blockdev"));
		strv_free(&argv);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_bad_names),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_dirs),
		cmocka_unit_test(test_drivers),
		cmocka_unit_test(test_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
