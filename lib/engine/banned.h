#ifndef BANISH_ENGINE_BANNED_H
#define BANISH_ENGINE_BANNED_H

/* Who is banned, by a ban of his own or of his network, and what a ban brings when it begins. A
 * jail is its index. */

#include "engine/state.h"

/* A ban keeps the offender away, so that a failure counts nothing. */
bool banned_holds(const struct engine *engine, unsigned jail, const struct prefix *offender,
		  const struct address *address, usec_t time);
/* The same before banned_meet() was asked for this entry. */
bool banned_held_before(const struct engine *engine, unsigned jail, const struct prefix *offender,
			const struct address *address, usec_t time);
/* The jail has banned the offender at that time or later: what comes late was to no avail. */
bool banned_later(const struct engine *engine, unsigned jail, const struct prefix *offender,
		  usec_t time);
/* Warm-up: if this entry, at `time`, is the one that banned the offender or his network, that takes
 * place. -ENOMEM, or what the entry says. */
int banned_meet(struct engine *engine, const struct entry *entry, unsigned jail,
		const struct prefix *offender, const struct address *address,
		usec_t time) must_check;

/* A ban begins: fills in its number, how often it is and how long; its texts are those of the
 * decision. -ENOMEM. */
int banned_begin(struct engine *engine, unsigned jail, struct ban *ban) must_check;

/* The breaker counts a ban of the ledger. */
void banned_note(struct engine *engine, const struct ban *ban);
/* The offender's failures up to `until` count no more; USEC_INFINITY: all. */
void banned_empty_window(struct engine *engine, const struct ban *ban, usec_t until);

/* Of network-ban.c. After the ban of an offender: bans its network, if it was the last one that it
 * takes. -ENOMEM. */
int network_ban_of(struct engine *engine, unsigned jail, const struct ban *offender) must_check;
/* A ban from the ledger: its network counts it. -ENOMEM. */
int network_count_ban(struct engine *engine, const struct ban *ban, unsigned jail) must_check;

#endif
