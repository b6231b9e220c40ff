// SPDX-License-Identifier: GPL-2.0
/*
 * Small helpers shared by every part of the harness: messages, checked
 * allocation, files, numbers, time.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <glob.h>
#include <openssl/evp.h>
#include <pwd.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/util.h"

/* Bytes that sendfile() copies at once. */
#define COPY_MAX (1 << 30)

/* A progress line without its newline is on the terminal. */
static bool progress_open;

/**
 * pr_err() - say in one line what failed and what to do
 * @fmt: as for printf, without a newline
 */
void pr_err(const char *fmt, ...)
{
	va_list ap;

	pr_progress_end();
	fputs("irqsan: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/**
 * pr_progress() - progress that replaces itself on a terminal
 * @fmt: as for printf, without a newline
 *
 * Where stderr is no terminal each call is a plain line, so that a CI log
 * holds no control characters.
 */
void pr_progress(const char *fmt, ...)
{
	bool tty = isatty(STDERR_FILENO);
	va_list ap;

	va_start(ap, fmt);
	fputs(tty ? "\r\033[Kirqsan: " : "irqsan: ", stderr);
	vfprintf(stderr, fmt, ap);
	if (!tty)
		fputc('\n', stderr);
	va_end(ap);
	fflush(stderr);
	progress_open = tty;
}

/**
 * pr_progress_end() - leave the line of pr_progress() as it stands
 */
void pr_progress_end(void)
{
	if (!progress_open)
		return;
	fputc('\n', stderr);
	progress_open = false;
}

static void __attribute__((noreturn)) out_of_memory(void)
{
	pr_err("out of memory");
	exit(EXIT_INFRA);
}

/**
 * xcalloc() - calloc() that cannot fail: without memory the program ends with EXIT_INFRA
 * @n: number of elements
 * @size: size of one
 *
 * Return: zeroed memory
 */
void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

/**
 * xrealloc() - realloc() that cannot fail
 * @p: memory to grow, or NULL
 * @size: new size
 *
 * Return: memory of @size bytes
 */
void *xrealloc(void *p, size_t size)
{
	p = realloc(p, size ? size : 1);
	if (!p)
		out_of_memory();
	return p;
}

/**
 * xstrdup() - strdup() that cannot fail
 * @s: string, or NULL
 *
 * Return: a copy; NULL for NULL
 */
char *xstrdup(const char *s)
{
	char *copy;

	if (!s)
		return NULL;
	copy = strdup(s);
	if (!copy)
		out_of_memory();
	return copy;
}

static char *xvasprintf(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) < 0)
		out_of_memory();
	return s;
}

/**
 * xasprintf() - asprintf() that cannot fail
 * @fmt: as for printf
 *
 * Return: the string, to be freed
 */
char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = xvasprintf(fmt, ap);
	va_end(ap);
	return s;
}

static void strv_take(struct strv *sv, char *s)
{
	sv->v = xrealloc(sv->v, (sv->n + 2) * sizeof(*sv->v));
	sv->v[sv->n++] = s;
	sv->v[sv->n] = NULL;
}

/**
 * ends_with() - does a string end so?
 * @s: string
 * @end: its end
 *
 * Return: true if so
 */
bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

/**
 * strv_push() - append a copy of a string
 * @sv: vector
 * @s: string
 */
void strv_push(struct strv *sv, const char *s)
{
	strv_take(sv, xstrdup(s));
}

/**
 * strv_pushf() - append a formatted string
 * @sv: vector
 * @fmt: as for printf
 */
void strv_pushf(struct strv *sv, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strv_take(sv, xvasprintf(fmt, ap));
	va_end(ap);
}

/**
 * strv_add() - append copies of strings
 * @sv: vector
 *
 * The strings follow, and a NULL.
 */
void strv_add(struct strv *sv, ...)
{
	const char *s;
	va_list ap;

	va_start(ap, sv);
	while ((s = va_arg(ap, const char *)))
		strv_push(sv, s);
	va_end(ap);
}

/**
 * strv_extend() - append copies of all strings of another vector
 * @sv: vector
 * @more: NULL-terminated; NULL for none
 */
void strv_extend(struct strv *sv, const char *const *more)
{
	for (; more && *more; more++)
		strv_push(sv, *more);
}

/**
 * strv_lines() - append the lines of a text that are not empty
 * @sv: vector
 * @text: the text; NULL for none
 */
