#include "ledger/heard.h"

#include "base/array.h"
#include "ledger/store.h"

#include <errno.h>

const char *const refusal_names[N_REFUSALS] = {
	[REFUSED_OTHER] = "other",         [REFUSED_ECHO] = "echo",   [REFUSED_OWN] = "own",
	[REFUSED_MALFORMED] = "malformed", [REFUSED_AHEAD] = "ahead", [REFUSED_OLD] = "old",
	[REFUSED_AGAIN] = "again",
};

struct heard_key {
	struct prefix prefix;
	uint16_t member;
};

bool member_name_is_valid(struct span name)
{
	if (name.size == 0 || name.size >= MEMBER_NAME_SIZE || name.data[0] == '.')
		return false;
	for (size_t i = 0; i < name.size; i++) {
		char c = name.data[i];

		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') &&
		    !strchr("._:-", c))
			return false;
	}
	return true;
}

/* Ourselves stand first. */
static int heard_add_member(struct hearing *hearing, const char *name)
{
	struct member_record *record;

	if (hearing->n_members > HEARD_MAX_MEMBERS)
		return -E2BIG;
	if (array_reserve(&hearing->members, hearing->n_members, &hearing->max_members,
			  sizeof(*hearing->members)) < 0)
		return -ENOMEM;
	if (hearing->n_members == 0)
		table_init(&hearing->table, sizeof(struct heard));
	record = &hearing->members[hearing->n_members++];
	*record = (struct member_record){ 0 };
	table_list_init(&record->list);
	strcpy(record->member.name, name);
	return 0;
}

int heard_member(struct ledger *ledger, const char *name, unsigned *ret)
{
	struct hearing *hearing = &ledger->hearing;
	int r;

	if (*name && !member_name_is_valid(span_of(name)))
		return -EINVAL;
	r = hearing->n_members == 0 ? heard_add_member(hearing, "") : 0;
	for (unsigned i = 0; r == 0 && i < hearing->n_members; i++)
		if (strcmp(hearing->members[i].member.name, name) == 0) {
			*ret = i;
			return 0;
		}
	if (r == 0)
		r = heard_add_member(hearing, name);
	*ret = (unsigned)hearing->n_members - 1;
	return r;
}

const struct member *heard_find_member(const struct ledger *ledger, const char *name)
{
	for (size_t i = 0; i < ledger->hearing.n_members; i++)
		if (strcmp(ledger->hearing.members[i].member.name, name) == 0)
			return &ledger->hearing.members[i].member;
	return NULL;
}

size_t heard_n_members(const struct ledger *ledger)
{
	return ledger->hearing.n_members;
}

const struct member *heard_member_at(const struct ledger *ledger, unsigned member)
{
	return &ledger->hearing.members[member].member;
}

int heard_set_position(struct ledger *ledger, unsigned member, const char *cursor, usec_t time,
		       usec_t now)
{
	struct member_record *record = &ledger->hearing.members[member];
	char *copy = cursor ? strdup(cursor) : NULL;

	if (cursor && !copy)
		return -ENOMEM;
	free(record->member.cursor);
	record->member.cursor = copy;
	record->member.time = time;
	record->member.heard = now;
	record->unsaved = true;
	return 0;
}

void heard_count_taken(struct ledger *ledger, unsigned member)
{
	ledger->hearing.members[member].member.taken++;
	ledger->hearing.members[member].unsaved = true;
}

void heard_count_refused(struct ledger *ledger, unsigned member, enum refusal why)
{
	ledger->hearing.members[member].member.refused[why]++;
	ledger->hearing.members[member].unsaved = true;
}

static bool heard_equal(const void *record, const void *key)
{
	const struct heard *heard = record;
	const struct heard_key *wanted = key;

	return heard->member == wanted->member && prefix_equal(&heard->prefix, &wanted->prefix);
}

static uint64_t heard_hash(const struct ledger *ledger, const struct heard_key *key)
{
	return hash64(ledger->seed, key, sizeof(*key));
}

/* With zeroed padding: it is hashed as it lies. */
static void heard_make_key(struct heard_key *key, unsigned member, const struct prefix *prefix)
{
	memset(key, 0, sizeof(*key));
	key->prefix = *prefix;
	key->member = (uint16_t)member;
}

static struct heard *heard_find(const struct ledger *ledger, unsigned member,
				const struct prefix *prefix)
{
	struct heard_key key;

	if (ledger->hearing.table.n == 0)
		return NULL;
	heard_make_key(&key, member, prefix);
	return table_find(&ledger->hearing.table, heard_hash(ledger, &key), heard_equal, &key);
}

