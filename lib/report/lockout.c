#include "report/lockout.h"

#include <errno.h>

struct offender offender_of(const char *jail, const struct prefix *prefix)
{
	struct offender who = { .prefix = *prefix };

	memcpy(who.jail, jail, strnlen(jail, sizeof(who.jail) - 1));
	return who;
}

void lockout_init(struct lockout *lockout, const uint8_t seed[static HASH_SEED_SIZE])
{
	*lockout = (struct lockout){ 0 };
	table_init(&lockout->table, sizeof(struct lockout_item));
	table_list_init(&lockout->banned);
	table_list_init(&lockout->logged_in);
	memcpy(lockout->seed, seed, sizeof(lockout->seed));
}

void lockout_done(struct lockout *lockout)
{
	table_done(&lockout->table);
}

static bool lockout_equal(const void *record, const void *who)
{
	return memcmp(&((const struct lockout_item *)record)->who, who, sizeof(struct offender)) ==
	       0;
}

const struct lockout_item *lockout_find(const struct lockout *lockout, const struct offender *who)
{
	return table_find(&lockout->table, hash64(lockout->seed, who, sizeof(*who)), lockout_equal,
			  who);
}

static void lockout_make_room(struct lockout *lockout, struct table_list *list)
{
	if (list->n < LOCKOUT_MAX)
		return;
	table_remove(&lockout->table, list, table_oldest(&lockout->table, list));
	lockout->n_folded++;
}

/* Known from now on as one who was banned, or who logged in, whatever else he did. */
static struct lockout_item *lockout_note(struct lockout *lockout, const struct offender *who,
					 bool login)
{
	uint64_t hash = hash64(lockout->seed, who, sizeof(*who));
	struct lockout_item *item = table_find(&lockout->table, hash, lockout_equal, who);
	struct table_list *list;

	if (item && (item->last.time > 0 || !login)) {
		list = item->last.time > 0 ? &lockout->logged_in : &lockout->banned;
		table_touch(&lockout->table, list, item);
		return item;
	}
	list = login ? &lockout->logged_in : &lockout->banned;
	lockout_make_room(lockout, list);
	if (item) {
		table_move(&lockout->table, &lockout->banned, list, item);
		return item;
	}
	item = table_add(&lockout->table, list, hash);
	if (item)
		item->who = *who;
	return item;
}

static usec_t lockout_gap(usec_t ban, usec_t login)
{
	return ban > login ? ban - login : login - ban;
}

/* The last ban and the last login may be nearer to each other than those before. */
static void lockout_join(struct lockout_item *item)
{
	usec_t gap;

	if (item->last_ban == 0 || item->last.time == 0)
		return;
	gap = lockout_gap(item->last_ban, item->last.time);
	if (gap > LOCKOUT_WITHIN ||
	    (item->login.time > 0 && gap >= lockout_gap(item->ban, item->login.time)))
		return;
	item->ban = item->last_ban;
	item->login = item->last;
}

int lockout_ban(struct lockout *lockout, const struct offender *who, usec_t time)
{
	struct lockout_item *item = lockout_note(lockout, who, false);

	if (!item)
		return -ENOMEM;
	item->n_bans++;
	item->last_ban = time;
	lockout_join(item);
	return 0;
}

int lockout_login(struct lockout *lockout, const struct offender *who, usec_t time,
		  struct span user)
{
	struct lockout_item *item = lockout_note(lockout, who, true);

	if (!item)
		return -ENOMEM;
	item->last = (struct lockout_login){ .time = MAX(time, (usec_t)1),
					     .size = (uint8_t)MIN(user.size, LOCKOUT_USER_SIZE) };
	if (item->last.size > 0)
		memcpy(item->last.user, user.data, item->last.size);
	lockout_join(item);
	return 0;
}

const struct lockout_item *lockout_next(const struct lockout *lockout,
					const struct lockout_item *item)
{
	do {
		item = item ? table_newer(&lockout->table, item)
			    : table_oldest(&lockout->table, &lockout->logged_in);
	} while (item && item->login.time == 0);
	return item;
}

static bool lockout_knows(const struct lockout *lockout, const struct offender *who)
{
	const struct lockout_item *item = lockout_find(lockout, who);

	return item && item->n_bans > 0;
}

uint64_t lockout_count(const struct lockout *lockout, const char *jail,
		       const struct lockout *without, uint64_t *ret_logged_in)
{
	const struct table_list *const lists[] = { &lockout->banned, &lockout->logged_in };
	uint64_t n = 0, logged_in = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		const struct lockout_item *item = table_oldest(&lockout->table, lists[i]);

		for (; item; item = table_newer(&lockout->table, item)) {
			if (item->n_bans == 0 || (jail && strcmp(item->who.jail, jail) != 0) ||
			    (without && lockout_knows(without, &item->who)))
				continue;
			n++;
			logged_in += item->login.time > 0;
		}
	}
	*ret_logged_in = logged_in;
	return n;
}
