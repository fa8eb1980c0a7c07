#ifndef BANISH_ENGINE_FLEET_ENTRY_H
#define BANISH_ENGINE_FLEET_ENTRY_H

/*
 * An entry that another host of the fleet sent, as a report. All that stands in it is the sender's
 * word: what is missing, too long or makes no sense is refused, and nothing of it is copied but
 * addresses, numbers and a cursor that was checked.
 *
 *   _SYSTEMD_UNIT=banish.service
 *   _MACHINE_ID=0123456789abcdef0123456789abcdef
 *   BANISH_ACTION=ban
 *   BANISH_JAIL=dovecot
 *   BANISH_ADDRESS=203.0.113.7
 *   BANISH_PREFIX=203.0.113.7/32
 *   BANISH_TIME_USEC=1763769600000000
 *   BANISH_TRIGGER_CURSOR=s=...;i=...;b=...;m=...;t=...;x=...
 */

#include "engine/fleet.h"
#include "entry/entry.h"

#define FLEET_CURSOR_SIZE 256 /* bytes, NUL included; journald's have at most 150 */

struct fleet_terms {
	struct span machine; /* our own id, 32 hexadecimal digits */
	bool is_hub;         /* what its jail fleet decided is taken */
	usec_t now;          /* USEC_INFINITY: no time is too late or too early */
};

/* 1: a report, but for its member; it borrows `cursor`; 0: `ret_why` says why it is none; or what
 * the entry's source says. */
int fleet_read_entry(const struct entry *entry, const struct fleet_terms *terms,
		     char cursor[static FLEET_CURSOR_SIZE], struct report *ret,
		     enum refusal *ret_why) must_check;

/* "remote-mx2.journal", "mx2@...journal", "mx2.journal~" -> "mx2". False: it is no journal's name,
 * or has letters that no member has. */
bool fleet_member_of(const char *file, char ret[static MEMBER_NAME_SIZE]);

#endif
