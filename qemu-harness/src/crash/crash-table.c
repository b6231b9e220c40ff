// SPDX-License-Identifier: GPL-2.0
/*
 * Crash reports as data: what they look like, what they are called, and which
 * functions of theirs are never to blame. Titles are those that kernel CI
 * systems give, so that one bug has one name everywhere.
 */
#include "crash/crash-table.h"

/*
 * A function in front of its offset, of the suffix that a compiler gave it, or of
 * its source line, which decode_stacktrace.sh puts in the place of the offset.
 */
#define FN "([A-Za-z_]\\w*)(?:[.+]| (?=\\([^ ()]+:[\\d?]+[ )]))"
#define ADDR "\\[<?(?:0x)?[0-9a-f]+>?\\]"
#define SOURCE "[\\w./-]+\\.[a-z]+:\\d+"

/* Where the CPU was: RIP and EIP, IP of old kernels, NIP of powerpc, pc of arm and riscv. */
#define AT_IP \
	"(?:IP|pc |PC is at):? (?:[0-9a-f]+:)?" \
	"(?:(?:" ADDR " +){0,2}" FN "|0x[0-9a-f]+|" ADDR " +\\[< *\\(null\\)>\\]| *\\(null\\))"
/* arm may begin at once with what unwinds. */
#define UNWINDS "^ *unwind_backtrace from "
#define AT_CALLS "Call [Tt]race:|Backtrace:|" UNWINDS
/* A warning that is raised by a trap has an IP, or what powerpc writes for it. */
#define AT_WARNING "(?:" AT_IP "|--- interrupt: \\d+ at " FN ")"
/* "at: func+0x1/0x2": who takes or holds the lock. */
#define AT_LOCK "at: (?:" ADDR " +)?" FN
#define AT_PC ADDR " +" FN

/* The trail of forms that name none. */
const char *const crash_trail[CRASH_TRAIL] = { AT_CALLS, CRASH_FRAMES };
#define TRAIL_CALLS { AT_CALLS, CRASH_FRAMES }
#define TRAIL_IP { AT_IP, AT_CALLS, CRASH_FRAMES }
/* A warning's function: where its trap was, or who called that. */
#define BY_TRAP .trail = { AT_WARNING, CRASH_FRAMES }, .trail2 = TRAIL_CALLS

#define USB_SUBMIT "usb_(?:submit_urb|start_wait_urb|bulk_msg|interrupt_msg|control_msg)"

/* riscv's registers end so; of a fault in the kernel the stack follows unannounced. */
#define REGS_END "status: [0-9a-f]{16} badaddr: [0-9a-f]{16} cause: [0-9a-f]{16}"

#define CHATTER \
	"FAULT_INJECTION: forcing a failure|vmalloc: allocation failure:|" \
	"FAULT_FLAG_ALLOW_RETRY missing"

/* What is for the terminal: colours, and what clears the rest of a line. Any other is shown. */
const char re_escape[] = "\\x1b(?:\\[[0-9;:]*[mK]|[()].)";
/* A character as a web page spells it. */
const char re_entity[] = "&(?:[a-z]+|#\\w+);";
/*
 * "[  12.345678][ T123] " in front of a line, whatever stands before it: group 1, group 2
 * is the time, group 3 is T123.
 */
const char re_prefix[] =
	"^(?:(.{0,100}?)\\[ *(\\d+\\.\\d{6})(?:,\\d+)?\\]|\\[[^][]*\\d[.:]\\d[^][]*\\])"
	"(?: ?\\[ *([CT]\\d+)(?:@\\w+)?\\])?(?: |$)";

/* T123 in what others put in front of a line. */
const char re_context[] = "(?:\\[ *|caller=)([CT]\\d+)";
/* Words that are the first ones of their line. */
const char re_begins[] =
	"(?<!\\w)(?<!WARNING: )(?:-+\\[ (?:cut here|end trace) |[8]<--- cut here|={30}|Modules linked in:|"
	"CPU: \\d+ (?:UID|PID): \\d|Hardware name: |Workqueue: |[RE]IP: [0-9a-f]+:|RSP: |"
	"pc : |lr : |(?:PC|LR) is at |Code: |Call [Tt]race:|Backtrace:|stack backtrace:)";

/* Words that are the last ones of theirs, and what stands behind them all the same. */
const char re_ends[] =
	"(?:Call [Tt]race:|stack backtrace:|={30,}+|\\[ cut here \\]-++|</?TASK>|end trace \\w+ \\]---)"
	"([^\\s\\w[].*)$";

/* What may stand in front of a report of a single line. */
const char re_logger[] = "(?:\\d:\\d\\d\\b.* |\\bkernel: )$";
/* The end of a line that goes on in the next one, */
const char re_broken[] = "\\}, at:$";
/* and of a first line that may do so. */
const char re_open[] = " at " SOURCE "$|: data-race in \\S+ /$";
/* Frames that the unwinder found on the stack without knowing that they belong there. */
const char re_guess[] = "^(?!.*<EOI>)(?:(?:.*?" ADDR ")? *\\? |.*\\(unreliable\\)$)";
/* A line of a stack trace; the groups are functions, in the order in which they count. */
const char *const re_frame_lines[] = {
	"^ *(?:" ADDR " ){0,2}" FN,
	/* arm names the caller of a leaf function nowhere else. */
	"^ *" ADDR " \\((\\w[\\w.]*)\\) from " ADDR " \\(" FN,
	"^ *(\\w[\\w.]*) from " FN,
	NULL,
};

