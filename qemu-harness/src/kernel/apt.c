// SPDX-License-Identifier: GPL-2.0
/*
 * The archive of any Debian suite through apt, which checks signatures and
 * hashes, keeps what is downloaded already and knows this machine's proxies.
 * The machine's own package lists and packages are never touched.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "base/cache.h"
#include "base/program.h"
#include "kernel/apt.h"

#define KEYRING "/usr/share/keyrings/debian-archive-keyring.gpg"

static const char *const apt_marks[] = { "E: Failed to fetch", "E: ", "W: ", NULL };

/**
 * apt_own_suite() - the Debian suite that this machine runs
 *
 * Return: its code name, to be freed; NULL where it isn't Debian
 */
char *apt_own_suite(void)
{
	static const char *const argv[] = {
		"sh", "-c", ". /etc/os-release; [ \"$ID\" = debian ] && echo \"$VERSION_CODENAME\"",
		NULL
	};

	return program_first_line(argv);
}

/*
 * The first URI in apt's list of @argv, lines of "URI REST", whose rest matches; NULL if
 * there is none, or with @only if there are several. Caller frees.
 */
static char *find_mirror(const char *const *argv, const char *pattern, bool only)
{
	struct strv lines __cleanup(strv_free) = { 0 };
	const char *uri = NULL;

	program_ask(argv, &lines);
	for (size_t i = 0; i < lines.n; i++) {
		char *rest = strchr(lines.v[i], ' ');

		if (!rest || fnmatch(pattern, rest + 1, FNM_EXTMATCH))
			continue;
		*rest = '\0';
		if (only && uri && strcmp(uri, lines.v[i]))
			return NULL;
		uri = uri ?: lines.v[i];
	}
	return xstrdup(uri);
}

/*
 * The URI of the mirror that this machine's own main archive comes from: of its suite,
 * and made by Debian, for another archive may have the suite's name as well; or else of
 * any that Debian made. On a fresh image, without any package lists, apt can't say who
 * made an archive: then it has to be the only one of the suite. NULL if there is none.
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
	char *suite __cleanup(free_ptr) = apt_own_suite();
	char *debians __cleanup(free_ptr) = NULL, *named __cleanup(free_ptr) = NULL;
	char *uri = NULL;

	if (suite) {
		debians = xasprintf("@(%s *|sid *|* %s) Debian Debian", suite, suite);
		uri = find_mirror(fetched, debians, false);
	}
	uri = uri ?: find_mirror(fetched, "* Debian Debian", false);
	if (suite && !uri) {
		named = xasprintf("@(%s|sid)", suite);
		uri = find_mirror(configured, named, true);
	}
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
	char *uri __cleanup(free_ptr) = NULL;

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
	return 0;
}

static int write_conf(struct apt *apt)
{
	char *list __cleanup(free_ptr) = xasprintf("%s/sources.list", apt->dir);
	char *status __cleanup(free_ptr) = xasprintf("%s/status", apt->dir);
	char *source __cleanup(free_ptr) = NULL;
	struct buf text __cleanup(buf_free) = { 0 };
	int rc = apt_source(apt->suite, &source);

	if (rc)
		return rc;
	/*
	 * Read after the machine's apt.conf.d, whose proxies and timeouts thus
	 * stay in force, but whose hooks (which work on the machine's own
	 * lists) do not, nor does what makes it take archives without a
	 * signature. User root: the _apt user can't reach the cache.
	 */
	buf_addf(&text, "#clear APT::Update::Pre-Invoke;\n"
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
	return write_file(apt->conf, text.data, text.len) ?:
	       write_file(status, "", 0) ?:
	       write_file(list, source, strlen(source));
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
	char *lock __cleanup(free_ptr) = xasprintf("apt/%s", suite);
	char *lists __cleanup(free_ptr) = NULL, *archives __cleanup(free_ptr) = NULL;
	int rc;

	*apt = (struct apt){ .suite = xstrdup(suite) };
	apt->dir = xasprintf("%s/apt/%s", irqsan_cache(), suite);
	apt->conf = xasprintf("%s/apt.conf", apt->dir);
	lists = xasprintf("%s/lists/partial", apt->dir);
	archives = xasprintf("%s/cache/archives/partial", apt->dir);
	apt->lock = cache_lock(lock);
	rc = apt->lock < 0 ? apt->lock :
	     mkdir_p(lists) ?: mkdir_p(archives) ?: write_conf(apt);
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
	close_fd(&apt->lock);
	free(apt->suite);
	free(apt->dir);
	free(apt->conf);
	*apt = (struct apt){ .lock = -1 };
}

