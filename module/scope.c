// SPDX-License-Identifier: GPL-2.0
/*
 * Which text is searched for sites: the kernel's, every module's, or only a
 * few functions; and what happens as modules come and go.
 */
#include <linux/notifier.h>

#include "compat.h"
#include "irqsan.h"

/* The PV waits, then the out-of-line unlocks. */
static const char * const functions[] = {
	"kvm_wait", "xen_qlock_wait", "hv_qlock_wait", "_raw_spin_unlock_irqrestore",
	"_raw_read_unlock_irqrestore", "_raw_write_unlock_irqrestore",
};

#define PV_WAITS 3

static bool watching_modules, watching_all;

static void scan_module(struct module *mod, bool init)
{
	struct irqsan_range text = compat_module_text(mod, init);
	int rc = 0;

	if (watching_all && mod != THIS_MODULE && text.len)
		rc = irqsan_sites_of(IRQSAN_RESTORE, &text, mod, init);
	if (rc < 0)
		pr_warn("%s: its sites are not watched (%d)\n", mod->name, rc);
}

static bool watch_module(struct module *mod, unsigned long unused)
{
	scan_module(mod, false);
	irqsan_pv_module(mod);
	return false;
}

/*
 * COMING: the text is final (alternatives applied) and nothing of it has run. LIVE: the
 * init text goes; a module that was COMING before the notifier was registered is seen
 * for the first time. GOING: all of it goes.
 */
static int module_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct module *mod = data;

	switch (event) {
	case MODULE_STATE_COMING:
		scan_module(mod, true);
		watch_module(mod, 0);
		break;
	case MODULE_STATE_LIVE:
		irqsan_sites_drop(mod, true);
		irqsan_bugs_drop(mod, true);
		watch_module(mod, 0);
		break;
	case MODULE_STATE_GOING:
		irqsan_sites_drop(mod, false);
		irqsan_bugs_drop(mod, false);
		irqsan_pv_module_gone(mod);
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block module_nb = {
	.notifier_call = module_event,
	/* After ftrace and the kprobe layer have set up the new text. */
	.priority = -1,
};

/* The first @nr. */
static int scan_functions(unsigned int nr)
{
	struct irqsan_range fns[ARRAY_SIZE(functions)];
	unsigned int i;
	int rc;

	rc = irqsan_text_find(functions, nr, fns);
	for (i = 0; rc >= 0 && i < nr; i++) {
		if (fns[i].len)
			rc = irqsan_sites_of(IRQSAN_RESTORE, &fns[i], NULL, false);
	}
	return min(rc, 0);
}

static int scan_kernel(void)
{
	int rc = irqsan_sites_of(IRQSAN_RESTORE, &irqsan_kernel_text, NULL, false);

	if (!rc) {
		pr_err("no restore found in the kernel's text: Xen PV, or code of a shape not known\n");
		return -ENOEXEC;
	}
	return min(rc, 0);
}

/**
 * irqsan_scope_start() - find and arm the sites
 * @sites: "all", "unlocks" (the out-of-line unlocks and the PV waits), "pv"
 *	   (the PV waits) or "none"
 *
 * Of the kernel; those of modules by irqsan_scope_modules(). None if the kernel's own
 * check finds the violations.
 * Context: Sleeps.
 * Return: 0, or a negative errno; the log says why.
 */
int irqsan_scope_start(const char *sites)
{
	bool unlocks = !strcmp(sites, "unlocks");

	if (!strcmp(sites, "none") || irqsan_tracepoint_active())
		return 0;
	if (!strcmp(sites, "all")) {
		watching_all = true;
		return scan_kernel();
	}
	if (!unlocks && strcmp(sites, "pv")) {
		pr_err("sites=%s: must be all, unlocks, pv or none\n", sites);
		return -EINVAL;
	}
	return scan_functions(unlocks ? ARRAY_SIZE(functions) : PV_WAITS);
}

/**
 * irqsan_scope_modules() - watch the modules that are there, and those that come
 * Context: Sleeps.
 * Return: 0 or a negative errno; then irqsan_scope_stop() cleans up.
 */
int irqsan_scope_modules(void)
{
	int rc;

	/* The notifier first: a module that comes meanwhile is not LIVE for the walk. */
	rc = register_module_notifier(&module_nb);
	if (rc)
		return rc;
	watching_modules = true;
	irqsan_text_modules(watch_module, 0);
	return 0;
}

/**
 * irqsan_scope_stop() - let modules come and go unseen again
 *
 * The sites stay.
 * Context: Sleeps.
 */
void irqsan_scope_stop(void)
{
	if (watching_modules)
		unregister_module_notifier(&module_nb);
	watching_modules = false;
}
