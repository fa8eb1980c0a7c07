#include "run/kernel.h"

#include "cli/output.h"
#include "io/log.h"
#include "run/commit.h"
#include "run/events.h"
#include "run/install.h"

#include <errno.h>
#include <stdio.h>

#define MAX_ROUNDS  8    /* against somebody who never stops */
#define MAX_AT_ONCE 2000 /* changes: a transaction */

void kernel_at(struct daemon *daemon)
{
	const struct position position = reader_position(&daemon->reader);

	if (daemon->firewall.reconcile)
		reconcile_at(daemon->firewall.reconcile, wakeup_time(daemon->event), &position);
}

/* Bans of who is exempt now, or of jails that are gone. */
static int kernel_end_bans(struct daemon *daemon, unsigned bits)
{
	int r = 0;

	if (bits & DIRTY_UNTOLD)
		r = commit_tell_again(daemon);
	if (r >= 0)
		r = engine_end_bans(daemon->active.engine, wakeup_time(daemon->event));
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

	if (action->damaged)
		daemon->damage = *action;
	r = commit_hands(daemon); /* each commit would take them for told */
	if (r < 0)
		return r;
	r = exempt_gather(exempt, daemon->active.config->policy);
	if (r >= 0)
		r = engine_set_ignored(daemon->active.engine, exempt->prefixes, exempt->n_prefixes);
	if (r < 0)
		return r;
	r = install_table(firewall, exempt->prefixes, exempt->n_prefixes, daemon->lists.layout,
			  daemon->lists.n_items);
	if (r == -ENOMEM)
		return r;
	if (r >= 0 && firewall->nft)
		lists_installed(&daemon->lists);
	if (firewall->reconcile)
		reconcile_installed(firewall->reconcile, r);
	/* bans end all the same if the kernel refuses; and before the elements are compared, or
	 * theirs would be taken for bans by hand */
	return bits & (DIRTY_BANS | DIRTY_UNTOLD) ? kernel_end_bans(daemon, bits) : 0;
}

/* What was put is answered. */
static int kernel_record(struct daemon *daemon)
{
	static const char *const losses[] = {
		[NFT_LOSS_LISTED] = "a network of a list",
		[NFT_LOSS_RULE] = "a rule",
		[NFT_LOSS_IGNORED] = "an ignored address",
		[NFT_LOSS_SET] = "a set",
		[NFT_LOSS_CHAIN] = "the chain",
		[NFT_LOSS_DORMANT] = "the effect",
		[NFT_LOSS_TABLE] = "the whole",
	};
	const struct reconcile_action *damage = &daemon->damage;
	struct firewall *firewall = &daemon->firewall;
	int r;

	r = reconcile_record(firewall->reconcile);
	if (ledger_table_is_unsaved(daemon->active.ledger))
		*firewall->dirty |= DIRTY_LEDGER;
	if (!reconcile_owes(firewall->reconcile)) {
		firewall->failing = false;
		if (damage->damaged) {
			cleanup(freep) char *by =
				bytes_to_display(span_of(damage->process), sizeof(damage->process));

			events_heal(daemon->active.config->policy->table, losses[damage->loss],
				    by ?: "", firewall->n_put);
		}
		daemon->damage.damaged = false;
	}
	firewall->n_put = 0;
	return r;
}

