#include "balance.h"

#include "bridge.h"
#include "session.h"
#include "window.h"

#include <assert.h>
#include <errno.h>

/* Run-out notes kept while there are not more than these, for a clock that steps back. */
#define SPARE_NOTES 16384
#define FIRST_NOTES 256

/* So much further than the longest lifetime a begin that no set-off reaches over is looked for. */
#define FURTHER USEC_PER_HOUR

/* A session told of these attempts. */
struct note {
	usec_t time;
	uint32_t attempts;
	uint16_t jail;
	struct address address;
};

static_assert(sizeof(struct note) == 32, "the size that balance.h tells");

struct balances {
	struct windows *windows; /* lists 2 x jail: told by sessions, + 1: by nameless lines */
	usec_t *lifetimes;       /* by list */
	size_t *depths;          /* by list */
	usec_t longest;          /* lifetime */
	struct bridges bridges;
	struct note *notes;    /* a ring, in the order of the lines */
	size_t first, n, room; /* `room`: a power of two */
};

static unsigned list_of(unsigned jail, bool has_session)
{
	return 2 * jail + !has_session;
}

int balances_new(const uint8_t seed[16], const usec_t *lifetimes, const size_t *depths,
		 size_t n_jails, size_t max_sources, struct balances **ret)
{
	cleanup(balances_freep) struct balances *balances = calloc(1, sizeof(*balances));
	int r;

	if (!balances)
		return -ENOMEM;
	balances->lifetimes = calloc(2 * n_jails + 1, sizeof(*lifetimes));
	balances->depths = calloc(2 * n_jails + 1, sizeof(*depths));
	if (!balances->lifetimes || !balances->depths)
		return -ENOMEM;
	for (size_t i = 0; i < 2 * n_jails; i++) {
		balances->lifetimes[i] = lifetimes[i / 2];
		balances->depths[i] = depths[i / 2];
		balances->longest = MAX(balances->longest, lifetimes[i / 2]);
	}
	r = windows_new(seed, balances->lifetimes, 2 * n_jails, max_sources, &balances->windows);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(balances);
	return 0;
}

struct balances *balances_free(struct balances *balances)
{
	if (!balances)
		return NULL;
	windows_free(balances->windows);
	free(balances->lifetimes);
	free(balances->depths);
	free(balances->notes);
	free(balances);
	return NULL;
}

static struct note *note_at(const struct balances *balances, size_t i)
{
	return &balances->notes[(balances->first + i) & (balances->room - 1)];
}

static void drop_first(struct balances *balances)
{
	balances->first++;
	balances->n--;
}

static int put(struct balances *balances, unsigned list, const struct address *address, usec_t time,
	       uint32_t attempts)
{
	struct failure failure = { .time = time, .weight = attempts };
	struct window *window;
	int r;

	r = windows_open(balances->windows, list, address, &window);
	return r < 0 ? r : windows_push(balances->windows, window, failure, balances->depths[list]);
}

/* From now on all that sessions told is found by its address. */
static int put_notes(struct balances *balances)
{
	int r = 0;

	while (r == 0 && balances->n > 0) {
		const struct note *note = note_at(balances, 0);

		r = put(balances, list_of(note->jail, true), &note->address, note->time,
			note->attempts);
		if (r == 0)
			drop_first(balances);
	}
	return r;
}

static int enlarge(struct balances *balances)
{
	size_t room = MAX(2 * balances->room, (size_t)FIRST_NOTES);
	struct note *notes = malloc(room * sizeof(*notes));

	if (!notes)
		return -ENOMEM;
	for (size_t i = 0; i < balances->n; i++)
		notes[i] = *note_at(balances, i);
	free(balances->notes);
	balances->notes = notes;
	balances->first = 0;
	balances->room = room;
	return 0;
}

static int write_down(struct balances *balances, const struct note *note)
{
	int r = 0;

	if (balances->n == BALANCE_MAX_NOTES)
		r = put_notes(balances);
	else if (balances->n == balances->room)
		r = enlarge(balances);
	if (r < 0)
		return r;
	*note_at(balances, balances->n++) = *note;
	return 0;
}

int balances_settle(struct balances *balances, unsigned jail, const struct address *address,
		    bool has_session, usec_t now, uint32_t *attempts)
{
	struct window *others;
	int r;

	r = has_session ? 0 : put_notes(balances);
	if (r < 0)
		return r;
	others = windows_find(balances->windows, list_of(jail, !has_session), address);
	if (others) {
		usec_t since;

		*attempts -=
			(uint32_t)windows_use(balances->windows, others, now, *attempts, &since);
		bridges_note(&balances->bridges, since, now);
	}
	if (*attempts == 0)
		return 0;
	if (!has_session)
		return put(balances, list_of(jail, false), address, now, *attempts);
	return write_down(balances, &(struct note){ now, *attempts, (uint16_t)jail, *address });
}

void balances_fetch(struct balances *balances, unsigned jail, const struct address *address,
		    bool bucket_is_there)
{
	windows_fetch(balances->windows, list_of(jail, false), address, bucket_is_there);
}

usec_t balances_since(struct balances *balances, usec_t time)
{
	usec_t before = bridges_before(&balances->bridges, time);

	/* the next may be asked for by a session, from as far back as its chain goes */
	bridges_forget(&balances->bridges, time - MIN(time, SESSION_CHAIN_MAX));
	return time - before <= balances->longest + FURTHER ? before : time;
}

static bool has_run_out(const struct balances *balances, const struct note *note, usec_t latest)
{
	usec_t lifetime = balances->lifetimes[list_of(note->jail, true)];

	return note->time <= latest && latest - note->time >= lifetime;
}

void balances_expire(struct balances *balances, usec_t latest)
{
	for (size_t i = 0; i < 2 && balances->n > SPARE_NOTES; i++) {
		if (!has_run_out(balances, note_at(balances, 0), latest))
			break;
		drop_first(balances);
		__builtin_prefetch(note_at(balances, 2));
	}
	windows_expire(balances->windows, latest);
}
