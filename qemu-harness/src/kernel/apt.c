// SPDX-License-Identifier: GPL-2.0
/*
 * The archive of any Debian suite through apt, which checks signatures and
 * hashes, keeps what is downloaded already and knows this machine's proxies.
 * The machine's own package lists and packages are never touched.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cache.h"
#include "base/child.h"
#include "base/program.h"
#include "kernel/apt.h"

#define KEYRING "/usr/share/keyrings/debian-archive-keyring.gpg"

static const char *const apt_marks[] = { "E: Failed to fetch", "E: ", "W: ", NULL };

/* The value of KEY=value in os-release's text; caller frees. */
static char *os_release_value(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		const char *v;

		if (*line == '\n')
			line++;
		if (strncmp(line, key, len) || line[len] != '=')
			continue;
		v = line + len + 1;
		v += *v == '"';
		return strndup(v, strcspn(v, "\"\n"));
	}
	return NULL;
}

/**
 * apt_own_suite() - the Debian suite that this machine runs
 *
 * Return: its code name, to be freed; NULL where it isn't Debian
 */
char *apt_own_suite(void)
{
	struct buf b = { 0 };
	char *id, *suite = NULL;

	if (!file_exists("/etc/os-release") || read_file("/etc/os-release", &b))
		return NULL;
	id = os_release_value(b.data, "ID");
	if (id && !strcmp(id, "debian"))
		suite = os_release_value(b.data, "VERSION_CODENAME");
	free(id);
	buf_free(&b);
	return suite;
}

/*
 * The first URI in apt's list of @argv that is of @suite (NULL: of any) and made by
 * Debian, or NULL; caller frees. A line is "URI RELEASE CODENAME ORIGIN LABEL" where lists were
 * fetched, else "URI RELEASE". Another archive may have the suite's name as well.
 */