/* The line above a stack trace, */
const char re_trace_start[] =
	"Call [Tt]race|(?:Allocated|Freed)(?: by task \\d+)?:|Backtrace:|"
	"(?<=[^k]) backtrace(?: \\(crc \\w*\\))?:|Uninit was stored to memory at|" UNWINDS "|"
	REGS_END;

/* and one of those that may also stand above something else. */
const char re_trace_maybe[] = REGS_END;
/* Fault injection's stack is in between. */
const char re_foreign_frame[] = "^(?: " ADDR ")? should_fail(?:slab)?(?:\\.[a-z0-9.]+)?\\+0x";
/* Functions that report, check, copy, allocate or lock for others. */
const char re_skip[] =
	/* sanitizers */
	"asan|msan|__sanitizer|kcsan_setup_watchpoint|check_memory_region|read_word_at_a_time|"
	"(?:read|write)_once_.*nocheck|check_(?:heap_)?object|__fortify_report|"
	/* what prints a report, and what a trap passes on its way there */
	"print_(?:address_description|report|usage_bug|unlock|tainted|hex_dump)|hex_dump_to_buffer|"
	"^get_taint$|panic|report_bug|fixup_bug|imbalance_bug|assertfail|"
	"(?:show|dump|walk)_stack|(?:dump|unwind)_backtrace|arch_stack_walk|stack_trace_(?:save|consume)|"
	"__warn|warn_(?:slowpath|alloc|bogus)|"
	"invalid_op|do_error|do_trap|_trap$|program_check_(?:exception|common)|"
	"do_(?:kernel|translation)_fault|do_mem_abort|el1_abort|el1h_64_sync|"
	"printk|va_format|string|pointer|sc?nprintf|kv?asprintf|"
	"dev_(?:info|notice|warn|err|alert|crit|emerg)|"
	/* irqsan's own */
	"^irqsan_|"
	/* debug objects, reference counts, single bits and words */
	"debug_object|(?:timer|work)_is_static_object|ref_tracker|^refcount_|^kref_|"
	"atomic(?:64)?_(?:dec|inc|read|set|x?or|and|add|sub|fetch|xchg|cmpxchg|try)|"
	"(?:set|clear|change|test)_bit|seqprop_assert|"
	/* locks, and what looks after them */
	"^check_(?:prevs?_add|noncircular|deadlock|irq_usage|usage_\\w+|wait_context|flags)$|"
	"^validate_chain$|^valid_state$|^mark_usage$|^(?:register|look_up)_lock_class$|"
	"^assign_lock_key$|^find_held_lock$|^save_trace$|^debug_locks_off|"
	"^print_\\w*(?:bug|dependency|deadlock_scenario|wait_context)$|"
	"lockdep|lock_(?:acquire|release|class)|mark_lock|(?:reacquire|mark)_held_locks|"
	"(?:trace|lockdep)_(?:hard|soft)irq|raw_spin_rq|spin_(?:try|un)?lock|"
	"(?:read|write)_(?:try|un)?lock|^down$|down_(?:read|write|trylock)|up_(?:read|write)|"
	"^(?:__|rt_)?mutex_|owner_on_cpu|osq_(?:un)?lock|bh_(?:en|dis)able|^(?:un)?lock_page|"
	"__might_(?:fault|resched)|might_(?:fault|sleep)|perf_trace|"
	/* memory: from the allocators to the page cache */
	"alloc_page|k?v?[mzc]alloc|krealloc|kmem_cache|slab_|allocate_slab|alloc_frozen_pages|"
	"^kv?free$|kfree_skb|memdup|strn?dup|"
	"folio_(?:alloc|unlock)|filemap_(?:alloc|get)_folio|find_or_create_page|"
	"do_read_cache_folio|read_cache_page|pagecache_get_page|grab_cache_page_write_begin|"
	"xas_(?:start|load|find)|find_lock_entries|truncate_inode_pages_range|mark_buffer_dirty|"
	"__phys_addr|"
	/* loops that only spend time */
	"^delay_\\w+$|^_*(?:const_)?[nu]delay$|^_*delay$|"
	/* copies, strings, sums, I/O */
	"mem(?:cpy|cmp|set|chr|move)|str(?:cmp|ncmp|cpy|lcpy|ncpy|scpy|len|str|nstr|nlen|chr)|"
	"copy_(?:to|from)_(?:user|iter)|copy_(?:page|folio)_(?:to|from)_iter|^copy(?:in|out)$|"
	"(?:put|get)_user|extract_(?:user|iter)_to_sg|^crc\\d+|crc_itu_t|"
	"(?:read|write)[bwlq]$|logic_(?:in|out)|_indirect_thunk_|"
	/* lists, trees, tables */
	"list_(?:add|del|replace|move|splice)|^(?:__)?rb_|^klist_|rhashtable_lookup|ida_free|"
	/* timers, work, waiting, threads */
	"del_timer|lock_timer_base|__timer_delete_sync|sk_stop_timer_sync|__mod_timer|"
	"(?:flush|queue|insert)_work|(?:flush|drain|destroy)_workqueue|queue_delayed_work|"
	"__cancel_work_timer|cancel_work_sync|try_to_grab_pending|"
	"__wake_up|finish_wait|^complete$|wait_for_completion|kthread_stop|cleanup_srcu_struct|"
	/* objects on their way into and out of the driver model, inodes and dentries */
	"kobject_|add_uevent_var|get_device_parent|^put_device$|devres_release_all|"
	"device_(?:add|del|unregister|destroy|release|for_each_child|remove_file)|sysfs_remove|"
	"hwrng_unregister|i2c_del_adapter|__unregister_client|tty_unregister_device|"
	"rollback_registered|unregister_netdev|"
	"dummy_urb_enqueue|usb_kill_(?:anchored_)?urb|usb_(?:hcd_)?submit_urb|usb_control_msg|"
	"^iput$|^iput_final$|^ihold$|drop_nlink|dput";

