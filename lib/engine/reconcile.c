/* The order of actions, and settling: elements are made as the ledger says. */

#include "engine/reconcile.h"

#include "engine/reconcile-state.h"

#include <errno.h>
#include <stdio.h>

int reconcile_new(struct reconcile **ret)
{
	struct reconcile *reconcile = calloc(1, sizeof(*reconcile));

	if (!reconcile)
		return -ENOMEM;
	*ret = reconcile;
	return 0;
}

struct reconcile *reconcile_free(struct reconcile *reconcile)
{
	if (!reconcile)
		return NULL;
	homes_done(&reconcile->homes);
	free(reconcile->queue);
	free(reconcile->seen);
	free(reconcile->suspects);
	free(reconcile->touched);
	free(reconcile);
	return NULL;
}

void reconcile_enter(struct reconcile *reconcile, struct engine *engine)
{
	reconcile->engine = engine;
	reconcile->homes.engine = engine;
	reconcile->filling = false;
	reconcile->n_lists = 0;
	reconcile->n_suspects = reconcile->next_suspect = reconcile->n_missing = 0;
}

void reconcile_doubt(struct reconcile *reconcile)
{
	reconcile->doubting = true;
}

void reconcile_at(struct reconcile *reconcile, usec_t now, const struct position *position)
{
	reconcile->now = now;
	reconcile->position = *position;
}

bool reconcile_owes(const struct reconcile *reconcile)
{
	return reconcile->owed != 0;
}

void reconcile_quiet(struct reconcile *reconcile)
{
	reconcile->wrote = false;
}

const struct homes *reconcile_homes(const struct reconcile *reconcile)
{
	return &reconcile->homes;
}

void reconcile_found(struct reconcile *reconcile, int found, usec_t remaining)
{
	char name[NFT_JAIL_SIZE] = "";
	struct home home = { 0 };
	struct touched *touched;
	const struct ban *ban;
	bool is_home;

	if (reconcile->asks_suspect) {
		reconcile_found_suspect(reconcile, found);
		return;
	}
	if (found < 0 && found != -ENOENT) {
		reconcile_give_touched_up(reconcile);
		return;
	}
	touched = &reconcile->touched[reconcile->next_look];
	if (!address_equal(&touched->address, &touched->prefix.address) && !reconcile->looked_raw) {
		touched->deletes_raw = found > 0;
		reconcile->looked_raw = true;
		return;
	}
	reconcile->looked_raw = false;
	reconcile->next_look++;
	/* the element of its prefix is there, or not */
	ban = element_ban(reconcile->engine, touched->jail, &touched->prefix, reconcile->now);
	if (ban) {
		home_of(&reconcile->homes, ban, &home);
		home_name(reconcile->engine, ban, name);
	}
	is_home = strcmp(name, touched->jail) == 0;
	touched->deletes = found > 0 && !is_home;
	touched->puts = touched->misses = false;
	if (!ban || home.state == HOME_ABSENT)
		return;
	if (found > 0) {
		touched->puts = !is_home || !element_has_time(ban, remaining, reconcile->now);
		if (!touched->puts) /* it was there after we wrote */
			ledger_place(reconcile_ledger(reconcile), ban->id);
	} else if (found < 0 || touched->deletes_raw || home.state == HOME_STRANGE || !ban->placed)
		touched->puts = true;
	else /* the notice of that may be lost */
		touched->misses = is_home && reconcile_is_missable(reconcile, ban, &home);
	reconcile->misses = reconcile->misses || touched->misses;
}

/* What is touched and absent from the set that held all, which stands there now, was taken out. */
int reconcile_identified(struct reconcile *reconcile, int error)
{
	struct home home = { 0 };
	int r = 0;

	if (!reconcile->misses)
		return reconcile_lift_suspects(reconcile, error);
	reconcile->misses = false;
	if (error < 0) {
		reconcile_give_touched_up(reconcile);
		return 0;
	}
	for (size_t i = 0; r >= 0 && i < reconcile->n_touched; i++) {
		struct touched *touched = &reconcile->touched[i];
		const struct ban *ban = element_ban(reconcile->engine, touched->jail,
						    &touched->prefix, reconcile->now);

		if (!touched->misses || !ban)
			continue;
		if (reconcile_is_missable(reconcile, ban, &home))
			r = reconcile_lift(reconcile, ban, "", true);
		else
			reconcile->wanted |= RECONCILE_WANT_INSTALL; /* and it is put back */
		touched->misses = false;
	}
	return r;
}

/* All are looked at before the first is changed; then what goes in, then what goes out, so that no
 * crash leaves a ban out. Where no home is known yet nothing is: a key with host bits would be
 * taken out though its ban cannot be put in. */
