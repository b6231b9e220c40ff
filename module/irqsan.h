/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of irqsan.ko share.
 *
 * The way of data: text.c names a function's bytes, scan.c finds the restore
 * in them, site.c keeps it, probe.c arms it. A CPU that gets there is checked by
 * probe.c, which counts and, where IRQs are on, has bug.c record it. A kthread and
 * the panic notifier print the records.
 */
#ifndef IRQSAN_H
#define IRQSAN_H

#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/stringify.h>
#include <asm/processor-flags.h>
#include <asm/ptrace.h>

#include "scan.h"

#undef pr_fmt
#define pr_fmt(fmt) "irqsan: " fmt

#define IRQSAN_VERSION "0.3.0"

/* This place, in the form in which a WARNING names its own. */
#define IRQSAN_HERE "irqsan/" KBUILD_BASENAME ".c:" __stringify(__LINE__)

/* A kprobe overwrites one byte, an optimised one as many as a near jump has. */
#define IRQSAN_PATCHED_BYTES 5

/* Words of its stack that are kept of code that turns IRQs on. */
#define IRQSAN_ENABLER_WORDS 64

/**
 * struct irqsan_range - some text
 * @start: address of the first byte
 * @len: how many bytes
 */
struct irqsan_range {
	unsigned long start;
	unsigned long len;
};

/* Does @range contain @addr? Any context. */
static __always_inline bool irqsan_range_has(const struct irqsan_range *range, unsigned long addr)
{
	return addr - range->start < range->len;
}

/* What is checked at a site. */
enum irqsan_kind {
	IRQSAN_RESTORE,		/* IRQs must be off at this instruction */
	IRQSAN_CONTROL,		/* the same, in code that is bogus on purpose */
	IRQSAN_BALANCE,		/* it leaves a function, with the IRQ state of the entry */
	IRQSAN_ENABLE,		/* nothing: it turns IRQs on, and is remembered (track=1) */
	IRQSAN_ENTRY,		/* nothing: the entry of a function that pv.c counts */
};

enum irqsan_state {
	IRQSAN_NEW,		/* found, not armed yet */
	IRQSAN_ARMED,		/* a CPU that gets there is checked */
	IRQSAN_DENIED,		/* not probed: deny.c, and decoding_leaves_text() in probe.c */
	IRQSAN_REFUSED,		/* by the kprobe layer (noinstr, NOKPROBE and the like) */
	IRQSAN_NO_INSN,		/* the kprobe layer says that no instruction begins there */
	IRQSAN_FAILED,		/* another error */
	IRQSAN_STATES,
};

/* What is known of saved flags: IRQs off, on, or they can't be read at the site. */
enum irqsan_flags {
	IRQSAN_OFF,
	IRQSAN_ON,
	IRQSAN_UNKNOWN,
};