/* What the layers of a system call's entry put before its name. */
const char re_syscall_prefix[] =
	"^(?:(?:compat_)?(?:SYSC|SyS)_|_{2,4}sys_|k?sys_|__(?:x64|ia32|arm64)_|__se_(?:sys_)?|"
	"__do_sys_)";

/* Functions that call for work, see PICK_STALLED. */
const char re_stall_anchor[] =
	/* entries from user space, by system call and by fault */
	"do_syscall_|do_fast_syscall_|sysenter_dispatch|tracesys_phase2|el0_svc_handler|"
	"invoke_syscall|ret_fast_syscall|do_page_fault|^page_fault$|__do_fault|exit_to_usermode|"
	/* deferred work, timers, threads, a CPU's own loop */
	"process_one_work|task_work_run|__fput|do_softirq|run_ksoftirqd|smpboot_thread_fn|"
	"^kthread$|ret_from_fork|start_secondary|cpu_startup_entry|call_timer_fn|_run_timers|"
	"run_timer_softirq|hrtimer_run|tasklet_(?:hi_)?action|smp_call_function|"
	/* operations of files and devices */
	"vfs_(?:read|write|iter_read|iter_write|ioctl|open)|do_iter_(?:read|write)|"
	"call_(?:read|write)_iter|new_sync_(?:read|write)|ksys_ioctl|compat_ioctl|"
	"compat_sys_ioctl|blkdev_(?:driver_)?ioctl|^call_mmap|mmap_region|do_mmap|do_dentry_open|"
	/* operations of sockets */
	"netif_receive_skb|^(?:__)?sock_(?:release|sendmsg|recvmsg|mmap|ioctl|do_ioctl)|"
	"^compat_sock_ioctl|^(?:setsockopt|listen|accept)$|kernel_(?:setsockopt|listen|accept)|"
	"sock_common_setsockopt|sk_common_release|^(?:rt|nf)netlink_rcv_msg|^netlink_dump|"
	"^(?:sys_)?(?:socketpair|connect|ioctl)";

/* What everybody waits for, see PICK_HUNG, */
const char re_hung_bucket[] = "rtnl_lock|synchronize_(?:rcu|srcu|net|sched)";
/* those of them that are one, */
const char re_hung_rcu[] = "synchronize_(?:rcu|srcu|net|sched)";
/* and functions that wait. */
const char re_hung_wait[] =
	"sched|context_switch|__switch_to|_lock|_slowlock|down|rwsem|completion|wait|"
	"synchronize|rcu_barrier|cancel_delayed_work|kthread";

/* First lines that are often part of a report that has begun already. */
const char re_goes_on[] =
	"invalid opcode: 0000|Kernel panic - not syncing|PANIC: double fault|Internal error:|"
	"^Oops - |"
	"unregister_netdevice: waiting for";

/* Messages that have a stack and are no report, and often stand inside of one. */
const char re_chatter[] = CHATTER;
/*
 * What a report is seen by that has lost its first line. Group 1: no doubt; group 2: a stack
 * follows that is no report's; group 3: what is once above each stack. Each begins with a
 * word, which is faster; a log may be one endless line.
 */
const char re_remains[] =
	"(?m)\\b(?:"
	/* what only reports say */
	"(cut here \\]|(?<=---\\[ )end trace|Oops\\b.{0,100}\\[#\\d+\\]|"
	"Kernel Offset: (?:0x|disabled)|Rebooting in \\d+ seconds\\.\\.\\r?$|"
	"other info that might help us debug this:|is trying to (?:acquire|release)|"
	"with a lock still held there|leaving the kernel with locks|"
	"the buggy address|The buggy address belongs|(?:Read|Write) of size \\d+ .{0,50}by task|"
	"(?:read|write) to 0x[0-9a-f]+ of \\d+ bytes by|Reported by Kernel Concurrency|"
	"Uninit was (?:created|stored)|kfence-#\\d|unreferenced object|in_atomic\\(\\): \\d|"
	"disables this message|ticks this GP|GPs behind|t=\\d+ jiffies|kthread starved for|"
	"nvcsw: \\S+ holdout:|unwind stack type:\\d)|"
	/* what is above a stack that is no report: short of memory, asked for, a program's */
	"(" CHATTER "|mode:0x[0-9a-f]|allocation fail|invoked oom-killer|(?i:sysrq) ?: |"
	"NMI backtrace for cpu|task:.{1,50} state:|"
	"[RSDTtXZPIKW] +(?:running task +|[0-9a-f]{8,16} +)?\\d+ +\\d+ +\\d+ 0x[0-9a-f]{8}|"
	"unexpected fatal signal|unhandled (?:signal|exception|page fault)|User process fault:)|"
	/* what is above every stack, and in it */
	"(Not tainted|Tainted: [A-Z])|"
	"Call [Tt]race:|Modules linked in:|Backtrace: *\\r?\\n.{0,100}(?:\\[<| from )|"
	"[RE]?IP: (?:0010:|0060:|\\[<|\\w{1,100}\\+0x)|PC is at |e?pc : |unwind_backtrace from |"
	"Sending NMI from CPU)";

