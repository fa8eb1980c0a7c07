/*
 * Each process has a handle of its own; what it finds comes through a pipe, which holds it back
 * while the hits of stretches before are taken. Of the processes the first reads stretches 0, N,
 * 2N, ...
 *
 * Where the clock was set back, or whatever else keeps a process from its stretch, this process
 * reads all from the beginning and goes on behind what was taken already.
 */
#include "io/past.h"

#include "io/finder.h"
#include "match/hits.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define STRETCH      16384               /* entries; what they hit mostly fits into a pipe */
#define MANY_FILES   64                  /* with these a process pays on one processor, too */
#define MAX_WORKERS  16                  /* processes */
#define PIPE_SIZE    (1024 * 1024)       /* bytes; what an ordinary user may ask for */
#define RECEIVE_SIZE ((size_t)64 * 1024) /* bytes */

struct worker {
	pid_t process;
	int fd;
	char *bytes; /* owned: what was received */
	size_t begin, end, room;
};

struct past {
	struct past_wish wish;
	size_t n_rulesets;
	struct parts *parts; /* NULL: the journal is read as a whole */
	struct stretches stretches;
	struct worker workers[MAX_WORKERS];
	unsigned n_workers; /* 0: this process reads */
	uint32_t stretch;   /* whose hits are taken now; NO_STRETCH: all were */
	uint64_t n_entries;
	struct entry entry;
	struct frame frame;
	struct span cursor, machine;
};

static int past_read_field(void *source, const char *name, struct span *ret)
{
	const struct past *past = source;

	*ret = past->machine;
	return strcmp(name, "_MACHINE_ID") == 0 && past->machine.size > 0;
}

static int past_read_time(void *source, usec_t *ret)
{
	const struct past *past = source;

	*ret = past->frame.time;
	return 0;
}

static int past_read_cursor(void *source, struct span *ret)
{
	const struct past *past = source;

	*ret = past->cursor;
	return 0;
}

static int past_start_worker(struct past *past, unsigned i)
{
	struct worker *worker = &past->workers[i];
	struct finder finder = {
		.whole = past->wish.journal,
		.parts = past->parts,
		.rulesets = past->wish.rulesets,
		.n_rulesets = past->n_rulesets,
		.stretches = &past->stretches,
		.since = past->wish.since,
		.until = past->wish.until,
		.with_cursors = past->wish.with_cursors,
		.stretch = i,
		.step = past->n_workers,
	};
	pid_t parent = getpid();
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	(void)fcntl(pipes[1], F_SETPIPE_SZ, PIPE_SIZE); /* else it waits more often */
	worker->process = fork();
	if (worker->process == 0) {
		/* nobody wants to know any more */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(EXIT_FAILURE);
		close(pipes[0]);
		finder.fd = pipes[1];
		finder_run(&finder);
		_exit(EXIT_SUCCESS);
	}
	close(pipes[1]);
	worker->fd = pipes[0];
	if (worker->process > 0)
		return 0;
	worker->process = 0;
	return -errno;
}

static unsigned count_processors(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) < 0 ? 1 : CPU_COUNT(&set);

	return (unsigned)MIN(n, MAX_WORKERS);
}

static void past_stop_workers(struct past *past)
{
	for (unsigned i = 0; i < MAX_WORKERS; i++) {
		struct worker *worker = &past->workers[i];

		if (worker->process > 0) {
			(void)kill(worker->process, SIGKILL);
			while (waitpid(worker->process, NULL, 0) < 0 && errno == EINTR)
				;
		}
		if (worker->fd >= 0)
			close(worker->fd);
		free(worker->bytes);
		*worker = (struct worker){ .fd = -1 };
	}
	past->n_workers = 0;
}

/* Whoever cannot be started is not needed: then this process reads. */
static void past_start_workers(struct past *past, unsigned n)
{
	past->n_workers = MIN(n, (unsigned)past->stretches.n);
	for (unsigned i = 0; i < past->n_workers; i++)
		if (past_start_worker(past, i) < 0) {
			past_stop_workers(past);
			return;
		}
}

struct past *past_free(struct past *past)
{
	if (!past)
		return NULL;
	past_stop_workers(past);
	stretches_done(&past->stretches);
	parts_free(past->parts);
	free(past);
	return NULL;
}

/* For so many processes, if they are worth it. */
static int past_cut(struct past *past, unsigned n)
{
	const struct past_wish *wish = &past->wish;
	int r;

	r = journal_list_parts(wish->journal, &past->parts);
	if (r == -ENOMEM)
		return r;
	if (n < 2 && (r < 0 || parts_count(past->parts) < MANY_FILES))
		return 0;
	return stretches_cut(wish->journal, past->parts, wish->since, wish->until,
			     wish->stretch > 0 ? wish->stretch : STRETCH, &past->stretches);
}