/* By what a CPU gets into the check. */
enum irqsan_mechanism {
	IRQSAN_BREAKPOINT,	/* a kprobe */
	IRQSAN_JUMP,		/* a kprobe that the kernel has optimised into a jump */
	IRQSAN_DIRECT,		/* a direct ftrace call */
	IRQSAN_TRACEPOINT,	/* the kernel's own check */
	IRQSAN_MECHANISMS,
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
 * struct irqsan_site - a place in the running kernel that is checked
 * @node: in the table of sites
 * @kind: what is checked
 * @state: whether it is armed, and why not
 * @addr: of the instruction
 * @enable: restore kinds: the instruction that turns IRQs on
 * @entry: where the direct call is, if one is armed; else 0
 * @saved: where the flags being restored are (restore kinds)
 * @reg: register number for IRQSAN_SAVED_REG
 * @init: lies in a module's init text, which is freed after its init
 * @code: the bytes at @addr before anything was armed there
 * @mod: the module it lies in; NULL for the kernel
 * @count: per-CPU counts
 * @handler: runs when a CPU reaches it
 * @kp: the probe
 */
struct irqsan_site {
	struct list_head node;
	enum irqsan_kind kind;
	enum irqsan_state state;
	unsigned long addr;
	unsigned long enable;
	unsigned long entry;
	enum irqsan_saved saved;
	u8 reg;
	bool init;
	u8 code[IRQSAN_PATCHED_BYTES];
	const struct module *mod;
	struct irqsan_count __percpu *count;
	kprobe_pre_handler_t handler;
	struct kprobe kp;
};

/**
 * struct irqsan_enabler - code that turned IRQs on
 * @addr: the instruction; 0 when none is known
 * @time_ns: monotonic nanoseconds
 * @task: that ran
 * @nr: words in @stack
 * @stack: the top of its stack, as it was
 */
struct irqsan_enabler {
	unsigned long addr;
	u64 time_ns;
	const struct task_struct *task;
	unsigned int nr;
	unsigned long stack[IRQSAN_ENABLER_WORDS];
};

/* core.c */
extern bool irqsan_enabled;
extern bool irqsan_track;
extern bool irqsan_panic;
extern bool irqsan_report_all;

/* text.c */
extern struct irqsan_range irqsan_kernel_text;
int irqsan_text_start(void);
int irqsan_text_find(const char * const *names, unsigned int nr, struct irqsan_range *fns);
int irqsan_text_around(unsigned long addr, struct irqsan_range *fn);
char *irqsan_text_name(char *buf, unsigned long addr);
bool irqsan_text_unlocks(unsigned long addr);
struct irqsan_style irqsan_text_style(unsigned long start);
struct module *irqsan_text_modules(bool (*fn)(struct module *mod, unsigned long arg),
				   unsigned long arg);
struct module *irqsan_text_module(unsigned long addr);

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
void irqsan_site_free(struct irqsan_site *site);
void irqsan_sites_drop(const struct module *mod, bool init_only);
u8 *irqsan_sites_original(const struct irqsan_range *text, bool locked);
int irqsan_sites_add(unsigned long addr);
int irqsan_sites_remove(unsigned long addr);
void irqsan_sites_clear(void);
unsigned int irqsan_sites_armed(const struct irqsan_range *text, unsigned int *found);
int irqsan_sites_show(struct seq_file *m, void *unused);
void irqsan_sites_status(struct seq_file *m);

/* scope.c: which text is scanned */
int irqsan_scope_start(const char *sites);
int irqsan_scope_modules(void);
void irqsan_scope_stop(void);

/* probe.c */
extern u64 __percpu *irqsan_direct_hits;
int irqsan_site_hit(struct kprobe *kp, struct pt_regs *regs);
void irqsan_direct_bogus(struct pt_regs *regs);
void irqsan_no_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags);
void irqsan_violation(struct irqsan_site *site, struct pt_regs *regs, enum irqsan_flags flags,
		      const char *where);
int irqsan_arm(struct irqsan_site *site);
void irqsan_disarm(struct list_head *sites);
bool irqsan_site_intact(const struct irqsan_site *site);
bool irqsan_direct_active(void);

/* entry.S */
void irqsan_direct_entry(void);
void irqsan_control_jump(void);

/* tracepoint.c */
struct tracepoint;
struct tracepoint *irqsan_tracepoint_attach(const char *name, void *probe, void *data);
void irqsan_tracepoint_detach(struct tracepoint *tp, void *probe, void *data);
void irqsan_tracepoint_start(void);
void irqsan_tracepoint_stop(void);
bool irqsan_tracepoint_active(void);
void irqsan_tracepoint_control(void);

/* track.c */
int irqsan_enable_hit(struct kprobe *kp, struct pt_regs *regs);
const struct irqsan_enabler *irqsan_enabler_now(void);
unsigned int irqsan_enabler_stack(const struct irqsan_enabler *enabler, unsigned long restorer,
				  unsigned long *stack, unsigned int max);

/* bug.c */
int irqsan_bugs_start(void);
void irqsan_bugs_stop(void);
void irqsan_bugs_flush(void);
void irqsan_bug_hit(enum irqsan_kind kind, unsigned long site, struct pt_regs *regs,
		    enum irqsan_flags flags, const u8 *code, const char *where);
void irqsan_bug_hit_at(enum irqsan_kind kind, unsigned long site, unsigned long caller,
		       struct pt_regs *regs, enum irqsan_flags flags, const u8 *code,
		       const char *where);
int irqsan_silence(const char *function, bool silent);
void irqsan_bugs_drop(const struct module *mod, bool init_only);
void irqsan_bugs_clear(void);
int irqsan_bugs_show(struct seq_file *m, void *unused);
void irqsan_bugs_status(struct seq_file *m);

/* control.c */
int irqsan_control_start(void);
void irqsan_control_stop(void);
int irqsan_control_run(void);
bool irqsan_control_has(unsigned long addr);
void irqsan_control_seen(unsigned long caller);
int irqsan_control_show(struct seq_file *m, void *unused);
void irqsan_control_status(struct seq_file *m);

/* pv.c */
int irqsan_pv_start(void);
void irqsan_pv_stop(void);
void irqsan_pv_module(struct module *mod);
void irqsan_pv_module_gone(const struct module *mod);
const char *irqsan_pv_restore_state(void);
void irqsan_pv_clear(void);
int irqsan_pv_show(struct seq_file *m, void *unused);

/* debugfs.c */
void irqsan_debugfs_start(void);
void irqsan_debugfs_stop(void);

#endif