/* A title that differs from boot to boot may have it. */
const char re_varies[] = "[^!-\\/:-~ ]|  |[a-f]{6}";
/* The line behind one that printk repeats. */
const char re_replay[] = "\\*\\* replaying previous printk message \\*\\*";
/* The last line of a report. */
const char re_end[] = "---\\[ end (?:trace|Kernel panic)";

const struct crash_neutral crash_entities[] = {
	{ "&lt;", "<" },
	{ "&gt;", ">" },
	{ "&quot;|&#34;", "\"" },
	{ "&(?:apos|#0?39|#x27);", "'" },
	{ "&#(?:43|x2[bB]);", "+" },
	{ "&nbsp;|&#160;", " " },
	{ "&amp;|&#38;", "&" },
	{ NULL, NULL },
};

/* A number is part of a function's name where letters touch it. */
const struct crash_neutral crash_neutrals[] = {
	{ "(syz-executor|syzkaller)\\.?\\d+(?:[/:]\\d+)?", "$1" },
	{ "(?<=[^A-Za-z0-9])(?:0x)?[0-9a-f]{6,}", "ADDR" },
	{ "\\d{1,3}(?:\\.\\d{1,3}){3}", "IP" },
	{ "(\\.\\w+)(?::\\d+)+", "$1:LINE" },
	{ "([A-Za-z][\\w.]+)\\+0x[0-9a-z]+/0x[0-9a-z]+", "$1" },
	{ "CPU#\\d+", "CPU" },
	{ "(?<=\\W)\\d+(?=\\W|$)", "NUM" },
	{ "\\d{7,}", "NUM" },
	{ "[^\\x20-\\x7e\\t]", "" },
	{ "[ \\t]{2,}|\\t", " " },
	{ NULL, NULL },
};

