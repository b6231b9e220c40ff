// SPDX-License-Identifier: GPL-2.0
/*
 * Titles of kernel crash reports: a table of what their first lines look like,
 * and the rules for choosing the one function that names them.
 */
#define _GNU_SOURCE
#define PCRE2_CODE_UNIT_WIDTH 8
#include <ctype.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "crash.h"
#include "util.h"

/* A report longer than this has other things mixed into it. */
#define REPORT_LINES_MAX 500
/* How far above its header a report's "cut here" line may be. */
#define CUT_HERE_REACH 4

/* A function as reports print it; the suffixes are the compiler's, not the source's. */
#define FN "(?<fn>[A-Za-z_]\\w*)(?:\\.(?:constprop|isra|part|cold|llvm)[.\\w]*)?"
#define OFF "\\+0x[0-9a-f]+(?:/0x[0-9a-f]+)?"

/**
 * enum frame_from - where the function in a title may come from, in this order
 * @FROM_HEADER: the header line itself (its group "fn")
 * @FROM_IP: the line of the instruction pointer (RIP, EIP, pc)
 * @FROM_TRACE: the call trace
 * @ANY_CPU: lines of other CPUs and tasks belong to the report too (stalls:
 *	     the CPU that reports isn't the one that is stuck)
 * @NO_IRQ: frames of interrupts are not what was interrupted
 */
enum frame_from {
	FROM_HEADER = 1,
	FROM_IP = 2,
	FROM_TRACE = 4,
	ANY_CPU = 8,
	NO_IRQ = 16,
};

/**
 * struct rule - one kind of report
 * @header: PCRE2 pattern for its first line, which is matched without time
 *	    stamp and context
 * @title: the title. %F: the function; %1, %2: groups of the header, %B: what
 *	   @body found, each with addresses and long numbers made neutral
 * @from: where %F is looked for
 * @skip: further functions that never name this kind of report, or NULL
 * @body: pattern for a later line whose group 1 is %B, or NULL
 */
struct rule {
	const char *header;
	const char *title;
	unsigned int from;
	const char *skip;
	const char *body;
};

