// SPDX-License-Identifier: GPL-2.0
/*
 * The paravirtualised spinlock's hooks: kvm_wait, whose restore is checked and
 * which must return with the IRQ state it was called with, and the entries of
 * the two qspinlock slowpaths, which tell whether a load gets there at all.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/percpu.h>
#include <asm/processor-flags.h>

#include "compat.h"
#include "irqsan.h"

/* Calls under way on one CPU: task, softirq, hardirq, NMI, each inside the one before. */
#define CALLS 4
/* Instructions by which kvm_wait() can be left; it has two at most so far. */
#define EXITS 8

/**
 * struct pv_count - one CPU's counts
 * @waits: kvm_wait() entered
 * @returns: kvm_wait() left
 * @imbalances: of these, with another IRQ state than at entry
 * @slow_pv: paravirtualised slowpath entered
 * @slow_native: native slowpath entered
 */
struct pv_count {
	u64 waits;
	u64 returns;
	u64 imbalances;
	u64 slow_pv;
	u64 slow_native;
};

/**
 * struct pv_calls - calls of kvm_wait() under way on one CPU
 * @nr: how many
 * @sp: stack pointer at entry, which it is again at the return; tells the calls
 *	apart even when a probe was missed
 * @irqs_on: IRQ state at entry
 */
struct pv_calls {
	unsigned int nr;
	unsigned long sp[CALLS];
	bool irqs_on[CALLS];
};

static DEFINE_PER_CPU(struct pv_count, pv_count);
static DEFINE_PER_CPU(struct pv_calls, pv_calls);

/*
 * A kretprobe would be simpler, but replaces the return address on the stack,
 * at which older unwinders stop: the splat would not say who waits.
 */
static struct irqsan_site *exits[EXITS];
static unsigned int nr_exits;
static bool wait_armed;
static const char *restore_state = "absent";

static int notrace wait_entry(struct kprobe *kp, struct pt_regs *regs)
{
	struct pv_calls *calls = this_cpu_ptr(&pv_calls);

	this_cpu_inc(pv_count.waits);
	/* Full only when exits were missed: those calls are over. */
	if (calls->nr == CALLS)
		calls->nr = 0;
	calls->sp[calls->nr] = regs->sp;
	calls->irqs_on[calls->nr] = regs->flags & X86_EFLAGS_IF;
	calls->nr++;
	return 0;
}

NOKPROBE_SYMBOL(wait_entry);

static int notrace wait_exit(struct kprobe *kp, struct pt_regs *regs)
{
	struct irqsan_site *site = container_of(kp, struct irqsan_site, kp);
	struct pv_calls *calls = this_cpu_ptr(&pv_calls);
	bool irqs_on = regs->flags & X86_EFLAGS_IF;
	unsigned int call;

	this_cpu_inc(pv_count.returns);
	for (call = calls->nr; call && calls->sp[call - 1] != regs->sp; call--)
		;
	if (!call)
		return 0;	/* began before the probes were there */
	calls->nr = call - 1;
	this_cpu_inc(site->count->hits);
	if (unlikely(irqs_on != calls->irqs_on[call - 1])) {
		this_cpu_inc(pv_count.imbalances);
		irqsan_violation(site, regs, irqs_on ? FLAGS_OFF : FLAGS_ON, IRQSAN_HERE);
	}
	return 0;
}

NOKPROBE_SYMBOL(wait_exit);

static int notrace slow_pv_entry(struct kprobe *kp, struct pt_regs *regs)
{
	this_cpu_inc(pv_count.slow_pv);
	return 0;
}

NOKPROBE_SYMBOL(slow_pv_entry);

static int notrace slow_native_entry(struct kprobe *kp, struct pt_regs *regs)
{
	this_cpu_inc(pv_count.slow_native);
	return 0;
}

NOKPROBE_SYMBOL(slow_native_entry);

static struct kprobe wait_probe = {
	.symbol_name = "kvm_wait",
	.pre_handler = wait_entry,
};

/**
 * struct slowpath - a slowpath whose entries are counted
 * @kp: the probe on its first instruction
 * @armed: @kp is registered
 */
static struct slowpath {
	struct kprobe kp;
	bool armed;
} slowpaths[] = {
	{ .kp = { .symbol_name = "__pv_queued_spin_lock_slowpath", .pre_handler = slow_pv_entry } },
	{ .kp = { .symbol_name = "native_queued_spin_lock_slowpath",
		  .pre_handler = slow_native_entry } },
};

