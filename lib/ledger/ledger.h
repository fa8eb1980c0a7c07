#ifndef BANISH_LEDGER_H
#define BANISH_LEDGER_H

/*
 * What the journal cannot tell again: the bans, who made them and how they ended. In memory here;
 * encode.h has the lines that make it durable. A ban is *decided* when the ledger holds it and
 * *placed* once the kernel has acknowledged it. Ended bans stay as offences (memory) and as long as
 * a warm-up can reach them; what nobody needs is let go a few at a time. At the bound the oldest
 * that are over go first; then running bans end (END_EVICTED), those that end soonest first, and
 * those by hand never.
 *
 * Jails are named by text: a ban outlives the jail's place in the configuration, or the jail.
 */

#include "base/address.h"
#include "base/types.h"
#include "base/util.h"

#define LEDGER_MAX_BANS \
	131072 /* default bound: at about 0.4 KiB each the daemon's memory limit holds them */

#define LEDGER_MAX_SETS 1024
#define LEDGER_MAX_SET  63 /* bytes of a set's name */

#define LEDGER_MAX_TEXT 127 /* bytes of a reason, as in an element's comment, or a table's mark */

/* A place in the stream of entries: after the entry with that time and cursor. */
struct position {
	usec_t time;
	struct span cursor; /* data NULL: before everything */
};

enum ban_kind { BAN_AUTOMATIC, BAN_MANUAL };

/* Why banish itself ends a ban before its time. */
enum ban_end {
	END_NONE,
	END_JAIL_GONE,
	END_IGNORED,
	END_NO_NETWORKS, /* a network's; its jail bans none any more */
	END_OUTGROWN,    /* by hand, of more addresses than one ban of its jail is now */
	END_EVICTED,     /* the ledger's bound was reached */
};

struct ban {
	uint64_t id;      /* never used twice in one ledger */
	const char *jail; /* name */
	struct prefix prefix;
	struct address address; /* that tipped the scale; under a new prefix length the ban is this
				   one's */
	usec_t since, until;    /* until USEC_INFINITY: for good */
	enum ban_kind kind;
	bool network;       /* of a network beside the bans of its hosts */
	bool exact;         /* manual: of that length whatever the policy says */
	uint8_t given;      /* length of the prefix when it was added; by the ledger */
	const char *reason; /* of a manual ban, as its element's comment said it; "": by hand */
	const char *event;  /* name, "" for a manual ban */
	uint64_t failures;  /* tenths */
	uint32_t users;     /* so many user names tipped the scale; 0: the weight did */
	uint32_t offence;
	const char *
		cursor; /* of the entry that did it; "" where it is not known or no longer needed */
	bool placed;
	enum ban_end ended; /* and nobody was told of it yet: see ledger_told_end() */
	bool lifted;        /* an unban: no offence, not running */
	usec_t lifted_time;
	usec_t lifted_after_time; /* the position of the unban */
	const char *lifted_after_cursor;
	/* Of a warm-up, not saved: the entry that did it was met; the unban's position was. */
	bool met, lift_met;
};

struct ledger;

int ledger_new(const uint8_t seed[16], struct ledger **ret) must_check;
struct ledger *ledger_free(struct ledger *ledger);
DEFINE_CLEANUP(struct ledger *, ledger_free)

/* So many bans will be added; saves time only. */
void ledger_expect(struct ledger *ledger, size_t n_bans);

/* Bounds and horizons; each has a default. `reach`: how far before the position a warm-up begins.
 */
void ledger_set_max_bans(struct ledger *ledger, size_t max_bans);
void ledger_set_reach(struct ledger *ledger, usec_t reach);
/* How long offences count; `jail` NULL: for jails that nobody set. -ENOMEM, -E2BIG: too many jails.
 */
int ledger_set_memory(struct ledger *ledger, const char *jail, usec_t memory) must_check;

/* A jail's number, for the calls that are made for every failure. -ENOMEM, -E2BIG. */
int ledger_jail(struct ledger *ledger, const char *name, unsigned *ret) must_check;
/* ... of a ban that the ledger holds. */
unsigned ledger_ban_jail(const struct ban *ban);
/* Bans of networks stand apart: a jail's number with this bit asks for them. */
#define LEDGER_NETWORKS 0x8000U

/* Adds a ban; texts are copied. id 0: the next free one. -ENOMEM, -E2BIG (jails), -EEXIST (id). */
int ledger_add(struct ledger *ledger, const struct ban *ban, const struct ban **ret) must_check;
/* As the file told it, with its id: not marked for saving, and nothing is let go for it but at the
 * bound. */
int ledger_restore(struct ledger *ledger, const struct ban *ban) must_check;

/* The highest number ever used here; 0: none. */
uint64_t ledger_last_id(const struct ledger *ledger);
const struct ban *ledger_get(const struct ledger *ledger, uint64_t id);
/* A ban of that offender with since <= now < until; NULL: none. */
const struct ban *ledger_banned(const struct ledger *ledger, unsigned jail,
				const struct prefix *prefix, usec_t now);