/* Functions that report, check, copy, allocate or lock for others: never the culprit. */
static const char skip_always[] =
	"^(?:_*dump_stack(?:_lvl)?|show_stack|_?sched_show_task|print_.*|panic|"
	"__warn.*|warn_.*|report_.*|"
	"fixup_bug|fixup_exception|handle_bug|do_error_trap|do_invalid_op|invalid_op|exc_.*|asm_.*|"
	"page_fault|do_page_fault|__do_page_fault|error_entry|die|__die.*|no_context|bad_area.*|"
	"_*(?:kasan|asan|kmsan|msan|kcsan|tsan|kfence|ubsan|sanitizer|hwasan).*|"
	"check_memory_region.*|"
	"irqsan_.*|kprobe_.*|optimized_callback|aggr_pre_handler|ftrace_ops.*|arch_ftrace_ops.*|"
	"_*(?:memcpy|memset|memmove|memcmp|memscan|str(?:len|cpy|ncpy|lcpy|scpy|cmp|"
	"ncmp|chr|rchr|nlen)).*|"
	"_*(?:kmalloc|kzalloc|kcalloc|krealloc|kvmalloc|kmem_cache_alloc|vmalloc|"
	"slab_alloc|alloc_pages).*|"
	"_*(?:kfree|kvfree|vfree|kmem_cache_free|slab_free).*|should_fail.*|fail_dump|"
	"_*should_failslab|"
	"_*copy_(?:from|to)_user.*|_*might_(?:sleep|fault).*|_*printk.*|vprintk.*|"
	"_*refcount_.*|kref_.*|_*list_(?:add|del).*_valid(?:_or_report)?|"
	"_*debug_object.*|debug_check_no_.*|"
	"_*lock_(?:acquire|release|is_held).*|lockdep_.*|mark_lock.*|"
	"_*check_(?:noncircular|prev.*|deadlock)|"
	"validate_chain.*|__lock_.*|_*raw_(?:spin|read|write)_.*|do_raw_(?:spin|read|write)_.*|"
	"_*(?:native|pv)_queued_(?:spin|read|write)_.*|queued_spin_.*|"
	"_*mutex_(?:un)?lock.*|_*down_(?:read|write).*|"
	"up_(?:read|write).*|rwsem_.*|_*percpu_down.*|"
	"read_word_at_a_time|_*(?:read|write)_once.*|_*atomic\\w*_(?:read|set|inc|dec|"
	"add|sub|or|fetch).*|"
	"ret_from_.*|entry_.*|do_syscall_.*|stack_trace_.*|save_stack.*|unwind_.*|"
	"dump_trace|set_track|"
	"nmi_.*|trigger_.*backtrace.*|arch_trigger_.*|rcu_dump_cpu_stacks.*|"
	"get_freepointer.*|arch_local_.*|trace_hardirqs.*|__x86_indirect_.*|"
	"dump_backtrace|retint_.*|do_trap|"
	"_*rb_.*|_*call_rcu.*|kthread|_*kobject_.*|_*wait_for_.*|finish_wait|"
	"prepare_to_wait.*|osq_.*|"
	"timer_is_static_object|timerqueue_.*|del_timer.*|device_del|_*sysfs_.*|get_device_parent|"
	"usb_kill_urb|kthread_stop|_*cancel_.*work.*|_*flush_work.*|_*alloc_skb|_*vunmap|"
	"skb_(?:panic|push|put|pull)|skb_over_panic|skb_under_panic|_*stack_chk_fail|rtnl_lock|"
	"_*check_(?:object_size|heap_object)|usercopy_abort|down|_*down_.*|add_uevent_var|"
	"register_lock_class|look_up_lock_class|assign_lock_key|_*raw_(?:read|"
	"write)[bwlq]|string|vsnprintf|"
	"rcu_lockdep.*|process_one_work|worker_thread|_*switch_to|_*panic|handle_irq)$";

#define SKIP_SCHEDULE \
	"^(?:_*schedule.*|io_schedule.*|context_switch|preempt_.*|__switch_to.*|" \
	"wait_.*|_*wait_.*|" \
	"do_wait_.*|out_of_line_wait.*|bit_wait.*|__mutex_.*|mutex_.*|__down_.*|down|down_.*|" \
	"_cond_resched|___might_sleep|watchdog.*|hung_task.*|kthread.*|synchronize_.*|__wait_.*|" \
	"debug_show_all_locks|check_hung.*|_*synchronize_.*|rcu_barrier.*|__flush_work)$"
#define SKIP_STALL \
	"^(?:rcu_.*|__rcu_.*|update_process_times|tick_.*|_*hrtimer_.*|_*run_hrtimer.*|" \
	"_*run_timer.*|" \
	"local_apic_timer.*|smp_apic_.*|apic_timer_.*|sysvec_.*|_*sysvec_.*|__do_softirq.*|" \
	"invoke_softirq|irq_exit.*|_*irq_exit.*|do_softirq.*|run_ksoftirqd|" \
	"call_timer_fn|expire_timers|" \
	"_*delay_.*|_*const_udelay|watchdog.*|smp_call_.*|preempt_schedule.*|_*schedule.*|" \
	"cpu_.*|default_idle.*|native_.*|csd_lock_.*|check_cpu_stall.*|kvm_wait|pv_wait.*)$"

/*
 * In the order in which they are tried on a line: a special case stands above
 * the general one.
 */
