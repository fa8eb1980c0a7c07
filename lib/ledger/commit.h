#ifndef BANISH_LEDGER_COMMIT_H
#define BANISH_LEDGER_COMMIT_H

/* A line of the ledger, read but not yet applied. decode.c reads whatever JSON says it,
 * straight.c only what encode.c wrote, ten times faster. */

#include "ledger/ledger.h"

#define LEDGER_VERSION   1
#define LEDGER_MAX_EXACT ((uint64_t)1 << 53) /* from there on a JSON number is not exact */
#define LEDGER_MAX_LEAP \
	((uint64_t)1 << 40)   /* from one ban's number to the next; far more than are ever let go */
#define LEDGER_MAX_EVENT  256 /* bytes */
#define LEDGER_MAX_CURSOR 1024

struct ledger_change {
	enum {
		CHANGE_BAN,
		CHANGE_PLACED,
		CHANGE_TOLD,
		CHANGE_UNTIL,
		CHANGE_REASON,
		CHANGE_UNBAN
	} type;
	struct ban ban; /* texts borrow from the commit */
};

struct cJSON;

struct ledger_commit {
	struct cJSON *json;         /* owned; one of these two holds the texts */
	char *text;                 /* owned */
	const char *cursor, *table; /* NULL: not told */
	struct cJSON *sets;         /* those that are filled; part of `json`; NULL: none */
	usec_t time;
	struct ledger_change *changes; /* owned */
	size_t n_changes, max_changes;
	unsigned n_damaged; /* changes that make no sense */
};

/* A letter, then letters, digits, "_" and "-". */
bool ledger_is_name(struct span name);

/* "jail" for END_JAIL_GONE ... */
const char *ledger_end_name(enum ban_end why);
/* END_NONE: it is none. */
enum ban_end ledger_end_parse(struct span name);

/* The next change, zeroed; NULL: no memory. */
struct ledger_change *ledger_commit_add(struct ledger_commit *commit) must_check;

/* 1: it is read; 0: it is not exactly as encode.c writes it (nothing is said about whether it
 * is right), and the commit is of no use but to be freed; -ENOMEM. */
int ledger_read_straight(struct span line, struct ledger_commit *commit) must_check;

#endif
