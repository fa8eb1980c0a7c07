#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Non-blocking: a pipe must not hold us. */
#define READ_ONLY (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

#define PIECE 131072 /* bytes read at once; longer lines get more room */

static void closep(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* nothing buffered is lost: writers have synced before */
}

/* As read(), through whatever interrupts it. */
static ssize_t read_some(int fd, char *data, size_t size)
{
	ssize_t n;

	do
		n = read(fd, data, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static int file_enlarge(char **data, size_t room)
{
	char *larger = realloc(*data, room);

	if (!larger)
		return -ENOMEM;
	*data = larger;
	return 0;
}

/* What follows the place where it stands. */
static int read_rest(int fd, size_t max_size, char **ret, size_t *ret_size)
{
	cleanup(freep) char *data = NULL;
	size_t size = 0, room = 0;
	ssize_t n;

	do {
		if (room - size < 4096 && file_enlarge(&data, room = room * 2 + 8192) < 0)
			return -ENOMEM;
		n = read_some(fd, data + size, room - size - 1);
		if (n < 0)
			return (int)n;
		size += (size_t)n;
		if (size > max_size)
			return -EFBIG;
	} while (n > 0);
	data[size] = '\0';
	*ret = TAKE_PTR(data);
	*ret_size = size;
	return 0;
}

int file_read(const char *path, size_t max_size, char **ret, size_t *ret_size)
{
	cleanup(closep) int fd = open(path, READ_ONLY);

	return fd < 0 ? -errno : read_rest(fd, max_size, ret, ret_size);
}

int file_read_end(const char *path, size_t max_size, char **ret, size_t *ret_size)
{
	cleanup(closep) int fd = open(path, READ_ONLY);

	/* a shorter file is read from its start */
	if (fd < 0 || (lseek(fd, -(off_t)max_size, SEEK_END) < 0 && errno != EINVAL))
		return -errno;
	return read_rest(fd, 2 * max_size, ret, ret_size); /* it may grow meanwhile */
}

int file_read_lines(const char *path, size_t max_size,
		    int (*take)(void *userdata, struct span line), void *userdata, size_t *ret_size)
{
	cleanup(closep) int fd = open(path, READ_ONLY);
	cleanup(freep) char *data = NULL;
	size_t size = 0, room = 0, taken = 0;
	ssize_t n;
	int r;

	if (fd < 0)
		return -errno;
	do {
		char *at, *end;

		if (size == room && file_enlarge(&data, room = room ? 2 * room : PIECE) < 0)
			return -ENOMEM;
		n = read_some(fd, data + size, room - size);
		if (n < 0)
			return (int)n;
		size += (size_t)n;
		if (taken + size > max_size)
			return -EFBIG;
		for (at = data; (end = memchr(at, '\n', size - (size_t)(at - data)));
		     at = end + 1) {
			r = take(userdata, (struct span){ at, (size_t)(end - at) });
			if (r < 0)
				return r;
		}
		taken += (size_t)(at - data);
		size -= (size_t)(at - data);
		memmove(data, at, size);
	} while (n > 0);
	*ret_size = taken;
	return size > 0;
}

bool file_absent(const char *path)
{
	struct stat status;

	return stat(path, &status) < 0 && errno == ENOENT;
}

static int write_whole(const char *path, mode_t mode, file_next_t next, void *userdata)
{
	cleanup(closep) int fd =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	struct span piece;
	int r;

	if (fd < 0)
		return -errno;
	while ((r = next(userdata, &piece)) > 0)
		while (piece.size > 0) {
			ssize_t n = write(fd, piece.data, piece.size);

			if (n < 0 && errno == EINTR)
				continue;
			if (n < 0)
				return -errno;
			piece.data += n;
			piece.size -= (size_t)n;
		}
	if (r < 0)
		return r;
	return fsync(fd) < 0 ? -errno : 0;
}

/* `flags`: of renameat2(). */
static int replace(const char *path, const char *temporary, mode_t mode, unsigned flags,
		   file_next_t next, void *userdata)
{
	cleanup(freep) char *copy = strdup(path);
	cleanup(closep) int folder = -1;
	int r;

	if (!copy)
		return -ENOMEM;
	r = write_whole(temporary, mode, next, userdata);
	if (r >= 0 && renameat2(AT_FDCWD, temporary, AT_FDCWD, path, flags) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlink(temporary); /* the old file still stands; what failed is already told
					    by r */
		return r;
	}
	folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder < 0 || fsync(folder) < 0 ? -errno : 0;
}

int file_replace(const char *path, file_next_t next, void *userdata)
{
	cleanup(freep) char *temporary = NULL;

	if (asprintf(&temporary, "%s.new", path) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	return replace(path, temporary, 0640, 0, next, userdata);
}

/* The only piece. */
static int take_whole(void *userdata, struct span *ret)
{
	struct span *whole = userdata;

	*ret = *whole;
	*whole = (struct span){ 0 };
	return ret->size > 0;
}

int file_publish(const char *folder, const char *name, const char *data, size_t size)
{
	cleanup(freep) char *path = NULL, *temporary = NULL;
	struct span whole = { data, size };

	if (asprintf(&path, "%s/%s", folder, name) < 0 ||
	    asprintf(&temporary, "%s/.%s.new", folder, name) < 0)
		return -ENOMEM;
	(void)unlink(temporary); /* what a crash left behind may be another user's */
	return replace(path, temporary, 0644, 0, take_whole, &whole);
}

int file_create(const char *path, const char *data, size_t size)
{
	cleanup(freep) char *temporary = NULL;
	struct span whole = { data, size };

	if (asprintf(&temporary, "%s.new", path) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	return replace(path, temporary, 0644, RENAME_NOREPLACE, take_whole, &whole);
}

int file_save_private(const char *path, const char *data, size_t size)
{
	cleanup(freep) char *temporary = NULL;
	struct span whole = { data, size };
	struct stat status;
	int fd;

	if (lstat(path, &status) == 0 && !S_ISREG(status.st_mode)) /* /dev/null would be gone */
		return -EINVAL;
	if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(temporary, O_CLOEXEC); /* a new one, of mode 0600 */
	if (fd < 0)
		return -errno;
	(void)close(fd);
	return replace(path, temporary, 0600, 0, take_whole, &whole);
}