static const struct rule rules[] = {
	{ "^BUG: KASAN: ([\\w-]+)(?: on address 0x[0-9a-f]+)?(?: in " FN "(?:" OFF ")?)?",
	  "KASAN: %1 %B in %F", FROM_HEADER | FROM_TRACE, NULL,
	  "^(Read|Write) (?:of|at) (?:size|addr)" },
	{ "^BUG: KFENCE: ([\\w -]+?) in " FN OFF, "KFENCE: %1 in %F",
	  FROM_HEADER | FROM_TRACE, NULL, NULL },
	{ "^BUG: KMSAN: ([\\w-]+) in " FN, "KMSAN: %1 in %F", FROM_HEADER | FROM_TRACE,
	  NULL, NULL },
	{ "^BUG: KCSAN: ([\\w: -]+?) in " FN "(?:" OFF ")? / ([A-Za-z_]\\w*)",
	  "KCSAN: %1 in %F / %3", FROM_HEADER, NULL, NULL },
	{ "^BUG: KCSAN: ([\\w: -]+?) in " FN, "KCSAN: %1 in %F", FROM_HEADER, NULL, NULL },

	{ "^BUG: unable to handle kernel NULL pointer dereference|"
	  "^BUG: kernel NULL pointer dereference|^Unable to handle kernel NULL pointer dereference",
	  "BUG: unable to handle kernel NULL pointer dereference in %F",
	  FROM_IP | FROM_TRACE, NULL, NULL },
	{ "^BUG: unable to handle (?:kernel paging request|page fault)|"
	  "^Unable to handle kernel (?:paging request|access to user memory)",
	  "BUG: unable to handle kernel paging request in %F", FROM_IP | FROM_TRACE, NULL, NULL },
	{ "^(?:traps: )?(?:segment-related |\\S+: )?general protection fault(?:, |:|$)",
	  "general protection fault in %F", FROM_IP | FROM_TRACE, NULL, NULL },
	{ "^PANIC: double fault", "PANIC: double fault in %F", FROM_IP | FROM_TRACE, NULL, NULL },
	{ "^BUG: stack guard page was hit|^BUG: TASK stack guard page was hit|"
	  "^BUG: \\w+ stack guard page was hit",
	  "BUG: stack guard page was hit in %F", FROM_IP | FROM_TRACE, NULL, NULL },
	{ "^(?:traps: )?divide[ _]error: ",
	  "divide error in %F", FROM_IP | FROM_TRACE, NULL, NULL },
	{ "^(?:traps: )?invalid opcode: ",
	  "invalid opcode in %F", FROM_IP | FROM_TRACE, NULL, NULL },
	{ "^kernel BUG at mm/usercopy\\.c", "BUG: bad usercopy in %F", FROM_TRACE, NULL, NULL },
	{ "^BUG: memory leak", "memory leak in %F", FROM_TRACE, "^kmemleak_.*$", NULL },
	{ "^kernel BUG at lib/list_debug\\.c", "BUG: corrupted list in %F", FROM_IP | FROM_TRACE,
	  NULL, NULL },
	{ "^kernel BUG at ", "kernel BUG in %F", FROM_IP | FROM_TRACE, NULL, NULL },
	{ "^Unhandled fault: ", "Unhandled fault in %F", FROM_IP | FROM_TRACE, NULL, NULL },
	{ "^Alignment trap: ", "Alignment trap in %F", FROM_IP | FROM_TRACE, NULL, NULL },
	{ "^Internal error: ", "Internal error in %F", FROM_IP | FROM_TRACE, NULL, NULL },

	{ "^(?:(?:NMI )?watchdog: )?BUG: soft lockup", "BUG: soft lockup in %F",
	  FROM_IP | FROM_TRACE | NO_IRQ, SKIP_STALL, NULL },
	{ "^(?:(?:NMI )?watchdog: )?Watchdog detected hard LOCKUP",
	  "BUG: hard lockup in %F", FROM_IP | FROM_TRACE | NO_IRQ, SKIP_STALL, NULL },
	{ "^(?:rcu: )?INFO: rcu_\\w+ (?:self-)?detected (?:expedited )?stalls?|"
	  "^rcu: \\w+ kthread starved",
	  "INFO: rcu detected stall in %F", FROM_IP | FROM_TRACE | ANY_CPU | NO_IRQ,
	  SKIP_STALL, NULL },
	{ "^INFO: task .{1,64} blocked (?:in I/O wait )?for more than \\d+ seconds",
	  "INFO: task hung in %F",
	  FROM_TRACE, SKIP_SCHEDULE, NULL },
	{ "^INFO: task .{1,64} can't die for more than", "INFO: task can't die in %F",
	  FROM_TRACE, SKIP_SCHEDULE, NULL },
	{ "^BUG: workqueue lockup", "BUG: workqueue lockup", 0, NULL, NULL },
	{ "^BUG: spinlock (lockup suspected|recursion|bad magic|already unlocked|"
	  "wrong CPU|wrong owner)",
	  "BUG: spinlock %1 in %F", FROM_TRACE, "^spin_(?:bug|dump)$", NULL },

	{ "^WARNING: possible circular locking dependency detected|"
	  "^WARNING: possible recursive locking detected|"
	  "^WARNING: possible irq lock inversion dependency detected|"
	  "^INFO: possible (?:circular|recursive|irq) lock\\w*|"
	  "^\\[ INFO: possible (?:circular|recursive|irq).{1,60}detected",
	  "possible deadlock in %F", FROM_HEADER | FROM_TRACE, NULL, NULL },
	{ "^(?:WARNING: |\\[ INFO: )inconsistent lock state", "inconsistent lock state in %F",
	  FROM_TRACE, NULL, NULL },
	{ "^(?:WARNING: |\\[ INFO: )\\S+-safe -> \\S+-unsafe lock order detected",
	  "possible deadlock in %F",
	  FROM_TRACE, NULL, NULL },
	{ "^WARNING: suspicious RCU usage", "WARNING: suspicious RCU usage in %F", FROM_TRACE,
	  NULL, NULL },
	{ "^\\[ INFO: suspicious RCU usage", "INFO: suspicious RCU usage in %F", FROM_TRACE,
	  NULL, NULL },
	{ "^INFO: trying to register non-static key",
	  "INFO: trying to register non-static key in %F",
	  FROM_TRACE, "^(?:register_lock_class|assign_lock_key)$", NULL },
	{ "^(?:\\[ )?(BUG|WARNING): (?:\\S+/\\d+ )?(bad unlock balance|held lock freed|"
	  "still has locks held|lock held when returning to user space|"
	  "Nested lock was not taken|lock held at task exit)",
	  "%1: %2 in %F", FROM_TRACE, NULL, NULL },
	{ "^WARNING: Invalid wait context|^\\[ BUG: Invalid wait context",
	  "WARNING: Invalid wait context in %F", FROM_TRACE, NULL, NULL },

	{ "^BUG: sleeping function called from invalid context",
	  "BUG: sleeping function called from invalid context in %F", FROM_TRACE, NULL, NULL },
	{ "^BUG: scheduling while atomic", "BUG: scheduling while atomic in %F", FROM_TRACE,
	  "^(?:__schedule.*|schedule.*|preempt_.*)$", NULL },
	{ "^BUG: using (\\w+\\(\\)) in preemptible", "BUG: using %1 in preemptible code in %F",
	  FROM_TRACE, "^(?:check_preemption.*|debug_smp_.*|__this_cpu_.*)$", NULL },
	{ "^BUG: workqueue leaked lock or atomic: .*", "BUG: workqueue leaked lock or atomic in %F",
	  FROM_TRACE, NULL, NULL },
	{ "^BUG: Bad page state in process", "BUG: Bad page state in %F", FROM_TRACE,
	  "^(?:bad_page|free_pages_.*|__free_pages.*|get_page_from.*|free_.*page.*|put_page.*)$",
	  NULL },

	{ "^UBSAN: Undefined behaviour in ", "UBSAN: undefined-behaviour in %F", FROM_TRACE,
	  "^(?:val_to_.*|handle_.*)$", NULL },
	{ "^UBSAN: ([\\w-]+) in ", "UBSAN: %1 in %F", FROM_TRACE,
	  "^(?:val_to_.*|handle_.*)$", NULL },
	{ "^refcount_t: ", "WARNING: refcount bug in %F", FROM_TRACE, "^kobject_.*$", NULL },
	{ "^ODEBUG: (?!Out of memory|selftest)",
	  "WARNING: ODEBUG bug in %F", FROM_TRACE, NULL, NULL },
	{ "^WARNING: (?:CPU: \\d+ )?(?:PID: \\d+ )?at lib/refcount\\.c",
	  "WARNING: refcount bug in %F",
	  FROM_TRACE, "^kobject_.*$", NULL },
	{ "^WARNING: (?:CPU: \\d+ )?(?:PID: \\d+ )?at lib/debugobjects\\.c",
	  "WARNING: ODEBUG bug in %F", FROM_TRACE, NULL, NULL },
	{ "^WARNING: (?:CPU: \\d+ )?(?:PID: \\d+ )?at (?:lib/)?kobject\\.c",
	  "WARNING: kobject bug in %F", FROM_TRACE, "^kobject_.*$", NULL },
	{ "^WARNING: (?:CPU: \\d+ )?(?:PID: \\d+ )?at kernel/locking/lockdep\\.c",
	  "WARNING: locking bug in %F", FROM_TRACE, NULL, NULL },
	{ "^WARNING: (?:CPU: \\d+ )?(?:PID: \\d+ )?at \\S+(?: " FN OFF ")?|"
	  "^WARNING: \\S+:\\d+ at " FN OFF ", CPU#\\d+", "WARNING in %F",
	  FROM_HEADER | FROM_IP | FROM_TRACE, NULL, NULL },

	{ "^Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: "
	  "(?:[0-9a-f]+|"
	  FN ")", "kernel panic: stack is corrupted in %F", FROM_HEADER | FROM_TRACE, NULL, NULL },
	{ "^Kernel panic - not syncing: corrupted stack end detected",
	  "kernel panic: corrupted stack end in %F", FROM_TRACE,
	  "^(?:__schedule.*|schedule.*|preempt_.*)$", NULL },
	{ "^Kernel panic - not syncing: Attempted to kill init!",
	  "kernel panic: Attempted to kill init!", 0, NULL, NULL },
	{ "^Kernel panic - not syncing: Fatal exception", "kernel panic: Fatal exception", 0,
	  NULL, NULL },
	{ "^Kernel panic - not syncing: (.{1,100}?)[ .]*$", "kernel panic: %1", 0, NULL, NULL },
	{ "^(?:Oops|BUG): kernel stack overflow",
	  "kernel stack overflow in %F", FROM_IP | FROM_TRACE,
	  NULL, NULL },

	/* The decompressor's words; where it says why, its "System halted" comes later. */
	{ "^(\\S+-compressed data is corrupt|Input is not in the \\w+ format)",
	  "kernel can't be unpacked: %1", 0, NULL, NULL },
	{ "^-- System halted", "kernel can't be unpacked: System halted", 0, NULL, NULL },

	/* A report of no known kind is still a report: its first line names it. */
	{ "^BUG: ((?!Out of memory).{1,100}?)[ .]*$", "BUG: %1", 0, NULL, NULL },
};

