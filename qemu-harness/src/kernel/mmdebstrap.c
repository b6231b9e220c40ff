// SPDX-License-Identifier: GPL-2.0
/*
 * Small Debians, made by mmdebstrap from the archive that this machine uses.
 */
#include <string.h>

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
		"apt-config", "dump", "--no-empty", "--format", "%F \"%v\";%n", "Acquire", NULL,
	};
	static const char *const wanted[] = {
		"Acquire::http", "Acquire::Check-", "Acquire::Retries ", "Acquire::Force",
	};
	struct strv lines __cleanup(strv_free) = { 0 };
	struct buf text __cleanup(buf_free) = { 0 };
	int rc = program_lines(argv, &lines);

	for (size_t l = 0; l < lines.n; l++)
		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
			if (!strncmp(lines.v[l], wanted[i], strlen(wanted[i])))
				buf_addf(&text, "%s\n", lines.v[l]);
	return rc ?: write_file(path, text.data, text.len);
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
	char *aptopt __cleanup(free_ptr) = xasprintf("%s/apt.conf", m->tmp);
	char *source __cleanup(free_ptr) = NULL;
	struct strv argv __cleanup(strv_free) = { 0 };
	bool root = !geteuid();
	int rc = write_apt_options(aptopt) ?: apt_source(m->suite, &source);

	if (rc)
		return rc;
	/*
	 * As root its mounts and processes live in namespaces of their own:
	 * however it ends, no bind mount of /dev stays behind in the cache.
	 */
	if (root)
		strv_add(&argv, "unshare", "--mount", "--pid", "--fork", "--kill-child",
			 "--mount-proc", NULL);
	strv_push(&argv, "env");
	/* Not into /tmp, which may be small; other users can't reach the cache, though. */
	if (root)
		strv_pushf(&argv, "TMPDIR=%s", m->tmp);
	strv_add(&argv, "mmdebstrap", root ? "--mode=root" : "--mode=unshare", NULL);
	strv_pushf(&argv, "--variant=%s", m->variant);
	for (size_t i = 0; i < m->packages->n; i++)
		strv_pushf(&argv, "--include=%s", m->packages->v[i]);
	strv_pushf(&argv, "--aptopt=%s", aptopt);
	/* What a power cut spoils is not in the cache yet. */
	strv_add(&argv, "--architectures=amd64", "--format=tar", "--dpkgopt=force-unsafe-io",
		 "--dpkgopt=path-exclude=/usr/share/man/*",
		 "--dpkgopt=path-exclude=/usr/share/doc/*",
		 "--dpkgopt=path-exclude=/usr/share/locale/*", m->suite, m->tar, source, NULL);
	return tool_run(&(struct tool){
		.what = m->what, .argv = (const char *const *)argv.v, .log = m->log,
		.deadline_s = 1800, .marks = marks,
	});
}
