#include "run/adopt.h"

#include "base/array.h"
#include "io/log.h"
#include "ledger/comment.h"
#include "run/changes.h"
#include "run/events.h"
#include "run/forced.h"
#include "run/lengths.h"

#include <errno.h>
#include <stdio.h>

/* The engine's number of the jail behind a name of sets. */
static unsigned engine_jail(const struct firewall *firewall, const char *name)
{
	char bare[NFT_JAIL_SIZE];

	return active_engine_jail(firewall->active, nft_jail_bare(name, bare));
}

int adopt_lift(struct firewall *firewall, const struct ban *ban, const char *reason)
{
	const struct position position = firewall->position;
	uint64_t id = ban->id;
	int r;

	r = engine_unban(firewall->active->engine, engine_jail(firewall, ban->jail), &ban->prefix,
			 ban->network, firewall_now(firewall), &position);
	if (r < 0)
		return r;
	ban = ledger_get(firewall->active->ledger, id);
	if (ban)
		events_unban(ban, reason, false);
	firewall->dirty |= DIRTY_LEDGER | DIRTY_MARKS;
	return 0;
}

const struct ban *adopt_running(struct firewall *firewall, const char *jail,
				const struct prefix *prefix)
{
	char bare[NFT_JAIL_SIZE];
	unsigned number;

	if (ledger_jail(firewall->active->ledger, nft_jail_bare(jail, bare), &number) < 0)
		return NULL;
	if (nft_jail_is_network(jail))
		number |= LEDGER_NETWORKS;
	return ledger_banned(firewall->active->ledger, number, prefix, firewall_now(firewall));
}

/* Why somebody says that he banned it: the comment. */
static const char *reason_of(const struct nft_element *element,
			     char buffer[static NFT_COMMENT_BYTES])
{
	(void)nft_clean_comment(element->comment ?: "", buffer);
	return strcmp(buffer, NFT_COMMENT_MANUAL) == 0 ? "" : buffer;
}

/* An element that the ledger does not know, or knows with another time: it is a ban by hand from
 * now on. */
static int adopt(struct firewall *firewall, const struct nft_element *element, const char *by)
{
	usec_t now = firewall_now(firewall), remaining = element->remaining;
	const char *jail = element->jail;
	const struct prefix *prefix = &element->prefix;
	char reason[NFT_COMMENT_BYTES], name[NFT_JAIL_SIZE];
	const struct ban *ban;
	int r;

	r = engine_ban(firewall->active->engine, engine_jail(firewall, jail), prefix,
		       nft_jail_is_network(jail), now,
		       remaining == USEC_INFINITY ? USEC_INFINITY : now + remaining,
		       reason_of(element, reason));
	ban = r < 0 ? NULL : adopt_running(firewall, jail, prefix);
	if (!ban)
		return r;
	ledger_place(firewall->active->ledger, ban->id);
	if (!lengths_set_of(firewall, ban, name)) /* it stands in a set that is not ours yet */
		firewall->dirty |= DIRTY_LENGTHS;
	events_adopt(ban, by);
	firewall->dirty |= DIRTY_LEDGER;
	return 0;
}

static bool same_time(const struct ban *ban, usec_t remaining, usec_t now)
{
	usec_t until;

	if (ban->until == USEC_INFINITY || remaining == USEC_INFINITY)
		return ban->until == remaining;
	until = now + remaining;
	return MAX(until, ban->until) - MIN(until, ban->until) <= TIMER_SLACK;
}

/* It is known, but may have been given another reason. */
static int take_reason(struct firewall *firewall, const struct ban *ban,
		       const struct nft_element *element)
{
	char buffer[NFT_COMMENT_BYTES];
	const char *reason = reason_of(element, buffer);

	if (ban->kind != BAN_MANUAL || strcmp(ban->reason, reason) == 0)
		return 0;
	firewall->dirty |= DIRTY_LEDGER;
	return ledger_set_reason(firewall->active->ledger, ban->id, reason);
}

/* An ignored host passes even when its network is banned: only a ban of none but these is of no
 * use. */
static bool must_not_be(struct firewall *firewall, const struct nft_element *element)
{
	return !nft_jail_is_forced(element->jail) &&
	       engine_ignores_all(firewall->active->engine, &element->prefix) &&
	       !forced_holds(firewall, &element->prefix);
}