static char *find_mirror(const char *const *argv, const char *suite, bool fetched, bool *others)
{
	struct child_opts opts = { .argv = argv, .out = -1, .err = -1 };
	char *save = NULL, *uri = NULL;
	struct buf out = { 0 };
	int status;

	if (child_run(&opts, 60, &out, &status) || status || !out.len) {
		buf_free(&out);
		return NULL;
	}
	for (char *line = strtok_r(out.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *fields = NULL;
		char *first = strtok_r(line, " ", &fields);
		char *release = strtok_r(NULL, " ", &fields);
		char *codename = strtok_r(NULL, " ", &fields);
		char *origin = strtok_r(NULL, " ", &fields);
		char *label = strtok_r(NULL, " ", &fields);

		if (!release || (suite && strcmp(release, suite) && strcmp(release, "sid") &&
				 (!codename || strcmp(codename, suite))))
			continue;
		if (fetched && (!label || strcmp(origin, "Debian") || strcmp(label, "Debian")))
			continue;
		*others |= uri && strcmp(uri, first);
		if (!uri)
			uri = xstrdup(first);
	}
	buf_free(&out);
	return uri;
}

/*
 * The URI of the mirror that this machine's own main archive comes from, or of any
 * that is Debian's; NULL if apt knows none. On a fresh image, without any package
 * lists, apt can't say who made an archive: then it has to be the only one of the suite.
 */
static char *own_mirror(void)
{
	static const char *const fetched[] = {
		"apt-get", "indextargets", "--format",
		"$(REPO_URI) $(RELEASE) $(CODENAME) $(ORIGIN) $(LABEL)",
		"Created-By: Packages", "Component: main", NULL,
	};
	static const char *const configured[] = {
		"apt-get", "indextargets", "--no-release-info", "--format",
		"$(REPO_URI) $(RELEASE)", "Created-By: Packages", "Component: main", NULL,
	};
	char *suite = apt_own_suite(), *uri = NULL;
	bool others = false;

	if (suite)
		uri = find_mirror(fetched, suite, true, &others);
	if (!uri)
		uri = find_mirror(fetched, NULL, true, &others);
	if (suite && !uri) {
		others = false;
		uri = find_mirror(configured, suite, false, &others);
		if (others) {
			free(uri);
			uri = NULL;
		}
	}
	free(suite);
	return uri;
}

/**
 * apt_source() - the sources.list line of a suite
 * @suite: its name
 * @line: the line, to be freed
 *
 * Only the suite's main archive: what it offers changes with point releases,
 * not from day to day (sid apart).
 *
 * Return: 0 or a negative errno
 */
int apt_source(const char *suite, char **line)
{
	char *uri;

	*line = NULL;
	if (!file_exists(KEYRING)) {
		pr_err("%s is missing; \"make deps\" installs it", KEYRING);
		return -ENOENT;
	}
	uri = own_mirror();
	if (!uri) {
		pr_err("apt knows no archive of Debian's; add one to /etc/apt/sources.list (deb MIRROR SUITE main) and run \"apt-get update\"");
		return -ENOENT;
	}
	*line = xasprintf("deb [signed-by=" KEYRING "] %s %s main", uri, suite);
	free(uri);
	return 0;
}

static int write_conf(struct apt *apt, const char *source)
{
	char *list = xasprintf("%s/sources.list", apt->dir);
	char *status = xasprintf("%s/status", apt->dir);
	char *text;
	int rc;

	/*
	 * Read after the machine's apt.conf.d, whose proxies and timeouts thus
	 * stay in force, but whose hooks (which work on the machine's own
	 * lists) do not, nor does what makes it take archives without a
	 * signature. User root: the _apt user can't reach the cache.
	 */
	text = xasprintf("#clear APT::Update::Pre-Invoke;\n"
			 "#clear APT::Update::Post-Invoke;\n"
			 "#clear APT::Update::Post-Invoke-Success;\n"
			 "APT::Update::Error-Mode \"any\";\n"
			 "APT::Architecture \"amd64\";\n"
			 "APT::Architectures { \"amd64\"; };\n"
			 "APT::Default-Release \"\";\n"
			 "APT::Sandbox::User \"root\";\n"
			 "APT::Get::AllowUnauthenticated \"false\";\n"
			 "Acquire::AllowInsecureRepositories \"false\";\n"
			 "Acquire::AllowWeakRepositories \"false\";\n"
			 "Acquire::AllowDowngradeToInsecureRepositories \"false\";\n"
			 "Acquire::Languages \"none\";\n"
			 "Dir::State \"%s\";\n"
			 "Dir::State::lists \"%s/lists\";\n"
			 "Dir::State::status \"%s\";\n"
			 "Dir::State::extended_states \"%s/extended_states\";\n"
			 "Dir::Cache \"%s/cache\";\n"
			 "Dir::Cache::archives \"%s/cache/archives\";\n"
			 "Dir::Cache::pkgcache \"pkgcache.bin\";\n"
			 "Dir::Cache::srcpkgcache \"srcpkgcache.bin\";\n"
			 "Dir::Etc::sourcelist \"%s\";\n"
			 "Dir::Etc::sourceparts \"/dev/null\";\n"
			 "Dir::Etc::preferences \"/dev/null\";\n"
			 "Dir::Etc::preferencesparts \"/dev/null\";\n",
			 apt->dir, apt->dir, status, apt->dir, apt->dir, apt->dir, list);
	rc = write_file(apt->conf, text, strlen(text));
	free(text);
	if (!rc)
		rc = write_file(status, "", 0);
	if (!rc) {
		text = xasprintf("%s\n", source);
		rc = write_file(list, text, strlen(text));
		free(text);
	}
	free(list);
	free(status);
	return rc;
}

/**
 * apt_open() - set up apt for a suite; needs no network
 * @apt: filled
 * @suite: its name
 *
 * Return: 0 or a negative errno
 */
int apt_open(struct apt *apt, const char *suite)
{
	static const char *const dirs[] = { "lists/partial", "cache/archives/partial" };
	char *lock = xasprintf("apt/%s", suite);
	char *source = NULL;
	int rc;

	*apt = (struct apt){ .suite = xstrdup(suite) };
	apt->dir = xasprintf("%s/apt/%s", irqsan_cache(), suite);
	apt->conf = xasprintf("%s/apt.conf", apt->dir);
	apt->lock = cache_lock(lock);
	free(lock);
	rc = apt->lock < 0 ? apt->lock : 0;
	for (size_t i = 0; !rc && i < ARRAY_SIZE(dirs); i++) {
		char *dir = xasprintf("%s/%s", apt->dir, dirs[i]);

		rc = mkdir_p(dir);
		free(dir);
	}
	if (!rc)
		rc = apt_source(suite, &source);
	if (!rc)
		rc = write_conf(apt, source);
	free(source);
	if (rc)
		apt_close(apt);
	return rc;
}

/**
 * apt_close() - give the suite's state free for others
 * @apt: as filled by apt_open(), also after it failed
 */
void apt_close(struct apt *apt)
{
	if (apt->lock >= 0)
		close(apt->lock);
	free(apt->suite);
	free(apt->dir);
	free(apt->conf);
	*apt = (struct apt){ .lock = -1 };
}

static int apt_run(struct apt *apt, const char *what, const char *const *argv, const char *cwd)
{
	char *log = xasprintf("%s/log", apt->dir);
	struct tool t = {
		.what = what, .argv = argv, .cwd = cwd, .log = log, .marks = apt_marks,
	};
	int rc = tool_run(&t);

	free(log);
	return rc;
}

/**
 * apt_update() - fetch the suite's package lists
 * @apt: open state
 *
 * Return: 0 or a negative errno
 */
int apt_update(struct apt *apt)
{
	const char *const argv[] = { "apt-get", "-c", apt->conf, "-q", "update", NULL };
	char *what = xasprintf("getting the package lists of %s", apt->suite);
	int rc = apt_run(apt, what, argv, NULL);

	free(what);
	return rc;
}

/**
 * apt_names() - the packages of the package lists
 * @apt: open state, updated
 * @prefix: of their names
 * @names: they are appended
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int apt_names(struct apt *apt, const char *prefix, struct strv *names)
{
	const char *const argv[] = { "apt-cache", "-c", apt->conf, "pkgnames", prefix, NULL };
	struct buf out = { 0 };
	char *save = NULL;
	int rc = program_output(argv, &out);

	for (char *name = rc || !out.len ? NULL : strtok_r(out.data, "\n", &save); name;
	     name = strtok_r(NULL, "\n", &save))
		strv_push(names, name);
	buf_free(&out);
	return rc;
}

/* Appends the names in "a (= 1), b | c, d:any" to @names, of b | c the first. */
static void parse_depends(char *text, struct strv *names)
{
	char *save = NULL;

	for (char *d = strtok_r(text, ",", &save); d; d = strtok_r(NULL, ",", &save)) {
		d += strspn(d, " ");
		d[strcspn(d, " (|:")] = '\0';
		strv_push(names, d);
	}
}

/**
 * apt_show() - look a package up in the package lists
 * @apt: open state, updated
 * @name: package
 * @p: filled; apt_package_free() it
 *
 * Return: 0 or a negative errno; -ENOENT (silently) when there is none
 */
int apt_show(struct apt *apt, const char *name, struct apt_package *p)
{
	const char *const argv[] = {
		"apt-cache", "-c", apt->conf, "--no-all-versions", "show", name, NULL,
	};
	struct child_opts opts = { .argv = argv, .out = -1, .err = -1 };
	struct buf out = { 0 };
	char *save = NULL;
	int rc, status;

	*p = (struct apt_package){ 0 };
	rc = child_run(&opts, 120, &out, &status);
	if (!rc && status)
		rc = -ENOENT;
	for (char *line = rc ? NULL : strtok_r(out.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *value = strchr(line, ':');

		if (*line == ' ' || !value)
			continue;
		*value++ = '\0';
		value += strspn(value, " ");
		if (!strcmp(line, "Version") && !p->version)
			p->version = xstrdup(value);
		else if (!strcmp(line, "SHA256") && !p->sha256)
			p->sha256 = xstrdup(value);
		else if (!strcmp(line, "Size"))
			p->size = strtoull(value, NULL, 10);
		else if (!strcmp(line, "Depends") || !strcmp(line, "Pre-Depends"))
			parse_depends(value, &p->depends);
	}
	buf_free(&out);
	if (!rc && !p->version)
		rc = -ENOENT;
	p->name = xstrdup(name);
	if (rc)
		apt_package_free(p);
	return rc;
}

/**
 * apt_package_free() - free what apt_show() filled
 * @p: package
 */
void apt_package_free(struct apt_package *p)
{
	free(p->name);
	free(p->version);
	free(p->sha256);
	strv_free(&p->depends);
	*p = (struct apt_package){ 0 };
}

/**
 * apt_download() - fetch packages as .deb files, checked
 * @apt: open state, updated
 * @pkgs: "NAME=VERSION" each
 * @dir: directory for the files
 *
 * Return: 0 or a negative errno
 */
int apt_download(struct apt *apt, const struct strv *pkgs, const char *dir)
{
	char *what = xasprintf("downloading the kernel packages of %s", apt->suite);
	struct strv argv = { 0 };
	int rc;

	strv_push(&argv, "apt-get");
	strv_push(&argv, "-c");
	strv_push(&argv, apt->conf);
	strv_push(&argv, "-q");
	strv_push(&argv, "download");
	for (size_t i = 0; i < pkgs->n; i++)
		strv_push(&argv, pkgs->v[i]);
	rc = apt_run(apt, what, (const char *const *)argv.v, dir);
	strv_free(&argv);
	free(what);
	return rc;
}

/*
 * apt checks what it fetches. A file of the right name and size that lies there
 * already, from a download that was interrupted, it only believes.
 */
static int check_package(const char *path, const char *sha256)
{
	char hex[65];
	int rc = sha256_file(path, hex);

	if (!rc && strcmp(hex, sha256)) {
		pr_err("%s is damaged: its SHA-256 is not the archive's; it was removed, run again",
		       path);
		unlink(path);
		rc = -EBADMSG;
	}
	return rc;
}

/**
 * apt_unpack() - unpack a package that was downloaded, if it is what the archive has
 * @debs: where apt_download() has put it
 * @pkg: "NAME=VERSION"
 * @sha256: what it has to be
 * @u: where to and how
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int apt_unpack(const char *debs, const char *pkg, const char *sha256, struct unpack *u)
{
	char *pattern = xasprintf("%s/%s_*.deb", debs, pkg);
	glob_t found = { 0 };
	int rc;

	/* "NAME=VERSION" to "NAME_VERSION_ARCH.deb"; apt escapes an epoch's colon. */
	pattern[strlen(debs) + 1 + strcspn(pkg, "=")] = '_';
	rc = glob(pattern, 0, NULL, &found);
	if (rc || found.gl_pathc != 1) {
		pr_err("apt has downloaded %s, but there is no %s", pkg, pattern);
		rc = -ENOENT;
	} else {
		rc = check_package(found.gl_pathv[0], sha256);
		if (!rc)
			rc = unpack_deb(u, found.gl_pathv[0]);
	}
	globfree(&found);
	free(pattern);
	return rc;
}
