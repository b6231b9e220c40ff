// SPDX-License-Identifier: GPL-2.0
/*
 * How guests are run: which accelerator this machine really has, and how much
 * slower than KVM each one is.
 */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/cache.h"
#include "base/console.h"
#include "base/printable.h"
#include "base/program.h"
#include "boot/accel.h"
#include "boot/image.h"
#include "boot/nested.h"
#include "boot/vm.h"
#include "kernel/kernel.h"

/* Any kernel would do; this one is needed for L1 anyway. */
#define TRIAL_KERNEL	"debian:bookworm"
#define TRIAL_CPUS	2
#define TRIAL_MEMORY_MB	256
#define QEMU_OWN_MB	150
#define NESTED_STAGED_MB 80

/**
 * struct accel_kind - what is known of an accelerator beforehand
 * @name: as typed
 * @scale: factor on every timeout, see docs/accelerators.md
 * @deadline_s: for a trial boot; it succeeds or fails long before
 */
static const struct accel_kind {
	const char *name;
	double scale;
	double deadline_s;
} kinds[] = {
	[ACCEL_AUTO] = { "auto", 1, 0 },
	[ACCEL_KVM] = { "kvm", 1, 10 },
	[ACCEL_NESTED] = { "nested", 20, 90 },
	[ACCEL_TCG] = { "tcg", 10, 40 },
};

/**
 * accel_name() - the name of an accelerator
 * @a: accelerator
 *
 * Return: as the user types it
 */
const char *accel_name(enum accel a)
{
	return kinds[a].name;
}

/**
 * accel_parse() - the accelerator of a name
 * @s: name
 * @a: accelerator
 *
 * Return: 0, or -EINVAL (silently) for an unknown name
 */
int accel_parse(const char *s, enum accel *a)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(s, kinds[i].name)) {
			*a = i;
			return 0;
		}
	}
	return -EINVAL;
}

/**
 * accel_scale() - how much longer things may take than under KVM
 * @a: accelerator
 *
 * Return: factor on every timeout
 */
double accel_scale(enum accel a)
{
	return kinds[a].scale;
}

/**
 * accel_parallel() - how many guests this machine runs at once
 * @a: accelerator
 * @cpus: vCPUs of each
 * @memory_mb: memory of each
 *
 * An outer guest has one CPU, however many the one in it has, and all CPUs of an
 * emulated guest share one thread.
 *
 * Return: at least 1
 */
unsigned int accel_parallel(enum accel a, unsigned int cpus, unsigned int memory_mb)
{
	unsigned int mb = memory_mb, n, fit;

	if (a != ACCEL_KVM)
		cpus = 1;
	if (a == ACCEL_NESTED)
		mb = nested_memory_mb(memory_mb, NESTED_STAGED_MB);
	n = cpus_available() / (cpus ?: 1);
	fit = memory_available_mb() / (mb + QEMU_OWN_MB);
	if (fit < n)
		n = fit;
	return n ?: 1;
}

/**
 * struct trial - a trial boot under way
 * @booted: init has sent its first record
 * @done: and its last one
 * @pv: the guest has PV spinlocks
 * @last: last line of the console; owned
 * @said: first line of QEMU's own; owned
 */
struct trial {
	bool booted;
	bool done;
	bool pv;
	char *last;
	char *said;
};

static void on_record(void *ctx, const char *line, size_t len)
{
	json_t *obj = json_loadb(line, len, 0, NULL);
	const char *kind = json_string_value(json_object_get(obj, "t"));
	struct trial *t = ctx;

	if (kind && !json_object_get(obj, "from")) {
		if (!strcmp(kind, "boot")) {
			t->booted = true;
			t->pv = json_is_true(json_object_get(obj, "pv"));
		}
		if (!strcmp(kind, "done"))
			t->done = true;
	}
	json_decref(obj);
}

/* The line to show, in place of @was. */
static char *shown(char *was, const char *line, size_t len)
{
	char *raw = xasprintf("%.*s", (int)(len > 120 ? 120 : len), line);
	char *text = printable_line(raw);

	free(raw);
	free(was);
	return text;
}

static void on_console(void *ctx, const char *line, size_t len)
{
	struct trial *t = ctx;

	if (len)
		t->last = shown(t->last, line, len);
}

