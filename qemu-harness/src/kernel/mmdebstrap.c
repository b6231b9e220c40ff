// SPDX-License-Identifier: GPL-2.0
/*
 * Small Debians, made by mmdebstrap from the archive that this machine uses.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/program.h"
#include "kernel/apt.h"
#include "kernel/mmdebstrap.h"

static const char *const marks[] = {
	"E: Failed to fetch", "E: Unable to locate", "E: ", "W: ", "unshare: ", NULL,
};

/*
 * mmdebstrap does not read the machine's apt.conf.d, but its proxies and what it
 * says of clocks hold for these packages as well.
 */
static int write_apt_options(const char *path)
{
	static const char *const argv[] = {
		"apt-config", "dump", "--format", "%F \"%v\";%n", "Acquire", NULL,
	};
	static const char *const wanted[] = {
		"Acquire::http", "Acquire::https", "Acquire::Check-", "Acquire::Retries ",
		"Acquire::Force",
	};
	struct buf out = { 0 }, text = { 0 };
	char *save = NULL;
	int rc = program_output(argv, &out);

	buf_add(&text, "", 0);
	for (char *line = rc ? NULL : strtok_r(out.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		bool keep = false;

		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
			keep |= !strncmp(line, wanted[i], strlen(wanted[i]));
		if (keep && !strstr(line, " \"\";")) {
			buf_add(&text, line, strlen(line));
			buf_add(&text, "\n", 1);
		}
	}
	if (!rc)
		rc = write_file(path, text.data, text.len);
	buf_free(&text);
	buf_free(&out);
	return rc;
}

/**
 * mmdebstrap() - make a Debian, as root or as user
 * @m: which
 *
 * Signatures are checked: the sources line names Debian's own keys.
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int mmdebstrap(const struct mmdebstrap *m)
{
	/*
	 * As root its mounts and processes live in namespaces of their own:
	 * however it ends, no bind mount of /dev stays behind in the cache.
	 */
	static const char *const as_root[] = {
		"unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
	};
	char *aptopt = xasprintf("%s/apt.conf", m->tmp), *source = NULL;
	struct strv argv = { 0 };
	int rc;

	rc = write_apt_options(aptopt);
	if (!rc)
		rc = apt_source(m->suite, &source);
	if (rc)
		goto out;
	for (size_t i = 0; !geteuid() && i < ARRAY_SIZE(as_root); i++)
		strv_push(&argv, as_root[i]);
	strv_push(&argv, "env");
	/* Not into /tmp, which may be small; other users can't reach the cache, though. */
	if (!geteuid())
		strv_pushf(&argv, "TMPDIR=%s", m->tmp);
	strv_push(&argv, "mmdebstrap");
	strv_pushf(&argv, "--mode=%s", geteuid() ? "unshare" : "root");
	strv_pushf(&argv, "--variant=%s", m->variant);
	strv_push(&argv, "--architectures=amd64");
	strv_push(&argv, "--format=tar");
	for (size_t i = 0; i < m->packages->n; i++)
		strv_pushf(&argv, "--include=%s", m->packages->v[i]);
	strv_pushf(&argv, "--aptopt=%s", aptopt);
	/* What a power cut spoils is not in the cache yet. */
	strv_push(&argv, "--dpkgopt=force-unsafe-io");
	strv_push(&argv, "--dpkgopt=path-exclude=/usr/share/man/*");
	strv_push(&argv, "--dpkgopt=path-exclude=/usr/share/doc/*");
	strv_push(&argv, "--dpkgopt=path-exclude=/usr/share/locale/*");
	strv_push(&argv, m->suite);
	strv_push(&argv, m->tar);
	strv_push(&argv, source);
	rc = tool_run(&(struct tool){
		.what = m->what, .argv = (const char *const *)argv.v, .log = m->log,
		.deadline_s = 1800, .marks = marks,
	});
out:
	strv_free(&argv);
	free(source);
	free(aptopt);
	return rc;
}
