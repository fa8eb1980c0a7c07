/*
 * The bans that run are put into their sets. Which sets hold all of them is durable: the ledger
 * names each by the handles of table and set, once the kernel has acknowledged the last ban. A set
 * with another name is filled, whoever made it; only what is absent from one that is named was
 * taken out by somebody.
 */
#include "run/fill.h"

#include <errno.h>

#define MAX_AT_ONCE 2000 /* bans: a transaction */

bool firewall_has_set(const struct daemon *daemon, const struct ban *ban)
{
	bool manual = strcmp(ban->jail, NFT_JAIL_MANUAL) == 0;
	int index = manual ? 0 : daemon_find_jail(daemon, ban->jail);
	struct prefix network;

	if (nft_jail_is_forced(ban->jail))
		return true;
	if (index < 0 || lengths_lack(daemon, ban))
		return false;
	return !ban->network ||
	       engine_network_of(daemon->active.engine, manual ? ENGINE_MANUAL : (unsigned)index,
				 ban, &network);
}

/* True if the set that stands there is the very one that all bans were put into: only what is
 * absent from that one was taken out. */
static bool is_filled(const struct daemon *daemon, const char *jail, uint8_t family)
{
	uint64_t handle = nft_set_handle(daemon->nft, jail, family);
	char name[NFT_SET_NAME_SIZE];

	return handle && ledger_filled(daemon->ledger, nft_set_name(jail, family, name)) == handle;
}

void firewall_look_at(const struct daemon *daemon, const struct ban *ban,
		      struct firewall_look *look)
{
	uint8_t family = ban->prefix.address.family;
	char name[NFT_JAIL_SIZE];

	/* a network's set depends on more, and there are few of them */
	if (!ban->network && ban->jail == look->jail && family == look->family &&
	    ban->prefix.length == look->length)
		return;
	*look = (struct firewall_look){ .jail = ban->network ? NULL : ban->jail,
					.family = family,
					.length = ban->prefix.length };
	look->has_set = firewall_has_set(daemon, ban);
	lengths_name(daemon, ban, name);
	look->is_filled = look->has_set && is_filled(daemon, name, family);
	look->is_empty = look->has_set && nft_set_is_empty(daemon->nft, name, family);
}

static int put_decided(const struct daemon *daemon, struct changes *changes, const struct ban *ban,
		       usec_t now)
{
	char name[NFT_JAIL_SIZE];

	if (ban->placed || !ban_runs(ban, now) || !firewall_has_set(daemon, ban) ||
	    ledger_is_outdone(daemon->ledger, ban, now))
		return 0;
	return changes_put(changes, lengths_name(daemon, ban, name), ban, NFT_PUT, now);
}

int firewall_place(struct daemon *daemon, const struct due *due, size_t n_due)
{
	cleanup(changes_done) struct changes changes = { 0 };
	usec_t now = daemon_now(daemon);
	bool lacks = false;
	int r = 0;

	for (size_t i = 0; !lacks && i < n_due; i++)
		lacks = ban_runs(due[i].ban, now) && lengths_lack(daemon, due[i].ban);
	if (lacks)
		r = lengths_make(daemon);
	for (size_t i = 0; r >= 0 && i < n_due; i++)
		r = put_decided(daemon, &changes, due[i].ban, now);
	return r < 0 ? r : changes_apply(daemon, &changes);
}

static int place_all(struct daemon *daemon)
{
	cleanup(changes_done) struct changes changes = { 0 };
	usec_t now = daemon_now(daemon);
	int r = 0;

	for (const struct ban *ban = NULL; r >= 0 && (ban = ledger_next(daemon->ledger, ban));)
		r = put_decided(daemon, &changes, ban, now);
	return r < 0 ? r : changes_apply(daemon, &changes);
}

/* What the kernel refuses need not keep the rest out. */
static int fill_some(struct daemon *daemon, struct changes *changes, int *error)
{
	int r = changes_apply(daemon, changes);

	changes->n = 0;
	if (r == -ENOMEM)
		return r;
	*error = MIN(*error, r);
	return 0;
}