#define NR_RULES ARRAY_SIZE(rules)

/* A line's time stamp, log level and context: "<4>[   60.014572][ T4392] ". */
static const char prefix_pattern[] =
	"^(?:<\\d+>)?(?:.{0,40}?\\[ *\\d+\\.\\d+\\]"
	"(?:\\[ *(?<ctx>[TC]\\d+)\\])? ?)?(?:\\(\\d\\))? ?";

/* "func+0x1/0x2", with or without address before it; "? " marks a guess of the unwinder. */
static const char frame_pattern[] =
	"^\\s*(?:<\\w+>\\s*)?(?:\\[<[0-9a-fx]+>\\]\\s*)?\\(?(?!\\? )" FN
	"(?:" OFF "|\\) from|(?:\\(\\))? \\S+:\\d+ \\[inline\\])";

static const char ip_pattern[] =
	"^(?:RIP: (?:0010:)?|RIP: e030:|EIP: (?:is at )?|pc : |PC is at |NIP )"
	"\\s*(?:\\[<[0-9a-f]+>\\]\\s*)*" FN OFF;

/*
 * Compiled patterns, made once.
 */
static struct {
	pcre2_code *header[NR_RULES];
	pcre2_code *skip[NR_RULES];
	pcre2_code *body[NR_RULES];
	pcre2_code *prefix;
	pcre2_code *frame;
	pcre2_code *ip;
	pcre2_code *skip_always;
	pcre2_match_data *match;
} re;