static int apt_run(struct apt *apt, const char *what, const char *const *argv, const char *cwd)
{
	char *log __cleanup(free_ptr) = xasprintf("%s/log", apt->dir);

	return tool_run(&(struct tool){
		.what = what, .argv = argv, .cwd = cwd, .log = log, .marks = apt_marks,
	});
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
	char *what __cleanup(free_ptr) = xasprintf("getting the package lists of %s", apt->suite);

	return apt_run(apt, what, argv, NULL);
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

	return program_lines(argv, names);
}

/* Appends the names in "a (= 1), b | c, d:any" to @names, of b | c the first. */
static void parse_depends(char *text, struct strv *names)
{
	char *name;

	while ((name = strsep(&text, ","))) {
		name += strspn(name, " ");
		strv_pushf(names, "%.*s", (int)strcspn(name, " (|:"), name);
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
	struct strv lines __cleanup(strv_free) = { 0 };
	int rc = program_ask(argv, &lines);

	*p = (struct apt_package){ .name = xstrdup(name) };
	for (size_t i = 0; i < lines.n; i++) {
		char *value = lines.v[i], *key = strsep(&value, ":");

		if (*key == ' ' || !value)
			continue;
		value += strspn(value, " ");
		if (!strcmp(key, "Version") && !p->version)
			p->version = xstrdup(value);
		else if (!strcmp(key, "SHA256") && !p->sha256)
			p->sha256 = xstrdup(value);
		else if (!strcmp(key, "Size"))
			p->size = strtoull(value, NULL, 10);
		else if (!strcmp(key, "Depends") || !strcmp(key, "Pre-Depends"))
			parse_depends(value, &p->depends);
	}
	if (!rc && !p->version)
		rc = -ENOENT;
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
 * @p: package
 * @debs: where it is
 * @u: where to and how
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int apt_unpack(const struct apt_package *p, const char *debs, struct unpack *u)
{
	struct strv found __cleanup(strv_free) = { 0 };

	if (strv_glob(&found, "%s/%s_%s_*.deb", debs, p->name, p->version) != 1) {
		pr_err("apt has downloaded %s %s, but it is not in %s", p->name, p->version, debs);
		return -ENOENT;
	}
	return check_package(found.v[0], p->sha256 ?: "") ?: unpack_deb(u, found.v[0]);
}

/**
 * apt_get() - fetch packages and unpack them, checked
 * @apt: open state, updated; closed when all is fetched
 * @what: that, for messages
 * @p: packages
 * @nr: how many
 * @work: directory for the .deb files
 * @u: where to and how
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int apt_get(struct apt *apt, const char *what, const struct apt_package *p, size_t nr,
	    const char *work, struct unpack *u)
{
	char *doing __cleanup(free_ptr) = xasprintf("downloading %s", what);
	struct strv argv __cleanup(strv_free) = { 0 };
	uint64_t size = 0;
	int rc;

	strv_add(&argv, "apt-get", "-c", apt->conf, "-q", "download", NULL);
	for (size_t i = 0; i < nr; i++) {
		strv_pushf(&argv, "%s=%s", p[i].name, p[i].version);
		size += p[i].size;
	}
	pr_info("%s (%llu MB)", doing, (unsigned long long)size >> 20);
	rc = apt_run(apt, doing, (const char *const *)argv.v, work);
	apt_close(apt);
	if (!rc)
		pr_info("unpacking %s", what);
	for (size_t i = 0; !rc && i < nr; i++)
		rc = apt_unpack(&p[i], work, u);
	return rc;
}
