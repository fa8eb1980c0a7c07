#include "run/commit.h"

#include "base/array.h"
#include "cli/output.h"
#include "run/events.h"

#include <errno.h>
#include <stdio.h>

/* Bans are said one by one, as long as these are not more than anybody reads: journald takes what
 * we write without a limit of its own (LogRateLimitIntervalSec= in the unit), so a flood of bans
 * must not become one of entries. A botnet that comes all at once is told ban by ban; a flood that
 * goes on, of more addresses than there are attackers, is not. */
#define BANS_A_SECOND 2000
#define BANS_AT_ONCE  20000

/* Private sources are told of once an hour each; of many more, as in a network whose hosts choose
 * their addresses, nobody needs to read. */
#define PRIVATE_INTERVAL (60 * USEC_PER_SEC)
#define PRIVATE_AT_ONCE  100

static bool is_worth_telling(struct daemon *daemon, const struct decision *decision)
{
	usec_t now;

	return decision->type != DECISION_PRIVATE ||
	       sd_event_now(daemon->event, CLOCK_MONOTONIC, &now) < 0 ||
	       quota_take(&daemon->private_quota, PRIVATE_INTERVAL, PRIVATE_AT_ONCE, now);
}

int commit_decisions(struct daemon *daemon)
{
	struct decision decision;

	while (engine_take(daemon->active.engine, &decision)) {
		if (decision.type != DECISION_BAN && decision.type != DECISION_END) {
			if (is_worth_telling(daemon, &decision))
				events_decision(&decision);
			continue;
		}
		if (array_reserve(&daemon->decided, daemon->n_decided, &daemon->max_decided,
				  sizeof(*daemon->decided)) < 0)
			return -ENOMEM;
		daemon->decided[daemon->n_decided++] =
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
	struct ledger *ledger = daemon->active.ledger;
	const struct ban *ban = ledger_get(ledger, hand->id);

	if (!ban)
		return 0;
	if (array_reserve(&daemon->hands, daemon->n_hands, &daemon->max_hands,
			  sizeof(*daemon->hands)) < 0)
		return -ENOMEM;
	daemon->hands[daemon->n_hands++] = *hand;
	return ledger_end(ledger, hand->id, ban->until, END_BY_HAND);
}

static int tell_hand(const struct ban *ban, const struct hand *hand)
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
	if (hand->adopted)
		events_adopt(ban, by, false);
	else
		events_unban(ban, reason, false);
	return 0;
}

int commit_hands(struct daemon *daemon)
{
	struct ledger *ledger = daemon->active.ledger;
	int r = 0;

	if (daemon->n_hands > 0) {
		r = commit_position(daemon);
		daemon->dirty |= DIRTY_LEDGER; /* that they were told */
	}
	for (size_t i = 0; r >= 0 && i < daemon->n_hands; i++) {
		const struct ban *ban = ledger_get(ledger, daemon->hands[i].id);

		if (ban)
			r = tell_hand(ban, &daemon->hands[i]);
		ledger_told_end(ledger, daemon->hands[i].id);
	}
	daemon->n_hands = 0;
	return r;
}

/* What is told in one entry for all of a jail, and the elements that go out when all is told. */
struct telling {
	bool again;
	struct crowd {
		uint64_t n, n_networks, n_repeated; /* repeated: of who had been banned before */
		const struct ban *last;             /* borrowed from the ledger */
	} * crowds; /* owned; one a jail in force, NULL: nobody waits */
	struct changes removals;
};

static void telling_done(struct telling *telling)
{
	free(telling->crowds);
	changes_done(&telling->removals);
}

/* At the rate of now, or with the others of its jail. */
static int tell_ban(struct daemon *daemon, const struct ban *ban, struct telling *telling)
{
	size_t n_jails = ruleset_n_jails(daemon->active.ruleset);
	unsigned jail = home_jail(daemon->active.engine, ban->jail);
	struct crowd *crowd;
	usec_t now;

	if (jail >= n_jails || sd_event_now(daemon->event, CLOCK_MONOTONIC, &now) < 0 ||
	    quota_take(&daemon->quota, USEC_PER_SEC / BANS_A_SECOND, BANS_AT_ONCE, now)) {
		events_ban(ban, wakeup_time(daemon->event), daemon->dry_run, telling->again);
		return 0;
	}
	if (!telling->crowds)
		telling->crowds = calloc(n_jails, sizeof(*telling->crowds));
	if (!telling->crowds)
		return -ENOMEM;
	crowd = &telling->crowds[jail];
	crowd->n++;
	crowd->n_networks += ban->network;
	crowd->n_repeated += ban->offence > 1;
	crowd->last = ban;
	return 0;
}

