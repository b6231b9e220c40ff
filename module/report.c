// SPDX-License-Identifier: GPL-2.0
/*
 * The splat. Written line for line as the kernel's own WARNING, so that crash
 * parsers find the title ("WARNING in FUNC") and the stack where they expect
 * them.
 */
#include <linux/kernel.h>
#include <linux/ratelimit.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>
#include <asm/segment.h>

#include "compat.h"
#include "irqsan.h"

/* No prefix: parsers know the lines of a splat as they are. */
#undef pr_fmt
#define pr_fmt(fmt) fmt

/* As the kernel's Code: line: bytes before the instruction pointer, and in all. */
#define CODE_PROLOGUE 42
#define CODE_BYTES 64

/* Sites that begin to misbehave together are told one by one. */
#define SPLATS_A_BURST 10
#define BURST_SECONDS 5

static u64 first_ns;
static DEFINE_RATELIMIT_STATE(splat_limit, BURST_SECONDS * HZ, SPLATS_A_BURST);

/* "Not tainted", or the letters; get_taint() is exported to no module. */
static void taint_string(char *buf, size_t size)
{
	static const char letters[] = "PFSRMBUDAWCIOELKXTN";
	size_t at;
	unsigned int i;

	at = scnprintf(buf, size, "Tainted: ");
	for (i = 0; i < sizeof(letters) - 1 && at + 1 < size; i++) {
		if (test_taint(i))
			buf[at++] = letters[i];
	}
	buf[at] = '\0';
	if (buf[at - 1] == ' ')
		scnprintf(buf, size, "Not tainted");
}

/* The bytes as they were before a probe was put there. */
static void show_code(const struct irqsan_site *site)
{
	char line[CODE_BYTES * 3 + 3];
	u8 code[CODE_BYTES];
	size_t at = 0;
	int i;

	if (copy_from_kernel_nofault(code, (void *)(site->addr - CODE_PROLOGUE), sizeof(code)))
		return;
	if (!site->hooked)
		memcpy(code + CODE_PROLOGUE, site->code, sizeof(site->code));
	for (i = 0; i < CODE_BYTES; i++)
		at += scnprintf(line + at, sizeof(line) - at,
				i == CODE_PROLOGUE ? "<%02x> " : "%02x ", code[i]);
	pr_warn("Code: %s\n", line);
}

static void show_regs(const struct pt_regs *regs)
{
	/* An optimised probe saves no SS. */
	pr_warn("RSP: %04x:%016lx EFLAGS: %08lx\n", __KERNEL_DS, regs->sp, regs->flags);
	pr_warn("RAX: %016lx RBX: %016lx RCX: %016lx\n", regs->ax, regs->bx, regs->cx);
	pr_warn("RDX: %016lx RSI: %016lx RDI: %016lx\n", regs->dx, regs->si, regs->di);
	pr_warn("RBP: %016lx R08: %016lx R09: %016lx\n", regs->bp, regs->r8, regs->r9);
	pr_warn("R10: %016lx R11: %016lx R12: %016lx\n", regs->r10, regs->r11, regs->r12);
	pr_warn("R13: %016lx R14: %016lx R15: %016lx\n", regs->r13, regs->r14, regs->r15);
}

static void show_stack_trace(const struct irqsan_record *record)
{
	unsigned int i;

	pr_warn("Call Trace:\n");
	for (i = 0; i < record->nr_entries; i++)
		pr_warn(" %pS\n", (void *)record->stack[i]);
}

/**
 * irqsan_flag_state_name() - a flag state in a word
 * @state: the state
 *
 * Return: "on", "off" or "unknown".
 */
const char *irqsan_flag_state_name(enum irqsan_flag_state state)
{
	switch (state) {
	case FLAGS_ON:
		return "on";
	case FLAGS_OFF:
		return "off";
	default:
		return "unknown";
	}
}

