/* The order of actions, and settling: elements are made as the ledger says. */

#include "engine/reconcile.h"

#include "engine/reconcile-state.h"

#include <errno.h>

static bool reconcile_is_raw(const struct touched *touched)
{
	return !address_equal(&touched->address, &touched->prefix.address);
}

/* The element of its prefix is there, or not. */
static void reconcile_compare(struct reconcile *reconcile, struct touched *touched, bool found,
			      usec_t remaining)
{
	const struct ban *ban =
		element_ban(reconcile->engine, touched->jail, &touched->prefix, reconcile->now);
	char name[NFT_JAIL_SIZE] = "";
	struct home home = { 0 };
	bool is_home;

	if (ban) {
		home_of(&reconcile->homes, ban, &home);
		home_name(reconcile->engine, ban, name);
	}
	is_home = strcmp(name, touched->jail) == 0;
	touched->deletes = found && !is_home;
	touched->puts = touched->misses = false;
	if (!ban || home.state == HOME_ABSENT)
		return;
	if (found)
		touched->puts = !is_home || !element_has_time(ban, remaining, reconcile->now);
	else if (touched->deletes_raw || home.state == HOME_STRANGE || !ban->placed)
		touched->puts = true;
	else /* the notice of that may be lost */
		touched->misses = is_home && reconcile_is_missable(reconcile, ban, &home);
	reconcile->misses = reconcile->misses || touched->misses;
}

void reconcile_found(struct reconcile *reconcile, int found, usec_t remaining)
{
	struct touched *touched;

	if (reconcile->asks_suspect) {
		reconcile_found_suspect(reconcile, found);
		return;
	}
	if (found < 0 && found != -ENOENT) {
		reconcile_give_touched_up(reconcile);
		return;
	}
	touched = &reconcile->touched[reconcile->next_look];
	if (reconcile_is_raw(touched) && !reconcile->looked_raw) {
		touched->deletes_raw = found > 0;
		reconcile->looked_raw = true;
		return;
	}
	reconcile_compare(reconcile, touched, found > 0, remaining);
	reconcile->looked_raw = false;
	reconcile->next_look++;
}

/* They are absent from the set that held all, and that stands there now. */
static int reconcile_lift_touched(struct reconcile *reconcile, int error)
{
	struct home home = { 0 };
	int r = 0;

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

int reconcile_identified(struct reconcile *reconcile, int error)
{
	return reconcile->n_lists == 0 ? reconcile_lift_touched(reconcile, error)
				       : reconcile_lift_suspects(reconcile, error);
}

static void reconcile_delete(struct reconcile_action *ret, const char *jail,
			     const struct address *address)
{
	*ret = (struct reconcile_action){ .type = RECONCILE_DELETE, .address = *address };
	reconcile_jail_copy(ret->jail, jail);
}

/* The next change of what was looked at: first in, then out, so that no crash leaves a ban out. */
static bool reconcile_write_touched(struct reconcile *reconcile, struct reconcile_action *ret)
{
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
		if (touched->deletes) {
			touched->deletes = false;
			reconcile_delete(ret, touched->jail, &touched->prefix.address);
			return true;
		}
		if (touched->deletes_raw) {
			touched->deletes_raw = false;
			reconcile_delete(ret, touched->jail, &touched->address);
			return true;
		}
	}
	return false;
}

/* All are looked at before the first is changed. Where no home is known yet nothing is: a key with
 * host bits would be taken out though its ban cannot be put in. */
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
	if (reconcile_write_touched(reconcile, ret))
		return true;
	reconcile->n_touched = reconcile->next_look = reconcile->next_write = 0;
	return false;
}

/* False: something else comes first, or it is done. */
static bool reconcile_settle(struct reconcile *reconcile, struct reconcile_action *ret)
{
	if (reconcile->restored) { /* its rules stand behind ours */
		reconcile->restored = false;
		reconcile->wanted |= RECONCILE_WANT_INSTALL;
		return false;
	}
	if (reconcile->homeless) {
		reconcile->homeless = false;
		*ret = (struct reconcile_action){ .type = RECONCILE_LENGTHS };
		return true;
	}
	if (reconcile_settle_touched(reconcile, ret))
		return true;
	reconcile->wanted &= ~RECONCILE_WANT_SETTLE;
	return false;
}

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
		return true;
	}
	if (reconcile->wanted & RECONCILE_WANT_LIST) {
		if (reconcile_settle_touched(reconcile, ret))
			return true;
		if (!(reconcile->wanted & RECONCILE_WANT_LIST))
			return false;
		reconcile_begin_list(reconcile, ret);
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
		else if (reconcile->wanted & RECONCILE_WANT_SETTLE)
			r = reconcile_settle(reconcile, ret);
		else
			return 0;
	}
	if (r > 0 && (ret->type == RECONCILE_PUT || ret->type == RECONCILE_DELETE ||
		      ret->type == RECONCILE_INSTALL))
		reconcile->wrote = true;
	return r;
}
