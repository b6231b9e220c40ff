/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of irqsan.ko know of each other.
 *
 * The way of data: text.c names a function's bytes, scan.c finds the restore
 * in them, site.c keeps it, probe.c arms it. A CPU that gets there runs
 * check.c, which counts and, where IRQs are on, leaves a record (record.c)
 * that report.c prints from irq_work.
 */
#ifndef IRQSAN_H
#define IRQSAN_H

#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/stringify.h>
#include <linux/types.h>

#include "scan.h"

#undef pr_fmt
#define pr_fmt(fmt) "irqsan: " fmt

#define IRQSAN_VERSION "0.2.0"

/* Words of the stack that are kept of whoever turns IRQs on. */
#define IRQSAN_ENABLER_STACK 6

/* This place, in the form in which a WARNING names its own. */
#define IRQSAN_HERE "irqsan/" KBUILD_BASENAME ".c:" __stringify(__LINE__)

/**
 * struct irqsan_range - some text
 * @start: address of the first byte
 * @len: how many bytes
 */
struct irqsan_range {
	unsigned long start;
	unsigned long len;
};

/**
 * enum irqsan_kind - what is checked at a site
 * @KIND_RESTORE: IRQs must be off at this instruction
 * @KIND_CONTROL: the same, in the function whose restore is bogus on purpose
 * @KIND_BALANCE: this instruction leaves a function, with the IRQ state that it
 *		  was entered with
 * @KIND_ENABLE: nothing is checked: this instruction turns IRQs on, and is
 *		 remembered (track=1)
 * @KIND_HOOK: nothing is checked: the entry of a function that is counted (pv.c)
 */
enum irqsan_kind {
	KIND_RESTORE,
	KIND_CONTROL,
	KIND_BALANCE,
	KIND_ENABLE,
	KIND_HOOK,
};

/**
 * enum irqsan_state - of a site
 * @SITE_NEW: found, not armed yet
 * @SITE_ARMED: a CPU that gets there is checked
 * @SITE_DENIED: not probed: see deny.c, and decoding_leaves_text() in probe.c
 * @SITE_REFUSED: the kprobe layer refused (noinstr, NOKPROBE and the like)
 * @SITE_NO_INSN: the kprobe layer says that no instruction begins there
 * @SITE_FAILED: another error
 * @SITE_STATES: how many states there are
 */
enum irqsan_state {
	SITE_NEW,
	SITE_ARMED,
	SITE_DENIED,
	SITE_REFUSED,
	SITE_NO_INSN,
	SITE_FAILED,
	SITE_STATES,
};

/**
 * struct irqsan_count - one CPU's counts of a site
 * @hits: times that the site was reached
 * @violations: times that it broke its contract
 */
struct irqsan_count {
	u64 hits;
	u64 violations;
};

/**
 * enum irqsan_flag_state - what is known of saved flags
 * @FLAGS_OFF: they have IRQs off
 * @FLAGS_ON: they have IRQs on
 * @FLAGS_UNKNOWN: they can't be read at the site
 */
enum irqsan_flag_state {
	FLAGS_OFF,
	FLAGS_ON,
	FLAGS_UNKNOWN,
};

/**
 * struct irqsan_last - the last violation of a site that was reported
 * @time_ns: monotonic nanoseconds
 * @restoring: see struct irqsan_record
 * @cpu: on which CPU
 * @pid: of the task
 * @comm: its name
 */
struct irqsan_last {
	u64 time_ns;
	enum irqsan_flag_state restoring;
	unsigned int cpu;
	pid_t pid;
	char comm[TASK_COMM_LEN];
};

/* In place of the address of a hooked site in a module that is gone; 0: none yet. */
#define IRQSAN_ADDR_GONE 1UL

/* A kprobe overwrites one byte, an optimised one as many as a near jump has. */
#define IRQSAN_PATCHED_BYTES 5

