/* A session's name is kept as 128 bits of keyed hash: no length to bound, nothing to compare byte
 * by byte. */

#include "session.h"

#include "hash.h"
#include "table.h"

#include <errno.h>
#include <stddef.h>

#define SPARE_SESSIONS \
	4096       /* forgotten ones may lie about while there are not more than these in all */
#define N_INLINE 2 /* events whose totals need no memory of their own; few sessions have more */

struct told {
	uint32_t event;
	uint32_t total;
};

struct record {
	struct table_head head;
	uint64_t name[2];
	usec_t first;
	uint32_t last;  /* of its lines, in microseconds after the first */
	uint32_t chain; /* seconds before the first, rounded up: where its chain began; 0: there */
	struct session session;
	uint32_t rule;
	uint32_t count; /* the largest total */
	uint32_t n_told;
	struct told told[N_INLINE];
	struct told *more; /* the totals from N_INLINE on */
};

struct key {
	uint64_t name[2];
	uint32_t rule;
};

struct sessions {
	uint8_t seed[HASH_SEED_SIZE];
	struct table table;
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
	table_init(&sessions->table, sizeof(struct record));
	table_list_init(&sessions->list);
	sessions->max_sessions = MAX(max_sessions, 1);
	sessions->chains_begin = USEC_INFINITY;
	*ret = sessions;
	return 0;
}

static void empty(struct record *record)
{
	free(record->session.user);
	free(record->more);
	record->session = (struct session){ 0 };
	record->more = NULL;
	record->count = record->n_told = 0;
}

static void drop(struct sessions *sessions, struct record *record)
{
	empty(record);
	table_remove(&sessions->table, &sessions->list, record);
}

struct sessions *sessions_free(struct sessions *sessions)
{
	struct record *record;

	if (!sessions)
		return NULL;
	while ((record = table_oldest(&sessions->table, &sessions->list)))
		drop(sessions, record);
	table_done(&sessions->table);
	free(sessions);
	return NULL;
}

static struct record *record_of(struct session *session)
{
	return (struct record *)(void *)((char *)session - offsetof(struct record, session));
}

static bool equal(const void *record, const void *key)
{
	const struct record *a = record;
	const struct key *b = key;

	return a->rule == b->rule && a->name[0] == b->name[0] && a->name[1] == b->name[1];
}

static bool is_forgotten(const struct record *record, usec_t now)
{
	return now >= record->first && now - record->first >= SESSION_LIFE;
}

/* A line of its name that comes now goes on with it, if only as the next session. */
static bool goes_on(const struct record *record, usec_t now)
{
	return !is_forgotten(record, now) || now - (record->first + record->last) < SESSION_LIFE;
}

static usec_t begin_of_chain(const struct record *record)
{
	return record->first - MIN(record->first, record->chain * USEC_PER_SEC);
}

static void note_chain(struct sessions *sessions, const struct record *record, usec_t now)
{
	sessions->chains_begin = MIN(sessions->chains_begin, begin_of_chain(record));
	sessions->chains_end = MAX(sessions->chains_end, now);
}

static void note_line(struct sessions *sessions, struct record *record, usec_t now)
{
	if (now > record->first)
		record->last = MAX(record->last, (uint32_t)(now - record->first));
	if (record->chain > 0)
		note_chain(sessions, record, now);
}

static struct key make_key(const struct sessions *sessions, unsigned rule, struct span name)
{
	struct key key = { .rule = rule };

	hash128(sessions->seed, name.data, name.size, key.name);
	return key;
}

/* The name is a good hash already; the rule only tells two rules with the same names apart. */
static uint64_t bucket_hash(const struct key *key)
{
	return key->name[0] + key->rule * 0x9e3779b97f4a7c15;
}

