#include "run/commit.h"

#include "base/array.h"
#include "cli/output.h"
#include "run/events.h"
#include "run/telling.h"

#include <errno.h>
#include <stdio.h>

/* Private sources are told of once an hour each; of many more, as in a network whose hosts choose
 * their addresses, nobody needs to read. */
#define PRIVATE_INTERVAL (60 * USEC_PER_SEC)
#define PRIVATE_AT_ONCE  100

static bool is_worth_telling(struct daemon *daemon, const struct decision *decision)
{
	usec_t now;

	return decision->type != DECISION_PRIVATE ||
	       sd_event_now(daemon->event, CLOCK_MONOTONIC, &now) < 0 ||
	       quota_take(&daemon->told.private, PRIVATE_INTERVAL, PRIVATE_AT_ONCE, now);
}

int commit_decisions(struct daemon *daemon)
{
	struct pending *pending = &daemon->pending;
	struct decision decision;

	while (engine_take(daemon->active.engine, &decision)) {
		if (decision.type != DECISION_BAN && decision.type != DECISION_END) {
			if (is_worth_telling(daemon, &decision))
				events_decision(&decision);
			continue;
		}
		if (array_reserve(&pending->decided, pending->n_decided, &pending->max_decided,
				  sizeof(*pending->decided)) < 0)
			return -ENOMEM;
		pending->decided[pending->n_decided++] =
			(struct due){ .type = decision.type, .id = decision.ban.id };
	}
	return 0;
}

int commit_position(struct daemon *daemon)
{
	const struct position position = reader_position(&daemon->reader);
	int r;

	if (position.cursor.data) {
		r = ledger_set_position(daemon->active.ledger, &position);
		if (r < 0)
			return r;
	}
	return saver_write(&daemon->saver, daemon->active.ledger);
}

int commit_hand(struct daemon *daemon, const struct hand *hand)
{
	struct pending *pending = &daemon->pending;
	struct ledger *ledger = daemon->active.ledger;
	const struct ban *ban = ledger_get(ledger, hand->id);

	if (!ban)
		return 0;
	if (array_reserve(&pending->hands, pending->n_hands, &pending->max_hands,
			  sizeof(*pending->hands)) < 0)
		return -ENOMEM;
	pending->hands[pending->n_hands++] = *hand;
	return ledger_end(ledger, hand->id, ban->until, END_BY_HAND);
}

static int commit_tell_hand(struct daemon *daemon, struct telling *telling, const struct ban *ban,
			    const struct hand *hand)
{
	cleanup(freep) char *by = bytes_to_display(span_of(hand->process), sizeof(hand->process));
	char reason[128];

	if (!by)
		return -ENOMEM;
	if (hand->absent)
		strcpy(reason, "its element was deleted from the set while banish was not running");
	else
		snprintf(reason, sizeof(reason), "its element was deleted%s%s", *by ? " by " : "",
			 by);
	return telling_deed(telling, daemon, ban, hand->adopted, hand->adopted ? by : reason);
}

int commit_hands(struct daemon *daemon)
{
	struct pending *pending = &daemon->pending;

	cleanup(telling_done) struct telling telling = { 0 };
	int r;

	if (pending->n_hands == 0)
		return 0;
	r = commit_position(daemon);
	daemon->dirty |= DIRTY_LEDGER; /* that they were told */
	for (size_t i = 0; r >= 0 && i < pending->n_hands; i++) {
		const struct hand *hand = &pending->hands[i];
		const struct ban *ban = ledger_get(daemon->active.ledger, hand->id);

		if (ban)
			r = commit_tell_hand(daemon, &telling, ban, hand);
	}
	pending->n_hands = 0;
	return r < 0 ? r : telling_finish(&telling, daemon);
}

int commit_tell_again(struct daemon *daemon)
{
	cleanup(telling_done) struct telling telling = { .again = true };
	struct ledger *ledger = daemon->active.ledger;
	usec_t now = wakeup_time(daemon->event);
	int r = 0;

	for (const struct ban *ban = NULL; r >= 0 && (ban = ledger_next(ledger, ban));) {
		bool untold = ledger_is_untold(ledger, ban, now);

		if (untold || ban->ended != END_NONE)
			daemon->dirty |= DIRTY_LEDGER;
		if (untold)
			r = telling_ban(&telling, daemon, ban);
		if (r >= 0 && ban->ended != END_NONE && ban->ended != END_EVICTED)
			r = telling_end(&telling, daemon, ban);
	}
	telling.last = ledger_last_id(ledger);
	if (r >= 0)
		r = telling_finish(&telling, daemon);
	if (!telling.stuck) /* also that there is none */
		ledger_told(ledger, telling.last);
	return r;
}

/* What lies in the state file is said. Evictions once, and again when they have become ten times as
 * many. */
static int commit_tell(struct daemon *daemon)
{
	struct pending *pending = &daemon->pending;

	cleanup(telling_done) struct telling telling = { 0 };
	struct ledger *ledger = daemon->active.ledger;
	uint64_t n_evicted;
	int r = 0;

	if (daemon_take(daemon, DIRTY_UNTOLD)) { /* those before them first */
		r = commit_tell_again(daemon);
	} else {
		for (size_t i = 0; r >= 0 && i < pending->n_decided; i++) {
			const struct due *due = &pending->decided[i];

			r = due->type == DECISION_END ? telling_end(&telling, daemon, due->ban)
						      : telling_ban(&telling, daemon, due->ban);
		}
		r = r < 0 ? r : telling_finish(&telling, daemon);
	}
	n_evicted = ledger_n_cut(ledger) + ledger_n_evicted(ledger);
	if (r >= 0 && n_evicted > 0 && n_evicted >= 10 * daemon->told.n_evicted) {
		events_evicted(ledger_n_cut(ledger), ledger_n_evicted(ledger));
		daemon->told.n_evicted = n_evicted;
	}
	return r;
}

int commit_all(struct daemon *daemon)
{
	struct pending *pending = &daemon->pending;

	cleanup(changes_done) struct changes changes = { 0 };
	size_t n = 0;
	int r;

	if (pending->n_decided == 0)
		return 0;
	r = commit_position(daemon);
	if (r < 0)
		return r;
	for (size_t i = 0; i < pending->n_decided; i++) {
		struct due due = pending->decided[i];

		/* until the next feed the ledger lets go of none */
		due.ban = ledger_get(daemon->active.ledger, due.id);
		if (due.ban)
			pending->decided[n++] = due;
	}
	pending->n_decided = n;
	r = commit_tell(daemon);
	if (r < 0)
		return r;
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = firewall_gather_ban(&daemon->firewall, &changes, pending->decided[i].ban);
	if (r >= 0)
		r = firewall_apply(&daemon->firewall, &changes);
	pending->n_decided = 0;
	daemon->dirty |= DIRTY_PLACED;
	return r == -ENOMEM ? r : 0;
}
