#ifndef BANISH_SESSION_H
#define BANISH_SESSION_H

/*
 * One attempt told by several lines of one session counts once: per rule and session each event
 * keeps its own total, the session's count is the largest of them. A session also remembers the
 * address and user that a note told. It is forgotten an hour after its first entry; the table is
 * bounded, the session that began first goes first.
 *
 * Where a name goes on, one session of it after the other, each began where it did because the one
 * before began where that did. So a restart has to read such a chain from its beginning.
 */

#include "address.h"
#include "util.h"

#define SESSION_LIFE         USEC_PER_HOUR
/* So far before a position a restart has to read, so that a session stands as it stood: the lines
 * of one that ended of late, too, for a new one of its name begins where that ended. */
#define SESSION_REACH        (2 * SESSION_LIFE)
/* A name that goes on for longer than this may be cut in two by a restart. */
#define SESSION_CHAIN_MAX    (24 * USEC_PER_HOUR)
#define SESSION_USER_MAX     256       /* bytes of a name that are remembered, and told apart */
#define SESSION_ATTEMPTS_MAX 16777215U /* no server tells more; sums stay far from overflow */

struct sessions;
struct session;

/* A rule's name of a session, as the table knows it. To make it known early saves time: where the
 * session lies is fetched into the cache. */
struct session_name {
	uint64_t hash[2];
	uint32_t rule;
};

struct remembered {
	bool has_address;
	struct address address;
	char *user; /* NULL: none remembered */
	size_t user_size;
};

int sessions_new(const uint8_t seed[16], size_t max_sessions, struct sessions **ret) must_check;
struct sessions *sessions_free(struct sessions *sessions);
DEFINE_CLEANUP(struct sessions *, sessions_free)

struct session_name sessions_name(const struct sessions *sessions, unsigned rule, struct span name);
/* The session as it stands at `now`; NULL: none, or forgotten. Borrowed until the next sessions_
 * call. */
struct session *sessions_find(struct sessions *sessions, const struct session_name *name,
			      usec_t now);
/* The same, begun at `now` if there is none. -ENOMEM. */
int sessions_open(struct sessions *sessions, const struct session_name *name, usec_t now,
		  struct session **ret) must_check;

/* An event told one attempt more, or (announced) that there were `attempts` in all. `ret_raise`: by
 * how much that raised the session's count. -ENOMEM. */
int sessions_tell(struct sessions *sessions, struct session *session, unsigned event,
		  bool announced, uint64_t attempts, uint32_t *ret_raise) must_check;
/* Remembers what is given (address NULL, user.data NULL: nothing new). -ENOMEM. */
int sessions_remember(struct sessions *sessions, struct session *session,
		      const struct address *address, struct span user) must_check;

/* Never NULL; borrowed until the next sessions_ call. */
const struct remembered *sessions_recall(const struct sessions *sessions,
					 const struct session *session);

/* Where a restart has to begin to read so that all chains are whole that went on after `horizon`;
 * USEC_INFINITY: there are none. What went on before that is forgotten. */
usec_t sessions_since(struct sessions *sessions, usec_t horizon);

/* Once an event, with the latest time seen; constant work. */
void sessions_expire(struct sessions *sessions, usec_t latest);

uint64_t sessions_n_evicted(const struct sessions *sessions);

#endif
