// SPDX-License-Identifier: GPL-2.0
// A reproducer in the style of those that kernel fuzzers write: raw system calls on fixed
// addresses, a thread for each call, a process for each round, and no end. What it calls
// is the bug of selftests/irqsan/planted.

#define _GNU_SOURCE

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef __NR_memfd_create
#define __NR_memfd_create 319
#endif

static unsigned long long procid;
static uint64_t r[1] = { 0xffffffffffffffff };

static uint64_t now_ms(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts))
		exit(1);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void *call(void *nr)
{
	switch ((long)nr) {
	case 0:
		syscall(__NR_memfd_create, 0x20000080ul, 0ul);
		break;
	case 1:
		memcpy((void *)0x20000000,
		       "/sys/module/irqsan_planted/parameters/run\000", 42);
		r[0] = syscall(__NR_openat, 0xffffffffffffff9cul, 0x20000000ul, 1ul, 0ul);
		break;
	case 2:
		memcpy((void *)0x20000100, "plain", 5);
		syscall(__NR_write, r[0], 0x20000100ul, 5ul);
		break;
	}
	return NULL;
}

static void execute_one(void)
{
	for (long nr = 0; nr < 3; nr++) {
		pthread_attr_t attr;
		pthread_t th;

		pthread_attr_init(&attr);
		pthread_attr_setstacksize(&attr, 128 << 10);
		if (pthread_create(&th, &attr, call, (void *)nr))
			exit(1);
		pthread_attr_destroy(&attr);
		pthread_join(th, NULL);
	}
}

static void loop(void)
{
	for (;;) {
		uint64_t start = now_ms();
		int status = 0;
		int pid = fork();

		if (pid < 0)
			exit(1);
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
			setpgrp();
			execute_one();
			exit(0);
		}
		while (waitpid(-1, &status, WNOHANG | __WALL) != pid) {
			usleep(1000);
			if (now_ms() - start < 5000)
				continue;
			kill(-pid, SIGKILL);
			kill(pid, SIGKILL);
		}
	}
}

int main(void)
{
	syscall(__NR_mmap, 0x1ffff000ul, 0x1000ul, 0ul, 0x32ul, -1, 0ul);
	syscall(__NR_mmap, 0x20000000ul, 0x1000000ul, 7ul, 0x32ul, -1, 0ul);
	syscall(__NR_mmap, 0x21000000ul, 0x1000ul, 0ul, 0x32ul, -1, 0ul);
	for (procid = 0; procid < 2; procid++) {
		if (fork() == 0)
			loop();
	}
	sleep(1000000);
	return 0;
}
