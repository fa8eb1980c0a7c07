#ifndef BANISH_LEDGER_STORE_H
#define BANISH_LEDGER_STORE_H

/* What the ledger is made of: records of bans by number, each in its offender's chain. */

#include "base/hash.h"
#include "base/table.h"
#include "ledger/ban.h"
#include "ledger/following.h"
#include "ledger/hearing.h"

#define LEDGER_SHARED_EVENTS 64 /* more names than that are copied for each ban */

struct jail_record {
	char name[NAME_SIZE];
	bool has_memory, is_apart;
	usec_t memory;
};

/* What is not saved yet. */
enum {
	UNSAVED_BAN = 1,
	UNSAVED_PLACED = 2,
	UNSAVED_UNTIL = 4,
	UNSAVED_LIFT = 8,
	UNSAVED_REASON = 16,
	UNSAVED_SPENT = 32,
};

struct record {
	struct table_head head;
	struct ban ban;
	uint32_t offender;
	uint32_t earlier; /* in the offender's chain */
	uint16_t jail;
	uint8_t unsaved; /* UNSAVED_... */
	bool owns_event; /* else it is one of the ledger's */
};

struct offender_key {
	struct prefix prefix;
	uint16_t jail;
};

struct offender {
	struct table_head head;
	struct offender_key key;
	uint32_t latest;
	usec_t longest; /* no ban of its was longer: where a search backwards may stop */
};

struct filled_set {
	char name[LEDGER_MAX_SET + 1];
	uint64_t handle;
};

struct ledger {
	uint8_t seed[HASH_SEED_SIZE];
	/* A ban's number is its hash: given one after the other, so that each has a bucket of its
	 * own, beside its neighbour's. */
	struct table bans, offenders;
	struct table_list ban_list, offender_list;
	struct jail_record **jails;
	size_t n_jails, max_jails;
	char *events[LEDGER_SHARED_EVENTS]; /* names that many bans share; owned */
	size_t n_events, last_event;
	usec_t reach, memory, overall;
	size_t max_bans;
	uint64_t next_id;
	uint32_t hand;
	char *cursor;
	usec_t time;
	uint64_t line, written;       /* the number of the file's last line; of the one made last */
	uint64_t n_spoilt, n_missing; /* lines that cannot be read since; that are not there */
	const char *table;
	struct filled_set *filled; /* owned; of that table */
	size_t n_filled, max_filled;
	bool table_unsaved; /* nor these sets */
	uint64_t told;      /* of bans up to this number it was told that they began */
	bool told_known, told_unsaved;
	bool told_written; /* in the line that was made last, or its file */
	size_t n_ended;    /* bans whose end was not told */
	uint64_t *unsaved;
	size_t n_unsaved, max_unsaved;
	uint64_t n_evicted, n_cut;
	struct hearing hearing;
	struct following following;
	size_t patience; /* so many bans are awaited before room is made again, since there was none
			  */
};

static inline struct record *record_of(const struct ban *ban)
{
	return (struct record *)(uintptr_t)((const char *)ban - offsetof(struct record, ban));
}

/* Puts a record into the chain of its ban's offender and takes it out. -ENOMEM. */
int store_chain(struct ledger *ledger, struct record *record);
void store_unchain(struct ledger *ledger, struct record *record);
/* The offender's longest ban may be this one. */
void store_note_length(struct offender *offender, const struct ban *ban);

/* Gives the record back. */
void store_drop(struct ledger *ledger, struct record *record);

/* NULL: no such ban, no such offender. */
struct record *store_find(const struct ledger *ledger, uint64_t id);
struct offender *store_find_offender(const struct ledger *ledger, const struct offender_key *key);

/* NULL: that set is not known to hold all. */
struct filled_set *store_filled(const struct ledger *ledger, const char *set);

/* UNSAVED_... is to be saved. -ENOMEM. */
int store_mark(struct ledger *ledger, struct record *record, unsigned what);

/* An owned copy of a text; the empty one costs nothing. -ENOMEM. */
int store_copy_text(const char *text, const char **ret) must_check;
void store_free_text(const char **text);
void store_free_texts(struct record *record);

#endif
