#include "count/account.h"

#include "base/hash.h"
#include "base/table.h"

#include <errno.h>

struct host {
	struct address address;
	usec_t time; /* of its latest failure */
};

struct account_key {
	uint64_t name[2]; /* a keyed hash: no length to bound */
	uint32_t jail;
};

struct account {
	struct table_head head;
	struct account_key key;
	uint32_t n_hosts, capacity;
	struct host *hosts; /* owned; no order */
	uint64_t told;      /* the stretch of the last telling, from 1; 0: none */
};

struct accounts {
	uint8_t seed[HASH_SEED_SIZE];
	struct table table;
	struct table_list list; /* by last touch */
	size_t n_hosts;         /* places */
};

int accounts_new(const uint8_t seed[16], struct accounts **ret)
{
	struct accounts *accounts = calloc(1, sizeof(*accounts));

	if (!accounts)
		return -ENOMEM;
	memcpy(accounts->seed, seed, sizeof(accounts->seed));
	table_init(&accounts->table, sizeof(struct account));
	table_list_init(&accounts->list);
	*ret = accounts;
	return 0;
}

static void account_drop(struct accounts *accounts, struct account *account)
{
	accounts->n_hosts -= account->capacity;
	free(account->hosts);
	table_remove(&accounts->table, &accounts->list, account);
}

struct accounts *accounts_free(struct accounts *accounts)
{
	struct account *account;

	if (!accounts)
		return NULL;
	while ((account = table_oldest(&accounts->table, &accounts->list)))
		account_drop(accounts, account);
	table_done(&accounts->table);
	free(accounts);
	return NULL;
}

static bool account_equal(const void *record, const void *key)
{
	const struct account_key *mine = &((const struct account *)record)->key, *wanted = key;

	return mine->jail == wanted->jail && mine->name[0] == wanted->name[0] &&
	       mine->name[1] == wanted->name[1];
}

/* Of a full list the host that failed least lately goes, be it this one. Where there are too many
 * hosts in all the other accounts make room, the oldest first; this account is the newest. */
static int note_host(struct accounts *accounts, struct account *account, uint32_t most,
		     const struct address *address, usec_t now)
{
	struct host host = { .address = *address, .time = now }, *oldest = NULL, *hosts;
	uint32_t capacity = MIN(MAX(2 * account->capacity, 2U), most);
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
		hosts = reallocarray(account->hosts, capacity, sizeof(*hosts));
		if (!hosts)
			return -ENOMEM;
		account->hosts = hosts;
		accounts->n_hosts += capacity - account->capacity;
		account->capacity = capacity;
	}
	account->hosts[account->n_hosts++] = host;
	while (accounts->n_hosts > TARGETS_MAX_HOSTS) {
		struct account *last = table_oldest(&accounts->table, &accounts->list);

		if (last == account)
			break;
		account_drop(accounts, last);
	}
	return 0;
}

int accounts_note(struct accounts *accounts, const struct rate *rate, unsigned jail,
		  struct span user, const struct address *host, usec_t now)
{
	uint64_t stretch = now / rate->within + 1;
	struct account_key key = { .jail = jail };
	struct account *account;
	uint32_t n = 0;
	int r;

	hash128(accounts->seed, user.data, user.size, key.name);
	account = table_find(&accounts->table, key.name[0] + jail, account_equal, &key);
	if (account) {
		table_touch(&accounts->table, &accounts->list, account);
	} else {
		if (accounts->table.n >= TARGETS_MAX_ACCOUNTS)
			account_drop(accounts, table_oldest(&accounts->table, &accounts->list));
		account = table_add(&accounts->table, &accounts->list, key.name[0] + jail);
		if (!account)
			return -ENOMEM;
		account->key = key;
	}
	r = note_host(accounts, account, rate->count, host, now);
	if (r < 0 || account->told >= stretch)
		return r;
	for (uint32_t i = 0; i < account->n_hosts; i++)
		n += account->hosts[i].time > now || now - account->hosts[i].time < rate->within;
	if (n < rate->count)
		return 0;
	account->told = stretch;
	return 1;
}

usec_t accounts_reach(const struct rate *rate)
{
	return rate->count > 0 ? 2 * rate->within : 0;
}

size_t accounts_n_accounts(const struct accounts *accounts)
{
	return accounts->table.n;
}