/* The reconciler's sentences. */
static int kernel_say(struct daemon *daemon, const struct reconcile_action *action)
{
	cleanup(freep) char *by =
		bytes_to_display(span_of(action->process), sizeof(action->process));
	const char *table = daemon->active.config->policy->table;
	char text[PREFIX_TEXT_MAX];

	if (!by)
		return -ENOMEM;
	if (action->ban)
		daemon->dirty |= DIRTY_LEDGER;
	if (action->type == RECONCILE_EXEMPT) {
		log_say(LOG_FAULT, LOG_NOTICE,
			"%s: %s is exempt (ignoreip, own address or gateway): the ban by hand was removed",
			action->jail, prefix_format(&action->prefix, text));
	} else if (action->type == RECONCILE_STALE) {
		log_say(LOG_RESTORED, LOG_NOTICE,
			"%s: %s restored an expired ban of %s (\"%s\"): removed", action->jail,
			*by ? by : "somebody", prefix_format(&action->prefix, text),
			action->comment);
	} else if (action->type == RECONCILE_RESTORED) {
		log_say(LOG_RESTORED, LOG_NOTICE,
			"%s loaded a saved ruleset: table inet %s was restored from the state file",
			*by ? by : "somebody", table);
	} else if (action->type == RECONCILE_TIRED && action->is_first) {
		log_say(LOG_FAULT, LOG_ERR,
			"%s keeps deleting table inet %s; it is restored only every few seconds now: find the cause",
			*by ? by : "somebody", table);
	}
	return 0;
}

static int kernel_take_hand(struct daemon *daemon, const struct reconcile_action *action)
{
	struct hand hand = { .id = action->ban,
			     .adopted = action->type == RECONCILE_ADOPTED,
			     .absent = action->absent };

	memcpy(hand.process, action->process, sizeof(hand.process));
	return commit_hand(daemon, &hand);
}

static int kernel_do(struct daemon *daemon, struct changes *changes,
		     const struct reconcile_action *action)
{
	struct firewall *firewall = &daemon->firewall;
	usec_t now = wakeup_time(daemon->event);
	const struct ban *ban;

	switch ((int)action->type) {
	case RECONCILE_DELETE:
		return changes_add(changes, action->jail, NFT_DELETE, NULL, &action->address, 0);
	case RECONCILE_PUT:
		ban = ledger_get(daemon->active.ledger, action->ban);
		if (!ban || !ban_runs(ban, now)) /* an install may end bans */
			return 0;
		firewall->n_put++;
		return changes_add(changes, action->jail, action->is_new ? NFT_PUT_NEW : NFT_PUT,
				   ban, &ban->prefix.address, now);
	case RECONCILE_INSTALL:
		return kernel_install(daemon, action);
	case RECONCILE_LIST:
		return firewall_list(firewall);
	case RECONCILE_FIND:
		return firewall_find(firewall, action);
	case RECONCILE_IDENTIFY:
		return firewall_identify(firewall);
	case RECONCILE_RECORD:
		return kernel_record(daemon);
	case RECONCILE_LENGTHS:
		*firewall->dirty |= DIRTY_LENGTHS;
		return 0;
	case RECONCILE_ADOPTED:
	case RECONCILE_LIFTED:
		return kernel_take_hand(daemon, action);
	case RECONCILE_TIRED:
		firewall_retry_soon(firewall);
		return kernel_say(daemon, action);
	default:
		return kernel_say(daemon, action);
	}
}

/* Does all that the reconciler wants: what can be gathered goes out before whatever else is to be
 * done. 0 or -ENOMEM. */
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
		if (!gathers || changes.n >= MAX_AT_ONCE) {
			r = firewall_apply(firewall, &changes);
			changes.n = 0;
		}
		if (r != -ENOMEM && more > 0)
			r = kernel_do(daemon, &changes, &action);
	}
	if (reconcile_owes(firewall->reconcile))
		firewall_retry_soon(firewall);
	if (r == -ENOMEM || more < 0)
		return -ENOMEM;
	return commit_hands(daemon);
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

	do {
		r = n = firewall_read_notices(&daemon->firewall);
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

	if (!(daemon->dirty & (DIRTY_LENGTHS | DIRTY_KERNEL | DIRTY_BANS)))
		return 0;
	kernel_at(daemon);
	for (int i = 0; i < MAX_ROUNDS && r != -ENOMEM; i++) {
		if (daemon_take(daemon, DIRTY_LENGTHS))
			install_want_lengths(&daemon->firewall);
		if (daemon->dirty & DIRTY_KERNEL)
			r = kernel_sync(daemon);
		else if ((bits = daemon_take(daemon, DIRTY_BANS)))
			r = kernel_end_bans(daemon, bits);
		else
			break;
	}
	return r == -ENOMEM ? r : 0;
}