void strv_lines(struct strv *sv, const char *text)
{
	while (text && *text) {
		size_t len = strcspn(text, "\n");

		if (len)
			strv_pushf(sv, "%.*s", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

/**
 * strv_glob() - append the paths that match a pattern, in order
 * @sv: vector
 * @fmt: the pattern, as for printf; with {a,b} as well
 *
 * Return: how many
 */
int strv_glob(struct strv *sv, const char *fmt, ...)
{
	char *pattern __cleanup(free_ptr) = NULL;
	glob_t found __cleanup(globfree) = { 0 };
	va_list ap;

	va_start(ap, fmt);
	pattern = xvasprintf(fmt, ap);
	va_end(ap);
	if (glob(pattern, GLOB_BRACE, NULL, &found))
		return 0;
	strv_extend(sv, (const char *const *)found.gl_pathv);
	return found.gl_pathc;
}

/**
 * strv_free() - free the strings and leave an empty vector
 * @sv: vector
 */
void strv_free(struct strv *sv)
{
	for (size_t i = 0; i < sv->n; i++)
		free(sv->v[i]);
	free(sv->v);
	*sv = (struct strv){ 0 };
}

/**
 * strv_has() - is a string among these?
 * @sv: vector
 * @s: string
 *
 * Return: true if so
 */
bool strv_has(const struct strv *sv, const char *s)
{
	for (size_t i = 0; i < sv->n; i++)
		if (!strcmp(sv->v[i], s))
			return true;
	return false;
}

static void buf_reserve(struct buf *b, size_t more)
{
	size_t cap = b->cap ? b->cap : 256;

	if (b->data && b->len + more < b->cap)
		return;
	while (cap <= b->len + more)
		cap *= 2;
	b->data = xrealloc(b->data, cap);
	b->cap = cap;
}

/**
 * buf_add() - append bytes
 * @b: buffer
 * @data: bytes
 * @len: how many
 */
void buf_add(struct buf *b, const void *data, size_t len)
{
	buf_reserve(b, len);
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

/**
 * buf_addf() - append formatted text
 * @b: buffer
 * @fmt: as for printf
 */
void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = xvasprintf(fmt, ap);
	va_end(ap);
	buf_add(b, s, strlen(s));
	free(s);
}

/**
 * buf_free() - free the bytes and leave an empty buffer
 * @b: buffer
 */
void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

/**
 * file_err() - print the one line for a failed file operation
 * @what: what can't be done to it
 * @path: the file
 * @err: why: a positive errno
 *
 * Return: -@err
 */
int file_err(const char *what, const char *path, int err)
{
	if (err == ENOSPC || err == EDQUOT) {
		pr_err("%s: the disk is full; free some space and run again", path);
		return -ENOSPC;
	}
	pr_err("can't %s %s: %s", what, path, strerror(err));
	return -err;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= n;
	}
	return 0;
}

/**
 * read_file() - append a whole file to a buffer
 * @path: file; may be one of /proc, whose size is not known beforehand
 * @out: buffer
 *
 * Return: 0 or a negative errno
 */
int read_file(const char *path, struct buf *out)
{
	int fd __cleanup(close_fd) = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return file_err("open", path, errno);
	buf_add(out, "", 0);
	do {
		buf_reserve(out, 65536);
		n = read(fd, out->data + out->len, 65536);
		out->len += n > 0 ? n : 0;
	} while (n > 0 || (n < 0 && errno == EINTR));
	out->data[out->len] = '\0';
	return n < 0 ? file_err("read", path, errno) : 0;
}

/**
 * read_first_line() - the first line of a file
 * @path: file
 *
 * Return: the line, to be freed; NULL if it can't be read, and the reason was printed
 */
char *read_first_line(const char *path)
{
	struct buf text __cleanup(buf_free) = { 0 };

	return read_file(path, &text) ? NULL :
	       xasprintf("%.*s", (int)strcspn(text.data, "\n"), text.data);
}

/**
 * create_file() - open a file to be written from its beginning on
 * @path: file
 *
 * Return: its fd, or a negative errno; the reason was printed
 */
int create_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);

	return fd < 0 ? file_err("create", path, errno) : fd;
}

/**
 * write_file() - write a whole file, replacing what it held
 * @path: file
 * @data: bytes
 * @len: how many
 *
 * Return: 0 or a negative errno
 */
