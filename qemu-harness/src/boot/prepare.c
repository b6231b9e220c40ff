// SPDX-License-Identifier: GPL-2.0
/*
 * Makes guests ready to be booted.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json-text.h"
#include "boot/detector.h"
#include "boot/prepare.h"

/*
 * An emulated CPU stands still for seconds when this machine is busy, which
 * the kernel would take for its own bug. That a guest hangs is for us to see.
 */
#define CMDLINE_EMULATED "nosoftlockup rcupdate.rcu_cpu_stall_suppress=1"

/* Member @name of @facts: the hash of @path, if there is one. */
static int add_hash(json_t *facts, const char *name, const char *path)
{
	char hex[65];
	int rc;

	if (!path)
		return 0;
	rc = sha256_file(path, hex);
	if (!rc)
		json_object_set_new(facts, name, json_string(hex));
	return rc;
}

/* A module that --insmod made: a revision's name says less than what came of it. */
static int add_inserted(json_t *facts, const char *path)
{
	json_t *list = json_object_get(facts, "inserted");
	char hex[65];
	int rc = sha256_file(path, hex);

	if (rc)
		return rc;
	if (!list) {
		list = json_object();
		json_object_set_new(facts, "inserted", list);
	}
	json_object_set_new(list, strrchr(path, '/') ? strrchr(path, '/') + 1 : path,
			    json_string(hex));
	return 0;
}

/* What the guest is made of, for people. */
static int add_facts(struct prepared *p, const struct kernel *k)
{
	json_t *facts = json_pack("{s:{s:o, s:o, s:o}}", "kernel", "name", json_text(k->name),
				  "release", json_text(k->release),
				  "version", json_text(k->version));
	const char *livepatch = p->image.livepatch;
	int rc;

	p->run.facts = facts;
	if (livepatch)
		json_object_set_new(facts, "livepatch_name",
				    json_text(strrchr(livepatch, '/') ?
					      strrchr(livepatch, '/') + 1 : livepatch));
	rc = add_hash(facts, "kernel_sha256", p->kernel);
	if (!rc)
		rc = add_hash(facts, "config_sha256", k->config);
	if (!rc)
		rc = add_hash(facts, "initramfs_sha256", p->image.path);
	if (!rc)
		rc = add_hash(facts, "module_sha256", p->image.module);
	if (!rc)
		rc = add_hash(facts, "livepatch_sha256", p->image.livepatch);
	if (!rc)
		rc = add_hash(facts, "root_sha256", p->image.root);
	for (size_t i = 0; !rc && i < p->image.inserted.n; i++)
		rc = add_inserted(facts, p->image.inserted.v[i]);
	return rc;
}

/*
 * A copy of the kernel that no later build, and no refresh of the cache, changes
 * while the boots go on: hours, perhaps.
 */
static int keep_kernel(const char *image, const char *dir, char **copy)
{
	char *path = xasprintf("%s/bzImage.run", dir);
	struct stat a, b;
	int rc;

	if (!stat(image, &a) && !stat(path, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino) {
		pr_err("%s is what a run puts there; give the kernel another name", path);
		rc = -EEXIST;
	} else {
		rc = copy_file(image, path);
	}
	*copy = rc ? NULL : xstrdup(path);
	free(path);
	return rc;
}

/**
 * prepare_guest() - make a guest of what is ordered
 * @plan: what is ordered; its accelerator is chosen
 * @k: its kernel
 * @dir: where its initramfs and a copy of its kernel are put
 * @p: filled on success; for prepared_free()
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int prepare_guest(const struct plan *plan, const struct kernel *k, const char *dir,
		  struct prepared *p)
{
	bool built_in = image_built_in(plan, k);
	json_t *json;
	int rc;

	*p = (struct prepared){};
	if (plan->devices.n && plan->accel == ACCEL_NESTED) {
		pr_err("--device: a KVM guest in an emulated machine has no PCI; use --accel tcg, or kvm");
		return -EINVAL;
	}
	plan_copy(&p->plan, plan);
	p->plan.proof = plan->detector->proves(plan, k);
	/* What can't be written to run.json is an error now, not after hours. */
	rc = plan_to_json(&p->plan, &json);
	json_decref(json);
	if (!rc)
		rc = image_make(&p->plan, k, dir, &p->image);
	if (!rc)
		rc = keep_kernel(k->image, dir, &p->kernel);
	if (!rc)
		rc = add_facts(p, k);
	if (rc) {
		prepared_free(p);
		return rc;
	}
	p->cmdline = xasprintf("%s%s%s%s", plan->accel == ACCEL_KVM ? "" : CMDLINE_EMULATED,
			       built_in ? " irqsan.track=1" : "",
			       plan->cmdline ? " " : "", plan->cmdline ?: "");
	p->run.plan = &p->plan;
	p->run.conf = p->image.conf.data;
	p->run.vm = (struct vm_config){
		.accel = plan->accel, .qemu = p->plan.qemu, .kernel = p->kernel,
		.initramfs = p->image.path, .cmdline = p->cmdline, .cpus = plan->cpus,
		.memory_mb = plan->memory_mb, .root = p->image.root,
		.devices = &p->plan.devices, .args = &p->plan.qemu_args,
	};
	return 0;
}

/**
 * prepared_json() - what is booted, for a result
 * @p: the guest
 *
 * Return: a new reference: members of the plan, and of what the guest is made of
 */
json_t *prepared_json(const struct prepared *p)
{
	json_t *doc;

	/* Cannot fail: prepare_guest() has tried. */
	if (plan_to_json(&p->plan, &doc))
		return json_object();
	json_object_update(doc, p->run.facts);
	return doc;
}

/**
 * prepared_free() - free what prepare_guest() filled in
 * @p: the guest; its initramfs and kernel, which are large, are removed: what they
 *     were made of is named in run.json
 */
void prepared_free(struct prepared *p)
{
	image_free(&p->image);
	if (p->kernel)
		unlink(p->kernel);
	free(p->kernel);
	free(p->cmdline);
	json_decref(p->run.facts);
	plan_free(&p->plan);
	*p = (struct prepared){};
}