/* Automatic bans of that offender with since in (now - memory, now]. */
uint32_t ledger_offences(const struct ledger *ledger, unsigned jail, const struct prefix *prefix,
			 usec_t now, usec_t memory);

/* A ban of the ledger that another one of its offender, added later, outdoes while both run: the
 * kernel holds that one. */
bool ledger_is_outdone(const struct ledger *ledger, const struct ban *ban, usec_t now);

/* All bans in the order they were added; start with NULL. Only the last one answered may be changed
 * meanwhile. */
const struct ban *ledger_next(const struct ledger *ledger, const struct ban *ban);
/* Bans of one offender, latest `since` first; start with NULL. */
const struct ban *ledger_next_of(const struct ledger *ledger, unsigned jail,
				 const struct prefix *prefix, const struct ban *ban);

static inline bool ban_runs(const struct ban *ban, usec_t now)
{
	return !ban->lifted && ban->until > now;
}

/* Changes of one ban, marked for saving. An unknown id is fine: it was let go. */
void ledger_place(struct ledger *ledger, uint64_t id);
int ledger_set_until(struct ledger *ledger, uint64_t id, usec_t until) must_check;
/* It ends at `until`, for that reason. */
int ledger_end(struct ledger *ledger, uint64_t id, usec_t until, enum ban_end why) must_check;
int ledger_lift(struct ledger *ledger, uint64_t id, usec_t now,
		const struct position *after) must_check;
/* Why a manual ban is; the text is copied. */
int ledger_set_reason(struct ledger *ledger, uint64_t id, const char *reason) must_check;
/* Moves a ban under another prefix (of its address); not saved: the policy says it anew at each
 * start, from the prefix that was given. -ENOMEM. */
int ledger_set_prefix(struct ledger *ledger, uint64_t id, const struct prefix *prefix) must_check;

void ledger_set_met(struct ledger *ledger, uint64_t id, bool met);
void ledger_set_lift_met(struct ledger *ledger, uint64_t id, bool met);

/* How far the journal is consumed; the cursor is copied. */
int ledger_set_position(struct ledger *ledger, const struct position *position) must_check;
struct position ledger_position(const struct ledger *ledger); /* borrowed until set again */

/* Which of the kernel's tables the placed bans are in, by a mark of the caller's; copied. "": not
 * known. With another table no set is filled. */
int ledger_set_table(struct ledger *ledger, const char *mark) must_check;
const char *ledger_table(const struct ledger *ledger); /* borrowed until set again */
/* The kernel has acknowledged that all running bans are in this set of that table, which has this
 * handle: what is absent from it later was taken out. Handle 0: not so any more. The name is
 * copied. -ENOMEM, -E2BIG: too long a name, or too many. */
int ledger_set_filled(struct ledger *ledger, const char *set, uint64_t handle) must_check;
uint64_t ledger_filled(const struct ledger *ledger, const char *set); /* 0: not known to be */

/* Which bans were told, each when it began, and when banish ended it. What is not saved as told is
 * told again after a crash. Bans are told in the order of their numbers. */
void ledger_told(struct ledger *ledger, uint64_t id);
void ledger_told_end(struct ledger *ledger, uint64_t id);
/* Of a ledger that was read: all that ended (struct ban) and all of these may be untold. */
bool ledger_is_untold(const struct ledger *ledger, const struct ban *ban, usec_t now);

/* Lets go of all that nobody needs at `now`. */
void ledger_prune(struct ledger *ledger, usec_t now);

size_t ledger_n_bans(const struct ledger *ledger);
/* At the bound: let go so far; running bans ended so far. */
uint64_t ledger_n_evicted(const struct ledger *ledger);
uint64_t ledger_n_cut(const struct ledger *ledger);
/* How many bans ended and nobody was told. */
size_t ledger_n_ended(const struct ledger *ledger);

/* For encode.c: what is not saved yet. */
enum {
	UNSAVED_BAN = 1,
	UNSAVED_PLACED = 2,
	UNSAVED_UNTIL = 4,
	UNSAVED_LIFT = 8,
	UNSAVED_REASON = 16,
};
const struct ban *ledger_next_unsaved(const struct ledger *ledger, size_t *i, unsigned *ret_what);
bool ledger_table_is_unsaved(const struct ledger *ledger); /* nor its filled sets */
/* The filled sets, one after the other; NULL: no more. `ret` is filled in. */
const char *ledger_next_filled(const struct ledger *ledger, size_t *i, uint64_t *ret);
/* False: that is not known, or (`unsaved`) it is saved already. */
bool ledger_get_told(const struct ledger *ledger, bool unsaved, uint64_t *ret);
/* As the file told it: up to this number, and all that ended so far. */
void ledger_set_told(struct ledger *ledger, uint64_t id);
void ledger_forget_unsaved(struct ledger *ledger);

#endif
