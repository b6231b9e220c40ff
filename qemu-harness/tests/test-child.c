// SPDX-License-Identifier: GPL-2.0
/*
 * Children that talk without a pause, and what we inherit from who starts us.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/child.h"
#include "base/util.h"
#include "kernel/build-run.h"

static const char *const chatty[] = { "sh", "-c", "while :; do echo x; done", NULL };
static const char *const flood[] = { "yes", NULL };

static void expect_timeout(const char *const *argv)
{
	struct child_opts opts = { .argv = argv, .out = -1, .err = -1 };
	double start = now();
	struct buf out = { 0 };

	assert_int_equal(child_run(&opts, 1, &out, NULL), -ETIMEDOUT);
	assert_true(now() - start < 20);
	buf_free(&out);
}

/* Its deadline holds, whenever it passes. */
static void test_chatty(void **state)
{
	(void)state;
	alarm(60);
	expect_timeout(chatty);
	expect_timeout(flood);
	alarm(0);
}

static void test_chatty_make(void **state)
{
	char log[] = "/tmp/irqsan-test-XXXXXX";
	struct build_run run = { .what = "a test", .argv = flood, .log = log, .deadline_s = 1 };
	double start = now();
	int fd = mkstemp(log);

	(void)state;
	assert_true(fd >= 0);
	alarm(60);
	assert_int_equal(build_run(&run), -ETIMEDOUT);
	alarm(0);
	assert_true(now() - start < 20);
	close(fd);
	unlink(log);
}

/*
 * Its end is what counts, not that of its output: it may live on without one, and a
 * child of its own that nobody waits for may hold it.
 */
static void test_end(void **state)
{
	const char *const quiet[] = { "sh", "-c", "echo x; exec >&-; sleep 0.3; exit 3", NULL };
	const char *const held[] = {
		"sh", "-c", "setsid sleep 3 & yes | head -c 300000; exit 3", NULL,
	};
	struct child_opts opts = { .argv = quiet, .out = -1, .err = -1 };
	double start = now();
	struct buf out = { 0 };
	int status = 0;

	(void)state;
	assert_int_equal(child_run(&opts, 60, &out, &status), 0);
	assert_int_equal(status, 3);
	assert_int_equal(out.len, 2);
	opts.argv = held;
	assert_int_equal(child_run(&opts, 60, &out, &status), 0);
	assert_int_equal(status, 3);
	assert_int_equal(out.len, 300002);
	assert_true(now() - start < 2.5);
	buf_free(&out);
}

/* Python's subprocess and others leave SIGCHLD ignored: a failure stays one. */
static void test_ignored(void **state)
{
	const char *const argv[] = { "sh", "-c", "sleep 0.2; exit 3", NULL };
	struct child_opts opts = { .argv = argv, .out = -1, .err = -1 };
	int status = 0;
	pid_t pid;

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	assert_int_equal(child_run(&opts, 10, NULL, &status), 0);
	assert_int_not_equal(status, 0);

	signal(SIGCHLD, SIG_DFL);
	pid = fork();
	if (!pid) {
		signal(SIGCHLD, SIG_IGN);
		child_catch_signals();
		status = 0;
		_exit(!child_run(&opts, 10, NULL, &status) && status == 3 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chatty),
		cmocka_unit_test(test_chatty_make),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
