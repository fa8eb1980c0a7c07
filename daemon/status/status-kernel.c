/* The firewall's side of `banish status`. */
#include "status/status-facts.h"

#include <errno.h>
#include <stdio.h>

/* Returns 1. */
static int say_damage(struct status *status, const char *text, const char *set)
{
	if (asprintf(&status->damage, "%s%s", text, set) < 0) {
		status->damage = NULL;
		return -ENOMEM;
	}
	return 1;
}

/* What is wrong with the sets of one name; 1: `damage` says it. */
static int look_at_sets(struct status *status, const char *name)
{
	char set[NFT_SET_NAME_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(nft_families); i++) {
		const struct nft_use *use =
			nft_view_find(&status->view, nft_set_name(name, nft_families[i], set));

		if (use && use->stands && use->n_rules > 0)
			continue;
		return say_damage(status,
				  use && use->stands ? "no rule looks into its set "
						     : "it has no set ",
				  set);
	}
	return 0;
}

/* 1: it is damaged, and `damage` says how; 0. */
static int look_for_damage(struct status *status)
{
	char name[NFT_JAIL_SIZE];
	uint8_t family;
	int r;

	if (status->view.asleep)
		return say_damage(status, "it is dormant", "");
	if (!status->view.has_chain)
		return say_damage(status, "it has no chain " NFT_CHAIN, "");
	if (!status->view.chain_is_fit)
		return say_damage(status, "its chain " NFT_CHAIN " is not as the daemon makes it",
				  "");
	r = look_at_sets(status, NFT_IGNORE);
	if (r == 0)
		r = look_at_sets(status, NFT_FORCED);
	if (r == 0)
		r = look_at_sets(status, NFT_JAIL_MANUAL);
	/* Sets of lengths come and go, but each that holds bans needs a rule. */
	for (size_t i = 0; r == 0 && i < status->view.n_uses; i++) {
		const struct nft_use *use = &status->view.uses[i];

		if (use->stands && use->n_rules == 0 &&
		    nft_set_parse_name(span_of(use->name), name, &family) &&
		    nft_jail_length(name) > 0)
			r = say_damage(status, "no rule looks into its set ", use->name);
	}
	/* what is not in force yet cannot be missing */
	for (unsigned i = 0; r == 0 && status->ruleset && !status->facts.stale_config &&
			     i < ruleset_n_jails(status->ruleset);
	     i++) {
		const struct jail *jail = ruleset_jail(status->ruleset, i);

		r = look_at_sets(status, jail->name);
		if (r == 0 && jail->settings.networks.hosts > 0)
			r = look_at_sets(status, nft_jail_name(jail->name, true, name));
	}
	return r;
}

static int take_use(struct status *status, const struct nft_use *use)
{
	char name[NFT_JAIL_SIZE], bare[NFT_JAIL_SIZE];
	struct status_jail *jail;
	uint8_t family;

	if (strcmp(use->name, NFT_IGNORE "4") == 0 || strcmp(use->name, NFT_IGNORE "6") == 0)
		status->passed += use->packets;
	if (!nft_set_parse_name(span_of(use->name), name, &family))
		return 0;
	jail = status_jail(status, nft_jail_bare(name, bare));
	if (!jail)
		return -ENOMEM;
	jail->packets += use->packets;
	jail->bytes += use->bytes;
	return 0;
}

static int take_elements(struct status *status, const struct nft_elements *elements)
{
	char name[NFT_SET_NAME_SIZE], bare[NFT_JAIL_SIZE];

	for (size_t i = 0; i < elements->n_items; i++) {
		struct status_jail *jail =
			status_jail(status, nft_jail_bare(elements->items[i].jail, bare));

		if (!jail)
			return -ENOMEM;
		jail->banned++;
	}
	/* a set that takes no more, though all else is as it should be */
	for (size_t i = 0; !status->full && i < elements->sets.n_items; i++) {
		const struct nft_set *set = &elements->sets.items[i];
		const struct nft_use *use =
			nft_view_find(&status->view, nft_set_name(set->jail, set->family, name));
		size_t n = 0;

		for (size_t k = 0; k < elements->n_items; k++)
			n += elements->items[k].jail == set->jail &&
			     elements->items[k].address.family == set->family;
		if (!use || use->size == 0 || n < use->size)
			continue;
		status->full = strdup(name);
		if (!status->full)
			return -ENOMEM;
	}
	return 0;
}

int status_look_at_kernel(struct status *status)
{
	cleanup(nft_elements_done) struct nft_elements elements = { 0 };
	cleanup(nft_freep) struct nft *nft = NULL;
	struct facts *facts = &status->facts;
	int r, torn = 0;

	facts->table = status->policy->table;
	r = nft_open(status->policy->table, &nft);
	if (r >= 0)
		r = torn = nft_look(nft, &status->view);
	if (r == -ENOENT) {
		facts->sees_kernel = true;
		return 0;
	}
	for (size_t i = 0; r >= 0 && i < status->view.n_uses; i++)
		r = take_use(status, &status->view.uses[i]);
	if (r >= 0)
		r = nft_list(nft, NULL, &elements);
	if (r >= 0)
		r = take_elements(status, &elements);
	if (r < 0)
		return r == -ENOMEM ? r
				    : status_add_unseen(status, "the firewall was", nft_explain(r));
	facts->sees_kernel = facts->has_table = true;
	r = status_look_at_lists(status);
	if (r < 0)
		return r;
	r = torn ? 0 : look_for_damage(status);
	facts->damage = status->damage;
	facts->full = status->full;
	return MIN(r, 0);
}
