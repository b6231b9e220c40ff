// SPDX-License-Identifier: GPL-2.0
/*
 * Per-CPU rings of violations. A producer may be interrupted by another one on
 * its CPU (task, interrupt, NMI), so a slot is reserved with one atomic step
 * and marked when it is filled. One consumer at a time drains all the rings
 * from irq_work.
 */
#include <linux/atomic.h>
#include <linux/irq_work.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>
#include <asm/unwind.h>

#include "compat.h"
#include "irqsan.h"

/* A power of two. A burst longer than this before irq_work runs is counted as lost. */
#define RING_SIZE 32

/**
 * struct ring - one CPU's violations
 * @reserved: slots ever reserved; only producers of this CPU change it
 * @drained: slots ever drained; only the consumer changes it
 * @lost: violations that found no free slot
 * @work: wakes the consumer
 * @slot: the records
 */
struct ring {
	atomic_t reserved;
	atomic_t drained;
	atomic_t lost;
	struct irq_work work;
	struct irqsan_record slot[RING_SIZE];
};

static struct ring **rings;	/* by CPU */
static atomic_t requests;	/* to drain, not yet served */

static notrace struct irqsan_record *reserve(struct ring *ring)
{
	int at = atomic_read(&ring->reserved), old;

	for (;;) {
		if ((unsigned int)(at - atomic_read(&ring->drained)) >= RING_SIZE) {
			atomic_inc(&ring->lost);
			return NULL;
		}
		old = atomic_cmpxchg(&ring->reserved, at, at + 1);
		if (old == at)
			return &ring->slot[at & (RING_SIZE - 1)];
		at = old;
	}
}

NOKPROBE_SYMBOL(reserve);

/*
 * From the registers, not from here: an optimised kprobe's detour buffer has no
 * unwind data, and what is nearer than the site is of no interest.
 */
static notrace unsigned int walk_stack(const struct irqsan_site *site, struct pt_regs *regs,
				       unsigned long *entries)
{
	struct unwind_state state;
	unsigned int nr = 0;
	bool found = !site->hooked;

	/* Some unwinders begin with the registers' own address, some behind it. */
	entries[nr++] = site->addr;
	for (unwind_start(&state, current, found ? regs : NULL, NULL);
	     nr < IRQSAN_STACK_ENTRIES && !unwind_done(&state); unwind_next_frame(&state)) {
		unsigned long addr = unwind_get_return_address(&state);

		if (!addr)
			break;
		/* Hooks have no registers: begin here, and pass over what is nearer. */
		if (!found) {
			found = addr == site->addr;
			continue;
		}
		if (nr == 1 && addr == regs->ip)
			continue;
		entries[nr++] = addr;
	}
	return nr;
}

NOKPROBE_SYMBOL(walk_stack);

/**
 * irqsan_record() - leave a record of a violation
 * @site: where
 * @regs: registers there
 * @state: see struct irqsan_record
 * @enabler: who turned IRQs on, if that is known
 * @where: see struct irqsan_record; must stay valid while the module is loaded
 *
 * The stack is only walked where a splat may follow. Preemption is off. Any
 * context, NMI too; takes no lock and allocates nothing.
 */
void notrace irqsan_record(struct irqsan_site *site, struct pt_regs *regs,
			   enum irqsan_flag_state state, const struct irqsan_enabler *enabler,
			   const char *where)
{
	struct ring *ring = rings[raw_smp_processor_id()];
	struct irqsan_record *record = reserve(ring);
	bool told = irqsan_builtin_told();

	if (!record)
		goto wake;
	record->site = site;
	record->where = where;
	record->restoring = state;
	record->enabler = *enabler;
	record->cpu = raw_smp_processor_id();
	record->pid = current->pid;
	memcpy(record->comm, current->comm, sizeof(record->comm));
	record->comm[sizeof(record->comm) - 1] = '\0';
	record->time_ns = ktime_get_mono_fast_ns();
	record->told = told;
	record->regs = *regs;
	/* A breakpoint leaves it behind itself, an optimised probe or ftrace elsewhere. */
	record->regs.ip = site->entry ?: site->addr;
	record->nr_entries = READ_ONCE(site->reported) && !irqsan_report_all ? 0 :
			     walk_stack(site, &record->regs, record->stack);
	/* Pairs with the acquire in drain_ring(). */
	smp_store_release(&record->ready, true);
wake:
	irq_work_queue(&ring->work);
}

NOKPROBE_SYMBOL(irqsan_record);

static void drain_ring(struct ring *ring)
{
	for (;;) {
		int at = atomic_read(&ring->drained);
		struct irqsan_record *record = &ring->slot[at & (RING_SIZE - 1)];

		/* A reserved slot that isn't ready: its producer raises the work again. */
		if (at == atomic_read(&ring->reserved) || !smp_load_acquire(&record->ready))
			return;
		irqsan_report(record);
		record->ready = false;
		/* The slot may be reused once this is seen: full barrier before it. */
		atomic_inc_return(&ring->drained);
	}
}

/*
 * One consumer at a time, without a lock: splats then never mix, and a CPU
 * whose records are being printed by another has nothing to wait for. A CPU
 * that comes meanwhile only leaves its request, and the consumer goes on until
 * it has served all that there are.
 */
static void drain(struct irq_work *unused)
{
	unsigned int cpu;
	int served;

	if (atomic_inc_return(&requests) > 1)
		return;
	do {
		served = atomic_read(&requests);
		for_each_possible_cpu(cpu)
			drain_ring(rings[cpu]);
	} while (atomic_sub_return(served, &requests));
}

/**
 * irqsan_record_lost() - violations that left no record
 *
 * Return: their number since the module was loaded.
 */
u64 irqsan_record_lost(void)
{
	unsigned int cpu;
	u64 sum = 0;

	for_each_possible_cpu(cpu)
		sum += (unsigned int)atomic_read(&rings[cpu]->lost);
	return sum;
}

/**
 * irqsan_record_clear() - forget how many were lost
 */
void irqsan_record_clear(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		atomic_set(&rings[cpu]->lost, 0);
}

/**
 * irqsan_record_start() - make the rings
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int irqsan_record_start(void)
{
	unsigned int cpu;

	rings = kcalloc(nr_cpu_ids, sizeof(*rings), GFP_KERNEL);
	if (!rings)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		rings[cpu] = vzalloc_node(sizeof(**rings), cpu_to_node(cpu));
		if (!rings[cpu]) {
			irqsan_record_stop();
			return -ENOMEM;
		}
		init_irq_work(&rings[cpu]->work, drain);
	}
	return 0;
}

/**
 * irqsan_record_flush() - wait until what is recorded is reported
 *
 * Records of sites that are still armed may follow. May sleep.
 */
void irqsan_record_flush(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		if (rings[cpu])
			irq_work_sync(&rings[cpu]->work);
	}
}

/**
 * irqsan_record_stop() - report what is left and free the rings
 *
 * Everything must be disarmed. May sleep.
 */
void irqsan_record_stop(void)
{
	unsigned int cpu;

	irqsan_record_flush();
	for_each_possible_cpu(cpu)
		vfree(rings[cpu]);
	kfree(rings);
	rings = NULL;
}
