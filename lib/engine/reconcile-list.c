/* What stands, and what goes there; lists: what is in them, and what they lack. */

#include "engine/reconcile-state.h"
#include "engine/reconcile.h"

#include "base/array.h"

#include <errno.h>

#define MAX_TOUCHED 65536 /* because they could not be deleted */
#define MAX_LISTS   5     /* until one tells all that we know of */

int reconcile_element(struct reconcile *reconcile, const struct nft_element *element)
{
	const struct ban *ban;
	int r;

	if (reconcile->is_given_up)
		return 0;
	r = reconcile_take_element(reconcile, element, "");
	ban = element_ban(reconcile->engine, element->jail, &element->prefix, reconcile->now);
	if (r < 0 || !ban) /* of one that is astray: it is put where it belongs */
		return r;
	r = array_reserve(&reconcile->seen, reconcile->n_seen, &reconcile->max_seen,
			  sizeof(*reconcile->seen));
	if (r < 0)
		return r;
	reconcile->seen[reconcile->n_seen++] = ban->id;
	return 0;
}

static int reconcile_by_id(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

bool reconcile_is_missable(const struct reconcile *reconcile, const struct ban *ban,
			   struct home *home)
{
	if (!ban_runs(ban, reconcile->now) || !ban->placed)
		return false;
	home_of(&reconcile->homes, ban, home);
	/* the kernel's clock and ours may let the last moments of a ban end at different times */
	return home->state == HOME_KEPT &&
	       (ban->until == USEC_INFINITY || ban->until - reconcile->now >= TIMER_SLACK);
}

/* A list may lack what is there: the kernel goes on in it by counting, and elements that expire, or
 * a hash table that shrinks, move the others. So it is asked for each ban that is not in it. */
int reconcile_listed(struct reconcile *reconcile, int error)
{
	struct ledger *ledger = reconcile_ledger(reconcile);
	struct home home = { 0 };

	if (reconcile->is_given_up)
		return 0;
	reconcile->wanted &= ~RECONCILE_WANT_LIST;
	reconcile->n_suspects = reconcile->next_suspect = reconcile->n_missing = 0;
	if (error < 0) {
		reconcile_give_list_up(reconcile);
		return 0;
	}
	reconcile->lacking = error > 0;
	free(reconcile->suspects);
	reconcile->suspects = calloc(ledger_n_bans(ledger) + 1, sizeof(*reconcile->suspects));
	if (!reconcile->suspects)
		return -ENOMEM;
	if (reconcile->n_seen > 0)
		qsort(reconcile->seen, reconcile->n_seen, sizeof(*reconcile->seen),
		      reconcile_by_id);
	for (const struct ban *ban = NULL; (ban = ledger_next(ledger, ban));)
		if (reconcile_is_missable(reconcile, ban, &home) &&
		    (reconcile->n_seen == 0 ||
		     !bsearch(&ban->id, reconcile->seen, reconcile->n_seen, sizeof(ban->id),
			      reconcile_by_id)))
			reconcile->suspects[reconcile->n_suspects++] = ban->id;
	return 0;
}

/* What the kernel lacks in the set that held all was taken out; the set stands there now, so it
 * stood there when it was looked. */
int reconcile_lift_suspects(struct reconcile *reconcile, int error)
{
	struct home home = { 0 };
	size_t n = reconcile->n_missing;
	int r = 0;

	reconcile->n_missing = 0;
	if (error < 0) {
		reconcile_give_list_up(reconcile);
		return 0;
	}
	for (size_t i = 0; r >= 0 && i < n; i++) {
		const struct ban *ban =
			ledger_get(reconcile_ledger(reconcile), reconcile->suspects[i]);

		if (ban && reconcile_is_missable(reconcile, ban, &home))
			r = reconcile_lift(reconcile, ban, "", true);
	}
	return r;
}

void reconcile_found_suspect(struct reconcile *reconcile, int found)
{
	uint64_t id = reconcile->suspects[reconcile->next_suspect];

	if (found < 0 && found != -ENOENT) {
		reconcile_give_list_up(reconcile);
		return;
	}
	reconcile->next_suspect++;
	if (found == 0) /* a set that is gone is no unban */
		reconcile->suspects[reconcile->n_missing++] = id;
	else if (found > 0)
		reconcile->lacking = true;
}

bool reconcile_check_list(struct reconcile *reconcile, struct reconcile_action *ret)
{
	char name[NFT_JAIL_SIZE];

	while (reconcile->next_suspect < reconcile->n_suspects) {
		const struct ban *ban = ledger_get(reconcile_ledger(reconcile),
						   reconcile->suspects[reconcile->next_suspect]);

		if (ban) {
			reconcile_find(reconcile, true, home_name(reconcile->engine, ban, name),
				       &ban->prefix.address, ret);
			return true;
		}
		reconcile->next_suspect++;
	}
	if (reconcile->n_missing > 0) {
		*ret = (struct reconcile_action){ .type = RECONCILE_IDENTIFY };
		return true;
	}
	if (reconcile->lacking && reconcile->n_lists < MAX_LISTS) {
		reconcile->wanted |= RECONCILE_WANT_LIST;
		return false;
	}
	reconcile->n_lists = 0;
	if (reconcile->lacking) { /* somebody never stops */
		reconcile->owed |= RECONCILE_WANT_LIST;
		return false;
	}
	reconcile->doubting = reconcile->believing = false;
	return false;
}

int reconcile_stands(struct reconcile *reconcile, uint64_t table, const struct home_set *sets,
		     size_t n_sets)
{
	struct homes *homes = &reconcile->homes;
	int r;

	r = homes_set(homes, sets, n_sets, reconcile->installing);
	if (r < 0)
		return r;
	homes->is_strange = !reconcile->installing && table != homes->table;
	if (reconcile->installing)
		homes->table = table;
	/* What was listed is of sets that somebody else made: it is not to be taken in. */
	if ((homes->is_strange || r > 0) && !reconcile->installing && reconcile->n_lists > 0) {
		reconcile_give_list_up(reconcile);
		reconcile_want(reconcile, RECONCILE_WANT_INSTALL | RECONCILE_WANT_LIST);
	}
	return 0;
}

void reconcile_installed(struct reconcile *reconcile, int error)
{
	reconcile->wanted &= ~RECONCILE_WANT_INSTALL;
	reconcile->installing = false;
	reconcile->install = (struct reconcile_action){ .type = RECONCILE_INSTALL };
	if (error < 0)
		reconcile_owe(reconcile,
			      RECONCILE_WANT_INSTALL | RECONCILE_WANT_LIST | RECONCILE_WANT_FILL);
	else
		reconcile_want(reconcile, RECONCILE_WANT_FILL);
}

bool reconcile_is_due(const struct reconcile *reconcile, const struct ban *ban)
{
	struct home home = { 0 };

	if (!ban || ban->placed || !ban_runs(ban, reconcile->now))
		return false;
	home_of(&reconcile->homes, ban, &home);
	return home.state != HOME_ABSENT &&
	       !ledger_is_outdone(reconcile_ledger(reconcile), ban, reconcile->now);
}

int reconcile_first_done(struct reconcile *reconcile, uint64_t last, bool whole)
{
	struct ledger *ledger = reconcile_ledger(reconcile);
	int r = 0;

	reconcile->wrote = true;
	reconcile->first_filled = last;
	for (size_t i = 0; whole && r >= 0 && i < reconcile->homes.n_sets; i++)
		if (reconcile->homes.sets[i].is_empty)
			r = ledger_set_filled(ledger, reconcile->homes.sets[i].name,
					      reconcile->homes.sets[i].handle);
	return r;
}

int reconcile_next_fill(struct reconcile *reconcile, struct reconcile_action *ret)
{
	struct ledger *ledger = reconcile_ledger(reconcile);
	const struct ban *ban = reconcile->filling ? reconcile->filled : NULL;

	if (!reconcile->filling) {
		reconcile->home = (struct home){ 0 };
		for (size_t i = 0; i < reconcile->homes.n_sets; i++)
			reconcile->homes.sets[i].failed = false;
	}
	reconcile->filling = true;
	while ((ban = ledger_next(ledger, ban))) {
		if (!ban_runs(ban, reconcile->now))
			continue;
		home_of(&reconcile->homes, ban, &reconcile->home);
		if (reconcile->home.state == HOME_ABSENT ||
		    (reconcile->home.state == HOME_KEPT && ban->placed))
			continue;
		if (reconcile->home.is_empty && ban->placed && ban->id <= reconcile->first_filled)
			continue;
		if (!ledger_is_outdone(ledger, ban, reconcile->now))
			break;
		ledger_place(ledger, ban->id);
	}
	reconcile->filled = ban;
	if (!ban) {
		reconcile->filling = false;
		reconcile->wanted &= ~RECONCILE_WANT_FILL;
		*ret = (struct reconcile_action){ .type = RECONCILE_RECORD };
		return 1;
	}
	*ret = (struct reconcile_action){
		.type = RECONCILE_PUT,
		.ban = ban->id,
		.address = ban->prefix.address,
		.is_new = reconcile->home.is_empty && reconcile->home.state != HOME_KEPT,
	};
	home_name(reconcile->engine, ban, ret->jail);
	return 1;
}

/* All that runs is in the sets that refused nothing. */
int reconcile_record(struct reconcile *reconcile)
{
	int r = 0;

	reconcile->first_filled = 0;
	for (size_t i = 0; r >= 0 && i < reconcile->homes.n_sets; i++) {
		const struct home_set *set = &reconcile->homes.sets[i];

		if (!set->failed && !reconcile->homes.is_strange)
			r = ledger_set_filled(reconcile_ledger(reconcile), set->name, set->handle);
	}
	return r;
}

/* What an element of that set stands for; false: no jail in force has it. */
static bool reconcile_prefix_in(const struct reconcile *reconcile, const char *name,
				const struct address *address, struct prefix *ret)
{
	unsigned jail = home_jail(reconcile->engine, name), length = nft_jail_length(name);

	if (jail == ENGINE_NO_JAIL)
		return false;
	if (nft_jail_is_network(name))
		return engine_network(reconcile->engine, jail, address, ret);
	*ret = address_widen(address,
			     length ?: engine_length(reconcile->engine, jail, address->family));
	return true;
}

void reconcile_give_touched_up(struct reconcile *reconcile)
{
	reconcile->next_look = reconcile->next_write = 0;
	reconcile->looked_raw = reconcile->misses = false;
	if (reconcile->wanted & RECONCILE_WANT_LIST)
		reconcile_give_list_up(reconcile);
	reconcile_owe(reconcile, RECONCILE_WANT_SETTLE);
}

int reconcile_sent(struct reconcile *reconcile, uint64_t id, const char *jail,
		   const struct address *address, int error)
{
	struct ledger *ledger = reconcile_ledger(reconcile);
	const struct ban *ban = id ? ledger_get(ledger, id) : NULL;
	struct nft_element element = { .jail = jail, .address = *address };
	char name[NFT_SET_NAME_SIZE];
	struct home_set *set;

	reconcile->wrote = true;
	if (!id) {
		if (error == 0 || error == -ENOENT) /* what went with its set is gone */
			return 0;
		/* it is looked at again: meanwhile it may be banned anew, or have run out */
		reconcile_give_touched_up(reconcile);
		if (reconcile->n_touched >= MAX_TOUCHED ||
		    !reconcile_prefix_in(reconcile, jail, address, &element.prefix))
			return 0; /* it runs out, or goes with its set */
		return reconcile_touch(reconcile, &element);
	}
	if (error == 0) {
		ledger_place(ledger, id);
		return 0;
	}
	reconcile->owed |= RECONCILE_WANT_FILL;
	set = homes_find(&reconcile->homes, jail, address->family);
	if (set)
		set->failed = true;
	/* It may be absent now though it was there: then that is no unban. */
	nft_set_name(jail, address->family, name);
	return ban && ban->placed && ledger_filled(ledger, name)
		       ? ledger_set_filled(ledger, name, 0)
		       : 0;
}
