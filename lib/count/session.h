#ifndef BANISH_COUNT_SESSION_H
#define BANISH_COUNT_SESSION_H

/*
 * One attempt told by several lines of one session counts once: see totals.h. A session also
 * remembers the address and the user that notes told, each for 24 hours after it was told last.
 *
 * Sessions that only count and sessions with notes are bounded each for themselves, and of one
 * offender at most SESSION_NOTES_MAX keep their notes: so nobody pushes out those of others. What
 * is oldest goes first.
 */

#include "base/address.h"
#include "count/totals.h"

#define SESSION_NOTE_LIFE (24 * USEC_PER_HOUR)
#define SESSION_NOTES_MAX 64  /* of one offender */
#define SESSION_USER_MAX  256 /* bytes of a name that are remembered, and told apart */

struct sessions;
struct session;

/* A jail's name of a session, as the table knows it. To make it known early saves time: where the
 * session lies is fetched into the cache. */
struct session_name {
	uint64_t hash[2];
};

struct remembered {
	bool has_address;
	struct address address;
	struct span user; /* data NULL: none */
};

/* What a note tells; address NULL, user.data NULL: nothing new. */
struct noted {
	const struct address *address;
	const struct address *offender; /* with address: widened, so far as it is one offender */
	unsigned jail;
	struct span user;
};

int sessions_new(const uint8_t seed[16], size_t max_sessions, struct sessions **ret) must_check;
struct sessions *sessions_free(struct sessions *sessions);
DEFINE_CLEANUP(struct sessions *, sessions_free)

/* `machine`: whose it is; empty: of the only one. */
struct session_name sessions_name(const struct sessions *sessions, unsigned jail,
				  struct span machine, struct span name);
/* NULL: not known. Borrowed until the next sessions_ call that changes any. */
struct session *sessions_find(const struct sessions *sessions, const struct session_name *name);
/* One that is not known yet. -ENOMEM. */
int sessions_add(struct sessions *sessions, const struct session_name *name,
		 struct session **ret) must_check;

/* The event told one attempt more, or (announced) that there were `attempts` in all. `ret`: by how
 * much that raised the session's count of what the event counts. -ENOMEM. */
int sessions_tell(struct sessions *sessions, struct session *session,
		  const struct counting *counting, unsigned event, usec_t now, bool announced,
		  uint64_t attempts, struct raise *ret) must_check;
/* -ENOMEM. */
int sessions_remember(struct sessions *sessions, struct session *session, const struct noted *noted,
		      usec_t now) must_check;
/* What is remembered at `now`; the user is borrowed until the next sessions_ call that changes any.
 */
struct remembered sessions_recall(const struct sessions *sessions, const struct session *session,
				  usec_t now);

/* Once an event, with the latest time seen; constant work. */
void sessions_expire(struct sessions *sessions, usec_t latest);

uint64_t sessions_n_evicted(const struct sessions *sessions);

#endif
