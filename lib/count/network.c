#include "count/network.h"

#include "base/array.h"
#include "base/hash.h"
#include "base/table.h"

#include <errno.h>

struct network_key {
	struct prefix prefix;
	uint16_t jail;
};

struct network {
	struct table_head head;
	struct network_key key;
	uint32_t n;
	struct prefix *offenders; /* owned; latest last */
};

struct network_list {
	uint8_t seed[HASH_SEED_SIZE];
	struct table table;
	struct table_list list; /* latest last */
	size_t n_offenders, max_offenders;
};

int networks_new(const uint8_t seed[16], size_t max_offenders, struct network_list **ret)
{
	struct network_list *networks = calloc(1, sizeof(*networks));

	if (!networks)
		return -ENOMEM;
	memcpy(networks->seed, seed, sizeof(networks->seed));
	table_init(&networks->table, sizeof(struct network));
	table_list_init(&networks->list);
	networks->max_offenders = MAX(max_offenders, (size_t)1);
	*ret = networks;
	return 0;
}

struct network_list *networks_free(struct network_list *networks)
{
	if (!networks)
		return NULL;
	for (struct network *network = table_oldest(&networks->table, &networks->list); network;
	     network = table_newer(&networks->table, network))
		free(network->offenders);
	table_done(&networks->table);
	free(networks);
	return NULL;
}

static bool network_equal(const void *record, const void *key)
{
	const struct network_key *mine = &((const struct network *)record)->key, *wanted = key;

	return mine->jail == wanted->jail && prefix_equal(&mine->prefix, &wanted->prefix);
}

static uint64_t network_hash(const struct network_list *networks, const struct network_key *key)
{
	return hash64(networks->seed, key, sizeof(*key));
}

static struct network *network_find(const struct network_list *networks,
				    const struct network_key *key)
{
	return networks->table.n > 0 ? table_find(&networks->table, network_hash(networks, key),
						  network_equal, key)
				     : NULL;
}

static void network_drop(struct network_list *networks, struct network *network)
{
	networks->n_offenders -= network->n;
	free(network->offenders);
	table_remove(&networks->table, &networks->list, network);
}

static void drop_offender(struct network_list *networks, struct network *network, size_t i)
{
	memmove(&network->offenders[i], &network->offenders[i + 1],
		(network->n - i - 1) * sizeof(*network->offenders));
	network->n--;
	networks->n_offenders--;
}

int networks_note(struct network_list *networks, unsigned jail, const struct prefix *prefix,
		  const struct prefix *offender, size_t depth)
{
	struct network_key key = { .prefix = *prefix, .jail = (uint16_t)jail };
	struct network *network = network_find(networks, &key), *oldest;

	if (network)
		table_touch(&networks->table, &networks->list, network);
	else
		network =
			table_add(&networks->table, &networks->list, network_hash(networks, &key));
	if (!network)
		return -ENOMEM;
	network->key = key;
	for (size_t i = 0; i < network->n; i++)
		if (prefix_equal(&network->offenders[i], offender))
			drop_offender(networks, network, i);
	if (network->n > 0 && network->n >= depth)
		drop_offender(networks, network, 0);
	if (!array_grow(network->offenders, network->n))
		return -ENOMEM;
	network->offenders[network->n++] = *offender;
	networks->n_offenders++;
	while (networks->n_offenders > networks->max_offenders &&
	       (oldest = table_oldest(&networks->table, &networks->list)) != network)
		network_drop(networks, oldest);
	return 0;
}

const struct prefix *networks_offenders(const struct network_list *networks, unsigned jail,
					const struct prefix *network, size_t *ret_n)
{
	const struct network_key key = { .prefix = *network, .jail = (uint16_t)jail };
	const struct network *found = network_find(networks, &key);

	*ret_n = found ? found->n : 0;
	return found ? found->offenders : NULL;
}

void networks_forget(struct network_list *networks, unsigned jail, const struct prefix *network)
{
	const struct network_key key = { .prefix = *network, .jail = (uint16_t)jail };
	struct network *found = network_find(networks, &key);

	if (found)
		network_drop(networks, found);
}
