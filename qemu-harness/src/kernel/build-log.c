// SPDX-License-Identifier: GPL-2.0
/*
 * From the log of a kernel build that failed: the line that says why, and
 * whether the source is to blame or this machine.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#include "base/printable.h"
#include "base/util.h"
#include "kernel/build-log.h"

/* Where the source stands in the sandbox: no part of a path that a reader wants. */
#define SOURCE_DIR "/usr/src/"

/* Exit codes of a shell, and of make, from here on: killed by a signal. */
#define SIGNALLED 128

/*
 * Each is searched for in the whole log before the next: a compiler that was
 * killed for want of memory also makes make say that its target failed.
 */
static const struct failure_pattern {
	const char *regex;
	bool ours;
} patterns[] = {
	/* The machine. */
	{ "No space left on device|Disk quota exceeded", true },
	{ "Cannot allocate memory|[Mm]emory exhausted|out of memory allocating", true },
	{ "Killed signal terminated program|: Killed$|^Killed$", true },
	/* Of a shell's script, which names the process; of make itself. */
	{ ": line \\d+: +\\d+ Killed\\b|\\*\\*\\* \\[.*\\] (Killed|Terminated)$", true },
	/* 128 and the signal: 139, though, is a tool of the source that crashes. */
	{ "\\*\\*\\* \\[.*\\] Error 1(37|43)$", true },
	{ "^bwrap: ", true },
	{ "^ccache: error: ", true },
	{ "^make(\\[\\d+\\])?: \\S+: (No such file or directory|Permission denied)$", true },
	/* A tool, not a script of the source. */
	{ "^/bin/(ba)?sh: (line )?\\d+: [^/\\s]+: (command )?not found$", true },
	/* Compiler and assembler; linkers; modpost; kconfig; then make itself. */
	{ ": (fatal )?error: |: Error: |^error: "
	  "|undefined reference to |: multiple definition of |: undefined symbol: "
	  "|^(\\S*[-/])?ld(\\.\\w+)?: (?!warning: )"
	  "|^ERROR: "
	  "|^[\\w./-]*Kconfig[\\w.-]*:\\d+: (?!warning)", false },
	{ "\\*\\*\\* (?!.*\\bError \\d+$)(?!Waiting for ).*\\S", false },
	{ ": (command )?not found$", false },
	{ "\\*\\*\\* .*\\bError \\d+$", false },
};

/* "  845 |  y = 1;": a compiler shows a line of the source, which may say anything. */
static bool is_snippet(const char *line)
{
	line += strspn(line, " ");
	line += strspn(line, "0123456789");
	return line[strspn(line, " ")] == '|';
}

/* The whole line around the first match, or NULL; caller frees. */
static char *find_line(const char *log, size_t len, const char *regex)
{
	PCRE2_SIZE offset, *ov, start, end = 0;
	char *line = NULL, *at;
	pcre2_match_data *md;
	pcre2_code *code;
	int err;

	code = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED, PCRE2_MULTILINE, &err,
			     &offset, NULL);
	if (!code) {
		pr_err("bad pattern in %s: %s", __FILE__, regex);
		abort();
	}
	md = pcre2_match_data_create_from_pattern(code, NULL);
	while (md && !line && pcre2_match(code, (PCRE2_SPTR)log, len, end, 0, md, NULL) > 0) {
		char *raw __cleanup(free_ptr) = NULL;

		ov = pcre2_get_ovector_pointer(md);
		for (start = ov[0]; start && log[start - 1] != '\n'; start--)
			;
		end = ov[0] + strcspn(log + ov[0], "\r\n");
		if (is_snippet(log + start))
			continue;
		while (log[start] == ' ')
			start++;
		raw = xasprintf("%.*s", (int)(end - start), log + start);
		line = printable_line(raw);
	}
	pcre2_match_data_free(md);
	pcre2_code_free(code);
	while (line && (at = strstr(line, SOURCE_DIR)))
		memmove(at, at + strlen(SOURCE_DIR), strlen(at + strlen(SOURCE_DIR)) + 1);
	return line;
}

/**
 * build_failure_find() - why did a build fail?
 * @log: all that it said
 * @status: its exit code, or 128 + signal
 * @f: filled; @f->line to be freed
 */
void build_failure_find(const char *log, int status, struct build_failure *f)
{
	*f = (struct build_failure){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(patterns) && !f->line; i++) {
		f->line = find_line(log, strlen(log), patterns[i].regex);
		f->ours = patterns[i].ours;
	}
	if (!f->line) {
		f->line = xasprintf("it ended with status %d and said nothing of it", status);
		f->ours = true;
	}
	/* Nothing in a source kills make. */
	if (status >= SIGNALLED)
		f->ours = true;
}

/**
 * build_compiles() - does make say that it compiles something?
 * @line: of its output
 *
 * Return: true for a C or assembler file of the kernel
 */
bool build_compiles(const char *line)
{
	return !strncmp(line, "  CC ", 5) || !strncmp(line, "  AS ", 5);
}
