#ifndef BANISH_LEDGER_CHANGE_H
#define BANISH_LEDGER_CHANGE_H

/* What becomes of a ban, and of what stands beside the bans; marked for saving. */

#include "ledger/ban.h"

/* An unknown id is fine: it was let go. */
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

/* Which of the kernel's tables the placed bans are in, by a mark of the caller's; copied. "": not
 * known. With another table no set is filled. */
int ledger_set_table(struct ledger *ledger, const char *mark) must_check;
/* The kernel has acknowledged that all running bans are in this set of that table, which has this
 * handle: what is absent from it later was taken out. Handle 0: not so any more. The name is
 * copied. -ENOMEM, -E2BIG: too long a name, or too many. */
int ledger_set_filled(struct ledger *ledger, const char *set, uint64_t handle) must_check;

/* Which bans were told, each when it began, and when banish ended it. What is not saved as told is
 * told again after a crash. Bans are told in the order of their numbers. */
void ledger_told(struct ledger *ledger, uint64_t id);
void ledger_told_end(struct ledger *ledger, uint64_t id);
/* As the file told it: up to this number, and all that ended so far. */
void ledger_set_told(struct ledger *ledger, uint64_t id);

bool ledger_table_is_unsaved(const struct ledger *ledger); /* nor its filled sets */
/* All of it lies on the disk. */
void ledger_saved(struct ledger *ledger);

#endif
