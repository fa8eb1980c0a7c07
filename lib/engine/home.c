#include "engine/home.h"

#include "engine/settings.h"
#include "engine/state.h"
#include "ledger/comment.h"

#include <errno.h>

void homes_done(struct homes *homes)
{
	free(homes->sets);
	*homes = (struct homes){ 0 };
}

static int home_by_name(const void *a, const void *b)
{
	const struct home_set *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int homes_set(struct homes *homes, const struct home_set *sets, size_t n_sets, bool installed)
{
	struct home_set *copy = calloc(n_sets + 1, sizeof(*copy)), *before;
	bool moved = false;

	if (!copy)
		return -ENOMEM;
	for (size_t i = 0; i < n_sets; i++)
		copy[i] = sets[i];
	qsort(copy, n_sets, sizeof(*copy), home_by_name);
	for (size_t i = 0; i < n_sets; i++) {
		before = homes->n_sets == 0 ? NULL
					    : bsearch(&copy[i], homes->sets, homes->n_sets,
						      sizeof(*copy), home_by_name);
		moved = moved || (before && before->handle != copy[i].handle);
		/* what somebody made in its place since then was not made by us */
		if (!installed &&
		    (!before || before->handle != copy[i].handle || !before->is_empty))
			copy[i].is_empty = false;
	}
	free(homes->sets);
	homes->sets = copy;
	homes->n_sets = n_sets;
	return moved;
}

struct home_set *homes_find(const struct homes *homes, const char *jail, uint8_t family)
{
	struct home_set key;

	nft_set_name(jail, family, key.name);
	return homes->n_sets == 0
		       ? NULL
		       : bsearch(&key, homes->sets, homes->n_sets, sizeof(key), home_by_name);
}

unsigned home_jail(const struct engine *engine, const char *jail)
{
	char bare[NFT_JAIL_SIZE];

	nft_jail_bare(jail, bare);
	if (strcmp(bare, MANUAL_NAME) == 0)
		return ENGINE_MANUAL;
	if (strcmp(bare, FORCED_NAME) == 0)
		return ENGINE_FORCED;
	for (unsigned i = 0; i < engine->n_jails; i++)
		if (strcmp(engine->jails[i].jail->name, bare) == 0)
			return i;
	return ENGINE_NO_JAIL;
}

static bool home_has_lengths_of(const struct settings *a, const struct settings *b)
{
	return a->prefix4 == b->prefix4 && a->prefix6 == b->prefix6 &&
	       (a->networks.hosts > 0) == (b->networks.hosts > 0) &&
	       a->networks.length4 == b->networks.length4 &&
	       a->networks.length6 == b->networks.length6;
}

bool homes_stay(const struct engine *before, const struct engine *now)
{
	bool stay = home_has_lengths_of(settings_of(before, ENGINE_MANUAL),
					settings_of(now, ENGINE_MANUAL));

	for (unsigned i = 0; stay && i < now->n_jails; i++) {
		unsigned jail = home_jail(before, now->jails[i].jail->name);

		stay = jail == ENGINE_NO_JAIL ||
		       home_has_lengths_of(settings_of(before, jail), settings_of(now, i));
	}
	return stay;
}

bool home_is_odd(const struct engine *engine, const struct ban *ban)
{
	unsigned jail = state_jail_of(engine, ban);

	return !ban->network && jail != ENGINE_NO_JAIL &&
	       ban->prefix.length != engine_length(engine, jail, ban->prefix.address.family);
}

const char *home_name(const struct engine *engine, const struct ban *ban,
		      char buffer[static NFT_JAIL_SIZE])
{
	return home_is_odd(engine, ban) ? nft_length_name(ban->jail, ban->prefix.length, buffer)
					: nft_jail_name(ban->jail, ban->network, buffer);
}

bool home_is_due(const struct engine *engine, const struct ban *ban)
{
	unsigned jail = state_jail_of(engine, ban);
	struct prefix network;

	return jail != ENGINE_NO_JAIL &&
	       (!ban->network || engine_network_of(engine, jail, ban, &network));
}

void home_of(const struct homes *homes, const struct ban *ban, struct home *home)
{
	uint8_t family = ban->prefix.address.family;
	const struct home_set *set;
	uint64_t kept;
	char name[NFT_JAIL_SIZE], set_name[NFT_SET_NAME_SIZE];

	/* a network's home depends on more, and there are few of them */
	if (!ban->network && ban->jail == home->jail && family == home->family &&
	    ban->prefix.length == home->length)
		return;
	*home = (struct home){ .jail = ban->network ? NULL : ban->jail,
			       .family = family,
			       .length = ban->prefix.length };
	if (!home_is_due(homes->engine, ban))
		return;
	home_name(homes->engine, ban, name);
	set = homes_find(homes, name, family);
	if (!set)
		return;
	home->is_empty = set->is_empty;
	kept = ledger_filled(homes->engine->ledger, nft_set_name(name, family, set_name));
	home->state = !homes->is_strange && kept && kept == set->handle ? HOME_KEPT : HOME_STRANGE;
}

const struct ban *element_ban(struct engine *engine, const char *jail, const struct prefix *prefix,
			      usec_t now)
{
	struct ledger *ledger = engine->ledger;
	const struct ban *ban = NULL, *found = NULL;
	char bare[NFT_JAIL_SIZE];
	unsigned number;

	if (ledger_jail(ledger, nft_jail_bare(jail, bare), &number) < 0)
		return NULL;
	if (nft_jail_is_network(jail))
		number |= LEDGER_NETWORKS;
	/* of several the kernel holds the last; its beginning may lie before us, if a clock was set
	 * back */
	while ((ban = ledger_next_of(ledger, number, prefix, ban)))
		if (ban_runs(ban, now) && (!found || ban->id > found->id))
			found = ban;
	return found;
}

bool element_has_time(const struct ban *ban, usec_t remaining, usec_t now)
{
	usec_t until;

	if (ban->until == USEC_INFINITY || remaining == USEC_INFINITY)
		return ban->until == remaining;
	until = now + remaining;
	return MAX(until, ban->until) - MIN(until, ban->until) <= TIMER_SLACK;
}

const char *element_reason(const char *comment, char buffer[static NFT_COMMENT_BYTES])
{
	(void)nft_clean_comment(comment ?: "", buffer);
	return strcmp(buffer, NFT_COMMENT_MANUAL) == 0 ? "" : buffer;
}

enum element_verdict element_judge(struct engine *engine, const struct nft_element *element,
				   usec_t now)
{
	unsigned jail = home_jail(engine, element->jail);
	const char *comment = element->comment ?: "";
	const struct rule *rule;
	const struct ban *ban;
	if (jail == ENGINE_NO_JAIL)
		return ELEMENT_FOREIGN;
	ban = element_ban(engine, element->jail, &element->prefix, now);
	if (!ban && element->remaining < TIMER_SLACK)
		return ELEMENT_OVER;
	/* an ignored host passes even when its network is banned: only a ban of none but these is
	 * of no use */
	if (jail != ENGINE_FORCED && engine_ignores_all(engine, &element->prefix))
		return ELEMENT_EXEMPT;
	if (ban && element_has_time(ban, element->remaining, now))
		return ELEMENT_KNOWN;
	if (jail >= engine->n_jails)
		return ELEMENT_NEW;
	if (nft_jail_is_network(element->jail))
		return comment_is_of_network(comment) ? ELEMENT_STALE : ELEMENT_NEW;
	rule = engine->jails[jail].jail->rule;
	for (size_t i = 0; i < rule->n_events; i++)
		if (comment_is_of_event(comment, rule->events[i].name))
			return ELEMENT_STALE;
	return ELEMENT_NEW;
}
