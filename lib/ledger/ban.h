#ifndef BANISH_LEDGER_BAN_H
#define BANISH_LEDGER_BAN_H

#include "base/address.h"
#include "base/types.h"
#include "base/util.h"

#define LEDGER_MAX_SETS 1024
#define LEDGER_MAX_SET  63 /* bytes of a set's name */

#define LEDGER_MAX_TEXT 127 /* bytes of a reason, as in an element's comment, or a table's mark */

/* A place in the stream of entries: after the entry with that time and cursor. */
struct position {
	usec_t time;
	struct span cursor; /* data NULL: before everything */
};

enum ban_kind { BAN_AUTOMATIC, BAN_MANUAL };

/* What is to be told of a ban that is there already: why banish ends it before its time, or that
 * somebody made, changed or lifted it. */
enum ban_end {
	END_NONE,
	END_JAIL_GONE,
	END_IGNORED,
	END_NO_NETWORKS, /* a network's; its jail bans none any more */
	END_OUTGROWN,    /* a network's, by hand; those of its jail are smaller now */
	END_EVICTED,     /* the ledger's bound was reached */
	END_BY_HAND,     /* no end, unless it is lifted */
	END_FLEET,       /* another host let go of it; lifted */
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
	bool spent;         /* automatic: it is no failure of the jail recidive, or no longer */
	bool exact;         /* manual: of that length whatever the policy says */
	uint8_t given;      /* length of the prefix when it was added; by the ledger */
	const char *reason; /* of a manual ban, as its element's comment said it; "": by hand; of an
			       automatic one the host of the fleet that tipped the scale */
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

static inline bool ban_runs(const struct ban *ban, usec_t now)
{
	return !ban->lifted && ban->until > now;
}

/* By hand, of a range or of a length that no offender has there: it is what it is, whatever the
 * policy says. Whoever was meant by a range, all of it was said to be banned. */
static inline bool ban_keeps_length(const struct ban *ban)
{
	return ban->kind == BAN_MANUAL && !ban->network &&
	       (ban->exact || ban->given < address_bits(&ban->address));
}

struct ledger;

/* Bans of networks stand apart: a jail's number with this bit asks for them. */
#define LEDGER_NETWORKS 0x8000U

#endif
