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
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/stringify.h>
#include <linux/types.h>

#include "scan.h"

#undef pr_fmt
#define pr_fmt(fmt) "irqsan: " fmt

#define IRQSAN_VERSION "0.1.0"

/* This place, in the form in which a WARNING names its own. */
#define IRQSAN_HERE "irqsan/" KBUILD_BASENAME ".c:" __stringify(__LINE__)

/**
 * enum irqsan_kind - what is checked at a site
 * @KIND_RESTORE: IRQs must be off at this instruction
 * @KIND_CONTROL: the same, in the function whose restore is bogus on purpose
 * @KIND_BALANCE: this instruction leaves a function, with the IRQ state that it
 *		  was entered with
 */
enum irqsan_kind {
	KIND_RESTORE,
	KIND_CONTROL,
	KIND_BALANCE,
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

/* A kprobe overwrites one byte, an optimised one as many as a near jump has. */
#define IRQSAN_PATCHED_BYTES 5

/**
 * struct irqsan_site - a place in the running kernel that is checked
 * @node: in the table of sites
 * @kind: what is checked
 * @addr: of the instruction
 * @saved: where the flags being restored are (restore kinds)
 * @reg: register number for SAVED_REG
 * @code: the bytes at @addr before anything was armed there
 * @count: per-CPU counts
 * @reported: a full splat was printed
 * @armed: @kp is registered
 * @kp: the probe
 */
struct irqsan_site {
	struct list_head node;
	enum irqsan_kind kind;
	unsigned long addr;
	enum irqsan_saved saved;
	u8 reg;
	u8 code[IRQSAN_PATCHED_BYTES];
	struct irqsan_count __percpu *count;
	bool reported;
	bool armed;
	struct kprobe kp;
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

#define IRQSAN_STACK_ENTRIES 40

/**
 * struct irqsan_record - one violation
 * @ready: the producer has filled the rest
 * @site: where
 * @where: source file and line of the check, for the splat
 * @restoring: KIND_RESTORE: the flags being restored; KIND_BALANCE: the state
 *	       at entry
 * @cpu: on which CPU
 * @pid: of the task that ran there
 * @comm: its name
 * @time_ns: monotonic nanoseconds
 * @regs: registers at the site
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
	unsigned int nr_entries;
	unsigned long stack[IRQSAN_STACK_ENTRIES];
};

/* text.c */
int irqsan_text_function(const char *name, unsigned long *start, unsigned long *len);
int irqsan_text_around(unsigned long addr, unsigned long *start, unsigned long *len);

/* site.c */
struct irqsan_site *irqsan_site_new(enum irqsan_kind kind, unsigned long addr);
int irqsan_sites_of(enum irqsan_kind kind, unsigned long start, unsigned long len);
void irqsan_site_sum(const struct irqsan_site *site, struct irqsan_count *sum);
struct irqsan_count irqsan_sites_total(void);
u64 irqsan_sites_nmissed(void);
unsigned int irqsan_sites_armed(void);
int irqsan_arm_all(void);
void irqsan_disarm_all(void);
void irqsan_sites_free(void);
int irqsan_sites_show(struct seq_file *m, void *unused);

/* probe.c */
int irqsan_site_hit(struct kprobe *kp, struct pt_regs *regs);
int irqsan_arm(struct irqsan_site *site, kprobe_pre_handler_t handler);

/* check.c */
void irqsan_check(struct irqsan_site *site, struct pt_regs *regs);
void irqsan_violation(struct irqsan_site *site, struct pt_regs *regs,
		      enum irqsan_flag_state state, const char *where);

/* record.c */
int irqsan_record_start(void);
void irqsan_record_stop(void);
void irqsan_record(struct irqsan_site *site, struct pt_regs *regs,
		   enum irqsan_flag_state state, const char *where);
u64 irqsan_record_lost(void);

/* report.c */
void irqsan_report(const struct irqsan_record *record);
u64 irqsan_report_first_ns(void);

/* control.c */
int irqsan_control_start(void);
int irqsan_control_run(void);
void irqsan_control_seen(void);
unsigned int irqsan_control_count(void);

/* pv.c */
int irqsan_pv_start(void);
void irqsan_pv_stop(void);
const char *irqsan_pv_restore_state(void);
u64 irqsan_pv_nmissed(void);
int irqsan_pv_show(struct seq_file *m, void *unused);

/* debugfs.c */
void irqsan_debugfs_start(void);
void irqsan_debugfs_stop(void);

#endif