/* The patterns are constants: one that doesn't compile is a bug in the table. */
static pcre2_code *compile(const char *pattern)
{
	pcre2_code *code;
	size_t offset;
	int error;

	code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_DUPNAMES,
			     &error, &offset, NULL);
	if (!code) {
		pr_err("pattern error %d at %zu: %s", error, offset, pattern);
		abort();
	}
	/* Without JIT it is only slower. */
	pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	return code;
}

static void compile_all(void)
{
	size_t i;

	if (re.match)
		return;
	for (i = 0; i < NR_RULES; i++) {
		re.header[i] = compile(rules[i].header);
		if (rules[i].skip)
			re.skip[i] = compile(rules[i].skip);
		if (rules[i].body)
			re.body[i] = compile(rules[i].body);
	}
	re.prefix = compile(prefix_pattern);
	re.frame = compile(frame_pattern);
	re.ip = compile(ip_pattern);
	re.skip_always = compile(skip_always);
	re.match = pcre2_match_data_create(16, NULL);
	if (!re.match)
		abort();
}

/**
 * struct line - one line of a log
 * @text: where it starts, after time stamp and context
 * @len: its length from there, without newline
 * @offset: where the whole line starts in the log
 * @next: where the next line starts
 * @ctx: its "[ T123]" or "[ C1]" without blanks and brackets
 * @ctx_len: 0 when the log has none
 */