static void on_log(void *ctx, const char *line, size_t len)
{
	struct trial *t = ctx;

	if (!t->said)
		t->said = shown(NULL, line, len);
}

static void feed(void *ctx, const char *data, size_t len)
{
	console_feed(ctx, data, len);
}

/* 0 when QEMU ended by itself, -ETIMEDOUT, or -EINTR. */
static int watch(struct vm *vm, struct trial *t, double deadline_s)
{
	struct console lines[VM_CHANNELS] = {
		[VM_CONSOLE] = { .fn = on_console, .ctx = t },
		[VM_RECORD] = { .fn = on_record, .ctx = t },
		[VM_LOG] = { .fn = on_log, .ctx = t },
	};
	struct child_stream streams[VM_CHANNELS];
	int rc;

	for (unsigned int i = 0; i < VM_CHANNELS; i++)
		streams[i] = (struct child_stream){ vm->channel[i], feed, &lines[i] };
	rc = child_follow(&vm->child, streams, VM_CHANNELS, now() + deadline_s);
	for (unsigned int i = 0; i < VM_CHANNELS; i++)
		console_end(&lines[i]);
	return rc;
}

static int trial_initramfs(const char *path)
{
	static const char orders[] = "workload none\nseconds 0\n";
	struct initramfs *ir = initramfs_create(path);

	if (!ir)
		return -EIO;
	return initramfs_finish(ir, image_init(ir) ?:
				    initramfs_add_data(ir, "/etc/irqsan.conf", 0644, orders,
						       strlen(orders)));
}

static void conclude(struct accel_probe *p, enum accel a, const struct trial *t, int rc)
{
	p->works = !rc && t->done && (t->pv || a == ACCEL_TCG);
	if (p->works)
		p->why = xasprintf("a trial guest booted and powered off in %.1f s%s", p->seconds,
				   t->pv ? ", with PV spinlocks" : "");
	else if (!rc && t->done)
		p->why = xstrdup("the trial guest has no PV spinlocks");
	else if (rc == -ETIMEDOUT)
		p->why = xasprintf("the trial guest %s within %g s (last words: %s)",
				   t->booted ? "did not power off" : "did not boot",
				   kinds[a].deadline_s, t->last ?: "none");
	else
		p->why = xasprintf("QEMU ended before the trial guest was done (%s)",
				   t->said ?: t->last ?: "without a word");
}

/* The boot itself. Only a failure of ours is an error. */
static int trial(enum accel a, const struct kernel *k, struct accel_probe *p)
{
	char *dir __cleanup(free_ptr) = xasprintf("%s/trial.XXXXXX", irqsan_cache());
	struct vm_config config = {
		.accel = a, .kernel = k->image, .cpus = TRIAL_CPUS, .memory_mb = TRIAL_MEMORY_MB,
	};
	double start = now();
	char *initramfs __cleanup(free_ptr) = NULL;
	struct trial t = { 0 };
	struct vm vm;
	int rc;

	if (!mkdtemp(dir))
		return file_err("create", dir, errno);
	initramfs = xasprintf("%s/initramfs.cpio", dir);
	config.dir = dir;
	config.initramfs = initramfs;
	rc = trial_initramfs(initramfs) ?: vm_start(&vm, &config);
	if (!rc) {
		rc = watch(&vm, &t, kinds[a].deadline_s);
		vm_stop(&vm);
		p->seconds = now() - start;
		if (rc != -EINTR) {
			conclude(p, a, &t, rc);
			rc = 0;
		}
	}
	free(t.last);
	free(t.said);
	remove_tree(dir);
	return rc;
}

/* What a kept answer depends on; caller frees. */
static char *probe_key(const struct kernel *k)
{
	const char *const argv[] = { "qemu-system-x86_64", "--version", NULL };
	char *version __cleanup(free_ptr) = program_first_line(argv);
	char *boot __cleanup(free_ptr) = read_first_line("/proc/sys/kernel/random/boot_id");

	return !version || !boot ? NULL : xasprintf("%s, %s, %s %s", boot, version,
						    k->release ?: "", k->version ?: "");
}

static char *kept_path(void)
{
	return xasprintf("%s/accel.json", irqsan_cache());
}