static int heard_mark(struct ledger *ledger, struct heard *heard)
{
	struct hearing *hearing = &ledger->hearing;
	struct table_list *list = &hearing->members[heard->member].list;

	if (heard->unsaved)
		return 0;
	if (array_reserve(&hearing->unsaved, hearing->n_unsaved, &hearing->max_unsaved,
			  sizeof(*hearing->unsaved)) < 0)
		return -ENOMEM;
	hearing->unsaved[hearing->n_unsaved++] = table_index(&hearing->table, list, heard);
	heard->unsaved = true;
	return 0;
}

static void heard_drop(struct ledger *ledger, struct heard *heard)
{
	struct hearing *hearing = &ledger->hearing;
	struct member_record *record = &hearing->members[heard->member];
	usec_t *horizon = &record->member.horizon;
	size_t i = 0;

	*horizon = MAX(*horizon, MAX(heard->floor, heard->unbanned));
	for (unsigned k = 0; k < heard->n; k++)
		*horizon = MAX(*horizon, heard->times[k]);
	record->unsaved = true;
	while (heard->unsaved && i < hearing->n_unsaved &&
	       table_at(&hearing->table, hearing->unsaved[i]) != heard)
		i++;
	if (heard->unsaved && i < hearing->n_unsaved)
		hearing->unsaved[i] = hearing->unsaved[--hearing->n_unsaved];
	table_remove(&hearing->table, &record->list, heard);
}

/* What is as old as that would not be taken again anyway. */
static bool heard_is_dead(const struct heard *heard, usec_t now)
{
	usec_t latest = MAX(heard->unbanned, heard->floor);

	for (unsigned i = 0; i < heard->n; i++)
		latest = MAX(latest, heard->times[i]);
	return now > latest && now - latest > HEARD_LIFE;
}

/* Before one more of this member. */
static void heard_make_room(struct ledger *ledger, unsigned member, usec_t now)
{
	struct hearing *hearing = &ledger->hearing;
	struct member_record *most = &hearing->members[member];
	struct heard *oldest;

	for (unsigned i = 0; i < 2; i++) {
		oldest = table_oldest(&hearing->table, &most->list);
		if (oldest && heard_is_dead(oldest, now))
			heard_drop(ledger, oldest);
	}
	if (hearing->table.n < HEARD_MAX)
		return;
	for (size_t i = 0; i < hearing->n_members; i++)
		if (hearing->members[i].list.n > most->list.n)
			most = &hearing->members[i];
	oldest = table_oldest(&hearing->table, &most->list);
	if (oldest)
		heard_drop(ledger, oldest);
}

/* The record of that member and prefix, made if it is new, as the one changed last. */
static int heard_open(struct ledger *ledger, unsigned member, const struct prefix *prefix,
		      usec_t now, struct heard **ret)
{
	struct hearing *hearing = &ledger->hearing;
	struct heard *heard = heard_find(ledger, member, prefix);
	struct heard_key key;

	if (heard) {
		table_touch(&hearing->table, &hearing->members[member].list, heard);
	} else {
		heard_make_room(ledger, member, now);
		heard_make_key(&key, member, prefix);
		heard = table_add(&hearing->table, &hearing->members[member].list,
				  heard_hash(ledger, &key));
		if (!heard)
			return -ENOMEM;
		heard->prefix = *prefix;
		heard->member = (uint16_t)member;
	}
	*ret = heard;
	return heard_mark(ledger, heard);
}

static bool heard_is_spent(const struct heard *heard, unsigned i)
{
	return heard->spent & 1U << i;
}

static void heard_set(struct heard *heard, unsigned i, usec_t time, uint64_t key)
{
	heard->times[i] = time;
	heard->keys[i] = key;
	heard->spent = (uint8_t)(heard->spent & ~(1U << i));
}

int heard_ban(struct ledger *ledger, unsigned member, const struct prefix *prefix, usec_t time,
	      uint64_t key, enum refusal *ret_why)
{
	struct heard *heard = heard_find(ledger, member, prefix);
	unsigned oldest = 0;
	int r;

	*ret_why = REFUSED_AGAIN;
	for (unsigned i = 0; heard && i < heard->n; i++)
		if (heard->keys[i] == key)
			return 0;
	*ret_why = REFUSED_OLD;
	if (time <= heard_member_at(ledger, member)->horizon || (heard && time <= heard->floor))
		return 0;
	r = heard_open(ledger, member, prefix, time, &heard);
	if (r < 0)
		return r;
	if (heard->n < HEARD_BANS) {
		heard_set(heard, heard->n++, time, key);
		return 1;
	}
	for (unsigned i = 1; i < HEARD_BANS; i++)
		oldest = heard->times[i] < heard->times[oldest] ? i : oldest;
	if (time <= heard->times[oldest])
		return 0;
	heard->floor = heard->times[oldest];
	heard_set(heard, oldest, time, key);
	return 1;
}

