/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How guests are run: which accelerator this machine really has, and how much
 * slower than KVM each one is.
 */
#ifndef IRQSAN_ACCEL_H
#define IRQSAN_ACCEL_H

#include <stdbool.h>

/**
 * enum accel - how the CPUs of the guest under test are provided
 * @ACCEL_AUTO: to be chosen: kvm, else nested, else tcg, each by a trial boot
 * @ACCEL_KVM: /dev/kvm of this machine
 * @ACCEL_NESTED: an outer guest (L1) under TCG whose kvm-amd runs the guest (L2)
 * @ACCEL_TCG: emulation; the guest sees no KVM, so no PV spinlocks
 */
enum accel {
	ACCEL_AUTO,
	ACCEL_KVM,
	ACCEL_NESTED,
	ACCEL_TCG,
};

const char *accel_name(enum accel a);
int accel_parse(const char *s, enum accel *a);

/* Factor on every timeout: 1 for kvm; see docs/accelerators.md for the others. */
double accel_scale(enum accel a);

/* How many guests of @cpus vCPUs and @memory_mb this machine runs at once (at least 1). */
unsigned int accel_parallel(enum accel a, unsigned int cpus, unsigned int memory_mb);

/**
 * struct accel_probe - the outcome of one trial boot
 * @works: a guest reached its init and powered off by itself
 * @why: one line: what was seen, or what is missing and what to do; owned
 * @seconds: how long the trial took; 0 when it came from the cache
 */
struct accel_probe {
	bool works;
	char *why;
	double seconds;
};

/*
 * Trial boot with a short deadline. The answer is kept in the cache for this
 * machine (boot id, QEMU version, kernel image); @fresh ignores what is kept.
 */
int accel_probe(enum accel a, bool fresh, struct accel_probe *probe);

/* ACCEL_AUTO made concrete; need_pv: the guest must have PV spinlocks, so tcg won't do. */
int accel_choose(enum accel wanted, bool need_pv, enum accel *out);

#endif
