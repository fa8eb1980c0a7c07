/* Lists: what is in them, and what they lack. */

#include "engine/reconcile-state.h"
#include "engine/reconcile.h"

#include "base/array.h"

#include <errno.h>

#define MAX_LISTS 5 /* until one tells all that we know of */

void reconcile_begin_list(struct reconcile *reconcile, struct reconcile_action *ret)
{
	if (reconcile->n_lists++ == 0)
		reconcile->believing =
			reconcile->doubting || ledger_last_id(reconcile_ledger(reconcile)) == 0;
	reconcile->n_seen = 0;
	reconcile->is_given_up = false;
	*ret = (struct reconcile_action){ .type = RECONCILE_LIST };
}

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
