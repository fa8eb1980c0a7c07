/*
 * Preloaded into a program, it counts the program's calls of a few I/O functions, and at one of
 * them ends the process or makes the call fail. For tests only.
 *
 *   CRASH_ONLY  names of the functions that count, with commas; all of those below without it, but
 *               malloc, calloc and realloc
 *   CRASH_AT    the number of the call, from 1; 0: none, they are only counted
 *   CRASH_MODE  "before" or "after" it the process dies (by SIGKILL); a number: it fails with that
 *               errno, and is not made
 *   CRASH_LOG   a file to which each call's number and name are appended
 */
#undef _FILE_OFFSET_BITS /* else pread() below would be pread64() */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static struct {
	bool begun;
	const char *only, *mode;
	unsigned long at, n;
	int log;
} plan;

static void begin(void)
{
	const char *at = getenv("CRASH_AT"), *log = getenv("CRASH_LOG");

	plan.begun = true;
	plan.only = getenv("CRASH_ONLY");
	plan.mode = getenv("CRASH_MODE");
	plan.at = at ? strtoul(at, NULL, 10) : 0;
	plan.log = log ? (int)syscall(SYS_openat, AT_FDCWD, log,
				      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)
		       : -1;
}

/* `plan.only` names it. */
static bool is_named(const char *name)
{
	size_t size = strlen(name);

	for (const char *at = plan.only; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, name, size) == 0 && (at[size] == ',' || at[size] == '\0'))
			return true;
	}
	return false;
}

static bool counts(const char *name)
{
	return plan.only && *plan.only ? is_named(name) : !strstr(name, "alloc");
}

static void note(const char *name)
{
	char line[64];
	int size = snprintf(line, sizeof(line), "%lu %s\n", plan.n, name);

	if (plan.log >= 0 && size > 0)
		(void)!syscall(SYS_write, plan.log, line, (size_t)size);
}

static void die(void)
{
	(void)syscall(SYS_kill, (pid_t)syscall(SYS_getpid), SIGKILL);
}

/* 0: the call is to be made; 1: and the process to die behind it; 2: it fails, errno is set. */
static int arrive(const char *name)
{
	if (!plan.begun)
		begin();
	if (!counts(name))
		return 0;
	plan.n++;
	note(name);
	if (plan.n != plan.at || !plan.mode)
		return 0;
	if (strcmp(plan.mode, "before") == 0)
		die();
	if (strcmp(plan.mode, "after") == 0)
		return 1;
	errno = atoi(plan.mode);
	return 2;
}

/* The function that would have been called without us. */
static void *next(const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (!function)
		abort();
	return function;
}

#define WRAP(type, name, parameters, arguments)            \
	type name parameters                               \
	{                                                  \
		static type(*original) parameters;         \
		int saved = errno, what = arrive(#name);   \
		type result;                               \
                                                           \
		if (what == 2)                             \
			return -1;                         \
		if (!original)                             \
			*(void **)&original = next(#name); \
		errno = saved;                             \
		result = original arguments;               \
		if (what == 1)                             \
			die();                             \
		return result;                             \
	}

WRAP(ssize_t, read, (int fd, void *to, size_t size), (fd, to, size))
WRAP(ssize_t, pread, (int fd, void *to, size_t size, off_t at), (fd, to, size, at))
WRAP(ssize_t, pread64, (int fd, void *to, size_t size, off64_t at), (fd, to, size, at))
WRAP(ssize_t, write, (int fd, const void *from, size_t size), (fd, from, size))
WRAP(ssize_t, writev, (int fd, const struct iovec *from, int n), (fd, from, n))
WRAP(ssize_t, pwrite, (int fd, const void *from, size_t size, off_t at), (fd, from, size, at))
WRAP(ssize_t, pwrite64, (int fd, const void *from, size_t size, off64_t at), (fd, from, size, at))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, fdatasync, (int fd), (fd))
WRAP(int, ftruncate, (int fd, off_t size), (fd, size))
WRAP(int, ftruncate64, (int fd, off64_t size), (fd, size))
WRAP(int, rename, (const char *from, const char *to), (from, to))
WRAP(int, renameat, (int at, const char *from, int at2, const char *to), (at, from, at2, to))
WRAP(int, unlink, (const char *path), (path))
WRAP(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))
WRAP(ssize_t, sendto,
     (int fd, const void *from, size_t size, int flags, const struct sockaddr *to,
      socklen_t length),
     (fd, from, size, flags, to, length))
WRAP(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags))
WRAP(ssize_t, recvfrom,
     (int fd, void *to, size_t size, int flags, struct sockaddr *from, socklen_t *length),
     (fd, to, size, flags, from, length))

/* dlsym() allocates, so these are the C library's by its own names for them. */
#define WRAP_ALLOCATION(name, parameters, arguments)     \
	extern void *__libc_##name parameters;           \
	void *name parameters                            \
	{                                                \
		int saved = errno, what = arrive(#name); \
		void *result;                            \
                                                         \
		if (what == 2)                           \
			return NULL;                     \
		errno = saved;                           \
		result = __libc_##name arguments;        \
		if (what == 1)                           \
			die();                           \
		return result;                           \
	}

WRAP_ALLOCATION(malloc, (size_t size), (size))
WRAP_ALLOCATION(calloc, (size_t n, size_t size), (n, size))
WRAP_ALLOCATION(realloc, (void *block, size_t size), (block, size))

#define MODE(flags)                                                        \
	va_list more;                                                      \
	mode_t mode;                                                       \
	va_start(more, flags);                                             \
	mode = (flags) & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; \
	va_end(more)

#define WRAP_OPEN(name)                                         \
	int name(const char *path, int flags, ...)              \
	{                                                       \
		static int (*original)(const char *, int, ...); \
		int what = arrive(#name), fd;                   \
		MODE(flags);                                    \
		if (what == 2)                                  \
			return -1;                              \
		if (!original)                                  \
			*(void **)&original = next(#name);      \
		fd = original(path, flags, mode);               \
		if (what == 1)                                  \
			die();                                  \
		return fd;                                      \
	}

#define WRAP_OPENAT(name)                                            \
	int name(int folder, const char *path, int flags, ...)       \
	{                                                            \
		static int (*original)(int, const char *, int, ...); \
		int what = arrive(#name), fd;                        \
		MODE(flags);                                         \
		if (what == 2)                                       \
			return -1;                                   \
		if (!original)                                       \
			*(void **)&original = next(#name);           \
		fd = original(folder, path, flags, mode);            \
		if (what == 1)                                       \
			die();                                       \
		return fd;                                           \
	}

WRAP_OPEN(open)
WRAP_OPEN(open64)
WRAP_OPENAT(openat)
WRAP_OPENAT(openat64)
