/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tracepoints: every violation, every wait and kick of a paravirtualised
 * spinlock.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM irqsan

#if !defined(IRQSAN_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define IRQSAN_TRACE_H

#include <linux/tracepoint.h>

/*
 * @state: IRQs 0 off, 1 on, 2 unknown: in the flags being restored, or at the
 * entry of the function that returns with the other state.
 */
DECLARE_EVENT_CLASS(violation,

	TP_PROTO(unsigned long site, int state, unsigned long enabled_at),

	TP_ARGS(site, state, enabled_at),

	TP_STRUCT__entry(
		__field(unsigned long, site)
		__field(int, state)
		__field(unsigned long, enabled_at)
	),

	TP_fast_assign(
		__entry->site = site;
		__entry->state = state;
		__entry->enabled_at = enabled_at;
	),

	TP_printk("site=%pS state=%s enabled_at=%pS", (void *)__entry->site,
		  __print_symbolic(__entry->state, { 0, "off" }, { 1, "on" },
				   { 2, "unknown" }),
		  (void *)__entry->enabled_at)
);

DEFINE_EVENT(violation, bogus_irq_restore,
	TP_PROTO(unsigned long site, int state, unsigned long enabled_at),
	TP_ARGS(site, state, enabled_at));

DEFINE_EVENT(violation, irq_imbalance,
	TP_PROTO(unsigned long site, int state, unsigned long enabled_at),
	TP_ARGS(site, state, enabled_at));

TRACE_EVENT(pv_wait,

	TP_PROTO(unsigned long function, bool irqs_on, u64 wait_ns, bool kicked),

	TP_ARGS(function, irqs_on, wait_ns, kicked),

	TP_STRUCT__entry(
		__field(unsigned long, function)
		__field(bool, irqs_on)
		__field(u64, wait_ns)
		__field(bool, kicked)
	),

	TP_fast_assign(
		__entry->function = function;
		__entry->irqs_on = irqs_on;
		__entry->wait_ns = wait_ns;
		__entry->kicked = kicked;
	),

	TP_printk("function=%ps irqs_on=%d wait_ns=%llu kicked=%d", (void *)__entry->function,
		  __entry->irqs_on, __entry->wait_ns, __entry->kicked)
);

TRACE_EVENT(pv_kick,

	TP_PROTO(int cpu),

	TP_ARGS(cpu),

	TP_STRUCT__entry(
		__field(int, cpu)
	),

	TP_fast_assign(
		__entry->cpu = cpu;
	),

	TP_printk("cpu=%d", __entry->cpu)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE irqsan_trace
#include <trace/define_trace.h>