/**
 * struct irqsan_site - a place in the running kernel that is checked
 * @node: in the table of sites
 * @kind: what is checked
 * @state: whether it is armed, and why not
 * @error: what arming it gave
 * @addr: of the instruction
 * @enable: restore kinds: the instruction that turns IRQs on
 * @entry: entry of the function, where that is what is armed (direct.c); else 0
 * @saved: where the flags being restored are (restore kinds)
 * @reg: register number for SAVED_REG
 * @init: lies in a module's init text, which is freed after its init
 * @code: the bytes at @addr before anything was armed there
 * @mod: the module it lies in; NULL for the kernel
 * @hooked: the kernel's own check tells of it (hooks.c): @addr is a return
 *	    address, and nothing is armed
 * @count: per-CPU counts
 * @reported: a full splat was printed
 * @last: its last violation
 * @handler: runs when a CPU reaches it
 * @kp: the probe
 */
struct irqsan_site {
	struct list_head node;
	enum irqsan_kind kind;
	enum irqsan_state state;
	int error;
	unsigned long addr;
	unsigned long enable;
	unsigned long entry;
	enum irqsan_saved saved;
	u8 reg;
	bool init;
	u8 code[IRQSAN_PATCHED_BYTES];
	const struct module *mod;
	bool hooked;
	struct irqsan_count __percpu *count;
	bool reported;
	struct irqsan_last last;
	kprobe_pre_handler_t handler;
	struct kprobe kp;
};

/**
 * struct irqsan_enabler - who turned IRQs on
 * @addr: the instruction; 0 when it isn't known
 * @time_ns: monotonic nanoseconds
 * @stack: what was on the stack, to find the caller of a helper
 */
struct irqsan_enabler {
	unsigned long addr;
	u64 time_ns;
	unsigned long stack[IRQSAN_ENABLER_STACK];
};

#define IRQSAN_STACK_ENTRIES 40

/**
 * struct irqsan_record - one violation
 * @ready: the producer has filled the rest
 * @site: where
 * @where: source file and line of the check, for the splat
 * @restoring: restore kinds: the flags being restored; KIND_BALANCE: the state
 *	       at entry
 * @cpu: on which CPU
 * @pid: of the task that ran there
 * @comm: its name
 * @time_ns: monotonic nanoseconds
 * @regs: registers at the site
 * @told: the kernel itself has reported it
 * @enabler: who turned IRQs on in this context (track=1)
 * @nr_entries: valid entries of @stack; 0 once the site has been reported
 * @stack: the site, then return addresses, the nearest first
 */
struct irqsan_record {
	bool ready;
	struct irqsan_site *site;
	const char *where;
	enum irqsan_flag_state restoring;
	unsigned int cpu;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	u64 time_ns;
	struct pt_regs regs;
	bool told;
	struct irqsan_enabler enabler;
	unsigned int nr_entries;
	unsigned long stack[IRQSAN_STACK_ENTRIES];
};

/* core.c */
extern bool irqsan_enabled;
extern bool irqsan_track;
extern bool irqsan_panic;
extern bool irqsan_report_all;
const char *irqsan_engine(void);

/* text.c */
int irqsan_text_symbols(const char * const *names, unsigned int nr, unsigned long *addrs);
int irqsan_text_functions(const char * const *names, unsigned int nr, struct irqsan_range *fns);
int irqsan_text_around(unsigned long addr, struct irqsan_range *fn);
struct irqsan_style irqsan_text_style(unsigned long start);
int irqsan_text_kernel(struct irqsan_range *text);
void irqsan_text_modules(void (*fn)(struct module *mod));

/* deny.c */
int irqsan_deny_start(void);
void irqsan_deny_stop(void);
bool irqsan_denied(unsigned long addr);
int irqsan_deny_show(struct seq_file *m, void *unused);

/* site.c */
int irqsan_sites_of(enum irqsan_kind kind, const struct irqsan_range *text,
		    const struct module *mod, bool init);
struct irqsan_site *irqsan_site_new(enum irqsan_kind kind, unsigned long addr,
				    const struct module *mod, kprobe_pre_handler_t handler);
