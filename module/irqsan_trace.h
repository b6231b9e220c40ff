/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tracepoints: every violation.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM irqsan

#if !defined(IRQSAN_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define IRQSAN_TRACE_H

#include <linux/tracepoint.h>

/*
 * @caller: who came to the site: of an out-of-line unlock, elsewhere the site itself.
 * @flags: IRQs 0 off, 1 on, 2 unknown: in the flags being restored, or at the
 * entry of the function that returns with the other state.
 * @enabled_at: where this task turned IRQs on last, as far as that was seen (track=1);
 * whether it is to blame only the report can tell.
 */
DECLARE_EVENT_CLASS(irqsan_violation,

	TP_PROTO(unsigned long site, unsigned long caller, int flags, unsigned long enabled_at),

	TP_ARGS(site, caller, flags, enabled_at),

	TP_STRUCT__entry(
		__field(unsigned long, site)
		__field(unsigned long, caller)
		__field(int, flags)
		__field(unsigned long, enabled_at)
	),

	TP_fast_assign(
		__entry->site = site;
		__entry->caller = caller;
		__entry->flags = flags;
		__entry->enabled_at = enabled_at;
	),

	TP_printk("site=%pS caller=%pS flags=%s enabled_at=%pS", (void *)__entry->site,
		  (void *)__entry->caller,
		  __print_symbolic(__entry->flags, { 0, "off" }, { 1, "on" },
				   { 2, "unknown" }),
		  (void *)__entry->enabled_at)
);

DEFINE_EVENT(irqsan_violation, irqsan_bogus_restore,
	TP_PROTO(unsigned long site, unsigned long caller, int flags, unsigned long enabled_at),
	TP_ARGS(site, caller, flags, enabled_at));

DEFINE_EVENT(irqsan_violation, irqsan_imbalance,
	TP_PROTO(unsigned long site, unsigned long caller, int flags, unsigned long enabled_at),
	TP_ARGS(site, caller, flags, enabled_at));

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE irqsan_trace
#include <trace/define_trace.h>
