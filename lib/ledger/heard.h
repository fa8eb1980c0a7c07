#ifndef BANISH_LEDGER_HEARD_H
#define BANISH_LEDGER_HEARD_H

/*
 * What the other hosts of the fleet reported, for the jail "fleet": per member how far its journal
 * is read and what was taken of it, per member and prefix the bans that it told, and when it let go
 * of it. It is part of the ledger, saved in the same lines, so a restart knows exactly what a run
 * without one knows, and reads nothing for it.
 *
 * A member's report is known again by its key, whatever the order. What had to be let go of for
 * want of room is known by its time: nothing of that member which is not younger is taken after it.
 * So nothing counts twice. At the bound the member with the most reports loses its oldest: who
 * floods us pushes out nobody but himself.
 */

#include "ledger/hearing.h"

struct ledger;

/* The member of that name, made if it is new; numbers hold as long as the ledger. -ENOMEM, -E2BIG:
 * too many; -EINVAL: no name. */
int heard_member(struct ledger *ledger, const char *name, unsigned *ret) must_check;
size_t heard_n_members(const struct ledger *ledger);
const struct member *heard_member_at(const struct ledger *ledger, unsigned member);
/* NULL: it is not known. */
const struct member *heard_find_member(const struct ledger *ledger, const char *name);
bool member_name_is_valid(struct span name);

/* Its journal is read up to this entry, at `now`. The cursor is copied; NULL: all is to be read. */
int heard_set_position(struct ledger *ledger, unsigned member, const char *cursor, usec_t time,
		       usec_t now) must_check;
void heard_count_taken(struct ledger *ledger, unsigned member);
void heard_count_refused(struct ledger *ledger, unsigned member, enum refusal why);

/* The member banned that prefix. 1; 0: `ret_why` says why that is not taken; -ENOMEM. */
int heard_ban(struct ledger *ledger, unsigned member, const struct prefix *prefix, usec_t time,
	      uint64_t key, enum refusal *ret_why) must_check;
/* It was let go there by hand: reports up to that time count no more, whoever made them. */
int heard_unban(struct ledger *ledger, unsigned member, const struct prefix *prefix, usec_t time,
		enum refusal *ret_why) must_check;

struct heard_sum {
	uint32_t n, n_members;
	usec_t latest; /* of all reports that count */
};
/* The reports of a prefix that count, within `findtime` up to the latest of them. */
struct heard_sum heard_weigh(const struct ledger *ledger, const struct prefix *prefix,
			     usec_t findtime);
/* They count no more; up to `until`. -ENOMEM. */
int heard_spend(struct ledger *ledger, const struct prefix *prefix, usec_t until) must_check;

/* For the ledger and its lines. */

/* As the file told it. -ENOMEM, -E2BIG. */
int heard_restore(struct ledger *ledger, const struct heard *heard) must_check;
int heard_restore_member(struct ledger *ledger, const struct member *member) must_check;
/* All of it in order: members by number, and what each told; start with NULL. */
const struct heard *heard_next(const struct ledger *ledger, const struct heard *heard);
void heard_saved(struct ledger *ledger);
void heard_done(struct hearing *hearing);

#endif