struct line {
	const char *text;
	size_t len;
	size_t offset;
	size_t next;
	const char *ctx;
	size_t ctx_len;
};

static bool matches(const pcre2_code *code, const char *text, size_t len)
{
	return pcre2_match(code, (PCRE2_SPTR)text, len, 0, 0, re.match, NULL) >= 0;
}

/* Group @name or, where that is NULL, @number of the last match; NULL if it's not set. */
static char *group(const char *text, const char *name, unsigned int number)
{
	const size_t *at = pcre2_get_ovector_pointer(re.match);
	size_t len;

	if (name) {
		PCRE2_UCHAR *value;
		char *copy;

		if (pcre2_substring_get_byname(re.match, (PCRE2_SPTR)name, &value, &len))
			return NULL;
		copy = len ? xasprintf("%.*s", (int)len, (char *)value) : NULL;
		pcre2_substring_free(value);
		return copy;
	}
	if (number >= pcre2_get_ovector_count(re.match) || at[2 * number] == PCRE2_UNSET)
		return NULL;
	return xasprintf("%.*s", (int)(at[2 * number + 1] - at[2 * number]), text + at[2 * number]);
}

/* The line of @log at @offset; false at the end. */
static bool line_at(const char *log, size_t len, size_t offset, struct line *l)
{
	const char *nl;
	size_t *at;
	int ctx;

	if (offset >= len)
		return false;
	nl = memchr(log + offset, '\n', len - offset);
	*l = (struct line){ .text = log + offset, .offset = offset };
	l->len = nl ? (size_t)(nl - l->text) : len - offset;
	l->next = offset + l->len + (nl ? 1 : 0);
	while (l->len && isspace((unsigned char)l->text[l->len - 1]))
		l->len--;
	if (!matches(re.prefix, l->text, l->len))
		return true;
	at = pcre2_get_ovector_pointer(re.match);
	ctx = pcre2_substring_number_from_name(re.prefix, (PCRE2_SPTR)"ctx");
	if (at[2 * ctx] != PCRE2_UNSET) {
		l->ctx = l->text + at[2 * ctx];
		l->ctx_len = at[2 * ctx + 1] - at[2 * ctx];
	}
	l->text += at[1];
	l->len -= at[1];
	return true;
}

