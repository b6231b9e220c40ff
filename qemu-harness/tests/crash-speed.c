// SPDX-License-Identifier: GPL-2.0
/*
 * How long it takes to find all crashes of large logs: "make crash-speed". A kernel
 * that warns in a loop must not keep us from the other guests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/util.h"
#include "crash/crash.h"

/* No console log is longer: see run.c. */
#define LOG_MB 64
#define SECONDS_MAX 5.0
#define SECONDS_CLEAN 2.0

#define STAMP "[$m.$u][$c] "
#define SLEEPING "BUG: sleeping function called from invalid context at kernel/async.c:$n\n"
#define WARNING \
	"WARNING: CPU: 0 PID: $n at kernel/locking/irqflag-debug.c:10 " \
	"warn_bogus_irq_restore+0x1d/0x20\n"
#define FRAMES(stamp) \
	stamp "Call Trace:\n" stamp " <TASK>\n" stamp " ? __warn+0x80/0x130\n" \
	stamp " ? report_bug+0x1ac/0x1d0\n" stamp " _raw_spin_unlock_irqrestore+0x63/0x70\n" \
	stamp " storm_unlock+0x8c/0x90 [storm]\n" stamp " storm_ioctl+0x10/0x20 [storm]\n" \
	stamp " __x64_sys_ioctl+0x8f/0xc0\n" stamp " do_syscall_64+0x37/0x80\n" \
	stamp " entry_SYSCALL_64_after_hwframe+0x6e/0xd8\n" stamp " </TASK>\n"
#define REGS(stamp) \
	stamp "Modules linked in: storm\n" \
	stamp "CPU: 1 PID: 42 Comm: storm Not tainted 6.1.0 #1\n" \
	stamp "RIP: 0010:warn_bogus_irq_restore+0x1d/0x20\n" \
	stamp "Code: 24 48 c7 c7 e0 33 fd 81 c6 05 6b 2d 9b 01 01 e8 6a ff ff ff 0f 0b c3\n" \
	stamp "RSP: 0018:ffffc900086cf990 EFLAGS: 00010286\n" \
	stamp "RAX: 0000000000000000 RBX: ffff888003a1c000 RCX: 0000000000000000\n" \
	stamp "RDX: 0000000000000000 RSI: 0000000000000000 RDI: 0000000000000000\n" \
	stamp "R10: 0000000000000000 R11: 0000000000000000 R12: 0000000000000000\n" \
	stamp "CS:  0010 DS: 0000 ES: 0000 CR0: 0000000080050033\n"
#define WHOLE(stamp) \
	stamp "------------[ cut here ]------------\n" stamp WARNING REGS(stamp) FRAMES(stamp) \
	stamp "---[ end trace 0000000000000000 ]---\n"
#define LOCK \
	STAMP "WARNING: possible circular locking dependency detected\n" \
	STAMP "6.1.0 #1 Not tainted\n" \
	STAMP "------------------------------------------------------\n" \
	STAMP "storm/$n is trying to acquire lock:\n" \
	STAMP "ffffffff8a0b3e70 (&storm_a){+.+.}-{3:3}, at: storm_take+0x1e/0x30\n" STAMP "\n" \
	STAMP "the existing dependency chain (in reverse order) is:\n" STAMP "\n" \
	STAMP "-> #1 (&storm_b){+.+.}-{3:3}:\n" STAMP "       __lock_acquire+0x5ab/0xbb0\n" \
	STAMP "       storm_hold+0x1e/0x30\n" STAMP "\n" STAMP "stack backtrace:\n" FRAMES(STAMP)
#define NOISE STAMP "storm: no BUG, no WARNING, INFO only: $n locks taken\n"

/**
 * struct shape - what a log is full of
 * @name: in a word
 * @text: repeated; "$m" and "$u" are a time stamp's, "$n" is a number and "$c" a
 *	  context, all of which grow with each line
 * @contexts: so many tasks speak
 * @mb: its length
 */
static const struct shape {
	const char *name;
	const char *text;
	unsigned int contexts;
	size_t mb;
} shapes[] = {
	{ "no crash", NOISE, 1, 100 },
	{ "one-line BUGs", STAMP SLEEPING, 1, LOG_MB },
	{ "without time", SLEEPING, 1, LOG_MB },
	{ "unknown BUGs", STAMP "BUG: storm $n is over\n", 1, LOG_MB },
	{ "one-line WARNINGs", STAMP WARNING, 1, LOG_MB },
	{ "WARNINGs", WHOLE(STAMP), 1, 100 },
	{ "WARNINGs, no context", WHOLE("[$m.$u] "), 1, LOG_MB },
	{ "lockdep splats", LOCK, 1, LOG_MB },
	{ "without an end", STAMP WARNING REGS(STAMP), 1, LOG_MB },
	{ "noise between", NOISE NOISE NOISE STAMP SLEEPING FRAMES(STAMP), 1, LOG_MB },
	{ "two at once", WHOLE(STAMP), 2, LOG_MB },
	{ "one-liners of many", STAMP WARNING, 100, LOG_MB },
};

static void fill(struct buf *log, const struct shape *shape)
{
	unsigned int n = 0;
	const char *p;

	while (log->len < shape->mb << 20) {
		for (p = shape->text; *p; p++) {
			n += *p == '\n';
			if (*p != '$') {
				buf_add(log, p, 1);
				continue;
			}
			switch (*++p) {
			case 'm':
				buf_addf(log, "%5u", n / 1000);
				break;
			case 'u':
				buf_addf(log, "%06u", n % 1000000);
				break;
			case 'n':
				buf_addf(log, "%u", n);
				break;
			case 'c':
				buf_addf(log, "%6s%u", "T", n % shape->contexts);
				break;
			}
		}
	}
}

/* Of ours alone: others may have the machine. */
static double cpu_seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

int main(void)
{
	bool late = false;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		size_t from = 0, n = 0;
		struct buf log = {};
		struct crash crash;
		double began, took;

		fill(&log, &shapes[i]);
		began = cpu_seconds();
		while (crash_find(log.data + from, log.len - from, &crash)) {
			from += crash.end;
			n++;
			crash_free(&crash);
		}
		/* As "irqsan title" does. */
		if (!n && crash_find_rest(log.data, log.len, &crash))
			late = true;
		took = cpu_seconds() - began;
		printf("%-20s %3zu MB %8zu crashes in %.1f s\n", shapes[i].name, log.len >> 20, n, took);
		late |= took > (n ? SECONDS_MAX : SECONDS_CLEAN);
		buf_free(&log);
	}
	return late;
}