int write_file(const char *path, const void *data, size_t len)
{
	int fd = create_file(path), rc;

	if (fd < 0)
		return fd;
	rc = write_all(fd, data, len);
	if (close(fd) && !rc)
		rc = -errno;
	return rc ? file_err("write", path, -rc) : 0;
}

/**
 * write_file_atomic() - as write_file(), but readers see the old or the new file
 * @path: file
 * @data: bytes
 * @len: how many
 *
 * Return: 0 or a negative errno
 */
int write_file_atomic(const char *path, const void *data, size_t len)
{
	char *tmp __cleanup(free_ptr) = xasprintf("%s.XXXXXX", path);
	int fd = mkstemp(tmp), rc;
	mode_t mask;

	if (fd < 0)
		return file_err("create", path, errno);
	mask = umask(0);
	umask(mask);
	rc = write_all(fd, data, len);
	if (!rc && (fchmod(fd, 0666 & ~mask) || fdatasync(fd)))
		rc = -errno;
	if (close(fd) && !rc)
		rc = -errno;
	if (!rc && rename(tmp, path))
		rc = -errno;
	if (!rc)
		return 0;
	unlink(tmp);
	return file_err("write", path, -rc);
}

/**
 * write_output() - write where the user wants it
 * @path: file, as for write_file_atomic(), or "-" for standard output
 * @data: bytes
 * @len: how many
 *
 * Return: 0 or a negative errno
 */
int write_output(const char *path, const void *data, size_t len)
{
	if (strcmp(path, "-"))
		return write_file_atomic(path, data, len);
	if (fwrite(data, 1, len, stdout) != len || fflush(stdout)) {
		pr_err("standard output: %s", strerror(errno));
		return -EIO;
	}
	return 0;
}

/**
 * copy_file() - copy bytes and permissions
 * @from: source
 * @to: destination, replaced; removed again on failure
 *
 * Return: 0 or a negative errno
 */
int copy_file(const char *from, const char *to)
{
	int in __cleanup(close_fd) = open(from, O_RDONLY | O_CLOEXEC), out, rc;
	struct stat st;
	ssize_t n;

	if (in < 0 || fstat(in, &st))
		return file_err("open", from, errno);
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, st.st_mode & 0777);
	if (out < 0)
		return file_err("create", to, errno);
	do {
		n = sendfile(out, in, NULL, COPY_MAX);
	} while (n > 0 || (n < 0 && errno == EINTR));
	rc = n < 0 ? -errno : 0;
	if (close(out) && !rc)
		rc = -errno;
	if (!rc)
		return 0;
	unlink(to);
	return file_err("copy to", to, -rc);
}

/**
 * mkdir_p() - make a directory and its parents
 * @path: directory; may exist
 *
 * Return: 0 or a negative errno
 */
int mkdir_p(const char *path)
{
	char *part __cleanup(free_ptr) = xstrdup(path);

	if (!*path)
		return file_err("create directory", "with an empty name", ENOENT);
	for (char *p = part + 1; ; p++) {
		char c = *p;

		if (c && c != '/')
			continue;
		*p = '\0';
		if (mkdir(part, 0777) && errno != EEXIST)
			return file_err("create directory", part, errno);
		if (!c)
			break;
		*p = c;
	}
	return is_directory(path) ? 0 : file_err("create directory", path, ENOTDIR);
}

/**
 * mkdir_for() - make the directory that a file is to be in
 * @path: of the file
 *
 * Return: 0 or a negative errno
 */
int mkdir_for(const char *path)
{
	char *dir __cleanup(free_ptr) = xasprintf("%.*s", (int)(strrchr(path, '/') - path), path);

	return mkdir_p(dir);
}

/**
 * remove_tree() - remove a file, or a directory with all in it
 * @path: may be absent
 *
 * Return: 0 or a negative errno
 */
int remove_tree(const char *path)
{
	char *const paths[] = { (char *)path, NULL };
	FTSENT *e;
	int rc = 0;
	FTS *fts;

	fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (!fts)
		return file_err("remove", path, errno);
	while ((e = fts_read(fts))) {
		/* 0, but for FTS_DNR, FTS_ERR and FTS_NS. */
		int bad = e->fts_errno;

		/* Unpacked archives hold directories without the w bit. */
		if (e->fts_info == FTS_D && (e->fts_statp->st_mode & 0700) != 0700)
			chmod(e->fts_accpath, 0700);
		else if (e->fts_info != FTS_D && !bad && remove(e->fts_accpath))
			bad = errno;
		if (bad && bad != ENOENT && !rc)
			rc = file_err("remove", e->fts_path, bad);
	}
	fts_close(fts);
	return rc;
}

