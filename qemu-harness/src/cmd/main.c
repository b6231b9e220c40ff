// SPDX-License-Identifier: GPL-2.0
/*
 * The irqsan program: finds the verb on the command line and runs it.
 */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/git.h"
#include "base/util.h"
#include "cmd/cmd.h"

static const struct command *const commands[] = {
	&cmd_doctor, &cmd_kernel, &cmd_run, &cmd_reproduce, &cmd_verify, &cmd_recheck,
	&cmd_sites, &cmd_bisect, &cmd_report, &cmd_selftest, &cmd_bench, &cmd_title,
};

static void help(void)
{
	printf("Usage: irqsan VERB [OPTION...]\n"
	       "Find places in the kernel that restore IRQ flags with interrupts on.\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-12s%s\n", commands[i]->name, commands[i]->summary);
	printf("\nYour own kernel and reproducer (a program, a script, a C file):\n"
	       "  irqsan run --kernel . -- ./repro.sh\n"
	       "  irqsan verify --source . --before HEAD~1 --after HEAD -- ./repro\n"
	       "  irqsan bisect --repo . --good v6.11 --bad v6.12 -- ./repro\n"
	       "  irqsan run --kernel debian:trixie --root debian:trixie,stress-ng -- \\\n"
	       "    stress-ng --class filesystem --all 1 -t 60\n");
	printf("\n\"irqsan VERB --help\" describes one verb.\n"
	       "Exit status: %d nothing found, %d a violation or crash was found, "
	       "%d wrong usage or\nthe machine could not do the work, %d can't be judged "
	       "(for git bisect run).\n",
	       EXIT_OK, EXIT_FOUND, EXIT_INFRA, EXIT_SKIP);
}

/* Else a file or a pipe that we open takes the place of one that was closed. */
static void open_standard_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
}

/* Who reads our output may go away; a disk that is full is another thing. */
static int output_written(int rc)
{
	bool bad = ferror(stdout);

	if (!fflush(stdout) && !bad)
		return rc;
	if (errno != EPIPE)
		pr_err("can't write the output: %s", strerror(errno));
	return EXIT_INFRA;
}

/**
 * main() - run one verb
 * @argc: number of arguments
 * @argv: irqsan VERB [OPTION...]
 *
 * Return: an exit code (enum irqsan_exit)
 */
int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	char name[64];
	int rc;

	open_standard_streams();
	/* We read the words of the programs that we run: they must not be translated. */
	setenv("LC_ALL", "C.UTF-8", 1);
	setlocale(LC_ALL, "");
	argp_err_exit_status = EXIT_INFRA;
	child_catch_signals();
	if (!strcmp(verb, "--help") || !strcmp(verb, "-?") || !strcmp(verb, "help")) {
		help();
		return EXIT_OK;
	}
	if (!strcmp(verb, "--version") || !strcmp(verb, "-V")) {
		printf("irqsan %s\n", IRQSAN_VERSION);
		return EXIT_OK;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(verb, commands[i]->name))
			continue;
		snprintf(name, sizeof(name), "irqsan %s", verb);
		argv[1] = name;
		if (git_forget_caller())
			return EXIT_INFRA;
		rc = commands[i]->run(argc - 1, argv + 1);
		if (rc && child_interrupted())
			pr_err("interrupted (%s)", strsignal(child_interrupted()));
		return output_written(rc);
	}
	if (*verb)
		pr_err("unknown verb \"%s\"; \"irqsan --help\" lists them", verb);
	else
		pr_err("no verb given; \"irqsan --help\" lists them");
	return EXIT_INFRA;
}