static void show_enabler(const struct irqsan_record *record)
{
	const struct irqsan_enabler *enabler = &record->enabler;
	char who[2 * KSYM_SYMBOL_LEN];

	if (!irqsan_track)
		return;
	if (!enabler->addr) {
		pr_warn("irqsan: who enabled IRQs last is not known\n");
		return;
	}
	irqsan_enabler_string(enabler, who, sizeof(who));
	pr_warn("IRQs were last enabled at %s, %llu us earlier\n", who,
		(record->time_ns - enabler->time_ns) / 1000);
}

static void splat(const struct irqsan_record *record)
{
	const struct irqsan_site *site = record->site;
	bool balance = site->kind == KIND_BALANCE;
	void *at = (void *)site->addr;
	char taint[40];

	taint_string(taint, sizeof(taint));
	pr_warn("------------[ cut here ]------------\n");
	if (balance)
		pr_warn("%ps() entered with IRQs %s, left with IRQs %s\n", at,
			irqsan_flag_state_name(record->restoring),
			record->regs.flags & X86_EFLAGS_IF ? "on" : "off");
	else
		pr_warn("raw_local_irq_restore() called with IRQs enabled\n");
	pr_warn("WARNING: CPU: %u PID: %d at %s %pS\n",
		record->cpu, record->pid, record->where, at);
	pr_warn("CPU: %u PID: %d Comm: %s %s %s %.*s\n", record->cpu, record->pid,
		record->comm, taint, init_utsname()->release,
		(int)strcspn(init_utsname()->version, " "), init_utsname()->version);
	pr_warn("RIP: %04x:%pS\n", __KERNEL_CS, at);
	show_code(site);
	if (!site->hooked)
		show_regs(&record->regs);
	show_stack_trace(record);
	if (!balance)
		pr_warn("irqsan: flags being restored have IRQs %s%s\n",
			irqsan_flag_state_name(record->restoring),
			record->restoring == FLAGS_ON ? " (soft: the state stays as it is)" :
			record->restoring == FLAGS_OFF ?
			" (hard: the caller believes that they are off)" : "");
	show_enabler(record);
	pr_warn("---[ end trace 0000000000000000 ]---\n");
	add_taint(TAINT_WARN, LOCKDEP_STILL_OK);
}

/**
 * irqsan_report() - make a record known
 * @record: a violation
 *
 * The first violation of a site is a splat, if it wasn't one of the kernel's own;
 * later ones only count, or are splats too with report=all, as far as the rate
 * limit lets them. The planted one is no splat, or every load would look like a
 * bug. One caller at a time, from irq_work.
 */
void irqsan_report(const struct irqsan_record *record)
{
	struct irqsan_site *site = record->site;

	if (site->kind == KIND_CONTROL) {
		irqsan_control_seen();
		return;
	}
	if (!first_ns)
		WRITE_ONCE(first_ns, record->time_ns);
	site->last = (struct irqsan_last){
		.time_ns = record->time_ns,
		.restoring = record->restoring,
		.cpu = record->cpu,
		.pid = record->pid,
	};
	memcpy(site->last.comm, record->comm, sizeof(site->last.comm));
	if (site->reported && !irqsan_report_all)
		return;
	/* One over the limit gets its turn with its next violation. */
	if (!record->told && (!record->nr_entries || !__ratelimit(&splat_limit)))
		return;
	WRITE_ONCE(site->reported, true);
	if (!record->told)
		splat(record);
	if (irqsan_panic)
		panic("irqsan: panic=1 and a violation at %pS\n", (void *)site->addr);
}

/**
 * irqsan_report_clear() - forget when the first violation was
 */
void irqsan_report_clear(void)
{
	WRITE_ONCE(first_ns, 0);
}

/**
 * irqsan_report_first_ns() - when the first violation happened
 *
 * Return: monotonic nanoseconds; 0 when there was none.
 */
u64 irqsan_report_first_ns(void)
{
	return READ_ONCE(first_ns);
}
