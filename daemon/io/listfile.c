#include "io/listfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define MAX_SIZE   (128 << 20) /* bytes: a million lines with long remarks */
#define PIECE_SIZE 65536

int listfile_open(const char *path, struct listfile *ret)
{
	int r = 0, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -errno;
	*ret = (struct listfile){ .fd = fd };
	if (fstat(fd, &ret->status) < 0)
		r = -errno;
	else if (!S_ISREG(ret->status.st_mode))
		r = S_ISDIR(ret->status.st_mode) ? -EISDIR : -ENODEV;
	if (r < 0)
		close(fd);
	return r;
}

int listfile_read(struct listfile *file, struct blocklist *list)
{
	char piece[PIECE_SIZE];
	ssize_t n = read(file->fd, piece, sizeof(piece));
	int r;

	if (n < 0)
		return -errno;
	if (n == 0)
		return blocklist_finish(list);
	file->n_read += (size_t)n;
	if (file->n_read > MAX_SIZE)
		return -EFBIG;
	r = blocklist_feed(list, (struct span){ piece, (size_t)n });
	return r < 0 ? r : 1;
}

void listfile_close(struct listfile *file)
{
	close(file->fd);
}

static const char *listfile_reason(int error)
{
	switch (-error) {
	case EINVAL:
		return "the first word is neither an address nor a network such as 192.0.2.0/24";
	case ERANGE:
		return "a network of that size holds most of the Internet: the longest are "
		       "an IPv4 /8 and an IPv6 /16";
	case E2BIG:
		return "more than 1000000 networks, the most that all lists may hold";
	default:
		return NULL;
	}
}

char *listfile_explain(const char *path, unsigned line, int error)
{
	const char *reason = listfile_reason(error);
	char *text;
	int r;

	if (reason)
		r = asprintf(&text, "%s:%u: %s", path, line, reason);
	else
		r = asprintf(&text, "%s: %s", path,
			     error == -ENODEV  ? "not a regular file"
			     : error == -EFBIG ? "larger than 128 MiB"
			     : error == -EACCES
				     ? "permission denied for the user that runs banish: check the "
				       "modes of the file and its directories"
				     : strerror(-error));
	return r < 0 ? NULL : text;
}