int past_open(const struct past_wish *wish, struct past **ret)
{
	cleanup(past_freep) struct past *past = calloc(1, sizeof(*past));
	unsigned n = wish->n_workers > 0 ? MIN(wish->n_workers, MAX_WORKERS) : count_processors();
	int r;

	if (!past)
		return -ENOMEM;
	past->wish = *wish;
	past->n_rulesets = wish->rulesets[1] ? 2 : 1;
	past->entry = (struct entry){ .field = past_read_field,
				      .time = past_read_time,
				      .cursor = past_read_cursor,
				      .source = past,
				      .many_machines = journal_entry(wish->journal)->many_machines,
				      .scanned = true };
	for (unsigned i = 0; i < MAX_WORKERS; i++)
		past->workers[i].fd = -1;
	r = journal_select_past(wish->journal, wish->rulesets[0],
				wish->rulesets[past->n_rulesets - 1]);
	if (r >= 0)
		r = journal_settle(wish->journal);
	if (r >= 0 && wish->n_workers != 1)
		r = past_cut(past, n);
	if (r >= 0 && past->stretches.n > 1)
		past_start_workers(past, n);
	if (r >= 0 && past->n_workers == 0)
		r = journal_seek_time(wish->journal, wish->since);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(past);
	return 0;
}

/* So many bytes at once. -EPIPE: the process is gone without a word. */
static int worker_receive(struct worker *worker, size_t size)
{
	while (worker->end - worker->begin < size) {
		ssize_t n;

		if (worker->begin > 0) {
			memmove(worker->bytes, worker->bytes + worker->begin,
				worker->end - worker->begin);
			worker->end -= worker->begin;
			worker->begin = 0;
		}
		if (worker->room < MAX(size, RECEIVE_SIZE)) {
			size_t room = MAX(size, RECEIVE_SIZE);
			char *bytes = realloc(worker->bytes, room);

			if (!bytes)
				return -ENOMEM;
			worker->bytes = bytes;
			worker->room = room;
		}
		n = read(worker->fd, worker->bytes + worker->end, worker->room - worker->end);
		if (n == 0)
			return -EPIPE;
		if (n < 0 && errno != EINTR)
			return -errno;
		worker->end += (size_t)MAX(n, 0);
	}
	return 0;
}

/* The next frame and what follows its head, which is good until the next call. */
static int worker_next(struct worker *worker, struct frame *ret, struct span *ret_rest)
{
	int r;

	r = worker_receive(worker, sizeof(*ret));
	if (r < 0)
		return r;
	memcpy(ret, worker->bytes + worker->begin, sizeof(*ret));
	r = worker_receive(worker, ret->size);
	if (r < 0)
		return r;
	*ret_rest = (struct span){ worker->bytes + worker->begin + sizeof(*ret),
				   ret->size - sizeof(*ret) };
	worker->begin += ret->size;
	return 0;
}

static int past_take(struct past *past, struct span rest)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < past->n_rulesets; i++)
		r = hits_unpack(past->wish.rulesets[i], &rest);
	past->cursor = (struct span){ rest.data, past->frame.cursor_size };
	past->machine =
		(struct span){ rest.data + past->frame.cursor_size, past->frame.machine_size };
	return r < 0 ? r : 1;
}

/* The next of one reader, after as many as were taken. */
static int past_go_on_alone(struct past *past)
{
	struct journal *journal = past->wish.journal;
	int r;

	past_stop_workers(past);
	for (size_t i = 0; i < past->n_rulesets; i++)
		ruleset_forget_pieces(past->wish.rulesets[i]);
	r = journal_seek_time(journal, past->wish.since);
	for (uint64_t n = past->n_entries; n > 0 && r >= 0 && (r = journal_next(journal)) > 0; n--)
		for (size_t i = 0; r >= 0 && i < past->n_rulesets; i++) {
			r = ruleset_scan(past->wish.rulesets[i], journal_entry(journal));
			r = r == -EBADMSG ? 0 : r;
		}
	return r < 0 ? r : past_next(past);
}

static int past_receive(struct past *past)
{
	struct span rest;
	int r;

	while (past->stretch != NO_STRETCH) {
		r = worker_next(&past->workers[past->stretch % past->n_workers], &past->frame,
				&rest);
		if (r < 0)
			return past_go_on_alone(past);
		if (past->frame.stretch != past->stretch)
			continue; /* the stretch before has read it, too */
		past->n_entries += past->frame.n_entries;
		if (!past->frame.ends)
			return past_take(past, rest);
		if (past->frame.error < 0)
			return past_go_on_alone(past);
		past->stretch = past->frame.next;
	}
	return 0;
}

int past_next(struct past *past)
{
	struct journal *journal = past->wish.journal;
	usec_t time;
	int r;

	if (past->n_workers > 0)
		return past_receive(past);
	r = journal_next(journal);
	if (r <= 0)
		return r;
	/* of a damaged one its reader will say so */
	if (past->wish.until != USEC_INFINITY && entry_time(journal_entry(journal), &time) >= 0 &&
	    time > past->wish.until)
		return 0;
	past->n_entries++;
	return 1;
}

const struct entry *past_entry(const struct past *past)
{
	return past->n_workers > 0 ? &past->entry : journal_entry(past->wish.journal);
}

int past_cursor(const struct past *past, char **ret)
{
	if (past->n_workers == 0)
		return journal_cursor(past->wish.journal, ret);
	*ret = strndup(past->cursor.data, past->cursor.size);
	return *ret ? 0 : -ENOMEM;
}

uint64_t past_n_entries(const struct past *past)
{
	return past->n_entries;
}
