#include "run/fill.h"

#include "run/lengths.h"

#include <errno.h>

#define MAX_AT_ONCE 2000 /* bans: a transaction */

bool fill_set_of(const struct firewall *firewall, const struct ban *ban,
		 char name[static NFT_JAIL_SIZE])
{
	bool manual = strcmp(ban->jail, NFT_JAIL_MANUAL) == 0, stands;
	int index = manual ? 0 : active_find_jail(firewall->active, ban->jail);
	struct prefix network;

	stands = lengths_set_of(firewall, ban, name);
	if (nft_jail_is_forced(ban->jail))
		return true;
	if (index < 0 || !stands)
		return false;
	return !ban->network ||
	       engine_network_of(firewall->active->engine, manual ? ENGINE_MANUAL : (unsigned)index,
				 ban, &network);
}

/* True if the set that stands there is the very one that all bans were put into: only what is
 * absent from that one was taken out. */
static bool is_filled(const struct firewall *firewall, const char *jail, uint8_t family)
{
	uint64_t handle = nft_set_handle(firewall->nft, jail, family);
	char name[NFT_SET_NAME_SIZE];

	return handle &&
	       ledger_filled(firewall->active->ledger, nft_set_name(jail, family, name)) == handle;
}

void fill_look_at(const struct firewall *firewall, const struct ban *ban, struct fill_look *look)
{
	uint8_t family = ban->prefix.address.family;

	/* a network's set depends on more, and there are few of them */
	if (!ban->network && ban->jail == look->jail && family == look->family &&
	    ban->prefix.length == look->length)
		return;
	*look = (struct fill_look){ .jail = ban->network ? NULL : ban->jail,
				    .family = family,
				    .length = ban->prefix.length };
	look->has_set = fill_set_of(firewall, ban, look->name);
	look->is_filled = look->has_set && is_filled(firewall, look->name, family);
	look->is_empty = look->has_set && nft_set_is_empty(firewall->nft, look->name, family);
}

int fill_gather_ban(struct firewall *firewall, struct changes *changes, const struct ban *ban)
{
	usec_t now = firewall_now(firewall);
	char name[NFT_JAIL_SIZE];

	if (ban->placed || !ban_runs(ban, now))
		return 0;
	if (!fill_set_of(firewall, ban, name)) {
		if (!lengths_set_of(firewall, ban, name))
			firewall->dirty |= DIRTY_LENGTHS; /* it waits for its set */
		return 0;
	}
	if (ledger_is_outdone(firewall->active->ledger, ban, now))
		return 0;
	return changes_put(changes, name, ban, NFT_PUT, now);
}

int fill_gather_removal(struct firewall *firewall, struct changes *changes, const struct ban *ban)
{
	char name[NFT_JAIL_SIZE];

	if (!fill_set_of(firewall, ban, name))
		return 0; /* the set went with its jail */
	return changes_delete(changes, name, &ban->prefix.address);
}

static int place_all(struct firewall *firewall)
{
	cleanup(changes_done) struct changes changes = { 0 };
	int r = 0;

	for (const struct ban *ban = NULL;
	     r >= 0 && (ban = ledger_next(firewall->active->ledger, ban));)
		r = fill_gather_ban(firewall, &changes, ban);
	return r < 0 ? r : changes_apply(firewall, &changes);
}

/* What the kernel refuses need not keep the rest out. */
static int fill_some(struct firewall *firewall, struct changes *changes, int *error)
{
	int r = changes_apply(firewall, changes);

	changes->n = 0;
	if (r == -ENOMEM)
		return r;
	*error = MIN(*error, r);
	return 0;
}

/* All that runs is in all sets: the ledger may say so of each that stands there. */
static int note_filled(struct firewall *firewall)
{
	const char *set;
	uint64_t handle;
	size_t i = 0;
	int r = 0;

	while (r >= 0 && (set = nft_next_set(firewall->nft, &i, &handle)))
		r = ledger_set_filled(firewall->active->ledger, set, handle);
	if (ledger_table_is_unsaved(firewall->active->ledger))
		firewall->dirty |= DIRTY_LEDGER;
	return r;
}

