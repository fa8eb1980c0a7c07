#include "run/kernel.h"

#include "run/changes.h"
#include "run/commit.h"
#include "run/hear.h"
#include "run/install.h"
#include "run/lengths.h"
#include "run/tell.h"

#include <errno.h>

#define MAX_ROUNDS  8    /* against somebody who never stops */
#define MAX_AT_ONCE 2000 /* changes: a transaction */

void kernel_at(struct daemon *daemon)
{
	const struct position position = reader_position(&daemon->reader);

	if (daemon->firewall.reconcile)
		reconcile_at(daemon->firewall.reconcile, daemon_now(daemon), &position);
}

/* Bans of who is exempt now, or of jails that are gone. */
static int kernel_end_bans(struct daemon *daemon, unsigned bits)
{
	int r = 0;

	if (bits & DIRTY_UNTOLD)
		r = tell_again(daemon);
	if (r >= 0)
		r = engine_end_bans(daemon->active.engine, daemon_now(daemon));
	if (r >= 0)
		r = commit_decisions(daemon);
	return r < 0 ? r : commit_all(daemon);
}

static int kernel_install(struct daemon *daemon, const struct reconcile_action *action)
{
	struct firewall *firewall = &daemon->firewall;
	struct exempt *exempt = &daemon->exempt;
	unsigned bits = daemon_take(daemon, DIRTY_KERNEL | DIRTY_BANS | DIRTY_UNTOLD);
	int r;

	if (action->damaged) {
		firewall->damaged = true;
		firewall->loss = action->loss;
		memcpy(firewall->culprit, action->process, sizeof(firewall->culprit));
	}
	r = exempt_gather(exempt, daemon->active.config->policy);
	if (r >= 0)
		r = engine_set_ignored(daemon->active.engine, exempt->prefixes, exempt->n_prefixes);
	if (r < 0)
		return r;
	r = install_table(firewall, exempt->prefixes, exempt->n_prefixes);
	if (r == -ENOMEM)
		return r;
	if (firewall->reconcile)
		reconcile_installed(firewall->reconcile, r);
	/* bans end all the same if the kernel refuses; and before the elements are compared, or
	 * theirs would be taken for bans by hand */
	return bits & (DIRTY_BANS | DIRTY_UNTOLD) ? kernel_end_bans(daemon, bits) : 0;
}

static int kernel_record(struct daemon *daemon)
{
	struct firewall *firewall = &daemon->firewall;
	int r;

	r = reconcile_record(firewall->reconcile);
	if (ledger_table_is_unsaved(daemon->active.ledger))
		firewall->dirty |= DIRTY_LEDGER;
	if (!reconcile_owes(firewall->reconcile)) {
		firewall->failing = false;
		hear_mended(firewall, firewall->n_put);
	}
	firewall->n_put = 0;
	return r;
}

/* What is neither gathered nor said. */
static int kernel_do(struct daemon *daemon, const struct reconcile_action *action)
{
	struct firewall *firewall = &daemon->firewall;

	switch ((int)action->type) {
	case RECONCILE_INSTALL:
		return kernel_install(daemon, action);
	case RECONCILE_LIST:
		return hear_list(firewall);
	case RECONCILE_FIND:
		return hear_find(firewall, action);
	case RECONCILE_IDENTIFY:
		return hear_identify(firewall);
	case RECONCILE_RECORD:
		return kernel_record(daemon);
	case RECONCILE_LENGTHS:
		firewall->dirty |= DIRTY_LENGTHS;
		return 0;
	case RECONCILE_TIRED:
		firewall_retry_soon(firewall);
		return hear_say(firewall, action);
	default:
		return hear_say(firewall, action);
	}
}

static int kernel_gather(struct daemon *daemon, struct changes *changes,
			 const struct reconcile_action *action)
{
	struct firewall *firewall = &daemon->firewall;
	const struct ban *ban;

	if (action->type == RECONCILE_DELETE)
		return changes_delete(changes, action->jail, &action->address);
	ban = ledger_get(daemon->active.ledger, action->ban);
	if (!ban || !ban_runs(ban, firewall_now(firewall))) /* an install may end bans */
		return 0;
	firewall->n_put++;
	return changes_put(changes, action->jail, ban, action->is_new ? NFT_PUT_NEW : NFT_PUT,
			   firewall_now(firewall));
}

/* Does all that the reconciler wants. 0 or -ENOMEM. */
static int kernel_act(struct daemon *daemon)
{
	cleanup(changes_done) struct changes changes = { 0 };
	struct firewall *firewall = &daemon->firewall;
	struct reconcile_action action;
	int r = 0, more = 1;

	while (r != -ENOMEM && more > 0) {
		bool gathers;

		more = reconcile_take(firewall->reconcile, &action);
		gathers = more > 0 &&
			  (action.type == RECONCILE_PUT || action.type == RECONCILE_DELETE);
		r = gathers ? kernel_gather(daemon, &changes, &action) : 0;
		if (r >= 0 && (!gathers || changes.n >= MAX_AT_ONCE)) {
			r = changes_apply(firewall, &changes);
			changes.n = 0;
		}
		if (r != -ENOMEM && more > 0 && !gathers)
			r = kernel_do(daemon, &action);
	}
	if (reconcile_owes(firewall->reconcile))
		firewall_retry_soon(firewall);
	return r == -ENOMEM || more < 0 ? -ENOMEM : 0;
}

int kernel_sync(struct daemon *daemon)
{
	struct reconcile *reconcile = daemon->firewall.reconcile;
	const struct reconcile_action install = { .type = RECONCILE_INSTALL };
	int r;

	daemon->firewall.error = 0;
	kernel_at(daemon);
	if (!reconcile) {
		(void)daemon_take(daemon, DIRTY_ELEMENTS);
		return kernel_install(daemon, &install);
	}
	reconcile_want(reconcile,
		       RECONCILE_WANT_INSTALL | RECONCILE_WANT_RETRY | RECONCILE_WANT_FILL);
	if (daemon_take(daemon, DIRTY_ELEMENTS))
		reconcile_want(reconcile, RECONCILE_WANT_LIST | RECONCILE_WANT_SETTLE);
	r = kernel_act(daemon);
	return r < 0 ? r : daemon->firewall.error;
}

/* What we write in answer to a notice is newer than what others did meanwhile, of which we read
 * only then: an unban, say, of what a repair puts back. */
int kernel_hear(struct daemon *daemon)
{
	struct reconcile *reconcile = daemon->firewall.reconcile;
	int r, n, n_rounds = 0;

	kernel_at(daemon);
	do {
		r = n = hear_notices(&daemon->firewall);
		if (r >= 0)
			r = kernel_act(daemon);
	} while (r >= 0 && n > 0 && ++n_rounds < MAX_ROUNDS);
	if (r >= 0 && n == 0)
		reconcile_quiet(reconcile);
	reconcile_want(reconcile, RECONCILE_WANT_SETTLE);
	return r < 0 ? r : kernel_act(daemon);
}

int kernel_clean(struct daemon *daemon)
{
	unsigned bits;
	int r = 0;

	kernel_at(daemon);
	for (int i = 0; i < MAX_ROUNDS && r != -ENOMEM; i++) {
		if (daemon_take(daemon, DIRTY_LENGTHS))
			lengths_demand(&daemon->firewall);
		if (daemon_is_dirty(daemon, DIRTY_KERNEL))
			r = kernel_sync(daemon);
		else if ((bits = daemon_take(daemon, DIRTY_BANS)))
			r = kernel_end_bans(daemon, bits);
		else
			break;
	}
	return r == -ENOMEM ? r : 0;
}