static json_t *kept_load(void)
{
	char *path __cleanup(free_ptr) = kept_path();
	json_t *all = json_load_file(path, 0, NULL);

	/* A file that is not ours, or damaged, is as good as none. */
	if (!json_is_object(all)) {
		json_decref(all);
		all = json_object();
	}
	return all;
}

static bool kept_get(enum accel a, const char *key, struct accel_probe *p)
{
	json_auto_t *all = kept_load();
	const char *was = NULL, *why = NULL;
	int works = 0;

	if (json_unpack(json_object_get(all, kinds[a].name), "{s:s, s:b, s:s}", "key", &was,
			"works", &works, "why", &why) || strcmp(was, key))
		return false;
	*p = (struct accel_probe){ .works = works, .why = xstrdup(why) };
	return true;
}

static void kept_put(enum accel a, const char *key, const struct accel_probe *p)
{
	json_auto_t *all = kept_load();
	char *path __cleanup(free_ptr) = kept_path();
	char *text __cleanup(free_ptr) = NULL;

	json_object_set_new(all, kinds[a].name,
			    json_pack("{s:s, s:b, s:s}", "key", key, "works", p->works, "why",
				      p->why));
	text = json_dumps(all, JSON_INDENT(2) | JSON_SORT_KEYS);
	if (text)
		write_file_atomic(path, text, strlen(text));
}

/* What needs no trial to be known. NULL if there is no such reason. */
static char *missing(enum accel a)
{
	char *qemu __cleanup(free_ptr) = find_program("qemu-system-x86_64");

	if (!qemu)
		return xstrdup("QEMU is missing; install qemu-system-x86");
	if (a != ACCEL_KVM || !access("/dev/kvm", R_OK | W_OK))
		return NULL;
	return xasprintf("/dev/kvm: %s", errno == EACCES ?
			 "permission denied; add this user to the group kvm" : strerror(errno));
}

/**
 * accel_probe() - does an accelerator work here?
 * @a: kvm, nested or tcg
 * @fresh: don't believe a kept answer
 * @probe: the answer; its owner frees @probe->why
 *
 * Return: 0 when there is an answer, or a negative errno
 */
int accel_probe(enum accel a, bool fresh, struct accel_probe *probe)
{
	struct kernel k __cleanup(kernel_free) = { 0 };
	char *key __cleanup(free_ptr) = NULL;
	int lock __cleanup(close_fd) = -1;
	int rc;

	*probe = (struct accel_probe){ .why = missing(a) };
	if (probe->why)
		return 0;
	rc = kernel_get(TRIAL_KERNEL, &k);
	if (rc)
		return rc;
	key = probe_key(&k);
	if (!key)
		return -EIO;
	/* Of several that ask at once, one boots and the others believe it. */
	lock = cache_lock("accel");
	if (lock < 0)
		return lock;
	if (!fresh && kept_get(a, key, probe))
		return 0;
	pr_info("trial boot with %s…", kinds[a].name);
	rc = trial(a, &k, probe);
	if (!rc)
		kept_put(a, key, probe);
	return rc;
}

/**
 * accel_choose() - decide how guests are run
 * @wanted: what the user asked for; only auto needs trial boots
 * @need_pv: the guest must have PV spinlocks
 * @out: kvm, nested or tcg
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int accel_choose(enum accel wanted, bool need_pv, enum accel *out)
{
	static const enum accel order[] = { ACCEL_KVM, ACCEL_NESTED, ACCEL_TCG };

	*out = wanted;
	if (wanted == ACCEL_TCG && need_pv) {
		pr_err("a guest under tcg has no PV spinlocks, which this load needs; use nested");
		return -EINVAL;
	}
	if (wanted != ACCEL_AUTO)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		struct accel_probe p;
		bool works;
		int rc;

		if (order[i] == ACCEL_TCG && need_pv)
			break;
		rc = accel_probe(order[i], false, &p);
		if (rc)
			return rc;
		works = p.works;
		if (!works)
			pr_info("no %s: %s", kinds[order[i]].name, p.why);
		free(p.why);
		if (works) {
			*out = order[i];
			return 0;
		}
	}
	pr_err("no way to run guests works here; \"irqsan doctor --fresh\" tells what is missing");
	return -ENODEV;
}