struct session *sessions_find(struct sessions *sessions, unsigned rule, struct span name,
			      usec_t now)
{
	struct key key = make_key(sessions, rule, name);
	struct record *record = table_find(&sessions->table, bucket_hash(&key), equal, &key);

	return record && !is_forgotten(record, now) ? &record->session : NULL;
}

int sessions_open(struct sessions *sessions, unsigned rule, struct span name, usec_t now,
		  struct session **ret)
{
	struct key key = make_key(sessions, rule, name);
	struct record *record = table_find(&sessions->table, bucket_hash(&key), equal, &key);
	usec_t begin = now;

	if (record && is_forgotten(record, now)) {
		if (goes_on(record, now))
			begin = begin_of_chain(record);
		drop(sessions, record);
		record = NULL;
	}
	if (!record) {
		if (sessions->table.n >= sessions->max_sessions) {
			drop(sessions, table_oldest(&sessions->table, &sessions->list));
			sessions->n_evicted++;
		}
		record = table_add(&sessions->table, &sessions->list, bucket_hash(&key));
		if (!record)
			return -ENOMEM;
		memcpy(record->name, key.name, sizeof(record->name));
		record->rule = rule;
		record->first = now;
		begin = MAX(begin, now - MIN(now, SESSION_CHAIN_MAX));
		record->chain = (uint32_t)((now - begin + USEC_PER_SEC - 1) / USEC_PER_SEC);
	}
	note_line(sessions, record, now);
	*ret = &record->session;
	return 0;
}

/* An event has few companions in a session, and never more than its rule has events. */
static int find_total(struct record *record, unsigned event, uint32_t **ret)
{
	struct told *more, *told;

	for (uint32_t i = 0; i < record->n_told; i++) {
		told = i < N_INLINE ? &record->told[i] : &record->more[i - N_INLINE];
		if (told->event == event) {
			*ret = &told->total;
			return 0;
		}
	}
	if (record->n_told < N_INLINE) {
		told = &record->told[record->n_told];
	} else {
		more = reallocarray(record->more, record->n_told - N_INLINE + 1, sizeof(*more));
		if (!more)
			return -ENOMEM;
		record->more = more;
		told = &more[record->n_told - N_INLINE];
	}
	record->n_told++;
	*told = (struct told){ .event = event };
	*ret = &told->total;
	return 0;
}

int sessions_tell(struct sessions *sessions, struct session *session, unsigned event,
		  bool announced, uint64_t attempts, uint32_t *ret_raise)
{
	struct record *record = record_of(session);
	uint32_t *total, raise = 0;
	int r;

	r = find_total(record, event, &total);
	if (r < 0)
		return r;
	if (announced)
		*total = MAX(*total, (uint32_t)MIN(attempts, SESSION_ATTEMPTS_MAX));
	else if (*total < SESSION_ATTEMPTS_MAX)
		(*total)++;
	if (*total > record->count) {
		raise = *total - record->count;
		record->count = *total;
	}
	*ret_raise = raise;
	return 0;
}

int sessions_remember(struct sessions *sessions, struct session *session,
		      const struct address *address, struct span user)
{
	if (user.data) {
		size_t size = MIN(user.size, SESSION_USER_MAX);
		char *copy = malloc(size + 1);

		if (!copy)
			return -ENOMEM;
		memcpy(copy, user.data, size);
		free(session->user);
		session->user = copy;
		session->user_size = size;
	}
	if (address) {
		session->address = *address;
		session->has_address = true;
	}
	return 0;
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
	struct record *oldest;

	for (size_t i = 0; i < 2 && sessions->table.n > SPARE_SESSIONS; i++) {
		oldest = table_oldest(&sessions->table, &sessions->list);
		if (!is_forgotten(oldest, latest))
			return;
		if (goes_on(oldest, latest))
			table_touch(&sessions->table, &sessions->list, oldest);
		else
			drop(sessions, oldest);
	}
}

uint64_t sessions_n_evicted(const struct sessions *sessions)
{
	return sessions->n_evicted;
}
