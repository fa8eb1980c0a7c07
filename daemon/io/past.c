/*
 * Each process has a handle of its own; what it finds comes through a pipe, which holds it back
 * while the hits of stretches before are taken. Of the processes the first reads stretches 0, N,
 * 2N, ... An entry says for itself what it hits, but for pieces of split lines, which hang on
 * entries before: a stretch does not end while one is awaited. Then it reads on, and what others
 * read of that is passed over.
 *
 * Where the clock was set back, or whatever else keeps a process from its stretch, this process
 * reads all from the beginning and goes on behind what was taken already.
 */
#include "io/past.h"

#include "io/stretches.h"
#include "match/hits.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define STRETCH     16384         /* entries; what they hit mostly fits into a pipe */
#define MAX_WORKERS 16            /* processes */
#define PIPE_SIZE   (1024 * 1024) /* bytes; what an ordinary user may ask for */
#define SEND_SIZE   (64 * 1024)   /* bytes */
#define TELL_EVERY  4096          /* entries without hits: so that progress is seen */
#define NO_STRETCH  UINT32_MAX

/* Before the hits of each set of rules, the cursor, and the machine. */
struct frame {
	uint32_t size; /* bytes, this included */
	uint32_t stretch;
	uint32_t next; /* of its last frame: the stretch that follows, or NO_STRETCH */
	bool ends;     /* ... which has no hits */
	int32_t error;
	uint32_t n_entries; /* since the frame before, this one's included */
	usec_t time;
	uint32_t cursor_size, machine_size;
};

struct worker {
	pid_t process;
	int fd;
	char *bytes; /* owned: what was received */
	size_t begin, end, room;
};

struct past {
	struct past_wish wish;
	size_t n_rulesets;
	struct stretches stretches;
	struct worker workers[MAX_WORKERS];
	unsigned n_workers; /* 0: this process reads */
	uint32_t stretch;   /* whose hits are taken now; NO_STRETCH: all were */
	uint64_t n_entries;
	struct entry entry;
	struct frame frame;
	struct span cursor, machine;
};

