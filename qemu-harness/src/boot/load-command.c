// SPDX-License-Identifier: GPL-2.0
/*
 * A command of the user's as the load: a program with its libraries, a script, a C file,
 * which is compiled, or a .syz program, which the user's own syzkaller runs. Arguments:
 * the words of the command.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <sys/stat.h>

#include "base/child.h"
#include "base/pattern.h"
#include "boot/image.h"
#include "boot/load.h"

#define COMPILER_DEADLINE_S 120
#define HEAD_BYTES 256

/* As syzbot's reproducers are meant to be compiled: into one static program. */
static int compile(const char *source, const char *program)
{
	const char *const argv[] = {
		"gcc", "-O1", "-w", "-static", "-pthread", "-o", program, source, NULL
	};
	struct child_opts opts = { .argv = argv, .out = -1, .err = STDERR_FILENO };
	int status = 0;
	int rc = child_run(&opts, COMPILER_DEADLINE_S, NULL, &status);

	if (!rc && status) {
		pr_err("%s doesn't compile (gcc -static -pthread; its messages are above)", source);
		rc = -EINVAL;
	}
	return rc;
}

/* A script needs its interpreter; busybox is every guest's sh. */
static int add_script(struct image *image, const char *file, const char *to, const char *head)
{
	/* What its first line names, behind env too. */
	static const char line[] = "^#![ \\t]*(?:\\S*/env[ \\t]+)?(\\S*)";
	struct span groups[PATTERN_GROUPS] = {};
	char *name __cleanup(free_ptr) = NULL, *from __cleanup(free_ptr) = NULL;
	const char *base;
	int rc = initramfs_add_file(image->ir, to, S_IFREG | 0755, file);

	pattern_find(line, (struct span){ head, strlen(head) }, groups);
	name = span_dup(groups[1]);
	base = basename(name);
	if (rc || !strcmp(base, "sh") || !strcmp(base, "busybox"))
		return rc;
	from = find_program(base);
	/* Others read files of their own, which nobody here knows. */
	if (from && (!strcmp(base, "bash") || !strcmp(base, "dash")))
		return image_program(image, from, *name == '/' ? name : from);
	pr_err("%s wants %s, which the guest hasn't: use sh or bash, or a --root that has it",
	       file, *name ? name : "an interpreter");
	return -ENOEXEC;
}

/* The guest is x86-64. */
static int check_machine(const char *file)
{
	int fd __cleanup(close_fd) = open(file, O_RDONLY | O_CLOEXEC);
	GElf_Ehdr ehdr;
	int rc = 0;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf || !gelf_getehdr(elf, &ehdr) ||
	    (ehdr.e_machine != EM_X86_64 && ehdr.e_machine != EM_386)) {
		pr_err("%s is a program for another machine; the guest is x86-64", file);
		rc = -ENOEXEC;
	}
	elf_end(elf);
	return rc;
}

static int add_executable(struct image *image, const char *file, const char *to)
{
	int fd __cleanup(close_fd) = open(file, O_RDONLY | O_CLOEXEC), rc;
	char head[HEAD_BYTES] = "";
	bool script;

	if (fd < 0 || read(fd, head, HEAD_BYTES - 1) < 0)
		return file_err("read", file, errno);
	script = !strncmp(head, "#!", 2);
	if (script && !image->plan->root)
		return add_script(image, file, to, head);
	if (!script && strncmp(head, ELFMAG, SELFMAG)) {
		pr_err("%s is neither a program nor a script (which begins with #!) nor a .c file",
		       file);
		return -ENOEXEC;
	}
	rc = script ? 0 : check_machine(file);
	/* A root has interpreters and libraries of its own. */
	if (!rc && image->plan->root)
		return image_user_file(image, file, to, 0755);
	return rc ?: image_program(image, file, to);
}

/* The guest reads words that end in a NUL each. */
static void add_word(struct buf *words, const char *word)
{
	buf_add(words, word, strlen(word) + 1);
}

/* A program of syzkaller's: run by its own tools, again and again, as syzbot does. */
static int add_syz(struct image *image, const char *file, struct buf *words)
{
	static const char *const tools[] = { "syz-execprog", "syz-executor" };
	const char *dir = image->plan->syz;
	char *to __cleanup(free_ptr) = xasprintf("/load/%s", basename(file));
	char *procs __cleanup(free_ptr) = xasprintf("-procs=%u", image->plan->procs);
	int rc = 0;

	if (!dir) {
		pr_err("%s: a .syz program needs syzkaller's tools: --syz DIR", file);
		return -EINVAL;
	}
	for (size_t i = 0; !rc && i < ARRAY_SIZE(tools); i++) {
		char *from __cleanup(free_ptr) = xasprintf("%s/%s", dir, tools[i]);
		char *name __cleanup(free_ptr) = xasprintf("/load/%s", tools[i]);

		if (!file_exists(from)) {
			pr_err("no %s in %s; build syzkaller, and give the directory with both",
			       tools[i], dir);
			return -ENOENT;
		}
		rc = add_executable(image, from, name);
	}
	add_word(words, "/load/syz-execprog");
	add_word(words, "-executor=/load/syz-executor");
	add_word(words, "-repeat=0");
	add_word(words, procs);
	add_word(words, to);
	return rc ?: image_user_file(image, file, to, 0644);
}

/* Puts what is to be run where the guest finds it, and how it is called there into @words. */
static int add_first(struct image *image, const char *word, struct buf *words)
{
	char *file __cleanup(free_ptr) = NULL, *program __cleanup(free_ptr) = NULL;
	char *to __cleanup(free_ptr) = NULL;
	int rc;

	/* What is no file of this machine is looked for in the root, by the guest. */
	if (image->plan->root && !file_exists(word)) {
		add_word(words, word);
		return 0;
	}
	file = strchr(word, '/') || file_exists(word) ? xstrdup(word) : find_program(word);
	if (!file || !file_exists(file)) {
		pr_err("%s: no such program; it is looked for on this machine", word);
		return -ENOENT;
	}
	if (ends_with(file, ".syz"))
		return add_syz(image, file, words);
	to = xasprintf("/load/%s", basename(file));
	if (ends_with(file, ".c")) {
		program = xasprintf("%s.load", image->path);
		to[strlen(to) - strlen(".c")] = '\0';
		rc = compile(file, program) ?: image_user_file(image, program, to, 0755);
		unlink(program);
	} else {
		rc = add_executable(image, file, to);
	}
	add_word(words, to);
	return rc;
}

static int add(struct image *image)
{
	const struct plan *plan = image->plan;
	struct buf words __cleanup(buf_free) = {};
	bool syz = ends_with(plan->args.v[0], ".syz");
	int rc = plan->root ? 0 : image_busybox(image);

	rc = rc ?: add_first(image, plan->args.v[0], &words);
	for (size_t i = 1; i < plan->args.n; i++)
		add_word(&words, plan->args.v[i]);
	image_order(image, "command", "/load/argv");
	/* syz-execprog repeats, and runs several, itself. */
	image_order_number(image, "repeat", syz ? 1 : plan->repeat);
	image_order_number(image, "procs", syz ? 1 : plan->procs);
	image_order_number(image, "until-first", plan->until_first);
	return rc ?: initramfs_add_data(image->ir, "/load/argv", S_IFREG | 0644, words.data,
					words.len);
}

const struct load load_command = { .name = "command", .add = add, .exits = true };
