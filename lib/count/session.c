/*
 * A session's name is kept as 128 bits of keyed hash: no length to bound, nothing to compare byte
 * by byte. Under attack nearly every line has a session of its own, and an hour of them is more
 * than the caches hold; so the record of a common one is a line of cache, and what few have lies
 * beside it.
 *
 * A session is in one of two lists: `plain` ones are in the order in which they began, `noted` ones
 * in that of their latest notes. Those of one offender are linked once more, in that order too.
 */

#include "count/session.h"

#include "base/hash.h"
#include "base/table.h"

#include <assert.h>
#include <errno.h>

/* Forgotten ones may lie about while there are not more than these in all. */
#define SPARE_SESSIONS 4096

struct session {
	struct table_head head;
	uint64_t hash[2]; /* its name, and with it its machine and the jail's number */
	uint32_t note;    /* in sessions->notes; POOL_NONE: in the list `plain` */
	struct totals totals;
};

static_assert(sizeof(struct session) <= 64, "a session fits in a line of cache");

struct note {
	struct address address;
	bool has_address;
	uint16_t user_size;
	char *user; /* owned; NULL: none */
	usec_t address_time, user_time;
	uint32_t holder;       /* in sessions->holders; POOL_NONE: without an address it has none */
	uint32_t older, newer; /* sessions of the same holder */
};

/* An offender whose sessions have notes. */
struct holder {
	struct table_head head;
	struct address address;
	uint32_t jail;
	uint32_t oldest, newest; /* sessions */
	uint32_t n;
};

struct holder_key {
	const struct address *address;
	uint32_t jail;
};

struct sessions {
	uint8_t seed[HASH_SEED_SIZE];
	struct table table;
	struct table_list plain, noted;
	struct pool totals, notes;
	struct table holders;
	struct table_list holder_list;
	size_t max_sessions; /* of either list */
	uint64_t n_evicted;
};

int sessions_new(const uint8_t seed[16], size_t max_sessions, struct sessions **ret)
{
	struct sessions *sessions = calloc(1, sizeof(*sessions));

	if (!sessions)
		return -ENOMEM;
	memcpy(sessions->seed, seed, sizeof(sessions->seed));
	table_init(&sessions->table, sizeof(struct session));
	table_init(&sessions->holders, sizeof(struct holder));
	totals_pool_init(&sessions->totals);
	pool_init(&sessions->notes, sizeof(struct note));
	table_list_init(&sessions->plain);
	table_list_init(&sessions->noted);
	table_list_init(&sessions->holder_list);
	sessions->max_sessions = MAX(max_sessions, 1);
	*ret = sessions;
	return 0;
}

struct sessions *sessions_free(struct sessions *sessions)
{
	struct session *session;

	if (!sessions)
		return NULL;
	session = table_oldest(&sessions->table, &sessions->noted);
	for (; session; session = table_newer(&sessions->table, session))
		free(((struct note *)pool_at(&sessions->notes, session->note))->user);
	table_done(&sessions->table);
	table_done(&sessions->holders);
	pool_done(&sessions->totals);
	pool_done(&sessions->notes);
	free(sessions);
	return NULL;
}

static struct note *note_of(const struct sessions *sessions, const struct session *session)
{
	return session->note == POOL_NONE ? NULL : pool_at(&sessions->notes, session->note);
}

static struct table_list *list_with(struct sessions *sessions, const struct session *session)
{
	return session->note == POOL_NONE ? &sessions->plain : &sessions->noted;
}

static struct note *note_at(const struct sessions *sessions, uint32_t index)
{
	const struct session *session = table_at(&sessions->table, index);

	return session ? note_of(sessions, session) : NULL;
}

/* The session is no more one of its offender's. */
static void leave_holder(struct sessions *sessions, struct note *note)
{
	struct holder *holder = table_at(&sessions->holders, note->holder);
	struct note *older, *newer;

	if (!holder)
		return;
	older = note_at(sessions, note->older);
	newer = note_at(sessions, note->newer);
	if (older)
		older->newer = note->newer;
	else
		holder->oldest = note->newer;
	if (newer)
		newer->older = note->older;
	else
		holder->newest = note->older;
	note->holder = POOL_NONE;
	if (--holder->n == 0)
		table_remove(&sessions->holders, &sessions->holder_list, holder);
}

