// SPDX-License-Identifier: GPL-2.0
/*
 * The paravirtualised spinlock: the functions in which a vCPU waits must return with
 * the IRQ state they were called with. Kicks and entries of the qspinlock slowpaths are
 * counted, which tells whether a load gets there.
 */
#include <linux/mm.h>
#include <linux/timekeeping.h>

#include "irqsan.h"

/* Waits under way on one CPU: task, softirq, hardirq, NMI, each inside the one before. */
#define WAITS_MAX 4
/* Instructions by which a wait function can be left; five at most so far. */
#define EXITS_MAX 16
/* LCB_F_SPIN alone: a spinlock, and no reader or writer (trace/events/lock.h). */
#define CONTENTION_SPINLOCK 1

/* What is counted, as the "pv" file needs it. */
enum {
	PV_WAITS,	/* a wait function was entered */
	PV_LEFT,	/* and left again */
	PV_IMBALANCES,	/* of these, with another IRQ state than at entry */
	PV_SLOW_PV,	/* paravirtualised slowpath entered */
	PV_SLOW_ALL,	/* slowpath entered, by whoever tells (irqsan_pv_start()) */
	PV_KICKS,	/* kicks that this CPU sent */
	PV_LONGEST_NS,	/* the longest wait */
	PV_WAITED_NS,	/* all of them */
	PV_COUNTS,
};

/**
 * struct irqsan_pv_wait - a call of a wait function that is under way
 * @sp: stack pointer at entry, which it is again at the return; tells the calls
 *	apart even when a probe was missed
 * @irqs_on: IRQ state at entry
 * @start_ns: when
 */
struct irqsan_pv_wait {
	unsigned long sp;
	bool irqs_on;
	u64 start_ns;
};

static DEFINE_PER_CPU(u64[PV_COUNTS], pv_counts);
static DEFINE_PER_CPU(struct irqsan_pv_wait[WAITS_MAX], pv_waits);	/* the outermost first */
static DEFINE_PER_CPU(unsigned int, nr_pv_waits);

static struct tracepoint *contention;
static const char *restore_state = "absent";
static const struct module *replaced_by;	/* the livepatch of kvm_wait */

static int __kprobes wait_entry(struct kprobe *kp, struct pt_regs *regs)
{
	unsigned int nr = this_cpu_read(nr_pv_waits);

	this_cpu_inc(pv_counts[PV_WAITS]);
	/* Full only when exits were missed: those calls are over. */
	if (nr == WAITS_MAX)
		nr = 0;
	*this_cpu_ptr(&pv_waits[nr]) = (struct irqsan_pv_wait){
		.sp = regs->sp,
		.irqs_on = regs->flags & X86_EFLAGS_IF,
		.start_ns = ktime_get_mono_fast_ns(),
	};
	this_cpu_write(nr_pv_waits, nr + 1);
	return 0;
}

/*
 * A kretprobe would be simpler, but replaces the return address on the stack,
 * at which older unwinders stop: the splat would not say who waits.
 */
static int __kprobes wait_exit(struct kprobe *kp, struct pt_regs *regs)
{
	struct irqsan_site *site = container_of(kp, struct irqsan_site, kp);
	const struct irqsan_pv_wait *wait = this_cpu_ptr(pv_waits);
	bool irqs_on = regs->flags & X86_EFLAGS_IF;
	unsigned int nr = this_cpu_read(nr_pv_waits);
	u64 wait_ns;

	this_cpu_inc(pv_counts[PV_LEFT]);
	while (nr && wait[nr - 1].sp != regs->sp)
		nr--;
	/* It began before anybody looked. */
	if (!nr)
		return 0;
	wait += nr - 1;
	this_cpu_write(nr_pv_waits, nr - 1);
	wait_ns = ktime_get_mono_fast_ns() - wait->start_ns;
	if (wait_ns > this_cpu_read(pv_counts[PV_LONGEST_NS]))
		this_cpu_write(pv_counts[PV_LONGEST_NS], wait_ns);
	this_cpu_add(pv_counts[PV_WAITED_NS], wait_ns);

	if (!READ_ONCE(irqsan_enabled))
		return 0;
	this_cpu_inc(site->count->hits);
	if (unlikely(irqs_on != wait->irqs_on)) {
		this_cpu_inc(pv_counts[PV_IMBALANCES]);
		/* As in irqsan_site_hit(). */
		regs->ip -= INT3_INSN_SIZE;
		irqsan_violation(site, regs, wait->irqs_on ? IRQSAN_ON : IRQSAN_OFF,
				 IRQSAN_HERE);
		regs->ip += INT3_INSN_SIZE;
	}
	return 0;
}