/* One element as the kernel holds it, against the ledger. */
int adopt_element(struct firewall *firewall, const struct nft_element *element, const char *by)
{
	const char *jail = element->jail;
	const struct prefix *prefix = &element->prefix;
	const struct ban *ban = adopt_running(firewall, jail, prefix);
	int r;

	if (must_not_be(firewall, element)) {
		char text[PREFIX_TEXT_MAX];

		log_say(LOG_FAULT, LOG_NOTICE,
			"%s: %s is in ignoreip or our own: the ban by hand is taken out", jail,
			prefix_format(prefix, text));
		return adopt_touch(firewall, element);
	}
	if (element->host_bits) {
		r = nft_mask(firewall->nft, jail, &element->address, prefix, element->remaining,
			     element->comment);
		firewall->rewritten = true;
		if (r < 0)
			return firewall_complain(firewall, "mask an element with host bits", r);
	}
	if (!ban || !same_time(ban, element->remaining, firewall_now(firewall)))
		return adopt(firewall, element, by);
	ledger_place(firewall->active->ledger, ban->id);
	return take_reason(firewall, ban, element);
}

static bool has_own_comment(const struct firewall *firewall, const struct nft_element *element)
{
	char bare[NFT_JAIL_SIZE];
	int index = active_find_jail(firewall->active, nft_jail_bare(element->jail, bare));
	const char *comment = element->comment ?: "";
	const struct rule *rule;

	if (index < 0)
		return false;
	if (nft_jail_is_network(element->jail))
		return comment_is_of_network(comment);
	rule = ruleset_jail(firewall->active->ruleset, (unsigned)index)->rule;
	for (size_t i = 0; i < rule->n_events; i++)
		if (comment_is_of_event(comment, rule->events[i].name))
			return true;
	return false;
}

bool adopt_is_stale(struct firewall *firewall, const struct nft_element *element)
{
	const struct ban *ban = adopt_running(firewall, element->jail, &element->prefix);

	return !(ban && same_time(ban, element->remaining, firewall_now(firewall))) &&
	       has_own_comment(firewall, element);
}

int adopt_touch(struct firewall *firewall, const struct nft_element *element)
{
	struct touched *touched;
	int r;

	r = array_reserve(&firewall->touched, firewall->n_touched, &firewall->max_touched,
			  sizeof(*touched));
	if (r < 0)
		return r;
	touched = &firewall->touched[firewall->n_touched++];
	*touched = (struct touched){ .address = element->address, .prefix = element->prefix };
	snprintf(touched->jail, sizeof(touched->jail), "%s", element->jail);
	return 0;
}

/* The element of that key, against the ledger. */
static int compare_key(struct firewall *firewall, const struct touched *touched,
		       const struct address *address, const struct ban *ban,
		       struct changes *changes)
{
	usec_t remaining, now = firewall_now(firewall);
	char name[NFT_JAIL_SIZE];
	int r;

	r = nft_find(firewall->nft, touched->jail, address, &remaining);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (!ban)
		return r > 0 ? changes_delete(changes, touched->jail, address) : 0;
	if (r > 0 && same_time(ban, remaining, now))
		return 0;
	(void)lengths_set_of(firewall, ban, name);
	return changes_put(changes, name, ban, NFT_PUT, now);
}

static int adopt_compare(struct firewall *firewall, const struct touched *touched,
			 struct changes *changes)
{
	const struct ban *ban = adopt_running(firewall, touched->jail, &touched->prefix);
	int r;

	r = compare_key(firewall, touched, &touched->prefix.address, ban, changes);
	if (r >= 0 && !address_equal(&touched->address, &touched->prefix.address))
		r = compare_key(firewall, touched, &touched->address, NULL, changes);
	return r;
}

int adopt_settle(struct firewall *firewall)
{
	cleanup(changes_done) struct changes changes = { 0 };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < firewall->n_touched; i++)
		r = adopt_compare(firewall, &firewall->touched[i], &changes);
	firewall->n_touched = 0;
	firewall->rewritten = false;
	if (r < 0)
		return r == -ENOMEM ? r : firewall_complain(firewall, "look into the sets", r);
	return changes_apply(firewall, &changes);
}