/* The next ban behind `*ban` that has to go into a set that is not known to be filled. */
static bool next_to_fill(struct firewall *firewall, const struct ban **ban, struct fill_look *look,
			 usec_t now)
{
	while ((*ban = ledger_next(firewall->active->ledger, *ban))) {
		if (!ban_runs(*ban, now))
			continue;
		fill_look_at(firewall, *ban, look);
		if (!look->has_set || look->is_filled)
			continue;
		/* put there when it was made: what is absent now was taken out */
		if (look->is_empty && (*ban)->id <= firewall->first_filled)
			continue;
		if (!ledger_is_outdone(firewall->active->ledger, *ban, now))
			return true;
		ledger_place(firewall->active->ledger, (*ban)->id);
	}
	return false;
}

/* Everything that runs goes into the sets that are not known to be filled; then they are. 0 or
 * more: how many bans; negative errno. */
static int fill_sets(struct firewall *firewall)
{
	cleanup(changes_done) struct changes changes = { 0 };
	usec_t now = firewall_now(firewall);
	struct fill_look look = { 0 };
	const struct ban *ban = NULL;
	int r = 0, error = 0, n = 0;

	while (r >= 0 && next_to_fill(firewall, &ban, &look, now)) {
		n += !nft_jail_is_forced(ban->jail);
		/* into an empty set three times faster; what may be there needs care */
		r = changes_put(&changes, look.name, ban, look.is_empty ? NFT_PUT_NEW : NFT_PUT,
				now);
		if (r >= 0 && changes.n == MAX_AT_ONCE)
			r = fill_some(firewall, &changes, &error);
	}
	if (r >= 0)
		r = fill_some(firewall, &changes, &error);
	if (r >= 0 && error == 0)
		r = note_filled(firewall);
	firewall->first_filled = 0;
	return r < 0 ? r : error < 0 ? error : n;
}

/* The bans of the sets that are about to be made or emptied. */
int fill_gather(void *userdata, struct nft_change **ret, size_t *ret_n)
{
	struct first_fill *fill = userdata;
	struct firewall *firewall = fill->firewall;
	usec_t now = firewall_now(firewall);
	struct fill_look look = { 0 };
	const struct ban *ban = NULL;
	int r = 0;

	fill->changes.n = 0;
	fill->last = 0;
	while (r >= 0 && fill->changes.n < MAX_AT_ONCE &&
	       (ban = ledger_next(firewall->active->ledger, ban))) {
		fill->last = ban->id;
		if (!ban_runs(ban, now))
			continue;
		fill_look_at(firewall, ban, &look);
		if (look.is_empty && !ledger_is_outdone(firewall->active->ledger, ban, now))
			r = changes_put(&fill->changes, look.name, ban, NFT_PUT_NEW, now);
	}
	fill->whole = !ban;
	if (r >= 0)
		changes_hand_over(&fill->changes, ret, ret_n);
	return r;
}

int fill_note_first(struct firewall *firewall, const struct first_fill *fill)
{
	char jail[NFT_JAIL_SIZE];
	const char *set;
	uint8_t family;
	uint64_t handle;
	int r = 0, n = 0;

	firewall->first_filled = fill->last;
	for (size_t i = 0;
	     fill->whole && r >= 0 && (set = nft_next_set(firewall->nft, &i, &handle));)
		if (nft_set_parse_name(span_of(set), jail, &family) &&
		    nft_set_is_empty(firewall->nft, jail, family))
			r = ledger_set_filled(firewall->active->ledger, set, handle);
	changes_taken(firewall, &fill->changes);
	for (size_t i = 0; i < fill->changes.n; i++)
		n += !nft_jail_is_forced(fill->changes.names[i]);
	return r < 0 ? r : n;
}

int fill_all(struct firewall *firewall)
{
	int r, n;

	if (!firewall->nft)
		return 0;
	n = fill_sets(firewall);
	if (n == -ENOMEM)
		return n;
	r = place_all(firewall);
	return r == -ENOMEM || n >= 0 ? (r < 0 ? r : n) : n;
}
