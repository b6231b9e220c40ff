// SPDX-License-Identifier: GPL-2.0
/*
 * The paravirtualised spinlock's hooks: the functions in which a vCPU waits,
 * which must return with the IRQ state they were called with, those that kick
 * it, and the entries of the two qspinlock slowpaths, which tell whether a load
 * gets there at all.
 */
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/percpu.h>
#include <linux/timekeeping.h>
#include <asm/processor-flags.h>

#include "irqsan.h"
#include "irqsan_trace.h"

/* Calls under way on one CPU: task, softirq, hardirq, NMI, each inside the one before. */
#define CALLS 4
/* Instructions by which a wait function can be left; five at most so far. */
#define EXITS 16

/**
 * struct pv_count - one CPU's counts
 * @waits: a wait function was entered
 * @returns: and left
 * @imbalances: of these, with another IRQ state than at entry
 * @slow_pv: paravirtualised slowpath entered
 * @slow_native: native slowpath entered
 * @waits_irqs_on: waits that were entered with IRQs on, and halt with IRQs on
 * @unkicked: waits that ended with no kick since they began: woken by an
 *	      interrupt, or the lock had changed hands before the halt
 * @kicks: kicks that this CPU sent
 * @longest_ns: the longest wait
 * @waited_ns: all of them
 */
struct pv_count {
	u64 waits;
	u64 returns;
	u64 imbalances;
	u64 slow_pv;
	u64 slow_native;
	u64 waits_irqs_on;
	u64 unkicked;
	u64 kicks;
	u64 longest_ns;
	u64 waited_ns;
};

/**
 * struct pv_calls - those of one CPU
 * @nr: how many
 * @call: the outermost first
 */
struct pv_calls {
	unsigned int nr;
	struct irqsan_pv_call call[CALLS];
};

static DEFINE_PER_CPU(struct pv_count, pv_count);
static DEFINE_PER_CPU(struct pv_calls, pv_calls);
static DEFINE_PER_CPU(atomic_t, pv_kicked);	/* kicks sent to this CPU */

static const char *restore_state = "absent";
static const struct module *replaced_by;	/* the livepatch of kvm_wait */

/**
 * irqsan_pv_enter() - a vCPU begins to wait
 * @sp: tells calls apart that are under way on one CPU
 * @irqs_on: IRQ state
 *
 * Preemption is off. Any context, NMI too.
 */
void notrace irqsan_pv_enter(unsigned long sp, bool irqs_on)
{
	struct pv_calls *calls = this_cpu_ptr(&pv_calls);

	this_cpu_inc(pv_count.waits);
	if (irqs_on)
		this_cpu_inc(pv_count.waits_irqs_on);
	/* Full only when exits were missed: those calls are over. */
	if (calls->nr == CALLS)
		calls->nr = 0;
	calls->call[calls->nr++] = (struct irqsan_pv_call){
		.sp = sp,
		.irqs_on = irqs_on,
		.kicked = atomic_read(this_cpu_ptr(&pv_kicked)),
		.start_ns = ktime_get_mono_fast_ns(),
	};
}

NOKPROBE_SYMBOL(irqsan_pv_enter);

/**
 * irqsan_pv_leave() - a wait is over
 * @sp: as given to irqsan_pv_enter()
 * @function: in which it was; 0 if that isn't known
 * @call: set to what was known of it
 *
 * Preemption is off. Any context, NMI too.
 *
 * Return: false if it began before anybody looked.
 */
bool notrace irqsan_pv_leave(unsigned long sp, unsigned long function,
			     struct irqsan_pv_call *call)
{
	struct pv_calls *calls = this_cpu_ptr(&pv_calls);
	unsigned int at;
	bool kicked;
	u64 wait_ns;

	this_cpu_inc(pv_count.returns);
	for (at = calls->nr; at && calls->call[at - 1].sp != sp; at--)
		;
	if (!at)
		return false;
	calls->nr = at - 1;
	*call = calls->call[at - 1];

