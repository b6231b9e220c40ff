// SPDX-License-Identifier: GPL-2.0
/*
 * Which mirror is taken, on a machine whose apt is a script that says what the
 * test wants, and what is made of packages that lie there already.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

/* The file itself: its functions are its own. */
#include "kernel/kernel-debian.c"

static char dir[] = "/tmp/irqsan-test-XXXXXX";
static char *own;

static void put(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);

	assert_int_equal(write_file(path, text, strlen(text)), 0);
	assert_int_equal(chmod(path, 0755), 0);
	free(path);
}

static int group_setup(void **state)
{
	char *path;

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	path = xasprintf("%s:%s", dir, getenv("PATH"));
	setenv("PATH", path, 1);
	setenv("XDG_CACHE_HOME", dir, 1);
	free(path);
	own = apt_own_suite();
	return own ? 0 : -1;
}

static int group_teardown(void **state)
{
	(void)state;
	free(own);
	return remove_tree(dir);
}

/*
 * @fetched: lines that apt has while there are lists; @configured: without; @want: in the
 * source's line, or NULL for a message that says what to do.
 */
static void expect_mirror(const char *fetched, const char *configured, const char *want)
{
	char *script, *line, *with = xasprintf("%s/fetched", dir), *without, *said;
	FILE *err = stderr;
	size_t len;
	int rc;

	without = xasprintf("%s/configured", dir);
	put("fetched", fetched);
	put("configured", configured);
	script = xasprintf("#!/bin/sh\ncase \"$*\" in\n*--no-release-info*) cat %s ;;\n*) cat %s ;;\n"
			   "esac | sed 's/OWN/%s/g'\n", without, with, own);
	put("apt-get", script);
	stderr = open_memstream(&said, &len);
	rc = apt_source("bullseye", &line);
	fclose(stderr);
	stderr = err;
	assert_int_equal(rc, want ? 0 : -ENOENT);
	if (want && !strstr(line, want))
		fail_msg("%s is not from %s", line, want);
	if (!want)
		assert_non_null(strstr(said, "add one to /etc/apt/sources.list (deb MIRROR"));
	free(line);
	free(said);
	free(script);
	free(with);
	free(without);
}

static void test_mirror(void **state)
{
	static const char acme[] = "http://acme.example/x OWN OWN Acme Acme\n";

	(void)state;
	expect_mirror("http://m.example/debian OWN OWN Debian Debian\n", "", "] http://m.example/debian b");
	expect_mirror("http://acme.example/x OWN OWN Acme Acme\n"
		      "http://m.example/debian-security OWN-security OWN-security Debian Debian-Security\n"
		      "http://m.example/debian stable OWN Debian Debian\n", "",
		      "] http://m.example/debian b");
	/* A fresh image has no lists. */
	expect_mirror("", "http://m.example/debian OWN\nhttp://m.example/debian OWN-updates\n"
		      "http://m.example/debian OWN\n", "] http://m.example/debian b");
	/* Of another suite, on a machine that isn't Debian. */
	expect_mirror("http://acme.example/x jammy jammy Acme Acme\n"
		      "http://m.example/debian trixie trixie Debian Debian\n", "",
		      "] http://m.example/debian b");
	expect_mirror("", "http://acme.example/x OWN\nhttp://m.example/debian OWN\n", NULL);
	expect_mirror(acme, "http://acme.example/x OWN\nhttp://m.example/debian OWN\n", NULL);
	expect_mirror("", "", NULL);
}

/* What the machine's apt allows, an archive's signature is needed. */
static void test_conf(void **state)
{
	struct buf text = { 0 };
	struct apt apt;

	(void)state;
	put("apt-get", "#!/bin/sh\necho http://m.example/debian trixie trixie Debian Debian\n");
	assert_int_equal(apt_open(&apt, "bullseye"), 0);
	assert_int_equal(read_file(apt.conf, &text), 0);
	assert_non_null(strstr(text.data, "Acquire::AllowInsecureRepositories \"false\";"));
	assert_non_null(strstr(text.data, "APT::Get::AllowUnauthenticated \"false\";"));
	buf_free(&text);
	apt_close(&apt);
}