static void free_note(struct sessions *sessions, struct session *session)
{
	struct note *note = note_of(sessions, session);

	if (!note)
		return;
	leave_holder(sessions, note);
	free(note->user);
	pool_give(&sessions->notes, session->note);
	session->note = POOL_NONE;
}

static void drop_session(struct sessions *sessions, struct session *session)
{
	struct table_list *list = list_with(sessions, session);

	free_note(sessions, session);
	totals_done(&sessions->totals, &session->totals);
	table_remove(&sessions->table, list, session);
}

static void evict_oldest(struct sessions *sessions, struct table_list *list)
{
	if (list->n < sessions->max_sessions)
		return;
	drop_session(sessions, table_oldest(&sessions->table, list));
	sessions->n_evicted++;
}

/* What it has told goes on to count. */
static void forget_note(struct sessions *sessions, struct session *session, usec_t now)
{
	if (!totals_live(&sessions->totals, &session->totals, now)) {
		drop_session(sessions, session);
		return;
	}
	evict_oldest(sessions, &sessions->plain);
	table_move(&sessions->table, &sessions->noted, &sessions->plain, session);
	free_note(sessions, session);
}

static bool has_name(const void *record, const void *name)
{
	const struct session *a = record;
	const struct session_name *b = name;

	return a->hash[0] == b->hash[0] && a->hash[1] == b->hash[1];
}

struct session_name sessions_name(const struct sessions *sessions, unsigned jail,
				  struct span machine, struct span name)
{
	struct session_name ret;
	uint64_t of[2] = { 0 };

	hash128(sessions->seed, name.data, name.size, ret.hash);
	if (machine.size > 0)
		hash128(sessions->seed, machine.data, machine.size, of);
	for (size_t i = 0; i < ARRAY_SIZE(of); i++)
		ret.hash[i] += of[1 - i]; /* the two texts may change places */
	ret.hash[0] += jail * 0x9e3779b97f4a7c15;
	table_fetch_bucket(&sessions->table, ret.hash[0]);
	return ret;
}

struct session *sessions_find(const struct sessions *sessions, const struct session_name *name)
{
	return table_find(&sessions->table, name->hash[0], has_name, name);
}

int sessions_add(struct sessions *sessions, const struct session_name *name, struct session **ret)
{
	struct session *session;

	evict_oldest(sessions, &sessions->plain);
	session = table_add(&sessions->table, &sessions->plain, name->hash[0]);
	if (!session)
		return -ENOMEM;
	memcpy(session->hash, name->hash, sizeof(session->hash));
	session->note = POOL_NONE;
	totals_init(&session->totals);
	*ret = session;
	return 0;
}

int sessions_tell(struct sessions *sessions, struct session *session,
		  const struct counting *counting, unsigned event, usec_t now, bool announced,
		  uint64_t attempts, struct raise *ret)
{
	struct totals *totals = &session->totals;
	unsigned thing = counting[event].thing;
	struct raise before, after;
	int r;

	totals_turn(&sessions->totals, totals, now);
	before = totals_count(&sessions->totals, totals, counting, thing);
	r = totals_tell(&sessions->totals, totals, event, now, announced, attempts);
	if (r < 0)
		return r;
	after = totals_count(&sessions->totals, totals, counting, thing);
	*ret = (struct raise){ after.count - before.count, after.tail - before.tail };
	return 0;
}

static bool is_holder(const void *record, const void *wanted)
{
	const struct holder *holder = record;
	const struct holder_key *key = wanted;

	return holder->jail == key->jail && address_equal(&holder->address, key->address);
}