/**
 * file_exists() - is there something of this name?
 * @path: any path
 *
 * Return: true if it is there (a dangling symlink is not)
 */
bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/**
 * file_holds() - does a file hold this text, and no more?
 * @path: file; may be absent
 * @text: the text
 *
 * Return: true if so
 */
bool file_holds(const char *path, const char *text)
{
	struct buf b __cleanup(buf_free) = { 0 };

	return file_exists(path) && !read_file(path, &b) && b.len == strlen(text) &&
	       !memcmp(b.data, text, b.len);
}

/**
 * is_directory() - is there a directory of this name?
 * @path: any path
 *
 * Return: true if so
 */
bool is_directory(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/**
 * list_directory() - what is in a directory
 * @dir: its path
 * @names: appended, in no order, but for "." and ".."
 *
 * Return: 0 or a negative errno; the reason was printed
 */
int list_directory(const char *dir, struct strv *names)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return file_err("read", dir, errno);
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			strv_push(names, e->d_name);
	closedir(d);
	return 0;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/**
 * for_each_file() - call a function with each file below a directory, in the order of names
 * @dir: the directory; hidden ones in it are left out
 * @links: symlinks are followed
 * @fn: gets the path, and what of it is below @dir; another value than 0 ends the walk
 * @ctx: passed to @fn
 *
 * Return: what @fn returned last, or a negative errno
 */
int for_each_file(const char *dir, bool links,
		  int (*fn)(void *ctx, const char *path, const char *below), void *ctx)
{
	char *const paths[] = { (char *)dir, NULL };
	FTS *fts = fts_open(paths, (links ? FTS_LOGICAL : FTS_PHYSICAL) | FTS_NOCHDIR, by_name);
	int rc = 0;
	FTSENT *e;

	if (!fts)
		return file_err("read", dir, errno);
	while (!rc && (e = fts_read(fts))) {
		if (e->fts_info == FTS_D && e->fts_level > 0 && *e->fts_name == '.')
			fts_set(fts, e, FTS_SKIP);
		else if (e->fts_info == FTS_F)
			rc = fn(ctx, e->fts_path, e->fts_path + strlen(dir) + 1);
	}
	fts_close(fts);
	return rc;
}

/**
 * tree_size() - room that a file or directory takes
 * @path: its path
 *
 * Return: bytes on the disk of what could be read of it
 */
uint64_t tree_size(const char *path)
{
	char *const paths[] = { (char *)path, NULL };
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	uint64_t bytes = 0;
	FTSENT *e;

	while (fts && (e = fts_read(fts)))
		if (e->fts_info != FTS_DP && e->fts_info != FTS_NS && e->fts_info != FTS_ERR)
			bytes += e->fts_statp->st_blocks * 512ULL;
	if (fts)
		fts_close(fts);
	return bytes;
}

/**
 * sha256_file() - SHA-256 of a file
 * @path: file
 * @hex: filled with the digest in lower-case hex
 *
 * Return: 0 or a negative errno
 */
int sha256_file(const char *path, char hex[65])
{
	int fd __cleanup(close_fd) = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char digest[EVP_MAX_MD_SIZE];
	int rc = 0, good = 1;
	char buffer[65536];
	EVP_MD_CTX *ctx;
	ssize_t n;

	if (fd < 0)
		return file_err("open", path, errno);
	ctx = EVP_MD_CTX_new();
	if (!ctx)
		out_of_memory();
	good = EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	while (good && (n = read(fd, buffer, sizeof(buffer))) != 0) {
		if (n > 0) {
			good = EVP_DigestUpdate(ctx, buffer, n);
		} else if (errno != EINTR) {
			rc = file_err("read", path, errno);
			break;
		}
	}
	if (good && !rc)
		good = EVP_DigestFinal_ex(ctx, digest, NULL);
	if (!good) {
		pr_err("can't hash %s: libcrypto refused SHA-256", path);
		rc = -EIO;
	}
	for (int i = 0; !rc && i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	EVP_MD_CTX_free(ctx);
	return rc;
}

/**
 * sha256_data() - SHA-256 of bytes in memory
 * @data: the bytes
 * @len: how many
 * @hex: filled with the digest in lower-case hex
 *
 * Return: 0 or a negative errno
 */
int sha256_data(const void *data, size_t len, char hex[65])
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (!EVP_Digest(data, len, digest, NULL, EVP_sha256(), NULL)) {
		pr_err("libcrypto refused SHA-256");
		return -EIO;
	}
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	return 0;
}

/**
 * find_program() - look a program up in PATH
 * @name: its name; one with a slash is taken as it is
 *
 * The sbin directories are looked at too: they are missing from many users'
 * PATH, and depmod lives there.
 *
 * Return: its path, to be freed, or NULL
 */
char *find_program(const char *name)
{
	char *dirs __cleanup(free_ptr) = xasprintf("%s:/usr/sbin:/sbin:/usr/bin:/bin",
						   getenv("PATH") ?: "");
	char *save = NULL, *found;

	if (strchr(name, '/'))
		return access(name, X_OK) ? NULL : xstrdup(name);
	for (char *d = strtok_r(dirs, ":", &save); d; d = strtok_r(NULL, ":", &save)) {
		found = xasprintf("%s/%s", d, name);
		if (!access(found, X_OK))
			return found;
		free(found);
	}
	return NULL;
}

/**
 * irqsan_root() - where the harness's own data is
 *
 * Return: $IRQSAN_ROOT, or the source tree that this program was built in
 */
const char *irqsan_root(void)
{
	const char *env = getenv("IRQSAN_ROOT");

	return env && *env ? env : IRQSAN_ROOT;
}

/**
 * irqsan_cache() - $XDG_CACHE_HOME/irqsan or ~/.cache/irqsan, made on first use
 *
 * Ends the program where it can't be made, or where apt's configuration or glob()
 * would read its name as something else: nothing works without it.
 *
 * Return: its path
 */
const char *irqsan_cache(void)
{
	const char *base = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	static char *cache;
	struct passwd *pw;
	char *real;

	if (cache)
		return cache;
	if (base && *base == '/') {
		cache = xasprintf("%s/irqsan", base);
	} else {
		if (!home || *home != '/') {
			pw = getpwuid(getuid());
			home = pw ? pw->pw_dir : "/";
		}
		cache = xasprintf("%s/.cache/irqsan", home);
	}
	if (strpbrk(cache, "[]{}*?\\\"\n")) {
		pr_err("the cache can't be in a directory with one of []{}*?\\\" or a newline in its name; set XDG_CACHE_HOME to another");
		exit(EXIT_INFRA);
	}
	if (mkdir_p(cache))
		exit(EXIT_INFRA);
	/* A path of the cache is a lock's name, too: it has to have one only. */
	real = realpath(cache, NULL);
	if (real) {
		free(cache);
		cache = real;
	}
	return cache;
}

/**
 * parse_uint() - a decimal number within limits
 * @s: the text, all of it
 * @min: smallest that is allowed
 * @max: largest that is allowed
 * @out: the number
 *
 * Prints nothing: only the caller knows which option the text came from.
 *
 * Return: 0, -EINVAL (not a number) or -ERANGE
 */
int parse_uint(const char *s, unsigned int min, unsigned int max, unsigned int *out)
{
	unsigned long v;
	char *end;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	errno = 0;
	v = strtoul(s, &end, 10);
	if (*end)
		return -EINVAL;
	if (errno || v < min || v > max)
		return -ERANGE;
	*out = v;
	return 0;
}

/**
 * now() - monotonic time
 *
 * Return: seconds since an arbitrary start
 */
double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/**
 * cpus_available() - cores that this process may use
 *
 * Return: at least 1
 */
unsigned int cpus_available(void)
{
	cpu_set_t set;

	if (!sched_getaffinity(0, sizeof(set), &set))
		return CPU_COUNT(&set);
	/* More than CPU_SETSIZE cores: the mask does not fit. */
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? n : 1;
}

/**
 * memory_available_mb() - memory that can be used without swapping
 *
 * Return: MiB
 */
unsigned int memory_available_mb(void)
{
	static const char name[] = "MemAvailable:";
	struct buf b __cleanup(buf_free) = { 0 };
	const char *p = read_file("/proc/meminfo", &b) ? NULL : strstr(b.data, name);

	return p ? strtoul(p + strlen(name), NULL, 10) / 1024 : 0;
}
