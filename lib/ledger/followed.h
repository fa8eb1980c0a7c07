#ifndef BANISH_LEDGER_FOLLOWED_H
#define BANISH_LEDGER_FOLLOWED_H

/*
 * How far each member's journal is read, where the journals of several machines are followed each
 * in its own order: what arrives late lies before the place of others, and behind that of its own.
 * Saved in the ledger's lines, and so in one commit with what was decided up to there. At the bound
 * the one that was not heard of for longest is forgotten.
 */

#include "ledger/following.h"

struct ledger;

/* Both texts are copied. -EINVAL: no name, or no cursor; -ENOMEM. */
int followed_set(struct ledger *ledger, const char *name, const char *cursor,
		 usec_t time) must_check;
/* When the last entry of one that is known was read, and how many were in all. */
void followed_note(struct ledger *ledger, const char *name, usec_t heard, uint64_t taken);
/* NULL: nothing is known of it. */
const struct member *followed_find(const struct ledger *ledger, const char *name);
size_t followed_n(const struct ledger *ledger);
const struct member *followed_at(const struct ledger *ledger, size_t i);

/* For the ledger. */
void followed_saved(struct ledger *ledger);
void followed_done(struct following *following);

#endif