#define FORM(name, first, says, ...) \
	{ .kind = (name), .header = first, .title = says, ##__VA_ARGS__ }

/* Locks: "WARNING: …" since 4.13, "INFO: …" before; some are "BUG: …" in one of them. */
#define CIRCULAR \
	FORM("lockdep", "(?:WARNING|INFO): possible circular locking dependency detected", \
	     "possible deadlock in %F", .needs = { "is trying to acquire lock" }, \
	     .trail = { AT_LOCK, AT_LOCK, CRASH_FRAMES }, \
	     .skip = "process_one_work|(?:flush|drain|destroy)_workqueue")
#define INVERSION \
	FORM("lockdep", "(?:WARNING|INFO): possible irq lock inversion dependency detected", \
	     "possible deadlock in %1", .needs = { "just changed the state of lock", AT_LOCK })
#define RECURSION \
	FORM("lockdep", "(?:WARNING|INFO): possible recursive locking detected", \
	     "possible deadlock in %1", .needs = { "is trying to acquire lock", AT_LOCK })
#define RCU_USAGE \
	FORM("rcu", "((?:WARNING|INFO): suspicious RCU usage)", "%1 in %F", \
	     .needs = { SOURCE }, .skip = "rcu|kmem|slab")
#define BAD_UNLOCK \
	FORM("lockdep", "((?:BUG|WARNING): bad unlock balance) detected!", "%1 in %F", \
	     .trail = { AT_PC, AT_CALLS, CRASH_FRAMES })
#define HELD_IN_USER \
	FORM("lockdep", "((?:BUG|WARNING): lock held when returning to user space)", "%1 in %2", \
	     .needs = { "leaving the kernel with locks still held", AT_LOCK }, .no_trace = true)

static const struct crash_form bug_forms[] = {
	FORM("kasan", "BUG: KASAN: ([a-z-]+) in " FN, "KASAN: %1 %3 in %F",
	     .needs = { "(Read|Write) (?:of size|at addr) [0-9a-f]+" }, .alt = "bad-access in %F",
	     .trail = { "BUG: KASAN: [a-z-]+ in " FN, AT_CALLS, CRASH_FRAMES },
	     .skip = "kernel_fault|tag_check|mem_abort|^el1h?_"),
	FORM("kasan", "BUG: KASAN: (?:double-free(?: or invalid-free)?|invalid-free) in " FN,
	     "KASAN: invalid-free in %F", .alt = "invalid-free in %F",
	     .trail = { "BUG: KASAN: [a-z -]+ in " FN, AT_CALLS, CRASH_FRAMES },
	     .skip = "slab_|kfree|vunmap|vfree"),
	FORM("kasan", "BUG: KASAN: ([a-z-]+) on address", "KASAN: %1 %2",
	     .needs = { "(Read|Write) of size \\d+" }),
	FORM("kasan", "BUG: KASAN: (.*)", "KASAN: %1", .cut = true),
	FORM("kmsan", "BUG: (KMSAN: kernel-usb-infoleak) in " FN, "%1 in %F",
	     .trail = { CRASH_FRAMES, "Local variable .* created at:|Uninit was created at:" },
	     .skip = "alloc_skb|" USB_SUBMIT, .no_trace = true),
	FORM("kmsan", "BUG: KMSAN: ([a-z-]+) in " FN, "KMSAN: %1 in %F", .alt = "bad-access in %F",
	     .trail = { CRASH_FRAMES, "Local variable .* created at:|Uninit was created at:" },
	     /* Ciphers and headers of replies hand on what others left uninitialised. */
	     .skip = "alloc_skb|netlink_(?:ack|rcv_skb)|_encrypt$|^(?:crypto|cipher|drbg|rng)_",
	     .no_trace = true),
	FORM("kcsan", "BUG: KCSAN: ([a-z: -]+?) in (.*)", "KCSAN: %1 in %2", .no_trace = true),
	FORM("kcsan", "BUG: KCSAN: (.*)", "KCSAN: %1", .no_trace = true),
	FORM("kfence",
	     "BUG: KFENCE: ((?:use-after-free|out-of-bounds|invalid) (?:read|write)) in " FN,
	     "KFENCE: %1 in %F", .alt = "bad-access in %F",
	     .trail = { "BUG: KFENCE: [a-z -]+ in " FN, CRASH_FRAMES }),
	FORM("kfence", "BUG: (KFENCE: invalid free) in " FN, "%1 in %F",
	     .alt = "invalid-free in %F",
	     .trail = { "BUG: KFENCE: [a-z -]+ in " FN, CRASH_FRAMES }, .no_trace = true),
	FORM("kfence", "BUG: (KFENCE: memory corruption) in " FN, "%1 in %F",
	     .trail = { "BUG: KFENCE: [a-z -]+ in " FN, CRASH_FRAMES }, .no_trace = true),
	FORM("oops",
	     "BUG: (?:unable to handle (?:kernel paging request|page fault for address)|"
	     "Unable to handle kernel data access)",
	     "BUG: unable to handle kernel paging request in %F",
	     .alt = "bad-access in %F", .trail = TRAIL_IP),
	FORM("oops", "BUG: (?:unable to handle kernel|[Kk]ernel) NULL pointer dereference",
	     "BUG: unable to handle kernel NULL pointer dereference in %F",
	     .alt = "bad-access in %F", .trail = TRAIL_IP),
	/* Printed in two parts: the second one got lost. */
	FORM("oops", "BUG: [Uu]nable to handle kernel", "BUG: unable to handle kernel", .cut = true),
	FORM("oops", "BUG: .*stack guard page was hit at",
	     "BUG: stack guard page was hit in %F", .alt = "stack-overflow in %F",
	     .trail = TRAIL_IP, .pick = PICK_STALLED),
	FORM("soft-lockup", "(BUG: soft lockup)", "%1 in %F", .alt = "stall in %F",
	     .trail = TRAIL_IP, .pick = PICK_STALLED),
	FORM("workqueue-lockup", "(BUG: workqueue lockup)", "%1", .no_trace = true),
	FORM("lock",
	     "BUG: ((?:spin|rw)lock) (lockup suspected|already unlocked|(?:cpu )?recursion|"
	     "bad magic|wrong owner|wrong CPU|trylock failure on UP)", "BUG: %1 %2 in %F",
	     .skip = "spin_|_(?:un)?lock"),
	FORM("lockdep", "BUG: .*still has locks held!", "BUG: still has locks held in %1",
	     .needs = { AT_PC }),
	HELD_IN_USER,
	BAD_UNLOCK,
	FORM("lockdep", "(BUG: held lock freed)!", "%1 in %2", .needs = { AT_PC }),
	/* A lock that may sleep inside one that may not: newer kernels warn of it. */
	FORM("lockdep", "BUG: Invalid wait context", "WARNING: locking bug in %F",
	     .skip = "lock_sock|release_sock"),
	FORM("atomic", "(BUG: scheduling while atomic)", "%1 in %F", .skip = "schedule"),
	FORM("atomic", "(BUG: sleeping function called from invalid context) at ", "%1 in %F"),
	FORM("atomic", "(BUG: using [a-z_]+\\(\\) in preemptible)", "%1 code in %F",
	     .skip = "preempt|debug_|processor_id|this_cpu"),
	FORM("atomic", "(BUG: workqueue leaked lock or atomic)", "%1 in %2",
	     .needs = { "last function: (\\w+)(?:\\.|$)" }, .no_trace = true),
	FORM("leak", "BUG: memory leak", "memory leak in %F",
	     .trail = { "backtrace(?: \\(crc \\w*\\))?:", CRASH_FRAMES },
	     .skip = "kmemleak|mmap|kmem|slab|alloc|create_object|idr_get|list_lru_init|"
	     "kv?asprintf|pcpu_create|strn?dup|memdup"),
	FORM("bug", "(BUG: (?:Bad rss-counter state|non-zero (?:nr_ptes|nr_pmds) on freeing mm))",
	     "%1", .no_trace = true),
	FORM("bug", "BUG: Dentry .* still in use \\(\\d+\\) \\[(unmount) of ([^\\]]+)\\]",
	     "BUG: Dentry still in use in %1", .alt = "BUG: Dentry still in use [%1 of %2]"),
	FORM("bug", "BUG: Bad page (state|cache)", "BUG: Bad page %1 in %F",
	     .trail = { "page last allocated", CRASH_FRAMES },
	     .skip = "(?:free|put|get|update|release)_page|free_unref|^_*folio|alloc|"
	     "truncate_inode_pages|page_frag_free|vmap|page_owner"),
	FORM("bug", "(BUG: Bad page map)", "%1"),
	FORM("bug", "^BUG:\\s*$", "BUG: corrupted", .cut = true),
	{ 0 },
};

#define WARNING_AT "WARNING: .*"

static const struct crash_form warning_forms[] = {
	FORM("warning", WARNING_AT "lib/debugobjects\\.c.* (?:debug_print|debug_check|at)",
	     "WARNING: ODEBUG bug in %F", BY_TRAP,
	     .skip = "debug_|rcu|timer_|work_|percpu_|vunmap|vfree|__free_|kobject_"),
	FORM("warning", WARNING_AT "mm/usercopy\\.c.* (?:usercopy_warn|at)",
	     "WARNING: bad usercopy in %F", BY_TRAP, .skip = "usercopy|__check"),
	FORM("warning", WARNING_AT "lib/kobject\\.c.* (?:kobject_|at)",
	     "WARNING: kobject bug in %F", BY_TRAP),
	FORM("warning", WARNING_AT "fs/proc/generic\\.c.* (?:proc_register|at)",
	     "WARNING: proc registration bug in %F", BY_TRAP, .skip = "proc_"),
	FORM("refcount", WARNING_AT "lib/refcount\\.c.* (?:refcount_|at)",
	     "WARNING: refcount bug in %F", BY_TRAP, .skip = "refcount"),
	FORM("lockdep", WARNING_AT "kernel/locking/lockdep\\.c.*lock_",
	     "WARNING: locking bug in %F", BY_TRAP, .skip = "lock_sock|release_sock"),
	FORM("lockdep", WARNING_AT "still has locks held!",
	     "WARNING: still has locks held in %1", .needs = { "at: " FN }),
	FORM("lockdep", "WARNING: Nested lock was not taken",
	     "WARNING: nested lock was not taken in %F", BY_TRAP),
	HELD_IN_USER,
	FORM("warning", WARNING_AT "mm/.*\\.c.* k?.?malloc", "WARNING: kmalloc bug in %F", BY_TRAP,
	     .skip = "kmalloc|krealloc|slab|kmem"),
	FORM("warning", WARNING_AT "mm/vmalloc\\.c.*__vmalloc_node",
	     "WARNING: zero-size vmalloc in %F", BY_TRAP),
	/* A driver's mistake: the one that submitted is named too. */
	FORM("warning", WARNING_AT " usb_submit_urb", "WARNING in %F/usb_submit_urb",
	     BY_TRAP, .skip = USB_SUBMIT),
	/* "WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2"; since 6.19 "WARNING: a.c:1 at f+…, CPU#0" */
	FORM("warning", WARNING_AT " at " SOURCE "(?: " FN "|$)", "WARNING in %F", BY_TRAP),
	FORM("warning", "WARNING: (?:\\[.*\\] )?" SOURCE " at (?:" FN "|0x[0-9a-f]+, CPU#\\d+)",
	     "WARNING in %F", BY_TRAP),
	CIRCULAR,
	INVERSION,
	RECURSION,
	FORM("lockdep", "WARNING: .*-safe -> .*-unsafe lock order detected",
	     "possible deadlock in %F", .trail = { "which became .* at:", CRASH_FRAMES }),
	FORM("lockdep", "WARNING: inconsistent lock state", "inconsistent lock state in %F",
	     .needs = { "takes", AT_LOCK }),
	RCU_USAGE,
	BAD_UNLOCK,
	FORM("lockdep", "(WARNING: held lock freed)!", "%1 in %2", .needs = { AT_LOCK }),
	FORM("unwinder", "(WARNING: kernel stack (?:regs|frame pointer)) at [0-9a-f]+ in \\S* "
	     "(has bad (?:'[^']+' )?value)", "%1 %2", .no_trace = true),
	FORM("unwinder",
	     "WARNING: kernel stack (?:regs|frame pointer) .* has bad (?:'bp' )?value",
	     "WARNING: kernel stack regs has bad value", .no_trace = true),
	FORM("unwinder", "(WARNING: (?:stack recursion |stack going |can't (?:access|dereference) ).*)",
	     "%1", .no_trace = true),
	FORM("warning", "^WARNING:\\s*$", "WARNING: corrupted", .cut = true),
	{ 0 },
};

static const struct crash_form info_forms[] = {
	CIRCULAR,
	INVERSION,
	RECURSION,
	FORM("lockdep", "INFO: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected",
	     "possible deadlock in %1", .needs = { "is trying to acquire", AT_LOCK }),
	FORM("lockdep", "INFO: inconsistent lock state", "inconsistent lock state in %1",
	     .needs = { "takes", AT_LOCK }),
	FORM("rcu-stall",
	     "INFO: rcu_\\w+ (?:self-)?detected(?: expedited)? stall",
	     "INFO: rcu detected stall in %F", .alt = "stall in %F",
	     .trail = { "apic_timer_interrupt", AT_IP, CRASH_FRAMES },
	     .trail2 = { "apic_timer_interrupt|Exception stack|el1h_64_irq", CRASH_FRAMES },
	     .skip = "apic_timer_interrupt|rcu", .pick = PICK_STALLED),
	FORM("lockdep", "(INFO: trying to register non-static key)", "%1 in %F",
	     .skip = "stack|lock|IRQ"),
	RCU_USAGE,
	FORM("hung-task",
	     "INFO: task .{1,64} blocked (?:in I/O wait )?for more than \\d+ seconds",
	     "INFO: task hung in %F", .alt = "hang in %F", .pick = PICK_HUNG),
	FORM("hung-task", "INFO: task .{1,64} can't die for more than .* seconds",
	     "INFO: task can't die in %F", .alt = "hang in %F", .skip = "schedule"),
	/* What is left of a KASAN report of old. */
	FORM("kasan", "INFO: (Freed|Allocated) in (.*)", "INFO: %1 in %2", .cut = true),
	FORM("info", "^INFO:\\s*$", "INFO: corrupted", .cut = true),
	{ 0 },
};

#define PANIC "Kernel panic - not syncing: "

static const struct crash_form panic_forms[] = {
	FORM("stack", PANIC "stack-protector: Kernel stack is corrupted in: " FN,
	     "kernel panic: stack is corrupted in %1", .no_trace = true),
	FORM("stack", PANIC "stack-protector: Kernel stack is corrupted in: [0-9a-f]+",
	     "kernel panic: stack is corrupted in %F", .skip = "stack_chk"),
	FORM("stack", PANIC "corrupted stack end detected inside scheduler",
	     "kernel panic: corrupted stack end in %F", .alt = "stack-overflow in %F",
	     .skip = "schedule|retint_kernel", .pick = PICK_STALLED),
	FORM("stack", PANIC "(kernel stack overflow)", "%1 in %F", .alt = "stack-overflow in %F",
	     .skip = "bad_stack", .pick = PICK_STALLED),
	FORM("panic", PANIC "(Attempted to kill init!|Couldn't open N_TTY ldisc)",
	     "kernel panic: %1"),
	/* The panic that a report ends in: its beginning got lost. */
	FORM("panic", PANIC "(Fatal exception|panic_on_warn set|hung_task: blocked tasks)",
	     "kernel panic: %1", .cut = true),
	FORM("panic", PANIC "(.*)", "kernel panic: %1"),
	{ 0 },
};

static const struct crash_form bug_at_forms[] = {
	FORM("bug", "kernel BUG at mm/usercopy\\.c", "BUG: bad usercopy in %F",
	     .skip = "usercopy|__check"),
	FORM("list", "kernel BUG at lib/list_debug\\.c", "BUG: corrupted list in %F",
	     .alt = "bad-access in %F"),
	/* An skb's own checks are there for its users. */
	FORM("bug", "kernel BUG at .", "kernel BUG in %F", .trail = TRAIL_IP, .skip = "^skb_"),
	{ 0 },
};

#define SLUB_LINE "^(BUG \\S+ \\(.*?\\): (.+))"
static const struct crash_form slub_forms[] = {
	FORM("bug", "BUG kmalloc-.*: Object already free", "BUG: Object already free"),
	FORM("bug", SLUB_LINE, "BUG: %2 in %F", .alt = "%1", .needs = { AT_CALLS },
	     .skip = "^check_|^slab_|object_err|free_(?:to_partial_list|debug_processing)|"
	     "alloc_debug_processing"),
	FORM("bug", SLUB_LINE, "%1", .no_trace = true),
	{ 0 },
};

static const struct crash_form irq_forms[] = {
	FORM("irq", "irq \\d+: nobody cared", "irq NUM: nobody cared in %1",
	     .needs = { "^handlers:", ADDR " ([A-Za-z_]\\w*)" }),
	FORM("irq", "irq \\d+: nobody cared", "irq NUM: nobody cared"),
	{ 0 },
};

static const struct crash_form ubsan_forms[] = {
	FORM("ubsan", "UBSAN: Undefined behaviour in", "UBSAN: undefined-behaviour in %F",
	     .skip = "ubsan|overflow"),
	FORM("ubsan", "(UBSAN: array-index-out-of-bounds) in", "%1 in %F",
	     .alt = "bad-access in %F", .skip = "ubsan|overflow"),
	FORM("ubsan", "(UBSAN: .*?) in", "%1 in %F", .skip = "ubsan|overflow"),
	{ 0 },
};

static const struct crash_form vfs_forms[] = {
	FORM("bug", "VFS: Close: file count is 0",
	     "VFS: Close: file count is zero (use-after-free)", .no_trace = true),
	FORM("bug", "(VFS: Busy inodes after unmount)", "%1 (use-after-free)", .no_trace = true),
	{ 0 },
};

/* arm and arm64 */
static const struct crash_form fault_forms[] = {
	FORM("oops", "(Internal error|Unhandled fault):", "%1 in %F",
	     .alt = "bad-access in %F", .trail = TRAIL_IP),
	FORM("oops", "Alignment trap:", "Alignment trap in %F", .trail = TRAIL_IP),
	{ 0 },
};

/* The firmware beside an arm64 kernel. */
static const struct crash_form trusty_forms[] = {
	FORM("panic", "trusty: panic \\(.*?\\):(?: DEBUG)? ASSERT FAILED at \\(.*?\\): (.+)",
	     "trusty: ASSERT FAILED: %1", .no_trace = true),
	FORM("panic", "trusty: panic.* ASSERT FAILED.*: *(.*)", "trusty: ASSERT FAILED: %1",
	     .cut = true),
	FORM("panic", "trusty: panic \\(.*?\\): (.+)", "trusty: panic: %1", .no_trace = true),
	{ 0 },
};

/* What ran in the guest gave up. */
static const struct crash_form tool_forms[] = {
	FORM("tool", "SYZFAIL:(.*)", "SYZFAIL:%1", .no_trace = true),
	FORM("tool", "SYZFATAL:(.*)", "SYZFATAL:%1", .alt = "SYZFATAL", .no_trace = true),
	{ 0 },
};

/* The decompressor's words; where it says why, its "System halted" comes later. */
static const struct crash_form unpack_forms[] = {
	FORM("boot", "^(\\S+-compressed data is corrupt|Input is not in the \\w+ format)",
	     "kernel can't be unpacked: %1", .no_trace = true),
	FORM("boot", "^ *-- (System halted)", "kernel can't be unpacked: %1", .no_trace = true),
	{ 0 },
};

/* Marks of reports that are written in one form. */
#define ONE(...) .forms = (const struct crash_form[]) { FORM(__VA_ARGS__), { 0 } }

const struct crash_mark crash_marks[] = {
	{ "(?<!DE)BUG:", .any = true, .forms = bug_forms },
	{ "WARNING:", .forms = warning_forms },
	{ "(?<!_)INFO:(?! lockdep is turned off)", .forms = info_forms },
	/* arm, arm64, riscv */
	{ "Unable to handle kernel", .any = true,
	  ONE("oops",
	      "Unable to handle kernel (paging request|NULL pointer dereference|"
	      "access to user memory)", "BUG: unable to handle kernel %1 in %F",
	      .alt = "bad-access in %F", .trail = TRAIL_IP) },
	/* A user's program may have one too. */
	{ "general protection fault(?! .* error:\\d+ in )",
	  ONE("oops", "general protection fault.*:", "general protection fault in %F",
	      .alt = "bad-access in %F", .trail = TRAIL_IP) },
	{ "stack segment: ",
	  ONE("oops", "stack segment: ", "stack segment fault in %F", .trail = TRAIL_IP) },
	{ "Kernel panic", .forms = panic_forms },
	{ "PANIC: double fault",
	  ONE("oops", "PANIC: double fault", "PANIC: double fault in %F", .trail = { AT_IP }) },
	{ "rust_kernel: panicked",
	  ONE("panic", "rust_kernel: panicked at", "%1 in %F", .needs = { "^(.+)" },
	      .skip = "__rustc::rust_begin_unwind") },
	{ "kernel BUG", .forms = bug_at_forms },
	{ "Kernel BUG", ONE("bug", "Kernel BUG (.*)", "kernel BUG %1") },
	{ "BUG kmalloc-", .any = true, .forms = slub_forms },
	/* Objects of a cache with a name of its own. */
	{ "BUG (?=\\S+ \\()(?!.*kasan: bad access)", .forms = slub_forms },
	{ ": nobody cared", .forms = irq_forms },
	{ "Oops - ",
	  ONE("oops", "^Oops - (.+?) \\[#\\d+\\]", "Oops - %1 in %F",
	      .alt = "bad-access in %F", .trail = TRAIL_IP) },
	/* Kernels from 5.8 on spell it with "_". */
	{ "divide[ _]error:",
	  ONE("oops", "divide[ _]error: ", "divide error in %F", .trail = { AT_IP }) },
	{ "invalid opcode:",
	  ONE("oops", "invalid opcode: ", "invalid opcode in %F", .trail = { AT_IP }) },
	{ "int3:", ONE("oops", "int3: ", "int3 in %F", .trail = TRAIL_IP) },
	{ "UBSAN:", .forms = ubsan_forms },
	{ "Booting the kernel", .again = true,
	  ONE("boot", "^Booting the kernel", "unexpected kernel reboot", .no_trace = true) },
	{ "unregister_netdevice: waiting for",
	  ONE("hung-task", "unregister_netdevice: waiting for .* to become free",
	      "unregister_netdevice: waiting for DEV to become free", .no_trace = true) },
	{ "VFS: ", .forms = vfs_forms },
	{ "(?:Internal error|Unhandled fault|Alignment trap):", .forms = fault_forms },
	{ "hard LOCKUP",
	  ONE("hard-lockup", "Watchdog detected hard LOCKUP", "BUG: hard lockup in %F",
	      .trail = TRAIL_IP, .pick = PICK_LOOP) },
	{ "trusty: panic", .forms = trusty_forms },
	{ "SYZFA", .forms = tool_forms },
	{ "-compressed data is corrupt|Input is not in the |-- System halted",
	  .forms = unpack_forms },
	{ 0 },
};

const struct crash_mark crash_rest = {
	"", ONE("unknown", "", "unnamed report in %F", .trail = TRAIL_IP, .trail2 = TRAIL_CALLS,
		.cut = true)
};
