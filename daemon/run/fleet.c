#include "run/fleet.h"

#include "engine/fleet-entry.h"
#include "io/timer.h"
#include "ledger/heard.h"

#include <systemd/sd-id128.h>

#define SHARE_DELAY (5 * USEC_PER_SEC) /* a namespace that takes nothing */

static int fleet_on_share(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct fleet *fleet = userdata;

	*fleet->dirty |= DIRTY_SHARE;
	return 0;
}

void fleet_share_soon(struct fleet *fleet)
{
	(void)timer_within(fleet->share, SHARE_DELAY);
}

int fleet_attach(struct fleet *fleet, sd_event *event)
{
	sd_id128_t machine;
	int r;

	fleet->peers.kind = LOG_FLEET;
	fleet->peers.loss = "heard";
	r = sd_id128_get_machine(&machine);
	if (r >= 0)
		sd_id128_to_string(machine, fleet->machine);
	r = timer_new(event, 0, fleet_on_share, fleet, &fleet->share);
	if (r < 0)
		return r;
	/* our own journal goes first */
	return peers_attach(&fleet->peers, event, fleet->dirty, DIRTY_FLEET,
			    SD_EVENT_PRIORITY_IDLE + 1);
}

void fleet_done(struct fleet *fleet)
{
	peers_done(&fleet->peers);
	sd_event_source_unref(fleet->share);
}

int fleet_enter(struct fleet *fleet)
{
	const struct policy *policy = fleet->active->config->policy;
	bool listens = policy_find_jail(policy, FLEET_NAME);

	*fleet->dirty |= DIRTY_FLEET;
	return peers_enter(&fleet->peers,
			   listens ? policy->fleet.directory ?: FLEET_DIRECTORY : NULL);
}

/* Finds the place after what was read. */
static int fleet_open(struct fleet *fleet, struct peer *peer)
{
	const struct member *member = heard_find_member(fleet->active->ledger, peer->name);
	const char *cursor = member ? member->cursor : NULL;
	int r;

	r = peer_open(&fleet->peers, peer);
	if (r > 0)
		r = journal_find_end(peer->journal);
	peer->reading = r > 0;
	if (r <= 0)
		return r;
	r = cursor ? journal_seek_after(peer->journal, cursor) : 0;
	return r > 0 ? 0 : journal_seek_time(peer->journal, 0);
}

int fleet_look(struct fleet *fleet)
{
	struct peer *peer;
	size_t i = 0;
	int r;

	r = peers_look(&fleet->peers);
	while (r >= 0 && (peer = peers_next_changed(&fleet->peers, &i)))
		r = peer_note(&fleet->peers, peer, fleet_open(fleet, peer));
	return r;
}

struct peer *fleet_turn(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->peers.n; i++) {
		struct peer *peer = &fleet->peers.peers[fleet->turn++ % fleet->peers.n];

		if (peer->reading)
			return peer;
	}
	return NULL;
}
