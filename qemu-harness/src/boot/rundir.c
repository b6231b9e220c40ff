// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the directories of runs and puts files into them.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/json-text.h"
#include "base/util.h"
#include "boot/rundir.h"

#define RUNDIR_BASE "out"

/* Makes @path, which must be new; a negative errno otherwise (not printed for EEXIST). */
static int make_new(const char *path)
{
	int rc;

	if (!mkdir(path, 0777))
		return 0;
	rc = -errno;
	if (rc != -EEXIST)
		pr_err("%s: %s", path, strerror(-rc));
	return rc;
}

/**
 * rundir_create() - the directory of one command's boots
 * @keep: the directory that the user wants, made if it isn't there; or NULL
 *	  for a new one in "out", named after time, kernel and accelerator
 * @kernel: release or name of the kernel
 * @accel: name of the accelerator
 * @dir: the path; the caller frees it
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int rundir_create(const char *keep, const char *kernel, const char *accel, char **dir)
{
	time_t t = time(NULL);
	unsigned int n = 1;
	struct tm tm;
	char stamp[32], *name, *p;
	int rc;

	if (keep) {
		rc = mkdir_p(keep);
		*dir = rc < 0 ? NULL : xstrdup(keep);
		return rc;
	}
	rc = mkdir_p(RUNDIR_BASE);
	if (rc < 0)
		return rc;
	localtime_r(&t, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	name = xasprintf("%s-%s-%s", stamp, kernel, accel);
	for (p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-._", *p))
			*p = '-';
	*dir = xasprintf(RUNDIR_BASE "/%s", name);
	/* Two commands may start in the same second. */
	while ((rc = make_new(*dir)) == -EEXIST) {
		free(*dir);
		*dir = xasprintf(RUNDIR_BASE "/%s.%u", name, ++n);
	}
	free(name);
	if (rc) {
		free(*dir);
		*dir = NULL;
	}
	return rc;
}

/**
 * rundir_boot() - the directory of one boot
 * @dir: the run's directory
 * @number: which run
 * @attempt: 0 for the first, else which repetition of a lost boot
 * @boot: the path; the caller frees it
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int rundir_boot(const char *dir, unsigned int number, unsigned int attempt, char **boot)
{
	int rc;

	*boot = attempt ? xasprintf("%s/%u.retry%u", dir, number, attempt) :
			  xasprintf("%s/%u", dir, number);
	rc = make_new(*boot);
	if (rc == -EEXIST)
		pr_err("%s: holds a boot already; choose another directory", *boot);
	if (rc) {
		free(*boot);
		*boot = NULL;
	}
	return rc;
}

/**
 * rundir_read() - read a file of a directory
 * @dir: the directory
 * @name: the file's name; one that is absent is empty
 * @out: it is appended
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int rundir_read(const char *dir, const char *name, struct buf *out)
{
	char *path __cleanup(free_ptr) = xasprintf("%s/%s", dir, name);

	buf_add(out, "", 0);
	return file_exists(path) ? read_file(path, out) : 0;
}

/**
 * rundir_write_text() - put a text file into a directory
 * @dir: the directory
 * @name: the file's name
 * @text: its contents
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int rundir_write_text(const char *dir, const char *name, const char *text)
{
	char *path __cleanup(free_ptr) = xasprintf("%s/%s", dir, name);

	return write_file_atomic(path, text, strlen(text));
}

/**
 * rundir_write_json() - put a JSON file into a directory
 * @dir: the directory
 * @name: the file's name
 * @doc: its contents
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int rundir_write_json(const char *dir, const char *name, const json_t *doc)
{
	char *path __cleanup(free_ptr) = xasprintf("%s/%s", dir, name);

	return json_write(doc, path);
}
