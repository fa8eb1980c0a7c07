#include "run/adopt.h"

#include "cli/output.h"
#include "io/log.h"
#include "ledger/comment.h"
#include "run/changes.h"

#include <errno.h>
#include <stdio.h>

/* The engine's number of the jail behind a name of sets. */
static unsigned engine_jail(const struct daemon *daemon, const char *name)
{
	char bare[NFT_JAIL_SIZE];

	return daemon_engine_jail(daemon, nft_jail_bare(name, bare));
}

int adopt_lift(struct daemon *daemon, const struct ban *ban, const char *reason)
{
	const struct position position = daemon_position(daemon);
	uint64_t id = ban->id;
	int r;

	r = engine_unban(daemon->active.engine, engine_jail(daemon, ban->jail), &ban->prefix,
			 ban->network, daemon_now(daemon), &position);
	if (r < 0)
		return r;
	ban = ledger_get(daemon->ledger, id);
	if (ban)
		say_unban(daemon, ban, reason, false);
	commit_soon(daemon, 0);
	daemon->unsettled = true;
	return 0;
}

const struct ban *adopt_running(struct daemon *daemon, const char *jail,
				const struct prefix *prefix)
{
	char bare[NFT_JAIL_SIZE];
	unsigned number;

	if (ledger_jail(daemon->ledger, nft_jail_bare(jail, bare), &number) < 0)
		return NULL;
	if (nft_jail_is_network(jail))
		number |= LEDGER_NETWORKS;
	return ledger_banned(daemon->ledger, number, prefix, daemon_now(daemon));
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
static int adopt(struct daemon *daemon, const struct nft_element *element, const char *by)
{
	usec_t now = daemon_now(daemon), remaining = element->remaining;
	const char *jail = element->jail;
	const struct prefix *prefix = &element->prefix;
	char reason[NFT_COMMENT_BYTES];
	const struct ban *ban;
	int r;

	r = engine_ban(daemon->active.engine, engine_jail(daemon, jail), prefix,
		       nft_jail_is_network(jail), now,
		       remaining == USEC_INFINITY ? USEC_INFINITY : now + remaining,
		       reason_of(element, reason));
	ban = r < 0 ? NULL : adopt_running(daemon, jail, prefix);
	if (!ban)
		return r;
	ledger_place(daemon->ledger, ban->id);
	daemon->lengths_wanted = daemon->lengths_wanted || lengths_lack(daemon, ban);
	say_adopt(daemon, ban, by);
	commit_soon(daemon, 0);
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
static int take_reason(struct daemon *daemon, const struct ban *ban,
		       const struct nft_element *element)
{
	char buffer[NFT_COMMENT_BYTES];
	const char *reason = reason_of(element, buffer);

	if (ban->kind != BAN_MANUAL || strcmp(ban->reason, reason) == 0)
		return 0;
	commit_soon(daemon, 0);
	return ledger_set_reason(daemon->ledger, ban->id, reason);
}

/* An ignored host passes even when its network is banned: only a ban of none but these is of no
 * use. */
static bool must_not_be(struct daemon *daemon, const struct nft_element *element)
{
	return !nft_jail_is_forced(element->jail) &&
	       engine_ignores_all(daemon->active.engine, &element->prefix) &&
	       !forced_holds(daemon, &element->prefix);
}

/* One element as the kernel holds it, against the ledger. */
int adopt_element(struct daemon *daemon, const struct nft_element *element, const char *by)
{
	const char *jail = element->jail;
	const struct prefix *prefix = &element->prefix;
	const struct ban *ban = adopt_running(daemon, jail, prefix);
	int r;

	if (must_not_be(daemon, element)) {
		char text[PREFIX_TEXT_MAX];

		log_say(LOG_FAULT, LOG_NOTICE,
			"%s: %s is in ignoreip or our own: the ban by hand is taken out", jail,
			prefix_format(prefix, text));
		return adopt_touch(daemon, element);
	}
	if (element->host_bits) {
		r = nft_mask(daemon->nft, jail, &element->address, prefix, element->remaining,
			     element->comment);
		daemon->rewritten = true;
		if (r < 0)
			return changes_complain(daemon, "mask an element with host bits", r);
	}
	if (!ban || !same_time(ban, element->remaining, daemon_now(daemon)))
		return adopt(daemon, element, by);
	ledger_place(daemon->ledger, ban->id);
	return take_reason(daemon, ban, element);
}

static bool has_own_comment(const struct daemon *daemon, const struct nft_element *element)
{
	char bare[NFT_JAIL_SIZE];
	int index = daemon_find_jail(daemon, nft_jail_bare(element->jail, bare));
	const char *comment = element->comment ?: "";
	const struct rule *rule;

	if (index < 0)
		return false;
	if (nft_jail_is_network(element->jail))
		return comment_is_of_network(comment);
	rule = ruleset_jail(daemon->active.ruleset, (unsigned)index)->rule;
	for (size_t i = 0; i < rule->n_events; i++)
		if (comment_is_of_event(comment, rule->events[i].name))
			return true;
	return false;
}

bool adopt_is_stale(struct daemon *daemon, const struct nft_element *element)
{
	const struct ban *ban = adopt_running(daemon, element->jail, &element->prefix);

	return !(ban && same_time(ban, element->remaining, daemon_now(daemon))) &&
	       has_own_comment(daemon, element);
}

int adopt_touch(struct daemon *daemon, const struct nft_element *element)
{
	struct touched *touched;

	if (daemon->n_touched == daemon->room_touched) {
		size_t room = daemon->room_touched * 2 + 16;

		touched = reallocarray(daemon->touched, room, sizeof(*touched));
		if (!touched)
			return -ENOMEM;
		daemon->touched = touched;
		daemon->room_touched = room;
	}
	touched = &daemon->touched[daemon->n_touched++];
	*touched = (struct touched){ .address = element->address, .prefix = element->prefix };
	snprintf(touched->jail, sizeof(touched->jail), "%s", element->jail);
	return 0;
}

/* The element of that key, against the ledger. */
static int compare_key(struct daemon *daemon, const struct touched *touched,
		       const struct address *address, const struct ban *ban,
		       struct changes *changes)
{
	usec_t remaining, now = daemon_now(daemon);
	char name[NFT_JAIL_SIZE];
	int r;

	r = nft_find(daemon->nft, touched->jail, address, &remaining);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (!ban)
		return r > 0 ? changes_delete(changes, touched->jail, address) : 0;
	if (r > 0 && same_time(ban, remaining, now))
		return 0;
	return changes_put(changes, lengths_name(daemon, ban, name), ban, NFT_PUT, now);
}

static int adopt_compare(struct daemon *daemon, const struct touched *touched,
			 struct changes *changes)
{
	const struct ban *ban = adopt_running(daemon, touched->jail, &touched->prefix);
	int r;

	r = compare_key(daemon, touched, &touched->prefix.address, ban, changes);
	if (r >= 0 && !address_equal(&touched->address, &touched->prefix.address))
		r = compare_key(daemon, touched, &touched->address, NULL, changes);
	return r;
}

int adopt_settle(struct daemon *daemon)
{
	cleanup(changes_done) struct changes changes = { 0 };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < daemon->n_touched; i++)
		r = adopt_compare(daemon, &daemon->touched[i], &changes);
	daemon->n_touched = 0;
	daemon->rewritten = false;
	if (r < 0)
		return r == -ENOMEM ? r : changes_complain(daemon, "look into the sets", r);
	return changes_apply(daemon, &changes);
}