static void test_damaged(void **state)
{
	static const char sum[] =
		"b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";
	struct unpack u = { .dest = dir, .path = entry_path };
	char *deb = xasprintf("%s/a_1_amd64.deb", dir);
	struct apt_package p;
	struct apt apt = { .lock = -1, .conf = xstrdup("/dev/null") };

	(void)state;
	put("apt-cache", "#!/bin/sh\necho 'Package: a\nVersion: 1\nSize: 11\n"
	    "SHA256: b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9'\n");
	assert_int_equal(apt_show(&apt, "a", &p), 0);
	assert_string_equal(p.sha256, sum);

	/* The right one is no package, but that is found out by who unpacks it. */
	put("a_1_amd64.deb", "hello world");
	assert_int_not_equal(apt_unpack(&p, dir, &u), -EBADMSG);
	assert_true(file_exists(deb));
	put("a_1_amd64.deb", "hello wurld");
	assert_int_equal(apt_unpack(&p, dir, &u), -EBADMSG);
	assert_false(file_exists(deb));
	apt_package_free(&p);
	free(apt.conf);
	free(deb);
}

/* A name leads to files and to apt's words, so nothing else may be in it. */
static void test_names(void **state)
{
	static const char *const bad[] = {
		"bookworm", "debian:", "debian:bookworm/", "debian:bookworm/frob", "debian:../x",
		"debian:-o", "debian:bookworm=", "debian:bookworm=../1", "debian:bookworm/rtx",
		"debian:bookworm=1=2", "debian:bookworm=1/rt", "debian:bookworm/rt/cloud",
	};
	struct debian_name n;
	char *entry;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (debian_known(bad[i]))
			fail_msg("%s is a name", bad[i]);
	assert_true(parse_name("debian:trixie-backports/rt=6.12.1-1~bpo13+1", &n));
	assert_string_equal(n.suite, "trixie-backports");
	assert_string_equal(n.flavour, "-rt");
	assert_string_equal(n.version, "6.12.1-1~bpo13+1");
	name_free(&n);
	assert_true(parse_name("debian:sid", &n));
	assert_string_equal(n.flavour, "");
	assert_null(n.version);
	name_free(&n);
	entry = entry_key("debian:sid/cloud=7.2-1");
	assert_string_equal(entry, "kernels/sid-cloud=7.2-1");
	free(entry);
}

static void expect_image(const char *name, int rc, const char *want)
{
	struct apt apt = { .lock = -1, .conf = xstrdup("/dev/null") };
	char *image, *headers;
	struct debian_name n;

	assert_true(parse_name(name, &n));
	assert_int_equal(name_packages(&apt, &n, &image, &headers), rc);
	if (!rc)
		assert_string_equal(image, want);
	name_free(&n);
	free(image);
	free(headers);
	free(apt.conf);
}

/* A version is that of one of the packages that the mirror still has. */
static void test_version(void **state)
{
	(void)state;
	put("apt-cache", "#!/bin/sh\ncase \"$*\" in\n*pkgnames*)\n"
	    "for v in 6.1.0-1 6.1.0-2; do for f in '' rt- cloud-; do\n"
	    "echo linux-image-$v-${f}amd64; echo linux-image-$v-${f}amd64-dbg; done; done\n"
	    "echo linux-image-amd64; echo linux-image-amd64-signed-template ;;\n"
	    "*6.1.0-1-*) echo 'Version: 6.1.10-1' ;;\n*) echo 'Version: 6.1.20-1' ;;\nesac\n");
	expect_image("debian:bookworm", 0, "linux-image-amd64");
	expect_image("debian:bookworm/rt", 0, "linux-image-rt-amd64");
	expect_image("debian:bookworm=6.1.10-1", 0, "linux-image-6.1.0-1-amd64");
	expect_image("debian:bookworm/rt=6.1.20-1", 0, "linux-image-6.1.0-2-rt-amd64");
	expect_image("debian:bookworm=6.1.15-1", -ENOENT, NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mirror),
		cmocka_unit_test(test_conf),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_version),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