/* The session becomes the newest of that offender's. */
static int join_holder(struct sessions *sessions, struct session *session, struct note *note,
		       const struct noted *noted)
{
	const struct holder_key key = { noted->offender, noted->jail };
	uint64_t hash = hash64(sessions->seed, key.address->bytes, address_bits(key.address) / 8) +
			key.jail;
	uint32_t index = table_index(&sessions->table, &sessions->noted, session);
	struct holder *holder;
	struct note *newest;

	leave_holder(sessions, note);
	holder = table_find(&sessions->holders, hash, is_holder, &key);
	if (!holder) {
		holder = table_add(&sessions->holders, &sessions->holder_list, hash);
		if (!holder)
			return -ENOMEM;
		holder->address = *noted->offender;
		holder->jail = noted->jail;
		holder->oldest = holder->newest = POOL_NONE;
	}
	if (holder->n >= SESSION_NOTES_MAX) {
		forget_note(sessions, table_at(&sessions->table, holder->oldest),
			    note->address_time);
		sessions->n_evicted++;
	}
	newest = note_at(sessions, holder->newest);
	note->older = holder->newest;
	note->newer = POOL_NONE;
	if (newest)
		newest->newer = index;
	else
		holder->oldest = index;
	holder->newest = index;
	holder->n++;
	note->holder = table_index(&sessions->holders, &sessions->holder_list, holder);
	return 0;
}

int sessions_remember(struct sessions *sessions, struct session *session, const struct noted *noted,
		      usec_t now)
{
	size_t size = MIN(noted->user.size, SESSION_USER_MAX);
	struct note *note = note_of(sessions, session);
	uint32_t index;
	char *user;

	if (!noted->address && !noted->user.data)
		return 0;
	if (note) {
		table_touch(&sessions->table, &sessions->noted, session);
	} else {
		note = pool_take(&sessions->notes, &index);
		if (!note)
			return -ENOMEM;
		evict_oldest(sessions, &sessions->noted);
		table_move(&sessions->table, &sessions->plain, &sessions->noted, session);
		session->note = index;
		note->holder = POOL_NONE;
	}
	if (noted->user.data) {
		user = malloc(size + 1);
		if (!user)
			return -ENOMEM;
		memcpy(user, noted->user.data, size);
		free(note->user);
		note->user = user;
		note->user_size = (uint16_t)size;
		note->user_time = now;
	}
	if (!noted->address)
		return 0;
	note->address = *noted->address;
	note->has_address = true;
	note->address_time = now;
	return join_holder(sessions, session, note, noted);
}

static bool note_is_fresh(usec_t told, usec_t now)
{
	return now < told || now - told < SESSION_NOTE_LIFE;
}

struct remembered sessions_recall(const struct sessions *sessions, const struct session *session,
				  usec_t now)
{
	const struct note *note = note_of(sessions, session);
	struct remembered ret = { 0 };

	if (note && note->has_address && note_is_fresh(note->address_time, now)) {
		ret.has_address = true;
		ret.address = note->address;
	}
	if (note && note->user && note_is_fresh(note->user_time, now))
		ret.user = (struct span){ note->user, note->user_size };
	return ret;
}

void sessions_expire(struct sessions *sessions, usec_t latest)
{
	for (size_t i = 0; i < 2 && sessions->table.n > SPARE_SESSIONS; i++) {
		struct session *plain = table_oldest(&sessions->table, &sessions->plain);
		struct session *noted = table_oldest(&sessions->table, &sessions->noted);
		struct remembered remembered;

		if (plain && !totals_live(&sessions->totals, &plain->totals, latest))
			drop_session(sessions, plain);
		else if (plain && latest / TOTALS_HOUR > plain->totals.hour)
			/* a name that goes on for hours stands far back although it is in use */
			table_touch(&sessions->table, &sessions->plain, plain);
		if (!noted)
			continue;
		remembered = sessions_recall(sessions, noted, latest);
		if (!remembered.has_address && !remembered.user.data)
			forget_note(sessions, noted, latest);
	}
	table_prefetch_oldest(&sessions->table, &sessions->plain);
}

uint64_t sessions_n_evicted(const struct sessions *sessions)
{
	return sessions->n_evicted;
}