int heard_unban(struct ledger *ledger, unsigned member, const struct prefix *prefix, usec_t time,
		enum refusal *ret_why)
{
	struct heard *heard = heard_find(ledger, member, prefix);
	int r;

	*ret_why = heard && time <= heard->unbanned ? REFUSED_AGAIN : REFUSED_OLD;
	if (time <= heard_member_at(ledger, member)->horizon || (heard && time <= heard->unbanned))
		return 0;
	r = heard_open(ledger, member, prefix, time, &heard);
	if (r < 0)
		return r;
	heard->unbanned = time;
	return 1;
}

struct heard_sum heard_weigh(const struct ledger *ledger, const struct prefix *prefix,
			     usec_t findtime)
{
	const struct heard *all[HEARD_MAX_MEMBERS + 1]; /* and ourselves */
	struct heard_sum sum = { 0 };
	usec_t unbanned = 0;
	size_t n_all = 0;

	for (unsigned i = 0; i < ledger->hearing.n_members; i++)
		if ((all[n_all] = heard_find(ledger, i, prefix)))
			n_all++;
	for (size_t i = 0; i < n_all; i++)
		unbanned = MAX(unbanned, all[i]->unbanned);
	for (size_t i = 0; i < n_all; i++)
		for (unsigned k = 0; k < all[i]->n; k++)
			if (!heard_is_spent(all[i], k) && all[i]->times[k] > unbanned)
				sum.latest = MAX(sum.latest, all[i]->times[k]);
	for (size_t i = 0; i < n_all; i++) {
		uint32_t n = 0;

		for (unsigned k = 0; k < all[i]->n; k++)
			n += !heard_is_spent(all[i], k) && all[i]->times[k] > unbanned &&
			     sum.latest - all[i]->times[k] < findtime;
		sum.n += n;
		sum.n_members += n > 0;
	}
	return sum;
}

int heard_spend(struct ledger *ledger, const struct prefix *prefix, usec_t until)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < ledger->hearing.n_members; i++) {
		struct heard *heard = heard_find(ledger, i, prefix);

		for (unsigned k = 0; r == 0 && heard && k < heard->n; k++) {
			if (heard_is_spent(heard, k) || heard->times[k] > until)
				continue;
			heard->spent = (uint8_t)(heard->spent | 1U << k);
			r = heard_mark(ledger, heard);
		}
	}
	return r;
}

int heard_restore(struct ledger *ledger, const struct heard *heard)
{
	struct heard *mine;
	struct table_head head;
	int r;

	r = heard_open(ledger, heard->member, &heard->prefix, 0, &mine);
	if (r < 0)
		return r;
	head = mine->head;
	*mine = *heard;
	mine->head = head;
	mine->unsaved = true; /* ledger_saved() comes after each line */
	return 0;
}

int heard_restore_member(struct ledger *ledger, const struct member *member)
{
	unsigned number;
	struct member_record *record;
	char *cursor = NULL;
	int r;

	r = heard_member(ledger, member->name, &number);
	if (r < 0)
		return r;
	if (member->cursor && !(cursor = strdup(member->cursor)))
		return -ENOMEM;
	record = &ledger->hearing.members[number];
	free(record->member.cursor);
	record->member = *member;
	record->member.cursor = cursor;
	return 0;
}

const struct heard *heard_next(const struct ledger *ledger, const struct heard *heard)
{
	const struct hearing *hearing = &ledger->hearing;
	const struct heard *next = heard ? table_newer(&hearing->table, heard) : NULL;

	for (size_t i = heard ? heard->member + 1U : 0; !next && i < hearing->n_members; i++)
		next = table_oldest(&hearing->table, &hearing->members[i].list);
	return next;
}

void heard_saved(struct ledger *ledger)
{
	struct hearing *hearing = &ledger->hearing;

	for (size_t i = 0; i < hearing->n_unsaved; i++) {
		struct heard *heard = table_at(&hearing->table, hearing->unsaved[i]);

		heard->unsaved = false;
	}
	hearing->n_unsaved = 0;
	for (size_t i = 0; i < hearing->n_members; i++)
		hearing->members[i].unsaved = false;
}

void heard_done(struct hearing *hearing)
{
	for (size_t i = 0; i < hearing->n_members; i++)
		free(hearing->members[i].member.cursor);
	if (hearing->n_members > 0)
		table_done(&hearing->table);
	free(hearing->members);
	free(hearing->unsaved);
}
