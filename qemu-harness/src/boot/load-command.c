// SPDX-License-Identifier: GPL-2.0
/*
 * A command of the user's as the load: a program with its libraries, a script, a C file,
 * which is compiled, or a .syz program, which the user's own syzkaller runs. Arguments:
 * the words of the command.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/program.h"
#include "boot/image.h"
#include "boot/load.h"

#define COMPILER_DEADLINE_S 120
#define HEAD_BYTES 256

static const char *base_of(const char *path)
{
	return strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
}

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len > n && !strcmp(text + len - n, end);
}

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

/* The interpreter that a script's first line names, behind env too; "" for none. */
static void interpreter(const char *head, char *name, size_t size)
{
	const char *p = head + strspn(head, " \t");
	size_t len = strcspn(p, " \t\n");

	if (len >= 4 && !strncmp(p + len - 4, "/env", 4)) {
		p += len;
		p += strspn(p, " \t");
		len = strcspn(p, " \t\n");
	}
	if (len >= size)
		len = size - 1;
	memcpy(name, p, len);
	name[len] = '\0';
}

/* A script needs its interpreter; busybox is every guest's sh. */
static int add_script(struct image *image, const char *file, const char *to, const char *head)
{
	char name[HEAD_BYTES], *from;
	int rc;

	interpreter(head, name, sizeof(name));
	rc = initramfs_add_file(image->ir, to, S_IFREG | 0755, file);
	if (rc || !strcmp(base_of(name), "sh") || !strcmp(base_of(name), "busybox"))
		return rc;
	from = find_program(base_of(name));
	/* Others read files of their own, which nobody here knows. */
	if (from && (!strcmp(base_of(name), "bash") || !strcmp(base_of(name), "dash"))) {
		rc = image_program(image, from, *name == '/' ? name : from);
	} else {
		pr_err("%s wants %s, which the guest hasn't: use sh or bash, or a --root that has it",
		       file, *name ? name : "an interpreter");
		rc = -ENOEXEC;
	}
	free(from);
	return rc;
}

/* The guest is x86-64. */
static int check_machine(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	GElf_Ehdr ehdr;
	int rc = 0;
	Elf *elf;

	if (fd < 0)
		return -errno;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf || !gelf_getehdr(elf, &ehdr) ||
	    (ehdr.e_machine != EM_X86_64 && ehdr.e_machine != EM_386)) {
		pr_err("%s is a program for another machine; the guest is x86-64", file);
		rc = -ENOEXEC;
	}
	elf_end(elf);
	close(fd);
	return rc;
}

static int read_head(const char *file, char head[HEAD_BYTES])
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, head, HEAD_BYTES - 1);
	int rc = n < 0 ? -errno : 0;

	if (rc)
		pr_err("%s: %s", file, strerror(-rc));
	head[n < 0 ? 0 : n] = '\0';
	if (fd >= 0)
		close(fd);
	return rc;
}

static int add_executable(struct image *image, const char *file, const char *to)
{
	char head[HEAD_BYTES];
	int rc = read_head(file, head);
	bool script = !strncmp(head, "#!", 2);

	if (rc)
		return rc;
	if (script && !image->plan->root)
		return add_script(image, file, to, head + 2);
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
	char *to = xasprintf("/load/%s", base_of(file));
	char *procs = xasprintf("-procs=%u", image->plan->procs);
	int rc = 0;

	if (!dir) {
		pr_err("%s: a .syz program needs syzkaller's tools: --syz DIR", file);
		rc = -EINVAL;
	}
	for (size_t i = 0; !rc && i < ARRAY_SIZE(tools); i++) {
		char *from = xasprintf("%s/%s", dir, tools[i]);
		char *name = xasprintf("/load/%s", tools[i]);

		if (file_exists(from)) {
			rc = add_executable(image, from, name);
		} else {
			pr_err("no %s in %s; build syzkaller, and give the directory with both",
			       tools[i], dir);
			rc = -ENOENT;
		}
		free(name);
		free(from);
	}
	if (!rc)
		rc = image_user_file(image, file, to, 0644);
	add_word(words, "/load/syz-execprog");
	add_word(words, "-executor=/load/syz-executor");
	add_word(words, "-repeat=0");
	add_word(words, procs);
	add_word(words, to);
	free(procs);
	free(to);
	return rc;
}

/* Puts what is to be run where the guest finds it, and how it is called there into @words. */
static int add_first(struct image *image, const char *word, struct buf *words)
{
	char *to = NULL;
	char *file, *program;
	int rc;

	/* What is no file of this machine is looked for in the root, by the guest. */
	if (image->plan->root && !file_exists(word)) {
		add_word(words, word);
		return 0;
	}
	file = strchr(word, '/') || file_exists(word) ? xstrdup(word) : find_program(word);
	if (!file || !file_exists(file)) {
		pr_err("%s: no such program; it is looked for on this machine", word);
		free(file);
		return -ENOENT;
	}
	if (ends_in(file, ".syz")) {
		rc = add_syz(image, file, words);
	} else if (ends_in(file, ".c")) {
		program = xasprintf("%s.load", image->path);
		to = xasprintf("/load/%.*s", (int)strlen(base_of(file)) - 2, base_of(file));
		rc = compile(file, program);
		if (!rc)
			rc = image_user_file(image, program, to, 0755);
		unlink(program);
		free(program);
	} else {
		to = xasprintf("/load/%s", base_of(file));
		rc = add_executable(image, file, to);
	}
	if (to)
		add_word(words, to);
	free(to);
	free(file);
	return rc;
}

static int add(struct image *image)
{
	const struct plan *plan = image->plan;
	struct buf words = {};
	bool syz = ends_in(plan->args.v[0], ".syz");
	int rc = plan->root ? 0 : image_busybox(image);

	if (!rc)
		rc = add_first(image, plan->args.v[0], &words);
	if (!rc) {
		for (size_t i = 1; i < plan->args.n; i++)
			add_word(&words, plan->args.v[i]);
		rc = initramfs_add_data(image->ir, "/load/argv", S_IFREG | 0644, words.data,
					words.len);
	}
	image_order(image, "command", "/load/argv");
	/* syz-execprog repeats, and runs several, itself. */
	image_order_number(image, "repeat", syz ? 1 : plan->repeat);
	image_order_number(image, "procs", syz ? 1 : plan->procs);
	image_order_number(image, "until-first", plan->until_first);
	buf_free(&words);
	return rc;
}

const struct load load_command = { .name = "command", .add = add, .exits = true };
