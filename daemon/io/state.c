#include "io/state.h"

#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* A ledger of 200,000 offences is some 60 MB; what is larger was not written by us. */
#define MAX_STATE_SIZE ((size_t)256 * 1024 * 1024) /* bytes */

/* A commit of some thousand bans at once. */
#define MAX_LINE ((size_t)16 * 1024 * 1024) /* bytes */

struct state {
	int folder; /* holds the lock; survives the renames of the file */
	int fd;
	char *path;
	size_t size;
	bool torn;     /* bytes behind `size` could not be cut off */
	bool nonsense; /* the file could not be put aside */
};

struct state *state_free(struct state *state)
{
	if (!state)
		return NULL;
	if (state->fd >= 0)
		(void)close(state->fd); /* every append was synced */
	if (state->folder >= 0)
		(void)close(state->folder);
	free(state->path);
	free(state);
	return NULL;
}

static int open_file(struct state *state)
{
	struct stat status = { 0 };
	int fd;

	/* non-blocking: a pipe must not hold us */
	fd = open(state->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
		  0640);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || fsync(state->folder) < 0) {
		int r = S_ISREG(status.st_mode) ? -errno : -ENOTSUP;

		(void)close(fd);
		return r;
	}
	if (state->fd >= 0)
		(void)close(state->fd);
	state->fd = fd;
	state->size = (size_t)status.st_size;
	state->torn = false;
	return 0;
}

int state_open(const char *folder, struct state **ret)
{
	cleanup(state_freep) struct state *state = calloc(1, sizeof(*state));

	if (!state)
		return -ENOMEM;
	state->fd = -1;
	state->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (state->folder < 0)
		return -errno;
	if (flock(state->folder, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (asprintf(&state->path, "%s/state", folder) < 0)
		return -ENOMEM;
	(void)open_file(state); /* before each append it is tried again */
	*ret = TAKE_PTR(state);
	return 0;
}

bool state_writable(const struct state *state)
{
	return state->fd >= 0 && !state->torn && !state->nonsense;
}

static int state_cut(struct state *state, size_t size)
{
	if (ftruncate(state->fd, (off_t)size) < 0)
		return -errno;
	state->size = size;
	state->torn = false;
	return 0;
}

int state_read(struct state *state, int (*take)(void *userdata, struct span line), void *userdata)
{
	struct stat status;
	size_t whole;
	int r;

	if (stat(state->path, &status) == 0 && !S_ISREG(status.st_mode))
		return S_ISDIR(status.st_mode) ? -EISDIR : -ENOTSUP;
	r = file_read_lines(state->path, MAX_STATE_SIZE, take, userdata, &whole);
	if (r == -ENOENT)
		return 0;
	if (r <= 0)
		return r;
	state->size = whole;
	state->torn = state_cut(state, whole) < 0; /* the next append tries again */
	return 1;
}

/* Makes up for what failed before. */
static int make_ready(struct state *state)
{
	size_t size = state->size;
	bool torn = state->torn;
	int r;

	if (state->nonsense)
		return state_set_aside(state);
	if (state->fd < 0) {
		r = open_file(state);
		if (r < 0)
			return r;
		if (torn)
			state->size = size;
	}
	return torn ? state_cut(state, state->size) : 0;
}

int state_append(struct state *state, struct span line)
{
	struct iovec parts[] = { { (void *)(uintptr_t)line.data, line.size },
				 { (void *)(uintptr_t) "\n", 1 } };
	ssize_t n;
	int r;

	r = make_ready(state);
	if (r < 0)
		return r;
	do
		n = writev(state->fd, parts, ARRAY_SIZE(parts));
	while (n < 0 && errno == EINTR);
	if (n >= 0 && (size_t)n != line.size + 1)
		r = -ENOSPC; /* a short write to a file means just that */
	else if (n < 0 || fdatasync(state->fd) < 0)
		r = -errno;
	if (r < 0) {
		state->torn = state->torn || ftruncate(state->fd, (off_t)state->size) < 0;
		return r;
	}
	state->size += line.size + 1;
	return 0;
}

int state_replace(struct state *state, file_next_t next, void *userdata)
{
	int r;

	if (state->nonsense) {
		r = state_set_aside(state);
		if (r < 0)
			return r;
	}
	r = file_replace(state->path, next, userdata);
	if (r < 0)
		return r;
	return open_file(state);
}

static int path_aside(const struct state *state, char **ret)
{
	if (asprintf(ret, "%s.bad", state->path) >= 0)
		return 0;
	*ret = NULL;
	return -ENOMEM;
}

int state_keep_copy(struct state *state)
{
	cleanup(freep) char *aside = NULL;
	int r;

	r = path_aside(state, &aside);
	if (r < 0)
		return r;
	(void)unlink(aside); /* else the next call fails */
	return link(state->path, aside) < 0 ? -errno : 0;
}

int state_set_aside(struct state *state)
{
	cleanup(freep) char *aside = NULL;
	int r;

	state->nonsense = true;
	r = path_aside(state, &aside);
	if (r < 0)
		return r;
	if (rename(state->path, aside) < 0)
		return -errno;
	state->nonsense = false;
	return open_file(state);
}

int state_peek(const char *folder, char **ret)
{
	cleanup(freep) char *path = NULL, *text = NULL;
	char *end, *begin;
	size_t size;
	int r;

	if (asprintf(&path, "%s/state", folder) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = file_read_end(path, MAX_LINE, &text, &size);
	if (r < 0)
		return r == -ENOENT && !file_absent(folder) ? 0 : r;
	end = memrchr(text, '\n', size);
	if (!end)
		return 0;
	begin = memrchr(text, '\n', (size_t)(end - text));
	begin = begin ? begin + 1 : text;
	*ret = strndup(begin, (size_t)(end - begin));
	return *ret ? 1 : -ENOMEM;
}

int state_walk(const char *folder, int (*take)(void *userdata, struct span line), void *userdata)
{
	cleanup(freep) char *path = NULL;
	size_t whole;

	if (asprintf(&path, "%s/state", folder) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	return file_read_lines(path, MAX_STATE_SIZE, take, userdata, &whole);
}

size_t state_size(const struct state *state)
{
	return state->size;
}

const char *state_path(const struct state *state)
{
	return state->path;
}