static bool same_context(const struct line *a, const struct line *b)
{
	return !a->ctx_len || !b->ctx_len ||
	       (a->ctx_len == b->ctx_len && !memcmp(a->ctx, b->ctx, a->ctx_len));
}

static bool line_has(const struct line *l, const char *text)
{
	return memmem(l->text, l->len, text, strlen(text));
}

/* The rule for a line that opens a report, or NR_RULES. The match stays in re.match. */
static size_t rule_for(const struct line *l)
{
	size_t i;

	for (i = 0; i < NR_RULES; i++)
		if (matches(re.header[i], l->text, l->len))
			break;
	return i;
}

static bool skipped(const char *fn, size_t rule)
{
	size_t len = strlen(fn);

	return matches(re.skip_always, fn, len) ||
	       (re.skip[rule] && matches(re.skip[rule], fn, len));
}

/**
 * struct report - a report while its lines are read
 * @rule: its kind
 * @header: its first line
 * @fn: the function that names it, once found; owned
 * @body: what the rule's body pattern found; owned
 * @irq: reading frames between <IRQ> and </IRQ>
 * @end: offset just behind it
 */
struct report {
	size_t rule;
	struct line header;
	char *fn;
	char *body;
	bool irq;
	size_t end;
};

static void take_frame(struct report *r, const struct line *l, const pcre2_code *code)
{
	char *fn;

	if (r->fn || !matches(code, l->text, l->len))
		return;
	fn = group(l->text, "fn", 0);
	if (!fn || skipped(fn, r->rule))
		free(fn);
	else
		r->fn = fn;
}

static void report_line(struct report *r, const struct line *l)
{
	const struct rule *rule = &rules[r->rule];

	if (re.body[r->rule] && !r->body && matches(re.body[r->rule], l->text, l->len))
		r->body = group(l->text, NULL, 1);
	if (line_has(l, "<IRQ>"))
		r->irq = true;
	if (!((rule->from & NO_IRQ) && r->irq)) {
		if (rule->from & FROM_IP)
			take_frame(r, l, re.ip);
		if (rule->from & FROM_TRACE)
			take_frame(r, l, re.frame);
	}
	if (line_has(l, "</IRQ>") || line_has(l, "<EOI>")) {
		r->irq = false;
		/* Old kernels put the interrupted frame on the marker's own line. */
		if (rule->from & FROM_TRACE)
			take_frame(r, l, re.frame);
	}
}

/* Reads the report that @r->header opens. */
static void report_read(struct report *r, const char *log, size_t len)
{
	const struct rule *rule = &rules[r->rule];
	size_t offset = r->header.next;
	unsigned int n;
	struct line l;

	r->end = offset;
	for (n = 0; n < REPORT_LINES_MAX && line_at(log, len, offset, &l); n++) {
		offset = l.next;
		if (!(rule->from & ANY_CPU) && !same_context(&r->header, &l))
			continue;
		if (line_has(&l, "[ cut here ]"))
			break;
		r->end = l.next;
		if (line_has(&l, "---[ end trace") || line_has(&l, "---[ end Kernel panic"))
			break;
		report_line(r, &l);
	}
}

