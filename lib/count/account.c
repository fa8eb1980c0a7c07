#include "count/account.h"

#include "base/hash.h"
#include "base/table.h"

#include <errno.h>

struct host {
	struct address address;
	usec_t time; /* of its latest failure */
};

struct account {
	struct table_head head;
	uint64_t name[2]; /* keyed hashes: no length to bound */
	uint32_t jail;
	uint32_t n_hosts, capacity;
	struct host *hosts; /* owned; no order */
	uint64_t told;      /* the stretch of the last telling, from 1; 0: none */
};

struct key {
	uint64_t name[2];
	uint32_t jail;
};

struct targets {
	uint8_t seed[HASH_SEED_SIZE];
	struct table table;
	struct table_list list; /* by last touch */
	size_t n_hosts;         /* places */
};

int targets_new(const uint8_t seed[16], struct targets **ret)
{
	struct targets *targets = calloc(1, sizeof(*targets));

	if (!targets)
		return -ENOMEM;
	memcpy(targets->seed, seed, sizeof(targets->seed));
	table_init(&targets->table, sizeof(struct account));
	table_list_init(&targets->list);
	*ret = targets;
	return 0;
}

static void drop(struct targets *targets, struct account *account)
{
	targets->n_hosts -= account->capacity;
	free(account->hosts);
	table_remove(&targets->table, &targets->list, account);
}

struct targets *targets_free(struct targets *targets)
{
	struct account *account;

	if (!targets)
		return NULL;
	while ((account = table_oldest(&targets->table, &targets->list)))
		drop(targets, account);
	table_done(&targets->table);
	free(targets);
	return NULL;
}

static bool equal(const void *record, const void *key)
{
	const struct account *account = record;
	const struct key *wanted = key;

	return account->jail == wanted->jail && account->name[0] == wanted->name[0] &&
	       account->name[1] == wanted->name[1];
}

static struct account *open_account(struct targets *targets, unsigned jail, struct span user)
{
	uint8_t other_seed[HASH_SEED_SIZE];
	struct account *account;
	struct key key = { .jail = jail };

	for (size_t i = 0; i < sizeof(other_seed); i++)
		other_seed[i] = targets->seed[i] ^ 0x5a;
	key.name[0] = hash64(targets->seed, user.data, user.size);
	key.name[1] = hash64(other_seed, user.data, user.size);
	account = table_find(&targets->table, key.name[0] + jail, equal, &key);
	if (account) {
		table_touch(&targets->table, &targets->list, account);
		return account;
	}
	if (targets->table.n >= TARGETS_MAX_ACCOUNTS)
		drop(targets, table_oldest(&targets->table, &targets->list));
	account = table_add(&targets->table, &targets->list, key.name[0] + jail);
	if (!account)
		return NULL;
	memcpy(account->name, key.name, sizeof(key.name));
	account->jail = jail;
	return account;
}

/* The others make room, the oldest first; this account is the newest. */
static int enlarge(struct targets *targets, struct account *account, uint32_t most)
{
	uint32_t capacity = MIN(MAX(2 * account->capacity, 2U), most);
	struct host *hosts;

	hosts = reallocarray(account->hosts, capacity, sizeof(*hosts));
	if (!hosts)
		return -ENOMEM;
	account->hosts = hosts;
	targets->n_hosts += capacity - account->capacity;
	account->capacity = capacity;
	while (targets->n_hosts > TARGETS_MAX_HOSTS) {
		struct account *oldest = table_oldest(&targets->table, &targets->list);

		if (oldest == account)
			break;
		drop(targets, oldest);
	}
	return 0;
}

/* Of a full list the host that failed least lately goes, be it this one. */
static int note_host(struct targets *targets, struct account *account, uint32_t most,
		     const struct address *address, usec_t now)
{
	struct host host = { .address = *address, .time = now }, *oldest = NULL;
	int r;

	for (uint32_t i = 0; i < account->n_hosts; i++) {
		struct host *other = &account->hosts[i];

		if (address_equal(&other->address, address)) {
			other->time = MAX(other->time, now);
			return 0;
		}
		if (!oldest || other->time < oldest->time)
			oldest = other;
	}
	if (account->n_hosts == most) {
		if (oldest && oldest->time <= now)
			*oldest = host;
		return 0;
	}
	if (account->n_hosts == account->capacity) {
		r = enlarge(targets, account, most);
		if (r < 0)
			return r;
	}
	account->hosts[account->n_hosts++] = host;
	return 0;
}

static uint32_t count_hosts(const struct account *account, usec_t within, usec_t now)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < account->n_hosts; i++)
		n += account->hosts[i].time > now || now - account->hosts[i].time < within;
	return n;
}

int targets_note(struct targets *targets, const struct rate *rate, unsigned jail, struct span user,
		 const struct address *host, usec_t now)
{
	uint64_t stretch = now / rate->within + 1;
	struct account *account = open_account(targets, jail, user);
	int r;

	if (!account)
		return -ENOMEM;
	r = note_host(targets, account, rate->count, host, now);
	if (r < 0 || account->told >= stretch)
		return r;
	if (count_hosts(account, rate->within, now) < rate->count)
		return 0;
	account->told = stretch;
	return 1;
}

usec_t targets_reach(const struct rate *rate)
{
	return rate->count > 0 ? 2 * rate->within : 0;
}

size_t targets_n_accounts(const struct targets *targets)
{
	return targets->table.n;
}