/* All that runs is in all sets: the ledger may say so of each that stands there. */
static int note_filled(struct daemon *daemon)
{
	const char *set;
	uint64_t handle;
	size_t i = 0;
	int r = 0;

	while (r >= 0 && (set = nft_next_set(daemon->nft, &i, &handle)))
		r = ledger_set_filled(daemon->ledger, set, handle);
	if (r < 0 || !ledger_table_is_unsaved(daemon->ledger))
		return r;
	return commit_ledger(daemon);
}

/* The next ban behind `*ban` that has to go into a set that is not known to be filled. */
static bool next_to_fill(struct daemon *daemon, const struct ban **ban, struct firewall_look *look,
			 usec_t now)
{
	while ((*ban = ledger_next(daemon->ledger, *ban))) {
		if (!ban_runs(*ban, now))
			continue;
		firewall_look_at(daemon, *ban, look);
		if (!look->has_set || look->is_filled)
			continue;
		if (!ledger_is_outdone(daemon->ledger, *ban, now))
			return true;
		ledger_place(daemon->ledger, (*ban)->id);
	}
	return false;
}

/* Everything that runs goes into the sets that are not known to be filled; then they are. 0 or
 * more: how many bans; negative errno. */
static int fill_sets(struct daemon *daemon)
{
	cleanup(changes_done) struct changes changes = { 0 };
	usec_t now = daemon_now(daemon);
	struct firewall_look look = { 0 };
	const struct ban *ban = NULL;
	char name[NFT_JAIL_SIZE];
	int r = 0, error = 0, n = 0;

	while (r >= 0 && next_to_fill(daemon, &ban, &look, now)) {
		n += !nft_jail_is_forced(ban->jail);
		/* into an empty set three times faster; what may be there needs care */
		r = changes_put(&changes, lengths_name(daemon, ban, name), ban,
				look.is_empty ? NFT_PUT_NEW : NFT_PUT, now);
		if (r >= 0 && changes.n == MAX_AT_ONCE)
			r = fill_some(daemon, &changes, &error);
	}
	if (r >= 0)
		r = fill_some(daemon, &changes, &error);
	if (r >= 0 && error == 0)
		r = note_filled(daemon);
	return r < 0 ? r : error < 0 ? error : n;
}

/* The bans of the sets that are about to be made or emptied. */
int fill_gather(void *userdata, struct nft_change **ret, size_t *ret_n)
{
	struct first_fill *fill = userdata;
	struct daemon *daemon = fill->daemon;
	usec_t now = daemon_now(daemon);
	struct firewall_look look = { 0 };
	const struct ban *ban = NULL;
	char name[NFT_JAIL_SIZE];
	int r = 0;

	fill->changes.n = 0;
	while (r >= 0 && fill->changes.n < MAX_AT_ONCE &&
	       (ban = ledger_next(daemon->ledger, ban))) {
		if (!ban_runs(ban, now))
			continue;
		firewall_look_at(daemon, ban, &look);
		if (look.is_empty && !ledger_is_outdone(daemon->ledger, ban, now))
			r = changes_put(&fill->changes, lengths_name(daemon, ban, name), ban,
					NFT_PUT_NEW, now);
	}
	fill->whole = !ban;
	if (r >= 0)
		changes_hand_over(&fill->changes, ret, ret_n);
	return r;
}

int fill_note_first(struct daemon *daemon, const struct changes *changes)
{
	char jail[NFT_JAIL_SIZE];
	const char *set;
	uint8_t family;
	uint64_t handle;
	int r = 0, n = 0;

	for (size_t i = 0; r >= 0 && (set = nft_next_set(daemon->nft, &i, &handle));)
		if (nft_set_parse_name(span_of(set), jail, &family) &&
		    nft_set_is_empty(daemon->nft, jail, family))
			r = ledger_set_filled(daemon->ledger, set, handle);
	changes_taken(daemon, changes);
	for (size_t i = 0; i < changes->n; i++)
		n += !nft_jail_is_forced(changes->names[i]);
	return r < 0 ? r : n;
}

int firewall_fill(struct daemon *daemon)
{
	int r, n;

	if (daemon->dry_run)
		return 0;
	n = fill_sets(daemon);
	if (n == -ENOMEM)
		return n;
	r = place_all(daemon);
	return r == -ENOMEM || n >= 0 ? (r < 0 ? r : n) : n;
}
