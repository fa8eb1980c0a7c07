#include "io/program.h"

#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define INPUT 3 /* of PROGRAM_INPUT */

static void close_program_file(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int write_input(int fd, struct span input)
{
	while (input.size > 0) {
		ssize_t n = write(fd, input.data, input.size);

		if (n < 0)
			return -errno;
		input = (struct span){ input.data + n, input.size - (size_t)n };
	}
	return 0;
}

/* `actions`: NULL: it has what we have. */
static int program_spawn(const char *const *words, const posix_spawn_file_actions_t *actions)
{
	int status, r;
	pid_t child;

	r = posix_spawnp(&child, words[0], actions, NULL, (char **)(uintptr_t)words, environ);
	if (r != 0)
		return -r;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status == 0 ? 0 : -EIO;
}

int program_call(const char *const *words)
{
	return program_spawn(words, NULL);
}

static int program_ask(const char *const *words, int in, int out)
{
	posix_spawn_file_actions_t actions;
	int r;

	r = posix_spawn_file_actions_init(&actions);
	if (r != 0)
		return -r;
	r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY,
						     0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, in, INPUT);
	r = r == 0 ? program_spawn(words, &actions) : -r;
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

int program_run(const char *const *words, struct span input, size_t max_size, char **ret,
		size_t *ret_size)
{
	/* files, not pipes: neither side waits for the other, and the input can be read again */
	cleanup(close_program_file) int out = memfd_create("output", MFD_CLOEXEC);
	cleanup(close_program_file) int in = memfd_create("input", MFD_CLOEXEC);
	char path[32];
	int r;

	if (in < 0 || out < 0)
		return -errno;
	r = write_input(in, input);
	if (r >= 0)
		r = program_ask(words, in, out);
	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", out);
	return file_read(path, max_size, ret, ret_size);
}
