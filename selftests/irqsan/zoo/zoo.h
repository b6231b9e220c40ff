/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of irqsan_zoo.ko know of each other.
 */
#ifndef IRQSAN_ZOO_H
#define IRQSAN_ZOO_H

#include <linux/compiler.h>
#include <linux/cpumask.h>
#include <linux/irqflags.h>
#include <linux/types.h>

/* The out-of-line unlocks restore for their callers: the site is theirs. */
#define SITE_UNLOCK "_raw_spin_unlock_irqrestore"

/*
 * Where IRQs come on when a task sleeps: inlined differently from build to build. With
 * lockdep the deletion of the sleep's timer turns them off and on once more.
 */
#define ENABLER_SLEEP \
	"finish_task_switch,__schedule,schedule,__cond_resched,__timer_delete_sync,del_timer_sync"

/* There a task that is preempted in its bh section would lose its protection. */
#ifdef CONFIG_PREEMPT_RT
#define ZOO_BH_UNSUPPORTED "bh sections belong to a task on PREEMPT_RT"
#else
#define ZOO_BH_UNSUPPORTED NULL
#endif

/*
 * The compiler must not know the flags that it restores, or it makes a plain sti
 * of it (zoo_known_flags()).
 */
#define zoo_irq_restore(flags) do { \
	OPTIMIZER_HIDE_VAR(flags); \
	local_irq_restore(flags); \
} while (0)

/**
 * enum zoo_kind - what an exhibit is for
 * @ZOO_BUG: a bug that happened, or the plain form of one
 * @ZOO_FRIEND: correct code that looks like one; must stay silent
 * @ZOO_LOAD: makes CPUs fight for a lock, for other tests
 */
enum zoo_kind {
	ZOO_BUG,
	ZOO_FRIEND,
	ZOO_LOAD,
};

/**
 * struct exhibit - one of the zoo
 * @name: as written to "run"; NULL ends a table
 * @kind: what it is for
 * @run: does it once; leaves the CPU as it was
 * @fixed: the same without the bug; NULL for none
 * @irqs_off: both are called with IRQs off, and may come back with them on
 * @alone: not on several CPUs at once
 * @violations: each @run is this many bogus restores
 * @site: function that the restore lies in; NULL where there is none
 * @caller: function that it restores for, which is the one to be named; NULL: the site
 * @hard: the flags being restored have IRQs off
 * @enabler: function that turned IRQs on, or several with commas: one of them
 *	     must be named; NULL where nobody did
 * @missed: why the check can't see it; NULL: it must be seen
 * @unblamed: why the enabler can't be named; NULL: it must be
 * @unsupported: why this kernel can't run it; NULL: it can
 * @reference: where it comes from
 */
struct exhibit {
	const char *name;
	enum zoo_kind kind;
	void (*run)(void);
	void (*fixed)(void);
	bool irqs_off;
	bool alone;
	unsigned int violations;
	const char *site;
	const char *caller;
	bool hard;
	const char *enabler;
	const char *missed;
	const char *unblamed;
	const char *unsupported;
	const char *reference;
};

extern const struct exhibit zoo_plain_forms[];
extern const struct exhibit zoo_bugs[];
extern const struct exhibit zoo_console[];
extern const struct exhibit zoo_blind[];
extern const struct exhibit zoo_friends[];
extern const struct exhibit zoo_loads[];

/* run.c */
int zoo_run_here(const struct exhibit *exhibit, bool fixed, unsigned int count);
int zoo_run_on(const struct cpumask *cpus, const struct exhibit *exhibit, bool fixed,
	       unsigned int count);

/* fentry.c */
int zoo_fentry_start(void);
void zoo_fentry_stop(void);

/* fentry_entry.S */
void zoo_fentry_entry(void);

#endif
