/*
 * A session's name is kept as 128 bits of keyed hash: no length to bound, nothing to compare byte
 * by byte. Under attack nearly every line has a session of its own, and an hour of them is more
 * than the caches hold; so the record of a common one is a line of cache, and what few have lies
 * beside it.
 */

#include "session.h"

#include "hash.h"
#include "table.h"

#include <assert.h>
#include <errno.h>

/* Forgotten ones may lie about while there are not more than these in all. */
#define SPARE_SESSIONS 4096
#define NO_EVENT       UINT32_MAX

struct told {
	uint32_t event;
	uint32_t total;
};

struct more {
	struct remembered remembered;
	struct told *told; /* the totals of further events */
	size_t n_told;
};

struct session {
	struct table_head head;
	uint64_t hash[2]; /* its name, */
	uint32_t rule;    /* with this */
	uint32_t more;    /* in sessions->more; POOL_NONE: nothing remembered, one event at most */
	usec_t first;
	uint32_t last;  /* of its lines, in microseconds after the first */
	uint32_t chain; /* seconds before the first, rounded up: where its chain began; 0: there */
	struct told told;
};

static_assert(sizeof(struct session) <= 64, "a session fits in a line of cache");

struct sessions {
	uint8_t seed[HASH_SEED_SIZE];
	struct table table;
	struct pool more;
	struct table_list list; /* by the time they began */
	size_t max_sessions;
	/* All chains together. An own one for each would be more exact, but chains are rare. */
	usec_t chains_begin, chains_end;
	uint64_t n_evicted;
};

int sessions_new(const uint8_t seed[16], size_t max_sessions, struct sessions **ret)
{
	struct sessions *sessions = calloc(1, sizeof(*sessions));

	if (!sessions)
		return -ENOMEM;
	memcpy(sessions->seed, seed, sizeof(sessions->seed));
	table_init(&sessions->table, sizeof(struct session));
	pool_init(&sessions->more, sizeof(struct more));
	table_list_init(&sessions->list);
	sessions->max_sessions = MAX(max_sessions, 1);
	sessions->chains_begin = USEC_INFINITY;
	*ret = sessions;
	return 0;
}

static void forget_more(struct sessions *sessions, const struct session *session)
{
	struct more *more;

	if (session->more == POOL_NONE)
		return;
	more = pool_at(&sessions->more, session->more);
	free(more->remembered.user);
	free(more->told);
	pool_give(&sessions->more, session->more);
}

static void drop(struct sessions *sessions, struct session *session)
{
	forget_more(sessions, session);
	table_remove(&sessions->table, &sessions->list, session);
}

struct sessions *sessions_free(struct sessions *sessions)
{
	struct session *session;

	if (!sessions)
		return NULL;
	session = table_oldest(&sessions->table, &sessions->list);
	for (; session; session = table_newer(&sessions->table, session))
		forget_more(sessions, session);
	table_done(&sessions->table);
	pool_done(&sessions->more);
	free(sessions);
	return NULL;
}

static bool equal(const void *record, const void *name)
{
	const struct session *a = record;
	const struct session_name *b = name;

	return a->rule == b->rule && a->hash[0] == b->hash[0] && a->hash[1] == b->hash[1];
}

static bool is_forgotten(const struct session *session, usec_t now)
{
	return now >= session->first && now - session->first >= SESSION_LIFE;
}

/* A line of its name that comes now goes on with it, if only as the next session. */
static bool goes_on(const struct session *session, usec_t now)
{
	return !is_forgotten(session, now) || now - (session->first + session->last) < SESSION_LIFE;
}

static usec_t begin_of_chain(const struct session *session)
{
	return session->first - MIN(session->first, session->chain * USEC_PER_SEC);
}

static void note_chain(struct sessions *sessions, const struct session *session, usec_t now)
{
	sessions->chains_begin = MIN(sessions->chains_begin, begin_of_chain(session));
	sessions->chains_end = MAX(sessions->chains_end, now);
}

static void note_line(struct sessions *sessions, struct session *session, usec_t now)
{
	if (now > session->first)
		session->last = MAX(session->last, (uint32_t)(now - session->first));
	if (session->chain > 0)
		note_chain(sessions, session, now);
}

/* The name is a good hash already; the rule only tells two rules with the same names apart. */
static uint64_t bucket_hash(const struct session_name *name)
{
	return name->hash[0] + name->rule * 0x9e3779b97f4a7c15;
}

struct session_name sessions_name(const struct sessions *sessions, unsigned rule, struct span name)
{
	struct session_name ret = { .rule = rule };

	hash128(sessions->seed, name.data, name.size, ret.hash);
	table_fetch_bucket(&sessions->table, bucket_hash(&ret));
	return ret;
}

struct session *sessions_find(struct sessions *sessions, const struct session_name *name,
			      usec_t now)
{
	struct session *session = table_find(&sessions->table, bucket_hash(name), equal, name);

	return session && !is_forgotten(session, now) ? session : NULL;
}

static struct session *add(struct sessions *sessions, const struct session_name *name)
{
	struct session *session;

	if (sessions->table.n >= sessions->max_sessions) {
		drop(sessions, table_oldest(&sessions->table, &sessions->list));
		sessions->n_evicted++;
	}
	session = table_add(&sessions->table, &sessions->list, bucket_hash(name));
	if (!session)
		return NULL;
	memcpy(session->hash, name->hash, sizeof(session->hash));
	session->rule = name->rule;
	session->more = POOL_NONE;
	session->told.event = NO_EVENT;
	return session;
}

