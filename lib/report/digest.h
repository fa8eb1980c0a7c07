#ifndef BANISH_REPORT_DIGEST_H
#define BANISH_REPORT_DIGEST_H

/*
 * What the daemon said in a span of time, as numbers: its own journal entries in, per jail bans and
 * unbans, the worst offenders, networks and accounts, and its warnings out. Everything is bounded:
 * the offenders of a very large attack that were not heard of for longest are folded away, and it
 * is told how many. A ban that a crash had said again counts once.
 */

#include "base/address.h"
#include "base/types.h"
#include "entry/entry.h"
#include "report/series.h"
#include "report/tally.h"

#define DIGEST_MAX_OFFENDERS 65536
#define DIGEST_MAX_NETWORKS  65536
#define DIGEST_MAX_ACCOUNTS  16384
#define DIGEST_MAX_JAILS     4096
#define DIGEST_MAX_REMARKS   64

/* Networks that offenders are put together by, whatever the jails do. */
#define DIGEST_NETWORK4 24 /* bits */
#define DIGEST_NETWORK6 48

#define DIGEST_MEMBER_SIZE 65  /* bytes of the name of another host */
#define DIGEST_USER_SIZE   256 /* bytes of an account's name, as the daemon wrote it */

struct digest_jail {
	char name[NAME_SIZE];
	uint64_t bans;     /* automatic ones, those of networks included */
	uint64_t networks; /* of these */
	uint64_t again;    /* of offenders who had been banned before */
	uint64_t by_hand, unbans;
	bool held; /* the breaker opened and did not close again ... */
	usec_t held_since;
};

/* Warnings of one kind about one jail or none; without a jail those that differ in more than
 * numbers stand apart. */
struct digest_remark {
	char id[33]; /* MESSAGE_ID */
	unsigned jail;
	uint64_t shape; /* of the message; 0: of any */
	uint64_t count;
	usec_t first, last;
	usec_t calmed; /* the latest entry of the kind that is no warning; 0: none */
	char *message; /* owned; of the latest */
	bool mended;   /* the caller's: its cause is gone */
};
#define DIGEST_NO_JAIL UINT32_MAX

/* To be read by everybody, changed by digest_feed(). Groups of tallies are indexes of `jails`. */
struct digest {
	struct digest_jail *jails; /* in the order in which they were first spoken of */
	size_t n_jails;
	struct digest_remark remarks[DIGEST_MAX_REMARKS];
	size_t n_remarks;
	uint64_t n_remarks_folded;      /* warnings beyond DIGEST_MAX_REMARKS kinds */
	const char *start_id;           /* borrowed: MESSAGE_ID of the daemon's starts */
	const char *stop_id, *blind_id; /* the same of its stops, and of entries that it missed;
					   NULL: nobody asks */
	struct series *series;          /* the same: takes bans and what was not seen */
	usec_t stopped;                 /* and has not been started since; 0: it has */
	uint64_t n_entries, n_starts;   /* that had a MESSAGE_ID, and that one */
	uint64_t n_unnamed;     /* offenders whose first ban was told with others' in one entry: in
				   none of these: */
	struct tally offenders; /* name: prefix; count: bans; weight: failures, tenths; peak:
				   offence; first, last: ban; time: of all bans, as
				   imposed, USEC_INFINITY: for ever */
	struct tally networks;  /* name: prefix, group 0; count: offenders; weight: bans */
	struct tally accounts;  /* name: user; count: warnings; peak: hosts */
	struct tally members;   /* name: another host; count: bans that it led to */
	struct tally seen;      /* bans and unbans that were told */
};

int digest_new(const uint8_t seed[static 16], const char *start_id, struct digest **ret) must_check;
struct digest *digest_free(struct digest *digest);
DEFINE_CLEANUP(struct digest *, digest_free)

/* An entry of the daemon's, oldest first. What makes no sense is passed over. 0, -ENOMEM, or the
 * error of the entry's source. */
int digest_feed(struct digest *digest, const struct entry *entry) must_check;

/* NULL: nothing was said of it. */
const struct digest_jail *digest_find_jail(const struct digest *digest, const char *name);

#endif