static bool reconcile_settle_touched(struct reconcile *reconcile, struct reconcile_action *ret)
{
	if (reconcile->n_touched > 0 && reconcile->homes.n_sets == 0) {
		reconcile_give_touched_up(reconcile);
		return false;
	}
	if (reconcile->next_look < reconcile->n_touched) {
		struct touched *touched = &reconcile->touched[reconcile->next_look];

		reconcile_find(reconcile, false, touched->jail,
			       reconcile->looked_raw ? &touched->prefix.address : &touched->address,
			       ret);
		return true;
	}
	if (reconcile->misses) {
		*ret = (struct reconcile_action){ .type = RECONCILE_IDENTIFY };
		return true;
	}
	for (; reconcile->next_write < reconcile->n_touched; reconcile->next_write++) {
		struct touched *touched = &reconcile->touched[reconcile->next_write];
		const struct ban *ban = element_ban(reconcile->engine, touched->jail,
						    &touched->prefix, reconcile->now);

		if (touched->puts && ban) {
			touched->puts = false;
			*ret = (struct reconcile_action){ .type = RECONCILE_PUT,
							  .ban = ban->id,
							  .address = ban->prefix.address };
			home_name(reconcile->engine, ban, ret->jail);
			return true;
		}
		if (touched->deletes || touched->deletes_raw) {
			*ret = (struct reconcile_action){ .type = RECONCILE_DELETE,
							  .address =
								  touched->deletes
									  ? touched->prefix.address
									  : touched->address };
			snprintf(ret->jail, NFT_JAIL_SIZE, "%s", touched->jail);
			touched->deletes_raw = touched->deletes_raw && touched->deletes;
			touched->deletes = false;
			return true;
		}
	}
	reconcile->n_touched = reconcile->next_look = reconcile->next_write = 0;
	return false;
}

/* What comes before all else. */
static bool reconcile_step(struct reconcile *reconcile, struct reconcile_action *ret)
{
	if (reconcile->head < reconcile->n_queue) {
		*ret = reconcile->queue[reconcile->head++];
		if (reconcile->head == reconcile->n_queue)
			reconcile->head = reconcile->n_queue = 0;
		return true;
	}
	if (reconcile->wanted & RECONCILE_WANT_INSTALL) {
		*ret = reconcile->install;
		ret->type = RECONCILE_INSTALL;
		reconcile->installing = true;
		reconcile->first_filled = 0;
		reconcile->filling = false;
		/* what was absent before may have been so from a set that is made anew now */
		reconcile->next_look = reconcile->next_write = 0;
		reconcile->looked_raw = reconcile->misses = false;
		if (reconcile->n_lists > 0) {
			reconcile->n_suspects = reconcile->next_suspect = reconcile->n_missing = 0;
			reconcile->wanted |= RECONCILE_WANT_LIST;
		}
		return true;
	}
	if (reconcile->wanted & RECONCILE_WANT_LIST) {
		if (reconcile_settle_touched(reconcile, ret))
			return true;
		if (!(reconcile->wanted & RECONCILE_WANT_LIST))
			return false;
		if (reconcile->n_lists++ == 0)
			reconcile->believing = reconcile->doubting ||
					       ledger_last_id(reconcile_ledger(reconcile)) == 0;
		reconcile->n_seen = 0;
		reconcile->is_given_up = false;
		*ret = (struct reconcile_action){ .type = RECONCILE_LIST };
		return true;
	}
	return false;
}

int reconcile_take(struct reconcile *reconcile, struct reconcile_action *ret)
{
	int r = 0;

	reconcile->wanted &= ~RECONCILE_WANT_RETRY;
	while (r == 0) {
		if (reconcile_step(reconcile, ret))
			r = 1;
		else if (reconcile->n_lists > 0)
			r = reconcile_check_list(reconcile, ret);
		else if (reconcile->wanted & RECONCILE_WANT_FILL)
			r = reconcile_next_fill(reconcile, ret);
		else if (!(reconcile->wanted & RECONCILE_WANT_SETTLE))
			return 0;
		else if (reconcile->restored) { /* its rules stand behind ours */
			reconcile->restored = false;
			reconcile->wanted |= RECONCILE_WANT_INSTALL;
		} else if (reconcile->homeless) {
			reconcile->homeless = false;
			*ret = (struct reconcile_action){ .type = RECONCILE_LENGTHS };
			r = 1;
		} else if (reconcile_settle_touched(reconcile, ret))
			r = 1;
		else
			reconcile->wanted &= ~RECONCILE_WANT_SETTLE;
	}
	if (r > 0 && (ret->type == RECONCILE_PUT || ret->type == RECONCILE_DELETE ||
		      ret->type == RECONCILE_INSTALL))
		reconcile->wrote = true;
	return r;
}