struct irqsan_site *irqsan_site_reserve(void);
void irqsan_sites_drop(const struct module *mod, bool init_only);
void irqsan_sites_drop_all(void);
u8 *irqsan_sites_original(const struct irqsan_range *text);
u8 *irqsan_sites_original_locked(const struct irqsan_range *text);
int irqsan_sites_add(unsigned long addr);
int irqsan_sites_remove(unsigned long addr);
void irqsan_sites_clear(void);
bool irqsan_sites_armed_in(const struct irqsan_range *text, unsigned int *found);
unsigned int irqsan_sites_armed(void);
int irqsan_sites_error(enum irqsan_kind kind);
int irqsan_sites_show(struct seq_file *m, void *unused);
int irqsan_violations_show(struct seq_file *m, void *unused);
void irqsan_sites_status(struct seq_file *m);

/* scope.c: which text is scanned */
int irqsan_scope_start(const char *sites);
void irqsan_scope_stop(void);

/* probe.c */
int irqsan_site_hit(struct kprobe *kp, struct pt_regs *regs);
int irqsan_arm(struct irqsan_site *site);
void irqsan_disarm(struct irqsan_site **sites, unsigned int nr);

/* direct.c */
int irqsan_direct_arm(struct irqsan_site *site);
void irqsan_direct_disarm(void);
void irqsan_direct_bogus(struct pt_regs *regs);
extern u64 __percpu *irqsan_direct_hits;

/* direct_entry.S */
void irqsan_direct_entry(void);

/* hooks.c: the other engine */
int irqsan_hooks_start(void);
void irqsan_hooks_stop(void);
bool irqsan_hooks_active(void);
void irqsan_hooks_control(void);
u64 irqsan_hooks_lost(void);

/* builtin.c */
bool irqsan_builtin(void);
bool irqsan_builtin_told(void);
void irqsan_builtin_start(void);

/* check.c */
void irqsan_check(struct irqsan_site *site, struct pt_regs *regs);
void irqsan_violation(struct irqsan_site *site, struct pt_regs *regs,
		      enum irqsan_flag_state state, const char *where);

/* track.c */
int irqsan_enable_hit(struct kprobe *kp, struct pt_regs *regs);
void irqsan_enabler_now(struct irqsan_enabler *enabler);
void irqsan_enabler_string(const struct irqsan_enabler *enabler, char *buf, size_t size);

/* record.c */
int irqsan_record_start(void);
void irqsan_record_stop(void);
void irqsan_record_flush(void);
void irqsan_record(struct irqsan_site *site, struct pt_regs *regs,
		   enum irqsan_flag_state state, const struct irqsan_enabler *enabler,
		   const char *where);
void irqsan_record_clear(void);
u64 irqsan_record_lost(void);

/* report.c */
void irqsan_report(const struct irqsan_record *record);
const char *irqsan_flag_state_name(enum irqsan_flag_state state);
u64 irqsan_report_first_ns(void);
void irqsan_report_clear(void);

/* control.c */
int irqsan_control_start(void);
int irqsan_control_run(void);
void irqsan_control_seen(void);
unsigned int irqsan_control_count(void);

/**
 * struct irqsan_pv_call - a call of a wait function that is under way
 * @sp: stack pointer at entry, which it is again at the return; tells the calls
 *	apart even when a probe was missed
 * @irqs_on: IRQ state at entry
 * @kicked: kicks that had been sent to this CPU
 * @start_ns: when
 */
struct irqsan_pv_call {
	unsigned long sp;
	bool irqs_on;
	int kicked;
	u64 start_ns;
};

/* pv.c */
void irqsan_pv_enter(unsigned long sp, bool irqs_on);
bool irqsan_pv_leave(unsigned long sp, unsigned long function, struct irqsan_pv_call *call);
void irqsan_pv_imbalance(void);
void irqsan_pv_kick(int cpu);
void irqsan_pv_slowpath(void);
int irqsan_pv_start(void);
void irqsan_pv_stop(void);
const char *irqsan_pv_restore_state(void);
void irqsan_pv_clear(void);
int irqsan_pv_show(struct seq_file *m, void *unused);

/* debugfs.c */
void irqsan_debugfs_start(void);
void irqsan_debugfs_stop(void);

#endif