	kicked = call->kicked != atomic_read(this_cpu_ptr(&pv_kicked));
	if (!kicked)
		this_cpu_inc(pv_count.unkicked);
	wait_ns = ktime_get_mono_fast_ns() - call->start_ns;
	if (wait_ns > this_cpu_read(pv_count.longest_ns))
		this_cpu_write(pv_count.longest_ns, wait_ns);
	this_cpu_add(pv_count.waited_ns, wait_ns);
	trace_pv_wait(function, call->irqs_on, wait_ns, kicked);
	return true;
}

NOKPROBE_SYMBOL(irqsan_pv_leave);

/**
 * irqsan_pv_imbalance() - a wait has ended with another IRQ state than it began
 *
 * Any context, NMI too.
 */
void notrace irqsan_pv_imbalance(void)
{
	this_cpu_inc(pv_count.imbalances);
}

NOKPROBE_SYMBOL(irqsan_pv_imbalance);

/**
 * irqsan_pv_kick() - a CPU wakes another
 * @cpu: that one
 *
 * Preemption is off. Any context, NMI too.
 */
void notrace irqsan_pv_kick(int cpu)
{
	this_cpu_inc(pv_count.kicks);
	if (cpu >= 0 && cpu < nr_cpu_ids && cpu_possible(cpu))
		atomic_inc(per_cpu_ptr(&pv_kicked, cpu));
	trace_pv_kick(cpu);
}

NOKPROBE_SYMBOL(irqsan_pv_kick);

/**
 * irqsan_pv_slowpath() - the paravirtualised slowpath was entered
 *
 * Any context, NMI too.
 */
void notrace irqsan_pv_slowpath(void)
{
	this_cpu_inc(pv_count.slow_pv);
}

NOKPROBE_SYMBOL(irqsan_pv_slowpath);

static int notrace wait_entry(struct kprobe *kp, struct pt_regs *regs)
{
	irqsan_pv_enter(regs->sp, regs->flags & X86_EFLAGS_IF);
	return 0;
}

NOKPROBE_SYMBOL(wait_entry);

/*
 * A kretprobe would be simpler, but replaces the return address on the stack,
 * at which older unwinders stop: the splat would not say who waits.
 */
static int notrace wait_exit(struct kprobe *kp, struct pt_regs *regs)
{
	struct irqsan_site *site = container_of(kp, struct irqsan_site, kp);
	bool irqs_on = regs->flags & X86_EFLAGS_IF;
	struct irqsan_pv_call call;

	if (!irqsan_pv_leave(regs->sp, site->addr, &call))
		return 0;
	if (!READ_ONCE(irqsan_enabled))
		return 0;
	this_cpu_inc(site->count->hits);
	if (unlikely(irqs_on != call.irqs_on)) {
		irqsan_pv_imbalance();
		irqsan_violation(site, regs, call.irqs_on ? FLAGS_ON : FLAGS_OFF, IRQSAN_HERE);
	}
	return 0;
}

NOKPROBE_SYMBOL(wait_exit);

/* void kick(int cpu) */
static int notrace kick_entry(struct kprobe *kp, struct pt_regs *regs)
{
	irqsan_pv_kick((int)regs->di);
	return 0;
}

NOKPROBE_SYMBOL(kick_entry);

static int notrace slow_pv_entry(struct kprobe *kp, struct pt_regs *regs)
{
	irqsan_pv_slowpath();
	return 0;
}

NOKPROBE_SYMBOL(slow_pv_entry);

static int notrace slow_native_entry(struct kprobe *kp, struct pt_regs *regs)
{
	this_cpu_inc(pv_count.slow_native);
	return 0;
}

NOKPROBE_SYMBOL(slow_native_entry);

/* Those in which a vCPU waits, then those of which only the entry counts. */
static const char * const names[] = {
	"kvm_wait", "xen_qlock_wait", "hv_qlock_wait",
	"kvm_kick_cpu", "xen_qlock_kick", "hv_qlock_kick",
	"__pv_queued_spin_lock_slowpath", "native_queued_spin_lock_slowpath",
};

static const kprobe_pre_handler_t handlers[ARRAY_SIZE(names)] = {
	wait_entry, wait_entry, wait_entry,
	kick_entry, kick_entry, kick_entry,
	slow_pv_entry, slow_native_entry,
};

#define KVM_WAIT 0	/* its index */
#define WAITS 3		/* the first ones */

