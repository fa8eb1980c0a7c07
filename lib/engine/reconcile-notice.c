/* Elements and notices, into the ledger. */

#include "engine/reconcile-state.h"
#include "engine/reconcile.h"

#define MAX_HEALS    20
#define HEALS_WITHIN (10 * USEC_PER_SEC)

int reconcile_lift(struct reconcile *reconcile, const struct ban *ban, const char *process,
		   bool absent)
{
	uint64_t id = ban->id;
	int r;

	r = engine_unban(reconcile->engine, home_jail(reconcile->engine, ban->jail), &ban->prefix,
			 ban->network, reconcile->now, &reconcile->position);
	return r < 0 ? r : reconcile_say_ban(reconcile, RECONCILE_LIFTED, id, process, absent);
}

/* It stands where no ban of its kind does, or has a key that matches nobody. */
static bool reconcile_is_astray(const struct reconcile *reconcile,
				const struct nft_element *element)
{
	const struct ban *ban =
		element_ban(reconcile->engine, element->jail, &element->prefix, reconcile->now);
	char name[NFT_JAIL_SIZE];

	return element->host_bits ||
	       (ban && strcmp(home_name(reconcile->engine, ban, name), element->jail) != 0);
}

/* A ban by hand from now on. Of a key with host bits only what lasts longer than what runs. */
static int reconcile_adopt(struct reconcile *reconcile, const struct nft_element *element,
			   const char *process)
{
	struct engine *engine = reconcile->engine;
	usec_t until = element->remaining == USEC_INFINITY ? USEC_INFINITY
							   : reconcile->now + element->remaining;
	const struct ban *ban =
		element_ban(engine, element->jail, &element->prefix, reconcile->now);
	char reason[NFT_COMMENT_BYTES];
	bool listed = reconcile->n_lists > 0;
	struct home home = { 0 };
	int r;

	if (element->host_bits && ban && ban->until >= until)
		return 0;
	r = engine_ban(engine, home_jail(engine, element->jail), &element->prefix,
		       nft_jail_is_network(element->jail), reconcile->now, until,
		       element_reason(element->comment, reason));
	ban = r < 0 ? NULL : element_ban(engine, element->jail, &element->prefix, reconcile->now);
	if (!ban)
		return r;
	/* what a notice tells may have gone with its set since: then its absence is no unban */
	if ((listed || !reconcile->wrote) && !reconcile_is_astray(reconcile, element))
		ledger_place(reconcile_ledger(reconcile), ban->id);
	home_of(&reconcile->homes, ban, &home);
	reconcile->homeless = reconcile->homeless || home.state == HOME_ABSENT;
	return reconcile_say_ban(reconcile, RECONCILE_ADOPTED, ban->id, process, false);
}

/* It is known, but may have been given another reason. */
static int reconcile_know(struct reconcile *reconcile, const struct nft_element *element)
{
	const struct ban *ban =
		element_ban(reconcile->engine, element->jail, &element->prefix, reconcile->now);
	char buffer[NFT_COMMENT_BYTES];
	const char *reason = element_reason(element->comment, buffer);
	int r;

	if ((reconcile->n_lists > 0 || !reconcile->wrote) &&
	    !reconcile_is_astray(reconcile, element))
		ledger_place(reconcile_ledger(reconcile), ban->id);
	if (ban->kind != BAN_MANUAL || strcmp(ban->reason, reason) == 0)
		return 0;
	r = ledger_set_reason(reconcile_ledger(reconcile), ban->id, reason);
	return r < 0 ? r : reconcile_say_ban(reconcile, RECONCILE_REASON, ban->id, "", false);
}

int reconcile_take_element(struct reconcile *reconcile, const struct nft_element *element,
			   const char *process)
{
	enum element_verdict verdict = element_judge(reconcile->engine, element, reconcile->now);
	int r = 0;

	if (verdict == ELEMENT_STALE && reconcile->believing)
		verdict = ELEMENT_NEW;
	switch (verdict) {
	case ELEMENT_OVER:
	case ELEMENT_FOREIGN:
		return 0;
	case ELEMENT_EXEMPT:
		r = reconcile_say_element(reconcile, RECONCILE_EXEMPT, element, process);
		break;
	case ELEMENT_STALE:
		if (!element_ban(reconcile->engine, element->jail, &element->prefix,
				 reconcile->now))
			r = reconcile_say_element(reconcile, RECONCILE_STALE, element, process);
		break;
	case ELEMENT_NEW:
		r = reconcile_adopt(reconcile, element, process);
		break;
	case ELEMENT_KNOWN:
		r = reconcile_know(reconcile, element);
		break;
	}
	if (r < 0)
		return r;
	if (verdict == ELEMENT_EXEMPT || verdict == ELEMENT_STALE ||
	    reconcile_is_astray(reconcile, element))
		return reconcile_touch(reconcile, element);
	return 0;
}

/* Two programs that each put back what the other removes would never rest: then we wait. */
static int reconcile_heal(struct reconcile *reconcile, const struct nft_notice *notice)
{
	struct reconcile_action action = { .type = RECONCILE_TIRED, .loss = notice->loss };

	if (reconcile->now - reconcile->heals_since > HEALS_WITHIN) {
		reconcile->heals_since = reconcile->now;
		reconcile->n_heals = 0;
	}
	memcpy(action.process, notice->process, sizeof(action.process));
	if (++reconcile->n_heals > MAX_HEALS) {
		action.is_first = reconcile->n_heals == MAX_HEALS + 1;
		return reconcile_say(reconcile, &action);
	}
	action.damaged = true;
	if (!reconcile->install.damaged || reconcile->install.loss < notice->loss)
		reconcile->install = action;
	reconcile_want(reconcile, RECONCILE_WANT_INSTALL);
	return 0;
}

int reconcile_notice(struct reconcile *reconcile, const struct nft_notice *notice)
{
	const struct nft_element element = {
		.jail = notice->jail,
		.address = notice->address,
		.prefix = notice->prefix,
		.host_bits = notice->host_bits,
		.timeout = notice->timeout,
		.remaining = notice->remaining,
		.comment = notice->comment,
	};
	struct reconcile_action action = { .type = RECONCILE_RESTORED };
	const struct ban *ban;
	int r = 0;

	switch (notice->type) {
	case NFT_NOTICE_ADDED:
		if (!notice->restored) {
			r = reconcile_take_element(reconcile, &element, notice->process);
		} else if (!reconcile->restored) {
			memcpy(action.process, notice->process, sizeof(action.process));
			r = reconcile_say(reconcile, &action);
			reconcile->restored = true;
		}
		break;
	case NFT_NOTICE_DELETED:
		/* Not if its set went with it; nor a key that kept nobody out, beside one that
		 * does. */
		ban = element_ban(reconcile->engine, notice->jail, &notice->prefix, reconcile->now);
		if (ban && !notice->restored && (!notice->host_bits || ban->kind == BAN_MANUAL))
			r = reconcile_lift(reconcile, ban, notice->process, false);
		break;
	case NFT_NOTICE_DAMAGED:
		return reconcile_heal(reconcile, notice);
	case NFT_NOTICE_RESYNC:
		reconcile_want(reconcile, RECONCILE_WANT_INSTALL | RECONCILE_WANT_LIST);
		return 0;
	}
	return r >= 0 && (notice->restored || reconcile->wrote)
		       ? reconcile_touch(reconcile, &element)
		       : r;
}
