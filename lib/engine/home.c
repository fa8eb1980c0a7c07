#include "engine/home.h"

#include "engine/state.h"

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

int homes_set(struct homes *homes, const struct home_set *sets, size_t n_sets)
{
	struct home_set *copy = calloc(n_sets + 1, sizeof(*copy)), *before;
	bool moved = false;

	if (!copy)
		return -ENOMEM;
	for (size_t i = 0; i < n_sets; i++)
		copy[i] = sets[i];
	qsort(copy, n_sets, sizeof(*copy), home_by_name);
	for (size_t i = 0; homes->n_sets > 0 && i < n_sets; i++) {
		before = bsearch(&copy[i], homes->sets, homes->n_sets, sizeof(*copy), home_by_name);
		moved = moved || (before && before->handle != copy[i].handle);
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