static int __kprobes kick_entry(struct kprobe *kp, struct pt_regs *regs)
{
	this_cpu_inc(pv_counts[PV_KICKS]);
	return 0;
}

static int __kprobes slow_pv_entry(struct kprobe *kp, struct pt_regs *regs)
{
	this_cpu_inc(pv_counts[PV_SLOW_PV]);
	if (!contention)
		this_cpu_inc(pv_counts[PV_SLOW_ALL]);
	return 0;
}

static int __kprobes slow_native_entry(struct kprobe *kp, struct pt_regs *regs)
{
	this_cpu_inc(pv_counts[PV_SLOW_ALL]);
	return 0;
}

/* Of the tracepoint lock:contention_begin. */
static void __kprobes contention_begins(void *unused, void *lock, unsigned int flags)
{
	if (flags == CONTENTION_SPINLOCK)
		this_cpu_inc(pv_counts[PV_SLOW_ALL]);
}

/* Those in which a vCPU waits, then those of which only the entry counts. */
static const char * const pv_names[] = {
	"kvm_wait", "xen_qlock_wait", "hv_qlock_wait",
	"kvm_kick_cpu", "xen_qlock_kick", "hv_qlock_kick",
	"__pv_queued_spin_lock_slowpath", "native_queued_spin_lock_slowpath",
};

static const kprobe_pre_handler_t pv_handlers[ARRAY_SIZE(pv_names)] = {
	wait_entry, wait_entry, wait_entry,
	kick_entry, kick_entry, kick_entry,
	slow_pv_entry, slow_native_entry,
};

#define KVM_WAIT 0	/* its index */
#define WAITS 3		/* the first ones */

/*
 * Behind the tracer's NOP: on it a kprobe is an ftrace hook, which takes seconds to
 * remove on a busy machine. Not if a jump label stands there: it can't be probed.
 */
static int watch_entry(const struct irqsan_range *fn, const struct module *mod,
		       kprobe_pre_handler_t handler)
{
	unsigned long body = fn->start + irqsan_scan_body((const u8 *)fn->start, fn->len);

	return irqsan_site_new(IRQSAN_ENTRY, body, mod, handler) ||
	       irqsan_site_new(IRQSAN_ENTRY, fn->start, mod, handler) ? 0 : -EINVAL;
}

/**
 * struct irqsan_exits - where a function is left
 * @fn: the function
 * @mod: the module it lies in; NULL for the kernel
 * @nr: how many places
 * @sites: armed there
 */
struct irqsan_exits {
	const struct irqsan_range *fn;
	const struct module *mod;
	unsigned int nr;
	struct irqsan_site *sites[EXITS_MAX];
};

static int add_exit(void *ctx, size_t offset)
{
	struct irqsan_exits *exits = ctx;
	struct irqsan_site *site;

	if (exits->nr == EXITS_MAX)
		return -E2BIG;
	site = irqsan_site_new(IRQSAN_BALANCE, exits->fn->start + offset, exits->mod, wait_exit);
	if (!site)
		return -EINVAL;
	exits->sites[exits->nr++] = site;
	return 0;
}

/* All exits or none: an exit that isn't watched would make the counts wrong. */
static int arm_exits(const struct irqsan_range *fn, const struct module *mod)
{
	struct irqsan_exits exits = { .fn = fn, .mod = mod };
	u8 *text;
	int rc;

	text = irqsan_sites_original(fn, false);
	if (!text)
		return -ENOMEM;
	rc = irqsan_scan_exits(text, fn->len, add_exit, &exits);
	kvfree(text);
	if (!rc)
		return exits.nr ? 0 : -ENOENT;
	while (exits.nr--)
		irqsan_site_free(exits.sites[exits.nr]);
	return rc == -1 ? -EILSEQ : rc;
}

/* Exits first: an entry without its exit would count as a call under way. */
static int watch_function(const struct irqsan_range *fn, const struct module *mod,
			  kprobe_pre_handler_t handler)
{
	int rc = handler == wait_entry ? arm_exits(fn, mod) : 0;

	return rc ?: watch_entry(fn, mod, handler);
}

/**
 * irqsan_pv_module() - watch the waits that a livepatch brings
 * @mod: a module that is there, or comes
 *
 * A livepatch redirects a wait at its entry, in front of our probe, to a function of
 * its module, which by custom has the same name, or "livepatch_" before it. The one
 * that was replaced stays watched: the livepatch may be disabled.
 * Context: Sleeps.
 */