static int tell_end(struct daemon *daemon, const struct ban *ban, struct telling *telling)
{
	const char *reason = "its jail is no longer active";

	if (ban->ended == END_BY_HAND && !ban->lifted) {
		events_adopt(ban, "", telling->again);
		ledger_told_end(daemon->active.ledger, ban->id);
		return 0;
	}
	if (ban->ended == END_BY_HAND)
		reason = "its element was deleted";
	else if (ban->ended == END_IGNORED)
		reason = "its address is exempt now";
	else if (ban->ended == END_OUTGROWN)
		reason = "the networks of its jail are smaller now: ban those that you mean again";
	else if (ban->ended == END_NO_NETWORKS)
		reason = "its jail no longer bans networks";
	events_unban(ban, reason, telling->again);
	ledger_told_end(daemon->active.ledger, ban->id);
	if (ban->lifted)
		return 0;
	return firewall_gather_removal(&daemon->firewall, &telling->removals, ban);
}

/* What is told in one, and the elements of what ended. 0 or -ENOMEM. */
static int tell_rest(struct daemon *daemon, struct telling *telling)
{
	struct ledger *ledger = daemon->active.ledger;
	usec_t now = wakeup_time(daemon->event);
	const struct ban *ban = NULL;
	int r = 0;

	for (size_t i = 0; telling->crowds && i < ruleset_n_jails(daemon->active.ruleset); i++) {
		const struct crowd *crowd = &telling->crowds[i];

		if (crowd->n > 0)
			events_bans(crowd->last, crowd->n, crowd->n_networks, crowd->n_repeated,
				    daemon->dry_run, telling->again);
	}
	/* At the bound of the ledger an element goes with its ban, or nobody would know whose it
	 * is. */
	while (r >= 0 && ledger_n_ended(ledger) > 0 && (ban = ledger_next(ledger, ban))) {
		unsigned jail = ledger_ban_jail(ban) | (ban->network ? LEDGER_NETWORKS : 0);

		if (ban->ended != END_EVICTED)
			continue;
		/* a longer one by hand has the same element */
		if (!ledger_banned(ledger, jail, &ban->prefix, now))
			r = firewall_gather_removal(&daemon->firewall, &telling->removals, ban);
		ledger_told_end(ledger, ban->id);
	}
	if (r >= 0)
		r = firewall_apply(&daemon->firewall, &telling->removals);
	return r == -ENOMEM ? r : 0;
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
			r = tell_ban(daemon, ban, &telling);
		if (r >= 0 && ban->ended != END_NONE && ban->ended != END_EVICTED)
			r = tell_end(daemon, ban, &telling);
	}
	if (r >= 0)
		r = tell_rest(daemon, &telling);
	ledger_told(ledger, ledger_last_id(ledger));
	return r;
}

/* What lies in the state file is said. Evictions once, and again when they have become ten times as
 * many. */
static int commit_tell(struct daemon *daemon)
{
	cleanup(telling_done) struct telling telling = { 0 };
	struct ledger *ledger = daemon->active.ledger;
	uint64_t n_evicted;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < daemon->n_decided; i++) {
		const struct due *due = &daemon->decided[i];

		if (due->type == DECISION_END) {
			r = tell_end(daemon, due->ban, &telling);
			continue;
		}
		r = tell_ban(daemon, due->ban, &telling);
		ledger_told(ledger, due->id);
	}
	if (r >= 0)
		r = tell_rest(daemon, &telling);
	if (telling.crowds) /* of all entries these alone cannot be known again */
		daemon->dirty |= DIRTY_LEDGER;
	n_evicted = ledger_n_cut(ledger) + ledger_n_evicted(ledger);
	if (r >= 0 && n_evicted > 0 && n_evicted >= 10 * daemon->told_evicted) {
		events_evicted(ledger_n_cut(ledger), ledger_n_evicted(ledger));
		daemon->told_evicted = n_evicted;
	}
	return r;
}

int commit_all(struct daemon *daemon)
{
	cleanup(changes_done) struct changes changes = { 0 };
	size_t n = 0;
	int r;

	if (daemon->n_decided == 0)
		return 0;
	r = commit_position(daemon);
	if (r < 0)
		return r;
	for (size_t i = 0; i < daemon->n_decided; i++) {
		struct due due = daemon->decided[i];

		/* until the next feed the ledger lets go of none */
		due.ban = ledger_get(daemon->active.ledger, due.id);
		if (due.ban)
			daemon->decided[n++] = due;
	}
	daemon->n_decided = n;
	r = commit_tell(daemon);
	if (r < 0)
		return r;
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = firewall_gather_ban(&daemon->firewall, &changes, daemon->decided[i].ban);
	if (r >= 0)
		r = firewall_apply(&daemon->firewall, &changes);
	daemon->n_decided = 0;
	daemon->dirty |= DIRTY_PLACED;
	return r == -ENOMEM ? r : 0;
}
