// SPDX-License-Identifier: GPL-2.0
/*
 * Reads the module's files in /sys/kernel/debug/irqsan: counts, site states,
 * and the planted bogus restore.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "guest.h"

#define DIR "/sys/kernel/debug/irqsan/"
/* A record line may have 8192 bytes. */
#define TOP_SITES 24

/* Value of the "name: value" line in @text, or NULL. */
static const char *field(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = text; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (!strncmp(p, name, len) && p[len] == ':')
			return p + len + 1 + strspn(p + len + 1, " \t");
		if (!*p)
			break;
	}
	return NULL;
}

static uint64_t number(const char *text, const char *name)
{
	const char *p = field(text, name);

	return p ? strtoull(p, NULL, 10) : 0;
}

/**
 * counters_add() - add the module's present counts
 * @c: sums to add to
 *
 * Return: 0, or -errno when the module's files can't be read.
 */
int counters_add(struct counters *c)
{
	uint64_t waits, pv, native, longest, waited;
	char text[8192];
	long rc;
	char *p;

	rc = guest_read(DIR "status", text, sizeof(text));
	if (rc < 0)
		return (int)rc;
	c->violations += number(text, "violations");
	c->lost += number(text, "unlisted violations");
	if (!c->first_ns)
		c->first_ns = number(text, "first violation ns");

	rc = guest_read(DIR "pv", text, sizeof(text));
	if (rc < 0)
		return (int)rc;
	p = strstr(text, "\ntotal");
	if (!p || sscanf(p, "\ntotal %" SCNu64 " %*u %*u %" SCNu64 " %" SCNu64
			 " %*u %" SCNu64 " %" SCNu64,
			 &waits, &pv, &native, &longest, &waited) != 5)
		return -EPROTO;
	c->waits += waits;
	c->slow_pv += pv;
	c->slow_native += native;
	if (longest > c->longest_ns)
		c->longest_ns = longest;
	c->waited_ns += waited;
	return 0;
}

/**
 * counters_restore_state() - what the module made of kvm_wait's restore
 * @buf: for the answer
 * @size: of @buf
 *
 * Return: @buf: "armed", "none" (kvm_wait is there and restores nothing) or
 * "absent" (no kvm_wait); "unknown" when the status can't be read.
 */
const char *counters_restore_state(char *buf, size_t size)
{
	char text[8192];
	const char *p;

	guest_read(DIR "status", text, sizeof(text));
	p = field(text, "kvm_wait restore");
	if (!p)
		p = "unknown";
	snprintf(buf, size, "%.*s", (int)strcspn(p, " \n"), p);
	return buf;
}

/**
 * counters_sites() - how many restores are in which state
 *
 * Return: an object of the "sites STATE" lines of the status; a new reference.
 */
json_t *counters_sites(void)
{
	static const char *const states[] = { "armed", "denied", "refused", "no insn", "failed" };
	json_t *sites = json_object();
	char text[8192], name[32];

	guest_read(DIR "status", text, sizeof(text));
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		snprintf(name, sizeof(name), "sites %s", states[i]);
		json_object_set_new(sites, states[i],
				    json_integer((json_int_t)number(text, name)));
	}
	return sites;
}

/**
 * struct site_count - a line of the sites file
 * @name: FUNC+0xOFF
 * @kind: of the site
 * @hits: how often it was checked
 * @violations: how often in vain
 */
struct site_count {
	char name[192];
	char kind[16];
	uint64_t hits;
	uint64_t violations;
};

/* Those with violations first, and then by hits. */
static int by_counts(const void *a, const void *b)
{
	const struct site_count *x = a, *y = b;

	if (x->violations != y->violations)
		return x->violations < y->violations ? 1 : -1;
	return x->hits < y->hits ? 1 : x->hits > y->hits ? -1 : 0;
}

/**
 * counters_top_sites() - what the busiest sites have counted
 *
 * They are counts since the module was loaded. The control's own site and those
 * that only turn IRQs on, which are never checked, are left out.
 *
 * Return: an array of at most TOP_SITES objects; a new reference.
 */
json_t *counters_top_sites(void)
{
	/* The last place is for the line that has just been read. */
	static struct site_count top[TOP_SITES + 1];
	FILE *f = fopen(DIR "sites", "re");
	json_t *sites = json_array();
	char *line = NULL;
	size_t size = 0, n = 0;

	while (f && getline(&line, &size, f) > 0) {
		struct site_count *c = &top[n];

		/* The engine, or why there is none, has no digits. */
		if (sscanf(line, "%191s %15s %*[^0123456789] %" SCNu64 " %" SCNu64, c->name,
			   c->kind, &c->hits, &c->violations) != 4 ||
		    !c->hits || !strcmp(c->kind, "control") || !strcmp(c->kind, "enable"))
			continue;
		qsort(top, n + 1, sizeof(top[0]), by_counts);
		if (n < TOP_SITES)
			n++;
	}
	for (size_t i = 0; i < n; i++)
		json_array_append_new(sites, json_pack("{s:s, s:s, s:I, s:I}", "site", top[i].name,
						       "kind", top[i].kind,
						       "hits", (json_int_t)top[i].hits,
						       "violations",
						       (json_int_t)top[i].violations));
	free(line);
	if (f)
		fclose(f);
	return sites;
}

/* How often the planted restores were seen, by all mechanisms; or -errno. */
static long control_seen(void)
{
	char text[256], *line, *save = NULL;
	long rc, seen = 0, n;

	rc = guest_read(DIR "control", text, sizeof(text));
	if (rc < 0)
		return rc;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		seen += sscanf(line, "%*s %ld", &n) == 1 ? n : 0;
	return seen;
}

/**
 * counters_run_control() - run the planted bogus restores
 *
 * Return: how many were seen (0: the detector is dead), or -errno.
 */
int counters_run_control(void)
{
	long before = control_seen(), after;
	int rc;

	if (before < 0)
		return (int)before;
	rc = guest_write(DIR "control", "1");
	if (rc == -EIO)
		return 0;
	if (rc < 0)
		return rc;
	after = control_seen();
	return (int)(after < 0 ? after : after - before);
}

/**
 * counters_each_bug() - visit the bugs that the module lists
 * @fn: called with @ctx; the control's own are not listed
 * @ctx: for @fn
 */
void counters_each_bug(void (*fn)(void *ctx, const struct bug_count *bug), void *ctx)
{
	static char text[262144];
	char *line, *save = NULL;
	struct bug_count bug;

	if (guest_read(DIR "violations", text, sizeof(text)) < 0)
		return;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (*line != '#' && sscanf(line, "%191s %191s %*s %" SCNu64, bug.site, bug.caller,
					   &bug.violations) == 3)
			fn(ctx, &bug);
	}
}
