#include "run/listen.h"

#include "cli/timestamp.h"
#include "engine/fleet-entry.h"
#include "io/log.h"
#include "run/commit.h"

#include <errno.h>
#include <inttypes.h>

#define LISTEN_TIME    (USEC_PER_SEC / 20) /* a turn of the loop */
#define MEMBER_ENTRIES 256                 /* of one member, before the next has its turn */

#define SAY_REFUSED_EVERY USEC_PER_HOUR /* of one member for one reason */

/* What to do about it; NULL: nothing, it is as it should be. */
static const char *listen_explain(enum refusal why)
{
	switch (why) {
	case REFUSED_OTHER:
	case REFUSED_ECHO:
	case REFUSED_AGAIN:
		return NULL;
	case REFUSED_OWN:
		return "they name our own machine id: a cloned host needs an id of its own "
		       "(systemd-machine-id-setup), or what we share comes back";
	case REFUSED_MALFORMED:
		return "they are no entries of banish: update it there, or look who writes them";
	case REFUSED_AHEAD:
		return "they are of a time to come: set the clock there";
	case REFUSED_OLD:
		return "they are older than a week, or than what had to be forgotten";
	case N_REFUSALS:
		break;
	}
	return NULL;
}

static void listen_say_refused(struct daemon *daemon, struct peer *peer, unsigned member,
			       enum refusal why)
{
	const char *advice = listen_explain(why);
	usec_t now = wakeup_time(daemon->event);

	if (!advice || (peer->said[why] > 0 && now - peer->said[why] < SAY_REFUSED_EVERY))
		return;
	peer->said[why] = now;
	log_say(LOG_FLEET, LOG_WARNING,
		"member %s: entries are refused (%s, %" PRIu64 " so far): %s", peer->name,
		refusal_names[why], heard_member_at(daemon->active.ledger, member)->refused[why],
		advice);
}

static bool listen_is_hub(const struct daemon *daemon, const char *member)
{
	const struct fleet_policy *policy = &daemon->active.config->policy->fleet;

	for (size_t i = 0; i < policy->n_hubs; i++)
		if (strcmp(policy->hubs[i], member) == 0)
			return true;
	return false;
}

static int listen_entry(struct daemon *daemon, struct peer *peer, unsigned member)
{
	const struct fleet_terms terms = { span_of(daemon->fleet.machine),
					   listen_is_hub(daemon, peer->name),
					   wakeup_time(daemon->event) };
	struct ledger *ledger = daemon->active.ledger;
	enum refusal why = REFUSED_MALFORMED;
	char cursor[FLEET_CURSOR_SIZE];
	struct report report;
	int r;

	r = fleet_read_entry(journal_entry(peer->journal), &terms, cursor, &report, &why);
	if (r < 0) { /* libsystemd cannot read it, nobody can */
		if (r == -ENOMEM)
			return r;
		why = REFUSED_MALFORMED;
		r = 0;
	} else if (r > 0) {
		report.member = member;
		r = engine_hear(daemon->active.engine, &report, terms.now, &why);
		if (r < 0)
			return r;
	}
	if (r > 0) {
		heard_count_taken(ledger, member);
	} else {
		heard_count_refused(ledger, member, why);
		listen_say_refused(daemon, peer, member, why);
	}
	return commit_decisions(daemon);
}

/* All up to the entry on which it stands was consumed. One that does not tell its place is none. */
static int listen_place(struct daemon *daemon, struct peer *peer, unsigned member)
{
	cleanup(freep) char *cursor = NULL;
	usec_t time;
	int r;

	r = entry_time(journal_entry(peer->journal), &time);
	if (r >= 0)
		r = journal_cursor(peer->journal, &cursor);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	daemon->dirty |= DIRTY_CURSOR;
	return heard_set_position(daemon->active.ledger, member, cursor, time,
				  wakeup_time(daemon->event));
}

static int listen_member(struct daemon *daemon, struct peer *peer)
{
	unsigned member, n = 0;
	int r;

	r = heard_member(daemon->active.ledger, peer->name, &member);
	if (r < 0) {
		peer->reading = false; /* too many: of the ledger's, some may be gone */
		return r == -ENOMEM ? r : 0;
	}
	for (; n < MEMBER_ENTRIES && (r = peer_next(&daemon->fleet.peers, peer)) > 0; n++) {
		r = listen_entry(daemon, peer, member);
		if (r < 0)
			return r;
	}
	return r < 0 || n == 0 ? MIN(r, 0) : listen_place(daemon, peer, member);
}

int listen_read(struct daemon *daemon)
{
	usec_t end = timestamp_monotonic() + LISTEN_TIME;
	struct peer *peer;
	int r;

	if (daemon->reader.warming)
		return 0; /* reload_warmed() asks again */
	r = fleet_look(&daemon->fleet);
	while (r >= 0 && timestamp_monotonic() < end && (peer = fleet_turn(&daemon->fleet)))
		r = listen_member(daemon, peer);
	if (r >= 0)
		r = commit_all(daemon);
	return r < 0 ? r : peers_go_on(&daemon->fleet.peers);
}
