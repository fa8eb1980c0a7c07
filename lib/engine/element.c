#include "engine/element.h"

#include "engine/home.h"
#include "engine/state.h"
#include "ledger/comment.h"

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
