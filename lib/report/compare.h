#ifndef BANISH_REPORT_COMPARE_H
#define BANISH_REPORT_COMPARE_H

/*
 * The bans of two configurations over one journal, and where they differ. Two bans are one where
 * jail and prefix are the same and they overlap: each is put together with the latest one that the
 * other configuration had decided before it, and with one only. What is left is a ban of one
 * configuration. The table is bounded: of whom was not met for longest the last bans are taken for
 * what they are then.
 */

#include "report/lockout.h"

#define COMPARE_MAX 65536 /* offenders of either configuration */

enum { COMPARE_A, COMPARE_B };

struct compare_ban {
	usec_t since, until; /* USEC_INFINITY: for good */
	struct address address;
	char event[NAME_SIZE];
	uint64_t failures; /* tenths */
	uint32_t offence;
};

struct difference {
	struct offender who;
	bool has[2];
	struct compare_ban bans[2]; /* of those that has them */
};

struct compare {
	struct table table;
	struct table_list list;
	uint8_t seed[HASH_SEED_SIZE];
	struct difference ready[4]; /* wait to be taken */
	size_t n_ready;
	uint64_t n_folded;
};

void compare_init(struct compare *compare, const uint8_t seed[static HASH_SEED_SIZE]);
void compare_done(struct compare *compare);

/* A decision of one of them, in the order of the journal; of one entry, those of A first. Then take
 * all differences. */
int compare_add(struct compare *compare, unsigned side, const struct offender *who,
		const struct compare_ban *ban) must_check;
/* The next that is known; with `end` all that are left: nothing can be added any more. */
bool compare_take(struct compare *compare, bool end, struct difference *ret);

/* How long the ban of B begins after that of A, or lasts longer; less than 0: before, shorter. */
int difference_start(const struct difference *difference);
int difference_length(const struct difference *difference);

#endif