/* The side of a process that reads. */
struct finder {
	const struct past *past;
	struct journal *journal;
	int fd;
	uint32_t stretch;
	uint32_t n_entries; /* that are not told yet */
	struct buffer out;
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

static int finder_send(struct finder *finder)
{
	size_t sent = 0;

	if (finder->out.failed)
		return -ENOMEM;
	while (sent < finder->out.size) {
		ssize_t n = write(finder->fd, finder->out.data + sent, finder->out.size - sent);

		if (n < 0 && errno != EINTR)
			return -errno;
		sent += (size_t)MAX(n, 0);
	}
	finder->out.size = 0;
	return 0;
}

/* Something that may decide; what succeeds or is a note does not. */
static bool has_failures(const struct past *past)
{
	for (size_t i = 0; i < past->n_rulesets; i++) {
		const struct ruleset *ruleset = past->wish.rulesets[i];
		const struct hit *hit;

		for (size_t k = 0; k < ruleset_n_hits(ruleset); k++) {
			hit = ruleset_hit(ruleset, k);
			if (ruleset_event(ruleset, hit->jail, hit->event)->outcome ==
			    OUTCOME_FAILURE)
				return true;
		}
	}
	return false;
}

/* What was found in the entry, or where the stretch ends. */
static int finder_tell(struct finder *finder, struct frame *frame)
{
	const struct past *past = finder->past;
	size_t begin = finder->out.size;
	const struct entry *entry = journal_entry(finder->journal);
	cleanup(freep) char *cursor = NULL;
	struct span machine = { 0 };
	int r = 0;

	if (!frame->ends && past->wish.with_cursors && has_failures(past)) {
		r = journal_cursor(finder->journal, &cursor);
		if (r < 0)
			return r;
		frame->cursor_size = (uint32_t)strlen(cursor);
	}
	if (!frame->ends && entry->many_machines)
		r = entry_field(entry, "_MACHINE_ID", &machine);
	if (r < 0)
		return r;
	frame->machine_size = r > 0 ? (uint32_t)machine.size : 0;
	frame->stretch = finder->stretch;
	frame->n_entries = finder->n_entries;
	finder->n_entries = 0;
	buffer_put(&finder->out, (const char *)frame, sizeof(*frame));
	for (size_t i = 0; !frame->ends && i < past->n_rulesets; i++)
		hits_pack(past->wish.rulesets[i], &finder->out);
	if (cursor)
		buffer_put(&finder->out, cursor, frame->cursor_size);
	if (frame->machine_size > 0)
		buffer_put(&finder->out, machine.data, frame->machine_size);
	if (finder->out.failed)
		return -ENOMEM;
	frame->size = (uint32_t)(finder->out.size - begin);
	memcpy(finder->out.data + begin, frame, sizeof(*frame));
	return frame->ends || finder->out.size >= SEND_SIZE ? finder_send(finder) : 0;
}

/* 1: it hits something; 0; negative errno. */
static int finder_scan(const struct finder *finder)
{
	const struct past *past = finder->past;
	int hits = 0;

	for (size_t i = 0; i < past->n_rulesets; i++) {
		int r = ruleset_scan(past->wish.rulesets[i], journal_entry(finder->journal));

		if (r < 0 && r != -EBADMSG)
			return r;
		hits += r > 0;
	}
	return hits > 0;
}

static bool finder_may_end(const struct finder *finder)
{
	for (size_t i = 0; i < finder->past->n_rulesets; i++)
		if (ruleset_awaits_pieces(finder->past->wish.rulesets[i]))
			return false;
	return true;
}

/* 1: on its first entry; 0: there is none. */
static int finder_go_to(const struct finder *finder, const struct stretch *stretch)
{
	int r;

	for (size_t i = 0; i < finder->past->n_rulesets; i++)
		ruleset_forget_pieces(finder->past->wish.rulesets[i]);
	if (stretch->cursor) {
		r = journal_seek_after(finder->journal, stretch->cursor);
		if (r == 0)
			return -ESTALE;
	} else {
		r = journal_seek_time(finder->journal, finder->past->wish.since);
	}
	return r < 0 ? r : journal_next(finder->journal);
}

/* Whether the entry, at this time, is the last before another stretch; `next` is the first that may
 * follow. */
static bool finder_meets(const struct finder *finder, usec_t time, uint32_t *next, uint32_t *ret)
{
	const struct stretches *stretches = &finder->past->stretches;

	for (uint32_t i = *next; i < stretches->n && stretches->list[i].time <= time; i++) {
		if (stretches->list[i].time < time ||
		    !journal_stands_at(finder->journal, stretches->list[i].cursor))
			continue;
		*next = i + 1;
		*ret = i;
		return finder_may_end(finder);
	}
	return false;
}

/* Reads one stretch. Answers the next one, NO_STRETCH after the last entry. -ESTALE: the clock was
 * set back, or the entry before the stretch is gone. */
static int finder_read(struct finder *finder, uint32_t *ret_next)
{
	uint32_t next = finder->stretch + 1, met;
	usec_t latest = 0, time;
	int r;

	*ret_next = NO_STRETCH;
	r = finder_go_to(finder, &finder->past->stretches.list[finder->stretch]);
	for (; r > 0; r = journal_next(finder->journal)) {
		bool is_known = entry_time(journal_entry(finder->journal), &time) >= 0;

		if (is_known && time > finder->past->wish.until)
			return 0;
		if (is_known && time < latest)
			return -ESTALE;
		latest = is_known ? time : latest;
		finder->n_entries++;
		r = finder_scan(finder);
		if (r < 0)
			return r;
		if (is_known && (r > 0 || finder->n_entries >= TELL_EVERY))
			r = finder_tell(finder, &(struct frame){ .time = time });
		if (r < 0)
			return r;
		if (is_known && finder_meets(finder, time, &next, &met)) {
			*ret_next = met;
			return 0;
		}
	}
	return r;
}

/* Until all of its stretches are read, or an error was told. */
static void finder_run(struct finder *finder)
{
	const struct past *past = finder->past;
	uint32_t next = 0;
	int r;

	r = journal_take_over(finder->journal, past->wish.rulesets[0],
			      past->wish.rulesets[past->n_rulesets - 1]);
	for (; finder->stretch < past->stretches.n; finder->stretch += past->n_workers) {
		int error = r < 0 ? r : finder_read(finder, &next);

		r = finder_tell(finder, &(struct frame){ .ends = true,
							 .next = next,
							 .error = MIN(error, 0) });
		if (r < 0 || error < 0)
			return;
	}
}

static int past_start_worker(struct past *past, unsigned i)
{
	struct worker *worker = &past->workers[i];
	struct finder finder = { .past = past, .journal = past->wish.journal, .stretch = i };
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
	free(past);
	return NULL;
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
	if (r >= 0 && n > 1)
		r = stretches_cut(wish->journal, wish->since, wish->until,
				  wish->stretch > 0 ? wish->stretch : STRETCH, &past->stretches);
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
		if (worker->room < MAX(size, (size_t)SEND_SIZE)) {
			size_t room = MAX(size, (size_t)SEND_SIZE);
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