int sessions_open(struct sessions *sessions, const struct session_name *name, usec_t now,
		  struct session **ret)
{
	struct session *session = table_find(&sessions->table, bucket_hash(name), equal, name);
	usec_t begin = now;

	if (session && is_forgotten(session, now)) {
		if (goes_on(session, now))
			begin = begin_of_chain(session);
		drop(sessions, session);
		session = NULL;
	}
	if (!session) {
		session = add(sessions, name);
		if (!session)
			return -ENOMEM;
		session->first = now;
		begin = MAX(begin, now - MIN(now, SESSION_CHAIN_MAX));
		session->chain = (uint32_t)((now - begin + USEC_PER_SEC - 1) / USEC_PER_SEC);
	}
	note_line(sessions, session, now);
	*ret = session;
	return 0;
}

static struct more *find_more(const struct sessions *sessions, const struct session *session)
{
	return session->more == POOL_NONE ? NULL : pool_at(&sessions->more, session->more);
}

static struct more *open_more(struct sessions *sessions, struct session *session)
{
	uint32_t index;

	if (session->more == POOL_NONE) {
		if (!pool_take(&sessions->more, &index))
			return NULL;
		session->more = index;
	}
	return pool_at(&sessions->more, session->more);
}

static int add_total(struct sessions *sessions, struct session *session, unsigned event,
		     struct told **ret)
{
	struct more *more;
	struct told *told;

	if (session->told.event == NO_EVENT) {
		*ret = &session->told;
	} else {
		more = open_more(sessions, session);
		told = more ? reallocarray(more->told, more->n_told + 1, sizeof(*told)) : NULL;
		if (!told)
			return -ENOMEM;
		more->told = told;
		*ret = &told[more->n_told++];
	}
	**ret = (struct told){ .event = event };
	return 0;
}

/* The event's total, and the largest of all. An event has few companions in a session, and never
 * more than its rule has events. */
static int find_total(struct sessions *sessions, struct session *session, unsigned event,
		      struct told **ret, uint32_t *ret_count)
{
	struct more *more = find_more(sessions, session);
	size_t n = more ? more->n_told : 0;
	struct told *told = session->told.event == event ? &session->told : NULL;
	uint32_t count = session->told.total;

	for (size_t i = 0; i < n; i++) {
		count = MAX(count, more->told[i].total);
		if (more->told[i].event == event)
			told = &more->told[i];
	}
	*ret_count = count;
	*ret = told;
	return told ? 0 : add_total(sessions, session, event, ret);
}

int sessions_tell(struct sessions *sessions, struct session *session, unsigned event,
		  bool announced, uint64_t attempts, uint32_t *ret_raise)
{
	struct told *told;
	uint32_t count;
	int r;

	r = find_total(sessions, session, event, &told, &count);
	if (r < 0)
		return r;
	if (announced)
		told->total = MAX(told->total, (uint32_t)MIN(attempts, SESSION_ATTEMPTS_MAX));
	else if (told->total < SESSION_ATTEMPTS_MAX)
		told->total++;
	*ret_raise = told->total > count ? told->total - count : 0;
	return 0;
}

static int remember_user(struct remembered *remembered, struct span user)
{
	size_t size = MIN(user.size, SESSION_USER_MAX);
	char *copy = malloc(size + 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, user.data, size);
	free(remembered->user);
	remembered->user = copy;
	remembered->user_size = size;
	return 0;
}

int sessions_remember(struct sessions *sessions, struct session *session,
		      const struct address *address, struct span user)
{
	struct more *more;
	int r = 0;

	if (!address && !user.data)
		return 0;
	more = open_more(sessions, session);
	if (!more)
		return -ENOMEM;
	if (user.data)
		r = remember_user(&more->remembered, user);
	if (r < 0 || !address)
		return r;
	more->remembered.address = *address;
	more->remembered.has_address = true;
	return 0;
}

const struct remembered *sessions_recall(const struct sessions *sessions,
					 const struct session *session)
{
	static const struct remembered nothing;
	const struct more *more = find_more(sessions, session);

	return more ? &more->remembered : &nothing;
}

usec_t sessions_since(struct sessions *sessions, usec_t horizon)
{
	if (sessions->chains_end < horizon)
		sessions->chains_begin = USEC_INFINITY;
	else if (sessions->chains_begin != USEC_INFINITY)
		sessions->chains_begin =
			MAX(sessions->chains_begin,
			    sessions->chains_end - MIN(sessions->chains_end, SESSION_CHAIN_MAX));
	return sessions->chains_begin;
}

void sessions_expire(struct sessions *sessions, usec_t latest)
{
	struct session *oldest;

	for (size_t i = 0; i < 2 && sessions->table.n > SPARE_SESSIONS; i++) {
		oldest = table_oldest(&sessions->table, &sessions->list);
		if (!is_forgotten(oldest, latest))
			break;
		if (goes_on(oldest, latest))
			table_touch(&sessions->table, &sessions->list, oldest);
		else
			drop(sessions, oldest);
	}
	table_fetch_oldest(&sessions->table, &sessions->list);
}

uint64_t sessions_n_evicted(const struct sessions *sessions)
{
	return sessions->n_evicted;
}