/*
 * Behind the tracer's NOP, if that can be: on it a kprobe is an ftrace hook, and
 * to take that out again takes seconds on a busy machine. A jump label that
 * stands there can't be probed.
 */
static int watch_entry(const struct irqsan_range *fn, const struct module *mod,
		       kprobe_pre_handler_t handler)
{
	unsigned long body = fn->start + irqsan_scan_body((const u8 *)fn->start, fn->len);

	return irqsan_site_new(KIND_HOOK, body, mod, handler) ||
	       irqsan_site_new(KIND_HOOK, fn->start, mod, handler) ? 0 : -EINVAL;
}

/**
 * struct exits - where a function is left
 * @nr: how many places
 * @offset: of each
 */
struct exits {
	unsigned int nr;
	size_t offset[EXITS];
};

static int add_exit(void *ctx, size_t offset)
{
	struct exits *exits = ctx;

	if (exits->nr == EXITS)
		return -E2BIG;
	exits->offset[exits->nr++] = offset;
	return 0;
}

static int arm_exits(const struct irqsan_range *fn, const struct module *mod)
{
	struct exits exits = { .nr = 0 };
	unsigned int i;
	u8 *text;
	int rc;

	text = irqsan_sites_original(fn);
	if (!text)
		return -ENOMEM;
	rc = irqsan_scan_exits(text, fn->len, add_exit, &exits);
	kvfree(text);
	if (rc || !exits.nr)
		return rc ?: -ENOENT;
	for (i = 0; i < exits.nr; i++) {
		if (!irqsan_site_new(KIND_BALANCE, fn->start + exits.offset[i], mod, wait_exit))
			return -EINVAL;
	}
	return 0;
}

/* Exits first: an entry without its exit would count as a call under way. */
static int watch(const struct irqsan_range *fn, const struct module *mod,
		 kprobe_pre_handler_t handler)
{
	int rc = handler == wait_entry ? arm_exits(fn, mod) : 0;

	return rc ?: watch_entry(fn, mod, handler);
}

/*
 * A livepatch redirects a wait at its entry, in front of our probe, to a
 * function of its module. What that is called is custom: as the one that it
 * replaces, or with "livepatch_" before it. The function that was replaced stays
 * watched: nothing reaches it until the livepatch is disabled.
 */
static void watch_replacements(struct module *mod)
{
	static const char * const prefixes[] = { "", "livepatch_" };
	char text[WAITS * ARRAY_SIZE(prefixes)][MODULE_NAME_LEN + 32];
	const char *symbols[ARRAY_SIZE(text)];
	struct irqsan_range fns[ARRAY_SIZE(text)];
	unsigned int i;
	int rc;

	/* It may come while those that are loaded are being walked. */
	if (!is_livepatch_module(mod) || mod == replaced_by)
		return;
	for (i = 0; i < ARRAY_SIZE(text); i++) {
		snprintf(text[i], sizeof(text[i]), "%s:%s%s", mod->name, prefixes[i / WAITS],
			 names[i % WAITS]);
		symbols[i] = text[i];
	}
	rc = irqsan_text_functions(symbols, ARRAY_SIZE(text), fns);
	for (i = 0; !rc && i < ARRAY_SIZE(text); i++) {
		if (!fns[i].len)
			continue;
		rc = watch(&fns[i], mod, wait_entry);
		if (rc)
			break;
		pr_info("%s: livepatched, the waits of %s are watched\n", names[i % WAITS],
			symbols[i]);
		if (i % WAITS == KVM_WAIT)
			replaced_by = mod;
	}
	if (rc)
		pr_warn("%s: its waits are not watched (%d)\n", mod->name, rc);
}

