#include "run/hear.h"

#include "cli/output.h"
#include "io/log.h"
#include "run/events.h"
#include "run/install.h"

#include <errno.h>
#include <stdio.h>

int hear_notices(struct firewall *firewall)
{
	struct nft_notice notice;
	int r, n = 0;

	r = nft_read_notices(firewall->nft);
	if (r < 0)
		(void)firewall_complain(firewall, "read the notices of nftables", r);
	while (nft_take_notice(firewall->nft, &notice)) {
		r = reconcile_notice(firewall->reconcile, &notice);
		nft_notice_done(&notice);
		if (r < 0)
			return r;
		n = 1;
	}
	return n;
}

int hear_begin(struct firewall *firewall)
{
	int r;

	if (!firewall->nft)
		return 0;
	r = nft_listen(firewall->nft);
	if (r < 0)
		log_say(LOG_KERNEL, LOG_ERR, "cannot use nftables: %s", nft_explain(r));
	if (r > 0)
		firewall->dirty |= DIRTY_KERNEL | DIRTY_ELEMENTS;
	return MIN(r, 0);
}

int hear_list(struct firewall *firewall)
{
	struct nft_elements elements = { 0 };
	int r, listed;

	listed = nft_list(firewall->nft, NULL, &elements);
	r = listed < 0 ? listed : nft_identify(firewall->nft);
	if (r < 0) {
		(void)firewall_complain(firewall, "list the sets", r);
		nft_elements_done(&elements);
		return r == -ENOMEM ? r : reconcile_listed(firewall->reconcile, r);
	}
	r = install_stands(firewall);
	for (size_t i = 0; r >= 0 && i < elements.n_items; i++)
		r = reconcile_element(firewall->reconcile, &elements.items[i]);
	nft_elements_done(&elements);
	return r < 0 ? r : reconcile_listed(firewall->reconcile, listed);
}

int hear_find(struct firewall *firewall, const struct reconcile_action *action)
{
	usec_t remaining = 0;
	int r;

	r = nft_find(firewall->nft, action->jail, &action->address, &remaining);
	if (r < 0 && r != -ENOENT)
		(void)firewall_complain(firewall, "find an element", r);
	if (r == -ENOMEM)
		return r;
	reconcile_found(firewall->reconcile, r, remaining);
	return 0;
}

int hear_identify(struct firewall *firewall)
{
	int error, r = 0;

	error = nft_identify(firewall->nft);
	if (error < 0)
		(void)firewall_complain(firewall, "look at the sets", error);
	else
		r = install_stands(firewall);
	return r < 0 ? r : reconcile_identified(firewall->reconcile, MIN(error, 0));
}

static const char *name_of_loss(enum nft_loss loss)
{
	switch (loss) {
	case NFT_LOSS_RULE:
		return "a rule";
	case NFT_LOSS_IGNORED:
		return "an ignored address";
	case NFT_LOSS_SET:
		return "a set";
	case NFT_LOSS_CHAIN:
		return "the chain";
	case NFT_LOSS_TABLE:
		return "the whole";
	case NFT_LOSS_DORMANT:
		return "the effect";
	}
	return "a part";
}

void hear_mended(struct firewall *firewall, size_t n_bans)
{
	cleanup(freep) char *by =
		bytes_to_display(span_of(firewall->culprit), sizeof(firewall->culprit));

	if (firewall->damaged)
		events_heal(firewall->active->config->policy->table, name_of_loss(firewall->loss),
			    by ?: "", n_bans);
	firewall->damaged = false;
}

static void say_lifted(const struct firewall *firewall, const struct reconcile_action *action,
		       const char *by)
{
	const struct ban *ban = ledger_get(firewall->active->ledger, action->ban);
	char reason[128];

	if (!ban)
		return;
	if (action->absent)
		snprintf(reason, sizeof(reason),
			 "its element was deleted from the set while banish was not running");
	else
		snprintf(reason, sizeof(reason), "its element was deleted%s%s", *by ? " by " : "",
			 by);
	events_unban(ban, reason, false);
}

static void say_stale(const struct firewall *firewall, const struct reconcile_action *action,
		      const char *by)
{
	char text[PREFIX_TEXT_MAX];

	prefix_format(&action->prefix, text);
	if (action->type == RECONCILE_EXEMPT)
		log_say(LOG_FAULT, LOG_NOTICE,
			"%s: %s is exempt (ignoreip, own address or gateway): the ban by hand was removed",
			action->jail, text);
	else
		log_say(LOG_RESTORED, LOG_NOTICE,
			"%s: %s restored an expired ban of %s (\"%s\"): removed", action->jail,
			*by ? by : "somebody", text, action->comment);
}

int hear_say(struct firewall *firewall, const struct reconcile_action *action)
{
	cleanup(freep) char *by =
		bytes_to_display(span_of(action->process), sizeof(action->process));
	const struct ban *ban = ledger_get(firewall->active->ledger, action->ban);
	const char *table = firewall->active->config->policy->table;

	if (!by)
		return -ENOMEM;
	if (action->ban)
		firewall->dirty |= DIRTY_LEDGER;
	if (action->type == RECONCILE_ADOPTED && ban)
		events_adopt(ban, by);
	else if (action->type == RECONCILE_LIFTED)
		say_lifted(firewall, action, by);
	else if (action->type == RECONCILE_STALE || action->type == RECONCILE_EXEMPT)
		say_stale(firewall, action, by);
	else if (action->type == RECONCILE_RESTORED)
		log_say(LOG_RESTORED, LOG_NOTICE,
			"%s loaded a saved ruleset: table inet %s was restored from the state file",
			*by ? by : "somebody", table);
	else if (action->type == RECONCILE_TIRED && action->is_first)
		log_say(LOG_FAULT, LOG_ERR,
			"%s keeps deleting table inet %s; it is restored only every few seconds now: find the cause",
			*by ? by : "somebody", table);
	return 0;
}