/* Appends @text with what differs from boot to boot replaced. */
static void add_neutral(struct buf *out, const char *text)
{
	while (*text) {
		size_t hex = strspn(text, "0123456789abcdefx");
		size_t dec = strspn(text, "0123456789");

		if (!strncmp(text, "0x", 2) || hex >= 8) {
			buf_add(out, "ADDR", 4);
			text += hex;
		} else if (dec) {
			buf_add(out, "NUM", 3);
			text += dec;
		} else {
			/* Digits inside a word are part of its name. */
			size_t word = 1;

			while (isalnum((unsigned char)text[0]) &&
			       isalnum((unsigned char)text[word]))
				word++;
			buf_add(out, text, word);
			text += word;
		}
	}
}

static char *report_title(const struct report *r)
{
	const struct rule *rule = &rules[r->rule];
	struct buf out = {};
	const char *p;

	for (p = rule->title; *p; p++) {
		char *value;

		if (*p != '%') {
			buf_add(&out, p, 1);
			continue;
		}
		p++;
		if (*p == 'F') {
			const char *fn = r->fn ?: "corrupted";

			buf_add(&out, fn, strlen(fn));
		} else if (*p == 'B') {
			if (r->body)
				add_neutral(&out, r->body);
			else
				/* "KASAN: invalid-free in …" has no access to name. */
				out.len--;
		} else {
			matches(re.header[r->rule], r->header.text, r->header.len);
			value = group(r->header.text, NULL, (unsigned int)(*p - '0'));
			if (value)
				add_neutral(&out, value);
			free(value);
		}
	}
	buf_add(&out, "", 0);
	out.data[out.len] = '\0';
	return out.data;
}

/* Where the report of @header begins: at its "cut here" line, if one stands just above. */
static size_t report_start(const char *log, const size_t *above, const struct line *header)
{
	size_t i;

	for (i = 0; i < CUT_HERE_REACH && above[i] != header->offset; i++) {
		const char *nl = memchr(log + above[i], '\n', header->offset - above[i]);

		if (nl && memmem(log + above[i], (size_t)(nl - log) - above[i], "[ cut here ]", 12))
			return above[i];
	}
	return header->offset;
}

/**
 * crash_find() - the first crash of a console log
 * @log: the text, lines with or without time stamps and contexts; a single
 *	 line is a log too
 * @len: its length
 * @crash: filled when there is one; for crash_free()
 *
 * Return: 1 when there is a crash, 0 when there is none.
 */
int crash_find(const char *log, size_t len, struct crash *crash)
{
	size_t above[CUT_HERE_REACH];
	struct report r = {};
	size_t offset = 0, i;
	struct line l;

	compile_all();
	memset(crash, 0, sizeof(*crash));
	memset(above, 0, sizeof(above));
	for (; line_at(log, len, offset, &l); offset = l.next) {
		/* The last lines' offsets, oldest first; this one's fills what is unused. */
		memmove(above, above + 1, sizeof(above) - sizeof(above[0]));
		above[CUT_HERE_REACH - 1] = l.offset;
		r.rule = rule_for(&l);
		if (r.rule < NR_RULES)
			break;
	}
	if (offset >= len)
		return 0;

	r.header = l;
	if (rules[r.rule].from & FROM_HEADER)
		take_frame(&r, &l, re.header[r.rule]);
	report_read(&r, log, len);

	i = report_start(log, above, &l);
	crash->start = i;
	crash->end = r.end;
	crash->corrupted = rules[r.rule].from && !r.fn;
	crash->title = report_title(&r);
	free(r.fn);
	free(r.body);
	return 1;
}

/**
 * crash_free() - free what crash_find() filled in
 * @crash: the crash; may be freed twice
 */
void crash_free(struct crash *crash)
{
	free(crash->title);
	crash->title = NULL;
}