static int module_event(struct notifier_block *nb, unsigned long event, void *data)
{
	switch (event) {
	case MODULE_STATE_COMING:
		watch_replacements(data);
		break;
	case MODULE_STATE_GOING:
		irqsan_sites_drop(data, false);
		if (replaced_by == data)
			replaced_by = NULL;
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block module_nb = {
	.notifier_call = module_event,
	/* After ftrace and the kprobe layer have set up the new text. */
	.priority = -1,
};

static bool watching_modules;

static void say_what_kvm_wait_restores(const struct irqsan_range *fn)
{
	unsigned int restores;
	bool armed;

	if (!fn->len)
		return;
	armed = irqsan_sites_armed_in(fn, &restores);
	restore_state = armed ? "armed" : restores ? "unprobeable" : "none";
	if (restores)
		pr_info("kvm_wait: %u restore%s, %s\n", restores, restores > 1 ? "s" : "",
			restore_state);
	else
		pr_info("kvm_wait: restores no flags (fixed, or not looked at); calls are counted, their balance is checked\n");
}

/**
 * irqsan_pv_start() - watch the waits, the kicks and the slowpaths
 *
 * Functions that this kernel doesn't have are no error. The probes are sites and
 * go with them. Sleeps.
 *
 * Return: how many functions are watched, or a negative errno; then
 * irqsan_pv_stop() cleans up.
 */
int irqsan_pv_start(void)
{
	struct irqsan_range fns[ARRAY_SIZE(names)];
	unsigned int i;
	int rc, watched = 0;

	rc = irqsan_text_functions(names, ARRAY_SIZE(names), fns);
	if (rc)
		return rc;
	rc = register_module_notifier(&module_nb);
	if (rc)
		return rc;
	watching_modules = true;
	say_what_kvm_wait_restores(&fns[KVM_WAIT]);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!fns[i].len)
			continue;
		rc = watch(&fns[i], NULL, handlers[i]);
		if (rc)
			pr_warn("%s: can't be probed (%d), it isn't watched\n", names[i], rc);
		else
			watched++;
	}
	irqsan_text_modules(watch_replacements);
	return watched;
}

/**
 * irqsan_pv_stop() - let livepatches come and go unseen again
 *
 * The probes stay. Sleeps.
 */
void irqsan_pv_stop(void)
{
	if (watching_modules)
		unregister_module_notifier(&module_nb);
	watching_modules = false;
}

/**
 * irqsan_pv_restore_state() - what became of the restore in kvm_wait
 *
 * Return: "armed", "none" (it restores nothing), "unprobeable" or "absent"; or
 * "livepatched": kvm_wait is, by a module that is loaded; or "hooks": if it has a
 * restore, it is watched like all others.
 */
const char *irqsan_pv_restore_state(void)
{
	if (irqsan_hooks_active())
		return "hooks";
	return replaced_by ? "livepatched" : restore_state;
}

/**
 * irqsan_pv_clear() - all counts to zero
 */
void irqsan_pv_clear(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		*per_cpu_ptr(&pv_count, cpu) = (struct pv_count){ 0 };
}

static void show_line(struct seq_file *m, const struct pv_count *c)
{
	seq_printf(m, " %llu %llu %llu %llu %llu %llu %llu %llu %llu %llu %llu\n", c->waits,
		   c->returns, c->imbalances, c->slow_pv, c->slow_native, c->waits_irqs_on,
		   c->waits - c->waits_irqs_on, c->unkicked, c->kicks, c->longest_ns,
		   c->waited_ns);
}

/**
 * irqsan_pv_show() - the "pv" file: a line a CPU, then their sum
 * @m: where to
 * @unused: nothing
 *
 * Return: 0.
 */
int irqsan_pv_show(struct seq_file *m, void *unused)
{
	struct pv_count total = { 0 };
	unsigned int cpu;

	seq_puts(m, "# cpu waits returns imbalances pv_slowpath native_slowpath waits_irqs_on waits_irqs_off unkicked kicks longest_ns waited_ns\n");
	for_each_online_cpu(cpu) {
		seq_printf(m, "%u", cpu);
		show_line(m, per_cpu_ptr(&pv_count, cpu));
	}
	for_each_possible_cpu(cpu) {
		const struct pv_count *c = per_cpu_ptr(&pv_count, cpu);

		total.waits += c->waits;
		total.returns += c->returns;
		total.imbalances += c->imbalances;
		total.slow_pv += c->slow_pv;
		total.slow_native += c->slow_native;
		total.waits_irqs_on += c->waits_irqs_on;
		total.unkicked += c->unkicked;
		total.kicks += c->kicks;
		total.longest_ns = max(total.longest_ns, c->longest_ns);
		total.waited_ns += c->waited_ns;
	}
	seq_puts(m, "total");
	show_line(m, &total);
	return 0;
}