void irqsan_pv_module(struct module *mod)
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
			 pv_names[i % WAITS]);
		symbols[i] = text[i];
	}
	rc = irqsan_text_find(symbols, ARRAY_SIZE(text), fns);
	for (i = 0; !rc && i < ARRAY_SIZE(text); i++) {
		if (!fns[i].len)
			continue;
		rc = watch_function(&fns[i], mod, wait_entry);
		if (rc)
			break;
		pr_info("%s: livepatched, the waits of %s are watched\n", pv_names[i % WAITS],
			symbols[i]);
		if (i % WAITS == KVM_WAIT)
			replaced_by = mod;
	}
	if (rc)
		pr_warn("%s: its waits are not watched (%d)\n", mod->name, rc);
}

/**
 * irqsan_pv_module_gone() - a module goes, and its probes have gone
 * @mod: the module
 */
void irqsan_pv_module_gone(const struct module *mod)
{
	if (replaced_by == mod)
		replaced_by = NULL;
}

static void say_what_kvm_wait_restores(const struct irqsan_range *fn)
{
	unsigned int restores;

	if (!fn->len || irqsan_tracepoint_active())
		return;
	restore_state = irqsan_sites_armed(fn, &restores) ? "armed" :
			restores ? "unprobeable" : "none";
	pr_info("kvm_wait: %u restores (%s)\n", restores, restore_state);
}

/**
 * irqsan_pv_start() - watch the waits, the kicks and the slowpaths
 *
 * Entries of a slowpath are counted by the tracepoint lock:contention_begin, where
 * the kernel has it (5.19 and later): a breakpoint would prolong what is looked at.
 * Functions that this kernel doesn't have are no error. The probes are sites and
 * go with them.
 * Context: Sleeps.
 * Return: how many functions are watched, or a negative errno; then
 * irqsan_pv_stop() cleans up.
 */
int irqsan_pv_start(void)
{
	struct irqsan_range fns[ARRAY_SIZE(pv_names)];
	unsigned int i;
	int rc, watched = 0;

	rc = irqsan_text_find(pv_names, ARRAY_SIZE(pv_names), fns);
	if (rc)
		return rc;
	contention = irqsan_tracepoint_attach("contention_begin", contention_begins, NULL);
	say_what_kvm_wait_restores(&fns[KVM_WAIT]);
	for (i = 0; i < ARRAY_SIZE(pv_names); i++) {
		if (!fns[i].len || (contention && pv_handlers[i] == slow_native_entry))
			continue;
		rc = watch_function(&fns[i], NULL, pv_handlers[i]);
		if (rc)
			pr_warn("%s: can't be probed (%d), it isn't watched\n", pv_names[i], rc);
		else
			watched++;
	}
	return watched;
}

/**
 * irqsan_pv_stop() - detach from the tracepoint; the probes stay
 * Context: Sleeps.
 */
void irqsan_pv_stop(void)
{
	irqsan_tracepoint_detach(contention, contention_begins, NULL);
	contention = NULL;
}

/**
 * irqsan_pv_restore_state() - what became of the restore in kvm_wait
 * Return: "armed", "none" (it restores nothing), "unprobeable" or "absent"; or
 * "livepatched": kvm_wait is, by a module that is loaded; or "tracepoint": if it has
 * a restore, the kernel's own check watches it.
 */
const char *irqsan_pv_restore_state(void)
{
	if (irqsan_tracepoint_active())
		return "tracepoint";
	return replaced_by ? "livepatched" : restore_state;
}

/**
 * irqsan_pv_clear() - all counts to zero
 */
void irqsan_pv_clear(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu(pv_counts, cpu), 0, sizeof(pv_counts));
}

/**
 * irqsan_pv_show() - the "pv" file: the sum over all CPUs
 * @m: where to
 * @unused: nothing
 * Return: 0.
 */
int irqsan_pv_show(struct seq_file *m, void *unused)
{
	u64 sum[PV_COUNTS] = { 0 };
	unsigned int cpu, i;

	for_each_possible_cpu(cpu) {
		const u64 *counts = per_cpu(pv_counts, cpu);

		for (i = 0; i < PV_COUNTS; i++)
			sum[i] = i == PV_LONGEST_NS ? max(sum[i], counts[i]) : sum[i] + counts[i];
	}
	seq_puts(m, "# cpu waits returns imbalances pv_slowpath native_slowpath kicks longest_ns waited_ns\n");
	seq_printf(m, "total %llu %llu %llu %llu %llu %llu %llu %llu\n", sum[PV_WAITS],
		   sum[PV_LEFT], sum[PV_IMBALANCES], sum[PV_SLOW_PV],
		   sum[PV_SLOW_ALL] > sum[PV_SLOW_PV] ? sum[PV_SLOW_ALL] - sum[PV_SLOW_PV] : 0,
		   sum[PV_KICKS], sum[PV_LONGEST_NS], sum[PV_WAITED_NS]);
	return 0;
}