static void count_slowpaths(void)
{
	unsigned int i;
	int rc;

	for (i = 0; i < ARRAY_SIZE(slowpaths); i++) {
		rc = register_kprobe(&slowpaths[i].kp);
		slowpaths[i].armed = !rc;
		if (rc == -ENOENT)
			pr_info("%s: not in this kernel\n", slowpaths[i].kp.symbol_name);
		else if (rc)
			pr_warn("%s: can't be probed (%d), its entries aren't counted\n",
				slowpaths[i].kp.symbol_name, rc);
	}
}

static int add_exit(void *start, size_t offset)
{
	struct irqsan_site *site;

	if (nr_exits == EXITS)
		return -E2BIG;
	site = irqsan_site_new(KIND_BALANCE, (unsigned long)start + offset);
	if (!site)
		return -ENOMEM;
	exits[nr_exits++] = site;
	return 0;
}

/* The exits first: an entry without its exit would count as a call under way. */
static int watch_balance(unsigned long start, unsigned long len)
{
	unsigned int i;
	int rc;

	rc = irqsan_scan_exits((const u8 *)start, len, add_exit, (void *)start);
	if (!rc && !nr_exits)
		rc = -ENOENT;
	for (i = 0; !rc && i < nr_exits; i++)
		rc = irqsan_arm(exits[i], wait_exit);
	if (!rc)
		rc = register_kprobe(&wait_probe);
	wait_armed = !rc;
	return rc;
}

static int watch_wait(void)
{
	unsigned long start, len;
	int rc, restores;

	rc = irqsan_text_function("kvm_wait", &start, &len);
	if (rc) {
		pr_err("kvm_wait: not found (%d): CONFIG_KVM_GUEST and CONFIG_PARAVIRT_SPINLOCKS are needed\n",
		       rc);
		return rc == -ENOENT ? -ENODEV : rc;
	}
	restores = irqsan_sites_of(KIND_RESTORE, start, len);
	if (restores < 0)
		return restores;
	rc = watch_balance(start, len);
	if (rc) {
		pr_err("kvm_wait: its entry and exits can't be probed (%d)\n", rc);
		return rc;
	}
	irqsan_arm_all();
	if (irqsan_sites_armed())
		restore_state = "armed";
	else
		restore_state = restores ? "unprobeable" : "none";
	if (restores)
		pr_info("kvm_wait: %d restore%s, %u armed\n", restores, restores > 1 ? "s" : "",
			irqsan_sites_armed());
	else
		pr_info("kvm_wait: restores no flags (fixed); calls are counted, their balance is checked\n");
	return 0;
}

/**
 * irqsan_pv_start() - find and arm kvm_wait, count the slowpaths
 *
 * Sleeps. Says what is wrong where something is.
 *
 * Return: 0 or a negative errno; then irqsan_pv_stop() cleans up.
 */
int irqsan_pv_start(void)
{
	int rc = watch_wait();

	if (!rc)
		count_slowpaths();
	return rc;
}

/**
 * irqsan_pv_stop() - disarm what irqsan_pv_start() armed
 *
 * On return none of the handlers runs any more. Sleeps.
 */
void irqsan_pv_stop(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(slowpaths); i++) {
		if (slowpaths[i].armed)
			unregister_kprobe(&slowpaths[i].kp);
	}
	if (wait_armed)
		unregister_kprobe(&wait_probe);
}

/**
 * irqsan_pv_restore_state() - what became of the restore in kvm_wait
 *
 * Return: "armed", "none" (it restores nothing), "unprobeable" or "absent".
 */
const char *irqsan_pv_restore_state(void)
{
	return restore_state;
}

/**
 * irqsan_pv_nmissed() - hits of these probes that weren't counted
 *
 * Return: their number.
 */
u64 irqsan_pv_nmissed(void)
{
	u64 sum = wait_probe.nmissed;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(slowpaths); i++)
		sum += slowpaths[i].kp.nmissed;
	return sum;
}

static void show_line(struct seq_file *m, const struct pv_count *c)
{
	seq_printf(m, " %llu %llu %llu %llu %llu\n", c->waits, c->returns, c->imbalances,
		   c->slow_pv, c->slow_native);
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

	seq_puts(m, "# cpu waits returns imbalances pv_slowpath native_slowpath\n");
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
	}
	seq_puts(m, "total");
	show_line(m, &total);
	return 0;
}
